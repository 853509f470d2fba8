import { execa } from 'execa';

/** The port that all trial packets come from; no program of the platform uses it, and DHCP's rule does not know it. */
export const TRIAL_SOURCE_PORT = 61_111;
const LAST_PORT = 65_535;

/** One packet that a wall let through. A port, or an IP protocol without ports. */
export interface Passage {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'tcp' | 'udp' | number;
  /** Undefined for a protocol without ports. */
  readonly port?: number;
}

/**
 * Watches behind the walls of a network namespace. It sees the packet and not the answer: a port that the wall lets through
 * is a hole whether or not anybody listens, and a packet that got lost on its way is not taken for one that was dropped.
 */
export class Witness {
  readonly #enter: readonly string[];
  readonly #hook: 'input' | 'forward';

  /**
   * @param enter command line that runs nft in the namespace
   * @param hook input: what reaches a host itself. forward: what a router hands on
   */
  constructor(enter: readonly string[], hook: 'input' | 'forward') {
    this.#enter = enter;
    this.#hook = hook;
  }

  /** Begins anew, with nothing seen. */
  async watch(): Promise<void> {
    await this.#nft(['-f', '-'], table(this.#hook));
  }

  async leave(): Promise<void> {
    await this.#nft(['-f', '-'], NO_TABLE);
  }

  /** Ways, `FROM TO tcp`, on which a packet for every single port arrived before the wall. */
  async triedInFull(): Promise<Set<string>> {
    const arrived = await this.#elements('arrived');
    return new Set(arrived.filter(({ counter }) => (counter?.packets ?? 0) >= LAST_PORT).map(({ val }) => val.concat.join(' ')));
  }

  async passed(): Promise<Passage[]> {
    const [ports, protocols] = [await this.#elements('passed'), await this.#elements('passed_protocols')];
    return [...ports, ...protocols].map(
      ({
        val: {
          concat: [from, to, protocol, port],
        },
      }) => ({
        from: String(from),
        to: String(to),
        protocol: protocol === 6 ? 'tcp' : protocol === 17 ? 'udp' : Number(protocol),
        ...(port !== undefined && { port: Number(port) }),
      }),
    );
  }

  async #elements(set: string): Promise<Element[]> {
    const listed = JSON.parse(await this.#nft(['--json', '--numeric', 'list', 'set', 'inet', 'witness', set])) as {
      nftables: { set?: { elem?: (Element['val'] | { elem: Element })[] } }[];
    };
    const found = listed.nftables.flatMap((entry) => entry.set?.elem ?? []);
    return found.map((entry) => ('elem' in entry ? entry.elem : { val: entry }));
  }

  async #nft(argv: readonly string[], input = ''): Promise<string> {
    const [program = '', ...rest] = [...this.#enter, 'nft', ...argv];
    return (await execa(program, rest, { input, maxBuffer: 500_000_000 })).stdout;
  }
}

interface Element {
  readonly val: { readonly concat: readonly (string | number)[] };
  readonly counter?: { readonly packets: number };
}

const NO_TABLE = `
table inet witness {}
delete table inet witness
`;

/** Its chains come first and last, and drop nothing. */
const table = (hook: string) => `${NO_TABLE}
table inet witness {
  set arrived {
    type ipv4_addr . ipv4_addr . inet_proto
    size 10000
    flags dynamic
    counter
  }
  set passed {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    size 2000000
    flags dynamic
  }
  set passed_protocols {
    type ipv4_addr . ipv4_addr . inet_proto
    size 100000
    flags dynamic
  }
  chain before_the_wall {
    type filter hook prerouting priority -400; policy accept;
    tcp sport ${TRIAL_SOURCE_PORT} tcp flags & (syn | ack | rst) == syn add @arrived { ip saddr . ip daddr . meta l4proto }
    udp sport ${TRIAL_SOURCE_PORT} add @arrived { ip saddr . ip daddr . meta l4proto }
  }
  chain behind_the_wall {
    type filter hook ${hook} priority 400; policy accept;
    tcp sport ${TRIAL_SOURCE_PORT} tcp flags & (syn | ack | rst) == syn add @passed { ip saddr . ip daddr . meta l4proto . tcp dport }
    udp sport ${TRIAL_SOURCE_PORT} add @passed { ip saddr . ip daddr . meta l4proto . udp dport }
    meta nfproto ipv4 meta l4proto != { tcp, udp, icmp } add @passed_protocols { ip saddr . ip daddr . meta l4proto }
  }
}
`;

/** One end of a cable of the lab's network. Frames that are put on it meet no rule of the namespace they come from. */
export interface Cable {
  /** Command line that runs a program of this host in the namespace of that end. */
  readonly enter: readonly string[];
  readonly device: string;
  /** MAC address of the other end. */
  readonly nextHop: string;
}

/** One packet for each TCP and UDP port of each address. */
export async function sendToAllPorts({ enter, device, nextHop }: Cable, from: string, targets: readonly string[]): Promise<void> {
  const [program = '', ...rest] = [
    ...[...enter, 'masscan', ...targets, `-p1-${LAST_PORT},U:1-${LAST_PORT}`, '--rate', '10000000', '--wait', '0', '--retries', '0'],
    ...['-e', device, '--router-mac', nextHop, '--adapter-ip', from, '--adapter-port', String(TRIAL_SOURCE_PORT)],
  ];
  await execa(program, rest, { stdio: 'ignore' });
}

/** One packet of each IP protocol to each address, past the output rules of the sender. */
export async function sendAllProtocols(enter: readonly string[], targets: readonly string[]): Promise<void> {
  const [program = '', ...rest] = [
    ...enter,
    'nmap',
    '-sO',
    '-Pn',
    '-n',
    '--send-eth',
    '--max-retries',
    '0',
    '--min-rate',
    '5000',
    ...targets,
  ];
  await execa(program, rest, { stdio: 'ignore' });
}
