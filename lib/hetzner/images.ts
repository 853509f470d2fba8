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
