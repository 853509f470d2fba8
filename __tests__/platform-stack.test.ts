import { Testing } from 'cdktf';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONNECTIONS, PlatformStack } from '../lib/platform-stack';
import type { EnvironmentSettings } from '../lib/settings';
import { resource, resourceIds, synthesized } from './helpers/stack';

const platforms = new Map<string, PlatformStack>();

/** Of these settings over the least that there have to be; made once, as most tests ask about the same few. */
function platform(settings: Partial<EnvironmentSettings> = {}): PlatformStack {
  const key = JSON.stringify(settings);
  const made = platforms.get(key) ?? newPlatform(settings);
  platforms.set(key, made);
  return made;
}

function newPlatform(settings: Partial<EnvironmentSettings> = {}): PlatformStack {
  const application = { entryPoint: 'app/server.ts', publicFolder: 'app/public' };
  return new PlatformStack(Testing.app(), 'platform', { domain: 'www.example.test', application, ...settings });
}

test('keeps the resource ids that deployed state depends on', async () => {
  await expect(resourceIds(platform())).toMatchFileSnapshot('resource-ids.txt');
});

test('tells URL, floating IP, addresses of all servers and the CA', async () => {
  await expect(JSON.stringify(synthesized(platform()).output, null, 2)).toMatchFileSnapshot('outputs.snapshot.json');
});

test('secrets are variables that leave no trace in state or plan', () => {
  const { variable = {} } = synthesized(platform());
  const secret = Object.entries(variable)
    .filter(([, { ephemeral, sensitive }]) => ephemeral === true && sensitive === true)
    .map(([name]) => name);
  expect(secret.sort()).toEqual([
    'failover_token',
    'hcloud_token',
    'mysql_admin_password',
    'mysql_app_password',
    'mysql_replication_password',
    'ssh_private_key',
  ]);
  expect(
    Object.keys(variable)
      .filter((name) => !secret.includes(name))
      .sort(),
  ).toEqual([
    'hcloud_endpoint',
    'keys_revision',
    'mysql_repository_key_fingerprint',
    'mysql_repository_url',
    'secrets_revision',
    'ssh_additional_public_keys',
    'ssh_public_key',
  ]);
});

test('every variable that is declared is used', () => {
  const { variable = {}, ...rest } = synthesized(platform());
  const text = JSON.stringify(rest);
  expect(Object.keys(variable).filter((name) => !text.includes(`var.${name}`))).toEqual([]);
});

test('docs/terraform-cloud.md lists every variable, and which of them are secret', () => {
  const { variable = {} } = synthesized(platform());
  const declared = Object.entries(variable).map(([name, { ephemeral }]) => `${name} ${ephemeral === true ? 'yes' : ''}`);
  const rows = readFileSync('docs/terraform-cloud.md', 'utf8').matchAll(/^\| `(\w+)` \| (yes)? ?\| (.*)\|$/gm);
  // Some settings bring variables of their own
  const documented = [...rows]
    .filter(([, , , value = '']) => !value.startsWith('only with'))
    .map(([, name, sensitive = '']) => `${name} ${sensitive}`);
  expect(documented.sort()).toEqual(declared.sort());
});

test.each<[Partial<EnvironmentSettings>, unknown[]]>([
  [{}, []],
  [{ image: 'debian-13' }, []],
  [{ image: 'ubuntu-26.04' }, [expect.stringContaining('nobody has deployed the platform to it yet')]],
  [{ image: '12345' }, [expect.stringMatching(/the snapshot 12345: .*cloud-init clean/)]],
  [
    { web: { serverType: 'cax11' } },
    ['web.serverType is cax11: nobody has deployed the platform to Arm yet; deploy it to a project for tests first'],
  ],
  [
    { mysql: { series: '8.4' } },
    ['mysql.series is 8.4: no mysqld of that series has run the platform yet; deploy it to a project for tests first'],
  ],
])('warns at synth of an image, an architecture and a series of MySQL that was never tried: %j', (settings, warnings) => {
  const messages = platform(settings)
    .node.metadata.filter(({ type }) => type === '@cdktf/warn')
    .map(({ data }) => data as unknown);
  expect(messages).toEqual(warnings);
});

test('refuses Terraform without ephemeral variables', () => {
  expect(synthesized(platform()).terraform.required_version).toBe('>= 1.10');
});

describe('state', () => {
  test('is a file beside main.ts by default, named without a path of this machine', () => {
    expect(synthesized(platform()).terraform.backend).toEqual({ local: { path: '../../../terraform.platform.tfstate' } });
  });

  test('may be in a workspace of HCP Terraform', () => {
    const { terraform } = synthesized(platform({ backend: { type: 'terraform-cloud', organization: 'acme', workspace: 'shop' } }));
    expect(terraform).toMatchObject({ cloud: { organization: 'acme', workspaces: { name: 'shop' } } });
    expect(terraform).not.toHaveProperty('backend');
  });
});

test('takes each provider in one exact version: providers see tokens and keys', () => {
  const stack = platform({ cloudflare: { zone: 'example.test' }, certificate: { mode: 'cloudflare-origin' } });
  const { required_providers: providers } = synthesized(stack).terraform as { required_providers: Record<string, { version: string }> };
  expect(Object.keys(providers).sort()).toEqual(['cloudflare', 'hcloud', 'tls']);
  for (const [name, { version }] of Object.entries(providers)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});

describe('behind Cloudflare', () => {
  const cloudflare = { zone: 'example.test', originPulls: { mode: 'generated' } } as const;
  const stack = platform({ cloudflare, certificate: { mode: 'cloudflare-origin' } });

  test('keeps the resource ids that deployed state depends on, and adds its own', async () => {
    const before = resourceIds(platform()).split('\n');
    const after = resourceIds(stack).split('\n');
    expect(before.filter((id) => !after.includes(id) && !id.includes('.edge_authority_'))).toEqual([]);
    await expect(`${after.filter((id) => !before.includes(id)).join('\n')}\n`).toMatchFileSnapshot('cloudflare/resource-ids.txt');
  });

  test('its token is a variable that leaves no trace', () => {
    const { cloudflare_token: token, cloudflare_base_url: url } = synthesized(stack).variable ?? {};
    expect([token, url]).toMatchObject([{ ephemeral: true, sensitive: true }, { default: 'https://api.cloudflare.com/client/v4' }]);
  });

  test('nobody reaches the load balancers but its proxies and the other load balancer', () => {
    const rules = (id: string) =>
      (resource(stack, 'hcloud_firewall', id) as { rule: { port?: string; source_ips: unknown }[] }).rule.filter(
        ({ port }) => port === '443',
      );
    expect(rules('site_public-firewall')).toMatchObject([
      {
        source_ips: expect.stringMatching(
          /^\$\{concat\(\[\], local\.cloudflare_proxies_ipv4\w+, local\.cloudflare_proxies_ipv6\w+\)\}$/,
        ) as unknown,
      },
    ]);
    expect(rules('lb_peer-firewall')).toMatchObject([
      { source_ips: [expect.stringMatching(/lb-1.*\/32$/), expect.stringMatching(/lb-2.*\/32$/)] as unknown },
    ]);
  });

  test('further ranges may be let in', () => {
    const open = platform({ cloudflare: { zone: 'example.test' }, loadBalancers: { webSources: ['203.0.113.0/24'] } });
    expect(JSON.stringify(resource(open, 'hcloud_firewall', 'site_public-firewall'))).toContain('concat([\\"203.0.113.0/24\\"]');
  });

  test('new ranges and a new CA of its certificate reach both load balancers', () => {
    const steps = triggers(stack);
    for (const host of ['lb-1_configure', 'lb-2_configure']) expect(steps[host]).toMatch(/"CLOUDFLARE_IPV4":"\$\{join.*"originPulls":/);
    expect(steps['web-1_configure']).not.toContain('CLOUDFLARE');
  });

  test('load balancers demand the certificate when Cloudflare was told to show it, and names lead to them when they are ready', () => {
    const graph = dependencies(stack);
    expect(reachable(graph, step(graph, 'lb-1_configure')).join()).toContain('cloudflare_authenticated_origin_pulls_settings');
    const record = [...graph.keys()].find((id) => id.startsWith('cloudflare_dns_record')) ?? '';
    expect(reachable(graph, record)).toContain(step(graph, 'lb-2_configure'));
    expect(cycles(graph)).toEqual([]);
  });

  test('names that are not proxied leave the load balancers as they are', () => {
    const before = triggers(platform());
    const after = triggers(platform({ cloudflare: { zone: 'example.test', proxied: false } }));
    expect(after).toEqual(before);
  });
});

test('load balancers that are closed to some let each other in', () => {
  const stack = platform({ loadBalancers: { webSources: ['203.0.113.0/24'] } });
  expect(resource(stack, 'hcloud_firewall', 'lb_peer-firewall')).toMatchObject({ apply_to: [{}, {}] });
});

describe('order', () => {
  const stack = platform({ web: { serverCount: 3 } });
  const graph = dependencies(stack);

  test('no two resources wait for each other', () => {
    expect(cycles(graph)).toEqual([]);
  });

  test('servers of a tier are configured one after another', () => {
    for (const [before, after] of [
      ['lb-1', 'lb-2'],
      ['web-1', 'web-2'],
      ['web-2', 'web-3'],
      ['app-1', 'app-2'],
      ['db-1', 'db-2'],
      ['db-2', 'db-3'],
    ]) {
      expect(reachable(graph, step(graph, `${after}_configure`)), `${after} after ${before}`).toContain(step(graph, `${before}_configure`));
    }
  });

  test('servers of a tier are installed at the same time', () => {
    expect(reachable(graph, step(graph, 'web-3_install'))).not.toContain(step(graph, 'web-1_install'));
  });

  test('private servers are installed once both load balancers let them out', () => {
    for (const host of ['web-1', 'app-1', 'db-1']) {
      expect(reachable(graph, step(graph, `${host}_install`))).toEqual(
        expect.arrayContaining([step(graph, 'lb-1_configure'), step(graph, 'lb-2_configure')]),
      );
    }
  });

  test('an app server gets a new database password after the group has learnt it; the former one ends when all have the new one', () => {
    expect(reachable(graph, step(graph, 'app-1_configure'))).toContain(step(graph, 'db-1_configure'));
    const end = [...graph.keys()].find((id) => id.includes('former-passwords')) ?? '';
    const awaited = ['db-1', 'db-2', 'db-3', 'app-1', 'app-2'].map((host) => step(graph, `${host}_configure`));
    expect(reachable(graph, end)).toEqual(expect.arrayContaining(awaited));
  });

  test('the load balancers wait for no other tier', () => {
    const waitedFor = reachable(graph, step(graph, 'lb-2_configure'));
    expect(waitedFor.filter((id) => /_(web|app|db)-\d/.test(id))).toEqual([]);
  });
});

describe('a change of one tier', () => {
  const before = triggers(platform());

  function provisionedAgain(settings: Partial<EnvironmentSettings>): string[] {
    const after = triggers(newPlatform(settings));
    return Object.keys(after)
      .filter((host) => before[host] !== undefined && after[host] !== before[host])
      .sort();
  }

  test('provisions nothing when nothing changed', () => {
    expect(provisionedAgain({})).toEqual([]);
  });

  test('of the database touches only the database', () => {
    expect(provisionedAgain({ mysql: { maxConnections: 500 } })).toEqual(['db-1_configure', 'db-2_configure', 'db-3_configure']);
  });

  test('of Nginx touches only the web servers', () => {
    expect(provisionedAgain({ web: { maxBodyMegabytes: 20 } })).toEqual(['web-1_configure', 'web-2_configure']);
  });

  /** Steps that wait until nothing is under way to servers that left. */
  const lettingGo = (...hosts: string[]) => hosts.map((host): unknown => expect.stringContaining(`_${host}_let-go_`));

  test('a third app server is told to the web servers, and to nobody else', () => {
    expect(provisionedAgain({ app: { serverCount: 3 } })).toEqual(['web-1_configure', 'web-2_configure', ...lettingGo('web-1', 'web-2')]);
  });

  test('a tenth app server is told to the members, which have to take its connections', () => {
    const web = ['web-1_configure', 'web-2_configure', ...lettingGo('web-1', 'web-2')];
    expect(provisionedAgain({ app: { serverCount: 9 } })).toEqual(web);
    expect(provisionedAgain({ app: { serverCount: 10 } })).toEqual(['db-1_configure', 'db-2_configure', 'db-3_configure', ...web]);
  });

  test('a third web server is told to the load balancers, and to nobody else', () => {
    expect(provisionedAgain({ web: { serverCount: 3 } })).toEqual(['lb-1_configure', 'lb-2_configure', ...lettingGo('lb-1', 'lb-2')]);
  });

  test('where hosts take turns for updates, a third web server is told to the other two as well', () => {
    const updates = { securityUpdates: true };
    const [two, three] = [triggers(platform({ updates })), triggers(platform({ updates, web: { serverCount: 3 } }))];
    const again = Object.keys(two)
      .filter((step) => three[step] !== two[step])
      .sort();
    expect(again).toEqual(['lb-1_configure', 'lb-2_configure', ...lettingGo('lb-1', 'lb-2'), 'web-1_configure', 'web-2_configure']);
  });

  test.each([
    ['another databaseUser', { mysql: { databaseUser: 'shop' } }],
    [
      'an account for migrations',
      { application: { entryPoint: 'app/server.ts', publicFolder: 'app/public', migrationEntryPoint: 'app/migrate.ts' } },
    ],
  ])('which takes accounts or rights away, has them ended at its end: %s', (_, settings) => {
    expect(provisionedAgain(settings)).toContainEqual(expect.stringContaining('former-passwords'));
  });

  test('of the variable secrets_revision provisions all hosts again, and ends what was valid before', () => {
    const concerned = Object.keys(before).filter((step) => before[step]?.includes('${var.secrets_revision}'));
    expect(concerned).toHaveLength(9 + 1);
    expect(concerned.filter((step) => !step.endsWith('_configure'))).toEqual([expect.stringContaining('former-passwords')]);
  });
});

test('every host is told again who may log in when one of the variables with public keys changes', () => {
  const concerned = Object.entries(triggers(platform())).filter(([, trigger]) =>
    trigger.includes('${nonsensitive(var.ssh_public_key)}\\n${nonsensitive(var.ssh_additional_public_keys)}\\n'),
  );
  expect(concerned.map(([step]) => step).sort()).toEqual(
    ['app-1', 'app-2', 'db-1', 'db-2', 'db-3', 'lb-1', 'lb-2', 'web-1', 'web-2'].map((host) => `${host}_configure`),
  );
});

describe('a new internal CA', () => {
  const issuers = (stack: PlatformStack) =>
    new Set(
      Object.entries(synthesized(stack).resource.tls_locally_signed_cert ?? {}).flatMap(([id, cert]) =>
        id.startsWith('internal-authority') ? [/_ca-(\w+)_cert/.exec(String(cert.ca_cert_pem))?.[1]] : [],
      ),
    );
  const trusted = (stack: PlatformStack) => [
    ...new Set(
      JSON.stringify(synthesized(stack).resource.terraform_data).match(/(?<=internal-authority_ca-)\w+(?=_certificate_\w+\.cert_pem)/g),
    ),
  ];

  test.each([
    ['is made known first', ['1', '2'], '1', ['1', '2']],
    ['then signs', ['2', '1'], '2', ['2', '1']],
    ['and is the only one at last', ['2'], '2', ['2']],
  ])('%s', (_, internalAuthorities, signs, known) => {
    const stack = platform({ internalAuthorities });
    expect(issuers(stack)).toEqual(new Set([signs]));
    expect(trusted(stack)).toEqual(known);
  });

  test('keeps its key when its place in the list changes', () => {
    const keys = (internalAuthorities: string[]) =>
      resourceIds(platform({ internalAuthorities })).match(/tls_private_key\.internal-authority_ca-\d_.*/g);
    expect(keys(['2', '1'])).toEqual(keys(['1', '2']));
  });
});

test('the variable keys_revision renews every TLS key but those of CAs and those that nobody uses', () => {
  const { tls_private_key: keys = {} } = synthesized(platform({ pinHostKeys: false })).resource;
  const renewed = Object.keys(keys).filter((id) => JSON.stringify(keys[id]?.lifecycle)?.includes('terraform_data.keys-revision'));
  expect(
    Object.keys(keys)
      .filter((id) => !renewed.includes(id))
      .sort(),
  ).toEqual([
    expect.stringMatching(/^app_app-2_deletion-gate/),
    expect.stringMatching(/^edge_authority_ca-1_key/),
    expect.stringMatching(/^internal-authority_ca-1_key/),
    expect.stringMatching(/^lb-authority_ca-1_key/),
    expect.stringMatching(/^web_web-2_deletion-gate/),
  ]);
  expect(renewed).toHaveLength(6);
});

test('wrong settings are refused before anything is built, all at once', () => {
  expect(() => platform({ domain: 'localhost', mysql: { memberCount: 2 } })).toThrow(
    /platform: domain is "localhost".*\nplatform: mysql\.memberCount is 2/,
  );
});

test('one production environment protects everything that holds data or an address', () => {
  const stack = platform({ deleteProtection: true });
  for (const [type, id] of [
    ['hcloud_server', 'mysql_db-1'],
    ['hcloud_volume', 'mysql_db-1'],
    ['hcloud_network', 'site'],
    ['hcloud_floating_ip', 'site'],
  ] as const) {
    expect(resource(stack, type, id), type).toMatchObject({ delete_protection: true });
  }
});

test('each sentence of the table of connections is there once', () => {
  const sentences = CONNECTIONS.map(({ from, to, port }) => `${from} -> ${to} ${port}`);
  expect(new Set(sentences).size).toBe(sentences.length);
});

/** `web-1_configure` to everything that makes the step run again. */
function triggers(stack: PlatformStack): Record<string, string> {
  const steps = synthesized(stack).resource.terraform_data ?? {};
  return Object.fromEntries(
    Object.entries(steps).map(([id, step]) => [
      /_([a-z]+-\d+_(install|configure))_/.exec(id)?.[1] ?? id,
      JSON.stringify(step.triggers_replace),
    ]),
  );
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** Resource to the resources that it names, in depends_on or anywhere else. */
function dependencies(stack: PlatformStack): Graph {
  const all = Object.entries(synthesized(stack).resource).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, block]) => [`${type}.${id}`, JSON.stringify(block)] as const),
  );
  const ids = all.map(([id]) => id);
  return new Map(all.map(([id, text]) => [id, ids.filter((other) => other !== id && text.includes(other))]));
}

function reachable(graph: Graph, from: string): string[] {
  const seen = new Set<string>();
  const visit = (id: string): void => {
    for (const next of graph.get(id) ?? []) {
      if (!seen.has(next)) visit((seen.add(next), next));
    }
  };
  visit(from);
  return [...seen];
}

function cycles(graph: Graph): string[] {
  return [...graph.keys()].filter((id) => reachable(graph, id).includes(id));
}

function step(graph: Graph, name: string): string {
  const found = [...graph.keys()].find((id) => id.startsWith('terraform_data.') && id.includes(`_${name}_`));
  if (!found) throw new Error(`no step ${name}`);
  return found;
}
