/** What the kernel of a server keeps for itself: a cx23 of 4 GB shows some 3.7 GB. A guess for larger ones. */
const KERNEL_SHARE = 0.06;

/**
 * /proc/meminfo of a machine, as it is when it boots: machines share the kernel, which shows the memory of the host.
 * @param host what the host shows
 * @param gigabytes of the server type
 */
export function renderMeminfo(host: string, gigabytes: number): string {
  const total = Math.floor(gigabytes * 1024 * 1024 * (1 - KERNEL_SHARE));
  return host.replaceAll(/^(\w+): +(\d+) kB$/gm, (line, name: string, value: string) => {
    if (name.startsWith('Vmalloc') || name.startsWith('DirectMap')) return line;
    const shown = name === 'MemTotal' ? total : Math.min(Number(value), total);
    return `${`${name}:`.padEnd(16)}${String(shown).padStart(8)} kB`;
  });
}
