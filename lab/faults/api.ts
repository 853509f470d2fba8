import type { Fault } from './fault';
import type { FaultOrder, Lab } from '../lab';

const MOVES: FaultOrder['match'] = { method: 'POST', path: '/actions/(assign|change_alias_ips)$' };

/**
 * The provider's API breaks for the load balancers, but not for the lab itself, which powers machines off and on by the
 * same API. The emulator's own report is the confirmation.
 */
export function apiFault(lab: Lab, title: string, effect: FaultOrder['effect'], match: FaultOrder['match'] = {}): Fault {
  return {
    title,
    async inject() {
      const callers = (await lab.machines()).flatMap(({ tier, publicAddress }) => (tier === 'lb' && publicAddress ? [publicAddress] : []));
      if (callers.length === 0) throw new Error('no load balancer has a public address, so the fault would have no effect');
      for (const fromAddress of callers) await lab.apiFault({ match: { ...match, fromAddress }, effect });
    },
    recover: () => lab.clearApiFaults(),
  };
}

export const apiDown = (lab: Lab, status: 500 | 503): Fault =>
  apiFault(lab, `the API answers ${status}`, { kind: 'status', status, code: status === 503 ? 'unavailable' : 'server_error' });
export const apiRateLimited = (lab: Lab): Fault => apiFault(lab, 'the API answers 429', { kind: 'rate-limit' });
export const apiHangs = (lab: Lab): Fault => apiFault(lab, 'the API hangs', { kind: 'hang' });
export const apiActionsFail = (lab: Lab): Fault => apiFault(lab, 'moves are accepted and then fail', { kind: 'action-fails' }, MOVES);
export const apiUnassignsFirst = (lab: Lab): Fault =>
  apiFault(lab, 'the API moves no address that is assigned', { kind: 'unassign-first' });
export const apiHoldsAliases = (lab: Lab, milliseconds: number): Fault =>
  apiFault(lab, `an alias stays with a dead server for ${milliseconds / 1000} s`, { kind: 'alias-held', milliseconds });

/** Revokes only the load balancers' own token. */
export const failoverTokenRevoked = (lab: Lab): Fault => ({
  title: "the load balancers' token is revoked",
  inject: () => lab.revokeToken('failover'),
  recover: () => lab.allowToken('failover', lab.secrets.failoverToken),
});
