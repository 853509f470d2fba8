import { architectureOf } from './server-types';

/** The image that the lab's machines are like, and so the only one that all tests have run on. */
export const DEFAULT_IMAGE = 'debian-13';

/** Images whose packages are recent enough: the agents need Node 20, HAProxy has to be 2.8 or newer. */
export const IMAGES: readonly string[] = [DEFAULT_IMAGE, 'ubuntu-26.04'];

/** Images that people try first, and what they lack. */
export const UNSUITABLE_IMAGES: Readonly<Record<string, string>> = {
  'debian-12': 'it has Node 18 and the agents need 20',
  'debian-11': 'it has Node 12 and the agents need 20',
  'ubuntu-24.04': 'it has Node 18 and the agents need 20',
  'ubuntu-22.04': 'it has Node 12 and the agents need 20',
};

/** A snapshot goes by its number. */
export function isSnapshot(image: string): boolean {
  return /^\d+$/.test(image);
}

/** What a user has to know who chooses what nobody has run, and what to do about it. */
export interface Untried {
  readonly what: string;
  readonly remedy: string;
}

const remedy = 'deploy it to a project for tests first';

/** Of another image than the one that everything has been tried on; undefined: nothing. */
export function untriedImage(image: string): Untried | undefined {
  if (image === DEFAULT_IMAGE) return undefined;
  if (isSnapshot(image)) {
    const what = `image is the snapshot ${image}: it has to be one of ${DEFAULT_IMAGE}, with cloud-init and hc-utils as Hetzner's image has them, and "cloud-init clean" run before it was taken`;
    return { what, remedy };
  }
  const what = `image is ${image}: nobody has deployed the platform to it yet, nor looked whether MySQL's repository has packages for it`;
  return { what, remedy };
}

/** Of a server type of another architecture than the lab's; undefined: nothing. */
export function untriedType(setting: string, serverType: string): Untried | undefined {
  if (architectureOf(serverType) !== 'arm') return undefined;
  return { what: `${setting} is ${serverType}: nobody has deployed the platform to Arm yet`, remedy };
}
