import { IMAGES, find } from './catalogue';
import type { Architecture, Image } from './catalogue';
import { invalidInput, notFound } from './errors';
import { SELECTABLE, list } from './lists';
import { get, ok } from './requests';
import type { Route } from './requests';

const FILTERS = ['type', 'status', 'architecture', 'bound_to'] as const;

export const routes: readonly Route[] = [
  get('/v1/images', [...SELECTABLE, ...FILTERS, 'include_deprecated'], (call) =>
    list(call, 'images', IMAGES, {
      render: renderImage,
      filters: {
        type: () => 'system',
        status: () => 'available',
        architecture: (image) => image.architecture,
        bound_to: () => null,
      },
    }),
  ),
  get('/v1/images/:id', [], ({ id }) => {
    const image = find(IMAGES, id);
    if (!image) throw notFound('image', id);
    return ok({ image: renderImage(image) });
  }),
];

/** The same name exists once for each architecture. */
export function requireImage(key: number | string, architecture: Architecture): Image {
  const fitting = IMAGES.filter((image) => image.architecture === architecture);
  const image = find(fitting, key);
  if (image) return image;
  const other = find(IMAGES, key);
  throw invalidInput(
    'image',
    other ? `image is for ${other.architecture}, server type is ${architecture}` : `image '${key}' does not exist`,
  );
}

export function renderImage(image: Image): object {
  return {
    id: image.id,
    type: 'system',
    status: 'available',
    name: image.name,
    description: image.description,
    image_size: null,
    disk_size: 5,
    created: image.created,
    created_from: null,
    bound_to: null,
    os_flavor: image.os_flavor,
    os_version: image.os_version,
    rapid_deploy: true,
    protection: { delete: false },
    deprecated: null,
    labels: {},
    deleted: null,
    architecture: image.architecture,
  };
}
