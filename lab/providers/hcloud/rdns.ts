import { failure, ProviderError } from '../protocol/diagnostics';
import { isUnknown } from '../protocol/value';
import { canonicalAddress, isAddress } from '../addresses';
import type { DnsPointer, Server } from './api-types';
import { act, number, text, unlessGone, type HcloudCall, type HcloudResource } from './common';

interface Kind {
  readonly attribute: string;
  readonly collection: string;
  readonly key: string;
  readonly called: string;
}
const KINDS: Readonly<Record<string, Kind>> = {
  s: { attribute: 'server_id', collection: 'servers', key: 'server', called: 'server' },
  p: { attribute: 'primary_ip_id', collection: 'primary_ips', key: 'primary_ip', called: 'primary ip' },
  f: { attribute: 'floating_ip_id', collection: 'floating_ips', key: 'floating_ip', called: 'floating ip' },
  l: { attribute: 'load_balancer_id', collection: 'load_balancers', key: 'load_balancer', called: 'load balancer' },
};
const OWNERS = Object.values(KINDS).map(({ attribute }) => attribute);

export const rdns: HcloudResource = {
  planning: { style: 'framework', replace: [...OWNERS, 'ip_address'] },
  validation: {
    attributes: {
      ip_address: (value, name) =>
        isAddress(text(value))
          ? null
          : failure('Invalid Attribute Value', `Attribute ${name} must be a valid ip, got: ${text(value)}`, name),
    },
    exactlyOneOf: [OWNERS],
  },
  // No read afterwards: the real provider trusts the action.
  async create(call) {
    const { planned, signal } = call;
    const entry = Object.entries(KINDS).find(([, { attribute }]) => planned[attribute] !== null && !isUnknown(planned[attribute]));
    if (entry === undefined) throw new Error('rdns has no owner');
    const [prefix, kind] = entry;
    const id = number(planned[kind.attribute]);
    const owner = await call.client.framework.find(`/${kind.collection}/${id}`, kind.key, signal);
    if (owner === null) throw new ProviderError(failure('Resource not found', `Resource (${kind.called}) was not found: id=${id}`));
    const ip = canonicalAddress(text(planned['ip_address']));
    await change(call, kind, id, ip, text(planned['dns_ptr']));
    return { id: `${prefix}-${id}-${ip}` };
  },
  async read(call) {
    const { kind, id, ip } = parse(text(call.state['id']));
    const owner = await call.client.framework.find<{ dns_ptr?: readonly DnsPointer[] }>(`/${kind.collection}/${id}`, kind.key, call.signal);
    if (owner === null) return null;
    const pointer =
      kind.key === 'server' ? serverPointer(owner as unknown as Server, ip) : owner.dns_ptr?.find((each) => each.ip === ip)?.dns_ptr;
    return pointer === undefined ? null : { [kind.attribute]: id, ip_address: ip, dns_ptr: pointer };
  },
  async update(call) {
    const { kind, id, ip } = parse(text(call.prior['id']));
    if (call.changed('dns_ptr')) await change(call, kind, id, ip, text(call.planned['dns_ptr']));
    return {};
  },
  delete(call) {
    const { kind, id, ip } = parse(text(call.state['id']));
    return unlessGone(() => change(call, kind, id, ip, null));
  },
};

function change({ client, signal }: HcloudCall, kind: Kind, id: number, ip: string, pointer: string | null): Promise<void> {
  return act(client.framework, `/${kind.collection}/${id}/actions/change_dns_ptr`, { ip, dns_ptr: pointer }, signal);
}

function serverPointer(server: Server, ip: string): string | undefined {
  const { ipv4, ipv6 } = server.public_net;
  return ipv4?.ip === ip ? ipv4.dns_ptr : ipv6?.dns_ptr.find((each) => each.ip === ip)?.dns_ptr;
}

function parse(id: string): { kind: Kind; id: number; ip: string } {
  const [, prefix = '', owner, ip = ''] = /^([a-z])-(\d+)-(.+)$/.exec(id) ?? [];
  const kind = KINDS[prefix];
  if (kind === undefined || !isAddress(ip)) {
    throw new ProviderError(failure('Invalid ID', `Unexpected id '${id}', expected '$RESOURCE_PREFIX-$RESOURCE_ID-$IP_ADDRESS'`, 'id'));
  }
  return { kind, id: Number(owner), ip };
}
