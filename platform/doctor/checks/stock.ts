import type { PlannedServer } from '../../environment/stack';
import type { HetznerProject, ServerType } from '../../hetzner/project';
import { existing, known, type Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, wrong } = findings('server types');

/** Whatever a deploy would order can be ordered now; servers that exist have the type that they should have, or can get it. */
export function checkStock(facts: Pick<Facts, 'environment' | 'state' | 'project' | 'now'>): Finding[] {
  const both = known(facts);
  if (!both) return [];
  const { project, state } = both;
  const { name: environment, servers } = facts.environment;
  const typeNow = ({ address, type }: PlannedServer) => existing(address, type, project.items, state)?.serverType;
  const ordered = servers.filter((server) => typeNow(server) !== server.serverType);
  if (ordered.length === 0) return [fine('all servers are there; nothing would be ordered')];
  return [...groups(ordered).values()].flatMap((group) => {
    const stock = ofGroup(group, project, facts.now);
    const others = group.filter((server) => typeNow(server) !== undefined);
    return stock.level === 'wrong' || others.length === 0 ? [stock] : [stock, toResize(others, environment)];
  });
}

function toResize(servers: readonly PlannedServer[], environment: string): Finding {
  const who = servers.map(({ name }) => name).join(', ');
  return wrong(
    `servers have another type than ${servers[0]!.serverType} (${who}), which a deploy does not change`,
    `npx platform resize -e ${environment} gives it to one after another`,
  );
}

/** Servers that differ in nothing that Hetzner's stock knows. */
function groups(servers: readonly PlannedServer[]): Map<string, PlannedServer[]> {
  const found = new Map<string, PlannedServer[]>();
  for (const server of servers) {
    const key = `${server.serverType} ${server.location}`;
    found.set(key, [...(found.get(key) ?? []), server]);
  }
  return found;
}

function ofGroup(servers: readonly PlannedServer[], { serverTypes, pricing }: HetznerProject, now: Date): Finding {
  const { serverType: name, location } = servers[0]!;
  const who = servers.map((server) => server.name).join(', ');
  const type = serverTypes.find((each) => each.name === name);
  if (!type)
    return wrong(
      `Hetzner has no server type ${name} (${who})`,
      `choose another serverType: ${serverTypes
        .filter((each) => canBeOrdered(each, location, now))
        .map((each) => each.name)
        .join(', ')}`,
    );
  const obstacle = obstacleTo(type, location, now);
  if (!obstacle) return fine(`${name} can be ordered in ${location} (${who})`);
  const nearest = nearestTo(type, location, serverTypes, now);
  const price = nearest && monthlyNet(nearest, location);
  const instead = nearest
    ? `${nearest.name} can be (${nearest.cores} cores, ${nearest.memory} GB, ${price?.toFixed(2)} ${pricing.currency} a month net)`
    : 'nothing as large can be';
  const elsewhere = type.locations.map((each) => each.name).filter((each) => each !== location && canBeOrdered(type, each, now));
  const places =
    elsewhere.length > 0 ? `; ${name} can be ordered in ${elsewhere.join(', ')}, which is a choice before the first deploy only` : '';
  return wrong(`${name} ${obstacle} in ${location} (${who})`, `set serverType: there, ${instead}${places}; or try later`);
}

/** Undefined: it can be ordered there. */
export function obstacleTo({ deprecation, locations }: ServerType, location: string, now: Date): string | undefined {
  const there = locations.find(({ name }) => name === location);
  if (!there) return 'is not sold';
  const ends = [deprecation, there.deprecation].flatMap((each) => (each ? [each.unavailable_after] : []));
  if (ends.some((date) => date <= now)) return 'is sold no more';
  return there.available ? undefined : 'is sold out';
}

export function canBeOrdered(type: ServerType, location: string, now: Date): boolean {
  return obstacleTo(type, location, now) === undefined;
}

/** The cheapest one that can be ordered there and lacks nothing that the wanted one has. */
export function nearestTo(wanted: ServerType, location: string, serverTypes: readonly ServerType[], now: Date): ServerType | undefined {
  const price = (type: ServerType) => monthlyNet(type, location) ?? Infinity;
  return serverTypes
    .filter(
      (type) =>
        type.architecture === wanted.architecture && type.cores >= wanted.cores && type.memory >= wanted.memory && type.disk >= wanted.disk,
    )
    .filter((type) => canBeOrdered(type, location, now))
    .sort((one, other) => price(one) - price(other))[0];
}

export function monthlyNet({ prices }: Pick<ServerType, 'prices'>, location: string): number | undefined {
  return prices.find((each) => each.location === location)?.price_monthly.net;
}
