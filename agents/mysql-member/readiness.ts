import type { AgentStatus } from './status';

/**
 * Is this member as far as it can be, so that the next one may be configured? Members are configured one after
 * another: before the first group exists, the first of them cannot wait for a group that needs the last.
 */
export function readiness(configured: readonly string[], status: AgentStatus | null): { readonly ready: boolean; readonly why: string } {
  if (!status) return { ready: false, why: 'the agent does not answer yet' };
  if (status.state === 'DOWN') return { ready: false, why: 'mysqld does not answer yet' };
  if (!configured.includes(status.name)) {
    const out = status.state === 'OFFLINE' || status.state === 'ERROR';
    return { ready: out, why: out ? 'has left the group' : 'leaves the group' };
  }
  const decision = status.lastDecision ? `${status.lastDecision.kind}: ${status.lastDecision.reason}` : 'no decision yet';
  const isLast = configured.at(-1) === status.name;
  if (isLast) {
    const online = status.members.filter(({ state, name }) => state === 'ONLINE' && configured.includes(name)).length;
    const ready = online === configured.length;
    return { ready, why: ready ? `all ${online} members are ONLINE` : `${online} of ${configured.length} members ONLINE (${decision})` };
  }
  if (status.state === 'ONLINE') return { ready: true, why: 'ONLINE' };
  const { memory, sample } = status.report;
  const isNew = memory.lastMajority === null && memory.entering === null && (sample?.executed ?? '') === '';
  const groupExists = Object.values(status.peers).some((state) => state === 'ONLINE' || state === 'RECOVERING');
  if (isNew && !groupExists) return { ready: true, why: 'a new member; the group starts when all are configured' };
  return { ready: false, why: `${status.state} (${decision})` };
}
