/** Hetzner's current server types. One that is newer than this list is added here. */
const X86 = ['cx23', 'cx33', 'cx43', 'cx53', 'cpx12', 'cpx22', 'cpx32', 'cpx42', 'cpx52', 'cpx62', 'ccx13', 'ccx23', 'ccx33', 'ccx43', 'ccx53', 'ccx63'];
const ARM = ['cax11', 'cax21', 'cax31', 'cax41'];

/** Server types that cannot be ordered since 2025-12-31 or earlier, and what comes closest today. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  cx11: 'cx23',
  cx21: 'cx23',
  cx22: 'cx23',
  cx31: 'cx33',
  cx32: 'cx33',
  cx41: 'cx43',
  cx42: 'cx43',
  cx51: 'cx53',
  cx52: 'cx53',
  cpx11: 'cpx12',
  cpx21: 'cpx22',
  cpx31: 'cpx32',
  cpx41: 'cpx42',
  cpx51: 'cpx52',
};

export type Architecture = 'x86' | 'arm';

export function architectureOf(serverType: string): Architecture | undefined {
  if (X86.includes(serverType)) return 'x86';
  return ARM.includes(serverType) ? 'arm' : undefined;
}

export function successorOf(serverType: string): string | undefined {
  return SUCCESSORS[serverType];
}

export const SERVER_TYPES: readonly string[] = [...X86, ...ARM];

/** Images whose packages are recent enough: the agents need Node 20, HAProxy has to be 2.8 or newer. */
export const IMAGES: readonly string[] = ['debian-13', 'ubuntu-26.04'];

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
