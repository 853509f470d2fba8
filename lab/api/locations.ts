import { LOCATIONS, find } from './catalogue';
import type { Location } from './catalogue';
import { invalidInput, notFound } from './errors';
import { NAMED, list } from './lists';
import { get, ok } from './requests';
import type { Route } from './requests';

export const routes: readonly Route[] = [
  get('/v1/locations', NAMED, (call) => list(call, 'locations', LOCATIONS, { render: (location) => location })),
  get('/v1/locations/:id', [], ({ id }) => {
    const location = find(LOCATIONS, id);
    if (!location) throw notFound('location', id);
    return ok({ location });
  }),
  // Debian's hcloud-cli lists them; servers and addresses have no such field any more
  get('/v1/datacenters', NAMED, (call) => list(call, 'datacenters', [] as Location[], { render: (location) => location })),
];

export function requireLocation(key: number | string, field = 'location'): Location {
  const location = find(LOCATIONS, key);
  if (!location) throw invalidInput(field, `location '${key}' does not exist`);
  return location;
}
