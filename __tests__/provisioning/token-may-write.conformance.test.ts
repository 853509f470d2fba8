import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { TOKEN } from '../lab/api/test-client';

const READER = 'r'.repeat(64);

let api: ListeningApi;
let folder: string;
let floatingIp: string;
beforeEach(async () => {
  api = await listen();
  folder = mkdtempSync(join(tmpdir(), 'token-may-write-'));
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const made = await fetch(`${api.endpoint}/floating_ips`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ type: 'ipv4', home_location: 'fsn1', name: 'platform' }),
  });
  floatingIp = `${api.endpoint}/floating_ips/${String(((await made.json()) as { floating_ip: { id: number } }).floating_ip.id)}`;
  await api.control.request('/tokens/reader', { method: 'PUT', body: JSON.stringify({ value: READER, access: 'read' }) });
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await api.stop();
});

async function check(token: string, url = floatingIp): Promise<{ exitCode?: number; stderr: string }> {
  writeFileSync(join(folder, 'token'), token);
  const { exitCode, stderr } = await execa('bash', ['provisioning/load-balancer/token-may-write', join(folder, 'token'), url], {
    reject: false,
  });
  return { exitCode, stderr };
}

test('a token that may write passes, and nothing is changed', async () => {
  const shown = async () =>
    ((await (await fetch(floatingIp, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as { floating_ip: object }).floating_ip;
  const before = await shown();
  expect(await check(TOKEN)).toEqual({ exitCode: 0, stderr: '' });
  expect(await shown()).toEqual(before);
});

test("one that may only read, or is none of this project, fails in Hetzner's own words", async () => {
  expect(await check(READER)).toEqual({ exitCode: 1, stderr: '401 token is only allowed to perform GET requests' });
  expect(await check('w'.repeat(64))).toEqual({ exitCode: 1, stderr: '401 unable to authenticate' });
  expect(await check(TOKEN, `${api.endpoint}/floating_ips/999999`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^404 \S/) as string,
  });
});

test('an API that is away or out of order says nothing of the token', async () => {
  await api.control.request('/faults', {
    method: 'POST',
    body: JSON.stringify({
      match: { path: '/v1/floating_ips' },
      effect: { kind: 'status', status: 503, code: 'unavailable', message: 'later' },
    }),
  });
  expect(await check('w'.repeat(64))).toEqual({ exitCode: 0, stderr: '' });
  await api.control.request('/faults', { method: 'DELETE' });
  expect(await check('w'.repeat(64), 'http://127.0.0.1:1/v1/floating_ips/1')).toEqual({ exitCode: 0, stderr: '' });
});
