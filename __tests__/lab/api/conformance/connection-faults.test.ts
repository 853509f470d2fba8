import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FaultOrder } from '../../../../lab/api';
import { TOKEN } from '../test-client';
import { listen } from './listening-api';
import type { ListeningApi } from './listening-api';

let api: ListeningApi;
beforeAll(async () => {
  api = await listen();
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.control.request('/faults', { method: 'DELETE' });
});

async function fault(order: FaultOrder): Promise<string> {
  const response = await api.control.request('/faults', { method: 'POST', body: JSON.stringify(order) });
  return ((await response.json()) as { id: string }).id;
}
const call = (options: { signal?: AbortSignal } = {}) =>
  request(`${api.endpoint}/servers`, { headers: { authorization: `Bearer ${TOKEN}` }, ...options });

test('a closed connection gives no answer at all', async () => {
  await fault({ effect: { kind: 'close' }, count: 1 });
  await expect(call()).rejects.toThrow(/other side closed|ECONNRESET|socket/);
  expect((await call()).statusCode).toBe(200);
});

test('a hanging call ends when the client gives up', async () => {
  await fault({ effect: { kind: 'hang' }, count: 1 });
  await expect(call({ signal: AbortSignal.timeout(200) })).rejects.toThrow();
  expect((await call()).statusCode).toBe(200);
});

test('a hanging call is closed when the fault is taken away', async () => {
  const id = await fault({ effect: { kind: 'hang' } });
  const hanging = call();
  hanging.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await api.control.request(`/faults/${id}`, { method: 'DELETE' })).status).toBe(204);
  await expect(hanging).rejects.toThrow();
});

test('a fault for one address does not hit the others', async () => {
  await fault({ match: { fromAddress: '127.0.0.2' }, effect: { kind: 'token-revoked' } });
  expect((await call()).statusCode).toBe(200);
  await fault({ match: { fromAddress: '127.0.0.1' }, effect: { kind: 'token-revoked' } });
  expect((await call()).statusCode).toBe(401);
});

test('the request log shows callers and requests, without tokens', async () => {
  await call();
  const { requests } = (await (await api.control.request('/requests')).json()) as { requests: Record<string, unknown>[] };
  expect(requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/servers', fromAddress: '127.0.0.1', status: 200 });
  expect(JSON.stringify(requests)).not.toContain(TOKEN);
});
