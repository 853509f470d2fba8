import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkEnvironment, resolve, type EnvironmentSettings } from '../../lib/settings';

const VALID = { domain: 'www.example.test', application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' } };

/** What ends lines, words or blocks of some file on a host. */
const HOSTILE = ['a;b', 'a\nb', 'a"b', "a'b", 'a}b', '${a}', '\0', ' ', '#', '10.0.0.0/8; } evil {', '\u2028'];
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.tuple(fc.string(), fc.constantFrom(...HOSTILE)).map((parts) => parts.join('')),
);
const otherKinds = fc.constantFrom<unknown>(null, true, {}, () => 1);
/** No number of any setting: none is that large, and all but two have to be more than -1. */
const badNumbers = fc.oneof(
  fc.constantFrom<unknown>(NaN, Infinity, -Infinity, -1, 1e21, 2 ** 53, '3', '', null, true, [], {}),
  fc.double({ max: -1e-9, noNaN: true }),
  hostile,
);
const badWholeNumbers = fc.oneof(
  badNumbers,
  fc.integer({ min: 0, max: 9_999 }).map((whole) => whole + 0.5),
);
const badTexts = fc.oneof(hostile, otherKinds, fc.constantFrom<unknown>(1, []));
const badFlags = fc.constantFrom<unknown>(null, 0, 1, 'true', 'no', '', {}, []);
const badLists = fc.oneof(
  fc.constantFrom<unknown>('10.0.0.0/8', null, 1, {}),
  fc.array(fc.oneof(hostile, fc.constantFrom<unknown>(1, null)), { minLength: 1, maxLength: 3 }),
);
const badFiles = fc.constantFrom<unknown>('nowhere.pem', '', '\0', 1, null);

const BAD: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  domain: badTexts,
  additionalDomains: badLists,
  'application.entryPoint': badFiles,
  'application.migrationEntryPoint': badFiles,
  'application.publicFolder': badFiles,
  'application.environment': fc.constantFrom<unknown>({ PORT: '1' }, { 'A B': 'x' }, { A: 'x\ny' }, { A: 1 }, 'A=1', []),
  'certificate.mode': badTexts,
  'cloudflare.zone': badTexts,
  'cloudflare.proxied': badFlags,
  'cloudflare.originPulls': fc.constantFrom<unknown>(
    { mode: 'other' },
    { mode: 'generated', required: 'no' },
    { mode: 'uploaded' },
    'generated',
    true,
  ),
  locations: badLists,
  image: badTexts,
  namePrefix: badTexts,
  'network.range': badTexts,
  'network.resolvers': badLists,
  'network.subnets.lb': badTexts,
  'network.subnets.web': badTexts,
  'network.subnets.app': badTexts,
  'network.subnets.mysql': badTexts,
  floatingIpHome: badTexts,
  mayDestroy: badLists,
  deleteProtection: badFlags,
  pinHostKeys: badFlags,
  sshUser: badTexts,
  sshTimeoutSeconds: badWholeNumbers,
  'loadBalancers.serverType': badTexts,
  'loadBalancers.sshSources': badLists,
  'loadBalancers.webSources': badLists,
  'loadBalancers.hsts.maxAgeSeconds': badWholeNumbers,
  'loadBalancers.hsts.includeSubdomains': badFlags,
  'loadBalancers.holdSeconds': badNumbers,
  ...Object.fromEntries(
    [
      'connections',
      'requestsPerServer',
      'streamsPerServer',
      'connectionsPerAddress',
      'requestsAtOncePerAddress',
      'streamsPerAddress',
      'requestsPerAddress',
      'floodAddresses',
    ].map((name) => [`loadBalancers.limits.${name}`, badWholeNumbers]),
  ),
  'web.serverCount': badWholeNumbers,
  'web.serverType': badTexts,
  'web.trustedProxies': badLists,
  'web.maxBodyMegabytes': badWholeNumbers,
  'web.readTimeoutSeconds': badWholeNumbers,
  'app.serverCount': badWholeNumbers,
  'app.serverType': badTexts,
  'app.memoryMegabytes': badWholeNumbers,
  'app.databaseConnections': badWholeNumbers,
  'app.outboundRanges': badLists,
  'mysql.memberCount': badWholeNumbers,
  'mysql.leavingCount': badWholeNumbers,
  'mysql.serverType': badTexts,
  'mysql.volumeGb': badWholeNumbers,
  'mysql.database': badTexts,
  'mysql.databaseUser': badTexts,
  'mysql.maxConnections': badWholeNumbers,
  'mysql.binaryLogDays': badNumbers,
  'mysql.slowSeconds': badNumbers,
  'mysql.slowLog': badFlags,
  'mysql.series': badTexts,
  'mysql.packagesRevision': fc.constantFrom<unknown>('a\nb', '\0', 1, null, {}, []),
  'mysql.groupName': badTexts,
  'logs.clientAddresses': badTexts,
  'logs.queries': badFlags,
  'logs.oneSuccessIn': fc.oneof(badWholeNumbers, fc.constant(0)),
  'updates.securityUpdates': badFlags,
  'updates.rebootWindow': badTexts,
  allowSinglePointOfFailure: badFlags,
  internalAuthorities: badLists,
  'backend.type': badTexts,
};
/** What has to stand beside it. */
const BESIDE: Readonly<Record<string, object>> = {
  cloudflare: { zone: 'example.test' },
  hsts: { maxAgeSeconds: 1 },
  application: VALID.application,
};

/** The environment with this value at this path. */
function withValue(settings: object, path: string, value: unknown): EnvironmentSettings {
  const [name = '', ...deeper] = path.split('.');
  const of = (settings as Record<string, object | undefined>)[name] ?? BESIDE[name] ?? {};
  return { ...settings, [name]: deeper.length === 0 ? value : withValue(of, deeper.join('.'), value) } as unknown as EnvironmentSettings;
}

const names = (path: string) => (prop: string) => prop === path || prop.startsWith(`${path}.`) || prop.startsWith(`${path}[`);

test.each(Object.entries(BAD))('%s is refused by its name when its value is out of range', (path, values) => {
  fc.assert(
    fc.property(values, (value) => {
      const problems = checkEnvironment(withValue(VALID, path, value));
      expect(problems.filter(({ prop }) => names(path)(prop))).not.toEqual([]);
      // Its neighbours are fine
      expect(problems.filter(({ prop }) => !names(path)(prop))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('no mistake hides another: all are in one error, by their names', () => {
  const paths = Object.keys(BAD);
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...paths), { minLength: 2, maxLength: 12 }), fc.gen(), (chosen, draw) => {
      const values = chosen.map((path) => [path, draw(() => BAD[path] as fc.Arbitrary<unknown>)] as const);
      const settings = values.reduce<object>((given, [path, value]) => withValue(given, path, value), VALID);
      const problems = checkEnvironment(settings as EnvironmentSettings);
      expect(chosen.filter((path) => !problems.some(({ prop }) => names(path)(prop)))).toEqual([]);
      expect(() => resolve('lab', settings as EnvironmentSettings)).toThrow(problems[0]?.prop);
    }),
    { numRuns: 100 },
  );
});

test('settings of a name that there is not are refused, however deep', () => {
  const settings = { ...VALID, webb: {}, web: { servercount: 3 }, loadBalancers: { hsts: { maxAgeSeconds: 1, preload: true } } };
  expect(checkEnvironment(settings as EnvironmentSettings).map(({ prop, code }) => `${prop}: ${code}`)).toEqual([
    'webb: unknown-setting',
    'loadBalancers.hsts.preload: unknown-setting',
    'web.servercount: unknown-setting',
  ]);
});
