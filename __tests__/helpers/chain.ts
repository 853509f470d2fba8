import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../lab/faults';
import { renderHaproxyConfig, type HaproxyConfig } from '../../lib/config/haproxy';
import { renderNginxConfig, WEB_HEALTH_PATH, type NginxConfig } from '../../lib/config/nginx';
import { renderUnavailablePage } from '../../lib/config/unavailable-page';
import type { Endpoint } from '../../lib/net/address-plan';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { certificate, pairFiles } from './certificate';
import { HAPROXY, haproxyOnLoopback, NGINX, nginxOnLoopback } from './loopback';
import { freePort } from './ports';
import { endSilentConnections, type Watcher } from './silent-peers';

export interface ChainOptions {
  /** Ports of the app servers on 127.0.0.1, or where else they listen. */
  readonly apps: readonly (number | { readonly address: string; readonly port: number })[];
  /** @default 2 */
  readonly webServers?: number;
  /** @default no limit for an address: tests have only one */
  readonly limits?: HaproxyLimits;
  /** The answer to `/file.txt`. @default 1 kB */
  readonly file?: string | Buffer;
  /** @default as the load balancers have it */
  readonly haproxy?: (config: HaproxyConfig) => string;
  /** @default as the web servers have it */
  readonly nginx?: (config: NginxConfig) => string;
}

/** For a busy machine. */
const START_MS = 20_000;
const NO_LIMITS: HaproxyLimits = { connectionsPerAddress: 0, requestsAtOncePerAddress: 0, streamsPerAddress: 0, requestsPerAddress: 0 };

/** HAProxy and its web servers on loopback, each the real program with the rendered file. They run until `stop`. */
export class Chain {
  readonly folder = mkdtempSync(join(tmpdir(), 'chain-'));
  readonly webs: WebServer[] = [];
  https = 0;
  haproxy!: ChildProcess;
  #apps: readonly Endpoint[] = [];
  readonly #watchers: Watcher[] = [];

  /** Serves when it returns. @throws if it does not within 20 s */
  static async start(options: ChainOptions): Promise<Chain> {
    const chain = new Chain();
    try {
      await chain.#start(options);
    } catch (error) {
      await chain.stop();
      throw error;
    }
    return chain;
  }

  async #start({
    apps,
    webServers = 2,
    limits,
    file,
    haproxy = renderHaproxyConfig,
    nginx = renderNginxConfig,
  }: ChainOptions): Promise<void> {
    chmodSync(this.folder, 0o755);
    const upstreams = (this.#apps = apps.map((app, index) => ({
      name: `app-${index + 1}`,
      ...(typeof app === 'number' ? { address: '127.0.0.1', port: app } : app),
    })));
    for (let number = 1; number <= webServers; number += 1) {
      const web = new WebServer(join(this.folder, `web-${number}`), await freePort());
      this.webs.push(web);
      await web.start(
        nginx({
          hostName: `web-${number}`,
          listenAddress: '127.0.0.1',
          port: web.port,
          trustedProxies: ['127.0.0.1/32'],
          upstreams,
          publicFolder: join(web.folder, 'public'),
          maxBodyMegabytes: 1,
          readTimeoutSeconds: 30,
          logs: LOG_DEFAULTS,
        }),
        file ?? Buffer.alloc(1_000, 'x'),
      );
    }
    const [http, https, metrics, pair] = [await freePort(), await freePort(), await freePort(), await freePort()];
    this.https = https;
    const { certificate: chain, key } = certificate('www.example.test');
    const rendered = haproxy({
      privateAddress: '127.0.0.1',
      ports: { http, https, metrics, pair },
      upstreams: this.webs.map(({ port }, index) => ({ name: `web-${index + 1}`, address: '127.0.0.1', port })),
      files: this.folder,
      limits: resolveLimits({ ...NO_LIMITS, ...limits }, webServers),
      logs: LOG_DEFAULTS,
    });
    const files = { 'site.pem': chain + key, 'unavailable.http': renderUnavailablePage(), 'peer.lst': '127.0.0.9\n', ...pairFiles() };
    for (const [name, content] of Object.entries({ ...files, 'haproxy.cfg': haproxyOnLoopback(rendered, this.folder) }))
      writeFileSync(join(this.folder, name), content);
    this.haproxy = spawn(HAPROXY, ['-W', '-f', join(this.folder, 'haproxy.cfg')], { stdio: 'ignore' });
    await until('the chain serves', async () => (await ask(this, '/file.txt')).status === 200, START_MS);
  }

  /** As silent-peers.service of a load balancer and of the web servers does. Wants root. */
  endsSilentConnections(): void {
    this.#watchers.push(
      endSilentConnections('repeatable', this.webs, WEB_HEALTH_PATH),
      endSilentConnections('all', this.#apps, '/healthz'),
    );
  }

  async stop(): Promise<void> {
    this.#watchers.forEach((watcher) => watcher.stop());
    if (this.haproxy?.exitCode === null) {
      this.haproxy.kill('SIGTERM');
      await once(this.haproxy, 'exit');
    }
    await Promise.all(this.webs.map((web) => web.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class WebServer {
  #process: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  /** With another nginx.conf, or with the one that it had. */
  async start(rendered?: string, file?: string | Buffer): Promise<void> {
    for (const name of ['run', 'log', 'public']) mkdirSync(join(this.folder, name), { recursive: true });
    if (file !== undefined) writeFileSync(join(this.folder, 'public/file.txt'), file);
    if (rendered !== undefined) writeFileSync(join(this.folder, 'nginx.conf'), nginxOnLoopback(rendered, this.folder));
    // A process group of its own, so that master and workers can be killed together, as systemd does
    this.#process = spawn(NGINX, ['-c', join(this.folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore', detached: true });
    await until('nginx serves', async () => (await fetch(`http://127.0.0.1:${this.port}/file.txt`)).ok, START_MS);
  }

  get pid(): number {
    if (!this.#process?.pid || this.#process.exitCode !== null) throw new Error('nginx does not run');
    return this.#process.pid;
  }

  /** To the master alone. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** To all of its processes. */
  signalAll(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async exited(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  async kill(): Promise<void> {
    if (!this.#process?.pid || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.signalAll('SIGKILL');
    await this.exited();
  }
}

export interface Asked {
  readonly status: number;
  readonly web: string | undefined;
}

/** @throws if no whole answer comes */
export function ask(
  { https }: Pick<Chain, 'https'>,
  path: string,
  { method = 'GET', agent }: { method?: string; agent?: Agent } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const message = request(
      { host: '127.0.0.1', port: https, path, method, agent: agent ?? false, rejectUnauthorized: false, timeout: 15_000 },
      (response) => {
        response.on('error', reject).resume();
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, web: response.headers['x-served-by-web'] as string | undefined }),
        );
      },
    );
    message.on('timeout', () => message.destroy(new Error('no answer for 15 s')));
    message.on('error', reject).end(method === 'GET' ? undefined : 'a note');
  });
}
