import { afterEach, expect, test, vi } from 'vitest';
import { askCloudflare } from '../../platform/doctor/ask/cloudflare';
import { HetznerApi } from '../../platform/hetzner/api';

afterEach(() => void vi.restoreAllMocks());

test.each([
  'http://api.example.test/v1',
  'http://127.example.test/v1',
  'http://localhost:1@example.test/v1',
  'https://example.test/v1 x',
  '',
])('a command of operators sends no token without TLS but to this machine: %j', async (address) => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('asked'));
  await expect(new HetznerApi(address, 'token').mayWrite()).rejects.toThrow('hcloud_endpoint is not an https URL');
  await expect(askCloudflare(address, 'token', 'example.test')).rejects.toThrow('cloudflare_base_url is not an https URL');
  expect(fetched).not.toHaveBeenCalled();
});

test.each(['https://api.hetzner.cloud/v1', 'https://[2001:db8::1]:8443/v1', 'http://127.0.0.1:8080/v1', 'http://localhost/v1'])(
  'a command of operators may ask %s',
  async (address) => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('asked'));
    await expect(new HetznerApi(address, 'token').mayWrite()).rejects.toThrow('asked');
    await expect(askCloudflare(address, 'token', 'example.test')).rejects.toThrow('asked');
  },
);
