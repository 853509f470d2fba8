import type { Lab, LabMachine, Tier } from '../lab';
import { attempt, servedBy, type Target } from '../traffic';
import { roleOf } from './roles';

/** The machines by their present roles, and the problems of the platform. */
export interface Topology {
  names(tier: Tier): Promise<string[]>;
  /** The load balancer that holds the floating IP. */
  activeLoadBalancer(): Promise<string>;
  passiveLoadBalancer(): Promise<string>;
  primary(): Promise<string>;
  secondaries(): Promise<string[]>;
  /** One line for each problem; none when everything is healthy. */
  problems(): Promise<string[]>;
}

export function topologyOf(lab: Lab): Topology {
  const ofTier = async (tier: Tier) => (await lab.machines()).filter((machine) => machine.tier === tier);
  const roles = async (tier: Tier) =>
    Promise.all((await ofTier(tier)).map(async (machine) => ({ machine, role: await roleOf(lab, machine) })));

  const activeLoadBalancer = async () => {
    const { floatingIp } = await lab.addressHolders();
    if (!floatingIp) throw new Error('no server holds the floating IP');
    return floatingIp;
  };
  const members = async (role: string) =>
    (await roles('mysql')).filter((member) => member.role === role).map(({ machine }) => machine.name);

  return {
    names: async (tier) => (await ofTier(tier)).map(({ name }) => name),
    activeLoadBalancer,
    async passiveLoadBalancer() {
      const active = await activeLoadBalancer();
      const other = (await ofTier('lb')).find(({ name }) => name !== active);
      if (!other) throw new Error('there is no second load balancer');
      return other.name;
    },
    async primary() {
      const [primary, ...more] = await members('PRIMARY');
      if (!primary || more.length > 0) throw new Error(`wanted one PRIMARY, found ${1 + more.length - (primary ? 0 : 1)}`);
      return primary;
    },
    secondaries: () => members('SECONDARY'),
    async problems() {
      const machines = await lab.machines();
      const off = machines.filter(({ running }) => !running).map(({ name }) => `${name} is off`);
      if (off.length > 0) return off;
      const [balancers, database, service] = await Promise.all([
        pairProblems(lab, await roles('lb')),
        roles('mysql').then(groupProblems),
        serviceProblems(machines, lab.target),
      ]);
      return [...balancers, ...database, ...service];
    },
  };
}

type Role = { readonly machine: LabMachine; readonly role: string | null };

async function pairProblems(lab: Lab, pair: readonly Role[]): Promise<string[]> {
  const { floatingIp, natGateway } = await lab.addressHolders();
  const problems = pair.flatMap(({ machine, role }) => {
    const wanted = machine.name === floatingIp ? 'MASTER' : 'BACKUP';
    return role === wanted ? [] : [`${machine.name} is ${role ?? 'silent'}, should be ${wanted}`];
  });
  if (floatingIp !== natGateway)
    problems.push(`the floating IP is at ${floatingIp ?? 'nobody'}, the NAT gateway at ${natGateway ?? 'nobody'}`);
  return problems;
}

function groupProblems(group: readonly Role[]): string[] {
  if (group.length === 0) return ['there is no database'];
  const lost = group
    .filter(({ role }) => role !== 'PRIMARY' && role !== 'SECONDARY')
    .map(({ machine, role }) => `${machine.name} is ${role ?? 'silent'}`);
  const primaries = group.filter(({ role }) => role === 'PRIMARY');
  return primaries.length === 1 ? lost : [...lost, `${primaries.length} members are PRIMARY`];
}

/**
 * Asked at the same time. One after another they could all go to the same web server, while a dead client's connection is left on
 * the other.
 */
const TOGETHER = 8;
const ROUNDS = 4;

/** Whether a client's requests reach every web and app server. */
async function serviceProblems(machines: readonly LabMachine[], target: Target): Promise<string[]> {
  const waiting = new Set(machines.filter(({ tier }) => tier === 'web' || tier === 'app').map(({ name }) => name));
  for (let round = 0; round < ROUNDS && waiting.size > 0; round += 1) {
    for (const { answer, error } of await Promise.all(
      Array.from({ length: TOGETHER }, () => attempt(target, { method: 'GET', path: '/api/whoami' })),
    )) {
      if (error || answer!.status !== 200) return [`a request fails: ${error?.message ?? `status ${answer!.status}`}`];
      const by = servedBy(answer!);
      [by?.web, by?.app].forEach((name) => name && waiting.delete(name));
    }
  }
  return [...waiting].map((name) => `${name} serves nothing`);
}
