import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Operation } from '../../lab/checkers';
import { onMachine, tryOnMachine, until } from '../../lab/faults';
import { openLab, type Lab } from '../../lab/lab';
import { callSocket } from '../../lab/machines/call-socket';
import { topologyOf } from '../../lab/scenarios/topology';
import { attempt, shownCertificate, startTraffic } from '../../lab/traffic';
import type { StatusReport } from '../../platform/status/report';
import { editedMain } from './edited-main';
import { DIRECTORY_URL, startPebble, type Pebble } from './pebble';
import { expectEmptyPlan } from './expect-empty-plan';

/**
 * Gives the running platform a certificate of an ACME server, and then one of the operator's own. Runs inside the client namespace, after
 * cloudflare.test.ts, whose setting the same deploy takes away: see run.sh.
 */
const NAMES = ['www.example.test', 'example.test'];

let lab: Lab;
let pebble: Pebble;

beforeAll(async () => {
  lab = await openLab();
  pebble = await startPebble(lab);
});
afterAll(() => pebble.stop());

const active = () => topologyOf(lab).activeLoadBalancer();
const loadBalancers = async () => (await lab.machines()).filter(({ tier }) => tier === 'lb');
const other = async (than: string) => (await loadBalancers()).find(({ name }) => name !== than)!;
const renew = (machine: string) => onMachine(lab, machine, 'platform-renew-certificate', 120);

/** A change of settings in main.ts. */
async function deployWith(certificate: object): Promise<void> {
  await lab.deploy({
    app: await editedMain(lab, `additionalDomains: ['example.test'], certificate: ${JSON.stringify(certificate)},`),
  });
}

/** What clients lived through during a change; it begins and ends with all of them served. */
async function whileVisited(change: () => Promise<void>): Promise<readonly Operation[]> {
  const traffic = startTraffic({
    target: lab.target,
    streams: ['probes', 'keepAlive', 'getMix', 'writers'],
    rate: 0.4,
    seed: 'certificate',
    runId: `certificate-${Date.now()}`,
  });
  try {
    expect(await traffic.serving()).toBe(true);
    await change();
    expect(await traffic.serving()).toBe(true);
  } finally {
    await traffic.stop();
  }
  expect(traffic.history.length).toBeGreaterThan(100);
  return traffic.history;
}
const failed = (history: readonly Operation[]) => history.filter(({ outcome }) => outcome !== 'acknowledged');

/** When it ends that a load balancer shows, as its metric and the lab's status say, in seconds since the epoch. */
async function told({ name, privateAddress }: { readonly name: string; readonly privateAddress: string }): Promise<readonly number[]> {
  const metrics = await onMachine(lab, name, `curl -sf http://${privateAddress}:9101/metrics`);
  const { stdout } = await execa('npx', ['platform', 'status', '--json', '--timeout', '20'], { reject: false });
  const { certificateEndsAt } = JSON.parse(stdout) as StatusReport;
  return [
    Number(/^floating_ip_agent_certificate_expiry_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]),
    Date.parse(certificateEndsAt ?? '') / 1000,
  ];
}

describe('a certificate of an ACME server', () => {
  let deployed: string;
  let holder: string;

  beforeAll(async () => {
    await deployWith({ mode: 'acme', directoryUrl: DIRECTORY_URL });
    deployed = await readFile(join(lab.paths.state, 'deploy.log'), 'utf8');
  });

  test('comes where Cloudflare was: visitors connect to the floating IP directly, and no DNS record is left', async () => {
    const { answer } = await attempt(lab.target, { method: 'GET', path: '/' });
    const { dns_records: records } = (await callSocket(lab.paths.controlSocket, 'GET', '/cloudflare/world')) as {
      readonly dns_records: readonly unknown[];
    };
    expect([answer?.status, records]).toEqual([200, []]);
  });

  test('is shown by both load balancers soon after the deploy, for all names', async () => {
    const root = pebble.root();
    for (const { name, publicAddress } of await loadBalancers()) {
      // The address moved while they were configured: the one that has it in the end obtains, the other takes
      await until(
        `${name} shows a certificate of Pebble; the deploy said: ${deployed.slice(-4000)}`,
        async () => (await shown(publicAddress ?? '', root)).trusted,
        180_000,
        500,
      );
      expect(await shown(publicAddress ?? '', root)).toMatchObject({ names: 'DNS:www.example.test, DNS:example.test' });
    }
    expect(await shown(lab.floatingIp, root)).toMatchObject({ trusted: true });
  });

  test('leaves the next plan empty', () => expectEmptyPlan(lab));

  test('has its end in the metric and in the status', async () => {
    const { endsAt } = await shown(lab.floatingIp, pebble.root());
    for (const machine of await loadBalancers()) expect(await told(machine), machine.name).toEqual([endsAt, endsAt]);
  });

  test('is renewed under load without a failed request, and reaches a load balancer that was off after its boot', async () => {
    holder = await active();
    const off = await other(holder);
    onTestFinished(() => lab.powerOn(off.name));
    await lab.powerOff(off.name);
    const before = await shown(lab.floatingIp, pebble.root());
    const history = await whileVisited(async () => {
      await renew(holder);
      await until(
        'visitors see another certificate',
        async () => (await shown(lab.floatingIp, pebble.root())).fingerprint !== before.fingerprint,
      );
    });
    expect(failed(history)).toEqual([]);

    const renewed = await shown(lab.floatingIp, pebble.root());
    expect(renewed.trusted).toBe(true);
    await lab.powerOn(off.name);
    await until(
      `${off.name} shows the new certificate`,
      async () => (await shown(off.publicAddress ?? '', pebble.root()).catch(() => before)).fingerprint === renewed.fingerprint,
      120_000,
      500,
    );
  });

  test('is shown by the other load balancer after a power-off of the active one, which then obtains the next', async () => {
    const before = await shown(lab.floatingIp, pebble.root());
    const lost = holder;
    const { name: next } = await other(lost);
    onTestFinished(() => lab.powerOn(lost));
    await lab.powerOff(lost);
    await until(
      `${next} has the floating IP`,
      async () =>
        (await active()) === next &&
        (await shown(lab.floatingIp, pebble.root()).catch(() => undefined))?.fingerprint === before.fingerprint,
      30_000,
    );
    await until(
      `${next} knows that it has it`,
      async () => (await onMachine(lab, next, 'cat /run/floating-ip-agent/holds-floating-ip')) === '1',
      30_000,
    );
    await renew(next);
    await until(
      'visitors see another certificate',
      async () => (await shown(lab.floatingIp, pebble.root())).fingerprint !== before.fingerprint,
    );
    holder = next;
  });

  test('stays in use while the ACME server is away, and the failed unit says why', async () => {
    const root = pebble.root();
    const before = await shown(lab.floatingIp, root);
    pebble.stop();
    const { exitCode, stderr } = await tryOnMachine(lab, holder, 'platform-renew-certificate', 120);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('no certificate from https://');
    expect((await tryOnMachine(lab, holder, 'systemctl is-failed certificate-agent.service')).stdout.trim()).toBe('failed');
    expect(await shown(lab.floatingIp, root)).toEqual(before);
  });

  test('is obtained by another account from an ACME server that does not know the present one', async () => {
    pebble = await startPebble(await openLab());
    await renew(holder);
    await until('visitors see a certificate of the new root', async () => (await shown(lab.floatingIp, pebble.root())).trusted);
  });

  test('has keys and an account that only the agent can read', async () => {
    const { stdout } = await tryOnMachine(
      lab,
      holder,
      'runuser -u nobody -- find /var/lib/certificate-agent /etc/haproxy/platform /etc/platform/credentials -readable 2>/dev/null',
    );
    expect(stdout).toBe('');
  });
});

describe("an operator's own certificate", () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'own-certificate-'))));
  afterAll(() => rm(folder, { recursive: true }));

  test('replaces the obtained one without a failed request, and has its end in the metric', async () => {
    const [certificateFile, privateKeyFile] = [join(folder, 'site.pem'), join(folder, 'site.key')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', privateKeyFile];
    const names = NAMES.map((name) => `DNS:${name}`).join();
    await execa('openssl', [
      'req',
      '-x509',
      ...key,
      '-out',
      certificateFile,
      '-days',
      '60',
      '-subj',
      '/CN=own',
      '-addext',
      `subjectAltName=${names}`,
    ]);
    process.env['TF_VAR_certificate_private_key'] = await readFile(privateKeyFile, 'utf8');

    expect(failed(await whileVisited(() => deployWith({ mode: 'files', certificateFile, privateKeyFile })))).toEqual([]);

    const own = await readFile(certificateFile, 'utf8');
    for (const machine of await loadBalancers()) {
      const { trusted, endsAt } = await shown(machine.publicAddress ?? '', own);
      expect([trusted, await told(machine)], machine.name).toEqual([true, [endsAt, endsAt]]);
      expect((await tryOnMachine(lab, machine.name, 'systemctl is-enabled certificate-agent.timer')).stdout.trim(), machine.name).not.toBe(
        'enabled',
      );
    }
  });
});

interface Shown {
  readonly trusted: boolean;
  readonly names: string | undefined;
  readonly fingerprint: string;
  /** Seconds since the epoch. */
  readonly endsAt: number;
}

/** What a new client is shown at this address; it trusts that root alone. */
async function shown(address: string, root: string): Promise<Shown> {
  const { certificate, trusted } = await shownCertificate({ address, host: 'www.example.test', ca: root });
  return {
    trusted,
    names: certificate.subjectAltName,
    fingerprint: certificate.fingerprint256,
    endsAt: Date.parse(certificate.validTo) / 1000,
  };
}
