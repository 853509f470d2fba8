type Path = readonly string[];

/** Where the reference allows null, an answer may have it where the recording has not, and the other way round. */
const NULLABLE = [
  'previous_page',
  'next_page',
  'last_page',
  'total_entries',
  'finished',
  'error',
  'details',
  'action',
  'server',
  'assignee_id',
  'description',
  'port',
  'format',
  'image',
  'image_size',
  'os_version',
  'created_from',
  'bound_to',
  'deprecated',
  'deprecation',
  'deleted',
  'iso',
  'backup_window',
  'outgoing_traffic',
  'ingoing_traffic',
  'included_traffic',
  'placement_group',
  'vswitch_id',
  'root_password',
  'ipv4',
  'ipv6',
];

/** Fields whose values are the user's or the protocol's, not the server's invention. */
const COMPARED = [
  'name',
  'labels',
  'ip_range',
  'size',
  'command',
  'type',
  'code',
  'location',
  'alias_ips',
  'destination',
  'gateway',
  'network_zone',
  'direction',
  'protocol',
  'port',
  'source_ips',
  'destination_ips',
  'description',
];

/** Lists whose length is the catalogue's affair. */
const CATALOGUE = ['server_types', 'prices', 'locations', 'images'];

/** Compares keys, JSON types, lengths of lists and the few values that must agree. */
export function differences(recorded: unknown, answered: unknown, at: Path = []): string[] {
  const here = at.join('.') || 'body';
  const key = [...at].reverse().find((part) => !/^\d+$/.test(part)) ?? '';
  if (recorded === null || answered === null) {
    return recorded === answered || NULLABLE.includes(key) ? [] : [`${here}: ${show(answered)}, recorded ${show(recorded)}`];
  }
  if (Array.isArray(recorded) && Array.isArray(answered)) return listDifferences(recorded, answered, at, key);
  if (kindOf(recorded) !== kindOf(answered)) return [`${here}: ${show(answered)}, recorded ${show(recorded)}`];
  if (isObject(recorded) && isObject(answered)) {
    if (key === 'labels') return compareValue(recorded, answered, here);
    const keys = [...new Set([...Object.keys(recorded), ...Object.keys(answered)])];
    return keys.flatMap((each) => {
      if (!(each in answered)) return [`${here}.${each}: missing`];
      if (!(each in recorded)) return [`${here}.${each}: not in the recording`];
      return differences(recorded[each], answered[each], [...at, each]);
    });
  }
  const isCompared =
    COMPARED.includes(key) && !at.includes('server_types') && !(typeof recorded === 'string' && recorded.startsWith('primary_ip-'));
  return isCompared ? compareValue(recorded, answered, here) : [];
}

function listDifferences(recorded: unknown[], answered: unknown[], at: Path, key: string): string[] {
  if (CATALOGUE.includes(key)) {
    return recorded.length > 0 && answered.length > 0
      ? differences(recorded[0], answered[0], [...at, key === 'images' ? '0' : 'any']).filter(isNotAName)
      : [];
  }
  if (recorded.length !== answered.length) return [`${at.join('.')}: ${show(answered)}, recorded ${show(recorded)}`];
  return recorded.flatMap((each, index) => differences(each, answered[index], [...at, String(index)]));
}

/** The first of a catalogue may be another thing here. */
const isNotAName = (text: string): boolean => !/\.(name|location): "/.test(text);

const compareValue = (recorded: unknown, answered: unknown, here: string): string[] =>
  JSON.stringify(sorted(recorded)) === JSON.stringify(sorted(answered)) ? [] : [`${here}: ${show(answered)}, recorded ${show(recorded)}`];

const sorted = (value: unknown): unknown => (isObject(value) ? Object.entries(value).sort() : value);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);
const show = (value: unknown): string => JSON.stringify(value);
