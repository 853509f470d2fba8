import { failure, ProviderError, warning } from '../protocol/diagnostics';
import type { PlanDraft } from '../protocol/provider';
import { isUnknown, UNKNOWN, type State } from '../protocol/value';
import { contains, isAddress, parseCidr } from '../addresses';
import type { Server } from './api-types';
import { act, number, text, texts, unlessZero, type ActionAnswer, type HcloudCall, type HcloudResource } from './common';
import { hasCode } from './errors';
import { parseSubnetId } from './network-subnet';
import { retrying } from './retry';

export const serverNetwork: HcloudResource = {
  planning: {
    style: 'framework',
    replace: ['server_id', 'network_id', 'subnet_id', 'ip'],
    defaults: { alias_ips: [] },
    customize: followSubnet,
  },
  validation: {
    attributes: {
      ip: (value, name) => (isAddress(text(value)) ? null : invalidAddress(name, text(value))),
      alias_ips: (value, name) => {
        const wrong = texts(value).find((each) => !isAddress(each));
        return wrong === undefined ? null : invalidAddress(name, wrong);
      },
    },
    exactlyOneOf: [['network_id', 'subnet_id']],
  },
  async create(call) {
    const {
      client: { framework: api },
      planned,
      created,
      signal,
    } = call;
    const subnet = typeof planned['subnet_id'] === 'string' ? subnetOf(planned['subnet_id']) : null;
    const serverId = number(planned['server_id']);
    const networkId = subnet?.networkId ?? number(planned['network_id']);
    const body = {
      network: networkId,
      ...unlessZero('ip', text(planned['ip'])),
      ...unlessZero('ip_range', subnet?.range ?? null),
      ...unlessZero('alias_ips', texts(planned['alias_ips'])),
    };
    const { action } = await attach(() => api.post<ActionAnswer>(`/servers/${serverId}/actions/attach_to_network`, body, signal), signal);
    await api.wait([action], signal);
    const id = `${serverId}-${networkId}`;
    created({ id });
    const found = await read(call, id);
    if (found === null)
      throw new ProviderError(failure('Resource vanished', `Attachment of server (${serverId}) to network (${networkId}) vanished`));
    return found;
  },
  read: (call) => read(call, text(call.state['id'])),
  async update(call) {
    const { client, planned, prior, changed, signal } = call;
    const id = text(prior['id']);
    const { serverId, networkId } = parseId(id);
    if (changed('alias_ips')) {
      await act(
        client.framework,
        `/servers/${serverId}/actions/change_alias_ips`,
        { network: networkId, alias_ips: texts(planned['alias_ips']) },
        signal,
      );
    }
    const found = await read(call, id);
    if (found === null)
      throw new ProviderError(failure('Resource vanished', `Attachment of server (${serverId}) to network (${networkId}) vanished`));
    return found;
  },
  async delete({ client: { framework: api }, state, signal }) {
    const { serverId, networkId } = parseId(text(state['id']));
    const detach = (): Promise<ActionAnswer> =>
      api.post(`/servers/${serverId}/actions/detach_from_network`, { network: networkId }, signal);
    try {
      const { action } = await retrying(detach, {
        tries: 5,
        signal,
        retryIf: (error) => hasCode(error, 'conflict', 'locked', 'service_error'),
      });
      await api.wait([action], signal);
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error;
    }
  },
};

/** Repeats while network or server are busy; a server that is attached already counts as done. */
export async function attach(send: () => Promise<ActionAnswer>, signal: AbortSignal): Promise<ActionAnswer> {
  try {
    return await retrying(send, {
      tries: 5,
      signal,
      retryIf: (error) => hasCode(error, 'conflict', 'locked', 'service_error', 'no_subnet_available'),
    });
  } catch (error) {
    if (hasCode(error, 'server_already_attached')) return {};
    throw error;
  }
}

async function read({ client, signal }: HcloudCall, id: string): Promise<State | null> {
  const { serverId, networkId } = parseId(id);
  const server = await client.framework.find<Server>(`/servers/${serverId}`, 'server', signal);
  const attachment = server?.private_net.find((each) => each.network === networkId);
  if (attachment === undefined) return null;
  return {
    id,
    server_id: serverId,
    network_id: networkId,
    ip: attachment.ip,
    alias_ips: attachment.alias_ips,
    mac_address: attachment.mac_address,
  };
}

/** An attachment whose subnet changed under it moves to the new subnet's network, or gets a new address. */
function followSubnet({ prior, planned, replace, warnings }: PlanDraft): void {
  const id = prior?.['subnet_id'];
  if (prior === null || typeof id !== 'string') return;
  const subnet = subnetOf(id);
  const [networkId, ip] = [number(prior['network_id']), text(prior['ip'])];
  if (networkId !== 0 && subnet.networkId !== networkId) {
    warnings.push(
      warning(
        'Attachment network is different than the subnet network',
        `Attachment network (${networkId}) is different that the subnet network (${subnet.networkId}) (${id}).`,
        'subnet_id',
      ),
    );
    planned['network_id'] = subnet.networkId;
    replace.add('network_id');
  }
  const range = parseCidr(subnet.range);
  if (ip !== '' && range !== null && !contains(range, ip) && !isUnknown(planned['ip'])) {
    warnings.push(
      warning(
        'Attachment IP is outside subnet IP range',
        `Attachment IP (${ip}) is outside subnet IP range (${subnet.range}) (${id}).`,
        'subnet_id',
      ),
    );
    planned['ip'] = UNKNOWN;
    replace.add('ip');
  }
}

function subnetOf(id: string): { networkId: number; range: string } {
  const subnet = parseSubnetId(id);
  if (subnet === null)
    throw new ProviderError(failure('Invalid Subnet ID', `Unexpected subnet id '${id}', expected '$NETWORK_ID-$IP_RANGE'`, 'subnet_id'));
  return subnet;
}

function parseId(id: string): { serverId: number; networkId: number } {
  const [, serverId, networkId] = /^(\d+)-(\d+)$/.exec(id) ?? [];
  if (serverId === undefined)
    throw new ProviderError(failure('Invalid ID', `Unexpected id '${id}', expected '$SERVER_ID-$NETWORK_ID'`, 'id'));
  return { serverId: Number(serverId), networkId: Number(networkId) };
}

function invalidAddress(name: string, value: string): ReturnType<typeof failure> {
  return failure('Invalid Attribute Value', `Attribute ${name} must be a valid ip, got: ${value}`, name);
}
