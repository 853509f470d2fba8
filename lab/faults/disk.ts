import { onMachine, tryOnMachine, until, type Fault } from './fault';
import type { LabHandle } from './lab-handle';
import { startAgain } from './process';

/** A unit, so that it can be stopped half-way: who is interrupted meanwhile must not leave a disk that fills up. */
const FILLING = 'lab-filling.service';

/** What is written in the end, in megabytes: enough for those who watch the disk to see it coming. */
const WRITTEN_MEGABYTES = 2048;

const freeMegabytes = (folder: string) => `df --output=avail --block-size=1M ${folder} | tail -n 1`;

function filling(folder: string, ballast: string): string {
  const append = (blockSize: string) => `dd if=/dev/zero of=${ballast} bs=${blockSize} oflag=append conv=notrunc status=none 2>/dev/null`;
  return [
    `free=$(${freeMegabytes(folder)})`,
    `[ "$free" -le ${WRITTEN_MEGABYTES} ] || fallocate --length "$((free - ${WRITTEN_MEGABYTES}))M" ${ballast}`,
    `${append('1M')}; sync; ${append('4k')} || :`,
  ].join('; ');
}

/** The file system that holds `folder` gets full to the last block, root's reserve included. */
export function diskFull(lab: LabHandle, machine: string, folder: string): Fault {
  // Beside the data, never in it: a database takes every folder of its data directory for a schema.
  const ballast = `"$(findmnt --noheadings --output TARGET --target ${folder})/lab-ballast"`;
  return {
    title: `the disk of ${machine} is full`,
    async inject() {
      await onMachine(lab, machine, `systemd-run --quiet --collect --wait --expand-environment=no --unit ${FILLING} sh -c '${filling(folder, ballast)}'`, 300);
      await until(`no block is free on ${machine}`, async () => Number(await onMachine(lab, machine, freeMegabytes(folder))) === 0);
    },
    recover: async () => void (await onMachine(lab, machine, `systemctl stop ${FILLING} 2>/dev/null; rm -f ${ballast}`, 60)),
  };
}

/** Everything in the data directory is gone, as after a wrong command; the service is started again on nothing. */
export function wiped(lab: LabHandle, machine: string, unit: string, folder: string): Fault {
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
