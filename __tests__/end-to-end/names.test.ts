import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../lab/faults';
import { openLab, type Lab, type LabMachine } from '../../lab/lab';
import { RESOLVERS, SITES } from '../../lab/machines/topology';
import { agentStatus } from '../../lab/scenarios/roles';
import { topologyOf } from '../../lab/scenarios/topology';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let machines: readonly LabMachine[];

beforeAll(async () => {
  lab = await openLab();
  machines = await lab.machines();
});
afterEach(async () => {
  await lab.mendResolvers();
  await lab.mendSites();
});

const privateHosts = () => machines.filter(({ publicAddress }) => publicAddress === null);
const loadBalancers = () => machines.filter(({ publicAddress }) => publicAddress !== null);
const read = async (machine: string, ...argv: string[]) => (await lab.exec(machine, argv)).stdout;
const nameServers = async (machine: string) =>
  [...(await read(machine, 'cat', '/etc/resolv.conf')).matchAll(/^nameserver (\S+)$/gm)].map(([, address]) => address);
const resolves = async (machine: string, name: string) =>
  (await lab.exec(machine, ['getent', 'ahosts', name], { timeoutSeconds: 30 })).exitCode === 0;

/** What comes next finds all of the platform. */
const isActive = (machine: string, ...units: string[]) =>
  until(
    `${units.join(', ')} of ${machine} run`,
    async () => (await lab.exec(machine, ['systemctl', 'is-active', '--quiet', ...units])).exitCode === 0,
    90_000,
    500,
  );

test('every host uses the configured resolvers, and no other name resolves', async () => {
  for (const { name } of machines) {
    expect(await nameServers(name), name).toEqual([...RESOLVERS]);
    for (const known of Object.keys(SITES)) expect(await resolves(name, known), `${name}: ${known}`).toBe(true);
    expect(await resolves(name, 'registry.npmjs.org'), name).toBe(false);
  }
});

test("apt uses no proxy, and the site names of Hetzner's images", async () => {
  for (const { name } of machines) {
    expect(await read(name, 'apt-config', 'dump'), name).not.toMatch(/proxy/i);
    expect(await read(name, 'sh', '-c', 'cat /etc/apt/sources.list.d/*'), name).not.toMatch(/[/@]\d+\.\d+\.\d+\.\d+/);
  }
});

test("a client on the Internet's side resolves the site's name", async () => {
  const { stdout } = await execa('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code} %{remote_ip}', '--insecure', lab.url]);
  expect(stdout).toBe(`200 ${(await lab.entrance()).address}`);
});

test('private hosts keep their resolvers across a reboot', async () => {
  const host = privateHosts().find(({ tier }) => tier === 'web')!.name;
  const boot = () => read(host, 'cat', '/proc/sys/kernel/random/boot_id');
  const started = async () => Number((await read(host, 'stat', '-c', '%Y', '/proc/1')).trim());
  const before = await started();
  await lab.reboot(host);
  await until(`${host} has booted`, async () => (await started()) > before && (await boot()) !== '', 60_000, 500);
  await until(`${host} resolves`, () => resolves(host, 'deb.debian.org'), 60_000, 500);
  expect(await nameServers(host)).toEqual([...RESOLVERS]);
  await isActive(host, 'nginx');
});

describe('while name servers do not answer', () => {
  test('one working name server is enough for a look-up within a few seconds', async () => {
    await lab.breakResolvers([RESOLVERS[0]]);
    for (const { name } of [privateHosts()[0]!, loadBalancers()[0]!]) {
      const start = performance.now();
      expect(await resolves(name, 'deb.debian.org'), name).toBe(true);
      expect(performance.now() - start).toBeLessThan(8_000);
    }
  });

  test("the agents of the load balancers still reach Hetzner's API, also after a restart", async () => {
    await lab.breakResolvers();
    for (const machine of loadBalancers()) {
      await lab.exec(machine.name, ['systemctl', 'restart', 'floating-ip-agent']);
      const holder = async () => ((await agentStatus(lab, machine)) as { floatingIp: { holder: string } }).floatingIp.holder;
      await until(`${machine.name} knows who has the address`, async () => (await holder()) !== 'unknown', 10_000, 250);
    }
    expect(await resolves(loadBalancers()[0]!.name, 'api.hetzner.cloud')).toBe(false);
  });

  test('a switchover takes as long as usual', async () => {
    await lab.breakResolvers();
    const active = await topologyOf(lab).activeLoadBalancer();
    const start = performance.now();
    expect(await lab.exec(active, ['platform-switchover'])).toMatchObject({ exitCode: 0 });
    expect(performance.now() - start).toBeLessThan(8_000);
    await until('the other one has the address', async () => (await lab.addressHolders()).floatingIp !== active, 10_000);
  });
});

describe('a look-up by a private host', () => {
  /** Whichever host and however long: each look-up ends in one. */
  const TIMED = 'start=$(date +%s%3N); getent ahosts "$1" >/dev/null; code=$?; echo "$code $(($(date +%s%3N) - start))"';

  test('survives a failover of the NAT gateway', async () => {
    const host = privateHosts().find(({ tier }) => tier === 'app')!.name;
    // The test before has moved it
    await until('somebody is the NAT gateway', async () => (await lab.addressHolders()).natGateway !== null, 30_000);
    const { natGateway: lost } = await lab.addressHolders();
    const found: { readonly code: number; readonly milliseconds: number }[] = [];
    let over = false;
    const worker = async () => {
      while (!over) {
        const [code, milliseconds] = (await read(host, 'bash', '-c', TIMED, 'bash', 'mirror.hetzner.com')).trim().split(' ').map(Number);
        found.push({ code: code ?? 1, milliseconds: milliseconds ?? 0 });
      }
    };
    const workers = Promise.all([worker(), worker(), worker()]);
    try {
      await until('look-ups are under way', async () => found.length > 5, 20_000);
      await lab.powerOff(lost!);
      await until(
        'the other load balancer is the NAT gateway',
        async () => ![lost, null].includes((await lab.addressHolders()).natGateway),
        30_000,
      );
      const then = found.length;
      await until('look-ups go on', async () => found.length > then + 20, 30_000);
    } finally {
      over = true;
      await workers;
      await lab.powerOn(lost!);
      await isActive(lost!, 'haproxy', 'keepalived', 'floating-ip-agent');
    }
    const longest = Math.max(...found.map(({ milliseconds }) => milliseconds));
    console.log(`longest look-up during the failover of the NAT gateway: ${longest} ms, of ${found.length}`);
    expect(found.filter(({ code }) => code !== 0)).toEqual([]);
    expect(longest, 'one of them was under way').toBeGreaterThan(900);
    expect(longest).toBeLessThan(10_000);
  });
});

describe('a site with packages', () => {
  test.each(['refused', 'unavailable'] as const)('that is %s makes apt fail, and apt works again afterwards', async (kind) => {
    const host = privateHosts()[0]!.name;
    const update = async () =>
      (await lab.exec(host, ['apt-get', '-qq', '-o', 'APT::Update::Error-Mode=any', 'update'], { timeoutSeconds: 120 })).exitCode;
    await lab.breakSite('mirror.hetzner.com', kind);
    expect(await update()).not.toBe(0);
    await lab.mendSites();
    expect(await update()).toBe(0);
  });
});
