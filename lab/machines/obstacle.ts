import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  nsenter: 'util-linux',
  losetup: 'util-linux',
  'mkfs.ext4': 'e2fsprogs',
  debootstrap: 'debootstrap',
  patchelf: 'patchelf',
  gpg: 'gpg',
  'gpg-agent': 'gpg-agent',
  'dpkg-deb': 'dpkg',
  'systemd-nspawn': 'systemd-container',
  'ssh-keygen': 'openssh-client',
  curl: 'curl',
};

/** Why the lab cannot run here, with the remedy, in one line; null: it can. Tests report it when they skip. */
export function labObstacle(): string | null {
  if (process.platform !== 'linux')
    return `the lab needs Linux with systemd-nspawn, this is ${process.platform}; use a Debian or Ubuntu machine`;
  if (process.getuid?.() !== 0) return 'the lab needs root for namespaces and mounts; run it with sudo';
  const missing = Object.keys(PROGRAMS).filter((name) => !isOnPath(name));
  if (missing.length > 0) {
    const packages = new Set(missing.map((name) => PROGRAMS[name]));
    return `the lab needs ${missing.join(', ')}; run lab/setup.sh, or apt-get install ${[...packages].join(' ')}`;
  }
  if (!succeeds('unshare', '--net', 'true'))
    return 'no network namespaces here; run the lab on a machine of its own, or in a privileged container';
  if (!succeeds('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt')) {
    return 'mounting is not allowed here; run the lab on a machine of its own, or in a privileged container';
  }
  if (!overlayWorks()) return 'overlayfs does not work here; load it with modprobe overlay, or use a kernel that has it';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices here; load them with modprobe loop';
  return null;
}

const isOnPath = (name: string) =>
  `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':').some((folder) => existsSync(`${folder}/${name}`));

const succeeds = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const overlayWorks = () =>
  succeeds(
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs none /mnt && mkdir /mnt/l /mnt/u /mnt/w /mnt/m && mount -t overlay none -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/m',
  );
