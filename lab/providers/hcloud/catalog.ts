import { failure, ProviderError, warning } from '../protocol/diagnostics';
import type { DataSource } from '../protocol/provider';
import type { ObjectValue, State } from '../protocol/value';
import type { Deprecation, Image, Location, Named, ServerType } from './api-types';
import { labelsOf, number, text, texts, type HcloudCall, type HcloudClients } from './common';
import { listId } from './data-sources';
import { imageDeprecation } from './server-create';
import { serverTypeDeprecation } from './server-type';

const idOrName = { exactlyOneOf: [['id', 'name']] } as const;

export const catalog: Readonly<Record<string, DataSource<HcloudClients>>> = {
  hcloud_image: {
    validation: { exactlyOneOf: [['id', 'name', 'selector', 'with_selector']] },
    async read(call) {
      const image = await findImage(call, call.config);
      const deprecation = imageDeprecation(image, new Date());
      if (deprecation !== null)
        call.warn(warning(deprecation.unavailable ? 'Image unavailable' : 'Image deprecated', `${deprecation.message}.`));
      return imageAttributes(image);
    },
  },
  hcloud_server_type: {
    validation: idOrName,
    async read(call) {
      const type = await findNamed<ServerType>(call, call.config, 'server_types', 'server_type', 'server type');
      const deprecation = serverTypeDeprecation(type, '', new Date());
      if (deprecation !== null)
        call.warn(warning(deprecation.unavailable ? 'Server Type unavailable' : 'Server Type deprecated', `${deprecation.text}.`));
      return serverTypeAttributes(type);
    },
  },
  hcloud_server_types: {
    async read({ client, signal }) {
      const all = await client.framework.all<ServerType>('server_types', {}, signal);
      const ids = all.map(({ id }) => id);
      return { id: listId(ids), server_type_ids: ids.map(String), ...namesOf(all), server_types: all.map(serverTypeAttributes) };
    },
  },
  hcloud_location: {
    validation: idOrName,
    read: async (call) => locationAttributes(await findNamed<Location>(call, call.config, 'locations', 'location', 'location')),
  },
  hcloud_locations: {
    async read({ client, signal }) {
      const all = await client.framework.all<Location>('locations', {}, signal);
      const ids = all.map(({ id }) => id);
      return { id: listId(ids), location_ids: ids.map(String), ...namesOf(all), locations: all.map(locationAttributes) };
    },
  },
};

async function findNamed<T>({ client, signal }: HcloudCall, config: State, collection: string, key: string, called: string): Promise<T> {
  const id = config['id'] ?? null;
  const found =
    id === null
      ? await client.framework.findByName<T>(collection, text(config['name']), signal)
      : await client.framework.find<T>(`/${collection}/${number(id)}`, key, signal);
  if (found !== null) return found;
  const by = id === null ? `name="${text(config['name'])}"` : `id=${number(id)}`;
  throw new ProviderError(failure('Resource not found', `Resource (${called}) was not found: ${by}`));
}

async function findImage({ client, signal }: HcloudCall, config: State): Promise<Image> {
  const id = number(config['id']);
  if (id !== 0) {
    const found = await client.framework.find<Image>(`/images/${id}`, 'image', signal);
    if (found === null) throw new ProviderError(failure('Resource not found', `Resource (image) was not found: id=${id}`));
    return found;
  }
  const selector = text(config['with_selector']) || text(config['selector']);
  const name = text(config['name']);
  const latest = config['most_recent'] === true;
  const query: (readonly [string, string])[] = [
    ['architecture', text(config['with_architecture']) || 'x86'],
    ...(config['include_deprecated'] === true ? [['include_deprecated', 'true'] as const] : []),
    ...(selector === '' ? [] : [['label_selector', selector] as const]),
    ...(name === '' ? [] : [['name', name] as const]),
    ...(latest ? [['sort', 'created:desc'] as const] : []),
    ...texts(config['with_status']).map((status) => ['status', status] as const),
  ];
  const encoded = query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  const { images } = await client.framework.get<{ images: readonly Image[] }>(`/images?${encoded}`, signal);
  const using = ` using ${name === '' ? `label selector: ${selector}` : `name: ${name}`}\n\nQuery parameters: ${query.map((pair) => pair.join('=')).join(' ')}`;
  const [first, ...more] = images;
  if (first === undefined) throw new ProviderError(failure('Resource not found', `Resource (image) was not found${using}`));
  if (more.length > 0 && !latest)
    throw new ProviderError(failure('Found more than one resource', `Found more than one resource (image)${using}`));
  return first;
}

function namesOf(all: readonly (Named & { readonly description: string })[]): State {
  return { names: all.map(({ name }) => name), descriptions: all.map(({ description }) => description) };
}

function imageAttributes(image: Image): State {
  return {
    id: image.id,
    type: image.type,
    name: image.name ?? '',
    description: image.description,
    labels: labelsOf(image.labels),
    created: rfc3339(image.created),
    os_flavor: image.os_flavor,
    os_version: image.os_version ?? '',
    architecture: image.architecture,
    rapid_deploy: image.rapid_deploy,
    deprecated: image.deprecated === null ? null : rfc3339(image.deprecated),
  };
}

function serverTypeAttributes(type: ServerType): ObjectValue {
  return {
    id: type.id,
    name: type.name,
    description: type.description,
    category: type.category,
    cores: type.cores,
    memory: Math.trunc(type.memory),
    disk: type.disk,
    storage_type: type.storage_type,
    cpu_type: type.cpu_type,
    architecture: type.architecture,
    locations: type.locations.map(({ id, name, available, recommended, deprecation }) => ({
      id,
      name,
      available,
      recommended,
      ...deprecationAttributes(deprecation),
    })),
    included_traffic: type.included_traffic,
    ...deprecationAttributes(type.deprecation),
  };
}

function deprecationAttributes(deprecation: Deprecation | null): ObjectValue {
  return {
    is_deprecated: deprecation !== null,
    deprecation_announced: deprecation === null ? '' : rfc3339(deprecation.announced),
    unavailable_after: deprecation === null ? '' : rfc3339(deprecation.unavailable_after),
  };
}

function locationAttributes({ id, name, description, country, city, latitude, longitude, network_zone }: Location): ObjectValue {
  return { id, name, description, country, city, latitude, longitude, network_zone };
}

function rfc3339(time: string): string {
  return time.replace('+00:00', 'Z');
}
