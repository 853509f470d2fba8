import type { Problem } from '../errors';
import { DEFAULT_IMAGE, IMAGES, isSnapshot, UNSUITABLE_IMAGES } from '../hetzner/images';
import { NETWORK_ZONES, type LocationName } from '../hetzner/locations';
import { AddressPlan, NETWORK_RANGE, TIERS, type Tier } from '../net/address-plan';
import { ANYWHERE, contains, isPrivate, overlaps, parseAddress, parseRange, rangeOf, type Range } from '../net/cidr';
import { RESOLVERS, resolversProblem } from '../net/resolvers';
import {
  each,
  flag,
  group,
  isObject,
  listOf,
  number,
  pick,
  range,
  text,
  textWith,
  withDefaults,
  withoutProblems,
  type Resolved,
  type Rule,
  type Rules,
} from './rules';
import { loginName } from './ssh-user';

/** What all tiers share. */
export interface SiteSettings {
  /**
   * Locations of one network zone; the first is the floating IP's home, and server n of a tier goes to the n-th, round and round.
   * @default ['fsn1']
   */
  readonly locations?: readonly LocationName[];
  /**
   * Name of one of Hetzner's images, or the number of an own snapshot of a server that was made of one. Any but the default brings a warning at
   * synth: tests run on debian-13 alone, and nothing has been deployed to ubuntu-26.04 yet. Images without Node 20 are refused.
   * @default 'debian-13'
   */
  readonly image?: string;
  /** Before every name in the Hetzner project, e.g. `shop-`, so that two environments fit into one. @default '' */
  readonly namePrefix?: string;
  readonly network?: NetworkSettings;
  /**
   * Where the floating IP is at home: it cannot move, and serves all locations of its network zone. Set it when `locations` begins with
   * another one than at the first deploy. @default the first of `locations`
   */
  readonly floatingIpHome?: LocationName;
  /**
   * What deploys may destroy, with its data or address: names of members (`db-2`), `floating-ip`, `network`. The plan fails where a deploy
   * would replace something that is not named because of another setting, or delete a member that has not left its group.
   * docs/decisions/0012-a-deploy-destroys-no-data.md. @default []
   */
  readonly mayDestroy?: readonly string[];
  /** Hetzner refuses to delete servers, volumes, network and floating IP until this is off again. @default false */
  readonly deleteProtection?: boolean;
  /**
   * Terraform knows the SSH host key of each server before its first login, and fails where it finds another. Servers that were made
   * without it have keys that nobody can know, and would have to be replaced: docs/decisions/0005-host-keys-are-pinned.md. @default true
   */
  readonly pinHostKeys?: boolean;
  /**
   * Who logs in to servers by SSH, Terraform and people. Another than root is made with each server and has all rights by sudo, without a
   * password; root cannot log in at all then. On servers that exist make the user first: docs/security.md. @default 'root'
   */
  readonly sshUser?: string;
  /**
   * How long a deploy tries to reach a server by SSH, in seconds, 15 to 3600: a new one has to boot, and a load balancer on the way may fail
   * over. Only then does it fail on a host key that is not the known one. @default 300
   */
  readonly sshTimeoutSeconds?: number;
}

/** The private network. */
export interface NetworkSettings {
  /** RFC 1918 range in CIDR notation. @default '10.0.0.0/16' */
  readonly range?: string;
  /** At least a /27 each. @default the /24s number 1 (lb), 2 (web), 3 (app) and 4 (mysql) of the range */
  readonly subnets?: Partial<Record<Tier, string>>;
  /**
   * Name servers that hosts without a public address ask, one to three addresses; Hetzner tells these hosts none. Hosts with a public
   * address ask those that they are told, by DHCP or their image. Nobody may ask others. docs/security.md
   * @default ['185.12.64.1', '185.12.64.2'], Hetzner's: docs.hetzner.com/dns-console/dns/general/recursive-name-servers
   */
  readonly resolvers?: readonly string[];
}

/** Who may come to the public addresses of the load balancers. */
export interface AccessSettings {
  /** Ranges that may log in by SSH, CIDR. @default ['0.0.0.0/0', '::/0'] */
  readonly sshSources?: readonly string[];
  /** Ranges that may reach ports 80 and 443, CIDR. @default any; where the names are proxied, Cloudflare's alone */
  readonly webSources?: readonly string[];
}

export const NETWORK_DEFAULTS = { range: NETWORK_RANGE, resolvers: RESOLVERS };
export const ACCESS_DEFAULTS = { sshSources: ANYWHERE };
export const SITE_DEFAULTS = {
  locations: ['fsn1'] as readonly LocationName[],
  image: DEFAULT_IMAGE,
  namePrefix: '',
  mayDestroy: [] as readonly string[],
  deleteProtection: false,
  pinHostKeys: true,
  sshUser: 'root',
  sshTimeoutSeconds: 300,
};

/** The settings, all of them. */
export interface ResolvedSite extends Resolved<Omit<SiteSettings, 'network'>, typeof SITE_DEFAULTS>, Required<AccessSettings> {
  readonly network: Network;
}

export interface Network {
  readonly range: string;
  readonly subnets: Readonly<Record<Tier, string>>;
  readonly resolvers: readonly string[];
}

const location = text((got) => Object.hasOwn(NETWORK_ZONES, got), {
  code: 'location',
  want: `one of ${Object.keys(NETWORK_ZONES).join(', ')}`,
  fix: 'a location goes by its short name',
});

const locations: Rule = (got, prop) => {
  if (!Array.isArray(got) || got.length > 0) return listOf(location)(got, prop);
  return [
    {
      code: 'location',
      prop,
      got,
      want: `one or more of ${Object.keys(NETWORK_ZONES).join(', ')}`,
      fix: 'a location goes by its short name',
    },
  ];
};

const image = textWith((prop, got) => {
  if (isSnapshot(got) || IMAGES.includes(got)) return undefined;
  const lack = UNSUITABLE_IMAGES[got];
  const want = `one of ${IMAGES.join(', ')}, or the number of a snapshot made of one`;
  return { code: 'image', prop, got, want, fix: lack ? `${lack}; use ${DEFAULT_IMAGE}` : `use ${DEFAULT_IMAGE}` };
});

const networkRange = textWith((prop, got) => {
  const parsed = parseRange(got);
  if (!parsed) return { code: 'cidr', prop, got, want: 'an IPv4 range such as 10.0.0.0/16', fix: 'its last bits have to be 0' };
  if (!isPrivate(parsed)) {
    const want = 'part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16';
    return { code: 'network-not-private', prop, got, want, fix: 'Hetzner takes RFC 1918 ranges only' };
  }
  if (parsed.first <= PUBLIC_GATEWAY && PUBLIC_GATEWAY <= parsed.last) {
    const fix = 'Hetzner uses that address as the public gateway';
    return { code: 'network-reserved', prop, got, want: 'a range without 172.31.1.1', fix };
  }
  return undefined;
});

const subnet = textWith((prop, got) => {
  const parsed = parseRange(got);
  if (!parsed) return { code: 'cidr', prop, got, want: 'an IPv4 range such as 10.0.1.0/24', fix: 'its last bits have to be 0' };
  if (parsed.prefix <= SMALLEST_SUBNET) return undefined;
  const fix = 'a tier has up to 20 hosts, and the first ten addresses stay free';
  return { code: 'subnet-too-small', prop, got, want: `/${SMALLEST_SUBNET} or larger`, fix };
});

const resolvers: Rule = (got, prop) => {
  if (got === undefined) return [];
  const problem = resolversProblem(prop, Array.isArray(got) ? got : [got], undefined);
  return problem ? [problem] : [];
};

const NETWORK_RULES: Rules<NetworkSettings> = {
  range: networkRange,
  subnets: group<Record<Tier, string>>({ lb: subnet, web: subnet, app: subnet, mysql: subnet }),
  resolvers,
};

export const SITE_RULES: Rules<SiteSettings> = {
  locations,
  image,
  namePrefix: text((got) => /^([a-z0-9][a-z0-9-]{0,39})?$/.test(got), {
    code: 'name-prefix',
    want: 'at most 40 small letters, digits and hyphens, no hyphen first',
    fix: 'it becomes part of host names',
  }),
  network: group<NetworkSettings>(NETWORK_RULES),
  floatingIpHome: location,
  mayDestroy: listOf(
    text((got) => /^(floating-ip|network|db-[1-9])$/.test(got), {
      code: 'may-destroy',
      want: 'the name of a member such as db-2, floating-ip or network',
      fix: 'nothing else holds data or an address; members go without namePrefix',
    }),
  ),
  deleteProtection: flag,
  pinHostKeys: flag,
  sshUser: loginName,
  sshTimeoutSeconds: number(15, 3600, {
    code: 'ssh-timeout',
    fix: `leave it out for ${SITE_DEFAULTS.sshTimeoutSeconds}; a new server has to boot in that time`,
  }),
};

const sources: Rule = (got, prop) => {
  if (!Array.isArray(got) || got.length > 0) return listOf(range)(got, prop);
  return [{ code: 'no-sources', prop, got, want: 'at least one range', fix: "leave it out for any, which is ['0.0.0.0/0', '::/0']" }];
};

export const ACCESS_RULES: Rules<AccessSettings> = { sshSources: sources, webSources: sources };

/** The settings with all defaults. */
export function resolveSite(settings: SiteSettings & AccessSettings = {}): ResolvedSite {
  const { network, webSources = ANYWHERE, sshSources, ...others } = settings;
  return {
    ...withDefaults(SITE_DEFAULTS, others),
    ...withDefaults(ACCESS_DEFAULTS, { sshSources, webSources }),
    network: resolveNetwork(network),
  };
}

function resolveNetwork(settings: NetworkSettings = {}): Network {
  const network = withDefaults(NETWORK_DEFAULTS, settings);
  return { ...network, subnets: new AddressPlan(network).subnets };
}

/** Everything that is wrong with them. */
export function checkSite(settings: SiteSettings & AccessSettings): Problem[] {
  const own = pick<SiteSettings & AccessSettings>(settings, { ...SITE_RULES, ...ACCESS_RULES });
  const problems = [...each(SITE_RULES, own, ''), ...each(ACCESS_RULES, own, '')];
  return [...problems, ...compareSite(own, problems)];
}

/** What is wrong with values that are fine by themselves. @param problems those of single values, which are compared with nothing */
export function compareSite(settings: SiteSettings, problems: readonly Problem[]): Problem[] {
  const { locations: chosen, floatingIpHome: home, network = {} } = withoutProblems(settings, problems);
  return [
    ...(chosen ? differentZones(chosen) : []),
    ...(home ? strangeHome(home, chosen ?? SITE_DEFAULTS.locations) : []),
    ...compareNetwork(isObject(network) ? network : {}, isObject(settings.network) ? settings.network : {}),
  ];
}

function compareNetwork(sound: NetworkSettings, given: NetworkSettings): Problem[] {
  if (sound.range !== given.range) return [];
  const network = resolveNetwork(sound);
  const inside = resolversProblem('network.resolvers', network.resolvers, rangeOf(network.range));
  const comparable = TIERS.filter((tier) => sound.subnets?.[tier] === given.subnets?.[tier]);
  return [...subnetProblems(network, comparable), ...(inside ? [inside] : [])];
}

function differentZones(chosen: readonly LocationName[]): Problem[] {
  const [first] = chosen;
  if (first === undefined || new Set(chosen.map((name) => NETWORK_ZONES[name])).size === 1) return [];
  const fix = `neither a network nor a floating IP spans two; with ${first} go ${sameZone(first, Object.keys(NETWORK_ZONES) as LocationName[]).join(', ')}`;
  return [{ code: 'network-zone', prop: 'locations', got: chosen, want: 'locations of one network zone', fix }];
}

function strangeHome(got: LocationName, [first]: readonly LocationName[]): Problem[] {
  if (first === undefined || NETWORK_ZONES[first] === NETWORK_ZONES[got]) return [];
  const want = `a location of the network zone of ${first}`;
  return [{ code: 'network-zone', prop: 'floatingIpHome', got, want, fix: 'a floating IP serves one network zone' }];
}

function sameZone(first: LocationName, chosen: readonly LocationName[]): LocationName[] {
  return chosen.filter((name) => NETWORK_ZONES[name] === NETWORK_ZONES[first]);
}

/** Those of the chosen ones that exist and go with the first. */
export function soundLocations(chosen: readonly LocationName[]): readonly LocationName[] {
  const known = Array.isArray(chosen)
    ? (chosen as readonly LocationName[]).filter((name) => Object.hasOwn(NETWORK_ZONES, String(name)))
    : [];
  return known[0] === undefined ? [] : sameZone(known[0], known);
}

/** Hetzner uses it as the gateway on the public side. */
const PUBLIC_GATEWAY = parseAddress('172.31.1.1') as number;
const SMALLEST_SUBNET = 27;
const SMALLEST_NETWORK = 21;

function subnetProblems({ range: got, subnets }: Network, tiers: readonly Tier[]): Problem[] {
  const network = rangeOf(got);
  const planned = new AddressPlan({ range: got }).subnets;
  if (network.prefix > SMALLEST_NETWORK && tiers.some((tier) => subnets[tier] === planned[tier] && !fits(network, subnets[tier]))) {
    const fix = 'make it larger, or set network.subnets for all four tiers';
    return [{ code: 'network-too-small', prop: 'network.range', got, want: `/${SMALLEST_NETWORK} or larger`, fix }];
  }
  return tiers.flatMap((tier, index): Problem[] => {
    const [prop, own] = [`network.subnets.${tier}`, subnets[tier]];
    const overlapping = tiers.slice(0, index).find((other) => overlaps(rangeOf(subnets[other]), rangeOf(own)));
    if (!fits(network, own)) {
      const fix = 'move the subnet, or make the network larger';
      return [{ code: 'subnet-outside', prop, got: own, want: `part of network.range ${got}`, fix }];
    }
    if (overlapping === undefined) return [];
    return [{ code: 'subnet-overlap', prop, got: own, want: 'a range of its own', fix: `it overlaps network.subnets.${overlapping}` }];
  });
}

const fits = (network: Range, subnet: string): boolean => contains(network, rangeOf(subnet));
