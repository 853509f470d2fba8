import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCloudflareApi, type CloudflareApi } from '../../../../lab/cloudflare-api';
import { TOKEN } from '../../cloudflare-api/test-client';
import { record, recorded, type Exchange, type Recorder } from './exchanges';
import { Terraform } from './terraform';

const stack = readFileSync(new URL('cloudflare-stack.tf', import.meta.url), 'utf8');
let api: CloudflareApi;
let server: ReturnType<typeof serve>;
let recorder: Recorder;
let terraform: Terraform;

beforeAll(async () => {
  api = createCloudflareApi({ token: TOKEN, zones: ['example.com'] });
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: api.app.fetch, hostname: '127.0.0.1', port: 0 }, (info: AddressInfo) => resolve(info.port));
  });
  recorder = await record(`http://127.0.0.1:${port}`);
  terraform = await Terraform.start(stack, { cloudflare: { baseUrl: `${recorder.origin}/client/v4/`, token: TOKEN } });
});
afterAll(async () => {
  await terraform?.stop();
  recorder?.stop();
  server?.close();
});

/** Requests with names in place of ids and without what chance made, so that two runs compare. */
class Namer {
  private readonly names = new Map<string, string>();

  requests(exchanges: readonly Exchange[]): readonly string[] {
    for (const { response } of exchanges) this.learn((response as { result?: unknown } | null)?.result);
    return exchanges
      .map(
        ({ method, path, request }) =>
          `${method} ${this.named(path)}${request === null ? '' : ` ${this.named(JSON.stringify(sorted(request)))}`}`,
      )
      .sort();
  }

  private learn(result: unknown): void {
    const { id, name, type, request_type, certificate } = (result ?? {}) as Record<string, string | undefined>;
    if (id === undefined) return;
    if (name !== undefined) this.names.set(id, `<${type ?? 'zone'} ${name}>`);
    else if (certificate !== undefined) this.names.set(id, `<certificate ${request_type ?? 'for pulls'}>`);
  }

  private named(text: string): string {
    return text
      .replace(/-----BEGIN ([A-Z ]+)-----.*?-----END \1-----(\\n)?/g, '<$1>')
      .replace(/\b([0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\d{25,48})\b/g, (id) => this.names.get(id) ?? id);
  }
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  );
};

const [ours, theirs] = [new Namer(), new Namer()];
const variables: string[] = [];
const compare = (number: string): void => expect(ours.requests(recorder.take())).toEqual(theirs.requests(recorded('cloudflare', number)));

test('01: creates the stack with the recorded requests', async () => {
  variables.push(`-var=zone_id=${[...api.account.zones.keys()][0]!}`);
  const output = await terraform.apply(...variables);
  expect(output).toContain('This resource cannot be destroyed from Terraform.');
  compare('01');
});

test('02: finds nothing to change, with the recorded requests', async () => {
  expect(await terraform.planExitCode(...variables)).toBe(0);
  compare('02');
});

describe.each([
  ['03', 'comment=changed', { 'cloudflare_dns_record.apex': 'update' }],
  ['04', 'content=192.0.2.11', { 'cloudflare_dns_record.apex': 'update' }],
  ['05', 'ttl=600', { 'cloudflare_dns_record.direct': 'update' }],
  ['06', 'tags=["env:lab"]', { 'cloudflare_dns_record.www': 'update' }],
  ['07', 'proxied=false', { 'cloudflare_dns_record.apex': 'update' }],
  ['08', 'ssl=full', { 'cloudflare_zone_setting.ssl': 'update' }],
  ['09', 'pulls=false', { 'cloudflare_authenticated_origin_pulls_settings.pull': 'update' }],
  ['10', 'validity=90', { 'cloudflare_origin_ca_certificate.rsa': 'delete, create' }],
  ['11', 'hostnames=["example.com","www.example.com"]', { 'cloudflare_origin_ca_certificate.rsa': 'delete, create' }],
])('%s: %s', (number, variable, changes) => {
  test('changes just that, with the recorded requests', async () => {
    variables.push(`-var=${variable}`);
    expect(await terraform.changes(...variables)).toEqual(changes);
    recorder.take();
    await terraform.apply(...variables);
    compare(number);
  });
});

test('14: creates a record again that others deleted', async () => {
  const direct = [...api.account.records.values()].find(({ name }) => name === 'direct.example.com')!;
  api.account.records.delete(direct.id);
  await terraform.apply(...variables);
  compare('14');
});

test('16: takes back what others changed', async () => {
  api.account.settings.set(`${[...api.account.zones.keys()][0]!}/ssl`, { value: 'flexible', modifiedOn: api.account.now() });
  [...api.account.records.values()].find(({ type }) => type === 'AAAA')!.content = '2001:db8::bad';
  expect(await terraform.changes(...variables)).toEqual({
    'cloudflare_zone_setting.ssl': 'update',
    'cloudflare_dns_record.apex6': 'update',
  });
  recorder.take();
  await terraform.apply(...variables);
  compare('16');
});

test('19: orders a certificate again that can no longer be read, and sees nothing in one that is revoked but readable', async () => {
  const ecc = [...api.account.certificates.values()].find(({ requestType }) => requestType === 'origin-ecc')!;
  ecc.revokedAt = api.account.now();
  api.account.showsRevoked = true;
  expect(await terraform.planExitCode(...variables)).toBe(0);
  api.account.showsRevoked = false;
  recorder.take();
  await terraform.apply(...variables);
  compare('19');
});

test('a validity taken out of the configuration plans a change that cannot be made, as with the real provider', async () => {
  await terraform.write(stack.replace('  requested_validity = var.validity\n', ''));
  expect(await terraform.changes(...variables)).toEqual({ 'cloudflare_origin_ca_certificate.rsa': 'update' });
  expect((await terraform.run('apply', '-auto-approve', ...variables)).output).toContain(
    'Provider produced inconsistent result after apply',
  );
  await terraform.write(stack);
});

test('a short name is the same as the full one, and the final dot is not', async () => {
  const renamed = (name: string): Promise<void> =>
    terraform.write(
      stack
        .replace('"direct.example.com"', `"${name}"`)
        .replace('name    = "example.com"\n  type    = "AAAA"', 'name    = "@"\n  type    = "AAAA"'),
    );
  await renamed('direct');
  expect(await terraform.changes(...variables)).toEqual({});
  await renamed('direct.example.com.');
  expect(await terraform.changes(...variables)).toEqual({ 'cloudflare_dns_record.direct': 'update' });
  await terraform.write(stack);
});

test('imports a record by zone and record, and finds nothing to change', async () => {
  const { id, zone_id: zone } = await terraform.values('cloudflare_dns_record', 'www');
  await terraform.run('state', 'rm', 'cloudflare_dns_record.www');
  const run = await terraform.run('import', ...variables, 'cloudflare_dns_record.www', `${String(zone)}/${String(id)}`);
  expect(run.output).toContain('Import successful!');
  expect(await terraform.planExitCode(...variables)).toBe(0);
  recorder.take();
});

test('21: destroys with the recorded requests, and leaves the settings as they are', async () => {
  await terraform.run('destroy', '-auto-approve', ...variables);
  compare('21');
  expect([api.account.records.size, api.account.pullCertificates.size]).toEqual([0, 0]);
  expect([...api.account.settings.keys()]).toHaveLength(3);
  expect([api.account.unexpectedRequests, api.account.failures]).toEqual([[], []]);
});
