import { nameOf, type AgentState, type Call, type Identity, type Job, type Known, type Side } from './state';

export interface Policy extends Identity {
  /** Alias address of the NAT gateway, which goes where the floating IP goes. */
  readonly natGateway: string;
  /** Shortest time between two moves of the floating IP. */
  readonly holdMs: number;
}

/** What the other load balancer is to us, as far as can be told right now. */
export type PeerVerdict =
  /** It says itself that it is not MASTER. */
  | 'not-master'
  /** It answers, or believes to be MASTER as well: it keeps the address. */
  | 'serves'
  /** Neither its private nor its public side answers. */
  | 'silent'
  | 'unknown';

export type Reason =
  | 'not MASTER'
  | 'everything is where it belongs'
  | 'waiting to hear from the API who has the floating IP'
  | 'own HAProxy does not answer'
  | 'asking the present holder'
  | 'the present holder still serves'
  | 'the other one is moving it'
  | 'moved a moment ago'
  | 'holder is not MASTER any more'
  | 'holder is silent on both sides'
  | 'nobody has it'
  | 'only the alias is missing here';

export interface Decision {
  readonly reason: Reason;
  /** API calls to be started now. */
  readonly calls: readonly Call[];
  /** Something is lost here that the peer has: keepalived must go to FAULT, so that the peer becomes MASTER. */
  readonly giveUp: 'public side lost' | 'HAProxy silent' | null;
}

// Two probes a quarter of a second apart with a limit of 0.4 s: a peer without power is known to be silent 0.9 s after,
// before VRRP misses it at 1.0 s
const FAILURES_THAT_COUNT = 2;
const EVIDENCE_AGE_MS = 1_000;
const OWN_EVIDENCE_AGE_MS = 1_500;
/**
 * Longest wait before the floating IP is tried again. While a move fails, the pair makes at most 180 requests a minute: with a full store of
 * 3600, of which 60 a minute come back, that goes on for 24 minutes, until few are left.
 */
const RETRY_CAP_MS = 1_400;
/** The same while few requests are left, and the wait for an answer then: an API that hangs would be asked as often as before. */
const SCARCE_RETRY_CAP_MS = 2_000;
/** The same for the alias, since private hosts can wait a little for their way out. */
const ALIAS_RETRY_CAP_MS = 4_000;
/** So many in a row take some 45 s: an address may stay with a dead server for half a minute. After that there is no hurry. */
const ALIAS_PATIENT_RETRIES = 13;
const ALIAS_LATE_RETRY_CAP_MS = 10_000;
/** An action that takes longer is begun anew: the API may have lost it. Moves of 20 s have been reported. */
const ACTION_LIMIT_MS = 60_000;
/** The result of one that takes longer is looked for at longer intervals. */
const SHORT_ACTION_MS = 2_000;
/** A call without an answer is made once more after this, or after twice the time that answers take; the first may still succeed. */
const PATIENCE_MS = 1_400;
const LONGEST_PATIENCE_MS = 5_000;
const PUBLIC_SIDE_LOST_MS = 2_000;
/** One that was killed is back by then: systemd starts it again after 0.2 s. */
const OWN_HAPROXY_LOST_MS = 700;

/** The whole policy: what to do now. Called again and again; nothing is remembered but the state. */
export function decide(state: AgentState, policy: Policy, now: number): Decision {
  const { reason, changes } = plan(state, policy, now);
  const leastPatience = scarce(state) ? SCARCE_RETRY_CAP_MS : PATIENCE_MS;
  const patience = Math.min(LONGEST_PATIENCE_MS, Math.max(leastPatience, 2 * state.api.answerMs));
  const waitsFor = (since: number | undefined) => since !== undefined && now - since < patience;
  const calls = [...changes, ...polls(state, now), ...reads(state, now)].filter((call) => !waitsFor(state.underWay[nameOf(call)]));
  return { reason, calls, giveUp: lossHere(state, now) };
}

function plan(state: AgentState, policy: Policy, now: number): { reason: Reason; changes: Call[] } {
  const wait = (reason: Reason) => ({ reason, changes: [] });
  if (state.vrrp.state !== 'MASTER') return wait('not MASTER');
  if (!state.holder) return wait('waiting to hear from the API who has the floating IP');

  const holder = state.holder.value;
  const alias = aliasChange(state, policy);
  if (holder === policy.serverId) {
    if (!alias) return wait('everything is where it belongs');
    return { reason: 'only the alias is missing here', changes: attempt(state, 'alias', alias, now) };
  }
  if (!ownSideServes(state, now)) return wait('own HAProxy does not answer');
  if (peerIsMoving(state, now)) return wait('the other one is moving it');
  if (holder !== null && state.lastMoveAt !== null && now - state.lastMoveAt < policy.holdMs) return wait('moved a moment ago');

  const verdict = holder === policy.peerServerId ? judgePeer(state, now) : 'nobody';
  if (verdict === 'unknown') return wait('asking the present holder');
  if (verdict === 'serves') return wait('the present holder still serves');
  const reason =
    verdict === 'silent' ? 'holder is silent on both sides' : verdict === 'nobody' ? 'nobody has it' : 'holder is not MASTER any more';
  const take: Call = { kind: state.unassignFirst && holder !== null ? 'unassign-floating-ip' : 'assign-floating-ip' };
  const changes = [...attempt(state, 'floating-ip', take, now), ...(alias ? attempt(state, 'alias', alias, now) : [])];
  return { reason, changes };
}

/**
 * A MASTER that does not hold the address has either taken over from a dead peer, or been cut off from a living one.
 * VRRP alone cannot tell. So the peer is asked on the private side, whether it gave up, and if that is silent, on the
 * public side, whether it still serves.
 */
export function judgePeer(state: AgentState, now: number): PeerVerdict {
  const { peerPrivate, peerPublic, vrrp } = state;
  const publiclySilent = peerPublic.failuresInRow >= FAILURES_THAT_COUNT;
  const heard = peerPrivate.answeredAt;
  if (heard !== null && peerPrivate.report && now - heard < EVIDENCE_AGE_MS && peerPrivate.failuresInRow < FAILURES_THAT_COUNT) {
    // What it said before we became MASTER is out of date
    if (heard < vrrp.since) return 'unknown';
    if (peerPrivate.report.vrrp !== 'MASTER') return 'not-master';
    return publiclySilent && !peerPrivate.report.serving ? 'silent' : 'serves';
  }
  if (peerPrivate.failuresInRow < FAILURES_THAT_COUNT) return 'unknown';
  if (publiclySilent) return 'silent';
  const answered = peerPublic.answeredAt;
  return answered !== null && now - answered < EVIDENCE_AGE_MS ? 'serves' : 'unknown';
}

/** Its action ends first, even if the role has moved meanwhile: two actions at once would move the address back and forth. */
function peerIsMoving({ peerPrivate }: AgentState, now: number): boolean {
  return (peerPrivate.report?.moving ?? false) && peerPrivate.answeredAt !== null && now - peerPrivate.answeredAt < EVIDENCE_AGE_MS;
}

/** An action that was asked for here runs, as far as can be told. */
export function movesFloatingIp({ jobs, underWay }: AgentState, now: number): boolean {
  const { action } = jobs['floating-ip'];
  const asking = Object.keys(underWay).some((name) => name.endsWith('assign-floating-ip'));
  return asking || (action !== null && now - action.since < ACTION_LIMIT_MS);
}

export function ownSideServes({ ownHaproxy }: AgentState, now: number): boolean {
  return ownHaproxy.failuresInRow === 0 && ownHaproxy.answeredAt !== null && now - ownHaproxy.answeredAt < OWN_EVIDENCE_AGE_MS;
}

/** The alias is taken off the other server first: Hetzner gives an address to one server only. */
function aliasChange({ aliases }: AgentState, { natGateway }: Policy): Call | undefined {
  const { self, peer } = aliases;
  if (!self || !peer || self.value.includes(natGateway)) return undefined;
  const set = (of: Side, list: readonly string[]): Call => ({ kind: 'set-aliases', of, aliases: list });
  if (peer.value.includes(natGateway))
    return set(
      'peer',
      peer.value.filter((address) => address !== natGateway),
    );
  return set('self', [...self.value, natGateway]);
}

/** Not while the last attempt runs, later after each failure, and after a refusal only with a newer picture. */
function attempt(state: AgentState, name: Job, call: Call, now: number): Call[] {
  const { action, failuresInRow, startedAt, refusedAt } = state.jobs[name];
  if (action && now - action.since <= ACTION_LIMIT_MS) return [];
  if (refusedAt !== null && !pictureOf(state, name).every((known) => known !== undefined && known.at >= refusedAt)) return [];
  if (startedAt === null || failuresInRow === 0) return [call];
  return now - startedAt >= Math.min(retryCap(state, name), 250 * 2 ** failuresInRow) ? [call] : [];
}

/** What an attempt rests on. */
function pictureOf({ holder, aliases }: AgentState, name: Job): readonly Known<unknown>[] {
  return name === 'floating-ip' ? [holder] : [aliases.self, aliases.peer];
}

function retryCap(state: AgentState, name: Job): number {
  const factor = scarce(state) ? SCARCE_RETRY_CAP_MS / RETRY_CAP_MS : 1;
  if (name === 'floating-ip') return factor * RETRY_CAP_MS;
  return (
    factor * (!scarce(state) && state.jobs.alias.failuresInRow <= ALIAS_PATIENT_RETRIES ? ALIAS_RETRY_CAP_MS : ALIAS_LATE_RETRY_CAP_MS)
  );
}

/**
 * How an action ends is the next thing to act on, and that is worth a request: after half a second while it may be a short one. One that has
 * lasted for longer, and the alias, which has time, can wait a second.
 */
function polls(state: AgentState, now: number): Call[] {
  return (['floating-ip', 'alias'] as const).flatMap((name): Call[] => {
    const { action, failuresInRow } = state.jobs[name];
    if (!action) return [];
    // After a failure the next is asked about when it can be tried again, and not before
    const early = failuresInRow > 0 && action.askedAt === action.since ? RETRY_CAP_MS - 200 : 500;
    const pause = scarce(state) ? 2_000 : name === 'alias' || now - action.since > SHORT_ACTION_MS ? 1_000 : early;
    return now - action.askedAt >= pause ? [{ kind: 'read-action', job: name, id: action.id }] : [];
  });
}

/** Some 900 requests an hour of the 3600 that the project has, for both agents together. */
function reads(state: AgentState, now: number): Call[] {
  const master = state.vrrp.state === 'MASTER';
  const factor = scarce(state) ? 6 : 1;
  // A peer that answers on the private side only: is it its public side that is lost, or ours? The API knows
  const doubt = state.peerPublic.failingSince !== null && state.peerPrivate.failuresInRow === 0;
  const due = (call: Call, seconds: number) => {
    const asked = state.askedAt[nameOf(call)];
    return asked === undefined || now - asked >= seconds * 1000 * factor ? [call] : [];
  };
  const urgent = (known: unknown, seconds: number) => (known === undefined ? (master ? 2 : 10) : seconds);
  /** At once after a refusal: the next attempt waits for it. */
  const lookAgain = (call: Call, job: Job) => {
    const { refusedAt } = state.jobs[job];
    return master && refusedAt !== null && (state.askedAt[nameOf(call)] ?? 0) < refusedAt ? [call] : undefined;
  };
  const floatingIp: Call = { kind: 'read-floating-ip' };
  const since = state.vrrp.since;
  const newMaster = master && state.holder !== undefined && state.holder.at < since;
  const young = master && now - since < 60_000;
  const ofAliases = (asked: number | undefined) => (master && (asked ?? 0) < since ? 1 : young ? 10 : master ? 30 : 60);
  return [
    ...(lookAgain(floatingIp, 'floating-ip') ?? due(floatingIp, doubt ? 3 : newMaster ? 1 : urgent(state.holder, master ? 10 : 30))),
    ...(['self', 'peer'] as const).flatMap((of) => {
      const call: Call = { kind: 'read-aliases', of };
      return lookAgain(call, 'alias') ?? due(call, urgent(state.aliases[of], ofAliases(state.askedAt[nameOf(call)])));
    }),
  ];
}

function scarce({ api }: AgentState): boolean {
  return api.budget !== null && api.budget.remaining < api.budget.limit * 0.2;
}

/** Only while the peer says on the private side that it could serve: two that give up are worse than one that limps. */
function lossHere(state: AgentState, now: number): Decision['giveUp'] {
  const { peerPrivate, peerPublic, ownHaproxy, api } = state;
  const report = peerPrivate.answeredAt !== null && now - peerPrivate.answeredAt < 2 * EVIDENCE_AGE_MS ? peerPrivate.report : null;
  if (!report?.serving) return null;
  const lost = (since: number | null, milliseconds: number) => since !== null && now - since >= milliseconds;
  if (ownHaproxy.failuresInRow >= 3 && lost(ownHaproxy.failingSince, OWN_HAPROXY_LOST_MS)) return 'HAProxy silent';
  // It reaches the API but not us, and we reach neither
  const cutOff =
    report.reachesApi && !report.reachesUs && api.unreachableSince !== null && lost(peerPublic.failingSince, PUBLIC_SIDE_LOST_MS);
  return cutOff ? 'public side lost' : null;
}
