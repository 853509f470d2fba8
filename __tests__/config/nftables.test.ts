import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { renderHostFirewall, type HostFirewallConfig } from '../../lib/config/nftables';
import { AddressPlan, TIERS, type Tier } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { ACME_CONNECTIONS, CONNECTIONS } from '../../lib/platform-stack';

const canCheck = spawnSync('unshare', ['-n', 'nft', '--version']).status === 0;

function render(tier: Tier, config: Partial<HostFirewallConfig> = {}): string {
  const { subnets, networkRange } = new AddressPlan();
  const anywhere = ['0.0.0.0/0', '::/0'];
  return renderHostFirewall({ tier, connections: CONNECTIONS, ports: PORTS, subnets, networkRange, operators: anywhere, internet: anywhere, proxied: false, ...config });
}

function rules(text: string): string[] {
  return text.split('\n').filter((line) => line.includes('comment')).map((line) => line.trim());
}

test('drops on every host what the table of connections does not name', () => {
  for (const tier of TIERS) expect(render(tier)).toContain('hook input priority filter; policy drop;');
  expect(rules(render('app', { connections: [] }))).toEqual(['udp sport 67 udp dport 68 accept comment "DHCP"']);
});

test('where an ACME client obtains the certificate, the load balancers reach it on each other, and hand on what it got', () => {
  const more = rules(render('lb', { connections: [...CONNECTIONS, ...ACME_CONNECTIONS] })).filter((rule) => !rules(render('lb')).includes(rule));
  expect(more).toEqual(['ip saddr 10.0.1.0/24 tcp dport 8402 accept comment "lb -> lb acmeChallenge"', 'ip saddr 10.0.1.0/24 tcp dport 8403 accept comment "lb -> lb certificate"']);
});

test('lets each tier in on its port, from the subnet of the other', () => {
  expect(rules(render('mysql'))).toEqual([
    'udp sport 67 udp dport 68 accept comment "DHCP"',
    'ip saddr 10.0.3.0/24 tcp dport 3306 accept comment "app -> mysql sql"',
    'ip saddr 10.0.3.0/24 tcp dport 9200 accept comment "app -> mysql memberHealth"',
    'ip saddr 10.0.4.0/24 tcp dport 3306 accept comment "mysql -> mysql sql"',
    'ip saddr 10.0.4.0/24 tcp dport 9200 accept comment "mysql -> mysql memberHealth"',
    'ip saddr 10.0.1.0/24 tcp dport 22 accept comment "lb -> mysql ssh"',
  ]);
});

test('VRRP is a protocol of its own, without a port', () => {
  expect(rules(render('lb'))).toContain('ip saddr 10.0.1.0/24 meta l4proto 112 accept comment "lb -> lb vrrp"');
});

test('forwards on the load balancers alone, and only from the private network outwards', () => {
  expect(render('lb')).toContain('ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 accept comment "NAT gateway"');
  expect(render('web')).not.toContain('NAT gateway');
});

test('keeps the two address families of the operators apart', () => {
  const ssh = (operators: string[]) => rules(render('lb', { operators })).filter((rule) => rule.includes('operators'));
  expect(ssh(['203.0.113.0/24', '2001:db8::/32'])).toEqual([
    'ip saddr { 203.0.113.0/24 } tcp dport 22 accept comment "operators -> lb ssh"',
    'ip6 saddr { 2001:db8::/32 } tcp dport 22 accept comment "operators -> lb ssh"',
  ]);
  expect(ssh(['0.0.0.0/0'])).toEqual(['meta nfproto ipv4 tcp dport 22 accept comment "operators -> lb ssh"']);
});

describe('where Cloudflare stands in front', () => {
  const lb = (internet: string[]) => render('lb', { internet, proxied: true });

  test('its proxies and the other load balancer are let in, and nobody else', () => {
    expect(rules(lb([])).filter((rule) => rule.includes('dport 443'))).toEqual([
      'ip saddr $CLOUDFLARE_IPV4 tcp dport 443 accept comment "internet -> lb https"',
      'ip6 saddr $CLOUDFLARE_IPV6 tcp dport 443 accept comment "internet -> lb https"',
      'ip saddr $PEER_PUBLIC_ADDRESS tcp dport 443 accept comment "other-lb -> lb https"',
    ]);
  });

  test('others may be let in besides', () => {
    expect(rules(lb(['203.0.113.0/24']))).toContain('ip saddr { 203.0.113.0/24 } tcp dport 443 accept comment "internet -> lb https"');
  });

  test('only the load balancers know about it', () => {
    for (const tier of ['web', 'app', 'mysql'] as const) expect(render(tier, { internet: [], proxied: true })).toBe(render(tier));
  });

  test.skipIf(!canCheck)('nft accepts the rules after the facts that they name', () => {
    const facts = 'define CLOUDFLARE_IPV4 = { 173.245.48.0/20,104.16.0.0/13 }\ndefine CLOUDFLARE_IPV6 = { 2400:cb00::/32,2606:4700::/32 }\ndefine PEER_PUBLIC_ADDRESS = { 192.0.2.7 }\n';
    expect(() => execFileSync('unshare', ['-n', 'nft', '-f', '-'], { input: facts + lb(['203.0.113.0/24']) })).not.toThrow();
  });
});

test('whoever lets in everybody needs no sentence about the other load balancer', () => {
  expect(render('lb')).not.toContain('other-lb');
});

test.skipIf(!canCheck).each(TIERS)('nft accepts the rules of %s, also a second time', (tier) => {
  const text = render(tier, { operators: ['203.0.113.0/24', '198.51.100.7/32', '2001:db8::/32'] });
  const input = { input: text };
  expect(() => execFileSync('unshare', ['-n', 'sh', '-c', 'cat >"$0"; nft -f "$0" && nft -f "$0"; rm "$0"', `/tmp/host-firewall-test-${process.pid}`], input)).not.toThrow();
});
