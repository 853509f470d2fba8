/** HAProxy by itself on loopback, with the rendered haproxy.cfg and without web servers. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { renderHaproxyConfig } from '../../lib/config/haproxy';
import { renderUnavailablePage } from '../../lib/config/unavailable-page';
import { resolveLimits } from '../../lib/net/capacity';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { pairFiles, type Pair } from '../helpers/certificate';
import { HAPROXY, haproxyOnLoopback } from '../helpers/loopback';

export const HTTPS = 18_443;
const PORTS = { http: 18_080, https: HTTPS, metrics: 18_404, pair: 18_403 };

/** @param folder where its files go, its own and empty */
export function startBalancer(folder: string, site: Pair, { tickets = false } = {}): ChildProcess {
  chmodSync(folder, 0o755);
  const rendered = renderHaproxyConfig({
    privateAddress: '127.0.0.1',
    ports: PORTS,
    upstreams: [],
    files: folder,
    limits: resolveLimits({}, 1),
    logs: LOG_DEFAULTS,
    ...(tickets && { tickets: firstTicketKeys(join(folder, 'tickets')) }),
  });
  const files = {
    ...pairFiles(),
    'site.pem': site.certificate + site.key,
    'unavailable.http': renderUnavailablePage(),
    // Every client as the other load balancer, which HAProxy answers by itself and without limits
    'peer.lst': '127.0.0.0/16\n',
    'haproxy.cfg': haproxyOnLoopback(rendered, folder),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return spawn(HAPROXY, ['-W', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
}

function firstTicketKeys(folder: string): string {
  mkdirSync(folder);
  execFileSync(resolve('provisioning/load-balancer/first-ticket-keys'), [folder]);
  return folder;
}
