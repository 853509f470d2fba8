import { expect, test } from 'vitest';
import { resource, resourceIds, synthesized, testSite, testStack } from '../helpers/stack';

test('is a network with a subnet a tier, a way out, a key, a firewall and an address that moves', async () => {
  const stack = testStack();
  testSite(stack);
  await expect(JSON.stringify(synthesized(stack).resource, null, 2)).toMatchFileSnapshot('site.snapshot.json');
});

test('the route to the Internet leads to the alias address that moves with the floating IP', () => {
  const stack = testStack();
  testSite(stack, { network: { range: '192.168.0.0/16' } });
  expect(resource(stack, 'hcloud_network_route', 'site_route')).toMatchObject({ destination: '0.0.0.0/0', gateway: '192.168.1.10' });
});

test('opens 80, 443 and 22 to the sources of the settings, and answers ping', () => {
  const stack = testStack();
  testSite(stack, { sshSources: ['203.0.113.0/24'], webSources: ['198.51.100.0/24'] });
  const { rule } = resource(stack, 'hcloud_firewall', 'site_public-firewall') as {
    rule: { protocol: string; port?: string; source_ips: string[] }[];
  };
  expect(rule.map(({ protocol, port, source_ips }) => [protocol, port, ...source_ips])).toEqual([
    ['tcp', '80', '198.51.100.0/24'],
    ['tcp', '443', '198.51.100.0/24'],
    ['tcp', '22', '203.0.113.0/24'],
    ['icmp', undefined, '0.0.0.0/0', '::/0'],
  ]);
});

test('a placement group holds ten servers, the eleventh begins another', () => {
  const stack = testStack();
  const site = testSite(stack);
  site.hosts('web', 11).forEach((host) => site.placementGroup(host));
  expect(resourceIds(stack).match(/hcloud_placement_group\.\S+/g)).toEqual([
    expect.stringContaining('site_spread-web-1_'),
    expect.stringContaining('site_spread-web-2_'),
  ]);
});

test('spreads the hosts of a tier over the locations', () => {
  const site = testSite(testStack(), { locations: ['fsn1', 'nbg1'] });
  expect(site.hosts('web', 3).map((host) => site.locationOf(host))).toEqual(['fsn1', 'nbg1', 'fsn1']);
});
