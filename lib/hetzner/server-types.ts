import type { Problem } from '../errors';
import { NETWORK_ZONES, type LocationName } from './locations';

export type Architecture = 'x86' | 'arm';
type Zone = (typeof NETWORK_ZONES)[LocationName];
type Kind = readonly [cores: number, memoryGigabytes: number, diskGigabytes: number, euros: number];

/**
 * What Hetzner offers (autumn 2026); a newer type is added here. EUR a month, net and without an IPv4 address, as on hetzner.com on 2026-09-04
 * (robhunter/agentdeals pull requests 1286 and 1323): only a hint, the API and the console have today's.
 */
const KINDS: Readonly<Record<string, Kind>> = {
  cx23: [2, 4, 40, 5.49],
  cx33: [4, 8, 80, 8.49],
  cx43: [8, 16, 160, 15.99],
  cx53: [16, 32, 320, 29.49],
  cax11: [2, 4, 40, 5.99],
  cax21: [4, 8, 80, 10.49],
  cax31: [8, 16, 160, 20.99],
  cax41: [16, 32, 320, 40.99],
  cpx12: [1, 2, 40, 11.49],
  cpx22: [2, 4, 80, 19.49],
  cpx32: [4, 8, 160, 35.49],
  cpx42: [8, 16, 320, 69.49],
  cpx52: [12, 24, 480, 100.49],
  cpx62: [16, 32, 640, 129.99],
  cpx11: [2, 2, 40, 17.49],
  cpx21: [3, 4, 80, 31.99],
  cpx31: [4, 8, 160, 62.49],
  cpx41: [8, 16, 240, 120.49],
  cpx51: [16, 32, 360, 237.99],
  ccx13: [2, 8, 80, 42.99],
  ccx23: [4, 16, 160, 85.99],
  ccx33: [8, 32, 240, 138.49],
  ccx43: [16, 64, 360, 275.99],
  ccx53: [32, 128, 600, 533.49],
  ccx63: [48, 192, 960, 853.49],
};

/** Where the prices come from. */
export const PRICES_FROM = 'hetzner.com on 2026-09-04';

/** Where each family is sold at all, by the beginning of its names (same source). */
const SALES: readonly (readonly [family: RegExp, zones: readonly Zone[]])[] = [
  [/^c(a)?x\d/, ['eu-central']],
  [/^cpx\d2$/, ['eu-central', 'ap-southeast']],
  [/^cpx\d1$/, ['us-east', 'us-west']],
  [/^ccx/, ['eu-central', 'us-east', 'us-west', 'ap-southeast']],
];

/** Types that cannot be ordered in Europe since 2025-12-31 or earlier, and what comes closest today. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  cx11: 'cx23',
  cx21: 'cx23',
  cx22: 'cx23',
  cx31: 'cx33',
  cx32: 'cx33',
  cx41: 'cx43',
  cx42: 'cx43',
  cx51: 'cx53',
  cx52: 'cx53',
  cpx11: 'cpx12',
  cpx21: 'cpx22',
  cpx31: 'cpx32',
  cpx41: 'cpx42',
  cpx51: 'cpx52',
};

/** Of every tier that names no other: shared cores, 4 GB of memory. */
export const DEFAULT_SERVER_TYPE = 'cx23';

export const SERVER_TYPES: readonly string[] = Object.keys(KINDS);

/** Shared with other servers, except of types ccx; undefined for a type that is not known here. */
export const coresOf = (serverType: string): number | undefined => KINDS[serverType]?.[0];

/** Memory of the server type in MB; undefined for a type that is not known here. */
export function memoryMegabytesOf(serverType: string): number | undefined {
  const kind = KINDS[serverType];
  return kind && kind[1] * 1024;
}

/** Disk of the server type in GB; undefined for a type that is not known here. */
export const diskGigabytesOf = (serverType: string): number | undefined => KINDS[serverType]?.[2];

/** Undefined for a type that is not known here. */
export function architectureOf(serverType: string): Architecture | undefined {
  if (!SERVER_TYPES.includes(serverType)) return undefined;
  return serverType.startsWith('cax') ? 'arm' : 'x86';
}

/** EUR a month in Europe and America; undefined in Singapore, which is dearer, and for a type that is not known here. */
export function priceOf(serverType: string, location: LocationName): number | undefined {
  return NETWORK_ZONES[location] === 'ap-southeast' ? undefined : KINDS[serverType]?.[3];
}

/** Whether Hetzner sells it there, in stock or not. */
export function isSoldIn(serverType: string, location: LocationName): boolean {
  return (
    SERVER_TYPES.includes(serverType) && SALES.some(([family, zones]) => family.test(serverType) && zones.includes(NETWORK_ZONES[location]))
  );
}

/** Types of the same architecture that are sold there, the fitting ones first: those with as much of everything by price, then smaller ones. */
export function alternativesTo(serverType: string, location: LocationName): readonly string[] {
  const [cores, memory] = KINDS[serverType] ?? [0, 0];
  const others = SERVER_TYPES.filter(
    (type) => type !== serverType && architectureOf(type) === (architectureOf(serverType) ?? 'x86') && isSoldIn(type, location),
  );
  const of = (type: string) => KINDS[type] as Kind;
  const suffices = (type: string) => of(type)[0] >= cores && of(type)[1] >= memory;
  const enough = others.filter(suffices).sort((a, b) => of(a)[3] - of(b)[3]);
  const less = others.filter((type) => !suffices(type)).sort((a, b) => of(b)[1] - of(a)[1] || of(a)[3] - of(b)[3]);
  return [...enough, ...less];
}

/** The cheapest with more cores, and no less memory, of the same architecture that is sold there; undefined: there is none. */
export const largerTypeThan = (serverType: string, location: LocationName): string | undefined =>
  alternativesTo(serverType, location).find(
    (type) =>
      (coresOf(type) ?? 0) > (coresOf(serverType) ?? Infinity) &&
      (memoryMegabytesOf(type) ?? 0) >= (memoryMegabytesOf(serverType) ?? Infinity),
  );

/** Undefined for a type that Hetzner has, or had. */
export function unknownServerType(prop: string, got: string): Problem | undefined {
  if (SERVER_TYPES.includes(got) || Object.hasOwn(SUCCESSORS, got)) return undefined;
  const fix = 'if Hetzner has it by now, add it to lib/hetzner/server-types.ts';
  return { code: 'server-type', prop, got, want: `one of ${SERVER_TYPES.join(', ')}`, fix };
}

/** What is wrong with a type that is to be ordered in these locations: it does not exist, is sold no more, or not there. */
export function serverTypeProblem(prop: string, got: string, locations: readonly LocationName[]): Problem | undefined {
  const missing = locations.filter((location) => !isSoldIn(got, location));
  const where = missing[0];
  if (where === undefined) return undefined;
  const successor = SUCCESSORS[got];
  if (successor !== undefined && !missing.some((location) => NETWORK_ZONES[location].startsWith('us-'))) {
    return { code: 'server-type-retired', prop, got, want: 'a type that Hetzner still offers', fix: `use ${nearest(successor, where)}` };
  }
  const unknown = unknownServerType(prop, got);
  if (unknown) return unknown;
  return {
    code: 'server-type-location',
    prop,
    got,
    want: `a type that Hetzner sells in ${missing.join(', ')}`,
    fix: `use ${nearest(successor ?? got, where)}`,
  };
}

const nearest = (serverType: string, location: LocationName): string =>
  isSoldIn(serverType, location)
    ? serverType
    : (alternativesTo(serverType, location)[0] ?? alternativesTo('cx23', location)[0] ?? 'another location');
