import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_ADDRESS } from '../../../lab/machines/topology';

/** Let's Encrypt's own ACME server for tests, on the client's side of the lab's Internet. */
const TOOLS = '.lab/tools/pebble-2.8.0';
export const DIRECTORY_URL = `https://${CLIENT_ADDRESS}:14000/dir`;
const DNS = '127.0.0.1:8053';

export function pebbleIsInstalled(): boolean {
  const there = existsSync(join(TOOLS, 'pebble')) && existsSync(join(TOOLS, 'pebble-challtestsrv'));
  if (!there) console.log('SKIPPED: Pebble is not installed; __tests__/end-to-end/acme/install-pebble.sh does it, and needs Go');
  return there;
}

export interface Pebble {
  /** PEM of the CA that the load balancers trust in to reach it. */
  readonly caFile: string;
  /** PEM of the root of the certificates that it issues; another one after each start. */
  root(): string;
  stop(): void;
}

/** All names lead to this address. */
export function startPebble(folder: string, address: string): Pebble {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('pebble.key')];
  const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...key, '-out', file('pebble.crt'), '-days', '2', '-subj', '/CN=pebble', '-addext', `subjectAltName=IP:${CLIENT_ADDRESS}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const management = `${CLIENT_ADDRESS}:15000`;
  const pebble = { listenAddress: `${CLIENT_ADDRESS}:14000`, managementListenAddress: management, certificate: file('pebble.crt'), privateKey: file('pebble.key'), httpPort: 80, tlsPort: 443 };
  writeFileSync(file('pebble.json'), JSON.stringify({ pebble }));
  const servers = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-management', '127.0.0.1:8055'];
  const programs = [
    run('pebble-challtestsrv', [...servers, '-dns01', DNS, '-defaultIPv4', address, '-defaultIPv6', '']),
    run('pebble', ['-config', file('pebble.json'), '-dnsserver', DNS], { PEBBLE_VA_NOSLEEP: '1' }),
  ];
  const root = () => {
    const { stdout } = spawnSync('curl', ['-s', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', '--cacert', file('pebble.crt'), `https://${management}/roots/0`], { encoding: 'utf8' });
    if (!stdout.includes('BEGIN CERTIFICATE')) throw new Error(`Pebble shows no root: ${stdout}`);
    return stdout;
  };
  root();
  return { caFile: file('pebble.crt'), root, stop: () => programs.forEach((program) => program.kill()) };
}

function run(program: string, argv: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(join(TOOLS, program), argv, { env: { ...process.env, ...env }, stdio: 'ignore' });
}
