/**
 * What the agent knows, and how each thing it learns changes that. Plain data and pure functions: all times are
 * milliseconds of one monotonic clock.
 */
export type VrrpState = 'MASTER' | 'BACKUP';

/** What one agent tells the other over the private network. */
export interface PeerReport {
  readonly vrrp: VrrpState;
  /** Its HAProxy answers it. */
  readonly serving: boolean;
  /** Server that has the floating IP, as far as it knows, and how long ago it learned that. */
  readonly holder: Told<number | null>;
  /** Alias addresses: its own, and ours as far as it knows. */
  readonly aliases: Readonly<Record<Side, Told<readonly string[]>>>;
  /** It gets answers from our public side. */
  readonly reachesUs: boolean;
  /** Hetzner's API answered it lately. */
  readonly reachesApi: boolean;
  readonly sinceLastMoveMs: number | null;
  /** The API works on a change of the floating IP that it asked for. Agents of before 0.1.0 do not say. */
  readonly moving?: boolean;
}

export type Call =
  | { readonly kind: 'read-floating-ip' }
  | { readonly kind: 'read-aliases'; readonly of: Side }
  | { readonly kind: 'assign-floating-ip' }
  /** Only where the API refuses to move an address that is assigned. */
  | { readonly kind: 'unassign-floating-ip' }
  /** Replaces the whole list of a server's alias addresses. */
  | { readonly kind: 'set-aliases'; readonly of: Side; readonly aliases: readonly string[] }
  | { readonly kind: 'read-action'; readonly job: Job; readonly id: number };
export type Side = 'self' | 'peer';
/** What can fail and is tried again: two changes, each with its own back-off. */
export type Job = 'floating-ip' | 'alias';

export type ActionStatus = 'running' | 'success' | 'error';
export type Outcome =
  | {
      readonly ok: true;
      readonly holder?: number | null;
      readonly aliases?: readonly string[];
      readonly action?: { readonly id: number; readonly status: ActionStatus };
    }
  /** refused: an answer with an error. silent: connected, but no answer in time. unreachable: not even connected. */
  | { readonly ok: false; readonly why: 'refused' | 'silent' | 'unreachable'; readonly status?: number; readonly code?: string };

export type Event =
  | { readonly kind: 'vrrp'; readonly state: VrrpState }
  | { readonly kind: 'own-haproxy'; readonly askedAt: number; readonly answers: boolean }
  | { readonly kind: 'peer-public'; readonly askedAt: number; readonly answers: boolean }
  | { readonly kind: 'peer-private'; readonly askedAt: number; readonly report: PeerReport | null }
  /** A call goes by the time of its start: the same one when it ends. */
  | { readonly kind: 'call-started'; readonly call: Call; readonly startedAt: number }
  | { readonly kind: 'call-ended'; readonly call: Call; readonly startedAt: number; readonly outcome: Outcome; readonly budget?: Budget };

export interface Budget {
  readonly limit: number;
  readonly remaining: number;
}

/** A question asked again and again. */
export interface Probe {
  /** When the question was asked that was answered last. */
  readonly answeredAt: number | null;
  readonly failuresInRow: number;
  /** When the first of these failures was noticed. */
  readonly failingSince: number | null;
}

interface Progress {
  readonly failuresInRow: number;
  readonly startedAt: number | null;
  /** An answer said that things are not as we thought: what the API tells from then on counts, before the next attempt. */
  readonly refusedAt: number | null;
  readonly action: { readonly id: number; readonly since: number; readonly askedAt: number; readonly change: Call } | null;
}

export interface AgentState {
  readonly vrrp: { readonly state: VrrpState; readonly since: number };
  readonly ownHaproxy: Probe;
  readonly peerPublic: Probe;
  readonly peerPrivate: Probe & { readonly report: PeerReport | null };
  /** Server that has the floating IP; undefined until the API has said so. */
  readonly holder: Known<number | null>;
  readonly aliases: Readonly<Record<Side, Known<readonly string[]>>>;
  readonly jobs: Readonly<Record<Job, Progress>>;
  /** The API refused to move the floating IP away from its present holder. */
  readonly unassignFirst: boolean;
  readonly lastMoveAt: number | null;
  /** Calls under way, by name, with the time of their start. */
  readonly underWay: Readonly<Record<string, number>>;
  readonly askedAt: Readonly<Record<string, number>>;
  readonly api: {
    readonly answeredAt: number | null;
    readonly unreachableSince: number | null;
    /** Longest time that an answer took lately, in milliseconds. */
    readonly answerMs: number;
    readonly tokenWorks: boolean | null;
    readonly budget: Budget | null;
    readonly requests: number;
    readonly failures: number;
    readonly lastFailure: string | null;
  };
  readonly moves: number;
}
/** How old it was when it was told. */
export type Told<T> = { readonly value: T; readonly ageMs: number } | null;
export type Known<T> = { readonly value: T; readonly at: number } | undefined;

const IDLE: Progress = { failuresInRow: 0, startedAt: null, refusedAt: null, action: null };
/** From one answer to the next: one slow answer is remembered for some minutes. */
const ANSWER_TIME_DECAY = 0.98;

/** Ids that the reducer needs to tell us from the other. */
export interface Identity {
  readonly serverId: number;
  readonly peerServerId: number;
}

export function initialState(now: number, lastMoveAt: number | null = null): AgentState {
  const probe: Probe = { answeredAt: null, failuresInRow: 0, failingSince: null };
  return {
    vrrp: { state: 'BACKUP', since: now },
    ownHaproxy: probe,
    peerPublic: probe,
    peerPrivate: { ...probe, report: null },
    holder: undefined,
    aliases: { self: undefined, peer: undefined },
    jobs: { 'floating-ip': IDLE, alias: IDLE },
    unassignFirst: false,
    lastMoveAt,
    underWay: {},
    askedAt: {},
    api: {
      answeredAt: null,
      unreachableSince: null,
      answerMs: 0,
      tokenWorks: null,
      budget: null,
      requests: 0,
      failures: 0,
      lastFailure: null,
    },
    moves: 0,
  };
}

export function nameOf(call: Call): string {
  switch (call.kind) {
    case 'read-aliases':
      return `${call.kind}-${call.of}`;
    case 'read-action':
      return `${call.kind}-${call.job}`;
    default:
      return call.kind;
  }
}

export function observe(before: AgentState, event: Event, now: number, identity: Identity): AgentState {
  const after = changedBy(before, event, now, identity);
  // It was refused for the holder that we knew
  return after.unassignFirst && after.holder?.value !== before.holder?.value ? { ...after, unassignFirst: false } : after;
}

function changedBy(state: AgentState, event: Event, now: number, identity: Identity): AgentState {
  switch (event.kind) {
    case 'vrrp':
      return event.state === state.vrrp.state ? state : { ...state, vrrp: { state: event.state, since: now } };
    case 'own-haproxy':
      return { ...state, ownHaproxy: probed(state.ownHaproxy, event.answers, event.askedAt, now) };
    case 'peer-public':
      return { ...state, peerPublic: probed(state.peerPublic, event.answers, event.askedAt, now) };
    case 'peer-private':
      return heardFromPeer(state, event.askedAt, event.report, now);
    case 'call-started':
      return started(state, event.call, event.startedAt);
    case 'call-ended':
      return ended(state, event, now, identity);
  }
}

function probed(probe: Probe, answers: boolean, askedAt: number, now: number): Probe {
  // Questions overlap: a late failure of an early one proves nothing
  if (probe.answeredAt !== null && askedAt < probe.answeredAt) return probe;
  if (answers) return { answeredAt: askedAt, failuresInRow: 0, failingSince: null };
  return { ...probe, failuresInRow: probe.failuresInRow + 1, failingSince: probe.failingSince ?? now };
}

function heardFromPeer(state: AgentState, askedAt: number, report: PeerReport | null, now: number): AgentState {
  const probe = probed(state.peerPrivate, report !== null, askedAt, now);
  if (report === null || probe.answeredAt !== askedAt) {
    return { ...state, peerPrivate: { ...state.peerPrivate, ...probe } };
  }
  const itsMove = report.sinceLastMoveMs === null ? null : askedAt - report.sinceLastMoveMs;
  // It asks the API at other times than we do: the later of the two answers counts
  const holder = newer(state.holder, report.holder, askedAt);
  const aliases = {
    self: newer(state.aliases.self, report.aliases.peer, askedAt),
    peer: newer(state.aliases.peer, report.aliases.self, askedAt),
  };
  return { ...state, peerPrivate: { ...probe, report }, holder, aliases, lastMoveAt: later(state.lastMoveAt, itsMove) };
}

function newer<T>(known: Known<T>, told: Told<T>, askedAt: number): Known<T> {
  if (!told) return known;
  const at = askedAt - told.ageMs;
  return !known || at > known.at ? { value: told.value, at } : known;
}

function started(state: AgentState, call: Call, now: number): AgentState {
  const name = nameOf(call);
  const marked = { ...state, underWay: { ...state.underWay, [name]: now }, askedAt: { ...state.askedAt, [name]: now } };
  if (call.kind === 'read-action') {
    const { action } = marked.jobs[call.job];
    return action ? job(marked, call.job, { action: { ...action, askedAt: now } }) : marked;
  }
  return isChange(call) ? job(marked, jobOf(call), { startedAt: now }) : marked;
}

function ended(before: AgentState, event: Extract<Event, { kind: 'call-ended' }>, now: number, identity: Identity): AgentState {
  const { call, outcome, startedAt, budget } = event;
  const name = nameOf(call);
  // Asked twice, because the first took long: the second is under way still
  const underWay = before.underWay[name] === startedAt ? without(before.underWay, name) : before.underWay;
  const state = judgedApi({ ...before, underWay }, outcome, budget, startedAt, now);
  if (!outcome.ok) return failed(state, call, outcome, startedAt, now);
  switch (call.kind) {
    case 'read-floating-ip':
      return outcome.holder === undefined ? state : learnedHolder(state, outcome.holder, startedAt, now);
    case 'read-aliases':
      return outcome.aliases === undefined ? state : learnedAliases(state, call.of, outcome.aliases, startedAt);
    case 'assign-floating-ip':
    case 'unassign-floating-ip':
    case 'set-aliases':
      return progressed(state, jobOf(call), call, outcome.action, now, identity);
    case 'read-action': {
      const change = state.jobs[call.job].action?.change;
      return change ? progressed(state, call.job, change, outcome.action, now, identity) : state;
    }
  }
}

function judgedApi(state: AgentState, outcome: Outcome, budget: Budget | undefined, startedAt: number, now: number): AgentState {
  const answered = outcome.ok || outcome.why === 'refused';
  const unreachable = !outcome.ok && outcome.why === 'unreachable';
  const denied = !outcome.ok && (outcome.status === 401 || outcome.code === 'forbidden');
  const api = {
    ...state.api,
    requests: state.api.requests + 1,
    failures: state.api.failures + (outcome.ok ? 0 : 1),
    lastFailure: outcome.ok ? state.api.lastFailure : describe(outcome),
    answeredAt: answered ? now : state.api.answeredAt,
    answerMs: answered ? Math.max(now - startedAt, ANSWER_TIME_DECAY * state.api.answerMs) : state.api.answerMs,
    unreachableSince: unreachable ? (state.api.unreachableSince ?? now) : answered ? null : state.api.unreachableSince,
    tokenWorks: outcome.ok ? true : denied ? false : state.api.tokenWorks,
    budget: budget ?? state.api.budget,
  };
  if (!unreachable) return { ...state, api };
  // Perhaps it is our own public side that is cut: then it proves nothing that the peer did not answer there
  return { ...state, api, peerPublic: { ...state.peerPublic, failuresInRow: 0 } };
}

export function describe(outcome: Extract<Outcome, { ok: false }>): string {
  return [outcome.why, outcome.status, outcome.code].filter((part) => part !== undefined).join(' ');
}

function learnedHolder(state: AgentState, holder: number | null, askedAt: number, now: number): AgentState {
  const known = state.holder;
  // Asked before a move of ours ended: the answer may be older than what we know
  if (known && askedAt < known.at) return state;
  // One that nobody has may be taken at once
  const moved = known !== undefined && known.value !== holder && holder !== null;
  return { ...state, holder: { value: holder, at: askedAt }, lastMoveAt: moved ? now : state.lastMoveAt };
}

function learnedAliases(state: AgentState, of: Side, aliases: readonly string[], askedAt: number): AgentState {
  const known = state.aliases[of];
  if (known && askedAt < known.at) return state;
  return { ...state, aliases: { ...state.aliases, [of]: { value: aliases, at: askedAt } } };
}

/** A change was accepted, is running, or has ended. */
function progressed(
  state: AgentState,
  name: Job,
  change: Call,
  action: Extract<Outcome, { ok: true }>['action'],
  now: number,
  identity: Identity,
): AgentState {
  if (action?.status === 'running') {
    const since = state.jobs[name].action?.id === action.id ? state.jobs[name].action.since : now;
    return job(state, name, { action: { id: action.id, since, askedAt: now, change } });
  }
  if (action?.status === 'error') return actionFailed(state, name);
  const done = job(state, name, IDLE);
  if (change.kind === 'set-aliases') {
    return { ...done, aliases: { ...done.aliases, [change.of]: { value: change.aliases, at: now } } };
  }
  if (change.kind === 'unassign-floating-ip') return { ...done, holder: { value: null, at: now } };
  const moved = done.holder?.value !== identity.serverId;
  return {
    ...done,
    holder: { value: identity.serverId, at: now },
    lastMoveAt: moved ? now : done.lastMoveAt,
    moves: done.moves + (moved ? 1 : 0),
  };
}

/** 404, 409, 422, 423: the API works, and finds things other than we thought, or busy. */
const REFUSALS = [404, 409, 422, 423];

function failed(state: AgentState, call: Call, outcome: Extract<Outcome, { ok: false }>, startedAt: number, now: number): AgentState {
  const gone = outcome.code === 'not_found';
  switch (call.kind) {
    case 'read-action':
      return gone ? actionFailed(state, call.job) : state;
    case 'read-aliases':
      return gone ? { ...state, aliases: { ...state.aliases, [call.of]: { value: [], at: now } } } : state;
    case 'read-floating-ip':
      return state;
    default: {
      const { failuresInRow, startedAt: newest, refusedAt } = state.jobs[jobOf(call)];
      // A later attempt has been made meanwhile, or it has succeeded
      if (newest !== startedAt) return state;
      const refused = outcome.why === 'refused' && REFUSALS.includes(outcome.status ?? 0);
      const demand = outcome.code === 'floating_ip_assigned';
      // A demand that is new is no failure: what it wants is done next
      const failures = demand && !state.unassignFirst ? failuresInRow : failuresInRow + 1;
      const after = job(state, jobOf(call), { failuresInRow: failures, refusedAt: refused ? now : refusedAt });
      // A server that was deleted holds nothing
      if (gone && call.kind === 'set-aliases' && call.of === 'peer')
        return { ...after, aliases: { ...after.aliases, peer: { value: [], at: now } } };
      return demand ? { ...after, unassignFirst: true } : after;
    }
  }
}

function actionFailed(state: AgentState, name: Job): AgentState {
  return job(state, name, { action: null, failuresInRow: state.jobs[name].failuresInRow + 1 });
}

/** Calls that start an action. */
export function isChange(call: Call): call is Extract<Call, { kind: 'assign-floating-ip' | 'unassign-floating-ip' | 'set-aliases' }> {
  return ['assign-floating-ip', 'unassign-floating-ip', 'set-aliases'].includes(call.kind);
}

function jobOf(call: Call): Job {
  return call.kind === 'set-aliases' ? 'alias' : 'floating-ip';
}

function job(state: AgentState, name: Job, change: Partial<Progress>): AgentState {
  return { ...state, jobs: { ...state.jobs, [name]: { ...state.jobs[name], ...change } } };
}

function later(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

function without(times: Readonly<Record<string, number>>, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(times).filter(([key]) => key !== name));
}
