import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderAppEnvironment, renderAppLimits } from '../../lib/config/app-service';
import { renderHaproxyConfig, type HaproxyConfig, type Hsts } from '../../lib/config/haproxy';
import { renderHostFirewall } from '../../lib/config/nftables';
import { renderNginxConfig } from '../../lib/config/nginx';
import { AddressPlan } from '../../lib/net/address-plan';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { domainProblem, sourceProblem } from '../../lib/net/checks';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { PORTS } from '../../lib/net/ports';
import { CONNECTIONS } from '../../lib/platform-stack';
import { checkLoadBalancers } from '../../lib/settings/load-balancers';
import { checkWeb } from '../../lib/settings/web';
import { certificate } from '../helpers/certificate';
import { hasProgram } from '../helpers/programs';

/**
 * Whatever passes the checks of synth passes those of the real programs, too, and says no more there than a harmless value would:
 * a value that ends its line or its block would add some.
 */
const RUNS = { numRuns: 25 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-values-'));
  for (const name of ['run', 'log', 'public']) mkdirSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;

/** What ends lines, words and blocks somewhere. */
const ENDS = [
  '\n',
  '\r\n',
  ';',
  '}',
  '{',
  '"',
  "'",
  '\\',
  ' ',
  '#',
  '$(x)',
  '%eth0',
  '\0',
  '\u2028',
  '/24',
  ',',
  '::',
  '10.0.0.0/8; } evil {',
];
const ADDRESSES = [
  '10.0.0.0',
  '0.0.0.0',
  '203.0.113.7',
  '2001:db8::',
  '::',
  'fe80::1',
  '::ffff:10.0.0.1',
  '1.2.3.4.5',
  '010.0.0.0',
  '2001:0db8:0:0:0:0:0:1',
];
const ranges = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...ADDRESSES),
      fc.constantFrom('/0', '/8', '/24', '/32', '/64', '/128', '/129', '/-1', '/ 8', '/8/8', '/024', ''),
      fc.constantFrom('', ...ENDS),
    )
    .map((parts) => parts.join('')),
  fc.tuple(fc.ipV4(), fc.constantFrom('/32', '/31')).map((parts) => parts.join('')),
  fc.tuple(fc.ipV6(), fc.constantFrom('/128', '/64', '/0')).map((parts) => parts.join('')),
  fc.string(),
);
const names = fc.oneof(
  fc.tuple(fc.domain(), fc.constantFrom('', ...ENDS)).map((parts) => parts.join('')),
  fc.string(),
);
const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, -1, 0, 1, 1e21, 2 ** 31, 2 ** 32, 0.5));

const AROUND = { locations: ['fsn1'], subnets: new AddressPlan().subnets } as const;

/** Only what the checks of synth accept. */
const accepted = <T>(values: fc.Arbitrary<T>, problem: (value: T) => unknown) => values.filter((value) => problem(value) === undefined);
const sources = fc.uniqueArray(
  accepted(ranges, (range) => sourceProblem('range', range)),
  { minLength: 1, maxLength: 4 },
);
const hosts = fc.uniqueArray(
  accepted(names, (name) => domainProblem('domain', name)),
  { minLength: 1, maxLength: 4 },
);

/** Openings of blocks, and how often a directive stands there, whatever its values are. */
const shapeOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim().split(/[\s;]/)[0])
    .join(' ');

describe.skipIf(!hasProgram('nginx'))('Nginx', () => {
  const config = {
    hostName: 'web-1',
    listenAddress: '127.0.0.1',
    port: 18080,
    upstreams: [{ name: 'app-1', address: '127.0.0.1', port: 3000 }],
    trustedProxies: ['10.0.1.0/24'],
    maxBodyMegabytes: 10,
    readTimeoutSeconds: 40,
    logs: LOG_DEFAULTS,
  };
  /** As Nginx has read it. */
  function read(change: Partial<typeof config>): string {
    const path = join(folder, 'nginx.conf');
    const text = renderNginxConfig({ ...config, ...change, publicFolder: join(folder, 'public') });
    writeFileSync(
      path,
      text
        .replaceAll('/run/nginx/', `${folder}/run/`)
        .replaceAll('/var/log/nginx/', `${folder}/log/`)
        .replace('user www-data;', isRoot ? 'user root;' : ''),
    );
    const { status, stdout, stderr } = spawnSync('nginx', ['-T', '-q', '-c', path], { encoding: 'utf8', env: { PATH } });
    expect(status, stderr).toBe(0);
    return shapeOf(stdout.split('# configuration file')[1] ?? '');
  }
  const harmless = (count: number) => Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);

  test('takes whatever ranges of trusted proxies synth takes', () => {
    const withoutWords = (shape: string) => shape.replace(/(?<= )[0-9a-fA-F:.]+\/\d+(?= )/g, 'RANGE');
    fc.assert(
      fc.property(
        sources.filter((list) => checkWeb({ trustedProxies: list }, AROUND).length === 0),
        (trustedProxies) => {
          expect(withoutWords(read({ trustedProxies }))).toBe(withoutWords(read({ trustedProxies: harmless(trustedProxies.length) })));
        },
      ),
      { ...RUNS, examples: [[['::ffff:10.0.0.1/128']], [['0.0.0.0/0', '::/0']]] },
    );
  });

  test('takes whatever numbers synth takes', () => {
    const pairs = fc
      .record({
        maxBodyMegabytes: fc.oneof(numbers, fc.integer({ min: 1, max: 200_000 })),
        readTimeoutSeconds: fc.oneof(numbers, fc.integer({ min: 1, max: 4000 })),
      })
      .filter((given) => checkWeb(given, AROUND).length === 0);
    fc.assert(
      fc.property(pairs, (given) => void expect(read(given)).toBe(read({}))),
      RUNS,
    );
  });
});

describe.skipIf(!hasProgram('haproxy'))('HAProxy', () => {
  beforeAll(() => {
    const { certificate: chain, key } = certificate('test');
    writeFileSync(join(folder, 'site.pem'), chain + key);
    writeFileSync(join(folder, 'peer.lst'), '127.0.0.9\n');
    writeFileSync(join(folder, 'unavailable.http'), 'HTTP/1.0 503 Service Unavailable\r\n\r\n');
  });
  function read(change: Partial<HaproxyConfig>): string {
    const path = join(folder, 'haproxy.cfg');
    const text = renderHaproxyConfig({
      privateAddress: '127.0.0.1',
      ports: PORTS.lb,
      upstreams: [{ name: 'web-1', address: '127.0.0.1', port: 80 }],
      files: folder,
      limits: resolveLimits({}, 2),
      logs: LOG_DEFAULTS,
      ...change,
    });
    writeFileSync(path, isRoot ? text : text.replace(/^ {2}(user|group|chroot) .*$/gm, ''));
    const { status, stderr } = spawnSync('haproxy', ['-c', '-f', path], { encoding: 'utf8', env: { PATH } });
    expect(status, stderr).toBe(0);
    return shapeOf(text);
  }

  test('takes whatever names synth takes, and asks for each once', () => {
    fc.assert(
      fc.property(
        hosts,
        (hostNames) => void expect(read({ hostNames })).toBe(read({ hostNames: hostNames.map((_, index) => `a${index}.example.com`) })),
      ),
      { numRuns: 12 },
    );
  });

  test('takes whatever limits synth takes', () => {
    const limits = fc.record(
      {
        connections: numbers,
        requestsPerServer: numbers,
        connectionsPerAddress: numbers,
        requestsPerAddress: numbers,
        floodAddresses: numbers,
      },
      { requiredKeys: [] },
    );
    const given = fc.record({ limits, hsts: fc.record({ maxAgeSeconds: numbers }) });
    const passes = (each: { limits: HaproxyLimits; hsts: Hsts }) =>
      checkLoadBalancers(each, { locations: ['fsn1'], webServers: 2 }).length === 0;
    const take = ({ limits: given, hsts }: { limits: HaproxyLimits; hsts: Hsts }) => void read({ limits: resolveLimits(given, 2), hsts });
    fc.assert(fc.property(given.filter(passes), take), { numRuns: 12 });
    for (const extreme of [
      { limits: { connections: 100_000, requestsPerServer: 2_666, requestsPerAddress: 1_000_000 }, hsts: { maxAgeSeconds: 3_153_600_000 } },
      {
        limits: {
          connections: 100,
          floodAddresses: 1,
          connectionsPerAddress: 0,
          requestsAtOncePerAddress: 0,
          streamsPerAddress: 0,
          requestsPerAddress: 0,
        },
        hsts: { maxAgeSeconds: 0 },
      },
    ]) {
      expect(passes(extreme)).toBe(true);
      take(extreme);
    }
  });

  test.each(['full', 'shortened', 'none'] as const)('takes every way to log addresses: %s', (clientAddresses) => {
    for (const queries of [true, false]) read({ logs: { clientAddresses, queries } });
  });
});

describe.skipIf(!isRoot || !hasProgram('nft') || !hasProgram('unshare'))('nftables', () => {
  /** Rules by chain, as the kernel has them. */
  function read(ranges: { operators: readonly string[]; internet: readonly string[]; outbound: readonly string[] }): number {
    const rules = renderHostFirewall({
      tier: 'lb',
      connections: CONNECTIONS,
      waysOut: [{ from: 'lb', user: 'root', to: ranges.outbound }],
      ports: PORTS,
      ...new AddressPlan(),
      operators: ranges.operators,
      internet: ranges.internet,
      resolvers: ['185.12.64.1'],
      proxied: false,
    });
    const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', 'nft --file - && nft list table inet host_firewall'], {
      input: rules.replace('$PEER_PUBLIC_ADDRESS', '192.0.2.1'),
      encoding: 'utf8',
      env: { PATH },
    });
    expect(status, `${stderr}${rules}`).toBe(0);
    return stdout.split('\n').filter((line) => /accept|drop/.test(line)).length;
  }
  const like = (list: readonly string[]) => {
    const of = (isFamily: (range: string) => boolean, range: string, all: string) =>
      list.some(isFamily) ? [list.some((each) => isFamily(each) && each.endsWith('/0')) ? all : range] : [];
    return [
      ...of((range) => !range.includes(':'), '10.1.0.0/24', '0.0.0.0/0'),
      ...of((range) => range.includes(':'), '2001:db8::/32', '::/0'),
    ];
  };

  test('takes whatever ranges synth takes, and makes no other rules of them', () => {
    fc.assert(
      fc.property(sources, sources, sources, (operators, internet, outbound) => {
        // Who is let in from anywhere needs no rule for the other load balancer
        const anywhere = internet.includes('0.0.0.0/0');
        expect(read({ operators, internet, outbound })).toBe(
          read({
            operators: like(operators),
            internet: anywhere ? ['0.0.0.0/0', ...like(internet).filter((range) => range.includes(':'))] : like(internet),
            outbound: like(outbound),
          }),
        );
      }),
      {
        ...RUNS,
        examples: [
          [
            ['10.0.0.0/8', '10.1.0.0/16'],
            ['10.0.0.0/8', '10.0.0.0/9'],
            ['2001:db8::/32', '2001:db8:1::/48'],
          ],
        ],
      },
    );
  });
});

describe.skipIf(!hasProgram('systemd-analyze'))('systemd', () => {
  /** What it says of a unit with this drop-in, for ranges and memory that synth takes. */
  function complaints(limits: string): string {
    const unit = join(folder, 'hostile.service');
    mkdirSync(`${unit}.d`, { recursive: true });
    writeFileSync(unit, '[Service]\nExecStart=/bin/true\n');
    writeFileSync(`${unit}.d/limits.conf`, limits);
    return spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8', env: { PATH } })
      .stderr.split('\n')
      .filter((line) => line.includes('hostile.service'))
      .join('\n');
  }

  test('takes whatever ranges synth takes for the application', () => {
    fc.assert(
      fc.property(sources, (allowedRanges) => void expect(complaints(renderAppLimits({ memoryMegabytes: 2048, allowedRanges }))).toBe('')),
      { ...RUNS, numRuns: 20 },
    );
    expect(complaints(renderAppLimits({ memoryMegabytes: 2048, allowedRanges: ['fe80::1%eth0/64'] })), 'it would have complained').not.toBe(
      '',
    );
  });

  test('and an environment file have a line for each variable, whatever is in it', () => {
    const values = fc.dictionary(
      fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
      fc.oneof(fc.string(), fc.constantFrom(...ENDS)).filter((value) => !/[\n\r\0]/.test(value)),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(values, (variables) => {
        const lines = renderAppEnvironment({ variables }).split('\n').slice(0, -1);
        expect(lines.map((line) => line.split('=')[0])).toEqual(Object.keys(variables));
      }),
      RUNS,
    );
  });
});
