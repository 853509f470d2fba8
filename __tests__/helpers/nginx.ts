import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { renderNginxConfig } from '../../lib/config/nginx';
import { LOG_DEFAULTS, type LogSettings } from '../../lib/net/log-settings';
import { NGINX, nginxOnLoopback } from './loopback';
import { freePort } from './ports';

/** Only what comes from here is a load balancer's. */
export const LOAD_BALANCER = '127.0.0.2';

interface NginxOptions {
  readonly maxBodyMegabytes?: number;
  readonly readTimeoutSeconds?: number;
  readonly logs?: LogSettings;
}

/** The rendered nginx.conf, word for word but for its folders, run by the real Nginx. */
export async function nginx(
  apps: readonly { port: number }[],
  { maxBodyMegabytes = 1, readTimeoutSeconds = 1, logs }: NginxOptions = {},
): Promise<{ port: number; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['run', 'log', 'public/.git']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'public/index.html'), '<h1>home</h1>');
  writeFileSync(join(folder, 'public/.git/config'), 'private');
  const port = await freePort();
  const text = renderNginxConfig({
    hostName: 'web-1',
    listenAddress: '127.0.0.1',
    port,
    trustedProxies: [`${LOAD_BALANCER}/32`],
    upstreams: apps.map((each, index) => ({ name: `app-${index + 1}`, address: '127.0.0.1', port: each.port })),
    publicFolder: join(folder, 'public'),
    maxBodyMegabytes,
    readTimeoutSeconds,
    logs: { ...LOG_DEFAULTS, ...logs },
  });
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, nginxOnLoopback(text, folder));
  const checked = spawnSync(NGINX, ['-t', '-c', path], { encoding: 'utf8' });
  expect(checked.stderr).toContain('test is successful');
  const child = spawn(NGINX, ['-c', path, '-g', 'daemon off;'], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(undefined)));
  });
  for (
    let tries = 0;
    tries < 100 &&
    !(await fetch(`http://127.0.0.1:${port}/nginx-health`).then(
      ({ ok }) => ok,
      () => false,
    ));
    tries++
  )
    await sleep(50);
  return { port, folder };
}
