import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_ADDRESS } from '../../lab/machines/topology';

/** Let's Encrypt's own ACME server for tests, on the client's side of the lab's Internet. */
export const DIRECTORY_URL = `https://${CLIENT_ADDRESS}:14000/dir`;

export interface Pebble {
  /** PEM of the CA that the load balancers trust in to reach it. */
  readonly caFile: string;
  /** PEM of the root of the certificates that it issues; another one after each start. */
  root(): string;
  stop(): void;
}

/** These names lead to this address, for Pebble alone. */
export function startPebble(folder: string, names: readonly string[], address: string): Pebble {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('pebble.key')];
  const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...key, '-out', file('pebble.crt'), '-days', '2', '-subj', '/CN=pebble', '-addext', `subjectAltName=IP:${CLIENT_ADDRESS}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const management = `${CLIENT_ADDRESS}:15000`;
  const pebble = { listenAddress: `${CLIENT_ADDRESS}:14000`, managementListenAddress: management, certificate: file('pebble.crt'), privateKey: file('pebble.key'), httpPort: 80, tlsPort: 443 };
  writeFileSync(file('pebble.json'), JSON.stringify({ pebble }));
  writeFileSync(file('hosts'), `${address} ${names.join(' ')}\n`);
  const ownHosts = ['--mount', 'sh', '-c', 'mount --bind "$1" /etc/hosts && exec pebble -config "$2"', 'pebble', file('hosts'), file('pebble.json')];
  const program = spawn('unshare', ownHosts, { env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' }, stdio: 'ignore' });
  const root = () => {
    const { stdout } = spawnSync('curl', ['-s', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', '--cacert', file('pebble.crt'), `https://${management}/roots/0`], { encoding: 'utf8' });
    if (!stdout.includes('BEGIN CERTIFICATE')) throw new Error(`Pebble shows no root: ${stdout}`);
    return stdout;
  };
  root();
  return { caFile: file('pebble.crt'), root, stop: () => void program.kill() };
}
