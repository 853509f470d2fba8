import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Problem } from '../lib/errors';
import { checkEnvironment, resolve, type EnvironmentSettings } from '../lib/settings';

const valid: EnvironmentSettings = { domain: 'www.example.test', application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' } };

function problems(settings: Partial<EnvironmentSettings>, now?: Date): readonly Problem[] {
  return checkEnvironment({ ...valid, ...settings }, now);
}

function codes(settings: Partial<EnvironmentSettings>): string[] {
  return problems(settings).map((problem) => `${problem.prop}: ${problem.code}`);
}

test('the defaults are fine', () => {
  expect(problems({})).toEqual([]);
});

test('shows everything that is wrong in one error', () => {
  const settings = { ...valid, domain: 'WWW.example.test', image: 'debian-12', mysql: { memberCount: 2 } };
  expect(() => resolve('production', settings)).toThrow(
    [
      'production: image is "debian-12", want one of debian-13, ubuntu-26.04, or the number of a snapshot made of one; it has Node 18 and the agents need 20; use debian-13 [image]',
      'production: domain is "WWW.example.test", want a name such as www.example.com; did you mean www.example.test? [domain]',
      'production: mysql.memberCount is 2, want 3, 5, 7 or 9; add a member, two cannot outvote a failure [member-count]',
    ].join('\n'),
  );
});

test('refuses limits of load balancers by which one address could shut others out, for as many web servers as there are', () => {
  expect(codes({ loadBalancers: { limits: { connectionsPerAddress: 6_000 } } })).toEqual([
    'loadBalancers.limits.connectionsPerAddress: limit-one-address',
  ]);
  const limits = { requestsPerServer: 2_600 };
  expect(codes({ loadBalancers: { limits } })).toEqual([]);
  expect(codes({ loadBalancers: { limits }, web: { serverCount: 3 } })).toEqual([
    'loadBalancers.limits.requestsPerServer and streamsPerServer: limit-servers',
  ]);
});

test.each([[[]], [['1', '1']], [['CA 2']]])('refuses %j as internal CAs', (internalAuthorities) => {
  expect(codes({ internalAuthorities })).toEqual(['internalAuthorities: internal-authorities']);
});

describe('Cloudflare', () => {
  const cloudflare = { zone: 'example.test' };
  const origin = { mode: 'cloudflare-origin' } as const;

  test('takes names of its zone', () => {
    expect(codes({ additionalDomains: ['example.test', 'a.b.example.test'], cloudflare, certificate: origin })).toEqual([]);
  });

  test('refuses names outside its zone, and says which', () => {
    expect(codes({ additionalDomains: ['www.badexample.test', 'example.com'], cloudflare })).toEqual([
      'additionalDomains[0]: domain-outside-zone',
      'additionalDomains[1]: domain-outside-zone',
    ]);
    expect(codes({ cloudflare: { zone: 'https://example.test' } })).toEqual(['cloudflare.zone: domain']);
  });

  test('signs for names that are proxied, since browsers do not trust its certificate', () => {
    expect(codes({ certificate: origin })).toEqual(['certificate.mode: origin-certificate-proxied']);
    expect(codes({ certificate: origin, cloudflare: { ...cloudflare, proxied: false } })).toEqual([
      'certificate.mode: origin-certificate-proxied',
    ]);
  });

  test('shows its certificate to load balancers that it stands in front of: the compiler knows', () => {
    // @ts-expect-error nobody would show it
    const wrong: EnvironmentSettings['cloudflare'] = { zone: 'example.test', proxied: false, originPulls: { mode: 'generated' } };
    expect(wrong).toBeDefined();
  });

  test.each([
    [{ validityDays: 100 }, 'certificate.validityDays: origin-validity'],
    [{ validityDays: 90, renewBeforeDays: 90 }, 'certificate.renewBeforeDays: renew-before'],
    [{ renewBeforeDays: 0 }, 'certificate.renewBeforeDays: renew-before'],
  ])('refuses a certificate with %j', (days, problem) => {
    expect(codes({ cloudflare, certificate: { ...origin, ...days } as EnvironmentSettings['certificate'] })).toEqual([problem]);
  });

  test('needs the CA of a certificate that was uploaded', () => {
    expect(codes({ cloudflare: { ...cloudflare, originPulls: { mode: 'uploaded', authorityFile: 'nowhere.pem' } } })).toEqual([
      'cloudflare.originPulls.authorityFile: file-missing',
    ]);
    expect(codes({ cloudflare: { ...cloudflare, originPulls: { mode: 'uploaded', authorityFile: 'package.json' } } })).toEqual([
      'cloudflare.originPulls.authorityFile: pem',
    ]);
  });
});

describe('counts', () => {
  test.each([0, 21, 1.5, -1])('refuses %d web servers', (serverCount) => {
    expect(codes({ web: { serverCount } })).toEqual(['web.serverCount: server-count']);
  });

  test('takes one server only from somebody who said so', () => {
    expect(codes({ app: { serverCount: 1 } })).toEqual(['app.serverCount: single-point-of-failure']);
    expect(codes({ app: { serverCount: 1 }, allowSinglePointOfFailure: true })).toEqual([]);
  });

  test.each([1, 2, 4, 6, 8, 11])('refuses %d members', (memberCount) => {
    expect(codes({ mysql: { memberCount } })).toEqual(['mysql.memberCount: member-count']);
  });

  test.each([3, 5, 7, 9])('takes %d members', (memberCount) => {
    expect(codes({ mysql: { memberCount } })).toEqual([]);
  });
});

describe('connections to MySQL', () => {
  test('of all app servers together fit, whatever their number', () => {
    expect(codes({ app: { serverCount: 20, databaseConnections: 400 } })).toEqual([]);
    expect(codes({ app: { serverCount: 9 }, mysql: { maxConnections: 400 } })).toEqual([]);
  });

  test('that do not fit into a number of your own are refused with one that does', () => {
    expect(problems({ app: { serverCount: 10 }, mysql: { maxConnections: 400 } })).toEqual([
      {
        code: 'max-connections',
        prop: 'mysql.maxConnections',
        got: 400,
        want: 'a whole number from 440 to 10000',
        fix: 'the app servers may open 400, and 40 are for members, agents and people; leave it out for 440',
      },
    ]);
    expect(codes({ mysql: { maxConnections: 10_001 } })).toEqual(['mysql.maxConnections: max-connections']);
  });

  test.each([0, 1, 2.5, 401])('are not %d on an app server', (databaseConnections) => {
    expect(codes({ app: { databaseConnections } })).toEqual(['app.databaseConnections: database-connections']);
  });
});

describe('locations', () => {
  test('may be several of one network zone', () => {
    expect(codes({ locations: ['fsn1', 'nbg1', 'hel1'] })).toEqual([]);
  });

  test('of two zones are refused, because neither a network nor a floating IP spans two', () => {
    expect(problems({ locations: ['fsn1', 'ash'] })).toMatchObject([
      { code: 'network-zone', fix: expect.stringContaining('with fsn1 go fsn1, nbg1, hel1') },
    ]);
  });

  test('that do not exist are refused', () => {
    expect(codes({ locations: ['fsn2' as 'fsn1'] })).toEqual(['locations[0]: location']);
    expect(codes({ locations: [] })).toEqual(['locations: location']);
  });
});

describe('server types and images', () => {
  test('a retired type is answered with its successor', () => {
    expect(problems({ web: { serverType: 'cx22' } })).toMatchObject([
      { prop: 'web.serverType', code: 'server-type-retired', fix: 'use cx23' },
    ]);
  });

  test.each([
    ['ash', 'cx23', 'server-type-location', 'use cpx21'],
    ['ash', 'cax21', 'server-type-location', 'use cpx21'],
    ['hil', 'cpx22', 'server-type-location', 'use cpx21'],
    ['hil', 'cx22', 'server-type-location', 'use cpx21'],
    ['sin', 'cx33', 'server-type-location', 'use cpx32'],
    ['sin', 'cpx21', 'server-type-retired', 'use cpx22'],
    ['nbg1', 'cpx11', 'server-type-retired', 'use cpx12'],
  ] as const)('in %s the type %s is refused, with the nearest that is sold there', (location, serverType, code, fix) => {
    expect(problems({ locations: [location], web: { serverType } }).filter(({ prop }) => prop === 'web.serverType')).toMatchObject([
      { code, fix },
    ]);
  });

  test.each([
    ['ash', 'cpx11'],
    ['hil', 'ccx13'],
    ['sin', 'cpx12'],
    ['hel1', 'cpx12'],
  ] as const)('in %s the type %s can be had', (location, serverType) => {
    expect(codes({ locations: [location], web: { serverType } }).filter((code) => code.startsWith('web'))).toEqual([]);
  });

  test('the defaults are refused where Hetzner does not sell them', () => {
    expect(codes({ locations: ['ash'] })).toEqual(
      ['loadBalancers', 'web', 'app', 'mysql'].map((tier) => `${tier}.serverType: server-type-location`),
    );
  });

  test('an unknown type is refused', () => {
    expect(codes({ loadBalancers: { serverType: 'm5.large' } })).toEqual(['loadBalancers.serverType: server-type']);
  });

  test('architectures mix with an image that has a name, but not with a snapshot', () => {
    expect(codes({ app: { serverType: 'cax11' } })).toEqual([]);
    expect(codes({ mysql: { serverType: 'cax11' } })).toEqual(['mysql.serverType: mysql-architecture']);
    expect(codes({ app: { serverType: 'cax11' }, image: '12345' })).toEqual(['image: image-architecture']);
    expect(codes({ image: '12345' })).toEqual([]);
  });

  test('an image without the packages is refused, saying what it lacks', () => {
    expect(problems({ image: 'ubuntu-24.04' })).toMatchObject([
      { code: 'image', fix: 'it has Node 18 and the agents need 20; use debian-13' },
    ]);
  });
});

describe('the network', () => {
  test.each([
    ['10.0.0.0', 'cidr'],
    ['10.0.0.5/16', 'cidr'],
    ['11.0.0.0/16', 'network-not-private'],
    ['172.31.0.0/16', 'network-reserved'],
    ['10.0.0.0/22', 'network-too-small'],
  ])('refuses the range %s: %s', (range, code) => {
    expect(codes({ network: { range } })).toEqual([`network.range: ${code}`]);
  });

  test.each([[['192.0.2.53']], [['192.0.2.53', '2001:db8::53', '198.51.100.53']]])('may have the resolvers %j', (resolvers) => {
    expect(codes({ network: { resolvers } })).toEqual([]);
  });

  test.each([
    ['none', []],
    ['four', ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']],
    ['one twice', ['192.0.2.53', '192.0.2.53']],
    ['a name', ['192.0.2.53', 'dns.example.test']],
    ['a range', ['192.0.2.53/32']],
    ['IPv6 alone', ['2001:db8::53']],
    ['one in the private network', ['192.0.2.53', '10.0.1.53']],
  ])('refuses resolvers that are %s, in one sentence', (_, resolvers) => {
    expect(problems({ network: { resolvers } })).toEqual([
      {
        code: 'resolvers',
        prop: 'network.resolvers',
        got: resolvers,
        want: 'one to three addresses outside of the private network, each once, and one of IPv4 among them',
        fix: "hosts without a public address have no IPv6; leave it out for 185.12.64.1 and 185.12.64.2, which are Hetzner's",
      },
    ]);
  });

  test('may be small when all subnets are given', () => {
    const subnets = { lb: '10.0.0.0/26', web: '10.0.0.64/26', app: '10.0.0.128/26', mysql: '10.0.0.192/26' };
    expect(codes({ network: { range: '10.0.0.0/24', subnets } })).toEqual([]);
  });

  test('subnets must be ranges inside it, large enough, and not overlap', () => {
    expect(codes({ network: { subnets: { web: '10.0.1.128/25', app: '10.1.0.0/24', mysql: '10.0.9.0/28' } } })).toEqual([
      'network.subnets.mysql: subnet-too-small',
      'network.subnets.web: subnet-overlap',
      'network.subnets.app: subnet-outside',
    ]);
    expect(codes({ network: { subnets: { web: '10.0.2.1/24' } } })).toEqual(['network.subnets.web: cidr']);
  });
});

test('sources need a mask, and at least one range', () => {
  expect(problems({ loadBalancers: { sshSources: ['203.0.113.5'], webSources: [] } })).toMatchObject([
    { prop: 'loadBalancers.sshSources[0]', code: 'cidr', fix: 'did you mean 203.0.113.5/32?' },
    { prop: 'loadBalancers.webSources', code: 'no-sources' },
  ]);
});

test.each([9, 10241, 10.5])('refuses a volume of %d GB', (volumeGb) => {
  expect(codes({ mysql: { volumeGb } })).toEqual(['mysql.volumeGb: volume-size']);
});

test.each(['-a', 'Shop-', 'a'.repeat(41)])('refuses the name prefix %s, which becomes part of host names', (namePrefix) => {
  expect(codes({ namePrefix })).toEqual(['namePrefix: name-prefix']);
});

describe('who logs in', () => {
  test.each(['root', 'deploy', 'ops-2', 'a_b'])('may be %s', (sshUser) => {
    expect(codes({ sshUser })).toEqual([]);
  });

  test.each(['', 'Deploy', '2ops', '_apt', 'de ploy', "a'b", 'systemd-network', 'www-data', 'sudo', 'd'.repeat(32)])(
    'may not be %j',
    (sshUser) => {
      expect(codes({ sshUser })).toEqual(['sshUser: ssh-user']);
    },
  );

  test.each([14, 3601, 20.5, Number.NaN])('has no chance within %s s', (sshTimeoutSeconds) => {
    expect(codes({ sshTimeoutSeconds })).toEqual(['sshTimeoutSeconds: ssh-timeout']);
  });

  test('may be no user of a unit, which would have all rights then', () => {
    const units = readdirSync('provisioning/units').filter((name) => name.endsWith('.service'));
    const users = units.flatMap((name) => {
      const text = readFileSync(join('provisioning/units', name), 'utf8');
      return [...text.matchAll(/^User=(.+)$/gm)]
        .map((match) => match[1] ?? '')
        .concat(/^DynamicUser=yes$/m.test(text) ? [name.replace(/@?\.service$/, '')] : []);
    });
    expect(users).toEqual(expect.arrayContaining(['app', 'floating-ip']));
    expect(users.filter((sshUser) => codes({ sshUser }).length === 0)).toEqual([]);
  });
});

test('the application has to be there', () => {
  expect(codes({ application: { entryPoint: 'nowhere.ts', publicFolder: 'app/server.ts' } })).toEqual([
    'application.entryPoint: file-missing',
    'application.publicFolder: file-missing',
  ]);
});

describe('an own certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function pair(name: string, domain: string): { mode: 'files'; certificateFile: string; privateKeyFile: string } {
    const [certificateFile, privateKeyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`, '-days', '30'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', privateKeyFile];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certificateFile, ...subject], { stdio: 'ignore' });
    return { mode: 'files', certificateFile, privateKeyFile };
  }
  const good = pair('good', 'www.example.test');
  const other = pair('other', 'www.example.org');

  test('is taken when key and names fit', () => {
    expect(codes({ certificate: good })).toEqual([]);
  });

  test('is refused with the key of another', () => {
    expect(codes({ certificate: { ...good, privateKeyFile: other.privateKeyFile } })).toEqual([
      'certificate.privateKeyFile: certificate-key',
    ]);
  });

  test('is refused for another name', () => {
    expect(problems({ certificate: other })).toMatchObject([{ code: 'certificate-names', want: 'a certificate for www.example.test' }]);
    expect(codes({ certificate: good, additionalDomains: ['example.test'] })).toEqual(['certificate.certificateFile: certificate-names']);
  });

  test('is refused after its last day', () => {
    const nextYear = new Date(Date.now() + 365 * 86_400_000);
    expect(problems({ certificate: good }, nextYear).map((problem) => problem.code)).toEqual(['certificate-expired']);
  });

  test('is refused when a file is missing or is no PEM', () => {
    expect(codes({ certificate: { ...good, certificateFile: 'nowhere.pem', privateKeyFile: 'package.json' } })).toEqual([
      'certificate.certificateFile: file-missing',
      'certificate.privateKeyFile: pem',
    ]);
  });
});

describe('a certificate of an ACME server', () => {
  const acme = (change: object = {}, settings: Partial<EnvironmentSettings> = {}) =>
    codes({ ...settings, certificate: { mode: 'acme', ...change } });

  test('needs no further settings', () => {
    expect(acme()).toEqual([]);
    expect(acme({ email: 'ops@example.com', directoryUrl: 'https://acme-staging-v02.api.letsencrypt.org/directory' })).toEqual([]);
  });

  test.each(['http://ca.internal/acme/directory', 'https://ca.internal', 'ca.internal/directory'])(
    'refuses %s as directory',
    (directoryUrl) => {
      expect(acme({ directoryUrl })).toEqual(['certificate.directoryUrl: acme-directory']);
    },
  );

  test('refuses an email that is none, and a CA that is not there', () => {
    for (const email of ['ops', '-ops@example.test', 'ops@-example.test'])
      expect(acme({ email })).toEqual(['certificate.email: acme-email']);
    expect(acme({ directoryCaFile: 'nowhere.pem' })).toEqual(['certificate.directoryCaFile: file-missing']);
  });

  test('refuses wildcards, which HTTP-01 cannot prove, and more names than a certificate holds', () => {
    expect(acme({}, { additionalDomains: ['*.example.test'] })).toEqual(['additionalDomains[0]: domain']);
    expect(acme({}, { additionalDomains: Array.from({ length: 100 }, (_, n) => `n${n}.example.test`) })).toEqual([
      'additionalDomains: acme-names',
    ]);
  });

  test("refuses sources that keep Let's Encrypt out, and leaves those of another server to you", () => {
    const loadBalancers = { webSources: ['192.0.2.0/24'] };
    expect(acme({}, { loadBalancers })).toEqual(['loadBalancers.webSources: acme-sources']);
    expect(acme({ directoryUrl: 'https://ca.internal/directory' }, { loadBalancers })).toEqual([]);
  });
});

describe('the reboot window', () => {
  test.each(['01:00', '1:00-5:00', '24:00-01:00', '02:00-02:00', ''])('%j is none', (rebootWindow) => {
    expect(codes({ updates: { rebootWindow } })).toEqual(['updates.rebootWindow: reboot-window']);
  });

  test('has room for every server of the largest tier', () => {
    expect(codes({ updates: { rebootWindow: '23:45-00:21' } })).toEqual([]);
    expect(codes({ updates: { rebootWindow: '23:45-00:20' } })).toEqual(['updates.rebootWindow: reboot-window']);
    expect(codes({ updates: { rebootWindow: '23:00-02:26' }, web: { serverCount: 20 } })).toEqual([]);
    expect(codes({ updates: { rebootWindow: '23:00-02:25' }, web: { serverCount: 20 } })).toEqual(['updates.rebootWindow: reboot-window']);
  });

  test('by default has room for the most servers that a tier can have', () => {
    expect(codes({ web: { serverCount: 20 }, app: { serverCount: 20 }, mysql: { memberCount: 9 } })).toEqual([]);
  });
});

test.each([
  [{ web: { maxBodyMegabytes: -1 } }, 'web.maxBodyMegabytes is -1'],
  [{ web: { maxBodyMegabytes: 0.5 } }, 'web.maxBodyMegabytes is 0.5'],
  [{ web: { readTimeoutSeconds: NaN } }, 'web.readTimeoutSeconds is NaN'],
  [{ mysql: { slowSeconds: -1 } }, 'mysql.slowSeconds is -1'],
  [{ mysql: { binaryLogDays: '3' } }, 'mysql.binaryLogDays is "3"'],
  [{ loadBalancers: { limits: { connections: -5 } } }, 'loadBalancers.limits.connections is -5'],
  [{ loadBalancers: { limits: { requestsPerAddress: '2000' } } }, 'loadBalancers.limits.requestsPerAddress is "2000"'],
  [{ loadBalancers: { hsts: { maxAgeSeconds: -1 } } }, 'loadBalancers.hsts.maxAgeSeconds is -1'],
  [{ loadBalancers: { holdSeconds: '3' } }, 'loadBalancers.holdSeconds is "3"'],
  [{ web: { trustedProxies: ['10.0.0.0/8; } evil {'] } }, 'web.trustedProxies[0] is "10.0.0.0/8; } evil {"'],
])('a number or range that a daemon would refuse while hosts are configured is refused at synth: %j', (settings, said) => {
  expect(() => resolve('lab', { ...valid, ...(settings as object) })).toThrow(said);
});

test.each(['back\\slash.html', 'new\nline.html'])('a file of the public folder whose name hosts cannot handle is refused: %j', (name) => {
  const publicFolder = mkdtempSync(join(tmpdir(), 'public-'));
  onTestFinished(() => rmSync(publicFolder, { recursive: true }));
  mkdirSync(join(publicFolder, 'deep'));
  writeFileSync(join(publicFolder, 'deep', name), '');
  symlinkSync('nowhere', join(publicFolder, 'lost'));
  const found = problems({ application: { ...valid.application, publicFolder } });
  expect(found.map(({ code, got }) => [code, got])).toEqual(
    expect.arrayContaining([
      ['file-name', join('deep', name)],
      ['file-name', 'lost'],
    ]),
  );
});
