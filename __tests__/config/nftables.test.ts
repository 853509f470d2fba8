import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { renderHostFirewall, type HostFirewallConfig } from '../../lib/config/nftables';
import { DYNAMIC } from '../../lib/net/connections';
import { AddressPlan, TIERS, type Tier } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { RESOLVERS } from '../../lib/net/resolvers';
import { ACME_CONNECTIONS, CONNECTIONS, WAYS_OUT } from '../../lib/platform-stack';

const canCheck = spawnSync('unshare', ['-n', 'nft', '--version']).status === 0;

function render(tier: Tier, config: Partial<HostFirewallConfig> = {}): string {
  const { subnets, networkRange } = new AddressPlan();
  const anywhere = ['0.0.0.0/0', '::/0'];
  return renderHostFirewall({
    tier,
    connections: CONNECTIONS,
    waysOut: WAYS_OUT,
    resolvers: RESOLVERS,
    ports: PORTS,
    subnets,
    networkRange,
    operators: anywhere,
    internet: anywhere,
    proxied: false,
    ...config,
  });
}

/** The rules of a chain that are there for a reason of their own. */
function rules(text: string, chain: 'input' | 'output' = 'input'): string[] {
  const body = text.split(`chain ${chain} {`)[1]?.split('\n  }')[0] ?? '';
  return body
    .split('\n')
    .filter((line) => line.includes('comment'))
    .map((line) => line.trim());
}

test('drops on every host what the table of connections does not name', () => {
  for (const tier of TIERS) {
    expect(render(tier)).toContain('hook input priority filter; policy drop;');
    expect(render(tier)).toContain('hook output priority filter; policy drop;');
  }
  expect(rules(render('app', { connections: [] }))).toEqual(['udp sport 67 udp dport 68 accept comment "DHCP"']);
});

test('where an ACME client obtains the certificate, the load balancers reach it on each other', () => {
  const more = rules(render('lb', { connections: [...CONNECTIONS, ...ACME_CONNECTIONS] })).filter(
    (rule) => !rules(render('lb')).includes(rule),
  );
  expect(more).toEqual(['ip saddr 10.0.1.0/24 tcp dport 8402 accept comment "lb -> lb acmeChallenge"']);
});

test('what the load balancers hand each other is reached by nobody else', () => {
  const pair = TIERS.flatMap((tier) => rules(render(tier))).filter((rule) => rule.includes('8403'));
  expect(pair).toEqual(['ip saddr 10.0.1.0/24 tcp dport 8403 accept comment "lb -> lb pair"']);
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

test('SSH sessions that are older than the rules go on, and no connection is opened from that port', () => {
  expect(rules(render('mysql'), 'output')).toContain(
    'ip daddr 10.0.1.0/24 tcp sport 22 tcp flags & (syn | ack) == ack accept comment "mysql -> lb answers in older ssh sessions"',
  );
  expect(render('lb')).not.toContain('older');
});

test('lets out what the table lets in elsewhere, and to the Internet those users that it names', () => {
  expect(rules(render('lb'), 'output')).toEqual([
    'udp sport 68 udp dport 67 accept comment "DHCP"',
    'ip daddr 10.0.1.0/24 meta l4proto 112 accept comment "lb -> lb vrrp"',
    'ip daddr 10.0.1.0/24 tcp dport 9101 accept comment "lb -> lb floatingIpAgent"',
    'ip daddr 10.0.1.0/24 tcp dport 8403 accept comment "lb -> lb pair"',
    'ip daddr 10.0.2.0/24 tcp dport 80 accept comment "lb -> web http"',
    'ip daddr 10.0.2.0/24 tcp dport 22 accept comment "lb -> web ssh"',
    'ip daddr 10.0.3.0/24 tcp dport 22 accept comment "lb -> app ssh"',
    'ip daddr 10.0.4.0/24 tcp dport 22 accept comment "lb -> mysql ssh"',
    'meta skuid "root" accept comment "root -> internet"',
    'meta skuid "_apt" accept comment "_apt -> internet"',
    'meta skuid "systemd-timesync" udp dport { 123 } accept comment "systemd-timesync -> internet"',
    'ip daddr @resolvers_ipv4 meta l4proto { tcp, udp } th dport { 53 } accept comment "everybody -> resolvers"',
    'ip6 daddr @resolvers_ipv6 meta l4proto { tcp, udp } th dport { 53 } accept comment "everybody -> resolvers"',
    'meta skuid "floating-ip" ip daddr @hetzner_api_ipv4 tcp dport { 80, 443 } accept comment "floating-ip -> hetzner-api"',
    'meta skuid "floating-ip" ip6 daddr @hetzner_api_ipv6 tcp dport { 80, 443 } accept comment "floating-ip -> hetzner-api"',
    'meta skuid "floating-ip" ip daddr $PEER_PUBLIC_ADDRESS tcp dport { 443 } accept comment "floating-ip -> other-lb"',
  ]);
});

test('name servers are those of the setting, of both address families; load balancers add those that they are told', () => {
  const text = render('web', { resolvers: ['192.0.2.53', '2001:db8::53', '192.0.2.54'] });
  expect(text).toContain('set resolvers_ipv4 {\n    type ipv4_addr\n    elements = { 192.0.2.53, 192.0.2.54 }\n  }\n');
  expect(text).toContain('set resolvers_ipv6 {\n    type ipv6_addr\n    elements = { 2001:db8::53 }\n  }\n');
  expect(text).not.toContain('include');
  expect(render('lb')).toContain('include "/etc/platform/host-firewall.d/*.nft"\n');
});

test('only root pings', () => {
  expect(
    render('web')
      .split('\n')
      .filter((rule) => rule.includes('icmp'))
      .map((rule) => rule.trim()),
  ).toEqual([
    'meta l4proto { icmp, icmpv6 } accept',
    'meta l4proto { icmp, icmpv6 } meta skuid 0 accept',
    'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld2-listener-report } accept',
  ]);
});

test('the private network and the metadata service are closed before any way to the Internet opens', () => {
  const text = render('app');
  expect(text.indexOf('ip daddr 169.254.169.254 meta skuid != 0 drop')).toBeLessThan(text.indexOf('-> internet'));
  expect(text.indexOf('ip daddr 10.0.0.0/16 drop')).toBeLessThan(text.indexOf('-> internet'));
});

test('a way out may be limited to ranges, of both address families', () => {
  const waysOut = [{ from: 'app', user: DYNAMIC, to: ['203.0.113.0/24', '2001:db8::/32'] }] as const;
  expect(rules(render('app', { waysOut }), 'output').filter((rule) => rule.includes('internet'))).toEqual([
    'meta skuid 61184-65519 ip daddr { 203.0.113.0/24 } accept comment "units with a user of their own -> internet"',
    'meta skuid 61184-65519 ip6 daddr { 2001:db8::/32 } accept comment "units with a user of their own -> internet"',
  ]);
});

test('VRRP is a protocol of its own, without a port', () => {
  expect(rules(render('lb'))).toContain('ip saddr 10.0.1.0/24 meta l4proto 112 accept comment "lb -> lb vrrp"');
});

test('internet and operators reach public addresses only: a host of the private network is neither', () => {
  expect(rules(render('lb')).filter((rule) => /internet|operators/.test(rule))).toEqual([
    'meta nfproto ipv4 ip daddr != 10.0.0.0/16 tcp dport 80 accept comment "internet -> lb http"',
    'meta nfproto ipv6 tcp dport 80 accept comment "internet -> lb http"',
    'meta nfproto ipv4 ip daddr != 10.0.0.0/16 tcp dport 443 accept comment "internet -> lb https"',
    'meta nfproto ipv6 tcp dport 443 accept comment "internet -> lb https"',
    'meta nfproto ipv4 ip daddr != 10.0.0.0/16 tcp dport 22 accept comment "operators -> lb ssh"',
    'meta nfproto ipv6 tcp dport 22 accept comment "operators -> lb ssh"',
  ]);
});

test('forwards on the load balancers alone, and only from the private network outwards', () => {
  expect(render('lb')).toContain('ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 accept comment "NAT gateway"');
  expect(render('web')).not.toContain('NAT gateway');
});

test('keeps the two address families of the operators apart', () => {
  const ssh = (operators: string[]) => rules(render('lb', { operators })).filter((rule) => rule.includes('operators'));
  expect(ssh(['203.0.113.0/24', '2001:db8::/32'])).toEqual([
    'ip saddr { 203.0.113.0/24 } ip daddr != 10.0.0.0/16 tcp dport 22 accept comment "operators -> lb ssh"',
    'ip6 saddr { 2001:db8::/32 } tcp dport 22 accept comment "operators -> lb ssh"',
  ]);
  expect(ssh(['0.0.0.0/0'])).toEqual(['meta nfproto ipv4 ip daddr != 10.0.0.0/16 tcp dport 22 accept comment "operators -> lb ssh"']);
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

  test('further ranges may be let in', () => {
    expect(rules(lb(['203.0.113.0/24']))).toContain(
      'ip saddr { 203.0.113.0/24 } ip daddr != 10.0.0.0/16 tcp dport 443 accept comment "internet -> lb https"',
    );
  });

  test('only the load balancers know about it', () => {
    for (const tier of ['web', 'app', 'mysql'] as const) expect(render(tier, { internet: [], proxied: true })).toBe(render(tier));
  });

  test.skipIf(!canCheck)('nft accepts the rules after the facts that they name', () => {
    const facts =
      'define CLOUDFLARE_IPV4 = { 173.245.48.0/20,104.16.0.0/13 }\ndefine CLOUDFLARE_IPV6 = { 2400:cb00::/32,2606:4700::/32 }\ndefine PEER_PUBLIC_ADDRESS = { 192.0.2.7 }\n';
    expect(() =>
      execFileSync('unshare', ['-n', 'nft', '-f', '-'], {
        input: facts + render('lb', { internet: ['203.0.113.0/24'], proxied: true, waysOut: [] }),
      }),
    ).not.toThrow();
  });
});

test('an internet that is open to all needs no rule for the other load balancer', () => {
  expect(rules(render('lb')).join('\n')).not.toContain('other-lb');
  // They ask each other by IPv4
  expect(render('lb', { internet: ['::/0'] })).toContain('ip saddr $PEER_PUBLIC_ADDRESS tcp dport 443');
});

test.skipIf(!canCheck).each(TIERS)('nft accepts the rules of %s, also a second time', (tier) => {
  // Users of the hosts, which are unknown here
  const waysOut = [
    { from: tier, user: 'root' },
    { from: tier, user: DYNAMIC, ports: ['dns'], to: ['0.0.0.0/0', '2001:db8::/32'] },
    { from: tier, user: 'root', ports: ['https'], to: 'hetzner-api' },
  ] as const;
  const text = render(tier, { waysOut, operators: ['203.0.113.0/24', '198.51.100.7/32', '2001:db8::/32'] });
  const input = { input: text };
  expect(() =>
    execFileSync(
      'unshare',
      [
        '-n',
        'sh',
        '-c',
        'failed=0; cat >"$0"; nft -f "$0" && nft -f "$0" || failed=1; rm "$0"; exit $failed',
        `/tmp/host-firewall-test-${process.pid}`,
      ],
      input,
    ),
  ).not.toThrow();
});
