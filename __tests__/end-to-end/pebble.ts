import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab';
import { CLIENT_ADDRESS, RESOLVERS } from '../../lab/machines/topology';
import { certificateFor } from '../../lab/names/authority';

/** Name of Let's Encrypt, which leads to the client's side of the lab's Internet. */
const NAME = 'acme-v02.api.letsencrypt.org';
/** Let's Encrypt's own ACME server for tests, in its place but for the path. */
export const DIRECTORY_URL = `https://${NAME}/dir`;

export interface Pebble {
  /** PEM of the root of the certificates that it issues; another one after each start. */
  root(): string;
  stop(): void;
}

/** It looks names up as everybody does, and finds them where visitors do. */
export async function startPebble(lab: Lab): Promise<Pebble> {
  const folder = join(lab.paths.state, 'pebble');
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const { certificate, privateKey } = await certificateFor(lab.paths.authority, [NAME]);
  writeFileSync(file('pebble.crt'), certificate);
  writeFileSync(file('pebble.key'), privateKey, { mode: 0o600 });
  const pebble = {
    listenAddress: `${CLIENT_ADDRESS}:443`,
    managementListenAddress: `${CLIENT_ADDRESS}:15000`,
    certificate: file('pebble.crt'),
    privateKey: file('pebble.key'),
    httpPort: 80,
    tlsPort: 443,
  };
  writeFileSync(file('pebble.json'), JSON.stringify({ pebble }));
  const program = spawn('pebble', ['-config', file('pebble.json'), '-dnsserver', `${RESOLVERS[0]}:53`], {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
    stdio: 'ignore',
  });
  const root = () => {
    const { stdout } = spawnSync(
      'curl',
      ['-s', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', `https://${NAME}:15000/roots/0`],
      { encoding: 'utf8' },
    );
    if (!stdout.includes('BEGIN CERTIFICATE')) throw new Error(`Pebble shows no root: ${stdout}`);
    return stdout;
  };
  root();
  return { root, stop: () => void program.kill() };
}
