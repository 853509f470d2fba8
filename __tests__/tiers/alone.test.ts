import { describe, expect, test } from 'vitest';
import { InternalAuthority } from '../../lib/certificates/internal-authority';
import { ConfigError } from '../../lib/errors';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { ORACLES_REPOSITORY } from '../../lib/servers/mysql-repository';
import { checkEnvironment, type EnvironmentSettings } from '../../lib/settings';
import { applicationConnections, resolveApp } from '../../lib/settings/app';
import { resolveLoadBalancers } from '../../lib/settings/load-balancers';
import { resolveMySql } from '../../lib/settings/mysql';
import { resolveWeb } from '../../lib/settings/web';
import { AppTier } from '../../lib/tiers/app-tier';
import { LoadBalancerPair } from '../../lib/tiers/load-balancer-pair';
import { MySqlTier } from '../../lib/tiers/mysql-tier';
import { WebTier } from '../../lib/tiers/web-tier';
import { resourceIds, testSite, testStack } from '../helpers/stack';

type Settings = Pick<EnvironmentSettings, 'loadBalancers' | 'web' | 'app' | 'mysql'>;
const APPLICATION = { entryPoint: 'app/server.ts', publicFolder: 'app/public' };

/** One tier each, in a stack without PlatformStack. */
function tiers(settings: Settings) {
  const stack = testStack();
  const site = testSite(stack);
  const app = resolveApp(settings.app);
  const connections = applicationConnections(app);
  const credentials = { mysqlAdminPassword: '${var.a}', mysqlReplicationPassword: '${var.b}', mysqlAppPassword: '${var.c}' };
  return {
    stack,
    loadBalancers: () =>
      new LoadBalancerPair(stack, 'lb', {
        ...resolveLoadBalancers(settings.loadBalancers, { webServers: 2 }),
        site,
        upstreams: site.endpoints('web', 'http', 2),
        logs: LOG_DEFAULTS,
        certificatePem: '${var.certificate}',
        certificateRevision: 'one',
        authority: new InternalAuthority(stack, 'pair-authority', { name: 'pair' }),
        failoverToken: '${var.failover_token}',
        hcloudEndpoint: 'https://api.hetzner.cloud/v1',
      }),
    web: () =>
      new WebTier(stack, 'web', {
        ...resolveWeb(settings.web, site.plan),
        site,
        egress: [],
        upstreams: site.endpoints('app', 'http', 2),
        publicFolder: APPLICATION.publicFolder,
        logs: LOG_DEFAULTS,
      }),
    app: () =>
      new AppTier(stack, 'app', {
        ...app,
        site,
        egress: [],
        application: APPLICATION,
        databaseMembers: site.endpoints('mysql', 'sql', 3),
        credentials: { mysqlAppPassword: '${var.c}', internalCa: 'PEM' },
        internalCaRevision: '',
      }),
    mysql: () =>
      new MySqlTier(stack, 'mysql', {
        ...resolveMySql(settings.mysql, { applicationConnections: connections }),
        site,
        egress: [],
        applicationConnections: connections,
        repository: ORACLES_REPOSITORY,
        authority: new InternalAuthority(stack, 'authority', { name: 'test CA' }),
        credentials,
      }),
  };
}

describe('a tier without PlatformStack', () => {
  test.each<[keyof Settings, Settings]>([
    [
      'loadBalancers',
      { loadBalancers: { holdSeconds: NaN, serverType: 'cx22', limits: { requestsPerAddress: -5, floodAddresses: 1_000 } } },
    ],
    ['web', { web: { maxBodyMegabytes: -1, readTimeoutSeconds: NaN, trustedProxies: ['nonsense;'], serverType: 'cpx11' } }],
    ['app', { app: { memoryMegabytes: 1, databaseConnections: 1.5, outboundRanges: ['10.0.0.0'], serverType: 'none' } }],
    ['mysql', { mysql: { memberCount: 4, slowSeconds: -1, groupName: 'mine', maxConnections: 100, serverType: 'cax11' } }],
  ])('%s: refuses at once all that PlatformStack refuses', (tier, settings) => {
    const expected = checkEnvironment({ domain: 'www.example.test', application: APPLICATION, ...settings });
    expect(expected.length).toBeGreaterThan(3);
    let refused: unknown;
    try {
      tiers(settings)[tier]();
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as ConfigError).problems.map((problem) => ({ ...problem, prop: `${tier}.${problem.prop}` }))).toEqual(
      expected.map((problem) => ({ ...problem, fix: problem.fix.replaceAll(`${tier}.`, '') })),
    );
  });

  test('takes what is right, and has the defaults for the rest', () => {
    const { stack, ...alone } = tiers({ web: { serverCount: 3 } });
    for (const create of Object.values(alone)) create();
    expect(resourceIds(stack).match(/hcloud_server\.\w+_(lb|web|app|db)-\d/g)).toHaveLength(2 + 3 + 2 + 3);
  });

  test('a site refuses what PlatformStack refuses', () => {
    expect(() => testSite(testStack(), { image: 'debian-12', sshTimeoutSeconds: 1, network: { range: '11.0.0.0/8' } })).toThrow(
      /image is "debian-12".*\n.*network\.range is "11\.0\.0\.0\/8".*\n.*sshTimeoutSeconds is 1/,
    );
  });
});
