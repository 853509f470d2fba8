import { afterAll, beforeAll, expect, test } from 'vitest';
import { ignoredChanges, readDifferences } from '../../../platform/drift/plan';
import { listen, type ListeningApi } from '../../lab/api/conformance/listening-api';
import { TOKEN } from '../../lab/api/test-client';
import { Terraform } from '../../lab/providers/conformance/terraform';
import { Synthesizer, variables } from '../summary/edits';

/** A deployed stack at the emulated API, whose steps do nothing; then somebody changes something with another client. */
const synthesizer = new Synthesizer();
let api: ListeningApi;
let terraform: Terraform;
let stack: string;
beforeAll(async () => {
  api = await listen();
  stack = synthesizer.stepless({});
  terraform = await Terraform.start(stack, { endpoint: api.endpoint }, 'main.tf.json');
  await terraform.apply(...variables(api.endpoint));
  // Terraform's knowledge of what has moved since it made it
  await terraform.apply(...variables(api.endpoint));
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  synthesizer.stop();
});

async function ask(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${api.endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

const named = <T extends { readonly name: string }>(all: readonly T[], name: string): T => {
  const found = all.find((each) => each.name === name);
  if (!found) throw new Error(`there is no ${name}; there are: ${all.map((each) => each.name).join(', ')}`);
  return found;
};
const server = (name: string) => `/servers/${named(api.project.servers.all(), name).id}`;
const firewall = () => named(api.project.firewalls.all(), 'platform').id;
const network = () => named(api.project.networks.all(), 'platform').id;

async function seen() {
  const json = await terraform.planned(...variables(api.endpoint));
  return readDifferences('shop', json, ignoredChanges(JSON.parse(stack)));
}
const whatIsSeen = async () => (await seen()).map(({ where, what }) => `${where}: ${what}`).sort();

/** Until no action runs any more. */
async function settled(): Promise<void> {
  await expect.poll(() => api.project.actions.all().filter(({ status }) => status === 'running')).toEqual([]);
}

test('nothing differs after a deploy, nor after the agents have moved the floating IP and the NAT alias', async () => {
  expect(await seen()).toEqual([]);
  const floatingIp = api.project.floatingIps.all()[0]?.id;
  await ask('POST', `/floating_ips/${floatingIp}/actions/assign`, { server: named(api.project.servers.all(), 'lb-2').id });
  await ask('POST', `${server('lb-2')}/actions/change_alias_ips`, { network: network(), alias_ips: ['10.0.1.10'] });
  await settled();
  expect(await seen()).toEqual([]);
});

test.each<[string, () => Promise<void>, string, () => Promise<void>]>([
  [
    'a rule of the firewall',
    () => ask('POST', `/firewalls/${firewall()}/actions/set_rules`, { rules: [] }),
    'project: firewall platform differs in rule: somebody has changed it',
    async () => void (await terraform.apply(...variables(api.endpoint))),
  ],
  [
    'a label',
    () => ask('PUT', server('web-1'), { labels: { tier: 'other' } }),
    'web-1: server web-1 differs in labels: somebody has changed it',
    () => ask('PUT', server('web-1'), { labels: { 'managed-by': 'terraform', tier: 'web' } }),
  ],
  [
    'a name',
    () => ask('PUT', server('app-1'), { name: 'mine' }),
    'app-1: server app-1 differs in name: somebody has changed it',
    () => ask('PUT', server('mine'), { name: 'app-1' }),
  ],
  [
    'power, of which a deploy takes no notice',
    () => ask('POST', `${server('app-2')}/actions/poweroff`),
    'app-2: server app-2 is off',
    () => ask('POST', `${server('app-2')}/actions/poweron`),
  ],
])('Terraform sees that somebody has changed %s', async (_, change, what, back) => {
  await change();
  await settled();
  expect(await whatIsSeen()).toContain(what);
  await back();
  await settled();
  expect(await seen()).toEqual([]);
});

test('a load balancer that lost its firewall, which a plan hides, is told with the remedy', async () => {
  const resources = [{ type: 'server', server: { id: named(api.project.servers.all(), 'lb-1').id } }];
  await ask('POST', `/firewalls/${firewall()}/actions/remove_from_resources`, { remove_from: resources });
  await settled();
  expect(await seen()).toEqual([
    {
      where: 'lb-1',
      what: `server lb-1 has lost firewall ${firewall()}`,
      remedy: `hcloud firewall apply-to-resource ${firewall()} --type server --server lb-1`,
    },
  ]);
  await ask('POST', `/firewalls/${firewall()}/actions/apply_to_resources`, { apply_to: resources });
  await settled();
  expect(await seen()).toEqual([]);
});

test('a load balancer that left the private network, which a plan hides, is told with the remedy', async () => {
  await ask('POST', `${server('lb-1')}/actions/detach_from_network`, { network: network() });
  await settled();
  expect(await seen()).toEqual([
    {
      where: 'lb-1',
      what: 'server lb-1 differs in network, which a deploy leaves as it is',
      remedy: `hcloud server attach-to-network lb-1 --network ${network()} --ip 10.0.1.11`,
    },
  ]);
  await ask('POST', `${server('lb-1')}/actions/attach_to_network`, { network: network(), ip: '10.0.1.11' });
  await settled();
  expect(await seen()).toEqual([]);
});

test('a volume that was detached, and a server that was deleted, are told', async () => {
  const volume = named(api.project.volumes.all(), 'db-1-data').id;
  await ask('POST', `/volumes/${volume}/actions/detach`);
  await ask('DELETE', server('web-2'));
  await settled();
  const told = await whatIsSeen();
  expect(told).toContain('web-2: server web-2 is gone');
  expect(told.filter((line) => line.startsWith('db-1: '))).toEqual([expect.stringMatching(/volume_attachment.* is gone$/)]);
});
