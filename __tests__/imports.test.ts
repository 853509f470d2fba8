import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Imports go one way: main -> platform-stack -> tiers -> (servers, config, net). A room may import from the rooms named
 * here, from its own, and nothing else; `type` after a room's name means types only.
 */
const ROOMS: readonly { room: string; files: RegExp; mayImport: readonly string[]; neverPackages?: RegExp }[] = [
  { room: 'main.ts', files: /^main\.ts$/, mayImport: ['lib/platform-stack', 'lib/settings'], neverPackages: /^node:/ },
  { room: 'lib/index', files: /^lib\/index\.ts$/, mayImport: ['lib', '.gen'], neverPackages: /./ },
  {
    room: 'lib/platform-stack',
    files: /^lib\/platform-stack\.ts$/,
    mayImport: [
      'lib/settings',
      'lib/edge',
      'lib/cloudflare',
      'lib/tiers',
      'lib/updates',
      'lib/servers',
      'lib/certificates',
      'lib/hetzner',
      'lib/net',
      '.gen',
    ],
    neverPackages: /^node:/,
  },
  {
    room: 'lib/edge',
    files: /^lib\/(edge\.ts$|cloudflare\/)/,
    mayImport: [
      'lib/cloudflare',
      'lib/servers',
      'lib/certificates',
      'lib/settings type',
      'lib/build/project-path',
      'lib/net',
      'lib/errors',
      '.gen',
    ],
  },
  {
    room: 'lib/tiers',
    files: /^lib\/tiers\//,
    mayImport: ['lib/servers', 'lib/settings', 'lib/build', 'lib/certificates type', 'lib/config', 'lib/net', 'lib/errors', '.gen'],
    neverPackages: /^node:fs/,
  },
  { room: 'lib/updates', files: /^lib\/updates\//, mayImport: ['lib/updates', 'lib/config', 'lib/net'], neverPackages: /^(cdktf|node:)/ },
  {
    room: 'lib/config',
    files: /^lib\/config\//,
    mayImport: ['lib/config', 'lib/net type'],
    neverPackages: /^(cdktf|constructs|node:|@cdktf)/,
  },
  {
    room: 'lib/servers',
    files: /^lib\/servers\//,
    mayImport: ['lib/servers', 'lib/settings', 'lib/build', 'lib/hetzner', 'lib/net', 'lib/errors', '.gen'],
  },
  {
    room: 'lib/settings',
    files: /^lib\/settings(\.ts$|\/)/,
    mayImport: [
      'lib/settings',
      'lib/updates/reboot-window',
      'lib/build/project-path',
      'lib/config type',
      'lib/hetzner',
      'lib/net',
      'lib/errors',
    ],
    neverPackages: /^cdktf$/,
  },
  { room: 'lib/certificates', files: /^lib\/certificates\//, mayImport: ['lib/certificates'] },
  { room: 'lib/build', files: /^lib\/build\//, mayImport: ['lib/build'], neverPackages: /^cdktf$/ },
  { room: 'lib/hetzner', files: /^lib\/hetzner\//, mayImport: ['lib/hetzner', 'lib/errors type'], neverPackages: /^(cdktf|node:)/ },
  { room: 'lib/net', files: /^lib\/(net\/|errors\.ts)/, mayImport: ['lib/net', 'lib/errors type'], neverPackages: /^cdktf$/ },
  { room: 'agents/common', files: /^agents\/common\//, mayImport: ['agents/common'], neverPackages: /^(?!node:)/ },
  ...['certificate', 'floating-ip', 'mysql-member', 'ticket-keys'].map((agent) => ({
    room: `agents/${agent}`,
    files: new RegExp(`^agents/${agent}/`),
    // Of lib/config it is the form of the file that is rendered there and read here
    mayImport: [`agents/${agent}`, 'agents/common', 'lib/config type'],
    neverPackages: /^(cdktf|constructs)$/,
  })),
  { room: 'app', files: /^app\//, mayImport: ['app'], neverPackages: /^cdktf$/ },
  {
    room: 'platform/doctor/checks',
    files: /^platform\/doctor\/(checks\/|examine\.ts|price\.ts|report\.ts)/,
    mayImport: [
      'platform/doctor/checks',
      'platform/doctor/facts',
      'platform/doctor/finding',
      'platform/doctor/examine',
      'platform/doctor/price',
      'platform/ssh-keys',
      'platform/environment/stack',
      'platform/environment type',
      'platform/hetzner type',
      'lib/hetzner/untried',
      'lib/net',
    ],
    neverPackages: /^(cdktf|node:(?!crypto))/,
  },
  {
    room: 'platform/capacity',
    files: /^platform\/capacity\//,
    mayImport: ['platform/capacity', 'platform/environment/stack type', 'lib/hetzner', 'lib/net'],
    neverPackages: /^(cdktf|node:)/,
  },
  {
    room: 'platform',
    files: /^platform\/(?!capacity\/|doctor\/(checks\/|examine\.ts|price\.ts|report\.ts))/,
    mayImport: ['platform', 'lib/hetzner', 'lib/net', 'lib/updates/security-updates'],
    neverPackages: /^(cdktf|constructs)$/,
  },
  { room: 'lab/api', files: /^lab\/api\//, mayImport: ['lab/api'] },
  { room: 'lab/checkers', files: /^lab\/checkers\//, mayImport: ['lab/checkers', 'lab/traffic type'] },
  { room: 'lab/faults', files: /^lab\/faults\//, mayImport: ['lab/faults', 'lab/traffic', 'lab/lab type'] },
  {
    room: 'lab/scenarios',
    files: /^lab\/scenarios\//,
    mayImport: ['lab/scenarios', 'lab/checkers', 'lab/faults', 'lab/report', 'lab/traffic', 'lab/lab', 'lab/api-times', 'lab/member-role'],
  },
  { room: 'lab/client', files: /^lab\/client\//, mayImport: ['lab/client', 'lab/machines', 'lab/names', 'lab/providers', 'lab/lab type'] },
  { room: 'lab', files: /^lab\/(?!(api|checkers|faults|scenarios|client)\/)/, mayImport: ['lab'] },
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = [
  'main.ts',
  ...['lib', 'agents', 'app', 'lab', 'platform'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  ),
].filter((name) => name.endsWith('.ts'));

function imports(file: string): Import[] {
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(type\s)?(?:(\{[^}]*\}|[^'";]*?)\s+from\s+)?'([^']+)'/gm);
  return [...statements].map(([, type, names = '', to = '']) => ({
    from: file,
    to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to,
    typeOnly:
      type !== undefined ||
      (/^\{/.test(names) &&
        names
          .slice(1, -1)
          .split(',')
          .filter((name) => name.trim() !== '')
          .every((name) => /^\s*type\s/.test(name))),
  }));
}

function isLocal({ to }: Import): boolean {
  return /^(lib|lab|agents|app|platform|__tests__|\.gen)(\/|$)/.test(to) || to === 'main';
}

function allowed({ to, typeOnly }: Import, mayImport: readonly string[]): boolean {
  return mayImport.some((rule) => {
    const [room = '', restriction] = rule.split(' ');
    return (to === room || to.startsWith(`${room}/`)) && (restriction !== 'type' || typeOnly);
  });
}

describe.each(ROOMS)('$room', ({ files: pattern, mayImport, neverPackages }) => {
  const found = files.filter((file) => pattern.test(file)).flatMap(imports);

  test('imports from the rooms below it only', () => {
    expect(found.filter((each) => isLocal(each) && !allowed(each, mayImport))).toEqual([]);
  });

  test('uses no package that does not belong there', () => {
    expect(found.filter((each) => !isLocal(each) && neverPackages?.test(each.to))).toEqual([]);
  });
});

test('a tier imports no other tier', () => {
  const tiers = files.filter((file) => /^lib\/tiers\/.*-(tier|pair)\.ts$/.test(file)).flatMap(imports);
  expect(tiers.filter(({ to }) => to.startsWith('lib/tiers/') && /-(tier|pair)$/.test(to))).toEqual([]);
});

test('tiers do not read the environment', () => {
  const reading = files.filter((file) => /^lib\//.test(file) && readFileSync(file, 'utf8').includes('process.env'));
  expect(reading).toEqual([]);
});

test('the product does not know that there is a lab', () => {
  const product = files.filter((file) => !file.startsWith('lab/')).flatMap(imports);
  expect(product.filter(({ to }) => to.startsWith('lab'))).toEqual([]);
});

test('every file is in a room', () => {
  expect(files.filter((file) => !ROOMS.some((room) => room.files.test(file)))).toEqual([]);
});
