import { serve } from '@hono/node-server';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { TerraformOutput, TerraformStack, Testing } from 'cdktf';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCloudflareApi, type CloudflareApi } from '../../lab/cloudflare-api';
import { resolveCertificate } from '../../lib/settings/certificate';
import { resolveCloudflare, type CloudflareSettings, type OriginCertificateSettings } from '../../lib/settings/cloudflare';
import { CloudflareZone } from '../../lib/cloudflare/zone';
import { Edge } from '../../lib/edge';
import { TOKEN } from '../lab/cloudflare-api/test-client';
import { Terraform } from '../lab/providers/conformance/terraform';

const FLOATING_IP = '198.51.100.7';

interface Wish {
  readonly cloudflare?: CloudflareSettings;
  readonly certificate?: OriginCertificateSettings;
  readonly names?: readonly string[];
}

/** The edge of a platform alone, as Terraform reads it. */
function edge({ cloudflare = { zone: 'example.com' }, certificate = {}, names = ['www.example.com', 'example.com'] }: Wish = {}): string {
  const stack = new TerraformStack(Testing.app(), 'test');
  new TlsProvider(stack, 'tls');
  const zone = new CloudflareZone(stack, 'cloudflare', { settings: resolveCloudflare(cloudflare), issuesCertificates: true });
  const made = new Edge(stack, 'edge', {
    domains: names,
    certificate: resolveCertificate({ mode: 'cloudflare-origin', ...certificate }),
    issueAfter: [zone.found],
  });
  zone.point(names, FLOATING_IP, []);
  new TerraformOutput(stack, 'revision', { value: made.certificateRevision });
  if (zone.proxies) new TerraformOutput(stack, 'proxies', { value: [zone.proxies.ipv4, zone.proxies.ipv6] });
  return Testing.synth(stack);
}

let api: CloudflareApi;
let server: ReturnType<typeof serve>;
let terraform: Terraform;
let variables: string[];

beforeEach(async () => {
  api = createCloudflareApi({ token: TOKEN, zones: ['example.com', 'example.net'] });
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: api.app.fetch, hostname: '127.0.0.1', port: 0 }, (info: AddressInfo) => resolve(info.port));
  });
  variables = [`-var=cloudflare_token=${TOKEN}`, `-var=cloudflare_base_url=http://127.0.0.1:${port}/client/v4`];
  terraform = await Terraform.start(edge(), {}, 'main.tf.json');
});
afterEach(async () => {
  await terraform.stop();
  server.close();
  expect([api.account.unexpectedRequests, api.account.failures]).toEqual([[], []]);
});

const records = () =>
  [...api.account.records.values()]
    .map(({ name, content, proxied, ttl }) => ({ name, content, proxied, ttl }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
const certificates = () => [...api.account.certificates.values()];

describe('a first deploy', () => {
  test('points proxied names to the floating IP, gets a certificate for them, and has nothing to change afterwards', async () => {
    await terraform.apply(...variables);
    expect(records()).toEqual(['example.com', 'www.example.com'].map((name) => ({ name, content: FLOATING_IP, proxied: true, ttl: 1 })));
    expect(certificates()).toMatchObject([
      { hostnames: ['example.com', 'www.example.com'], requestedValidity: 730, requestType: 'origin-ecc' },
    ]);
    expect(await terraform.changes(...variables)).toEqual({});
    const { output } = await terraform.run('output', '-json', 'proxies');
    expect(JSON.parse(output)).toEqual([expect.arrayContaining(['104.16.0.0/13']), expect.arrayContaining(['2400:cb00::/32'])]);
  });

  test('of names that are not proxied lets visitors come straight to the floating IP', async () => {
    await terraform.write(edge({ cloudflare: { zone: 'example.com', proxied: false } }));
    await terraform.apply(...variables);
    expect(records()).toContainEqual({ name: 'www.example.com', content: FLOATING_IP, proxied: false, ttl: 300 });
  });

  test('uploads a client certificate for origin pulls and switches them on', async () => {
    await terraform.write(edge({ cloudflare: { zone: 'example.com', originPulls: { mode: 'generated' } } }));
    await terraform.apply(...variables);
    expect([...api.account.pullCertificates.values()]).toMatchObject([{ signature: 'SHA256WithRSA' }]);
    expect([...api.account.pullsEnabled.values()]).toEqual([true]);
    expect(await terraform.changes(...variables)).toEqual({});
  });
});

test.each(['http://api.cloudflare.com/client/v4', 'http://127.example.test/client/v4', 'https://api.cloudflare.com/client/v4 x'])(
  'the token is sent nowhere without TLS but to this machine: cloudflare_base_url is refused before anything is asked: %j',
  async (address) => {
    const { exitCode, output } = await terraform.run('plan', `-var=cloudflare_token=${TOKEN}`, `-var=cloudflare_base_url=${address}`);
    expect(exitCode).toBe(1);
    expect(output.replaceAll(/\s+/g, ' ')).toContain('cloudflare_base_url has to be an https URL, since tokens go there');
  },
);

describe('a certificate that comes near its end', () => {
  test('is renewed by the next apply, and revoked when its successor is there', async () => {
    await terraform.apply(...variables);
    const [former] = certificates();
    // Two years later, for Terraform: all of its life is its last days
    await terraform.write(edge({ certificate: { renewBeforeDays: 730 } }));
    const changes = await terraform.changes(...variables);
    expect(changes).toEqual({
      [`tls_self_signed_cert.${idOf(changes, 'edge_origin_clock')}`]: 'create, delete',
      [`cloudflare_origin_ca_certificate.${idOf(changes, 'edge_origin_certificate')}`]: 'create, delete',
    });
    await terraform.apply(...variables);
    expect(certificates()).toHaveLength(2);
    expect(certificates().map(({ id, revokedAt }) => [id === former?.id, revokedAt !== null])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test('makes a plan warn when fewer than 30 days are left, and not before', async () => {
    await terraform.apply(...variables);
    expect((await terraform.run('plan', ...variables)).output.replace(/\s+/g, ' ')).not.toContain('The origin certificate ends on');
    const [certificate] = certificates();
    if (certificate) certificate.expiresOn = new Date(Date.now() + 29 * 86_400_000);
    const { exitCode, output } = await terraform.run('plan', ...variables);
    expect(exitCode).toBe(0);
    expect(output.replace(/\s+/g, ' ')).toContain('The origin certificate ends on');
  });

  test('is of no use in mode Full, of which a plan warns', async () => {
    const { exitCode, output } = await terraform.run('plan', ...variables);
    expect(exitCode).toBe(0);
    expect(output.replace(/[\s│]+/g, ' ')).toContain('has the SSL/TLS mode Full, with which Cloudflare believes any certificate');
  });

  test('is another one for other names', async () => {
    await terraform.apply(...variables);
    await terraform.write(edge({ names: ['www.example.com'] }));
    await terraform.apply(...variables);
    expect(certificates().filter(({ revokedAt }) => revokedAt === null)).toMatchObject([{ hostnames: ['www.example.com'] }]);
  });
});

describe('before anything is changed, an error', () => {
  async function refused(...more: string[]): Promise<string> {
    const { exitCode, output } = await terraform.run('plan', ...variables, ...more);
    expect(exitCode).toBe(1);
    expect([records(), certificates()]).toEqual([[], []]);
    return output.replace(/[\s│]+/g, ' ');
  }

  test('names a zone that the token does not see', async () => {
    await terraform.write(edge({ cloudflare: { zone: 'example.org' } }));
    expect(await refused()).toContain('Cloudflare shows the token no zone example.org');
  });

  test("gives Cloudflare's own words for a token without rights", async () => {
    const fault = {
      match: { path: '/client/v4/zones' },
      effect: { kind: 'status', status: 403, code: '9109', message: 'Unauthorized to access requested resource' },
    };
    await api.control.request('/faults', { method: 'POST', body: JSON.stringify(fault) });
    expect(await refused()).toContain('Unauthorized to access requested resource');
  });

  test('tells of a token that may read and not edit', async () => {
    await api.control.request('/tokens/terraform', { method: 'PUT', body: JSON.stringify({ value: TOKEN, access: 'read' }) });
    expect(await refused()).toContain(
      'Cloudflare shows cloudflare_token the zone example.com with #dns_records:read and without #dns_records:edit',
    );
  });

  test('does not print a token that is too short', async () => {
    const output = await refused('-var=cloudflare_token=short-secret');
    expect(output).toContain('cloudflare_token has to be an API token of Cloudflare');
    expect(output).not.toContain('short-secret');
  });

  test('tells of an SSL/TLS mode with which visitors would be redirected without end', async () => {
    const [zoneId] = api.account.zones.keys();
    api.account.settings.set(`${zoneId}/ssl`, { value: 'flexible', modifiedOn: api.account.now() });
    expect(await refused()).toContain('The zone example.com has the SSL/TLS mode flexible');
  });
});

test("gives Cloudflare's own words for a record that is there already", async () => {
  const [zone] = api.account.zones.values();
  const body = JSON.stringify({ name: 'www.example.com', type: 'CNAME', content: 'elsewhere.example.com', ttl: 300 });
  await api.app.request(
    `/client/v4/zones/${zone?.id}/dns_records`,
    { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` }, body },
    { incoming: { socket: { remoteAddress: '192.0.2.10', once: () => undefined } } },
  );
  await expect(terraform.apply(...variables)).rejects.toThrow(/81053|already exist/);
});

function idOf(changes: Readonly<Record<string, string>>, part: string): string {
  const address = Object.keys(changes).find((found) => found.includes(part)) ?? '';
  return address.slice(address.indexOf('.') + 1);
}
