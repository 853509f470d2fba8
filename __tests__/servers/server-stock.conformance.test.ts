import { TerraformStack, Testing } from 'cdktf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HcloudProvider } from '../../.gen/providers/hcloud/provider';
import { ServerStock, type ServerOrder } from '../../lib/servers/server-stock';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { TOKEN } from '../lab/api/test-client';
import { Terraform } from '../lab/providers/conformance/terraform';

const order = (name: string, given: Partial<ServerOrder> = {}): ServerOrder => ({
  name,
  tier: 'web',
  serverType: 'cx23',
  location: 'fsn1',
  ...given,
});

let api: ListeningApi;
let terraform: Terraform;
beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(configuration([]), { endpoint: api.endpoint, token: TOKEN }, 'main.tf.json');
});
afterEach(async () => {
  await api.control.request('/faults', { method: 'DELETE' });
  for (const { id } of api.project.servers.all()) await request('DELETE', `/servers/${id}`);
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
});

function configuration(orders: readonly ServerOrder[]): string {
  const stack = new TerraformStack(Testing.app(), 'test');
  new HcloudProvider(stack, 'hcloud', {});
  new ServerStock(stack, 'stock', orders);
  return Testing.synth(stack);
}

async function request(method: string, path: string, body?: object): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const answer = await fetch(`${api.endpoint}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
}

const exists = (name: string, server_type = 'cx23', location = 'fsn1') =>
  request('POST', '/servers', { name, server_type, location, image: 'debian-13' });
const soldOut = (serverType: string, location?: string) =>
  api.control.request('/faults', { method: 'POST', body: JSON.stringify({ effect: { kind: 'sold-out', serverType, location } }) });

/** What a plan says, in one line. */
async function plan(...orders: readonly ServerOrder[]): Promise<{ exitCode: number; output: string }> {
  await terraform.write(configuration(orders));
  const { exitCode, output } = await terraform.run('plan', '-detailed-exitcode');
  return { exitCode, output: output.replace(/[\s│]+/g, ' ') };
}

test('changes nothing, and costs two requests', async () => {
  const before = await sent();
  expect((await plan(order('web-1'), order('web-2'), order('db-1', { tier: 'mysql', serverType: 'ccx13' }))).exitCode).toBe(0);
  expect((await sent()).slice(before.length).sort()).toEqual([
    'GET /v1/server_types?page=1&per_page=50',
    'GET /v1/servers?page=1&per_page=50',
  ]);
});

async function sent(): Promise<string[]> {
  const { requests } = (await (await api.control.request('/requests')).json()) as { requests: readonly { method: string; path: string }[] };
  return requests.map(({ method, path }) => `${method} ${path}`);
}

describe('servers that are not there yet', () => {
  test('are refused with the cheapest type that would do, its price and the setting', async () => {
    await soldOut('cx23', 'fsn1');
    const { exitCode, output } = await plan(order('web-1'), order('web-2'));
    expect([exitCode, output]).toEqual([
      1,
      expect.stringContaining('web-1, web-2: Hetzner cannot deliver cx23 in fsn1 now. cx33 can be had there (EUR 8.49 a month'),
    ]);
    expect(output).toContain("set web.serverType to 'cx33', or another location in locations.");
  });

  test('get the next type where that is sold out as well', async () => {
    for (const type of ['cx23', 'cx33', 'cx43', 'cx53']) await soldOut(type);
    expect((await plan(order('lb-1', { tier: 'lb' }))).output).toContain(
      "cpx22 can be had there (EUR 19.49 a month without VAT in September 2026): set loadBalancers.serverType to 'cpx22'",
    );
  });

  test('are told by name, and where', async () => {
    await soldOut('cx23', 'nbg1');
    const { output } = await plan(order('web-1'), order('web-2', { location: 'nbg1' }), order('web-3'));
    expect(output).toContain(' web-2: Hetzner cannot deliver cx23 in nbg1 now.');
    expect(output).not.toContain('web-1');
  });

  test('are refused once for each tier', async () => {
    await soldOut('cx23');
    const { output } = await plan(order('web-1'), order('app-1', { tier: 'app' }), order('db-1', { tier: 'mysql', serverType: 'ccx13' }));
    expect([...output.matchAll(/(\S+): Hetzner cannot deliver/g)].map(([, name]) => name).sort()).toEqual(['app-1', 'web-1']);
  });

  test('are refused where the type has ended, whatever else the catalogue says', async () => {
    expect((await plan(order('web-1', { serverType: 'cpx11' }))).output).toContain('Hetzner cannot deliver cpx11 in fsn1 now.');
  });
});

describe('servers that are there', () => {
  test('need no stock', async () => {
    await exists('web-1');
    await soldOut('cx23');
    expect((await plan(order('web-1'))).exitCode).toBe(0);
    expect((await plan(order('web-1'), order('web-2'))).output).toContain(' web-2: Hetzner cannot deliver cx23');
  });

  test('need stock for another type or another place', async () => {
    await exists('web-1');
    await soldOut('cx33');
    await soldOut('cx23', 'nbg1');
    expect((await plan(order('web-1', { serverType: 'cx33' }))).output).toContain('web-1: Hetzner cannot deliver cx33 in fsn1 now.');
    expect((await plan(order('web-1', { location: 'nbg1' }))).output).toContain('web-1: Hetzner cannot deliver cx23 in nbg1 now.');
  });

  test.each([
    ['a smaller disk', 'cx33', 'cx23', 'cx23 (x86, 40 GB)'],
    ['another architecture', 'cx23', 'cax21', 'cax21 (Arm, 80 GB)'],
  ])('are not resized to %s, which Hetzner refuses after the power-off', async (_what, from, to, described) => {
    await exists('web-1', from);
    const { exitCode, output } = await plan(order('web-1', { serverType: to }), order('web-2', { serverType: to }));
    expect([exitCode, output]).toEqual([
      1,
      expect.stringContaining(' web-1: Hetzner changes the type of a server only to one of the same architecture'),
    ]);
    expect(output).toContain(`${described} is none`);
  });

  test('are resized to a larger disk', async () => {
    await exists('web-1');
    expect((await plan(order('web-1', { serverType: 'cx33' }))).exitCode).toBe(0);
  });
});
