import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLab, TIERS, type Lab, type LabMachine } from '../../lab/lab';
import { CLIENT_ADDRESS, RESOLVERS, SERVICES, SITES } from '../../lab/machines/topology';
import { PORTS } from '../../lib/net/ports';
import { CONNECTIONS, WAYS_OUT } from '../../lib/platform-stack';
import { listen, PORTS_THERE, tryAllWays, usersOn } from './ways-out';
import { sendAllProtocols, sendToAllPorts, Witness, type Cable, type Passage } from './witness';

/**
 * Tries every port from every machine to others, and from outside, and compares what got through with CONNECTIONS:
 * nothing more, nothing less. Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh.
 */
let lab: Lab;
let machines: readonly (LabMachine & { readonly enter: readonly string[]; readonly witness: Witness })[];
/** Runs a program of this host in the router, to which all cables lead, and where Hetzner's firewall is. */
let inRouter: readonly string[];
let hetzner: Witness;

const VRRP = 112;
const NO_PORT = 0;
/** At most so often are packets sent again that got lost before any wall. */
const SENDINGS = 5;

beforeAll(async () => {
  lab = await openLab();
  machines = await Promise.all(
    (await lab.machines()).map(async (machine) => {
      const proc = `/proc/${await lab.initPid(machine.name)}`;
      const enter = ['nsenter', `--net=${proc}/ns/net`];
      // By the machine's own nft: an older one may stumble over its sets
      return { ...machine, enter, witness: new Witness([...enter, 'chroot', `${proc}/root`], 'input') };
    }),
  );
  inRouter = ['nsenter', `--net=/run/netns/${lab.paths.routerNamespace}`];
  hetzner = new Witness(inRouter, 'forward');
});

afterAll(async () => {
  await Promise.all([hetzner, ...machines.map(({ witness }) => witness)].map((witness) => witness.leave()));
});

const ALL = process.env['TEST_SIZE'] === 'all';

/** One machine of each tier, in a short run: its walls are made by the same rules as those of the others. */
const firstOfEachTier = () => TIERS.map((tier) => machines.find((each) => each.tier === tier)!);
const tried = () => (ALL ? machines : firstOfEachTier());

const loadBalancers = () => machines.filter(({ tier }) => tier === 'lb');
const publicAddresses = () => [lab.floatingIp, ...loadBalancers().map(({ publicAddress }) => publicAddress!)];

describe('between machines', () => {
  test('a port or protocol is open only if the table CONNECTIONS says so', async () => {
    const receivers = tried();
    await Promise.all(receivers.map(({ witness }) => witness.watch()));
    for (const from of machines)
      await sendAllProtocols(
        from.enter,
        receivers.filter((to) => to !== from).map(({ privateAddress }) => privateAddress),
      );
    await atATime(5, receivers, async (to) => {
      const cable = await cableTo(to.privateAddress);
      for (const from of machines) if (from !== to) await tryAllPorts(cable, from.privateAddress, [to.privateAddress], to.witness);
    });
    const between = machines.flatMap((from) =>
      receivers.filter((to) => to !== from).flatMap((to) => said(from.tier, to.tier, from.privateAddress, to.privateAddress)),
    );
    expect(readable((await Promise.all(receivers.map(({ witness }) => witness.passed()))).flat())).toEqual(readable(between));
  });
});

describe('from outside, to each public address', () => {
  const fromOutside = () =>
    publicAddresses().flatMap((to) => (['internet', 'operators'] as const).flatMap((peer) => said(peer, 'lb', CLIENT_ADDRESS, to)));
  const fromClient = (passages: readonly Passage[]) => passages.filter(({ from }) => from === CLIENT_ADDRESS);

  test("Hetzner's firewall by itself lets through only what the table CONNECTIONS says", async () => {
    await hetzner.watch();
    await sendAllProtocols(lab.inClient([]), publicAddresses());
    await tryAllPorts(await cableOfClient(), CLIENT_ADDRESS, publicAddresses(), hetzner);
    expect(readable(fromClient(await hetzner.passed()))).toEqual(readable(fromOutside()));
  });

  test("the host's firewall by itself lets through only what the table CONNECTIONS says", async () => {
    for (const { publicAddress, witness } of loadBalancers()) {
      await witness.watch();
      const targets = [publicAddress!, lab.floatingIp];
      await tryAllPorts(await cableTo(publicAddress!), CLIENT_ADDRESS, targets, witness);
      expect(readable(fromClient(await witness.passed()))).toEqual(readable(fromOutside().filter(({ to }) => targets.includes(to))));
    }
  });
});

/** All ports, or 500 all over them. */
const STEP = ALL ? 1 : 131;

/** What is spoken at each port. */
const SPOKEN = { dns: ['tcp', 'udp'], ntp: ['udp'], http: ['tcp'], https: ['tcp'] };

test('no service of any host reaches an Internet address beyond its table WAYS_OUT, by TCP, UDP or ping', async () => {
  const there = await listen(CLIENT_ADDRESS);
  const got: string[] = [];
  const may: string[] = [];
  await Promise.all(
    tried().map(async ({ name: machine, tier }) => {
      const users = await usersOn(lab, machine);
      expect(users.size, machine).toBeGreaterThan(3);
      await Promise.all(
        [...users].map(async ([uid, user]) => {
          const who = `${machine} ${user}`;
          const ways = WAYS_OUT.filter((way) => way.from === tier && way.user === user && way.to === undefined);
          const anywhere = ways.some(({ ports }) => ports === undefined);
          if ((await tryAllWays(lab, machine, uid, CLIENT_ADDRESS, who, anywhere ? 0 : STEP)) === 'icmp') got.push(`${who} icmp`);
          if (user === 'root') may.push(`${who} icmp`);
          for (const { ports } of ways) {
            for (const [protocol, all] of Object.entries(PORTS_THERE)) {
              const numbers: readonly number[] | undefined = ports
                ?.filter((port) => SPOKEN[port].includes(protocol))
                .map((port) => PORTS.internet[port]);
              may.push(...all.filter((port) => numbers?.includes(port) ?? true).map((port) => `${who} ${protocol} ${port}`));
            }
          }
        }),
      );
    }),
  );
  await there.close();
  expect([...new Set([...got, ...there.heard])].sort()).toEqual(may.sort());
});

// Most of these wait in vain
describe.concurrent('on the way out', () => {
  const METADATA = `http://${SERVICES.metadata}/hetzner/v1/metadata`;
  /** By address: whether the way is open, not whether there is a name. */
  const API = `https://${SERVICES.api}/v1/servers`;
  /** At the port of the API. */
  const ELSEWHERE = `https://${SERVICES.cloudflare}/`;
  const MIRROR = `http://${SITES['mirror.hetzner.com']}/`;
  /** As systemd makes one up for the application. */
  const APPLICATION = '63000';
  const addressOf = (name: string) => machines.find((machine) => machine.name === name)!.privateAddress;

  /** By an ordinary socket of that user, through the rules of its own host. */
  const reaches = async (machine: string, user: string, url: string) =>
    (
      await lab.exec(machine, [
        'setpriv',
        `--reuid=${user}`,
        '--clear-groups',
        'curl',
        '--silent',
        '--insecure',
        '--output',
        '/dev/null',
        '--max-time',
        '4',
        url,
      ])
    ).exitCode === 0;

  const as = (machine: string, user: string, ...argv: string[]) =>
    lab.exec(machine, ['setpriv', `--reuid=${user}`, '--clear-groups', ...argv], { timeoutSeconds: 10 });
  /** A question for the root of all names, by UDP: any answer will do. */
  const ASK =
    "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(4); s.sendto(b'\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0\\1\\0\\1', (sys.argv[1], 53)); s.recv(512)";
  const asks = async (machine: string, user: string, address: string) =>
    (await as(machine, user, 'python3', '-c', ASK, address)).exitCode === 0;
  const pings = async (machine: string, user: string, address: string) =>
    (await as(machine, user, 'ping', '-c', '1', '-W', '4', address)).exitCode === 0;

  test.each([
    ['lb-1', 'floating-ip'],
    ['web-1', 'www-data'],
    ['app-1', APPLICATION],
    ['db-1', 'mysql'],
  ])('the metadata service answers root on %s, but not the user %s', async (machine, user) => {
    expect(await reaches(machine, 'root', METADATA)).toBe(true);
    expect(await reaches(machine, user, METADATA)).toBe(false);
  });

  test.each([
    ['lb-1', 'haproxy'],
    ['web-1', 'www-data'],
    ['app-1', APPLICATION],
    ['db-1', 'mysql'],
  ])('apt on %s fetches packages, but the user %s cannot reach the Internet', async (machine, user) => {
    expect(await reaches(machine, '_apt', MIRROR)).toBe(true);
    expect(await reaches(machine, user, MIRROR)).toBe(false);
    expect(await reaches(machine, user, API)).toBe(false);
  });

  test("the floating-ip agent reaches Hetzner's API, and no other address or port outside", async () => {
    expect(await reaches('lb-1', 'floating-ip', API)).toBe(true);
    expect(await reaches('lb-1', 'root', ELSEWHERE)).toBe(true);
    expect(await reaches('lb-1', 'floating-ip', ELSEWHERE)).toBe(false);
    expect(await reaches('lb-1', 'floating-ip', MIRROR)).toBe(false);
  });

  test.each([
    ['lb-1', 'nobody'],
    ['web-1', 'www-data'],
    ['app-1', APPLICATION],
    ['db-1', 'mysql'],
  ])('users on %s reach the name servers; the user %s reaches no other one, and cannot ping', async (machine, user) => {
    for (const address of RESOLVERS) expect(await asks(machine, user, address)).toBe(true);
    expect(await asks(machine, 'root', CLIENT_ADDRESS), 'root finds nobody there, and is not stopped').toBe(false);
    expect(await asks(machine, user, CLIENT_ADDRESS)).toBe(false);
    expect(await pings(machine, 'root', CLIENT_ADDRESS)).toBe(true);
    expect(await pings(machine, user, CLIENT_ADDRESS)).toBe(false);
  });

  test('not even root of a web server reaches a member of the group', async () => {
    expect(await reaches('web-1', 'www-data', `http://${addressOf('app-1')}:${PORTS.app.http}/healthz`)).toBe(true);
    expect(await reaches('web-1', 'root', `http://${addressOf('db-1')}:${PORTS.mysql.memberHealth}/`)).toBe(false);
  });
});

/** What the table says about this way. */
function said(from: string, to: LabMachine['tier'], fromAddress: string, toAddress: string): Passage[] {
  return CONNECTIONS.filter((connection) => connection.from === from && connection.to === to).map(({ port }) => ({
    from: fromAddress,
    to: toAddress,
    ...(port === 'vrrp' ? { protocol: VRRP } : { protocol: 'tcp' as const, port: (PORTS[to] as Record<string, number>)[port] }),
  }));
}

/** Sends again where a packet got lost before the wall: what did not pass was dropped by the wall and by nothing else. */
async function tryAllPorts(cable: Cable, from: string, targets: readonly string[], witness: Witness): Promise<void> {
  for (let sending = 1; sending <= SENDINGS; sending += 1) {
    await sendToAllPorts(cable, from, targets);
    const tried = await witness.triedInFull();
    if (targets.every((to) => ['6', '17'].every((protocol) => tried.has(`${from} ${to} ${protocol}`)))) return;
  }
  throw new Error(`packets from ${from} to ${targets.join(', ')} got lost before the wall, ${SENDINGS} times in a row`);
}

/** The router's end of a machine's cable: what is sent here reaches the machine as from another one, and past Hetzner's firewall. */
async function cableTo(address: string): Promise<Cable> {
  const [{ dev: device, lladdr: nextHop }] = await inRouterIp<[{ dev: string; lladdr: string }]>(['neigh', 'show', address]);
  return { enter: inRouter, device, nextHop };
}

/** The client's own end, before Hetzner's firewall. */
async function cableOfClient(): Promise<Cable> {
  const [{ address: nextHop }] = await inRouterIp<[{ address: string }]>(['link', 'show', 'client']);
  return { enter: lab.inClient([]), device: 'eth0', nextHop };
}

async function inRouterIp<T>(argv: readonly string[]): Promise<T> {
  const [program = '', ...rest] = [...inRouter, 'ip', '-j', ...argv];
  return JSON.parse((await execa(program, rest)).stdout) as T;
}

/** masscan waits for most of its time, whatever it is told; but the lab's machines share few processors. */
async function atATime<T>(count: number, items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}

/** Lines such as `web-1 -> app-1: tcp 3000`; neighbouring ports are one line, so that a wide hole can be read. */
function readable(passages: readonly Passage[]): string[] {
  const ways = new Map<string, Set<number>>();
  for (const { from, to, protocol, port } of passages) {
    const way = `${nameOf(from)} -> ${nameOf(to)}: ${typeof protocol === 'number' ? `protocol ${protocol}` : protocol}`;
    ways.set(way, (ways.get(way) ?? new Set()).add(port ?? NO_PORT));
  }
  return [...ways].flatMap(([way, ports]) => ranges(ports).map((range) => `${way}${range}`)).sort();
}

function ranges(ports: ReadonlySet<number>): string[] {
  if (ports.has(NO_PORT)) return [''];
  const sorted = [...ports].sort((a, b) => a - b);
  const starts = sorted.filter((port) => !ports.has(port - 1));
  const ends = sorted.filter((port) => !ports.has(port + 1));
  return starts.map((start, n) => (start === ends[n] ? ` ${start}` : ` ${start}-${ends[n]}`));
}

function nameOf(address: string): string {
  const machine = machines.find(({ privateAddress, publicAddress }) => address === privateAddress || address === publicAddress);
  if (machine) return address === machine.publicAddress ? `${machine.name} (public)` : machine.name;
  return address === lab.floatingIp ? 'floating IP' : address === CLIENT_ADDRESS ? 'client' : address;
}
