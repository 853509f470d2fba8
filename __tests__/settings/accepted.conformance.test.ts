import { Testing } from 'cdktf';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PlatformStack } from '../../lib/platform-stack';
import { checkEnvironment, type EnvironmentSettings } from '../../lib/settings';
import { certificate, pairFiles } from '../helpers/certificate';
import { hasProgram } from '../helpers/programs';

/** VRRP does not run on `lo`. */
const someInterface = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some(({ internal }) => !internal))?.[0];

/** Whatever synth takes, the real programs take: each draws an environment anew, and reads the files that its hosts would get. */
const isRoot = process.getuid?.() === 0;
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const folder = mkdtempSync(join(tmpdir(), 'accepted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const between = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
const maybe = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, { requiredKeys: [] });
const ranges = fc.constantFrom(['203.0.113.0/24'], ['0.0.0.0/0', '::/0'], ['2001:db8::/32', '198.51.100.7/32']);
const counts = fc.constantFrom(2, 3, 20);

const drawn = fc
  .record(
    {
      network: fc.constantFrom(
        { range: '192.168.0.0/16' },
        { subnets: { app: '10.0.200.0/27' } },
        { resolvers: ['192.0.2.1', '2001:db8::1'] },
      ),
      loadBalancers: maybe({
        sshSources: ranges,
        webSources: ranges,
        hsts: maybe({ includeSubdomains: fc.boolean() }).chain((rest) =>
          between(0, 3_153_600_000).map((maxAgeSeconds) => ({ ...rest, maxAgeSeconds })),
        ),
        limits: maybe({ connections: between(4_000, 100_000), requestsPerAddress: between(0, 1_000_000), floodAddresses: between(1, 60) }),
        holdSeconds: fc.constantFrom(1, 2.5, 60),
      }),
      web: maybe({
        serverCount: counts,
        trustedProxies: ranges,
        maxBodyMegabytes: between(1, 102_400),
        readTimeoutSeconds: between(1, 3_600),
      }),
      app: maybe({
        serverCount: counts,
        memoryMegabytes: between(256, 196_608),
        databaseConnections: between(2, 400),
        outboundRanges: fc.oneof(ranges, fc.constant(['any'])),
      }),
      mysql: maybe({
        memberCount: fc.constantFrom(3, 5),
        binaryLogDays: fc.constantFrom(0.01, 0.1, 90),
        slowSeconds: fc.constantFrom(0, 1e-7, 0.25, 31_536_000),
        slowLog: fc.boolean(),
        packagesRevision: fc.constantFrom('', '2026-11 "a"; b'),
      }),
      logs: maybe({
        clientAddresses: fc.constantFrom('full', 'shortened', 'none'),
        queries: fc.boolean(),
        oneSuccessIn: fc.integer({ min: 1, max: 1_000 }),
      }),
      updates: fc.constantFrom({ securityUpdates: true, rebootWindow: '23:00-04:00' }, { securityUpdates: false }),
    },
    { requiredKeys: [] },
  )
  .map((settings): EnvironmentSettings => ({
    domain: 'www.example.test',
    // The bundler is not what is tried here
    application: { entryPoint: 'app/config.ts', publicFolder: 'app/public', environment: { GREETING: `"a"; $b '#c' \\` } },
    pinHostKeys: false,
    // Nothing is written beside main.ts
    backend: { type: 'terraform-cloud', organization: 'organization', workspace: 'workspace' },
    ...settings,
  }))
  .filter((settings) => checkEnvironment(settings).length === 0);

/** Path on its host to text, of every file of the first host of each tier, and of what they share. */
type Files = ReadonlyMap<string, string>;

function filesOf(settings: EnvironmentSettings): Files {
  const out = Testing.fullSynth(new PlatformStack(Testing.app(), 'drawn', settings));
  const assets = join(out, 'stacks/drawn/assets');
  const files = readdirSync(assets, { recursive: true, encoding: 'utf8' });
  const host = /^((?:lb|web|app|mysql)_(?:lb|web|app|db)-1)_configure-files\w*\/[^/]+\/files(\/.*\.(?:cfg|conf|nft|cnf|timer))$/;
  const read = new Map(
    files.flatMap((name): [string, string][] => {
      const [, of = '', path = ''] = host.exec(name) ?? [];
      return path === '' ? [] : [[`${of.split('_')[1]}:${path}`, readFileSync(join(assets, name), 'utf8')]];
    }),
  );
  rmSync(out, { recursive: true });
  return read;
}

/** The text of this file on that host; it has to be there. */
function fileOf(files: Files, path: string): string {
  const text = files.get(path);
  expect(text, [...files.keys()].join('\n')).toBeDefined();
  return text ?? '';
}

function accepts(program: string, args: readonly string[], input?: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    input,
    env: { PATH, HAPROXY_FILES: join(folder, 'haproxy') },
  });
  expect(status, `${program}: ${stdout}${stderr}${input ?? ''}`).toBe(0);
}

function written(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const JUDGES: Readonly<Record<string, (files: Files) => void>> = {
  haproxy: (files) => {
    for (const path of ['lb-1:/etc/haproxy/haproxy.cfg', 'app-1:/etc/database-router/haproxy.cfg']) {
      const text = fileOf(files, path)
        .replace(/^ {2}(user|group|chroot) .*$/gm, '')
        .replaceAll('/run/ticket-keys/', `${folder}/tickets/`);
      accepts('haproxy', ['-c', '-q', '-f', written(`${basename(path)}-${path.split(':')[0]}`, text)]);
    }
  },
  nginx: (files) => {
    for (const name of ['run', 'log']) mkdirSync(join(folder, name), { recursive: true });
    const text = fileOf(files, 'web-1:/etc/nginx/nginx.conf')
      .replaceAll('/run/nginx/', `${folder}/run/`)
      .replaceAll('/var/log/nginx/', `${folder}/log/`)
      // The address is another host's
      .replace(/listen [\d.]+:80/, 'listen 127.0.0.1:18080')
      .replace('user www-data;', isRoot ? 'user root;' : '');
    accepts('nginx', ['-t', '-q', '-c', written('nginx.conf', text)]);
  },
  keepalived: (files) => {
    // A check that is not installed here would be refused for the sake of script security
    const text = fileOf(files, 'lb-1:/etc/keepalived/keepalived.conf')
      .replace('/run/keepalived-interface.conf', written('interface.conf', `$PRIVATE_INTERFACE=${someInterface}\n`))
      .replaceAll(/"\/usr\/local\/lib\/platform\/[^"]*"/g, '"/bin/true"');
    // Version 2.2 ends itself by a signal when it has nothing to say, so that its exit code is none
    const { stderr } = spawnSync('keepalived', ['--config-test', '--use-file', written('keepalived.conf', text)], {
      encoding: 'utf8',
      env: { PATH },
    });
    expect(stderr, text).toBe('');
  },
  nft: (files) => {
    for (const host of ['lb-1', 'web-1', 'app-1', 'db-1']) {
      // Users of the hosts are not on this machine
      const rules = fileOf(files, `${host}:/etc/platform/host-firewall.nft`)
        .replaceAll('$PEER_PUBLIC_ADDRESS', '192.0.2.1')
        .replaceAll(/meta skuid "[^"]+"/g, 'meta skuid 4242');
      accepts('unshare', ['--net', 'nft', '--check', '--file', '-'], rules);
    }
  },
  mysqld: (files) => {
    accepts('mysqld', [`--defaults-file=${written('my.cnf', fileOf(files, 'db-1:/etc/mysql/platform.cnf'))}`, '--validate-config']);
  },
  'systemd-analyze': (files) => {
    written('app.service.d/limits.conf', fileOf(files, 'app-1:/etc/systemd/system/app.service.d/limits.conf'));
    const unit = written('app.service', '[Service]\nExecStart=/bin/true\n');
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8', env: { PATH } });
    expect(stderr.split('\n').filter((line) => line.includes('app.service'))).toEqual([]);
  },
};

// Debian has no MySQL to install for this; provisioning/mysql.sh makes the same check on every member before it restarts
function isThere(program: string): boolean {
  if (program === 'mysqld') return existsSync('/usr/sbin/mysqld');
  if (program === 'nft') return hasProgram(program) && isRoot;
  return hasProgram(program) && (program !== 'keepalived' || (isRoot && someInterface !== undefined));
}

describe('an environment that passes the check', () => {
  let environments: Files[];
  beforeAll(() => {
    mkdirSync(join(folder, 'haproxy'));
    const { certificate: chain, key } = certificate('test');
    written('haproxy/site.pem', chain + key);
    written('haproxy/peer.lst', '127.0.0.9\n');
    written('haproxy/unavailable.http', 'HTTP/1.0 503 Service Unavailable\r\n\r\n');
    for (const [name, text] of Object.entries(pairFiles())) written(`haproxy/${name}`, text);
    written('tickets/keys', `${randomBytes(80).toString('base64')}\n`.repeat(3));
    written('tickets/shared.map', '');
    environments = fc.sample(drawn, 3).map(filesOf);
  });

  for (const [program, judge] of Object.entries(JUDGES)) {
    test.skipIf(!isThere(program))(`is accepted by ${program}`, () => environments.forEach(judge));
  }
});
