import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configureGuest, type Link } from './topology';

/** File on each machine's disk with the lease that DHCP would give, for hc-net-ifup@.service of the base image. */
export const LEASES = 'var/lib/lab/leases';

/**
 * How long after network-online.target a private interface gets its address, in seconds. Hetzner's images leave it to hc-utils, whose unit
 * waits for that target; users report "seconds, on some images minutes" (hetznercloud/hc-utils issues 8 and 11). That private-only
 * servers are as late is a guess: hc-utils finds private interfaces by their MAC address on any server.
 */
export const USUAL_DELAY_SECONDS = 3;

/** The delay of each machine at its next boot. */
export class LeaseDelays {
  #forAll = USUAL_DELAY_SECONDS;
  readonly #ofMachine = new Map<string, number>();

  of(machine: string): number {
    return this.#ofMachine.get(machine) ?? this.#forAll;
  }

  /** @param machine none: all machines, also those with a delay of their own */
  set(seconds: number, machine?: string): void {
    if (machine !== undefined) {
      this.#ofMachine.set(machine, seconds);
      return;
    }
    this.#forAll = seconds;
    this.#ofMachine.clear();
  }
}

/** Writes the lease that the machine's own unit applies after the delay. Replaces the former lease. */
export async function offerLease(root: string, link: Link, alone: boolean, delaySeconds: number): Promise<void> {
  const folder = join(root, LEASES);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, `${link.guestDevice}.ip`),
    configureGuest(link, alone)
      .map((line) => `${line}\n`)
      .join(''),
  );
  // Last, and by a rename: the machine waits for this file
  await writeFile(join(folder, '.new'), `DELAY=${delaySeconds}\n`);
  await rename(join(folder, '.new'), join(folder, `${link.guestDevice}.env`));
}

export async function withdrawLease(root: string, guestDevice: string): Promise<void> {
  for (const kind of ['env', 'ip']) await rm(join(root, LEASES, `${guestDevice}.${kind}`), { force: true });
}

export const withdrawAllLeases = (root: string): Promise<void> => rm(join(root, LEASES), { recursive: true, force: true });
