import type { Observation } from '../checkers';
import type { Lab } from '../lab';
import { now, pause } from '../traffic';
import { roleOf } from './roles';

const ADDRESSES_MILLISECONDS = 200;
const ROLES_MILLISECONDS = 500;

export interface Observer {
  readonly observations: readonly Observation[];
  stop(): Promise<void>;
}

/** Watches the holders of addresses and roles. Records only changes. */
export function observe(lab: Lab): Observer {
  const observations: Observation[] = [];
  const last = new Map<string, string | null>();
  const stopping = new AbortController();
  const see = (subject: string, value: string | null) => {
    if (last.has(subject) && last.get(subject) === value) return;
    last.set(subject, value);
    observations.push({ at: now(), subject, value });
  };
  const repeat = async (every: number, look: () => Promise<void>) => {
    while (!stopping.signal.aborted) {
      // A failed look records nothing: a fault may make the observed machine unreachable.
      await look().catch(() => undefined);
      await pause(every, stopping.signal);
    }
  };
  const addresses = async () => {
    const holders = await lab.addressHolders();
    see('floating-ip', holders.floatingIp);
    see('nat-gateway', holders.natGateway);
  };
  let twoBefore = false;
  const roles = async () => {
    const machines = (await lab.machines()).filter(({ tier }) => tier === 'lb' || tier === 'mysql');
    const known = await Promise.all(machines.map(async (machine) => ({ machine, role: await roleOf(lab, machine).catch(() => null) })));
    known.forEach(({ machine, role }) => see(machine.name, role));
    const primaries = known
      .filter(({ machine, role }) => machine.tier === 'mysql' && role === 'PRIMARY')
      .map(({ machine }) => machine.name);
    // Members are asked one after another, so a moving role can be seen at two. Only two looks in a row count.
    if (primaries.length < 2 || twoBefore) see('primary', primaries.length === 0 ? null : primaries.join(' and '));
    twoBefore = primaries.length > 1;
  };
  const loops = Promise.all([repeat(ADDRESSES_MILLISECONDS, addresses), repeat(ROLES_MILLISECONDS, roles)]);
  return {
    observations,
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}
