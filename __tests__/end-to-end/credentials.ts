import { execa } from 'execa';
import { sshArgv, type Login } from '../../lab/client/ssh';
import { openLab, type Lab } from '../../lab/lab';
import type { Secrets } from '../../lab/machines/secrets';
import { shownCertificate } from '../../lab/traffic';

/** On a member: its certificate, its key and the CAs that it trusts. */
export const MEMBER_TLS = '/etc/mysql/platform-tls';
/** The member that logs in to the first one. */
export const MEMBER = 'db-2';

export interface Credentials extends Pick<
  Secrets,
  'hcloudToken' | 'failoverToken' | 'cloudflareToken' | 'mysqlPasswords' | 'sshPrivateKeyFile'
> {
  /** Folder on db-2. @default the one in use */
  readonly memberTls?: string;
}

/** Uses each of them as its owner does; returns the names of those that are accepted. */
export async function acceptedCredentials(given: Credentials): Promise<string[]> {
  const lab = await openLab();
  const present = lab.secrets;
  const tried: [string, boolean][] = [
    ["Terraform's token", await apiAccepts(HETZNER, given.hcloudToken)],
    ["load balancers' token", await apiAccepts(HETZNER, given.failoverToken)],
    ["Cloudflare's token", await apiAccepts(CLOUDFLARE, given.cloudflareToken)],
    ['password of platform_admin', await adminLogin(lab, given.mysqlPasswords.admin)],
    ['password of platform_replication', await memberLogin(lab, given.mysqlPasswords.replication, MEMBER_TLS)],
    ['password of app', await applicationLogin(lab, given.mysqlPasswords.app)],
    // With the present password: the certificate alone decides
    ["member's certificate", await memberLogin(lab, present.mysqlPasswords.replication, given.memberTls ?? MEMBER_TLS)],
  ];
  for (const { name } of await lab.machines()) tried.push([`SSH key on ${name}`, await sshLogin(lab, given.sshPrivateKeyFile, name)]);
  return tried.filter(([, accepted]) => accepted).map(([name]) => name);
}

/** Name of each load balancer to the public key that it shows to visitors. */
export async function servedKeys(lab: Lab): Promise<Record<string, string>> {
  const balancers = (await lab.machines()).filter(({ tier }) => tier === 'lb');
  return Object.fromEntries(
    await Promise.all(balancers.map(async ({ name, publicAddress }) => [name, await servedKey(publicAddress ?? '', lab.domain)] as const)),
  );
}

const HETZNER = 'https://api.hetzner.cloud/v1/servers';
const CLOUDFLARE = 'https://api.cloudflare.com/client/v4/zones';

async function apiAccepts(url: string, token: string): Promise<boolean> {
  const { status } = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (status !== 200 && status !== 401) throw new Error(`${url} answers ${status}`);
  return status === 200;
}

/** By the local socket of db-1. */
async function adminLogin(lab: Lab, password: string): Promise<boolean> {
  return accepted(await lab.exec('db-1', mysql(password, 'platform_admin')));
}

async function memberLogin(lab: Lab, password: string, tls: string): Promise<boolean> {
  const certificate = ['--ssl-ca', `${MEMBER_TLS}/ca.pem`, '--ssl-cert', `${tls}/server.pem`, '--ssl-key', `${tls}/server.key`];
  return accepted(
    await lab.exec(MEMBER, [
      ...mysql(password, 'platform_replication'),
      '--host',
      (await lab.machine('db-1')).privateAddress,
      ...certificate,
    ]),
  );
}

/** In the network of app-1, which has no client, with that of db-1. */
async function applicationLogin(lab: Lab, password: string): Promise<boolean> {
  const [network, files] = [await lab.initPid('app-1'), await lab.initPid('db-1')];
  const client = [...mysql(password, 'app'), '--host', (await lab.machine('db-1')).privateAddress, '--ssl-mode=REQUIRED'];
  return accepted(await execa('nsenter', [`--target=${network}`, '--net', 'chroot', `/proc/${files}/root`, ...client], { reject: false }));
}

const mysql = (password: string, user: string) => [
  'env',
  `MYSQL_PWD=${password}`,
  'mysql',
  '--no-defaults',
  '--connect-timeout=5',
  '--batch',
  '--execute=SELECT 1',
  '--user',
  user,
];

function accepted({ exitCode, stderr }: { readonly exitCode?: number | null; readonly stderr: string }): boolean {
  // 1045: access denied; 2013, 2026: the server has ended the TLS session with an alert
  if (exitCode !== 0 && !/ERROR (1045|2013|2026) /.test(stderr)) throw new Error(`mysql: ${stderr}`);
  return exitCode === 0;
}

async function sshLogin(lab: Lab, keyFile: string, host: string): Promise<boolean> {
  const { exitCode, stderr } = await sshTo(lab, host, 'true', { keyFile });
  if (exitCode !== 0 && !stderr.includes('Permission denied (publickey')) throw new Error(`ssh ${host}: ${stderr}`);
  return exitCode === 0;
}

/** Runs a command on a host as a deploy does. */
export async function sshTo(
  lab: Lab,
  host: string,
  command: string,
  login: Login = {},
): Promise<{ readonly exitCode?: number; readonly stdout: string; readonly stderr: string }> {
  const [program = '', ...args] = sshArgv(lab, await lab.machine(host), login);
  return execa(program, [...args, command], { reject: false });
}

async function servedKey(address: string, host: string): Promise<string> {
  return (await shownCertificate({ address, host })).certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
