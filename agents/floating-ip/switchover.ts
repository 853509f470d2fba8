import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from './agent';
import type { Config } from './config';

/** Longest wait for the peer to be MASTER. */
const ROLE_LIMIT_MS = 15_000;
/** Longest wait for the floating IP to arrive: the API may have to unassign it first, and each action may take 20 s. */
const ADDRESS_LIMIT_MS = 75_000;

/**
 * Planned change of role: keepalived goes to FAULT, which tells the peer at once, and takes part again, as BACKUP, when the
 * peer is MASTER. HAProxy here goes on serving until the floating IP has arrived there. Returns what to tell the person.
 */
export async function switchOver(agent: Agent, config: Config, now: () => number): Promise<{ ok: boolean; text: string }> {
  const { peerName, hostName, peerServerId } = config;
  if (agent.state.vrrp.state !== 'MASTER') return { ok: false, text: `${hostName} is not MASTER; run this on ${peerName}` };
  const { report, failingSince } = agent.state.peerPrivate;
  if (!report || failingSince !== null) return { ok: false, text: `${peerName} does not answer; nothing was changed` };
  if (!report.serving) return { ok: false, text: `HAProxy on ${peerName} does not answer; nothing was changed` };

  const begin = now();
  const until = async (reached: () => boolean, limit: number) => {
    while (!reached() && now() - begin < limit) await sleep(50);
    return reached();
  };
  agent.giveUpUntil(begin + ROLE_LIMIT_MS);
  const tookRole = await until(
    () => agent.state.vrrp.state !== 'MASTER' && agent.state.peerPrivate.report?.vrrp === 'MASTER',
    ROLE_LIMIT_MS,
  );
  agent.giveUpUntil(0);
  if (!tookRole) return { ok: false, text: `${peerName} did not take over within ${ROLE_LIMIT_MS / 1000} s; ${hostName} takes part again` };
  const moved = await until(() => agent.state.holder?.value === peerServerId, ADDRESS_LIMIT_MS);
  const seconds = ((now() - begin) / 1000).toFixed(1);
  if (moved) return { ok: true, text: `${peerName} is MASTER and has the floating IP after ${seconds} s` };
  return {
    ok: false,
    text: `${peerName} is MASTER, and Hetzner's API has not moved the floating IP there within ${seconds} s; ${hostName} serves whoever still comes here, and ${peerName} goes on trying`,
  };
}
