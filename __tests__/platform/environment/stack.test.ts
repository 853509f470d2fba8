import { App } from 'cdktf';
import { expect, test } from 'vitest';
import { PlatformStack } from '../../../lib/platform-stack';
import type { EnvironmentSettings } from '../../../lib/settings';
import { readStack } from '../../../platform/environment/stack';
import { synthesized } from '../../helpers/stack';

const MINIMAL: EnvironmentSettings = {
  domain: 'www.example.com',
  application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' },
};
const read = (settings: Partial<EnvironmentSettings> = {}) =>
  readStack('shop', synthesized(new PlatformStack(new App(), 'shop', { ...MINIMAL, ...settings })));

test('reads from the synthesized stack what a deploy would order, name and ask for', () => {
  const environment = read({ namePrefix: 'shop-', locations: ['nbg1', 'hel1'], mysql: { serverType: 'ccx13', volumeGb: 50 } });
  expect(
    environment.servers
      .map(({ name, tier, serverType, location, publicIpv4 }) => `${name} ${tier} ${serverType} ${location} ${String(publicIpv4)}`)
      .sort(),
  ).toEqual([
    'shop-app-1 app cx23 nbg1 false',
    'shop-app-2 app cx23 hel1 false',
    'shop-db-1 mysql ccx13 nbg1 false',
    'shop-db-2 mysql ccx13 hel1 false',
    'shop-db-3 mysql ccx13 nbg1 false',
    'shop-lb-1 lb cx23 nbg1 true',
    'shop-lb-2 lb cx23 hel1 true',
    'shop-web-1 web cx23 nbg1 false',
    'shop-web-2 web cx23 hel1 false',
  ]);
  expect(environment.volumes.map(({ name, size }) => `${name} ${size}`).sort()).toEqual([
    'shop-db-1-data 50',
    'shop-db-2-data 50',
    'shop-db-3-data 50',
  ]);
  expect(environment.floatingIp).toMatchObject({
    name: 'shop-platform',
    location: 'nbg1',
    address: expect.stringMatching(/^hcloud_floating_ip\.site_floating-ip_/),
  });
  expect(environment.named).toHaveLength(9 + 3 + 4 + 4);
  expect(environment.variables).toContainEqual({ name: 'hcloud_token', default: undefined });
  expect(environment.variables).toContainEqual({ name: 'hcloud_endpoint', default: 'https://api.hetzner.cloud/v1' });
  expect(environment.state).toMatchObject({ backend: { local: { path: expect.stringContaining('terraform.shop.tfstate') } } });
  expect(environment).toMatchObject({
    domains: ['www.example.com'],
    certificate: { mode: 'self-signed', letsEncrypt: false },
    connections: 20_000,
    cloudflare: undefined,
  });
});

test.each<[Partial<EnvironmentSettings>, object]>([
  [
    { additionalDomains: ['example.com'], certificate: { mode: 'acme' } },
    { domains: ['www.example.com', 'example.com'], certificate: { mode: 'acme', letsEncrypt: true }, cloudflare: undefined },
  ],
  [
    { certificate: { mode: 'acme', directoryUrl: 'https://ca.example.com/acme/directory' }, cloudflare: { zone: 'example.com' } },
    { certificate: { letsEncrypt: false }, cloudflare: { zone: 'example.com', proxied: true } },
  ],
  [{ cloudflare: { zone: 'example.com', proxied: false } }, { cloudflare: { zone: 'example.com', proxied: false } }],
])('knows the names, where the certificate comes from, and Cloudflare, of %j', (settings, found) => {
  expect(read(settings)).toMatchObject(found);
});

test('knows a state in Terraform Cloud', () => {
  expect(read({ backend: { type: 'terraform-cloud', organization: 'acme', workspace: 'shop' } }).state).toMatchObject({
    cloud: { organization: 'acme' },
  });
});
