import type { FirewallRule } from '../api/hardware';
import type { Link } from './topology';

/** Traffic that is dropped, all or in part, on one link. */
export interface LinkFault {
  readonly device: string;
  /** As the machine sees it. */
  readonly direction: 'in' | 'out' | 'both';
  /** Addresses at the other end; null: all. */
  readonly peers: readonly string[] | null;
  /** 100: cut. */
  readonly lossPercent: number;
}

export interface Ruleset {
  readonly links: readonly Link[];
  /** Device of a public link -> Hetzner's rules. A link that is not in it has no firewall. */
  readonly firewalls: ReadonlyMap<string, readonly FirewallRule[]>;
  readonly faults: readonly LinkFault[];
}

/** The router's whole nftables ruleset: marks that choose routing tables, Hetzner's firewalls, broken links. */
export function renderRuleset({ links, firewalls, faults }: Ruleset): string {
  return [
    'table inet lab {}',
    'delete table inet lab',
    'table inet lab {',
    ...chain('broken_from_machine', 'prerouting', 'raw', faults.filter((fault) => fault.direction !== 'in').map(lostFrom)),
    ...chain('broken_to_machine', 'postrouting', 'filter', faults.filter((fault) => fault.direction !== 'out').map(lostTo)),
    // What comes from a private network may only use that network's routes
    ...chain('networks', 'prerouting', 'mangle', marks(links)),
    ...chain(
      'firewalls',
      'forward',
      'filter',
      [...firewalls].flatMap(([device, rules]) => [...inbound(device, rules), ...outbound(device, rules)]),
    ),
    '}',
    '',
  ].join('\n');
}

const chain = (name: string, hook: string, priority: string, rules: readonly string[]): string[] => [
  `  chain ${name} {`,
  `    type filter hook ${hook} priority ${priority}; policy accept;`,
  ...rules.map((rule) => `    ${rule}`),
  '  }',
];

const marks = (links: readonly Link[]): string[] =>
  links.flatMap((link) => (link.table === null ? [] : [`iifname "${link.device}" meta mark set ${link.table}`]));

const lostTo = (fault: LinkFault) => `oifname "${fault.device}" ${peers('saddr', fault.peers)}${lose(fault.lossPercent)}`;
const lostFrom = (fault: LinkFault) => `iifname "${fault.device}" ${peers('daddr', fault.peers)}${lose(fault.lossPercent)}`;
const peers = (side: 'saddr' | 'daddr', addresses: readonly string[] | null) =>
  addresses === null ? '' : `ip ${side} { ${addresses.join(', ')} } `;
const lose = (percent: number) => (percent >= 100 ? 'drop' : `numgen random mod 10000 < ${Math.round(percent * 100)} drop`);

function inbound(device: string, rules: readonly FirewallRule[]): string[] {
  return [
    `oifname "${device}" ct state established,related accept`,
    ...rules.filter((rule) => rule.direction === 'in').flatMap((rule) => accepted(`oifname "${device}"`, 'saddr', rule.source_ips, rule)),
    `oifname "${device}" drop`,
  ];
}

/** Without an outbound rule everything may leave; with one, only what a rule lets out. */
function outbound(device: string, rules: readonly FirewallRule[]): string[] {
  const out = rules.filter((rule) => rule.direction === 'out');
  if (out.length === 0) return [];
  return [
    `iifname "${device}" ct state established,related accept`,
    ...out.flatMap((rule) => accepted(`iifname "${device}"`, 'daddr', rule.destination_ips, rule)),
    `iifname "${device}" drop`,
  ];
}

function accepted(where: string, side: 'saddr' | 'daddr', addresses: readonly string[], rule: FirewallRule): string[] {
  // The lab is IPv4 only: rules for IPv6 alone match nothing
  const ipv4 = addresses.filter((address) => !address.includes(':'));
  if (ipv4.length === 0) return [];
  // One rule an address: ranges may overlap, which one set of them may not
  const any = ipv4.includes('0.0.0.0/0') ? [''] : ipv4.map((address) => `ip ${side} ${address} `);
  return any.map((from) => `${where} ${from}${protocol(rule)} accept`);
}

function protocol(rule: FirewallRule): string {
  if (rule.protocol === 'tcp' || rule.protocol === 'udp') {
    return rule.port === null || rule.port === 'any' ? `meta l4proto ${rule.protocol}` : `${rule.protocol} dport ${rule.port}`;
  }
  return `meta l4proto ${rule.protocol}`;
}
