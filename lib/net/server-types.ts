export type Architecture = 'x86' | 'arm';

/** Memory in GB of the server types that Hetzner offers (2026). A newer one is added here. */
const MEMORY_GIGABYTES: Readonly<Record<string, number>> = {
  cx23: 4, cx33: 8, cx43: 16, cx53: 32,
  cpx12: 2, cpx22: 4, cpx32: 8, cpx42: 16, cpx52: 24, cpx62: 32,
  ccx13: 8, ccx23: 16, ccx33: 32, ccx43: 64, ccx53: 128, ccx63: 192,
  cax11: 4, cax21: 8, cax31: 16, cax41: 32,
};

/** Types that cannot be ordered since 2025-12-31 or earlier, and what comes closest today. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  cx11: 'cx23', cx21: 'cx23', cx22: 'cx23',
  cx31: 'cx33', cx32: 'cx33',
  cx41: 'cx43', cx42: 'cx43',
  cx51: 'cx53', cx52: 'cx53',
  cpx11: 'cpx12', cpx21: 'cpx22', cpx31: 'cpx32', cpx41: 'cpx42', cpx51: 'cpx52',
};

export const SERVER_TYPES: readonly string[] = Object.keys(MEMORY_GIGABYTES);

/** Memory of the server type in MB; undefined for a type that is not known here. */
export function memoryMegabytesOf(serverType: string): number | undefined {
  const gigabytes = MEMORY_GIGABYTES[serverType];
  return gigabytes === undefined ? undefined : gigabytes * 1024;
}

/** Undefined for a type that is not known here. */
export function architectureOf(serverType: string): Architecture | undefined {
  if (!SERVER_TYPES.includes(serverType)) return undefined;
  return serverType.startsWith('cax') ? 'arm' : 'x86';
}

/** The type to use instead of one that is sold no more; undefined for any other. */
export function successorOf(serverType: string): string | undefined {
  return SUCCESSORS[serverType];
}
