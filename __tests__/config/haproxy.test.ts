import { describe, expect, test } from 'vitest';
import { renderHaproxyConfig, type HaproxyConfig } from '../../lib/config/haproxy';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';

const config = ({ limits, ...change }: Partial<Omit<HaproxyConfig, 'limits'>> & { limits?: HaproxyLimits } = {}) =>
  renderHaproxyConfig({
    privateAddress: '10.0.1.11',
    ports: { http: 80, https: 443, metrics: 8404, pair: 8403 },
    upstreams: [
      { name: 'web-1', address: '10.0.2.11', port: 80 },
      { name: 'web-2', address: '10.0.2.12', port: 80 },
    ],
    files: '/etc/haproxy/platform',
    limits: resolveLimits(limits, 2),
    logs: LOG_DEFAULTS,
    ...change,
  });

/** Lines of one section, without indentation and comments. */
function section(text: string, name: string): string[] {
  const [, body = ''] = text.split(new RegExp(`^${name}$`, 'm'));
  const [own = ''] = body.split(/^\S/m);
  return own
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('ends TLS 1.2 and newer with forward secrecy, and offers h2', () => {
  const text = config();
  expect(section(text, 'global')).toContain('ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets');
  expect(section(text, 'global').find((line) => line.startsWith('ssl-default-bind-ciphers '))).not.toMatch(/(^|[ :])(?!ECDHE-)[A-Z]+-AES/);
  expect(section(text, 'frontend site')).toContain('bind :443 ssl crt "${HAPROXY_FILES}/site.pem" alpn h2,http/1.1');
});

test('encrypts session tickets with keys that the other load balancer has, and makes none without them', () => {
  const [without, tickets] = [config(), config({ tickets: '/run/ticket-keys' })];
  expect(section(tickets, 'frontend site')[0]).toContain(' tls-ticket-keys /run/ticket-keys/keys');
  expect(section(tickets, 'global')).toEqual(
    expect.arrayContaining(['ssl-default-bind-options ssl-min-ver TLSv1.2', 'tune.ssl.lifetime 3600']),
  );
  expect(without).not.toMatch(/ticket-keys|tune.ssl.lifetime/);
});

test('the other load balancer alone gets the keys of session tickets, and shows its certificate each time', () => {
  const pair = section(config({ tickets: '/run/ticket-keys' }), 'frontend pair');
  expect(pair[0]).toMatch(/^bind 10\.0\.1\.11:8403 ssl .* verify required .* no-tls-tickets$/);
  expect(pair.findIndex((line) => line.includes('if { ssl_fc_is_resumed }'))).toBeLessThan(
    pair.findIndex((line) => line.includes('shared.map')),
  );
});

const WEB_BACKENDS = ['backend web', 'backend web-unsafe', 'backend web-streams'];

test.each(WEB_BACKENDS)('%s repeats only requests that may be repeated', (backend) => {
  expect(section(config(), backend)).toContain('http-request disable-l7-retry if !{ method GET HEAD OPTIONS }');
});

test('only GET, HEAD and OPTIONS without a body share kept connections; everything else closes its own after one request', () => {
  expect(section(config(), 'frontend site').slice(-3)).toEqual([
    'use_backend web-streams if long_lived',
    'use_backend web-unsafe if !{ method GET HEAD OPTIONS } or { req.body_size gt 0 }',
    'default_backend web',
  ]);
  expect(WEB_BACKENDS.filter((backend) => section(config(), backend).includes('http-reuse always'))).toEqual(['backend web']);
  expect(WEB_BACKENDS.filter((backend) => section(config(), backend).includes('option http-server-close'))).toEqual(WEB_BACKENDS.slice(1));
});

test('a request under way is not closed when its server is marked down: a POST would be sent again by the browser, a GET by nobody', () => {
  const closing = WEB_BACKENDS.filter((backend) => section(config(), backend).join('\n').includes('on-marked-down shutdown-sessions'));
  expect(closing).toEqual(['backend web-streams']);
});

test('all that must not be sent again has a keep-alive timer, by which silent-peers leaves it alone, and nothing else has', () => {
  expect(WEB_BACKENDS.filter((backend) => section(config(), backend).includes('option srvtcpka'))).toEqual(WEB_BACKENDS.slice(1));
});

test('web servers are checked once, not once for each backend', () => {
  expect(section(config(), 'backend web-unsafe').slice(-2)).toEqual([
    'server web-1 10.0.2.11:80 track web/web-1 tcp-ut 5s',
    'server web-2 10.0.2.12:80 track web/web-2 tcp-ut 5s',
  ]);
  expect(WEB_BACKENDS.filter((backend) => section(config(), backend).join('\n').includes(' check '))).toEqual(['backend web']);
});

test('requests of an address count in one table, and a crowd by the requests of both backends', () => {
  const lines = section(config(), 'frontend site');
  expect(lines.filter((line) => line.includes('track-sc2'))).toEqual([
    'http-request track-sc2 src,ipmask(32,64) table web unless long_lived',
    'http-request track-sc2 src,ipmask(32,64) table web-streams if long_lived',
  ]);
  expect(lines.indexOf('http-request set-var(txn.unsafe) be_conn(web-unsafe)')).toBe(
    lines.findIndex((line) => line.includes('be_conn(web),add(txn.unsafe),sub(txn.crowded_from) gt 0')) - 3,
  );
});

test('names each web server, in the given order', () => {
  expect(section(config(), 'backend web').slice(-2)).toEqual([
    'server web-1 10.0.2.11:80 tcp-ut 600ms',
    'server web-2 10.0.2.12:80 tcp-ut 600ms',
  ]);
});

test('keeps health, metrics and statistics off the public side', () => {
  expect(section(config(), 'frontend inside')[0]).toBe('bind 10.0.1.11:8404');
  expect(section(config(), 'frontend pair')[0]).toMatch(/^bind 10\.0\.1\.11:8403 /);
  expect(config().match(/bind /g)).toHaveLength(4);
});

test('leaves room for health checks when clients take all of their connections', () => {
  const text = config({ limits: { connections: 5_000 } });
  expect(section(text, 'global')).toContain('maxconn 7220');
  expect(section(text, 'frontend site')).toContain('maxconn 5000');
});

test('limits connections, requests under way and requests in 10 s of one address, or not at all', () => {
  const limited = section(
    config({ limits: { connectionsPerAddress: 50, requestsAtOncePerAddress: 30, streamsPerAddress: 40, requestsPerAddress: 300 } }),
    'frontend site',
  );
  expect(limited).toEqual(
    expect.arrayContaining([
      'tcp-request connection reject if { sc0_conn_cur gt 50 }',
      'tcp-request connection reject if { sc0_conn_rate gt 300 }',
      'http-request deny deny_status 429 if { sc1_http_req_rate gt 300 }',
      'http-request deny deny_status 429 if !long_lived { sc2_conn_cur gt 30 }',
      'http-request deny deny_status 429 if long_lived { sc2_conn_cur gt 40 }',
    ]),
  );
  expect(
    config({ limits: { connectionsPerAddress: 0, requestsAtOncePerAddress: 0, streamsPerAddress: 0, requestsPerAddress: 0 } }),
  ).not.toMatch(/reject|deny_status 429|track-sc[01]/);
});

test('limits connections of one address on port 80, too', () => {
  expect(section(config(), 'frontend http')).toEqual(
    expect.arrayContaining([
      'tcp-request connection reject if { sc0_conn_cur gt 50 }',
      'tcp-request connection reject if { fe_conn gt 500 } { sc0_conn_cur gt 7 }',
    ]),
  );
  expect(section(config({ cloudflare: {} }), 'frontend http').join('\n')).not.toContain('tcp-request');
});

test('an IPv6 address counts as its /64, whether it comes by itself or through Cloudflare', () => {
  for (const text of [config(), config({ cloudflare: {} })]) {
    const tracked = text.match(/track-sc\d (\S+)/g)!;
    expect(tracked.length).toBeGreaterThanOrEqual(3);
    expect(tracked.filter((line) => !line.endsWith(' src,ipmask(32,64)'))).toEqual([]);
    expect(text.match(/stick-table type (?!ipv6 )\S+/g)).toBeNull();
  }
});

test('a web server sees a request only when its body is here, and the question whether there is room comes after that', () => {
  const lines = section(config(), 'frontend site');
  const waits = lines.indexOf('http-request wait-for-body time 10s unless long_lived');
  expect(waits).toBeGreaterThan(lines.findIndex((line) => line.includes('sc2_conn_cur gt 200')));
  expect(waits).toBeLessThan(lines.findIndex((line) => line.includes('be_conn(web)')));
});

test('the health of a load balancer is told to the other one alone', () => {
  const lines = section(config(), 'frontend site');
  for (const line of lines.filter((each) => each.includes('other_load_balancer_asks') && !each.startsWith('acl')))
    expect(line).toMatch(/ if other_load_balancer_asks from_other_load_balancer$/);
  expect(lines).toContain('acl from_other_load_balancer src -f "${HAPROXY_FILES}/peer.lst"');
  expect(section(config(), 'frontend http').join('\n')).not.toContain('load-balancer-health');
});

test('behind Cloudflare, visitors are told apart by what its proxies say', () => {
  const lines = section(config({ cloudflare: {}, limits: { requestsAtOncePerAddress: 50 } }), 'frontend site');
  expect(lines).toContain('http-request deny deny_status 429 if !long_lived { sc2_conn_cur gt 50 }');
  expect(lines.findIndex((line) => line.startsWith('http-request track-sc'))).toBeGreaterThan(
    lines.findIndex((line) => line.startsWith('http-request set-src')),
  );
  expect(lines.join('\n')).not.toMatch(/tcp-request|verify/);
});

test('asks for the certificate of origin pulls, and refuses requests without it if it is required', () => {
  const lines = (originPulls: 'optional' | 'required') => section(config({ cloudflare: { originPulls } }), 'frontend site');
  for (const way of ['optional', 'required'] as const)
    expect(lines(way)[0]).toMatch(/ca-file "\$\{HAPROXY_FILES\}\/origin-pulls-ca\.pem" verify optional$/);
  const denied = (line: string) => line.startsWith('http-request deny deny_status 403');
  expect(lines('optional').filter(denied)).toEqual([]);
  expect(lines('required').findIndex(denied)).toBeGreaterThan(lines('required').findIndex((line) => line.includes('return status 200')));
});

test('without Cloudflare, nothing that it would say is believed', () => {
  expect(config()).not.toMatch(/set-src|cloudflare/i);
  expect(config()).toContain('http-request del-header CF-Connecting-IP\n');
});

test('sends Strict-Transport-Security only when it is told to', () => {
  expect(config()).not.toContain('Strict-Transport-Security');
  expect(section(config({ hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true } }), 'frontend site')).toContain(
    'http-after-response set-header Strict-Transport-Security "max-age=31536000; includeSubDomains"',
  );
});

test('the same settings give the same bytes', () => {
  expect(config()).toBe(config());
});

describe('with an ACME client', () => {
  const acme = {
    responders: [
      { name: 'lb-1', address: '10.0.1.11', port: 8402 },
      { name: 'lb-2', address: '10.0.1.12', port: 8402 },
    ],
    sharePath: '/obtained.pem',
  };

  test('a challenge is answered by either load balancer, is not redirected, and may come by https', () => {
    expect(section(config({ acme }), 'frontend http')).toEqual(
      expect.arrayContaining([
        'http-request redirect scheme https code 301 if !{ path_beg /.well-known/acme-challenge/ }',
        'default_backend acme-challenge',
      ]),
    );
    expect(section(config({ acme }), 'frontend site').slice(-4)).toEqual([
      'use_backend acme-challenge if { path_beg /.well-known/acme-challenge/ }',
      'use_backend web-streams if long_lived',
      'use_backend web-unsafe if !{ method GET HEAD OPTIONS } or { req.body_size gt 0 }',
      'default_backend web',
    ]);
    expect(section(config({ acme }), 'backend acme-challenge').slice(-2)).toEqual([
      'server lb-1 10.0.1.11:8402',
      'server lb-2 10.0.1.12:8402',
    ]);
  });

  test('the certificate is shown on the private side, to who has a certificate of the pair', () => {
    expect(section(config({ acme }), 'frontend pair')[0]).toMatch(
      /^bind 10\.0\.1\.11:8403 ssl .* ca-file "\$\{HAPROXY_FILES\}\/pair-ca\.pem" verify required/,
    );
  });

  test('without one there is nothing of that', () => {
    expect(config()).not.toMatch(/acme|obtained/);
    expect(section(config(), 'frontend http')).toContain('http-request redirect scheme https code 301');
  });
});
