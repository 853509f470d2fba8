import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { CloudflareClient } from '../../../../lab/providers/cloudflare/client';
import { listening } from '../../../helpers/ports';

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
const JSON_TYPE = { 'content-type': 'application/json' };
const OK: Answer = { status: 200, body: '{"result":{"id":"x"},"success":true}', headers: JSON_TYPE };
const signal = new AbortController().signal;
let server: Server | undefined;
afterEach(() => server?.close());

async function clientOf(...answers: Answer[]): Promise<{ client: CloudflareClient; url: string; seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = [];
  server = createServer((request, response) => {
    seen.push(request.headers);
    const answer = answers.shift();
    if (answer === undefined) return void request.socket.destroy();
    response.writeHead(answer.status, { connection: 'close', ...answer.headers }).end(answer.body);
  });
  const url = `http://127.0.0.1:${await listening(server)}/client/v4`;
  return {
    client: new CloudflareClient({ baseUrl: `${url}/`, credentials: { authorization: 'Bearer t' }, terraformVersion: '1.11.4' }),
    url,
    seen,
  };
}

test('introduces itself as the real provider does, and counts its retries', async () => {
  const { client, seen } = await clientOf({ status: 503 }, OK);
  await client.send('POST', '/certificates', {}, signal);
  expect(seen.map((headers) => headers['x-stainless-retry-count'])).toEqual(['0', '1']);
  expect(seen[0]).toMatchObject({
    'user-agent': 'terraform-provider-cloudflare/5.14.0 terraform-plugin-framework/1.15.0 terraform/1.11.4',
    authorization: 'Bearer t',
    'content-type': 'application/json',
  });
});

describe('tries again, at most twice,', () => {
  test.each([408, 409, 429, 500, 502])('after status %i', async (status) => {
    const { client, url, seen } = await clientOf(...Array.from({ length: 3 }, () => ({ status, headers: { 'retry-after-ms': '1' } })));
    await expect(client.get('/ips', signal)).rejects.toThrow(`GET "${url}/ips": ${status}`);
    expect(seen).toHaveLength(3);
  });

  test('after a dropped connection', async () => {
    const { client, seen } = await clientOf();
    await expect(client.get('/ips', signal)).rejects.toThrow(/EOF$/);
    expect(seen).toHaveLength(3);
  });

  test('unless the answer says not to', async () => {
    const { client, seen } = await clientOf({ status: 500, headers: { 'x-should-retry': 'false' } });
    await expect(client.get('/ips', signal)).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['obeys a short Retry-After', '0.2', 150, 350],
    ['does not wait for a long one', '300', 350, 900],
  ])('and %s', async (_, after, least, most) => {
    const { client } = await clientOf({ status: 429, headers: { 'retry-after': after } }, OK);
    const start = Date.now();
    await client.get('/ips', signal);
    expect(Date.now() - start).toBeGreaterThan(least);
    expect(Date.now() - start).toBeLessThan(most);
  });
});

test('tells the raw body of a refusal on one line, and drops one that is not JSON', async () => {
  const { client, url } = await clientOf(
    { status: 400, body: '{"errors":\n [{"code":1004}]}', headers: JSON_TYPE },
    { status: 403, body: '<html>' },
  );
  await expect(client.send('POST', '/x', {}, signal)).rejects.toThrow(`POST "${url}/x": 400 Bad Request {"errors": [{"code":1004}]}`);
  await expect(client.get('/x', signal)).rejects.toThrow(new RegExp('403 Forbidden$'));
});

test.each([
  ['an empty body', ''],
  ['HTML', '<html>'],
  ['success false', '{"success":false,"result":null}'],
])('takes status 200 with %s for a success, like the real client', async (_, body) => {
  const { client } = await clientOf({ status: 200, body });
  expect(await client.get('/x', signal)).toBeNull();
});

test('needs JSON in the answer to a deletion', async () => {
  const { client } = await clientOf({ status: 204 }, OK);
  await expect(client.delete('/x', signal)).rejects.toThrow(/expected destination type of 'string'/);
  await client.delete('/x', signal);
});

test('takes every 404 for gone', async () => {
  const { client } = await clientOf({ status: 404, body: '<html>' });
  expect(await client.find('/x', signal)).toBeNull();
});
