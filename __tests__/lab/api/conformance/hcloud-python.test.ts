import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PUBLIC_KEY, TOKEN } from '../test-client';
import { listen } from './listening-api';
import type { ListeningApi } from './listening-api';
import { pythonWithHcloud } from './python-hcloud';

const PROGRAM = fileURLToPath(new URL('hcloud_client.py', import.meta.url));

let api: ListeningApi;
let python: string;
beforeAll(async () => {
  python = await pythonWithHcloud();
  api = await listen();
});
afterAll(() => api.stop());

test('the Python library lists, describes, creates, labels, assigns, powers off and deletes', async () => {
  const { stdout } = await execa(python, [PROGRAM], {
    env: { ENDPOINT: api.endpoint, TOKEN, PUBLIC_KEY, PYTHONDONTWRITEBYTECODE: '1' },
    timeout: 60_000,
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('all well');
  expect(api.hardware.machines.size).toBe(0);
  expect(api.project.unexpectedRequests).toEqual([]);
  expect(api.project.failures).toEqual([]);
});
