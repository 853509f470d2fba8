import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { deploy } from '../../lab/cli/deploy';
import { execInClient } from '../../lab/cli/in-client';
import { openLab, type Lab } from '../../lab/lab';
import { callSocket } from '../../lab/machines/call-socket';

/** Turns Cloudflare on for the running platform, and off again. Runs inside the client namespace: see run.sh. */
const APP = 'tsx __tests__/end-to-end/cloudflare/main.ts';
const LOAD_BALANCERS = ['lb-1', 'lb-2'];

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await deploy(lab, { app: APP });
  lab = await openLab();
});

interface CloudflareWorld {
  readonly dns_records: readonly { readonly name: string; readonly content: string; readonly proxied: boolean }[];
  readonly unexpectedRequests: readonly string[];
  readonly failures: readonly string[];
}
const cloudflare = () => callSocket(lab.paths.controlSocket, 'GET', '/cloudflare/world') as Promise<CloudflareWorld>;

async function agent(host: string, path: string): Promise<Record<string, unknown>> {
  const { privateAddress } = (await lab.machines()).find(({ name }) => name === host) ?? { privateAddress: '' };
  return JSON.parse((await lab.exec(host, ['curl', '-s', '-f', `http://${privateAddress}:9101${path}`])).stdout) as Record<string, unknown>;
}

/** Whether a connection from the client's side comes about within 2 s. */
function reaches(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2_000 });
    const finish = (answer: boolean) => (socket.destroy(), resolve(answer));
    socket.on('connect', () => finish(true)).on('timeout', () => finish(false)).on('error', () => finish(false));
  });
}

test('both names lead to the floating IP, by way of the proxies', async () => {
  const { dns_records: records, unexpectedRequests, failures } = await cloudflare();
  expect(records.map(({ name, content, proxied }) => ({ name, content, proxied }))).toEqual(
    expect.arrayContaining(['www.example.test', 'example.test'].map((name) => ({ name, content: lab.floatingIp, proxied: true }))),
  );
  expect([unexpectedRequests, failures]).toEqual([[], []]);
});

test.each(LOAD_BALANCERS)('%s shows a certificate of the Origin CA for both names', async (host) => {
  expect(await agent(host, '/certificate')).toMatchObject({ names: ['example.test', 'www.example.test'], issuer: expect.stringContaining('Origin ECC CA') as string });
});

test('whoever is not Cloudflare reaches neither the floating IP nor a load balancer, but operators do', async () => {
  const addresses = [lab.floatingIp, ...(await lab.machines()).flatMap(({ publicAddress }) => publicAddress ?? [])];
  for (const address of addresses) {
    expect([address, await reaches(address, 80), await reaches(address, 443), await reaches(address, 22)]).toEqual([address, false, false, true]);
  }
});

test.each(LOAD_BALANCERS)('%s still sees the other one on its public side', async (host) => {
  expect(await agent(host, '/status')).toMatchObject({ peer: { answersOnPublicSide: true } });
});

test('there is nothing to change afterwards', async () => {
  const plan = ['terraform', `-chdir=${join(lab.paths.state, 'cdktf.out/stacks/lab')}`, 'plan', '-detailed-exitcode', '-no-color'];
  let output = '';
  expect(await execInClient(lab, plan, { onOutput: (text) => (output += text) }), output).toBe(0);
});

test('without it, visitors come straight to the floating IP again', async () => {
  await deploy(lab);
  expect([await reaches(lab.floatingIp, 443), (await cloudflare()).dns_records]).toEqual([true, []]);
});
