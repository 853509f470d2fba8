import type { ShownCertificate } from './certificate';
import type { Config } from './config';
import { movesFloatingIp, ownSideServes, type Decision } from './decide';
import type { AgentState, Known, PeerReport, Told } from './state';

const API_ANSWER_AGE_MS = 45_000;

/** What the other agent asks for: see PeerReport. */
export function peerReportOf(state: AgentState, now: number): PeerReport {
  return {
    vrrp: state.vrrp.state,
    serving: ownSideServes(state, now),
    holder: told(state.holder, now),
    aliases: { self: told(state.aliases.self, now), peer: told(state.aliases.peer, now) },
    reachesUs: state.peerPublic.failingSince === null,
    reachesApi: state.api.unreachableSince === null && state.api.answeredAt !== null && now - state.api.answeredAt < API_ANSWER_AGE_MS,
    sinceLastMoveMs: state.lastMoveAt === null ? null : now - state.lastMoveAt,
    moving: movesFloatingIp(state, now),
  };
}

function told<T>(known: Known<T>, now: number): Told<T> {
  return known ? { value: known.value, ageMs: now - known.at } : null;
}

/** For people and the lab: GET /status. */
export function statusOf(state: AgentState, decision: Decision, config: Config, now: number): object {
  return {
    host: config.hostName,
    vrrp: state.vrrp.state,
    vrrpSinceSeconds: seconds(now - state.vrrp.since),
    serving: ownSideServes(state, now),
    floatingIp: { address: config.floatingIp, holder: holderName(state, config), server: state.holder?.value ?? null },
    natGateway: { address: config.natGateway, holder: aliasHolder(state, config) },
    decision: decision.reason,
    givesUp: decision.giveUp,
    moves: state.moves,
    lastMoveSecondsAgo: state.lastMoveAt === null ? null : seconds(now - state.lastMoveAt),
    peer: {
      host: config.peerName,
      answersOnPrivateSide: state.peerPrivate.failingSince === null && state.peerPrivate.answeredAt !== null,
      answersOnPublicSide: state.peerPublic.failingSince === null && state.peerPublic.answeredAt !== null,
      report: state.peerPrivate.report,
    },
    api: {
      ...state.api,
      answeredAt: undefined,
      answeredSecondsAgo: state.api.answeredAt === null ? null : seconds(now - state.api.answeredAt),
      unreachableSince: undefined,
      reachable: state.api.unreachableSince === null,
    },
  };
}

/** `lb-1`, or `nobody`, `another server`, `unknown`. */
export function holderName({ holder }: AgentState, config: Config): string {
  if (!holder) return 'unknown';
  if (holder.value === null) return 'nobody';
  if (holder.value === config.serverId) return config.hostName;
  return holder.value === config.peerServerId ? config.peerName : 'another server';
}

function aliasHolder({ aliases }: AgentState, config: Config): string {
  if (aliases.self?.value.includes(config.natGateway)) return config.hostName;
  if (aliases.peer?.value.includes(config.natGateway)) return config.peerName;
  return aliases.self && aliases.peer ? 'nobody' : 'unknown';
}

/** Both addresses lead to one of the pair; if this one is MASTER, to it. */
export function addressesArrived(state: AgentState, config: Config): boolean {
  const wanted = state.vrrp.state === 'MASTER' ? [config.hostName] : [config.hostName, config.peerName];
  return wanted.includes(holderName(state, config)) && wanted.includes(aliasHolder(state, config));
}

/** Prometheus text: GET /metrics. */
export function metricsOf(state: AgentState, decision: Decision, config: Config, now: number): string {
  const token = state.api.tokenWorks;
  return [
    metric('floating_ip_agent_vrrp_master', 'gauge', '1 if this host is MASTER', state.vrrp.state === 'MASTER'),
    metric(
      'floating_ip_agent_holds_floating_ip',
      'gauge',
      '1 if the floating IP leads to this host',
      state.holder?.value === config.serverId,
    ),
    metric(
      'floating_ip_agent_holds_nat_gateway',
      'gauge',
      '1 if the alias of the NAT gateway leads to this host',
      aliasHolder(state, config) === config.hostName,
    ),
    metric('floating_ip_agent_serving', 'gauge', '1 if the HAProxy of this host answers', ownSideServes(state, now)),
    metric('floating_ip_agent_gives_up', 'gauge', '1 while this host leaves the address to the other one', decision.giveUp !== null),
    metric(
      'floating_ip_agent_peer_public_up',
      'gauge',
      '1 if the other one answers on its public side',
      state.peerPublic.failingSince === null,
    ),
    metric(
      'floating_ip_agent_peer_private_up',
      'gauge',
      '1 if the other one answers on its private side',
      state.peerPrivate.failingSince === null,
    ),
    metric('floating_ip_agent_moves_total', 'counter', 'Moves of the floating IP to this host', state.moves),
    metric('floating_ip_agent_api_requests_total', 'counter', 'Requests to the API of Hetzner', state.api.requests),
    metric('floating_ip_agent_api_failures_total', 'counter', 'Those that failed', state.api.failures),
    metric('floating_ip_agent_api_token_works', 'gauge', '0 if the API refuses the token: a failover would fail', token !== false),
    metric(
      'floating_ip_agent_api_budget_remaining',
      'gauge',
      'Requests left in this hour, of the whole project',
      state.api.budget?.remaining ?? NaN,
    ),
  ].join('');
}

/** NaN while HAProxy shows none. */
export function certificateMetricOf(certificate: ShownCertificate | null): string {
  const help = 'When the certificate ends that HAProxy shows to new clients, seconds since the epoch';
  return metric(
    'floating_ip_agent_certificate_expiry_timestamp_seconds',
    'gauge',
    help,
    certificate ? Math.floor(certificate.endsAt / 1000) : NaN,
  );
}

function metric(name: string, type: 'gauge' | 'counter', help: string, value: number | boolean): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${Number(value)}\n`;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
