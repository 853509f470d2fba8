import { obstacleTo, monthlyNet } from '../doctor/checks/stock';
import type { Host } from '../environment/outputs';
import type { ServerType } from '../hetzner/project';
import type { ServerNow } from '../hetzner/server';

/** A server of the environment, and the type that main.ts wants for it. */
export interface Candidate {
  readonly host: Host;
  readonly server: ServerNow;
  readonly wanted: string;
  readonly location: string;
}

/** Of servers that need nothing there is none. `start`: it has its type, and is off. */
export type Need = 'resize' | 'start';

export function needOf({ server, wanted }: Candidate): Need | undefined {
  if (server.server_type.name !== wanted) return 'resize';
  return isOff(server) ? 'start' : undefined;
}

export const isOff = ({ status }: ServerNow): boolean => status === 'off';

/** Those that need something, tier by tier from the visitor inwards. */
export function pendingOf(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter((each) => needOf(each) !== undefined);
}

/** Why Hetzner would refuse the new types, as far as that can be known while all servers run. One sentence each. */
export function refusals(pending: readonly Candidate[], serverTypes: readonly ServerType[], now: Date): string[] {
  return pending.flatMap((each) => {
    const says = needOf(each) === 'resize' ? refusalOf(each, serverTypes, now) : undefined;
    return says === undefined ? [] : [`${each.host.name} stays a ${each.server.server_type.name}: ${says}`];
  });
}

function refusalOf({ server, wanted, location }: Candidate, serverTypes: readonly ServerType[], now: Date): string | undefined {
  const type = serverTypes.find(({ name }) => name === wanted);
  if (!type) return `Hetzner has no server type ${wanted}; set another serverType`;
  const { architecture } = server.server_type;
  if (type.architecture !== architecture)
    return `it is ${words[architecture]}, and ${wanted} is ${words[type.architecture]}; set a type of the same architecture`;
  if (type.disk < server.primary_disk_size)
    return `its disk of ${server.primary_disk_size} GB does not fit on ${wanted}, which has ${type.disk} GB; disks never shrink: set a type with a disk as large`;
  const obstacle = obstacleTo(type, location, now);
  return obstacle && `${wanted} ${obstacle} in ${location}; set another serverType, or try later`;
}

const words = { x86: 'x86', arm: 'Arm' } as const;

/** `web-1: cx23 becomes cx33, 5.49 then 8.49 EUR a month net`. */
export function lineOf(candidate: Candidate, serverTypes: readonly ServerType[], currency: string): string {
  const { host, server, wanted, location } = candidate;
  if (needOf(candidate) === 'start') return `${host.name}: is a ${wanted} already and off: it is started`;
  const price = (name: string) => serverTypes.filter((type) => type.name === name).map((type) => monthlyNet(type, location))[0];
  const [before, after] = [price(server.server_type.name), price(wanted)];
  const cost = before === undefined || after === undefined ? '' : `, ${before.toFixed(2)} then ${after.toFixed(2)} ${currency} a month net`;
  return `${host.name}: ${server.server_type.name} becomes ${wanted}${cost}${isOff(server) ? '; it is off' : ''}`;
}

/** What a host says of itself. */
export interface Wellness {
  readonly name: string;
  /** null: it does its part for others, and stays. Else one sentence. */
  readonly problem: string | null;
  /** MASTER, PRIMARY, ...; null for tiers without roles. */
  readonly role: string | null;
}

/** Who must not be the first of its tier to go. */
const HOLDERS: readonly (string | null)[] = ['MASTER', 'PRIMARY'];

/**
 * Who is next: what is off already, then those without the role, then its holder.
 * @param pending of one tier, at least one
 */
export function nextOf(pending: readonly Candidate[], hosts: readonly Wellness[]): Candidate {
  const rank = ({ host, server }: Candidate) => {
    if (isOff(server)) return 0;
    return HOLDERS.includes(hosts.find(({ name }) => name === host.name)?.role ?? null) ? 2 : 1;
  };
  return [...pending].sort((one, other) => rank(one) - rank(other))[0]!;
}

/** Why a server cannot go now: another of its tier does not do its part. One that is off takes nothing away. */
export function lacking(next: Candidate, hosts: readonly Wellness[]): string[] {
  if (isOff(next.server)) return [];
  return hosts.flatMap(({ name, problem }) => (name === next.host.name || problem === null ? [] : [`${name}: ${problem}`]));
}

/** The same before anything has begun: those that are off are resized first, and are well then. */
export function lackingAtFirst(pending: readonly Candidate[], hosts: readonly Wellness[]): string[] {
  const awaited = new Set(pending.filter(({ server }) => isOff(server)).map(({ host }) => host.name));
  const running = pending.filter(({ server }) => !isOff(server));
  const found = running.flatMap((each) =>
    lacking(
      each,
      hosts.filter(({ name }) => !awaited.has(name)),
    ),
  );
  return [...new Set(found)];
}
