import type { Observation } from '../checkers';
import type { Lab, LabMachine } from '../lab';
import { now, pause } from '../traffic';
import { followRole } from './roles';

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
  /** By the id of the server: one that is replaced keeps its name. */
  const following = new Map<number, { readonly leave: AbortController; readonly left: Promise<void> }>();
  const roles = new Map<string, string | null>();
  const follow = (machine: LabMachine) => {
    const leave = new AbortController();
    const learn = (role: string | null) => {
      roles.set(machine.name, role);
      see(machine.name, role);
    };
    following.set(machine.id, { leave, left: followRole(lab, machine, learn, leave.signal) });
  };
  let twoBefore = false;
  const members = async () => {
    const machines = (await lab.machines()).filter(({ tier }) => tier === 'lb' || tier === 'mysql');
    for (const [id, { leave }] of following) if (!machines.some((machine) => machine.id === id)) leave.abort();
    machines.filter(({ id }) => !following.has(id)).forEach(follow);
    const group = machines.filter(({ tier }) => tier === 'mysql').map(({ name }) => name);
    if (!group.every((name) => roles.has(name))) return;
    const primaries = group.filter((name) => roles.get(name) === 'PRIMARY');
    // Members answer at different moments, so a moving role can be seen at two. Only two looks in a row count.
    if (primaries.length < 2 || twoBefore) see('primary', primaries.length === 0 ? null : primaries.join(' and '));
    twoBefore = primaries.length > 1;
  };
  const loops = Promise.all([repeat(ADDRESSES_MILLISECONDS, addresses), repeat(ROLES_MILLISECONDS, members)]);
  return {
    observations,
    async stop() {
      stopping.abort();
      await loops;
      for (const { leave } of following.values()) leave.abort();
      await Promise.all([...following.values()].map(({ left }) => left));
    },
  };
}
