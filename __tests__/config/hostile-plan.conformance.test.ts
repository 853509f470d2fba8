import { execFileSync, spawnSync } from 'node:child_process';
import { escape } from 'mysql2';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statements } from '../../agents/mysql-member/accounts';
import type { AgentConfig } from '../../agents/mysql-member/config';
import { renderAppWatchdogAddress } from '../../lib/config/app-service';
import { renderCertificateAgentConfig, renderCertificateAgentNetwork } from '../../lib/config/certificate-agent';
import { renderDatabaseRouterConfig } from '../../lib/config/database-router';
import { renderFloatingIpAgentConfig } from '../../lib/config/floating-ip-agent';
import { renderKeepalivedConfig } from '../../lib/config/keepalived';
import { renderMyCnf } from '../../lib/config/my-cnf';
import { renderMySqlMemberAgentConfig } from '../../lib/config/mysql-member-agent';
import { renderNatGateway } from '../../lib/config/nat-gateway';
import { renderHostFirewall } from '../../lib/config/nftables';
import {
  renderSecurityUpdatesEnvironment,
  renderSecurityUpdatesNetwork,
  renderSecurityUpdatesSocket,
  renderSecurityUpdatesTimer,
} from '../../lib/config/security-updates';
import { renderSilentPeers } from '../../lib/config/silent-peers';
import { renderTicketAgentPeer } from '../../lib/config/ticket-agent';
import { AddressPlan, endpoint, TIERS } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { parseRebootWindow, turnOf, type RebootWindow } from '../../lib/updates/reboot-window';
import { CONNECTIONS, WAYS_OUT } from '../../lib/platform-stack';
import { checkEnvironment } from '../../lib/settings';
import { checkMySql, type MySqlSettings } from '../../lib/settings/mysql';
import { MEMBER, MY_CNF } from '../helpers/mysql-member';
import { hasProgram } from '../helpers/programs';

/**
 * As hostile-values: what the checks of synth accept for the network, its subnets, times and numbers of MySQL is read by the real programs, or
 * parsed, and says no more there than the defaults do.
 */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const RUNS = { numRuns: 15 };

const ENDS = ['', '\n', '\r', '\n}', ' ', ';', '"', '#', '\\', '$(x)', '%i', '\0', '/8', ',10.0.0.0/8', '}\ninclude /etc/shadow'];
const ranges = fc
  .tuple(
    fc.constantFrom('10.0.0.0', '10.255.248.0', '172.16.0.0', '192.168.0.0', '192.168.248.0', '010.0.0.0', '10.0.0.1', '::', '0x0a.0.0.0'),
    fc.constantFrom('/8', '/12', '/16', '/20', '/21', '/24', '/016', '/1e1', ''),
    fc.constantFrom(...ENDS),
  )
  .map((parts) => parts.join(''));
const subnet = fc
  .tuple(
    fc.constantFrom('10.0.', '192.168.', '172.16.'),
    fc.integer({ min: -1, max: 256 }),
    fc.constantFrom('.0/24', '.32/27', '.0/25', '.7/24'),
    fc.constantFrom(...ENDS),
  )
  .map((parts) => parts.join(''));
const networks = fc.record(
  {
    range: fc.oneof({ weight: 3, arbitrary: ranges }, fc.string()),
    subnets: fc.record(Object.fromEntries(TIERS.map((tier) => [tier, subnet])), { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const accepted = networks.filter(
  (network) =>
    checkEnvironment({ domain: 'a.example.test', application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' }, network })
      .length === 0,
);
/** What synth makes of it. */
const plans = accepted.map(({ range, subnets }) => new AddressPlan({ range, subnets }));
const DEFAULT = new AddressPlan();

/** Words that are no addresses, ranges or ports, of every line. */
const shapeOf = (text: string) => text.replace(/\b\d+(\.\d+){3}(\/\d+)?\b/g, 'ADDRESS');
/** Draws plans. The text rendered from each has the shape of that from the default, and the judge accepts it. */
function judged(render: (plan: AddressPlan) => string, judge: (text: string) => void, runs = RUNS.numRuns): void {
  fc.assert(
    fc.property(plans, (plan) => {
      const text = render(plan);
      expect(shapeOf(text)).toBe(shapeOf(render(DEFAULT)));
      judge(text);
    }),
    { numRuns: runs },
  );
}

function inFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** VRRP does not run on `lo`. */
const someInterface = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ internal, family }) => !internal && family === 'IPv4'),
)?.[0];

test.skipIf(!isRoot || !hasProgram('keepalived') || !someInterface)('keepalived takes whatever network synth takes', () => {
  const included = inFile('interface.conf', `$PRIVATE_INTERFACE=${someInterface}\n`);
  /** Version 2.2 ends itself by a signal when it has nothing to say, so that its exit code is none. */
  const complaints = (text: string) => {
    // A check that is not installed here would be refused for the sake of script security
    const path = inFile(
      'keepalived.conf',
      text.replace('/run/keepalived-interface.conf', included).replaceAll(/"\/usr\/local\/lib\/platform\/[^"]*"/g, '"/bin/true"'),
    );
    return spawnSync('keepalived', ['--config-test', '--use-file', path], { encoding: 'utf8', env: { PATH } }).stderr;
  };
  const render = (plan: AddressPlan) => {
    const [host, ...peers] = plan.hosts('lb', 2);
    return renderKeepalivedConfig({
      host: host!,
      peers,
      natGateway: plan.natGateway,
      haproxyHealthUrl: `http://${host!.address}:${PORTS.lb.metrics}/healthz`,
    });
  };
  judged(render, (text) => expect(complaints(text)).toBe(''));
  expect(complaints(render(DEFAULT).replace('10.0.1.12', '10.0.1.12 }\nevil {')), 'it would have complained').not.toBe('');
});

test.skipIf(!hasProgram('haproxy'))('the database router takes whatever network synth takes', () => {
  judged(
    (plan) =>
      renderDatabaseRouterConfig({
        members: plan.endpoints('mysql', 'sql', 3),
        memberHealthPort: PORTS.mysql.memberHealth,
        primaryPort: PORTS.app.databasePrimary,
        readersPort: PORTS.app.databaseReaders,
        metricsAddress: plan.host('app', 1).address,
        metricsPort: PORTS.app.metrics,
      }),
    (text) => {
      const { status, stderr } = spawnSync('haproxy', ['-c', '-f', inFile('router.cfg', text)], { encoding: 'utf8', env: { PATH } });
      expect(status, stderr).toBe(0);
    },
  );
});

test.skipIf(!isRoot || !hasProgram('nft') || !hasProgram('unshare'))(
  'nftables takes whatever network synth takes, for hosts and the NAT gateway',
  () => {
    const users = new Set(WAYS_OUT.map(({ user }) => user).filter((user) => typeof user === 'string'));
    const rules = (plan: AddressPlan) =>
      [
        renderNatGateway({ networkRange: plan.networkRange }),
        ...TIERS.map((tier) =>
          renderHostFirewall({
            tier,
            connections: CONNECTIONS,
            waysOut: WAYS_OUT,
            ports: PORTS,
            ...plan,
            operators: ['0.0.0.0/0'],
            internet: ['0.0.0.0/0'],
            resolvers: ['185.12.64.1'],
            proxied: false,
          }),
        ),
      ].join('');
    judged(rules, (text) => {
      // Users of hosts, and files of theirs, are not here
      const here = [...users].reduce((all, user) => all.replaceAll(`"${user}"`, '"root"'), text).replaceAll(/^include .*$/gm, '');
      const { status, stderr } = spawnSync('unshare', ['--net', 'nft', '--check', '--file', '-'], {
        input: here.replaceAll('$PEER_PUBLIC_ADDRESS', '192.0.2.1'),
        encoding: 'utf8',
        env: { PATH },
      });
      expect(status, stderr).toBe(0);
    });
  },
);

describe.skipIf(!hasProgram('systemd-analyze'))('systemd', () => {
  /** What it says of a unit with these drop-ins. */
  function complaints(dropIns: readonly string[], name = 'hostile-plan.service', unit = '[Service]\nExecStart=/bin/true\n'): string {
    const path = inFile(name, unit);
    mkdirSync(`${path}.d`, { recursive: true });
    dropIns.forEach((text, index) => writeFileSync(join(`${path}.d`, `${index}.conf`), text));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8', env: { PATH } });
    return stderr
      .split('\n')
      .filter((line) => line.includes('hostile-plan'))
      .join('\n');
  }
  const updatesOf = (plan: AddressPlan) => {
    const [host, ...peers] = plan.hosts('web', 3);
    return {
      host: host!,
      peers: peers.map((peer) => endpoint(peer, PORTS.web.updates)),
      port: PORTS.web.updates,
      healthUrls: [`http://${host!.address}:80/x`],
    };
  };

  test('takes the drop-ins of whatever network synth takes', () => {
    const SEPARATOR = '# next\n';
    judged(
      (plan) => {
        const [host, peer] = plan.hosts('lb', 2);
        return [
          renderCertificateAgentNetwork({ host: host!, peer: peer!, ports: PORTS.lb, networkRange: plan.networkRange }),
          renderAppWatchdogAddress({ host: plan.host('app', 1).address, port: PORTS.app.http }),
          renderSecurityUpdatesNetwork(updatesOf(plan)),
          renderTicketAgentPeer(peer!, PORTS.lb),
        ].join(SEPARATOR);
      },
      (text) => expect(complaints(text.split(SEPARATOR))).toBe(''),
      8,
    );
    expect(complaints(['[Service]\nIPAddressAllow=10.0.0.0/8;\n']), 'it would have complained').not.toBe('');
  });

  test('takes the socket of whatever network synth takes', () => {
    inFile('hostile-plan@.service', '[Service]\nExecStart=/bin/true\n');
    judged(
      (plan) => renderSecurityUpdatesSocket(updatesOf(plan)),
      (text) => expect(complaints([text], 'hostile-plan.socket', '[Socket]\nAccept=yes\n')).toBe(''),
      8,
    );
  });

  test('takes the turn of a host in whatever window synth takes', () => {
    const times = fc
      .tuple(fc.constantFrom('00:00', '23:59', '1:00', '24:00', '01:5', '10:07'), fc.constantFrom(...ENDS))
      .map((parts) => parts.join(''));
    const windows = fc.tuple(times, times).map((both) => both.join('-'));
    fc.assert(
      fc.property(
        windows.filter((text) => parseRebootWindow(text) !== undefined),
        fc.integer({ min: 1, max: 20 }),
        (text, ordinal) => {
          const timer = renderSecurityUpdatesTimer(turnOf({ tier: 'app', ordinal }, parseRebootWindow(text) as RebootWindow));
          expect(timer.replace(/\d\d:\d\d:00/, 'TIME')).toBe(renderSecurityUpdatesTimer('00:00').replace('00:00:00', 'TIME'));
          execFileSync('systemd-analyze', ['calendar', /^OnCalendar=(.*)$/m.exec(timer)?.[1] ?? ''], { env: { PATH }, stdio: 'ignore' });
        },
      ),
      RUNS,
    );
  });

  test('and bash read the same hosts from the file of updates as were put there', () => {
    judged(
      (plan) => renderSecurityUpdatesEnvironment(updatesOf(plan)),
      (text) => {
        const path = inFile('updates.env', text);
        const read = execFileSync('bash', ['-c', 'source "$1"; printf "%s|%s|%s" "$TIER" "$PEERS" "$HEALTH_URLS"', 'bash', path], {
          encoding: 'utf8',
        });
        expect(read).toMatch(/^web\|web-2:[\d.]+:9102 web-3:[\d.]+:9102\|http:\/\/[\d.]+:80\/x$/);
      },
      8,
    );
  });
});

test('silent-peers reads the servers of whatever network synth takes', () => {
  judged(
    (plan) => renderSilentPeers('all', plan.endpoints('app', 'http', 2), '/healthz'),
    (text) => {
      // It asks by curl: what stands there has to be an address, a port and a path
      expect(Object.keys(parseEnv(text)).sort()).toEqual(['WATCHED_CONNECTIONS', 'WATCHED_SERVERS']);
      expect(parseEnv(text)['WATCHED_SERVERS']).toMatch(/^([\d.]+:3000\/healthz,?){2}$/);
    },
  );
});

test('agents read from their files what was put there, whatever synth takes', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom(...ENDS));
  fc.assert(
    fc.property(plans, text, text, (plan, one, other) => {
      const [host, peer] = plan.hosts('lb', 2) as [ReturnType<AddressPlan['host']>, ReturnType<AddressPlan['host']>];
      const acme = { domains: [one], directoryUrl: other, email: one };
      expect(JSON.parse(renderCertificateAgentConfig({ host, peer, ports: PORTS.lb, ...acme }))).toMatchObject(acme);
      const config = { host, peer, natGateway: plan.natGateway, ports: PORTS.lb, peerHealthPath: one, holdSeconds: 5 };
      expect(JSON.parse(renderFloatingIpAgentConfig(config))).toMatchObject({ hostName: host.name, peerHealthPath: one });
      const member = memberConfig(plan, one, other);
      expect(JSON.parse(renderMySqlMemberAgentConfig(member))).toEqual(member);
    }),
    RUNS,
  );
});

function memberConfig(plan: AddressPlan, schema: string, applicationUser: string): AgentConfig {
  const members = plan.hosts('mysql', 3).map(({ name, address }) => ({ name, address }));
  return { ...MEMBER, ...members[0]!, members, accounts: { ...MEMBER.accounts, schema, applicationUser, migrationUser: 'm' } };
}

test('a password stays one in every statement that holds it, whatever is in it', () => {
  const withoutTexts = (lines: readonly string[]) => lines.map((line) => line.replace(/'(?:[^'\\]|\\.)*'/gs, "''"));
  const of = (password: string) =>
    statements(
      memberConfig(DEFAULT, 'app', 'app'),
      { admin: password, replication: password, application: password, migration: password },
      (text) => escape(text),
    );
  const usual = withoutTexts(of('usual')).map((line) => line.replace(/\s+/g, ' '));
  const HOSTILE = ["'", "\\'", "' OR 1; -- ", '\\', "\n'; DROP DATABASE app; '", '\u00bf\u0027', '\0'];
  // Each run takes a third of a second: revisions of accounts are costly by intent
  fc.assert(
    fc.property(fc.string(), (password) => void expect(withoutTexts(of(password))).toEqual(usual)),
    { numRuns: 12, examples: HOSTILE.map((password) => [password]) },
  );
});

describe('mysqld', () => {
  const MYSQLD = '/usr/sbin/mysqld';
  const numbers = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.constantFrom(0, 0.01, 1e-7, 90, 31_536_000, 1e21, NaN, -1, '1', '1\n[mysqld]', null),
  );
  const cnf = (given: { binaryLogDays?: unknown; slowSeconds?: unknown }, plan = DEFAULT) =>
    renderMyCnf({
      ...MY_CNF,
      address: plan.host('mysql', 1).address,
      ...(given as { binaryLogDays?: number; slowSeconds?: number }),
    });
  /** Options and groups; a value may be any number. */
  const read = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/= \d+(\.\d+)?$/, '= NUMBER').replace(/\d+(\.\d+){3}/, 'ADDRESS'));

  test('is given whatever numbers and networks synth takes, as numbers it can read, and nothing else', () => {
    const given = fc
      .record({ binaryLogDays: numbers, slowSeconds: numbers }, { requiredKeys: [] })
      .filter((each) => checkMySql(each as MySqlSettings, { locations: ['fsn1'], applicationConnections: 80 }).length === 0);
    fc.assert(
      fc.property(given, plans, (numbers, plan) => {
        const text = cnf(numbers, plan);
        expect(read(text)).toEqual(read(cnf({})));
        if (!hasMysqld()) return;
        const { status, stderr } = spawnSync(MYSQLD, [`--defaults-file=${inFile('my.cnf', text)}`, '--validate-config'], {
          encoding: 'utf8',
        });
        expect(status, stderr).toBe(0);
      }),
      { numRuns: 30, examples: [[{ slowSeconds: 1e-7 }, DEFAULT]] },
    );
  });
  // Debian has no MySQL to install for this
  const hasMysqld = () => spawnSync(MYSQLD, ['--version']).status === 0;
});

test('every renderer is given hostile values here or in hostile-values', () => {
  const tests = ['hostile-plan', 'hostile-values']
    .map((name) => readFileSync(`__tests__/config/${name}.conformance.test.ts`, 'utf8'))
    .join('');
  const renderers = readdirSync('lib/config').flatMap((file) =>
    [...readFileSync(join('lib/config', file), 'utf8').matchAll(/^export function (render\w+)\((?!\))/gm)].map(([, name = '']) => name),
  );
  expect(renderers.length).toBeGreaterThan(15);
  expect(renderers.filter((name) => !new RegExp(`\\b${name}\\(`).test(tests))).toEqual([]);
});
