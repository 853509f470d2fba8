import { describe, expect, test } from 'vitest';
import { TestClient, TOKEN, refusal } from './test-client';

describe('a request that the emulator does not know is refused with 501 and recorded', () => {
  test.each([
    ['an unknown route', 'GET', '/load_balancers', undefined, 'GET /v1/load_balancers'],
    ['a method that the route does not have', 'PUT', '/actions', {}, 'PUT /v1/actions'],
    ['an id that is no number', 'GET', '/servers/web-1', undefined, 'GET /v1/servers/web-1'],
    ['an unknown field', 'POST', '/networks', { name: 'n', ip_range: '10.0.0.0/16', colour: 'red' }, "POST /v1/networks: field 'colour'"],
    [
      'an unknown field inside',
      'POST',
      '/servers',
      { name: 'a', server_type: 'cx23', image: 'debian-13', public_net: { ipv5: 1 } },
      "field 'ipv5' of public_net",
    ],
    ['an unknown query parameter', 'GET', '/servers?colour=red', undefined, "GET /v1/servers: query parameter 'colour'"],
    ['a query on a POST', 'POST', '/servers?dry_run=true', {}, "query parameter 'dry_run'"],
  ])('%s', async (_what, method, path, body, named) => {
    const client = new TestClient();
    const answer = await client.request(method, path, body);
    expect(refusal(answer)).toContain('501 not_emulated');
    expect(refusal(answer)).toContain(named);
    expect(client.api.project.unexpectedRequests).toEqual([expect.stringContaining(named)]);
  });

  test('every list accepts page, per_page and sort', async () => {
    const client = new TestClient();
    expect((await client.get('/locations?per_page=50&sort=id%3Aasc')).status).toBe(200);
    expect((await client.get('/actions?id=7&page=1&sort=status&sort=id')).body.actions).toEqual([]);
    expect(client.api.project.unexpectedRequests).toEqual([]);
  });
});

test('a bad value is invalid_input with its field', async () => {
  const answer = await new TestClient().post('/volumes', { name: 'data', size: 5, location: 'fsn1' });
  expect(refusal(answer)).toBe("422 invalid_input: invalid input in field 'size': is below 10");
  expect(answer.body.error.details).toEqual({ fields: [{ name: 'size', messages: ['is below 10'] }] });
});

test('a missing field is invalid_input', async () => {
  expect(refusal(await new TestClient().post('/networks', { name: 'n' }))).toContain("invalid input in field 'ip_range'");
});

test('a body that is not JSON is json_error', async () => {
  expect(refusal(await new TestClient().request('POST', '/networks', undefined, { text: '{' }))).toContain('400 json_error');
});

test('power actions and deletes need no body, and an empty object is as good', async () => {
  const client = new TestClient();
  const { id } = await client.server();
  expect((await client.post(`/servers/${id}/actions/poweroff`)).status).toBe(201);
  expect((await client.post(`/servers/${id}/actions/poweron`, {})).status).toBe(201);
});

test('every error has the content type of JSON and the key details, which clients need', async () => {
  const client = new TestClient();
  for (const answer of [
    await client.get('/servers/1'),
    await client.get('/nothing'),
    await client.request('GET', '/servers', undefined, { token: 'wrong' }),
  ]) {
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.body.error).toHaveProperty('details', null);
  }
});

test('a wrong token is unauthorized', async () => {
  expect(refusal(await new TestClient().request('GET', '/servers', undefined, { token: 'y'.repeat(64) }))).toContain('401 unauthorized');
});

describe('rate limit', () => {
  test('every answer has the budget in its headers, which refills by one request a second', async () => {
    const client = new TestClient();
    await client.control('PUT', '/rate-limit', { remaining: 2 });
    const budget = (headers: Headers) => headers.get('ratelimit-remaining');
    expect(budget((await client.get('/servers')).headers)).toBe('1');
    expect(budget((await client.get('/servers/1')).headers)).toBe('0');
    const refused = await client.get('/servers');
    expect(refusal(refused)).toContain('429 rate_limit_exceeded');
    expect(refused.headers.get('ratelimit-limit')).toBe('3600');
    expect(Number(refused.headers.get('ratelimit-reset'))).toBe(client.clock.now() / 1000 + 3600);
    await client.clock.advance(1000);
    expect((await client.get('/servers')).status).toBe(200);
  });

  test("the lab's own commands have none: they take no request from the project, and are never refused", async () => {
    const client = new TestClient();
    for (let number = 0; number <= 3600; number += 1) expect((await client.api.tools.request('/v1/locations?page=2')).status).toBe(200);
    expect((await client.get('/locations')).headers.get('ratelimit-remaining')).toBe('3599');
  });
});

test('the deprecated list of all actions is gone', async () => {
  expect(refusal(await new TestClient().get('/actions'))).toContain('410 deprecated_api_endpoint');
});

test('the request log does not contain the token', async () => {
  const client = new TestClient();
  await client.get('/servers');
  expect(JSON.stringify(await client.control('GET', '/requests'))).not.toContain(TOKEN);
});
