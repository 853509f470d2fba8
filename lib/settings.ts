import type { Construct } from 'constructs';
import { refuse, type Problem } from './errors';
import { architectureOf } from './hetzner/server-types';
import { isSnapshot } from './hetzner/images';
import { domainProblem } from './net/checks';
import { ANYWHERE } from './net/cidr';
import { LOG_DEFAULTS, type Logs, type LogSettings } from './net/log-settings';
import { APP_DEFAULTS, APP_RULES, applicationConnections, compareApp, resolveApp, type App, type AppSettings } from './settings/app';
import { applicationSettingsRule, type ApplicationSettings } from './settings/application';
import { BACKEND_DEFAULT, backendRule, type Backend } from './settings/backend';
import {
  CERTIFICATE_DEFAULT,
  certificateRule,
  compareCertificate,
  resolveCertificate,
  type Certificate,
  type CertificateSource,
} from './settings/certificate';
import { cloudflareRule, compareCloudflare, resolveCloudflare, type Cloudflare, type CloudflareSettings } from './settings/cloudflare';
import {
  compareLoadBalancers,
  LOAD_BALANCER_DEFAULTS,
  LOAD_BALANCER_RULES,
  resolveLoadBalancers,
  type LoadBalancers,
  type LoadBalancerSettings,
} from './settings/load-balancers';
import { compareMySql, MYSQL_DEFAULTS, MYSQL_RULES, resolveMySql, type MySql, type MySqlSettings } from './settings/mysql';
import {
  flag,
  group,
  isObject,
  listOf,
  number,
  oneOf,
  pick,
  required,
  textWith,
  withDefaults,
  withoutProblems,
  type Rules,
} from './settings/rules';
import {
  ACCESS_DEFAULTS,
  ACCESS_RULES,
  compareSite,
  NETWORK_DEFAULTS,
  resolveSite,
  SITE_DEFAULTS,
  SITE_RULES,
  soundLocations,
  type AccessSettings,
  type ResolvedSite,
  type SiteSettings,
} from './settings/site';
import { compareUpdates, resolveUpdates, UPDATE_DEFAULTS, updatesRule, type Updates, type UpdateSettings } from './settings/updates';
import { compareWeb, resolveWeb, WEB_DEFAULTS, WEB_RULES, type Web, type WebSettings } from './settings/web';

/** An environment, as it is written in main.ts. Everything but domain and application has a default. */
export interface EnvironmentSettings extends SiteSettings {
  /** Name that visitors use, e.g. `www.example.com`. */
  readonly domain: string;
  /** Further names in the certificate. @default [] */
  readonly additionalDomains?: readonly string[];
  /** @default { mode: 'self-signed' } */
  readonly certificate?: CertificateSource;
  /** DNS records at Cloudflare, and its proxies before the load balancers: docs/cloudflare.md. @default none: you point the names to the floating IP */
  readonly cloudflare?: CloudflareSettings;
  readonly application: ApplicationSettings;

  readonly loadBalancers?: LoadBalancerSettings & AccessSettings;
  readonly web?: WebSettings;
  readonly app?: AppSettings;
  readonly mysql?: MySqlSettings;

  /** What logs of load balancers and web servers say of visitors: docs/security.md. @default everything */
  readonly logs?: LogSettings;
  readonly updates?: UpdateSettings;
  /** Accept a tier of one server, which is down whenever that server is. @default false */
  readonly allowSinglePointOfFailure?: boolean;
  /**
   * CAs of the TLS between application and database, and between the load balancers where they obtain the certificate, by
   * names of your own. The first signs, all are trusted.
   * docs/rotation.md tells how to go from one to another. @default ['1']
   */
  readonly internalAuthorities?: readonly string[];
  /** Where Terraform keeps its state. @default { type: 'local' } */
  readonly backend?: Backend;
}

/** An environment with every setting: what `PlatformStack` is made of. What is optional here has no value to be given. */
export interface Environment {
  /** `domain` and `additionalDomains`. */
  readonly domains: readonly [string, ...string[]];
  readonly certificate: Certificate;
  readonly cloudflare?: Cloudflare;
  readonly application: ApplicationSettings;
  readonly site: ResolvedSite;
  readonly loadBalancers: LoadBalancers;
  readonly web: Web;
  readonly app: App;
  readonly mysql: MySql;
  /** How many connections all app servers together open to MySQL at most. */
  readonly applicationConnections: number;
  readonly logs: Logs;
  readonly updates: Updates;
  readonly internalAuthorities: readonly string[];
  readonly backend: Backend;
}

/** Every default that does not depend on other settings; main.ts, the README and each `@default` are compared with it by a test. */
export const DEFAULTS = {
  ...SITE_DEFAULTS,
  additionalDomains: [] as readonly string[],
  certificate: CERTIFICATE_DEFAULT,
  network: NETWORK_DEFAULTS,
  loadBalancers: { ...LOAD_BALANCER_DEFAULTS, ...ACCESS_DEFAULTS },
  web: WEB_DEFAULTS,
  app: APP_DEFAULTS,
  mysql: MYSQL_DEFAULTS,
  logs: LOG_DEFAULTS,
  updates: UPDATE_DEFAULTS,
  allowSinglePointOfFailure: false,
  internalAuthorities: ['1'] as readonly string[],
  backend: BACKEND_DEFAULT,
};

const RULES: Rules<EnvironmentSettings> = {
  ...SITE_RULES,
  domain: required(textWith(domainProblem), 'a name such as www.example.com'),
  additionalDomains: listOf(textWith(domainProblem)),
  certificate: certificateRule,
  cloudflare: cloudflareRule,
  application: applicationSettingsRule,
  loadBalancers: group<LoadBalancerSettings & AccessSettings>({ ...LOAD_BALANCER_RULES, ...ACCESS_RULES }),
  web: group(WEB_RULES),
  app: group(APP_RULES),
  mysql: group(MYSQL_RULES),
  logs: group<LogSettings>({
    clientAddresses: oneOf(['full', 'shortened', 'none'], { code: 'log-addresses', fix: 'leave it out for whole addresses' }),
    queries: flag,
    oneSuccessIn: number(1, 1_000),
  }),
  updates: updatesRule,
  allowSinglePointOfFailure: flag,
  internalAuthorities: (got, prop) => {
    if (got === undefined) return [];
    const name = /^[a-z0-9][a-z0-9-]{0,29}$/;
    const names = Array.isArray(got) ? (got as unknown[]) : [];
    if (names.length > 0 && new Set(names).size === names.length && names.every((each) => typeof each === 'string' && name.test(each)))
      return [];
    const want = 'one or more names of small letters, digits and hyphens, each once';
    return [{ code: 'internal-authorities', prop, got, want, fix: "leave it out for ['1']; the first signs, all are trusted" }];
  },
  backend: backendRule,
};

/**
 * The environment with all its settings. What was left out, or is `undefined`, has its default.
 *
 * @param at the stack, or its name, for the message
 * @throws ConfigError with everything that is wrong, so that one run is enough to learn it all
 */
export function resolve(at: Construct | string, settings: EnvironmentSettings, now = new Date()): Environment {
  refuse(at, checkEnvironment(settings, now));
  return complete(settings);
}

/** Everything that is wrong: first each value by itself, then the sound ones together. */
export function checkEnvironment(settings: EnvironmentSettings, now = new Date()): readonly Problem[] {
  const problems = group<EnvironmentSettings>(RULES)(settings, '');
  if (!isObject(settings)) return problems;
  const sound = withoutProblems(settings, problems);
  return [...problems, ...compareSite(settings, problems), ...compare(sound, settings, now)];
}

function complete(settings: EnvironmentSettings): Environment {
  const { domain, additionalDomains, application, internalAuthorities, backend } = withDefaults(DEFAULTS, settings);
  const { sshSources, webSources, ...loadBalancers } = settings.loadBalancers ?? {};
  const cloudflare = settings.cloudflare && resolveCloudflare(settings.cloudflare);
  // Where Cloudflare's proxies stand in front, they alone are let in
  const site = resolveSite({
    ...pick<SiteSettings>(settings, SITE_RULES),
    sshSources,
    webSources: webSources ?? (cloudflare?.proxied ? [] : undefined),
  });
  const [web, app] = [resolveWeb(settings.web, site.network), resolveApp(settings.app)];
  const connections = applicationConnections(app);
  return {
    domains: [domain, ...additionalDomains],
    certificate: resolveCertificate(settings.certificate),
    cloudflare,
    application,
    site,
    loadBalancers: resolveLoadBalancers(loadBalancers, { webServers: web.serverCount }),
    web,
    app,
    mysql: resolveMySql(settings.mysql, { applicationConnections: connections }),
    applicationConnections: connections,
    logs: withDefaults(LOG_DEFAULTS, settings.logs ?? {}),
    updates: resolveUpdates(settings.updates),
    internalAuthorities,
    backend,
  };
}

/** What is wrong with values that are fine by themselves. @param sound those that are; @param given all of them */
function compare(sound: EnvironmentSettings, given: EnvironmentSettings, now: Date): Problem[] {
  const environment = complete(sound);
  const { site, loadBalancers, web, app, mysql, cloudflare, applicationConnections } = environment;
  const place = { locations: soundLocations(given.locations ?? SITE_DEFAULTS.locations) };
  const domains = soundDomains(given);
  const proxied = cloudflare?.proxied ?? false;
  return [
    ...(sound.allowSinglePointOfFailure ? [] : singleServers(environment)),
    ...compareLoadBalancers(loadBalancers, { ...place, webServers: web.serverCount }, 'loadBalancers.'),
    ...compareWeb(web, place, 'web.'),
    ...compareApp(app, place, 'app.'),
    ...compareMySql(mysql, { ...place, applicationConnections }, 'mysql.'),
    ...snapshotOfOneArchitecture(environment),
    ...compareUpdates(sound.updates ?? {}, Math.max(2, web.serverCount, app.serverCount, mysql.memberCount)),
    ...compareCertificate(sound.certificate ?? CERTIFICATE_DEFAULT, {
      domains: [...domains.values()],
      proxied,
      webSources: proxied && sound.loadBalancers?.webSources === undefined ? ANYWHERE : site.webSources,
      now,
    }),
    ...(sound.cloudflare ? compareCloudflare(sound.cloudflare, domains, now) : []),
  ];
}

/** Names that are some, by the settings that they come from. */
function soundDomains({ domain, additionalDomains }: EnvironmentSettings): ReadonlyMap<string, string> {
  const others: readonly string[] = Array.isArray(additionalDomains) ? additionalDomains : [];
  const all = [['domain', domain], ...others.map((name, index) => [`additionalDomains[${index}]`, name])] as [string, string][];
  return new Map(all.filter(([prop, name]) => typeof name === 'string' && domainProblem(prop, name) === undefined));
}

function singleServers(environment: Environment): Problem[] {
  return (['web', 'app'] as const)
    .filter((tier) => environment[tier].serverCount === 1)
    .map((tier) => ({
      code: 'single-point-of-failure',
      prop: `${tier}.serverCount`,
      got: 1,
      want: '2 or more',
      fix: 'add a server, or set allowSinglePointOfFailure: true and live with an outage whenever it is down',
    }));
}

function snapshotOfOneArchitecture({ site: { image: got }, ...tiers }: Environment): Problem[] {
  const types = [tiers.loadBalancers, tiers.web, tiers.app, tiers.mysql].map(({ serverType }) => serverType);
  if (!isSnapshot(got) || new Set(types.map(architectureOf).filter((each) => each !== undefined)).size < 2) return [];
  const fix = 'a snapshot is for one architecture only; use an image name, or types of one architecture';
  return [{ code: 'image-architecture', prop: 'image', got, want: `an image for ${[...new Set(types)].join(' and ')}`, fix }];
}
