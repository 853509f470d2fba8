/** What the project can order: locations, server types and system images as of November 2026. Prices are invented. */

export interface Location {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly country: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly network_zone: string;
}

export type Architecture = 'x86' | 'arm';

export interface ServerType {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly cores: number;
  /** GB */
  readonly memory: number;
  /** GB */
  readonly disk: number;
  readonly cpuType: 'shared' | 'dedicated';
  readonly architecture: Architecture;
  readonly locations: readonly Location[];
  /** Since when it cannot be ordered any more. */
  readonly unavailableAfter: string | null;
}

export interface Image {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly architecture: Architecture;
  readonly os_flavor: string;
  readonly os_version: string;
  readonly created: string;
}

export const LOCATIONS: readonly Location[] = [
  [1, 'fsn1', 'Falkenstein DC Park 1', 'DE', 'Falkenstein', 50.47612, 12.370071, 'eu-central'] as const,
  [2, 'nbg1', 'Nuremberg DC Park 1', 'DE', 'Nuremberg', 49.452102, 11.076665, 'eu-central'] as const,
  [3, 'hel1', 'Helsinki DC Park 1', 'FI', 'Helsinki', 60.169855, 24.938379, 'eu-central'] as const,
  [4, 'ash', 'Ashburn, VA', 'US', 'Ashburn, VA', 39.045821, -77.487073, 'us-east'] as const,
  [5, 'hil', 'Hillsboro, OR', 'US', 'Hillsboro, OR', 45.54222, -122.951924, 'us-west'] as const,
  [6, 'sin', 'Singapore', 'SG', 'Singapore', 1.283333, 103.833333, 'ap-southeast'] as const,
].map(([id, name, description, country, city, latitude, longitude, network_zone]) => ({
  id, name, description, country, city, latitude, longitude, network_zone,
}));

export const NETWORK_ZONES = [...new Set(LOCATIONS.map((location) => location.network_zone))];

const EUROPE = LOCATIONS.filter((location) => location.network_zone === 'eu-central');

type Row = readonly [id: number, name: string, cores: number, memory: number, disk: number];
type Family = Pick<ServerType, 'category' | 'cpuType' | 'architecture' | 'locations' | 'unavailableAfter'>;

const family = (common: Family, rows: readonly Row[]): ServerType[] =>
  rows.map(([id, name, cores, memory, disk]) => ({ id, name, cores, memory, disk, ...common }));

const COST_OPTIMIZED = { category: 'cost_optimized', cpuType: 'shared', architecture: 'x86', locations: EUROPE } as const;
const REGULAR = { category: 'regular_purpose', cpuType: 'shared', architecture: 'x86', locations: LOCATIONS } as const;
const GONE = { unavailableAfter: '2025-12-31T00:00:00Z' } as const;

export const SERVER_TYPES: readonly ServerType[] = [
  ...family({ ...REGULAR, ...GONE }, [
    [22, 'cpx11', 2, 2, 40], [23, 'cpx21', 3, 4, 80], [24, 'cpx31', 4, 8, 160], [25, 'cpx41', 8, 16, 240], [26, 'cpx51', 16, 32, 360],
  ]),
  ...family({ ...COST_OPTIMIZED, architecture: 'arm', unavailableAfter: null }, [
    [45, 'cax11', 2, 4, 40], [93, 'cax21', 4, 8, 80], [94, 'cax31', 8, 16, 160], [95, 'cax41', 16, 32, 320],
  ]),
  ...family({ category: 'general_purpose', cpuType: 'dedicated', architecture: 'x86', locations: LOCATIONS, unavailableAfter: null }, [
    [96, 'ccx13', 2, 8, 80], [97, 'ccx23', 4, 16, 160], [98, 'ccx33', 8, 32, 240],
    [99, 'ccx43', 16, 64, 360], [100, 'ccx53', 32, 128, 600], [101, 'ccx63', 48, 192, 960],
  ]),
  ...family({ ...COST_OPTIMIZED, ...GONE }, [
    [104, 'cx22', 2, 4, 40], [105, 'cx32', 4, 8, 80], [106, 'cx42', 8, 16, 160], [107, 'cx52', 16, 32, 320],
  ]),
  ...family({ ...REGULAR, unavailableAfter: null }, [
    [109, 'cpx22', 2, 4, 80], [110, 'cpx32', 4, 8, 160], [111, 'cpx42', 8, 16, 320], [112, 'cpx52', 12, 24, 480], [113, 'cpx62', 16, 32, 640],
  ]),
  ...family({ ...COST_OPTIMIZED, unavailableAfter: null }, [
    [114, 'cx23', 2, 4, 40], [115, 'cx33', 4, 8, 80], [116, 'cx43', 8, 16, 160], [117, 'cx53', 16, 32, 320],
  ]),
];

const SYSTEMS = [
  ['debian-12', 'Debian 12', '2023-06-13T06:00:00Z'],
  ['debian-13', 'Debian 13', '2025-08-12T05:00:00Z'],
  ['ubuntu-24.04', 'Ubuntu 24.04', '2024-04-25T13:00:00Z'],
  ['ubuntu-26.04', 'Ubuntu 26.04', '2026-04-24T08:00:00Z'],
] as const;

export const IMAGES: readonly Image[] = SYSTEMS.flatMap(([name, description, created], index) =>
  (['x86', 'arm'] as const).map((architecture, offset) => ({
    id: 310557658 + 2 * index + offset,
    name, description, architecture, created,
    os_flavor: name.split('-')[0]!,
    os_version: name.split('-')[1]!,
  })),
);

/** Finds by id or by name, as requests may name things either way. */
export const find = <T extends { readonly id: number; readonly name: string }>(all: readonly T[], key: number | string): T | undefined =>
  all.find((each) => each.id === key || each.name === key || String(each.id) === key);
