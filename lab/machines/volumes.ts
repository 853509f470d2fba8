import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { VolumeSpec } from '../api/hardware';
import { CommandError, run, tryRun } from './command';
import type { LabPaths } from './paths';

const GIGABYTE = 1024 ** 3;
const LOOP_MAJOR = 7;

/** A volume as a machine sees it: `minor` of the loop device, and the name of the disk. */
export interface AttachedVolume {
  readonly id: number;
  readonly serverId: number;
  readonly loopDevice: string;
  readonly minor: number;
  /** sdb, sdc, ... sda is the machine's own disk at Hetzner. */
  readonly diskName: string;
}

/** Volumes as sparse files behind loop devices. They take space on the host only for what is written. */
export class Volumes {
  readonly #attached = new Map<number, AttachedVolume>();

  constructor(private readonly paths: LabPaths) {}

  async create({ id, sizeGb, format }: VolumeSpec): Promise<void> {
    await mkdir(folder(this.paths), { recursive: true });
    const file = await open(this.#file(id), 'w', 0o600);
    await file.truncate(sizeGb * GIGABYTE);
    await file.close();
    if (format === 'ext4') await run(['mkfs.ext4', '-q', '-F', '-E', 'nodiscard', this.#file(id)]);
    if (format === 'xfs') await run(['mkfs.xfs', '-q', '-K', this.#file(id)]);
  }

  /** The machine sees more bytes at once; its file system grows when it asks for it. */
  async resize(id: number, sizeGb: number): Promise<void> {
    await truncate(this.#file(id), sizeGb * GIGABYTE);
    const attached = this.#attached.get(id);
    if (attached) await run(['losetup', '--set-capacity', attached.loopDevice]);
  }

  async attach(id: number, serverId: number): Promise<AttachedVolume> {
    const loopDevice = await this.#openLoopDevice(this.#file(id));
    const taken = this.of(serverId).map((volume) => volume.diskName);
    const diskName = [...'bcdefghijklmnopq'].map((letter) => `sd${letter}`).find((name) => !taken.includes(name));
    if (!diskName) throw new Error(`server ${serverId} has 16 volumes, Hetzner allows no more; detach one`);
    const attached = { id, serverId, loopDevice, minor: Number(loopDevice.replace(/\D/g, '')), diskName };
    this.#attached.set(id, attached);
    return attached;
  }

  async detach(id: number): Promise<AttachedVolume | null> {
    const attached = this.#attached.get(id) ?? null;
    this.#attached.delete(id);
    if (attached) await run(['losetup', '--detach', attached.loopDevice]);
    return attached;
  }

  async destroy(id: number): Promise<void> {
    await this.detach(id);
    await rm(this.#file(id), { force: true });
  }

  of(serverId: number): AttachedVolume[] {
    return [...this.#attached.values()].filter((volume) => volume.serverId === serverId);
  }

  #file(id: number): string {
    return join(folder(this.paths), `${id}.img`);
  }

  /** Another program may take the free device between the question and the use of it: ask again. */
  async #openLoopDevice(file: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const device = (await run(['losetup', '--find'])).trim();
      try {
        // Where /dev is not kept by the kernel, only the first eight have a node
        if (!existsSync(device)) await run(['mknod', '-m', '0660', device, 'b', String(LOOP_MAJOR), device.replace(/\D/g, '')]);
        await run(['losetup', device, file]);
        return device;
      } catch (error) {
        if (attempt === 10 || !(error instanceof CommandError)) throw error;
      }
    }
  }
}

/** Shell commands that make the volume appear in a running machine. */
export const appear = ({ id, minor, diskName }: AttachedVolume): string =>
  [
    `mkdir -p /dev/disk/by-id`,
    `rm -f /dev/${diskName}`,
    `mknod -m 0660 /dev/${diskName} b ${LOOP_MAJOR} ${minor}`,
    `ln -sfn ../../${diskName} /dev/disk/by-id/scsi-0HC_Volume_${id}`,
  ].join(' && ');

export const disappear = ({ id, diskName }: AttachedVolume): string => `rm -f /dev/${diskName} /dev/disk/by-id/scsi-0HC_Volume_${id}`;

/** The same for a machine that is going to boot, before anything in it can ask for the volume. */
export const renderVolumesTmpfiles = (volumes: readonly AttachedVolume[]): string =>
  volumes
    .flatMap(({ id, minor, diskName }) => [
      `b+ /dev/${diskName} 0660 root disk - ${LOOP_MAJOR}:${minor}`,
      `L+ /dev/disk/by-id/scsi-0HC_Volume_${id} - - - - ../../${diskName}`,
    ])
    .map((line) => `${line}\n`)
    .join('');

/** Detaches whatever loop device still has a file of this lab. */
export async function detachAllVolumes(paths: LabPaths): Promise<void> {
  if (!existsSync(folder(paths))) return;
  for (const name of await readdir(folder(paths))) {
    const list = await run(['losetup', '--noheadings', '--output', 'NAME', '--associated', join(folder(paths), name)]);
    for (const device of list.split('\n').filter(Boolean)) await tryRun(['losetup', '--detach', device.trim()]);
  }
}

const folder = (paths: LabPaths) => join(paths.disks, 'volumes');
