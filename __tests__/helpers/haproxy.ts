import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { certificate, pairFiles, type Pair } from './certificate';
import { freePort } from './ports';
import { PEER_HEALTH_PATH, renderHaproxyConfig, type HaproxyConfig } from '../../lib/config/haproxy';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { LOG_DEFAULTS, type LogSettings } from '../../lib/net/log-settings';
import { renderUnavailablePage } from '../../lib/config/unavailable-page';
import { HAPROXY, haproxyOnLoopback } from './loopback';

/** Its public address. */
export const OTHER_LOAD_BALANCER = '127.0.0.9';

export interface Balancer {
  readonly https: number;
  readonly http: number;
  /** For the other load balancer. */
  readonly pair: number;
  readonly folder: string;
  readonly process: ChildProcess;
  check(): { status: number | null; output: string };
}

export interface BalancerOptions {
  readonly limits?: HaproxyLimits;
  readonly cloudflare?: HaproxyConfig['cloudflare'];
  readonly hostNames?: readonly string[];
  readonly logs?: LogSettings;
  /** Ranges that count as Cloudflare's. */
  readonly proxies?: readonly string[];
  /** CA of the proxies' client certificate. */
  readonly authority?: string;
  readonly logTo?: string;
  readonly acme?: HaproxyConfig['acme'];
  readonly tickets?: HaproxyConfig['tickets'];
  /** @default one in a folder of its own */
  readonly folder?: string;
  /** Further files by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Gone with the test. */
export function haproxyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The rendered file, word for word but for its folders, run by the real HAProxy in master-worker mode. */
export async function balancer(webs: readonly { port: number }[], options: BalancerOptions = {}): Promise<Balancer> {
  const folder = options.folder ?? haproxyFolder();
  const [http, https, metrics, pair] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const rendered = renderHaproxyConfig({
    privateAddress: '127.0.0.1',
    ports: { http, https, metrics, pair },
    upstreams: webs.map(({ port }, index) => ({ name: `web-${index + 1}`, address: '127.0.0.1', port })),
    files: folder,
    hsts: { maxAgeSeconds: 300 },
    limits: resolveLimits({ connections: 500, ...options.limits }, Math.max(1, webs.length)),
    cloudflare: options.cloudflare,
    hostNames: options.hostNames,
    logs: { ...LOG_DEFAULTS, ...options.logs },
    acme: options.acme,
    tickets: options.tickets,
  });
  const text = haproxyOnLoopback(rendered, folder).replace('log /dev/log', `log ${options.logTo ?? '/dev/log'}`);
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, text);
  const { certificate: chain, key } = certificate('first');
  writeFileSync(join(folder, 'site.pem'), chain + key);
  writeFileSync(join(folder, 'unavailable.http'), renderUnavailablePage());
  writeFileSync(join(folder, 'peer.lst'), `${OTHER_LOAD_BALANCER}\n`);
  writeFileSync(join(folder, 'cloudflare.lst'), (options.proxies ?? []).map((range) => `${range}\n`).join(''));
  writeFileSync(join(folder, 'origin-pulls-ca.pem'), options.authority ?? '');
  for (const [name, content] of Object.entries({ ...pairFiles(), ...options.files })) writeFileSync(join(folder, name), content);
  const check = () => {
    const { status, stdout, stderr } = spawnSync(HAPROXY, ['-dW', '-c', '-f', file], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const process = spawn(HAPROXY, ['-W', '-f', file], { stdio: 'ignore' });
  onTestFinished(() => void process.kill('SIGTERM'));
  const balancer = { https, http, pair, folder, process, check };
  for (let tries = 0; ; tries += 1) {
    if (
      await get(balancer, PEER_HEALTH_PATH, { localAddress: OTHER_LOAD_BALANCER }).then(
        ({ status }) => status === 200,
        () => false,
      )
    )
      return balancer;
    if (tries > 100) throw new Error(`HAProxy did not start: ${check().output}`);
    await sleep(50);
  }
}

/** The answer to one command on the admin socket. */
export function command({ folder }: Balancer, line: string): Promise<string> {
  const socket = connect(join(folder, 'admin.sock'));
  socket.write(`${line}\n`);
  return textOf(socket);
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly commonName: string | undefined;
}

export function get(
  { https }: Pick<Balancer, 'https'>,
  path: string,
  options: { method?: string; headers?: Record<string, string>; agent?: Agent; localAddress?: string; client?: Pair } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { agent = new Agent({ keepAlive: false }), method = 'GET', headers = {}, localAddress, client } = options;
    const identity = client && { cert: client.certificate, key: client.key };
    const message = httpsRequest(
      { host: '127.0.0.1', port: https, path, method, headers, agent, localAddress, rejectUnauthorized: false, ...identity },
      (response) => {
        const commonName = (response.socket as TLSSocket).getPeerCertificate().subject?.CN;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
            commonName: Array.isArray(commonName) ? commonName[0] : commonName,
          }),
        );
      },
    );
    message.on('error', reject);
    message.end(method === 'POST' ? 'text' : undefined);
  });
}
