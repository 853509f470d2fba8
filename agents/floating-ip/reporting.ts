import { counter, gauge, type Metric } from '../common/metrics';
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

/** GET /metrics. @param certificate what HAProxy shows to new clients; null if it does not answer */
export function metricsOf(
  state: AgentState,
  decision: Decision,
  config: Config,
  certificate: ShownCertificate | null,
  now: number,
): readonly Metric[] {
  const { api, peerPublic, peerPrivate } = state;
  return [
    gauge('floating_ip_agent_vrrp_master', '1 if this host is MASTER', state.vrrp.state === 'MASTER'),
    gauge('floating_ip_agent_holds_floating_ip', '1 if the floating IP leads to this host', state.holder?.value === config.serverId),
    gauge(
      'floating_ip_agent_holds_nat_gateway',
      '1 if the alias of the NAT gateway leads to this host',
      aliasHolder(state, config) === config.hostName,
    ),
    gauge('floating_ip_agent_serving', '1 if the HAProxy of this host answers', ownSideServes(state, now)),
    gauge('floating_ip_agent_gives_up', '1 while this host leaves the address to the other one', decision.giveUp !== null),
    gauge('floating_ip_agent_peer_public_up', '1 if the other one answers on its public side', peerPublic.failingSince === null),
    gauge('floating_ip_agent_peer_private_up', '1 if the other one answers on its private side', peerPrivate.failingSince === null),
    counter('floating_ip_agent_moves_total', 'Moves of the floating IP to this host', state.moves),
    counter('floating_ip_agent_api_requests_total', 'Requests to the API of Hetzner', api.requests),
    counter('floating_ip_agent_api_failures_total', 'Those that failed', api.failures),
    gauge('floating_ip_agent_api_token_works', '0 if the API refuses the token: a failover would fail', api.tokenWorks !== false),
    gauge('floating_ip_agent_api_budget_remaining', 'Requests left in this hour, of the whole project', api.budget?.remaining ?? NaN),
    certificateMetric(certificate),
  ];
}

/** NaN while HAProxy shows none. */
export function certificateMetric(certificate: ShownCertificate | null): Metric {
  return gauge(
    'floating_ip_agent_certificate_expiry_timestamp_seconds',
    'When the certificate ends that HAProxy shows to new clients, seconds since the epoch',
    certificate ? Math.floor(certificate.endsAt / 1000) : NaN,
  );
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
