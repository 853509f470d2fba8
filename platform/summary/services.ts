import type { Tier } from '../../lib/net/address-plan';

/** What a deploy does to a unit of systemd. */
export interface Touch {
  readonly unit: string;
  readonly verb: 'reload' | 'restart';
}

type Rule = readonly [paths: RegExp, ...touches: Touch[]];
const reload = (unit: string): Touch => ({ unit, verb: 'reload' });
const restart = (unit: string): Touch => ({ unit, verb: 'restart' });

/** Which files of an upload whom touches, as the scripts of provisioning/ do it; the first rule that fits. */
const OF_ALL: readonly Rule[] = [
  [/^(files\/etc\/platform|shared)\/host-firewall(-closed)?\.nft$|^units\/host-firewall\.service$/, reload('host-firewall')],
  [/^shared\/sshd.*\.conf$/, reload('ssh')],
  [/^shared\/journald\.conf$/, restart('systemd-journald')],
  [/security-updates|^shared\/platform-updates$/, restart('security-updates.timer')],
  // Read by the deploy, the kernel, or the next one who asks
  [
    /^(common|host|load-balancer|web|app|mysql)\.sh$|^host\.env$|^files\/etc\/sysctl\.d\/|^shared\/(keep-resolvers|let-go|platform-drift|releases\.sh)$/,
  ],
  [/^units\/(default-route|private-address)\./],
  [/silent-peers|^shared\/watch-peers\.sh$/, restart('silent-peers')],
];

const OF_TIER: Readonly<Record<Tier, readonly Rule[]>> = {
  lb: [
    [/^host\.env$/, restart('floating-ip-agent')],
    [/^units\/haproxy\.service\.d\//, restart('haproxy')],
    [/^files\/etc\/haproxy\//, reload('haproxy')],
    [/keepalived\.conf$|^units\/keepalived\.service\.d\//, restart('keepalived')],
    [/floating-ip\.(json|js)$|^units\/floating-ip-agent\.service$/, restart('floating-ip-agent')],
    [/^units\/floating-ip-address\.service$/, reload('floating-ip-address')],
    [/nat-gateway/, reload('nat-gateway')],
    [/hetzner-api-addresses/, restart('hetzner-api-addresses.timer')],
    [/certificate|acme/, restart('certificate-agent.timer')],
    [/ticket-keys/, restart('ticket-keys.timer')],
    [/^load-balancer\//],
  ],
  web: [[/^files\/etc\/nginx\//, reload('nginx')], [/^units\/nginx\.service\.d\//, restart('nginx')], [/^files\/srv\/www\//]],
  app: [
    [/^files\/etc\/database-router\//, reload('database-router')],
    [/^units\/database-router\.service$/, restart('database-router')],
    [/app-watchdog/, restart('app-watchdog')],
    [/^files\/opt\/app\/|app\.service|^units\/app-migrate\.service$/, restart('app')],
  ],
  mysql: [
    [/mysql\/platform\.cnf$|mysql-prepare$|^units\/mysql\.service\.d\//, restart('mysql')],
    [/mysql-member|mysql-end\./, restart('mysql-member')],
    // Packages of a newer patch restart mysqld
    [/^files\/etc\/platform\/mysql-packages$/, restart('mysql')],
    [/^shared\/(platform-mysql|mysql-repository\.sh)$|^units\/srv-mysql(\.mount|-grow\.service)$/],
  ],
};

/** Undefined for a file that no rule knows. */
export function touchedBy(tier: Tier, path: string): readonly Touch[] | undefined {
  const rule = [...OF_TIER[tier], ...OF_ALL].find(([paths]) => paths.test(path));
  return rule?.slice(1) as Touch[] | undefined;
}

/**
 * By the name of a trigger of a configure step, or of a fact of the host: values that no file has. mysqld takes new certificates without a
 * reload or a restart.
 */
export function touchedByValue(tier: Tier, name: string): readonly Touch[] {
  if (tier === 'app') return name === 'authority' ? [restart('app')] : [];
  if (tier !== 'lb') return [];
  if (/^(certificate|originPulls|pair)$/.test(name)) return [reload('haproxy')];
  const isForHaproxy = name === 'PEER_PUBLIC_ADDRESS' || name.startsWith('CLOUDFLARE');
  return [...(isForHaproxy ? [reload('haproxy')] : []), ...(isFact(name) ? [restart('floating-ip-agent')] : [])];
}

const isFact = (name: string) => /^[A-Z]/.test(name);

/** Where a file of an upload lies on the host; undefined for what only the deploy itself reads. */
export function pathOnHost(path: string): string | undefined {
  if (path.startsWith('files/')) return path.slice('files'.length);
  if (path.startsWith('units/')) return `/etc/systemd/system/${path.slice('units/'.length)}`;
  return undefined;
}
