import { onMachine, tryOnMachine, until, type Fault } from './fault';
import type { Lab } from '../lab';
import { startAgain } from './process';

/** A unit, so that it can be stopped half-way: an interrupted run must not leave a disk that fills up. */
const FILLING = 'lab-filling.service';

/** The last part, in megabytes, is written slowly enough for a watcher of the disk to react. The rest is allocated at once. */
const WRITTEN_MEGABYTES = 2048;
/** Long enough for a commit to find no space, shorter than the watchdog of the frozen unit. */
const UNSEEN_SECONDS = 1;

/**
 * Fills the file system that holds `folder` to the last block, root's reserve included.
 *
 * @param unseenBy a unit that is frozen meanwhile, as if the disk were full from one moment to the next
 */
export function diskFull(lab: Lab, machine: string, folder: string, { unseenBy }: { unseenBy?: string } = {}): Fault {
  // Beside the data, never in it: a database takes every folder of its data directory for a schema.
  const ballast = `"$(findmnt --noheadings --output TARGET --target ${folder})/lab-ballast"`;
  const free = `df --output=avail --block-size=1M ${folder} | tail -n 1`;
  const takeAllBut = (megabytes: number) =>
    `free=$(${free}); [ "$free" -le ${megabytes} ] || fallocate --length "$((free - ${megabytes}))M" ${ballast}`;
  const append = (blockSize: string) =>
    `dd if=/dev/zero of=${ballast} bs=${blockSize} oflag=append conv=notrunc status=none 2>/dev/null || :`;
  const filling = unseenBy
    ? [
        `systemctl kill --signal=STOP ${unseenBy}`,
        takeAllBut(0),
        append('4k'),
        `sleep ${UNSEEN_SECONDS}`,
        `systemctl kill --signal=CONT ${unseenBy}`,
      ]
    : [takeAllBut(WRITTEN_MEGABYTES), append('1M'), 'sync', append('4k')];
  return {
    title: `the disk of ${machine} is full`,
    async inject() {
      await onMachine(
        lab,
        machine,
        `systemd-run --quiet --collect --wait --expand-environment=no --unit ${FILLING} sh -c '${filling.join('; ')}'`,
        300,
      );
      await until(`no block is free on ${machine}`, async () => Number(await onMachine(lab, machine, free)) === 0);
    },
    recover: async () => void (await onMachine(lab, machine, `systemctl stop ${FILLING} 2>/dev/null; rm -f ${ballast}`, 60)),
  };
}

/** Deletes everything in the data directory, as a wrong command would, and starts the service again. */
export function wiped(lab: Lab, machine: string, unit: string, folder: string): Fault {
  return {
    title: `the data of ${machine} is wiped`,
    async inject() {
      await onMachine(lab, machine, `systemctl stop ${unit}; find ${folder} -mindepth 1 -delete`, 120);
      const { stdout } = await tryOnMachine(lab, machine, `ls -A ${folder}`);
      if (stdout.trim() !== '') throw new Error(`${folder} on ${machine} is not empty: ${stdout.trim()}`);
    },
    recover: () => startAgain(lab, machine, unit),
  };
}
