import type { Tier } from '../net/address-plan';
import type { Connection, Peer } from '../net/connections';

export interface HostFirewallConfig {
  readonly tier: Tier;
  /** Who may talk to whom; only the sentences about this tier matter. */
  readonly connections: readonly Connection[];
  readonly ports: Readonly<Record<Tier, Readonly<Record<string, number>>>>;
  /** CIDR of each tier's subnet. Subnets rather than hosts, so that one more web server leaves the app servers alone. */
  readonly subnets: Readonly<Record<Tier, string>>;
  readonly networkRange: string;
  /** CIDRs, IPv4 and IPv6, that count as `operators` and as `internet`. */
  readonly operators: readonly string[];
  readonly internet: readonly string[];
  /** Cloudflare's proxies count as `internet`, too. */
  readonly proxied: boolean;
}

/**
 * Rules of one tier's hosts for `nft -f`. Only its own table is replaced: NAT and others have theirs. Names such as
 * $CLOUDFLARE_IPV4 are facts of the host; provisioning/host.sh puts their definitions before the rules.
 */
export function renderHostFirewall(config: HostFirewallConfig): string {
  const rules = config.connections.filter((connection) => connection.to === config.tier).flatMap((connection) => accept(config, connection));
  return `\
# Default deny, on the private interface too: Hetzner's firewall filters public traffic only.
# The first two lines make the file replace its table as one transaction, whether or not it was there.
table inet host_firewall
delete table inet host_firewall
table inet host_firewall {
  chain input {
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ct state invalid drop
    meta l4proto { icmp, icmpv6 } accept
    udp sport 67 udp dport 68 accept comment "DHCP"
${rules.map((rule) => `    ${rule}\n`).join('')}  }

  chain forward {
    type filter hook forward priority filter; policy drop;
${forward(config)}  }
}
`;
}

/** The load balancers are the way out for all hosts without a public address; nothing comes in this way. */
function forward({ tier, networkRange }: HostFirewallConfig): string {
  if (tier !== 'lb') return '';
  return `    ct state established,related accept
    ip saddr ${networkRange} ip daddr != ${networkRange} accept comment "NAT gateway"
`;
}

function accept(config: HostFirewallConfig, { from, to, port }: Connection): string[] {
  const what = port === 'vrrp' ? 'meta l4proto 112' : `tcp dport ${config.ports[to][port]}`;
  return sources(config, from).map((source) => `${source}${what} accept comment "${from} -> ${to} ${port}"`);
}

/** One match for each address family, an empty one where everybody may. */
function sources(config: HostFirewallConfig, peer: Peer): string[] {
  if (peer === 'other-lb') return config.internet.includes('0.0.0.0/0') ? [] : ['ip saddr $PEER_PUBLIC_ADDRESS '];
  if (peer === 'operators') return inRanges(config.operators);
  if (peer !== 'internet') return [`ip saddr ${config.subnets[peer]} `];
  return [...inRanges(config.internet), ...(config.proxied ? ['ip saddr $CLOUDFLARE_IPV4 ', 'ip6 saddr $CLOUDFLARE_IPV6 '] : [])];
}

function inRanges(ranges: readonly string[]): string[] {
  const [ipv4, ipv6] = [ranges.filter((range) => !range.includes(':')), ranges.filter((range) => range.includes(':'))];
  if (ipv4.includes('0.0.0.0/0') && ipv6.includes('::/0')) return [''];
  return [...match('ip', ipv4, '0.0.0.0/0'), ...match('ip6', ipv6, '::/0')];
}

function match(family: 'ip' | 'ip6', ranges: readonly string[], everything: string): string[] {
  if (ranges.length === 0) return [];
  if (ranges.includes(everything)) return [`meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'} `];
  return [`${family} saddr { ${ranges.join(', ')} } `];
}
