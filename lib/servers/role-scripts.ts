import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../build/project-path';
import { UploadTree } from './upload-tree';

const PROVISIONING = join(PACKAGE_ROOT, 'provisioning');

/** Files of provisioning/ that every host gets, whatever its role. */
const SHARED = [
  'common.sh',
  'host.sh',
  'shared/apt-security-updates.conf',
  'shared/host-firewall-closed.nft',
  'shared/journald.conf',
  'shared/keep-resolvers',
  'shared/platform-drift',
  'shared/platform-updates',
  'shared/sshd-bastion.conf',
  'shared/sshd-no-root.conf',
  'shared/sshd.conf',
  'units/default-route.service',
  'units/default-route.sh',
  'units/default-route.timer',
  'units/host-firewall.service',
  'units/private-address.service',
  'units/private-address.sh',
  'units/security-updates-answer.socket',
  'units/security-updates-answer@.service',
  'units/security-updates.service',
] as const;

/** What only the hosts of a role get. A change to another role's files must not provision them again. */
const OF_ROLE = {
  'load-balancer': [
    'load-balancer.sh',
    'load-balancer/first-ticket-keys',
    'load-balancer/haproxy-answers',
    'load-balancer/haproxy-tmpfiles.conf',
    'load-balancer/hetzner-api-addresses',
    'load-balancer/install-certificate',
    'load-balancer/keepalived-interface',
    'load-balancer/keepalived-watchdog',
    'load-balancer/platform-renew-certificate',
    'load-balancer/platform-switchover',
    'load-balancer/take-from',
    'load-balancer/token-may-write',
    'shared/let-go',
    'shared/silent-peers',
    'shared/watch-peers.sh',
    'units/certificate-agent.service',
    'units/certificate-agent.timer',
    'units/certificate-install.service',
    'units/first-ticket-keys.service',
    'units/floating-ip-address.service',
    'units/floating-ip-agent.service',
    'units/haproxy.service.d/load-balancer.conf',
    'units/hetzner-api-addresses.service',
    'units/hetzner-api-addresses.timer',
    'units/keepalived.service.d/load-balancer.conf',
    'units/nat-gateway.service',
    'units/silent-peers.service',
    'units/ticket-keys.service',
    'units/ticket-keys.timer',
  ],
  web: [
    'web.sh',
    'shared/let-go',
    'shared/releases.sh',
    'shared/silent-peers',
    'shared/watch-peers.sh',
    'units/nginx.service.d/nginx-hardening.conf',
    'units/silent-peers.service',
  ],
  app: [
    'app.sh',
    'shared/app-watchdog',
    'shared/releases.sh',
    'units/app-migrate.service',
    'units/app-watchdog.service',
    'units/app.service',
    'units/database-router.service',
  ],
  mysql: [
    'mysql.sh',
    'shared/mysql-prepare',
    'shared/mysql-repository.sh',
    'shared/platform-mysql',
    'units/mysql-end.path',
    'units/mysql-end.service',
    'units/mysql-member.service',
    'units/mysql.service.d/platform.conf',
    'units/srv-mysql-grow.service',
    'units/srv-mysql.mount',
  ],
} as const;

/** Named as its script: provisioning/<role>.sh. */
export type Role = keyof typeof OF_ROLE;
export const ROLES = Object.keys(OF_ROLE) as readonly Role[];

/** What a host of this role needs of provisioning/. @throws if a file of the list is not there */
export function roleScripts(role: Role): UploadTree {
  return [...SHARED, ...OF_ROLE[role]].reduce((tree, path) => tree.file(path, join(PROVISIONING, path)), new UploadTree());
}

/** Every file of provisioning/, by its path in there. */
export function allFiles(folder = ''): string[] {
  return readdirSync(join(PROVISIONING, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? allFiles(path) : [path];
    })
    .sort();
}
