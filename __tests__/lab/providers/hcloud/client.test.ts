import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { HcloudClient } from '../../../../lab/providers/hcloud/client';
import { describeError } from '../../../../lab/providers/hcloud/errors';
import { listening } from '../../../helpers/ports';

type Answer = { status: number; body?: unknown; type?: string; correlationId?: string };
const signal = new AbortController().signal;
let server: Server | undefined;
afterEach(() => server?.close());

/** A client of a server that gives these answers, one after the other, and the requests it saw. */
async function clientOf(...answers: Answer[]): Promise<{ client: HcloudClient; requests: string[]; headers: Record<string, unknown>[] }> {
  const [requests, headers]: [string[], Record<string, unknown>[]] = [[], []];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    const { status, body, type = 'application/json', correlationId } = answers.shift() ?? { status: 500 };
    response.writeHead(status, {
      'content-type': type,
      connection: 'close',
      ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const endpoint = `http://127.0.0.1:${await listening(server)}/v1`;
  return { client: new HcloudClient({ endpoint, token: 'x'.repeat(64), pollWait: () => 1 }), requests, headers };
}
const refusal = (status: number, code: string, details: object = { details: null }): Answer => ({
  status,
  body: { error: { code, message: 'no', ...details } },
});
const action = (id: number, status: string): object => ({ id, status, command: 'x' });

test('introduces itself as the real provider does', async () => {
  const { client, headers } = await clientOf({ status: 200, body: {} });
  await client.get('/servers', signal);
  expect(headers[0]).toMatchObject({
    'user-agent': 'hcloud-terraform/1.68.0 hcloud-go/2.47.0',
    accept: 'application/json',
    authorization: `Bearer ${'x'.repeat(64)}`,
  });
  expect(headers[0]).not.toHaveProperty('content-type');
});

test('takes an object for gone by the error code only', async () => {
  const { client } = await clientOf(refusal(404, 'not_found'), refusal(404, 'other'), {
    status: 404,
    body: '{"error":{"code":"not_found"}}',
    type: 'text/plain',
  });
  expect(await client.find('/servers/1', 'server', signal)).toBeNull();
  await expect(client.find('/servers/1', 'server', signal)).rejects.toThrow('no (other)');
  await expect(client.find('/servers/1', 'server', signal)).rejects.toThrow('hcloud: server responded with status code 404');
});

test('looks a number up by id first, then by name', async () => {
  const { client, requests } = await clientOf(refusal(404, 'not_found'), { status: 200, body: { servers: [{ id: 5 }] } });
  expect(await client.findByIdOrName('servers', 'server', '17', signal)).toEqual({ id: 5 });
  expect(requests).toEqual(['GET /v1/servers/17', 'GET /v1/servers?name=17']);
});

test('polls all actions of a wait in one request until they end', async () => {
  const running = { status: 200, body: { actions: [action(1, 'running'), action(2, 'success')] } };
  const { client, requests } = await clientOf(running, { status: 200, body: { actions: [action(1, 'success')] } });
  await client.wait([action(1, 'running'), action(2, 'running'), null] as never, signal);
  expect(requests).toEqual(['GET /v1/actions?id=1&id=2&page=1&sort=status&sort=id', 'GET /v1/actions?id=1&page=1&sort=status&sort=id']);
});

test('does not poll what has ended, and fails with a failed action', async () => {
  const { client, requests } = await clientOf();
  await client.wait([action(1, 'success')] as never, signal);
  const failed = { ...action(7, 'error'), error: { code: 'action_failed', message: 'Action failed' } };
  await expect(client.wait([failed] as never, signal)).rejects.toThrow('Action failed (action_failed, 7)');
  expect(requests).toEqual([]);
});

test('misses an action that is not in the answer', async () => {
  const { client } = await clientOf({ status: 200, body: { actions: [] } });
  await expect(client.wait([action(9, 'running')] as never, signal)).rejects.toThrow('actions not found: [9]');
});

test.each([
  ['a conflict', refusal(409, 'conflict')],
  ['the rate limit', refusal(429, 'rate_limit_exceeded')],
  ['502 without JSON', { status: 502, body: '<html>', type: 'text/html' }],
])('tries again 1 s after %s', async (_, answer) => {
  const { client, requests } = await clientOf(answer, { status: 200, body: { ok: true } });
  expect(await client.get('/x', signal)).toEqual({ ok: true });
  expect(requests).toHaveLength(2);
});

test.each([
  ['locked', refusal(423, 'locked'), 'no (locked)'],
  ['503', { status: 503, body: '<html>', type: 'text/html' }, 'hcloud: server responded with status code 503'],
  ['500', refusal(500, 'server_error'), 'no (server_error)'],
])('gives up at once for %s', async (_, answer, message) => {
  const { client, requests } = await clientOf(answer);
  await expect(client.get('/x', signal)).rejects.toThrow(message);
  expect(requests).toHaveLength(1);
});

test('tells refused fields in the words of either half of the provider', async () => {
  const fields = { details: { fields: [{ name: 'name', messages: ['is too long'] }] } };
  const { client } = await clientOf({ ...refusal(422, 'invalid_input', fields), correlationId: 'abc' });
  const error: unknown = await client.post('/x', {}, signal).catch((caught: unknown) => caught);
  expect(describeError(error, 'sdk')[0]?.summary).toBe('no (invalid_input, abc): [name => [is too long]]');
  expect(describeError(error, 'framework')[0]).toMatchObject({
    summary: 'Invalid field in API request',
    detail: expect.stringContaining('Field: name\nMessages:\n - is too long'),
  });
});

test('names the crash of the real provider for refused input without details', async () => {
  const { client } = await clientOf(refusal(422, 'invalid_input', {}));
  await expect(client.post('/x', {}, signal)).rejects.toThrow('Plugin did not respond');
});

test('tells a refused connection as Go does', async () => {
  const client = new HcloudClient({ endpoint: 'http://127.0.0.1:1/v1', token: 'x', pollWait: () => 1 });
  await expect(client.get('/x', signal)).rejects.toThrow(
    'Get "http://127.0.0.1:1/v1/x": dial tcp 127.0.0.1:1: connect: connection refused',
  );
});
