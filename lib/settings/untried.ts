import { DEFAULT_IMAGE, isSnapshot } from '../hetzner/images';
import { architectureOf } from '../hetzner/server-types';
import { MYSQL_DEFAULTS } from './mysql';

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

/** Of another series of MySQL than the default; undefined: nothing. */
export function untriedSeries(series: string): Untried | undefined {
  if (series === MYSQL_DEFAULTS.series) return undefined;
  return { what: `mysql.series is ${series}: no mysqld of that series has run the platform yet`, remedy };
}
