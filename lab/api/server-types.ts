import { SERVER_TYPES, find } from './catalogue';
import type { Location, Offer, ServerType } from './catalogue';
import { ApiError, invalidInput, notFound } from './errors';
import { NAMED, list } from './lists';
import { serverTypePrices } from './prices';
import { get, ok } from './requests';
import type { Route } from './requests';
import type { Project } from './project';

export const routes: readonly Route[] = [
  get('/v1/server_types', NAMED, (call) =>
    list(call, 'server_types', SERVER_TYPES, { render: (type) => renderServerType(call.project, type) }),
  ),
  get('/v1/server_types/:id', [], ({ project, id }) => {
    const serverType = find(SERVER_TYPES, id);
    if (!serverType) throw notFound('server type', id);
    return ok({ server_type: renderServerType(project, serverType) });
  }),
];

/** @throws invalid_input when it does not exist, or is not sold (any more) in that location */
export function requireServerType(project: Project, key: number | string, location: Location): ServerType {
  const serverType = find(SERVER_TYPES, key);
  if (!serverType) throw invalidInput('server_type', `server type '${key}' does not exist`);
  const offer = serverType.offers.find((each) => each.location === location);
  if (!offer) throw unsupportedLocation();
  if (hasEnded(project, offer))
    throw invalidInput('server_type', `server type '${serverType.name}' is deprecated and can no longer be ordered`);
  return serverType;
}

/** Hetzner's own words, which name no field. */
function unsupportedLocation(): ApiError {
  const message = 'unsupported location for server type';
  return new ApiError(422, 'invalid_input', message, { fields: [{ name: 'location', messages: [message] }] });
}

/** Counts the order. @throws resource_unavailable when there is none left */
export function takeFromStock(project: Project, serverType: ServerType, location: Location): void {
  if (project.faults.refusesOrder(serverType.name, location.name))
    throw new ApiError(412, 'resource_unavailable', 'error during placement');
}

const hasEnded = (project: Project, { deprecation }: Offer): boolean =>
  deprecation !== null && project.clock.now() > Date.parse(deprecation.unavailable_after);

/** Since 2025-09-24 each location has its own deprecation, and that of the type itself is being phased out. */
export function renderServerType(project: Project, type: ServerType): object {
  return {
    id: type.id,
    name: type.name,
    description: type.name.toUpperCase(),
    category: type.category,
    cores: type.cores,
    memory: type.memory,
    disk: type.disk,
    deprecated: false,
    deprecation: null,
    prices: serverTypePrices(type),
    storage_type: 'local',
    cpu_type: type.cpuType,
    architecture: type.architecture,
    included_traffic: 0,
    locations: type.offers.map((offer) => {
      const {
        location: { id, name },
        deprecation,
      } = offer;
      const available = !hasEnded(project, offer) && !project.faults.isSoldOut(type.name, name);
      return { id, name, deprecation, available, recommended: available && deprecation === null };
    }),
  };
}
