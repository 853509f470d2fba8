import { describe, expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

const https = { direction: 'in', protocol: 'tcp', port: '443', source_ips: ['0.0.0.0/0', '::/0'] };
const shown = { ...https, destination_ips: [], description: null };

async function firewall(client: TestClient, given: object = {}) {
  const { body } = await client.post('/firewalls', { name: 'edge', rules: [https], ...given });
  await client.finish();
  return body.firewall;
}
const rulesOf = (client: TestClient, id: number) => client.hardware.server(id)!.firewallRules;

test('a server without a firewall accepts everything; with one, only what the rules allow', async () => {
  const client = new TestClient();
  const open = await client.server({ name: 'open' });
  const { id } = await firewall(client);
  const guarded = await client.server({ name: 'guarded', firewalls: [{ firewall: id }] });
  expect(rulesOf(client, open.id)).toBeNull();
  expect(rulesOf(client, guarded.id)).toEqual([shown]);
  expect(guarded.public_net.firewalls).toEqual([{ id, status: 'applied' }]);
  expect((await client.get(`/firewalls/${id}`)).body.firewall.applied_to).toEqual([{ type: 'server', server: { id: guarded.id } }]);
});

test('new rules reach the servers by one action for the firewall and one for each server', async () => {
  const client = new TestClient();
  const { id } = await firewall(client);
  const server = await client.server({ firewalls: [{ firewall: id }] });
  const { body } = await client.post(`/firewalls/${id}/actions/set_rules`, { rules: [] });
  expect(body.actions.map((action) => action.command)).toEqual(['set_firewall_rules', 'apply_firewall']);
  await client.finish();
  expect(rulesOf(client, server.id)).toEqual([]);
});

describe('a firewall applied by label selector', () => {
  async function selected() {
    const client = new TestClient();
    const server = await client.server({ labels: { role: 'lb' } });
    const { id } = await firewall(client, { apply_to: [{ type: 'label_selector', label_selector: { selector: 'role=lb' } }] });
    return { client, server: server.id, id: id };
  }

  test('follows the labels', async () => {
    const { client, server, id } = await selected();
    expect(rulesOf(client, server)).toEqual([shown]);
    expect((await client.get(`/firewalls/${id}`)).body.firewall.applied_to).toEqual([
      {
        type: 'label_selector',
        label_selector: { selector: 'role=lb' },
        applied_to_resources: [{ type: 'server', server: { id: server } }],
      },
    ]);
    await client.put(`/servers/${server}`, { labels: {} });
    await client.finish();
    expect(rulesOf(client, server)).toBeNull();
  });

  test('cannot be removed from a single server', async () => {
    const { client, server, id } = await selected();
    const answer = await client.post(`/firewalls/${id}/actions/remove_from_resources`, {
      remove_from: [{ type: 'server', server: { id: server } }],
    });
    expect(refusal(answer)).toContain('422 firewall_managed_by_label_selector');
  });

  test('is removed with the object that an answer contained', async () => {
    const { client, server, id } = await selected();
    const { applied_to } = (await client.get(`/firewalls/${id}`)).body.firewall;
    await client.act(`/firewalls/${id}/actions/remove_from_resources`, { remove_from: applied_to });
    expect(rulesOf(client, server)).toBeNull();
    expect((await client.delete(`/firewalls/${id}`)).status).toBe(204);
  });

  test('skips servers without a public interface', async () => {
    const { client, id } = await selected();
    const network = await client.network();
    await client.server({
      name: 'db-1',
      labels: { role: 'lb' },
      networks: [network.id],
      public_net: { enable_ipv4: false, enable_ipv6: false },
    });
    const [target] = (await client.get(`/firewalls/${id}`)).body.firewall.applied_to;
    expect(target!.applied_to_resources).toHaveLength(1);
  });
});

test('a firewall cannot be applied to a server without a public interface', async () => {
  const client = new TestClient();
  const network = await client.network();
  const privately = { networks: [network.id], public_net: { enable_ipv4: false, enable_ipv6: false } };
  const server = await client.server({ name: 'db-1', ...privately });
  const { id } = await firewall(client);
  const answer = await client.post(`/firewalls/${id}/actions/apply_to_resources`, {
    apply_to: [{ type: 'server', server: { id: server.id } }],
  });
  expect(refusal(answer)).toContain('422 private_net_only_server');
  const created = await client.post('/servers', {
    name: 'db-2',
    server_type: 'cx23',
    image: 'debian-13',
    firewalls: [{ firewall: id }],
    ...privately,
  });
  expect(refusal(created)).toContain('422 private_net_only_server');
});

test('a firewall in use cannot be deleted', async () => {
  const client = new TestClient();
  const { id } = await firewall(client);
  const server = await client.server({ firewalls: [{ firewall: id }] });
  expect(refusal(await client.delete(`/firewalls/${id}`))).toContain('422 resource_in_use');
  await client.delete(`/servers/${server.id}`);
  expect((await client.delete(`/firewalls/${id}`)).status).toBe(204);
});

test.each([
  ['tcp without port', { port: undefined }, 'is needed for tcp'],
  ['icmp with port', { protocol: 'icmp' }, 'makes no sense for icmp'],
  ['a range of ports upside down', { port: '90-80' }, 'not a port'],
  ['an inbound rule without sources', { source_ips: [] }, 'is needed for direction in'],
  ['a source with host bits', { source_ips: ['10.0.0.1/8'] }, 'not a canonical CIDR'],
  ['an address without mask', { source_ips: ['10.0.0.1'] }, 'not a canonical CIDR'],
])('a firewall is refused with %s', async (_what, given, message) => {
  const answer = await new TestClient().post('/firewalls', { name: 'edge', rules: [{ ...https, ...given }] });
  expect(refusal(answer)).toContain(message);
});
