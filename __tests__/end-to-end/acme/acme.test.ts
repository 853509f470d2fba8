import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onMachine, tryOnMachine, until, type LabHandle } from '../../../lab/faults';
import { openLab } from '../../../lab/lab';
import { openHandle } from '../../../lab/scenarios';
import { startTraffic } from '../../../lab/traffic';
import { pebbleIsInstalled, startPebble, type Pebble } from './pebble';

/**
 * By hand, in a lab to which the stack has been deployed, after install-pebble.sh:
 *   npx lab exec -- npx vitest run --project end-to-end __tests__/end-to-end/acme/acme.test.ts
 */
describe.skipIf(!pebbleIsInstalled())('a certificate of an ACME server', () => {
  let lab: LabHandle;
  let folder: string;
  let pebble: Pebble;
  let deployed: string;

  beforeAll(async () => {
    folder = join((await openLab()).paths.state, 'pebble');
    lab = await openHandle();
    pebble = startPebble(folder, lab.floatingIp);
    deployed = (await execa('node', ['lab/cli/lab.mjs', 'deploy', '--app', 'tsx __tests__/end-to-end/acme/main.ts'], { env: { PEBBLE_CA: pebble.caFile }, all: true })).all;
  });

  afterAll(() => pebble.stop());

  const active = async () => (await lab.addressHolders()).floatingIp ?? '';
  const passive = async () => (await loadBalancers()).find(({ name }) => name !== holder)!.name;
  const loadBalancers = async () => (await lab.machines()).filter(({ tier }) => tier === 'lb');
  const publicAddress = async (name: string) => (await loadBalancers()).find((machine) => machine.name === name)?.publicAddress ?? '';
  const renew = (machine: string) => onMachine(lab, machine, 'platform-renew-certificate', 120);
  let holder = '';

  test('both load balancers show it soon after the deploy, for all names', async () => {
    const root = pebble.root();
    for (const { name, publicAddress: address } of await loadBalancers()) {
      // The address moved while they were configured: the one that has it in the end obtains, the other takes
      await until(`${name} shows a certificate of Pebble; the deploy said: ${deployed}`, async () => (await shown(address ?? '', root)).trusted, 180_000, 500);
      expect(await shown(address ?? '', root)).toMatchObject({ names: 'DNS:www.example.test, DNS:example.test' });
    }
    expect(await shown(lab.floatingIp, root)).toMatchObject({ trusted: true });
  });

  test('Terraform has nothing to change about it', async () => {
    const { exitCode, stdout } = await execa('terraform', ['plan', '-detailed-exitcode', '-no-color', '-input=false'], { cwd: join(folder, '../cdktf.out/stacks/lab'), reject: false });
    expect(exitCode, stdout.slice(-4000)).toBe(0);
  });

  test('it is renewed under load without a failed request, and the load balancer that was off has it after its boot', async () => {
    holder = await active();
    const off = await passive();
    await lab.powerOff(off);
    const before = await shown(lab.floatingIp, pebble.root());
    const traffic = startTraffic({ target: { address: lab.floatingIp, host: lab.domain }, streams: ['probes', 'keepAlive', 'getMix', 'writers'], seed: 'renewal', runId: `renewal-${Date.now()}` });
    expect(await traffic.serving()).toBe(true);
    await renew(holder);
    await until('visitors see another certificate', async () => (await shown(lab.floatingIp, pebble.root())).fingerprint !== before.fingerprint);
    expect(await traffic.serving()).toBe(true);
    const history = await traffic.stop();
    expect(history.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
    expect(history.length).toBeGreaterThan(100);

    const renewed = await shown(lab.floatingIp, pebble.root());
    expect(renewed.trusted).toBe(true);
    await lab.powerOn(off);
    const address = await publicAddress(off);
    await until(`${off} shows the new certificate`, async () => (await shown(address, pebble.root())).fingerprint === renewed.fingerprint, 120_000, 500);
  });

  test('when the active load balancer loses power, the other one shows the same, and obtains the next', async () => {
    const before = await shown(lab.floatingIp, pebble.root());
    const other = await passive();
    await lab.powerOff(holder);
    await until(`${other} has the floating IP`, async () => (await active()) === other && (await shown(lab.floatingIp, pebble.root())).fingerprint === before.fingerprint, 30_000);
    await until(`${other} knows that it has it`, async () => (await onMachine(lab, other, 'cat /run/floating-ip-agent/holds-floating-ip')) === '1', 30_000);
    await renew(other);
    await until('visitors see another certificate', async () => (await shown(lab.floatingIp, pebble.root())).fingerprint !== before.fingerprint);
    await lab.powerOn(holder);
    holder = other;
  });

  test('while the ACME server is away the old one stays in force, and the unit has failed and says why', async () => {
    const root = pebble.root();
    const before = await shown(lab.floatingIp, root);
    pebble.stop();
    const { exitCode, stderr } = await tryOnMachine(lab, holder, 'platform-renew-certificate', 120);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('no certificate from https://');
    expect(await onMachine(lab, holder, 'systemctl is-failed certificate-agent.service')).toBe('failed');
    expect(await shown(lab.floatingIp, root)).toEqual(before);
  });

  test('keys and account are readable by nobody but the agent', async () => {
    const { stdout } = await tryOnMachine(lab, holder, 'runuser -u nobody -- find /var/lib/certificate-agent /etc/haproxy/platform /etc/platform/credentials -readable 2>/dev/null');
    expect(stdout).toBe('');
  });
});

interface Shown {
  readonly trusted: boolean;
  readonly names: string | undefined;
  readonly fingerprint: string;
}

/** What a new client is shown at this address, and whether it would trust it who trusts that root. */
function shown(address: string, root: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 443, servername: 'www.example.test', ca: root, rejectUnauthorized: false, timeout: 5_000 }, () => {
      const { raw, subjectaltname: names } = socket.getPeerCertificate();
      resolve({ trusted: socket.authorized, names, fingerprint: createHash('sha256').update(raw).digest('hex') });
      socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no TLS handshake with ${address} within 5 s`)));
    socket.on('error', reject);
  });
}
