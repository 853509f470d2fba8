import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
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
import { certificate, pairFiles } from '../helpers/certificate';
import { balancer } from '../helpers/haproxy';
import { haproxyLines, nginxDirectives, type Directive } from '../helpers/parsed';
import { hasProgram } from '../helpers/programs';

/**
 * Whatever passes the checks of synth passes those of the real programs, too, and says there what a harmless value would say, with one word in
 * the place of another: a value that ends its word, its line or its block would add some.
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

/** Text in which words, lines and blocks end and begin in all ways. */
const puzzles = fc.array(fc.constantFrom('evil', 'a', ...ENDS.filter((end) => end !== '\0'), '\t', '}\n', '\\n', '\\"', '${', "' ", '" '), {
  minLength: 1,
  maxLength: 8,
});

/** Undefined where it throws. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasProgram('nginx'))('Nginx', () => {
  const config = {
    hostName: 'web-1',
    listenAddress: '127.0.0.1',
    port: 18080,
    upstreams: [{ name: 'app-1', address: '127.0.0.1', port: 3000 }],
    trustedProxies: ['10.0.1.0/24'],
    maxBodyMegabytes: 11,
    readTimeoutSeconds: 41,
    logs: LOG_DEFAULTS,
  };
  function nginx(text: string, ...options: string[]) {
    const path = join(folder, 'nginx.conf');
    writeFileSync(path, text);
    return spawnSync('nginx', ['-q', '-e', 'stderr', '-c', path, ...options], { encoding: 'utf8', env: { PATH } });
  }
  const SIMPLE = 'events {}\nerror_log stderr;\n';
  /** As Nginx has read it. */
  function read(change: Partial<typeof config>): Directive[] {
    const text = renderNginxConfig({ ...config, ...change, publicFolder: join(folder, 'public') });
    const { status, stdout, stderr } = nginx(
      text
        .replaceAll('/run/nginx/', `${folder}/run/`)
        .replaceAll('/var/log/nginx/', `${folder}/log/`)
        .replace('user www-data;', isRoot ? 'user root;' : ''),
      '-T',
    );
    expect(status, stderr).toBe(0);
    // The name of the file, its text, and then those that it includes
    return nginxDirectives(stdout.split(/^# configuration file .*$/m)[1] ?? '');
  }
  const harmless = (count: number) => Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);
  /** The same with other words. */
  const replaced = (directives: readonly Directive[], words: Readonly<Record<string, string>>): Directive[] =>
    directives.map((directive) => ({
      words: directive.words.map((word) => words[word] ?? word),
      ...(directive.block && { block: replaced(directive.block, words) }),
    }));

  test('takes whatever ranges of trusted proxies synth takes, each as one word', () => {
    fc.assert(
      fc.property(
        sources.filter((list) => checkWeb({ trustedProxies: list }, AROUND).length === 0),
        (trustedProxies) => {
          const words = harmless(trustedProxies.length);
          expect(read({ trustedProxies })).toEqual(
            replaced(read({ trustedProxies: words }), Object.fromEntries(words.map((word, index) => [word, trustedProxies[index] ?? '']))),
          );
        },
      ),
      { ...RUNS, examples: [[['::ffff:10.0.0.1/128']], [['0.0.0.0/0', '::/0']]] },
    );
  });

  test('takes whatever numbers synth takes, each as one word', () => {
    const pairs = fc
      .record({
        maxBodyMegabytes: fc.oneof(numbers, fc.integer({ min: 1, max: 200_000 })),
        readTimeoutSeconds: fc.oneof(numbers, fc.integer({ min: 1, max: 4000 })),
      })
      .filter((given) => checkWeb(given, AROUND).length === 0);
    fc.assert(
      fc.property(pairs, (given) => {
        const words = { '11m': `${given.maxBodyMegabytes}m`, '41s': `${given.readTimeoutSeconds}s` };
        expect(read(given)).toEqual(replaced(read({}), words));
      }),
      RUNS,
    );
  });

  test.each(['11m; etag off; #', '11m; location /evil { return 200; } #'])(
    'would take %j where synth did not refuse it, which counts as another configuration',
    (value) => {
      const given = { maxBodyMegabytes: value as unknown as number };
      expect(checkWeb(given, AROUND)).not.toEqual([]);
      expect(read(given)).not.toEqual(replaced(read({}), { '11m': value }));
    },
  );

  test('divides text into directives as this test does', () => {
    fc.assert(
      fc.property(puzzles, (pieces) => {
        const text = pieces.join('');
        // Any name is known there, a block is not
        const around = (inside: string) => `${SIMPLE}http {\ntypes {\n${inside}\n}\n}\n`;
        const known = unlessRefused(() => nginxDirectives(around(text)));
        const [events, log, http, ...more] = known ?? [];
        const types = http?.block?.length === 1 ? http.block[0]?.block : undefined;
        const taken = events && log && more.length === 0 && types?.every(({ block }) => block === undefined);
        expect(nginx(around(text), '-t').status === 0, text).toBe(taken ?? false);
        // A name that is not known is told; it is read with its arguments first
        const { words: [name] = [] } = unlessRefused(() => nginxDirectives(`${text}\n;`))?.[0] ?? {};
        if (name !== undefined) expect(nginx(`${text}\n;`, '-t').stderr).toContain(`unknown directive "${name}"`);
      }),
      { numRuns: 40 },
    );
  });
});

describe.skipIf(!hasProgram('haproxy'))('HAProxy', () => {
  beforeAll(() => {
    const { certificate: chain, key } = certificate('test');
    writeFileSync(join(folder, 'site.pem'), chain + key);
    for (const [name, content] of Object.entries(pairFiles())) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'peer.lst'), '127.0.0.9\n');
    writeFileSync(join(folder, 'unavailable.http'), 'HTTP/1.0 503 Service Unavailable\r\n\r\n');
  });
  function haproxy(text: string) {
    const path = join(folder, 'haproxy.cfg');
    writeFileSync(path, text);
    return spawnSync('haproxy', ['-c', '-f', path], { encoding: 'utf8', env: { PATH } });
  }
  /** Its lines, after HAProxy has taken them. */
  function read(change: Partial<HaproxyConfig>): string[][] {
    const text = renderHaproxyConfig({
      privateAddress: '127.0.0.1',
      ports: PORTS.lb,
      upstreams: [{ name: 'web-1', address: '127.0.0.1', port: 80 }],
      files: folder,
      limits: resolveLimits({}, 2),
      logs: LOG_DEFAULTS,
      ...change,
    });
    const { status, stderr } = haproxy(isRoot ? text : text.replace(/^ {2}(user|group|chroot) .*$/gm, ''));
    expect(status, stderr).toBe(0);
    return haproxyLines(text, { HAPROXY_FILES: folder });
  }
  const harmless = (count: number) => Array.from({ length: count }, (_, index) => `a${index}.example.com`);
  const replaced = (lines: readonly (readonly string[])[], words: Readonly<Record<string, string>>) =>
    lines.map((line) => line.map((word) => words[word] ?? word));

  test('takes whatever names synth takes, each as one word', () => {
    fc.assert(
      fc.property(hosts, (hostNames) => {
        const words = harmless(hostNames.length);
        expect(read({ hostNames })).toEqual(
          replaced(read({ hostNames: words }), Object.fromEntries(words.map((word, index) => [word, hostNames[index] ?? '']))),
        );
      }),
      { numRuns: 12 },
    );
  });

  test.each(['a0.example.com evil.example.com', 'a0.example.com # ', 'a0.example.com\n  http-request silent-drop'])(
    'would take %j where synth did not refuse it, which counts as another configuration',
    (name) => {
      expect(domainProblem('domain', name)).toBeDefined();
      expect(read({ hostNames: [name] })).not.toEqual(replaced(read({ hostNames: harmless(1) }), { 'a0.example.com': name }));
    },
  );

  test('serves the names that synth takes and no others, as the running process tells', async () => {
    const hostNames = [...new Set(fc.sample(hosts, 8).flat())];
    const { folder: running } = await balancer([], { hostNames });
    const ask = (question: string) => command(join(running, 'admin.sock'), question);
    const written = readFileSync(join(running, 'haproxy.cfg'), 'utf8').split('\n');
    // "26 () acl 'req.hdr' file '...' line 104. ...", and of that list "0x55d0c2a8d0f0 www.example.com"
    const lists = [...(await ask('show acl')).matchAll(/^(\d+) .* line (\d+)\./gm)];
    const [ids, others] = [true, false].map((known) =>
      lists.filter(([, , line]) => written[Number(line) - 1]?.startsWith('  acl known_host ') === known).map(([, id]) => id ?? ''),
    ) as [string[], string[]];
    const entries = async (ids: readonly string[]) => {
      const names: string[] = [];
      for (const id of ids)
        names.push(...[...(await ask(`show acl #${id}`)).matchAll(/^0x[0-9a-f]+ (.*)$/gm)].map(([, name]) => name ?? ''));
      return names;
    };
    // For the redirect, and for the site
    expect((await entries(ids)).sort()).toEqual([...hostNames, ...hostNames].sort());
    expect(await entries(others)).not.toEqual(expect.arrayContaining([expect.stringMatching(/\.[a-z]{2,}$/)]));
  });

  test('takes whatever limits synth takes, and says no more than with the defaults', () => {
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
    const withoutNumbers = (lines: readonly (readonly string[])[]) => lines.map((line) => line.join('\n').replace(/\d+/g, 'N'));
    const usual = withoutNumbers(read({ hsts: { maxAgeSeconds: 300 } }));
    const take = ({ limits: given, hsts }: { limits: HaproxyLimits; hsts: Hsts }) => {
      // A limit of 0 leaves lines out
      const rest = [...usual];
      for (const line of withoutNumbers(read({ limits: resolveLimits(given, 2), hsts }))) {
        expect(rest, line).toContain(line);
        rest.splice(0, rest.indexOf(line) + 1);
      }
    };
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
    for (const queries of [true, false]) read({ logs: { ...LOG_DEFAULTS, clientAddresses, queries } });
  });

  test('divides lines into words as this test does', () => {
    fc.assert(
      fc.property(puzzles, (pieces) => {
        const line = pieces.join('').replaceAll('\n', '');
        // A keyword that is not known is told, and the first word too many
        for (const [before, said] of [
          ['', (word: string) => `unknown keyword '${word}' in 'global' section`],
          ['daemon ', (word: string) => `'daemon' cannot handle unexpected argument '${word}'`],
        ] as const) {
          const { stderr } = haproxy(`global\n  ${before}${line}\n`);
          const words = unlessRefused(() => haproxyLines(`${before}${line}`)[0] ?? []);
          const word = words?.[before ? 1 : 0];
          if (words === undefined) expect(stderr, line).toMatch(/unmatched quote|invalid hexadecimal|environment variable/);
          else if (word) expect(stderr, line).toContain(said(word));
          else expect(stderr, line).not.toMatch(/\[ALERT\].*(unknown|unexpected)/);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** What HAProxy answers on its socket. */
function command(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${question}\n`));
    socket
      .on('data', (data) => (answer += data.toString()))
      .on('close', () => resolve(answer))
      .on('error', reject);
  });
}

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
