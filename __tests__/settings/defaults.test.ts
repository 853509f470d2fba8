import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { LIMIT_DEFAULTS } from '../../lib/net/capacity';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { checkEnvironment, DEFAULTS } from '../../lib/settings';
import { APP_DEFAULTS } from '../../lib/settings/app';
import { ACME_DEFAULTS } from '../../lib/settings/certificate';
import { CLOUDFLARE_DEFAULTS, ORIGIN_DEFAULTS, ORIGIN_PULLS_DEFAULTS } from '../../lib/settings/cloudflare';
import { LOAD_BALANCER_DEFAULTS } from '../../lib/settings/load-balancers';
import { MYSQL_DEFAULTS } from '../../lib/settings/mysql';
import { ACCESS_DEFAULTS, NETWORK_DEFAULTS, SITE_DEFAULTS } from '../../lib/settings/site';
import { UPDATE_DEFAULTS } from '../../lib/settings/updates';
import { WEB_DEFAULTS } from '../../lib/settings/web';

/** A default stands once, as data. What people read of it (docstrings, main.ts, README) is compared with that here. */
const DECLARED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  EnvironmentSettings: DEFAULTS,
  SiteSettings: SITE_DEFAULTS,
  NetworkSettings: NETWORK_DEFAULTS,
  AccessSettings: ACCESS_DEFAULTS,
  LoadBalancerSettings: LOAD_BALANCER_DEFAULTS,
  HaproxyLimits: LIMIT_DEFAULTS,
  Hsts: { includeSubdomains: false },
  WebSettings: WEB_DEFAULTS,
  AppSettings: APP_DEFAULTS,
  MySqlSettings: MYSQL_DEFAULTS,
  UpdateSettings: UPDATE_DEFAULTS,
  LogSettings: LOG_DEFAULTS,
  Application: {},
  ApplicationSettings: {},
  AcmeSettings: ACME_DEFAULTS,
  CloudflareSettings: CLOUDFLARE_DEFAULTS,
  OriginPullsSettings: ORIGIN_PULLS_DEFAULTS,
  OriginCertificateSettings: ORIGIN_DEFAULTS,
  CertificateSource: {},
  Backend: {},
};
/** Groups of settings: what is in them has defaults of its own. */
const GROUPS = ['network', 'loadBalancers', 'web', 'app', 'mysql', 'updates', 'logs'];

interface Setting {
  readonly owner: string;
  readonly name: string;
  /** The text after @default. */
  readonly said: string | undefined;
}

/** Every property that may be left out of the settings, however deep. */
function optionalSettings(): Setting[] {
  const files = ['lib/settings.ts', 'lib/net/capacity.ts', 'lib/net/log-settings.ts', 'lib/config/haproxy.ts'];
  return [...files, ...readdirSync('lib/settings').map((name) => `lib/settings/${name}`)].flatMap((file) => {
    const found: Setting[] = [];
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
    const visit = (node: ts.Node, owner: string): void => {
      const isNamed = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
      if (isNamed && !(node.name.text in DECLARED)) return;
      if (ts.isPropertySignature(node) && node.questionToken) {
        const [tag] = ts.getJSDocTags(node).filter(({ tagName }) => tagName.text === 'default');
        found.push({ owner, name: node.name.getText(), said: ts.getTextOfJSDocComment(tag?.comment)?.replace(/\s+/g, ' ') });
      }
      ts.forEachChild(node, (child) => visit(child, isNamed ? node.name.text : owner));
    };
    ts.forEachChild(source, (node) => {
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) visit(node, '');
    });
    return found;
  });
}

/** The value that a text begins with; what follows it is explanation. Undefined if it begins with words. */
function literal(text: string): unknown {
  const [written] = /^(\{.*?\}|\[.*?\]|'[^']*'|-?\d[\d_.]*\d|\d|true|false)(?=$|[\s,;:.])/.exec(text) ?? [];
  return written === undefined ? undefined : parse(written);
}

/** As TypeScript reads it. Through JSON, since it comes from another realm. */
const parse = (text: string): unknown => JSON.parse(JSON.stringify(runInNewContext(`(${text})`)));

const settings = optionalSettings().filter(({ name }) => !GROUPS.includes(name));

test('every group of settings is looked at', () => {
  expect([...new Set(settings.map(({ owner }) => owner))].sort()).toEqual(
    Object.keys(DECLARED)
      .filter((owner) => owner !== 'ApplicationSettings' && owner !== 'CertificateSource')
      .sort(),
  );
});

test.each(settings)('$owner.$name: its @default is the one in force', ({ owner, name, said }) => {
  // What Cloudflare's proxies are asked is `proxied?: true` in one half of the union, and `proxied: false` in the other
  if (said === undefined && owner === 'CloudflareSettings') return;
  expect(said, 'a setting that may be left out says what happens then').toBeDefined();
  expect(literal(said ?? '')).toEqual(DECLARED[owner]?.[name]);
});

describe('main.ts', () => {
  const text = readFileSync('main.ts', 'utf8').split("'production'")[1] ?? '';
  /** Path to value, of lines that are commented out. */
  const shown = (() => {
    let group: string | undefined;
    return text.split('\n').flatMap((line): [string, string][] => {
      group = /^ {2}(\w+): \{$/.exec(line)?.[1] ?? (/^ {2}\},$/.test(line) ? undefined : group);
      const [, name = '', value = ''] = /^\s+\/\/ (\w+): (.*?),?$/.exec(line) ?? [];
      return name === '' ? [] : [[group === undefined ? name : `${group}.${name}`, value]];
    });
  })();

  test.each(shown)('shows the default of %s', (path, value) => {
    const inForce = path.split('.').reduce<unknown>((of, name) => (of as Record<string, unknown>)[name], DEFAULTS);
    if (value.startsWith('undefined')) expect(inForce).toBeUndefined();
    else expect(parse(value)).toEqual(inForce);
  });

  test('shows most of them', () => {
    expect(shown.length).toBeGreaterThan(15);
  });
});

describe("the README's table of settings", () => {
  const section = readFileSync('README.md', 'utf8').split('## Change settings')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `([\w.]+)` \| (.*?) \|/gm)].map(([, path = '', value = '']) => [path, value] as const);

  test('has a row for each setting', () => {
    const named = [...new Set(rows.map(([path]) => path.split('.')[0]))];
    const declared = optionalSettings().filter(({ owner }) => owner === 'EnvironmentSettings' || owner === 'SiteSettings');
    expect(named.sort()).toEqual(['domain', 'application', ...declared.map(({ name }) => name)].sort());
  });

  test.each(rows)('says the default of %s', (path, value) => {
    const inForce = path.split('.').reduce<unknown>((of, name) => (of as Record<string, unknown>)[name], DEFAULTS);
    const [, written] = /^`(.*)`$/.exec(value) ?? [];
    // Words where there is no value
    expect(written === undefined ? undefined : parse(written)).toEqual(inForce);
  });
});

test('the defaults themselves pass every check', () => {
  const application = { entryPoint: 'app/server.ts', publicFolder: 'app/public' };
  expect(checkEnvironment({ domain: 'www.example.test', application, ...DEFAULTS })).toEqual([]);
});
