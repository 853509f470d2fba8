import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InternalAuthority } from '../../lib/certificates/internal-authority';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { resolveLoadBalancers, type LoadBalancerSettings } from '../../lib/settings/load-balancers';
import { LoadBalancerPair, type LoadBalancerPairProps } from '../../lib/tiers/load-balancer-pair';
import { resource, resourceIds, synthesized, testSite, testStack } from '../helpers/stack';

function loadBalancers(settings: LoadBalancerSettings = {}, wiring: Partial<LoadBalancerPairProps> = {}) {
  const stack = testStack();
  const site = testSite(stack);
  const pair = new LoadBalancerPair(stack, 'lb', {
    ...resolveLoadBalancers(settings, { webServers: 2 }),
    site,
    logs: LOG_DEFAULTS,
    upstreams: site.endpoints('web', 'http', 2),
    certificatePem: '${var.certificate}',
    certificateRevision: 'one',
    authority: new InternalAuthority(stack, 'pair-authority', { name: 'pair' }),
    failoverToken: '${var.failover_token}',
    hcloudEndpoint: 'https://api.hetzner.cloud/v1',
    ...wiring,
  });
  return { stack, pair };
}

test('is two servers with public addresses', () => {
  const { stack, pair } = loadBalancers();
  expect(pair.servers.map(({ host }) => host.address)).toEqual(['10.0.1.11', '10.0.1.12']);
  expect(resource(stack, 'hcloud_server', 'lb_lb-1')).toMatchObject({
    name: 'lb-1',
    public_net: [{ ipv4_enabled: true, ipv6_enabled: true }],
  });
});

test('leaves the floating IP and the alias where the agents have moved them', () => {
  const { stack } = loadBalancers();
  expect(resource(stack, 'hcloud_floating_ip_assignment', 'lb_')).toMatchObject({ lifecycle: { ignore_changes: ['server_id'] } });
  expect(resource(stack, 'hcloud_server', 'lb_lb-2')).toMatchObject({
    lifecycle: { ignore_changes: expect.arrayContaining(['network']) as unknown },
  });
});

test('tells each server the id of the other, and configures one after the other', () => {
  const { terraform_data: steps = {} } = synthesized(loadBalancers().stack).resource;
  const configure = (name: string) => Object.entries(steps).find(([id]) => id.startsWith(`lb_${name}_configure`)) ?? ['', {}];
  const [first] = configure('lb-1');
  const [, second] = configure('lb-2');
  expect(JSON.stringify(configure('lb-1')[1])).toMatch(/PEER_SERVER_ID":"\$\{hcloud_server\.lb_lb-2_/);
  expect(JSON.stringify(second)).toMatch(/PEER_SERVER_ID":"\$\{hcloud_server\.lb_lb-1_/);
  expect((second as { depends_on: string[] }).depends_on).toContain(`terraform_data.${first}`);
});

test('brings each credential that the unit of the floating-ip agent loads, and the token by the name that the former unit loads', () => {
  const { terraform_data: steps = {} } = synthesized(loadBalancers().stack).resource;
  const step = JSON.stringify(Object.entries(steps).find(([id]) => id.startsWith('lb_lb-1_configure')));
  const token = Buffer.from('${var.failover_token}').toString('base64');
  const sent = [...step.matchAll(/credentials\/(\S+) ([A-Za-z0-9+/=]+)/g)].filter(([, , value]) => value === token).map(([, name]) => name);
  const unit = readFileSync('provisioning/units/floating-ip-agent.service', 'utf8');
  const loaded = [...unit.matchAll(/^LoadCredential=([^:]+):\/etc\/platform\/credentials\/(.+)$/gm)].map(([, name, file]) => [name, file]);
  expect(loaded).toEqual([['failover-token', 'failover-token']]);
  expect(sent).toEqual(['failover-token', 'hcloud-token']);
});

test('a new certificate provisions again, and is not in what triggers it', () => {
  const { stack } = loadBalancers({}, { certificateRevision: 'two' });
  const { terraform_data: steps = {} } = synthesized(stack).resource;
  const triggers = Object.entries(steps).find(([id]) => id.startsWith('lb_lb-1_configure'))?.[1].triggers_replace;
  expect(JSON.stringify(triggers)).toContain('"certificate":"two"');
  expect(JSON.stringify(triggers)).not.toMatch(/var\.(certificate|failover_token)/);
});

describe('between the two', () => {
  /** The configure step of a load balancer. */
  const step = (wiring: Partial<LoadBalancerPairProps> = {}) => {
    const { terraform_data: steps = {} } = synthesized(loadBalancers({}, wiring).stack).resource;
    return Object.entries(steps).find(([id]) => id.startsWith('lb_lb-2_configure'))?.[1];
  };

  test('each has a certificate for its own name and address, by which the other knows it', () => {
    const { stack } = loadBalancers();
    expect(resource(stack, 'tls_cert_request', 'pair-authority_lb-2')).toMatchObject({ dns_names: ['lb-2'], ip_addresses: ['10.0.1.12'] });
    expect(JSON.stringify(step()?.provisioner)).toMatch(/credentials\/pair-certificate.*credentials\/pair-ca/);
    expect(JSON.stringify(step()?.triggers_replace)).toMatch(/"pair":"\$\{tls_locally_signed_cert/);
  });

  test('keys of session tickets come from neither Terraform nor its variables', () => {
    const sent = [...JSON.stringify(step()?.provisioner).matchAll(/credentials\/([a-z-]+) /g)].map(([, name]) => name);
    expect(sent).toEqual(['failover-token', 'hcloud-token', 'tls-certificate', 'pair-certificate', 'pair-ca']);
  });
});

test('refuses to balance over nobody', () => {
  expect(() => loadBalancers({}, { upstreams: [] })).toThrow(
    'lb: upstreams is [], want at least one web server; pass the endpoints of a WebTier',
  );
});

test.each([0, 61, NaN])('refuses a hold of %d s', (holdSeconds) => {
  expect(() => loadBalancers({ holdSeconds })).toThrow(/holdSeconds is .*, want a number from 1 to 60/);
});

test('keeps the resource ids that deployed state depends on', async () => {
  const ids = resourceIds(loadBalancers().stack)
    .split('\n')
    .filter((id) => id.includes('.lb_'));
  await expect(`${ids.join('\n')}\n`).toMatchFileSnapshot('load-balancer-pair.resource-ids.txt');
});
