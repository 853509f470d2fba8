import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from './agent';
import type { Config } from './config';

const LIMIT_MS = 15_000;

/**
 * Planned change of role: keepalived goes to FAULT, which tells the peer at once, and takes part again when the
 * floating IP has arrived there. HAProxy here goes on serving all the time. Returns what to tell the person.
 */
export async function switchOver(agent: Agent, config: Config, now: () => number): Promise<{ ok: boolean; text: string }> {
  const { peerName, hostName, peerServerId } = config;
  if (agent.state.vrrp.state !== 'MASTER') return { ok: false, text: `${hostName} is not MASTER; run this on ${peerName}` };
  const { report, failingSince } = agent.state.peerPrivate;
  if (!report || failingSince !== null) return { ok: false, text: `${peerName} does not answer; nothing was changed` };
  if (!report.serving) return { ok: false, text: `HAProxy on ${peerName} does not answer; nothing was changed` };

  const begin = now();
  agent.giveUpUntil(begin + LIMIT_MS);
  try {
    while (now() - begin < LIMIT_MS) {
      const { holder, peerPrivate } = agent.state;
      if (holder?.value === peerServerId && peerPrivate.report?.vrrp === 'MASTER') {
        return { ok: true, text: `${peerName} is MASTER and has the floating IP after ${((now() - begin) / 1000).toFixed(1)} s` };
      }
      await sleep(50);
    }
    return { ok: false, text: `${peerName} did not take over within ${LIMIT_MS / 1000} s; ${hostName} takes part again` };
  } finally {
    agent.giveUpUntil(0);
  }
}
