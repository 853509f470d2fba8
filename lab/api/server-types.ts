import { SERVER_TYPES, find } from './catalogue';
import type { Location, ServerType } from './catalogue';
import { invalidInput, notFound } from './errors';
import { NAMED, list } from './lists';
import { get, ok } from './requests';
import type { Route } from './requests';

const INCLUDED_TRAFFIC_BYTES = 20 * 1024 ** 4;

export const routes: readonly Route[] = [
  get('/v1/server_types', NAMED, (call) => list(call, 'server_types', SERVER_TYPES, { render: renderServerType })),
  get('/v1/server_types/:id', [], ({ id }) => {
    const serverType = find(SERVER_TYPES, id);
    if (!serverType) throw notFound('server type', id);
    return ok({ server_type: renderServerType(serverType) });
  }),
];

/** @throws invalid_input when it does not exist, is no longer sold, or not there */
export function requireServerType(key: number | string, location: Location): ServerType {
  const serverType = find(SERVER_TYPES, key);
  if (!serverType) throw invalidInput('server_type', `server type '${key}' does not exist`);
  if (serverType.unavailableAfter) throw invalidInput('server_type', `server type '${serverType.name}' is deprecated and can no longer be ordered`);
  if (!serverType.locations.includes(location)) throw invalidInput('location', 'unsupported location for server type');
  return serverType;
}

export function renderServerType(type: ServerType): object {
  const deprecation = type.unavailableAfter ? { announced: '2025-10-01T00:00:00Z', unavailable_after: type.unavailableAfter } : null;
  return {
    id: type.id,
    name: type.name,
    description: type.name.toUpperCase(),
    category: type.category,
    cores: type.cores,
    memory: type.memory,
    disk: type.disk,
    deprecated: deprecation !== null,
    deprecation,
    prices: type.locations.map((location) => ({ location: location.name, ...prices(type) })),
    storage_type: 'local',
    cpu_type: type.cpuType,
    architecture: type.architecture,
    included_traffic: INCLUDED_TRAFFIC_BYTES,
    locations: type.locations.map(({ id, name }) => ({ id, name, deprecation, available: !deprecation, recommended: !deprecation })),
  };
}

/** Invented: some money for each core. Amounts are text, as Hetzner sends them. */
function prices(type: ServerType): object {
  const price = (net: number) => ({ net: net.toFixed(10), gross: (net * 1.19).toFixed(16) });
  return {
    price_hourly: price(0.003 * type.cores),
    price_monthly: price(1.9 * type.cores),
    included_traffic: INCLUDED_TRAFFIC_BYTES,
    price_per_tb_traffic: price(1),
  };
}
