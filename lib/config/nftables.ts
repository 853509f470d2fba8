import type { Tier } from '../net/address-plan';
import type { Connection, Peer, WayOut } from '../net/connections';

/** The same address everywhere at Hetzner. */
const METADATA_SERVICE = '169.254.169.254';

export interface HostFirewallConfig {
  readonly tier: Tier;
  /** Who may talk to whom; only the sentences about this tier matter. */
  readonly connections: readonly Connection[];
  /** Who may talk to the Internet. */
  readonly waysOut: readonly WayOut[];
  /** Addresses, IPv4 and IPv6, of the name servers that may be asked. */
  readonly resolvers: readonly string[];
  readonly ports: Readonly<Record<Tier | 'internet', Readonly<Record<string, number>>>>;
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
  const { tier, connections, waysOut, resolvers, networkRange } = config;
  const inward = connections.filter(({ to }) => to === tier).flatMap((connection) => acceptFrom(config, connection));
  const inside = connections.filter(({ from }) => from === tier).map((connection) => acceptTo(config, connection));
  const answers = connections
    .filter(({ to, port }) => to === tier && port === 'ssh')
    .flatMap((connection) => acceptOlderSessions(config, connection));
  const ways = waysOut.filter(({ from }) => from === tier);
  const outward = ways.flatMap((way) => acceptOut(config, way));
  const toApi = ways.some(({ to }) => to === 'hetzner-api');
  return `\
# Default deny, on the private interface too: Hetzner's firewall filters public traffic only.
# The first two lines make the file replace its table as one transaction, whether or not it was there.
table inet host_firewall
delete table inet host_firewall
table inet host_firewall {
${sets('resolvers', resolvers)}${toApi ? sets('hetzner_api', []) : ''}  chain input {
    type filter hook input priority filter; policy drop;
    iif "lo" accept
    ct state established,related accept
    ct state invalid drop
    meta l4proto { icmp, icmpv6 } accept
    udp sport 67 udp dport 68 accept comment "DHCP"
${lines(inward)}  }

  chain output {
    type filter hook output priority filter; policy drop;
    oif "lo" accept
    ct state established,related accept
    # Only root pings; errors and answers are related to what came in, and neighbours of IPv6 are found by the kernel
    meta l4proto { icmp, icmpv6 } meta skuid 0 accept
    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld2-listener-report } accept
    udp sport 68 udp dport 67 accept comment "DHCP"
    # It tells user data and more, and every process on a host can ask it: only root may
    ip daddr ${METADATA_SERVICE} meta skuid != 0 drop
${lines([...answers, ...inside])}    ip daddr ${networkRange} drop
${lines(outward)}  }

  chain forward {
    type filter hook forward priority filter; policy drop;
${forward(config)}  }
}
${tier === 'lb' ? FOUND_ON_HOST : ''}`;
}

/** Addresses of one kind, a set for each address family. */
function sets(name: string, addresses: readonly string[]): string {
  const isIpv6 = (address: string) => address.includes(':');
  return (
    set(
      `${name}_ipv4`,
      'ipv4_addr',
      addresses.filter((each) => !isIpv6(each)),
    ) + set(`${name}_ipv6`, 'ipv6_addr', addresses.filter(isIpv6))
  );
}

function set(name: string, type: string, elements: readonly string[]): string {
  const known = elements.length === 0 ? '' : `    elements = { ${elements.join(', ')} }\n`;
  return `  set ${name} {\n    type ${type}\n${known}  }\n\n`;
}

/** Name servers that the host is told (host.sh), and addresses of Hetzner's API (hetzner-api-addresses); need not be there. */
const FOUND_ON_HOST = 'include "/etc/platform/host-firewall.d/*.nft"\n';

const lines = (rules: readonly string[]) => rules.map((rule) => `    ${rule}\n`).join('');

/** The load balancers are the way out for all hosts without a public address; nothing comes in this way. */
function forward({ tier, networkRange }: HostFirewallConfig): string {
  if (tier !== 'lb') return '';
  return `    ct state established,related accept
    # The metadata service would answer about this host
    ip daddr ${METADATA_SERVICE} drop
    ip saddr ${networkRange} ip daddr != ${networkRange} accept comment "NAT gateway"
`;
}

function acceptFrom(config: HostFirewallConfig, connection: Connection): string[] {
  return sources(config, connection.from).map((source) => `${source}${what(config, connection)} accept ${named(connection)}`);
}

function acceptTo(config: HostFirewallConfig, connection: Connection): string {
  return `ip daddr ${config.subnets[connection.to]} ${what(config, connection)} accept ${named(connection)}`;
}

/**
 * The kernel knows no connection from before the first rules. It learns of one by the next packet that passes, which
 * would not pass when it is an answer: a deploy that loads the rules would now and then cut its own session.
 */
function acceptOlderSessions({ ports, subnets }: HostFirewallConfig, { from, to }: Connection): string[] {
  if (!(from in subnets)) return []; // public addresses: root may answer them anyhow
  return [
    `ip daddr ${subnets[from as Tier]} tcp sport ${ports[to]['ssh']} tcp flags & (syn | ack) == ack accept comment "${to} -> ${from} answers in older ssh sessions"`,
  ];
}

const what = ({ ports }: HostFirewallConfig, { to, port }: Connection) =>
  port === 'vrrp' ? 'meta l4proto 112' : `tcp dport ${ports[to][port]}`;
const named = ({ from, to, port }: Connection) => `comment "${from} -> ${to} ${port}"`;

/** One rule for each address family, one for all where no range is given. */
function acceptOut({ ports }: HostFirewallConfig, { user, ports: on, to }: WayOut): string[] {
  const by = user === undefined ? '' : `meta skuid ${typeof user === 'string' ? `"${user}"` : `${user.firstId}-${user.lastId}`} `;
  const who = user === undefined ? 'everybody' : typeof user === 'string' ? user : 'units with a user of their own';
  const comment = `comment "${who} -> ${typeof to === 'string' ? to : 'internet'}"`;
  return destinations(to).flatMap((where) => atPorts(ports.internet, on).map((at) => `${by}${where}${at}accept ${comment}`));
}

/** Each port by the protocol that is spoken there, and no other. */
const SPOKEN: Readonly<Record<NonNullable<WayOut['ports']>[number], string>> = {
  dns: 'meta l4proto { tcp, udp } th dport',
  http: 'tcp dport',
  https: 'tcp dport',
  ntp: 'udp dport',
};

function atPorts(numbers: Readonly<Record<string, number>>, on: WayOut['ports']): string[] {
  if (on === undefined) return [''];
  return [...new Set(on.map((port) => SPOKEN[port]))].map((match) => {
    const at = on.filter((port) => SPOKEN[port] === match).map((port) => numbers[port]);
    return `${match} { ${at.join(', ')} } `;
  });
}

function destinations(to: WayOut['to']): string[] {
  if (to === undefined) return [''];
  if (to === 'resolvers') return ['ip daddr @resolvers_ipv4 ', 'ip6 daddr @resolvers_ipv6 '];
  if (to === 'hetzner-api') return ['ip daddr @hetzner_api_ipv4 ', 'ip6 daddr @hetzner_api_ipv6 '];
  if (to === 'other-lb') return ['ip daddr $PEER_PUBLIC_ADDRESS '];
  return families('daddr', to).flat();
}

function sources(config: HostFirewallConfig, peer: Peer): string[] {
  if (peer === 'other-lb') return config.internet.includes('0.0.0.0/0') ? [] : ['ip saddr $PEER_PUBLIC_ADDRESS '];
  if (peer === 'operators') return toPublicAddresses(config, config.operators);
  if (peer !== 'internet') return [`ip saddr ${config.subnets[peer]} `];
  return [
    ...toPublicAddresses(config, config.internet),
    ...(config.proxied ? ['ip saddr $CLOUDFLARE_IPV4 ', 'ip6 saddr $CLOUDFLARE_IPV6 '] : []),
  ];
}

/** Ranges may be all there are, and yet nobody within the private network is of the Internet or an operator. */
function toPublicAddresses({ networkRange }: HostFirewallConfig, ranges: readonly string[]): string[] {
  const [ipv4, ipv6] = families('saddr', ranges);
  return [...ipv4.map((source) => `${source}ip daddr != ${networkRange} `), ...ipv6];
}

const isEverything = (range: string) => range.endsWith('/0');

/** At most one match for each address family, IPv4 first. */
function families(side: 'saddr' | 'daddr', ranges: readonly string[]): [ipv4: string[], ipv6: string[]] {
  const isIpv6 = (range: string) => range.includes(':');
  return [
    match(
      `ip ${side}`,
      'ipv4',
      ranges.filter((range) => !isIpv6(range)),
    ),
    match(`ip6 ${side}`, 'ipv6', ranges.filter(isIpv6)),
  ];
}

function match(side: string, family: 'ipv4' | 'ipv6', ranges: readonly string[]): string[] {
  if (ranges.length === 0) return [];
  if (ranges.some(isEverything)) return [`meta nfproto ${family} `];
  return [`${side} { ${ranges.join(', ')} } `];
}
