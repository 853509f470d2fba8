import type { Host } from '../environment/outputs';

/** A member of the database group, as its agent sees it. */
export interface Member {
  /** ONLINE, RECOVERING, UNREACHABLE, ERROR, OFFLINE as MySQL has it; DOWN: mysqld does not answer. */
  readonly state: string;
  /** Members that it sees ONLINE, itself among them. */
  readonly seesOnline: number;
  /** Transactions that wait to be applied. */
  readonly applierQueue: number | null;
  readonly lagSeconds: number | null;
  readonly decision: { readonly kind: string; readonly reason: string; readonly instruction?: string | undefined } | null;
  /** What somebody should look at; one sentence each. */
  readonly warnings: readonly string[];
}

export interface HostStatus extends Host {
  /** null: the host has answered. Else why not. */
  readonly noAnswer: string | null;
  /** MASTER, BACKUP, FAULT; PRIMARY, SECONDARY, NOT WRITABLE or a member's state; null for tiers without roles, `unknown` if not told. */
  readonly role: string | null;
  /** Of systemd: `active`, `failed`, ..., by unit. Empty without an answer. */
  readonly units: Readonly<Record<string, string>>;
  /** Of load balancers: where the floating IP leads, by name; `nobody`, `another server`, `unknown`. */
  readonly floatingIpHolder?: string;
  /** Of load balancers: when the certificate ends that visitors are shown, RFC 3339. */
  readonly certificateEndsAt?: string;
  /** Of database members. */
  readonly member?: Member;
}

export interface StatusReport {
  readonly environment: string;
  readonly url: string;
  readonly floatingIp: string;
  /** Name of the load balancer that the floating IP leads to, as the pair knows it; null: nobody told. */
  readonly floatingIpHolder: string | null;
  /** The first to end, if load balancers show different certificates. */
  readonly certificateEndsAt: string | null;
  readonly hosts: readonly HostStatus[];
  /** What is not as it should be; one sentence each. */
  readonly problems: readonly string[];
  /** `wrong`: there are problems. `unasked`: no host has answered. */
  readonly verdict: 'fine' | 'wrong' | 'unasked';
}

export interface Asked {
  readonly environment: string;
  readonly url: string;
  readonly floatingIp: string;
  readonly hosts: readonly HostStatus[];
}

export function judge(asked: Asked, now: number): StatusReport {
  const { hosts } = asked;
  const ends = hosts.flatMap(({ certificateEndsAt }) => certificateEndsAt ?? []);
  const facts = { ...asked, floatingIpHolder: holderOf(hosts), certificateEndsAt: ends.sort()[0] ?? null };
  const problems = problemsOf(facts, now);
  const unasked = hosts.every(({ noAnswer }) => noAnswer !== null);
  return { ...facts, problems, verdict: unasked ? 'unasked' : problems.length > 0 ? 'wrong' : 'fine' };
}

/** Who is MASTER asks the API most often. */
function holderOf(hosts: readonly HostStatus[]): string | null {
  const told = hosts.filter(({ floatingIpHolder }) => floatingIpHolder !== undefined && floatingIpHolder !== 'unknown');
  return (told.find(({ role }) => role === 'MASTER') ?? told[0])?.floatingIpHolder ?? null;
}

function problemsOf(facts: Omit<StatusReport, 'problems' | 'verdict'>, now: number): string[] {
  const { hosts, floatingIp, floatingIpHolder, certificateEndsAt } = facts;
  const [master, ...otherMasters] = namesWith(hosts, 'MASTER');
  const answering = (tier: Host['tier']) => hosts.some((host) => host.tier === tier && host.noAnswer === null);
  return [
    ...hosts.flatMap((host) => (host.noAnswer === null ? [] : [`${host.name} does not answer: ${host.noAnswer}`])),
    ...hosts.flatMap((host) => inactive(host).map(([unit, state]) => `${unit} on ${host.name} is ${state}`)),
    ...(answering('lb') ? oneOnly('MASTER', 'load balancer', hosts) : []),
    ...(master !== undefined && otherMasters.length === 0 && floatingIpHolder !== null && floatingIpHolder !== master
      ? [`the floating IP ${floatingIp} leads to ${floatingIpHolder}, and MASTER is ${master}`]
      : []),
    ...(answering('mysql') ? oneOnly('PRIMARY', 'database member', hosts) : []),
    ...hosts.flatMap(({ name, member }) => (member && member.state !== 'ONLINE' ? [`${name} is ${member.state} in the group`] : [])),
    ...(certificateEndsAt !== null && Date.parse(certificateEndsAt) < now
      ? [`the certificate has ended on ${certificateEndsAt.slice(0, 10)}`]
      : []),
  ];
}

const namesWith = (hosts: readonly HostStatus[], role: string) => hosts.filter((host) => host.role === role).map(({ name }) => name);

/** Units that do not run. One that reloads does. */
export function inactive({ units }: HostStatus): (readonly [string, string])[] {
  return Object.entries(units).filter(([, state]) => state !== 'active' && state !== 'reloading');
}

function oneOnly(role: string, of: string, hosts: readonly HostStatus[]): string[] {
  const names = namesWith(hosts, role);
  if (names.length === 1) return [];
  return [names.length === 0 ? `no ${of} that answers is ${role}` : `${names.join(' and ')} are all ${role}`];
}
