import { expect, test } from 'vitest';
import { PORTS } from '../../lib/net/ports';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { resolveWeb, type WebSettings } from '../../lib/settings/web';
import { WebTier, type WebTierProps } from '../../lib/tiers/web-tier';
import { resourceIds, testSite, testStack } from '../helpers/stack';

function webTier(settings: WebSettings = {}, wiring: Partial<WebTierProps> = {}) {
  const stack = testStack();
  const site = testSite(stack);
  const tier = new WebTier(stack, 'web', {
    ...resolveWeb(settings, site.plan),
    site,
    egress: [],
    logs: LOG_DEFAULTS,
    upstreams: site.endpoints('app', 'http', 2),
    publicFolder: 'app/public',
    ...wiring,
  });
  return { stack, tier };
}

test('offers an endpoint for each server, two by default', () => {
  expect(webTier().tier.endpoints).toEqual([
    { name: 'web-1', address: '10.0.2.11', port: PORTS.web.http },
    { name: 'web-2', address: '10.0.2.12', port: PORTS.web.http },
  ]);
  expect(webTier({ serverCount: 20 }).tier.endpoints.at(-1)).toEqual({ name: 'web-20', address: '10.0.2.30', port: 80 });
});

test.each([0, 21, 1.5])('refuses %d servers', (serverCount) => {
  expect(() => webTier({ serverCount })).toThrow(`web: serverCount is ${serverCount}, want a whole number from 1 to 20`);
});

test('refuses to forward to nobody', () => {
  expect(() => webTier({}, { upstreams: [] })).toThrow(
    'web: upstreams is [], want at least one app server; pass the endpoints of an AppTier',
  );
});

test('keeps the resource ids that deployed state depends on', async () => {
  const ids = resourceIds(webTier().stack)
    .split('\n')
    .filter((id) => id.includes('.web_'));
  await expect(`${ids.join('\n')}\n`).toMatchFileSnapshot('web-tier.resource-ids.txt');
});
