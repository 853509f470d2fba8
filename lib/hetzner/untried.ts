import { DEFAULT_IMAGE, isSnapshot } from './images';
import { architectureOf } from './server-types';

/** What a user has to know who chooses what nobody has run, and what to do about it. */
export interface Untried {
  readonly what: string;
  readonly remedy: string;
}

export const untried = (what: string): Untried => ({ what, remedy: 'deploy it to a project for tests first' });

/** Of another image than the one that everything has been tried on; undefined: nothing. */
export function untriedImage(image: string): Untried | undefined {
  if (image === DEFAULT_IMAGE) return undefined;
  if (isSnapshot(image)) {
    const clean = `with cloud-init and hc-utils as Hetzner's image has them, and "cloud-init clean" run before it was taken`;
    return untried(`image is the snapshot ${image}: it has to be one of ${DEFAULT_IMAGE}, ${clean}`);
  }
  return untried(
    `image is ${image}: nobody has deployed the platform to it yet, nor looked whether MySQL's repository has packages for it`,
  );
}

/** Of a server type of another architecture than the lab's; undefined: nothing. */
export function untriedType(setting: string, serverType: string): Untried | undefined {
  if (architectureOf(serverType) !== 'arm') return undefined;
  return untried(`${setting} is ${serverType}: nobody has deployed the platform to Arm yet`);
}
