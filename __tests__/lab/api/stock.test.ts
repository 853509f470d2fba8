import { describe, expect, test } from 'vitest';
import { SERVER_TYPES } from '../../../lab/api/catalogue';
import { TestClient, refusal } from './test-client';

interface ListedType {
  readonly name: string;
  readonly prices: readonly { location: string; price_monthly: { net: string } }[];
  readonly locations: readonly { name: string; available: boolean; recommended: boolean; deprecation: object | null }[];
}

const valid = { name: 'web-1', server_type: 'cx23', image: 'debian-13', location: 'fsn1' };
const typesOf = async (client: TestClient) =>
  (await client.get('/server_types?per_page=50')).body.server_types as unknown as readonly ListedType[];
const orderable = async (client: TestClient, location: string) =>
  (await typesOf(client)).filter((type) => type.locations.some((each) => each.name === location && each.available)).map(({ name }) => name);

describe('the catalogue', () => {
  test.each([
    ['fsn1', ['cx23', 'cx53', 'cax11', 'cpx12', 'cpx62', 'ccx13'], ['cpx11', 'cpx51', 'cx22']],
    ['ash', ['cpx11', 'cpx51', 'ccx13'], ['cx23', 'cax11', 'cpx12', 'cpx22']],
    ['hil', ['cpx11', 'cpx51', 'ccx63'], ['cx23', 'cax11', 'cpx22']],
    ['sin', ['cpx12', 'cpx22', 'ccx13'], ['cx23', 'cax11', 'cpx11']],
  ])('in %s sells what Hetzner sells there, and no more', async (location, sold, notSold) => {
    const types = await orderable(new TestClient(), location);
    expect(types).toEqual(expect.arrayContaining(sold));
    expect(types.filter((type) => notSold.includes(type))).toEqual([]);
  });

  test('shows the deprecation of a type for each location, and none for the type itself', async () => {
    const { body } = await new TestClient().get('/server_types?name=cpx11');
    expect(body.server_types).toMatchObject([{ deprecated: false, deprecation: null }]);
    const { locations } = (body.server_types as unknown as readonly ListedType[])[0]!;
    expect(locations.find(({ name }) => name === 'nbg1')).toMatchObject({
      available: false,
      deprecation: { unavailable_after: '2025-12-31T23:59:59Z' },
    });
    expect(locations.find(({ name }) => name === 'ash')).toMatchObject({ available: true, recommended: true, deprecation: null });
  });

  test('has a price for each location, dearer in Singapore', async () => {
    const client = new TestClient();
    const { prices } = (await typesOf(client)).find(({ name }) => name === 'cpx22')!;
    const monthly = (location: string) => prices.find((each) => each.location === location)!.price_monthly.net;
    expect([monthly('fsn1'), monthly('sin')]).toEqual(['19.4900000000', '26.3100000000']);
    const { pricing } = (await client.get('/pricing')).body as unknown as {
      pricing: { currency: string; vat_rate: string; server_types: readonly ListedType[] };
    };
    expect(pricing).toMatchObject({ currency: 'EUR', vat_rate: '19.000000' });
    expect(pricing.server_types.map(({ name }) => name)).toEqual(SERVER_TYPES.map(({ name }) => name));
    expect(pricing.server_types.find(({ name }) => name === 'cpx22')!.prices).toEqual(prices);
  });
});

describe('a type that is sold out', () => {
  test('is shown so in the catalogue, and cannot be ordered, in that location only', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'sold-out', serverType: 'cx23', location: 'fsn1' } });
    expect(await orderable(client, 'fsn1')).not.toContain('cx23');
    expect(await orderable(client, 'nbg1')).toContain('cx23');
    const answer = await client.post('/servers', valid);
    expect(refusal(answer)).toBe('412 resource_unavailable: error during placement');
    expect(answer.body.error.details).toBeNull();
    expect((await client.get('/servers')).body.servers).toEqual([]);
    expect((await client.post('/servers', { ...valid, location: 'nbg1' })).status).toBe(201);
    expect((await client.post('/servers', { ...valid, name: 'web-2', server_type: 'cx33' })).status).toBe(201);
  });

  test('can be sold out after a number of orders, and for a number of orders', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'sold-out', serverType: 'cx23' }, after: 2, count: 1 });
    expect(await orderable(client, 'fsn1')).toContain('cx23');
    const order = async (name: string) => (await client.post('/servers', { ...valid, name })).status;
    expect([await order('web-1'), await order('web-2')]).toEqual([201, 201]);
    expect(await orderable(client, 'fsn1')).not.toContain('cx23');
    expect([await order('web-3'), await order('web-3')]).toEqual([412, 201]);
  });

  test('is in stock again when the faults are cleared', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'sold-out', serverType: 'cx23' } });
    await client.control('DELETE', '/faults');
    expect(await orderable(client, 'fsn1')).toContain('cx23');
  });

  test('refuses a match of requests, which would have no effect', async () => {
    const order = { match: { path: '/v1/servers' }, effect: { kind: 'sold-out', serverType: 'cx23' } } as const;
    expect((await new TestClient().control('POST', '/faults', order)).status).toBe(422);
  });
});

describe('the limit of the project', () => {
  test('refuses servers above it', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'limit', of: 'servers', most: 1 } });
    await client.server();
    const answer = await client.post('/servers', { ...valid, name: 'web-2' });
    expect(refusal(answer)).toBe('403 resource_limit_exceeded: server limit reached');
    expect(answer.body.error.details).toEqual({ limits: [{ name: 'server_limit' }] });
  });

  test('counts IPv4 and IPv6 of Primary IPs, also those that come with a server', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'limit', of: 'primary_ips', most: 3 } });
    await client.server();
    expect(refusal(await client.post('/servers', { ...valid, name: 'web-2' }))).toBe(
      '403 resource_limit_exceeded: Primary IP limit exceeded',
    );
    expect((await client.post('/servers', { ...valid, name: 'web-3', public_net: { enable_ipv4: true, enable_ipv6: false } })).status).toBe(
      201,
    );
    expect(refusal(await client.post('/primary_ips', { name: 'v4', type: 'ipv4', location: 'fsn1' }))).toContain(
      'Primary IP limit exceeded',
    );
  });

  test('counts dedicated cores, also when a type is changed', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'limit', of: 'dedicated_cores', most: 2 } });
    const { id } = await client.server();
    await client.server({ name: 'web-2', server_type: 'ccx13' });
    expect(refusal(await client.post('/servers', { ...valid, name: 'web-3', server_type: 'ccx13' }))).toContain(
      'dedicated core limit exceeded',
    );
    await client.act(`/servers/${id}/actions/poweroff`);
    const change = { server_type: 'ccx13', upgrade_disk: false };
    expect(refusal(await client.post(`/servers/${id}/actions/change_type`, change))).toContain('dedicated core limit exceeded');
  });

  test('refuses floating IPs above it', async () => {
    const client = new TestClient();
    await client.fault({ effect: { kind: 'limit', of: 'floating_ips', most: 0 } });
    expect(refusal(await client.post('/floating_ips', { type: 'ipv4', home_location: 'fsn1' }))).toContain('403 resource_limit_exceeded');
  });
});
