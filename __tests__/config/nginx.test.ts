import { expect, test } from 'vitest';
import { renderNginxConfig, type NginxConfig } from '../../lib/config/nginx';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';

export const config: NginxConfig = {
  hostName: 'web-1',
  listenAddress: '10.0.2.11',
  port: 80,
  trustedProxies: ['10.0.1.0/24'],
  upstreams: [
    { name: 'app-1', address: '10.0.3.11', port: 3000 },
    { name: 'app-2', address: '10.0.3.12', port: 3000 },
  ],
  publicFolder: '/srv/www/current',
  maxBodyMegabytes: 10,
  readTimeoutSeconds: 40,
  logs: LOG_DEFAULTS,
};
const directives = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('#'));

test('listens on the private address only', () => {
  const listening = directives(renderNginxConfig(config)).filter((line) => line.startsWith('listen '));
  expect(listening).toEqual(['listen 10.0.2.11:80 default_server backlog=4096;']);
});

test('knows each app server twice: checked, and as a last resort that is never taken out', () => {
  const servers = directives(renderNginxConfig(config)).filter((line) => line.startsWith('server 10.'));
  expect(servers).toEqual([
    'server 10.0.3.11:3000 max_fails=2 fail_timeout=10s; # app-1',
    'server 10.0.3.12:3000 max_fails=2 fail_timeout=10s; # app-2',
    'server 10.0.3.11:3000 max_fails=0 backup;',
    'server 10.0.3.12:3000 max_fails=0 backup;',
  ]);
});

test('never repeats a request that is not idempotent', () => {
  const rules = directives(renderNginxConfig(config)).filter((line) => line.startsWith('proxy_next_upstream '));
  expect(rules).toEqual(['proxy_next_upstream error timeout http_502 http_503 http_504;']);
});

test('another limit or another app server changes nothing else', () => {
  const before = renderNginxConfig(config).split('\n');
  const after = renderNginxConfig({ ...config, maxBodyMegabytes: 50 }).split('\n');
  expect(after.filter((line) => !before.includes(line)).map((line) => line.trim())).toEqual(['client_max_body_size 50m;']);
});
