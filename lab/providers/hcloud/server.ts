import { createHash } from 'node:crypto';
import { failure, ProviderError, warning } from '../protocol/diagnostics';
import type { StateCall } from '../protocol/provider';
import { isList } from '../protocol/value';
import type { Server } from './api-types';
import type { HcloudClient } from './client';
import { act, flag, sdkLabels, text, texts, type HcloudClients, type HcloudResource } from './common';
import { REMOVED_DATACENTER } from './primary-ip';
import { retrying } from './retry';
import { createServer, powerOn } from './server-create';
import { attachInline, checkNetworks } from './server-networks';
import { serverAttributes } from './server-state';
import { updateServer } from './server-update';

export const server: HcloudResource = {
  planning: {
    style: 'sdk',
    replace: ['image', 'location', 'user_data', 'ssh_keys'],
    defaults: {
      keep_disk: false,
      backups: false,
      ignore_remote_firewall_ids: false,
      delete_protection: false,
      rebuild_protection: false,
      shutdown_before_deletion: false,
      'public_net.ipv4_enabled': true,
      'public_net.ipv6_enabled': true,
    },
    store: { user_data: (value) => userDataHash(text(value)) },
    ignoreChange: {
      user_data: (prior, planned) => text(prior).trim() === text(planned).trim(),
      firewall_ids: (prior, planned, plan) => plan['ignore_remote_firewall_ids'] === true && isList(prior) && isList(planned),
    },
    customize: ({ config, planned }) => checkNetworks(config['network'], planned['network']),
  },
  validation: {
    attributes: {
      labels: sdkLabels,
      image: (value, name) =>
        value === '' ? failure(`"${name}" must have more than 0 characters. Have you set the name instead of an ID?`, '', name) : null,
      ssh_keys: (value, name) =>
        texts(value).includes('') ? failure('Invalid ssh key passed. You need to pass a string with at least 1 character', '', name) : null,
      datacenter: (_, name) => failure('Removed Attribute', REMOVED_DATACENTER, name),
    },
  },
  async create(call) {
    const {
      client: { sdk: api },
      planned,
      signal,
    } = call;
    const { server: made, withoutPublicNet } = await createServer(call);
    const networks = isList(planned['network']) ? planned['network'] : [];
    for (const network of networks) await attachInline(api, made.id, network, signal);
    if (networks.length > 0 && withoutPublicNet) await powerOn(api, made.id, signal);
    if (flag(planned['backups'])) await act(api, `/servers/${made.id}/actions/enable_backup`, undefined, signal);
    const [deletion, rebuild] = [flag(planned['delete_protection']), flag(planned['rebuild_protection'])];
    if (deletion || rebuild) await act(api, `/servers/${made.id}/actions/change_protection`, { delete: deletion, rebuild }, signal);
    return serverAttributes(await mustFind(api, String(made.id), signal), planned);
  },
  async read({ client, state, signal }) {
    const found = await findServer(client.sdk, text(state['id']), signal);
    return found === null ? null : serverAttributes(found, state);
  },
  async update(call) {
    const found = await findServer(call.client.sdk, text(call.prior['id']), call.signal);
    if (found === null) return null;
    await updateServer(call, found);
    return serverAttributes(await mustFind(call.client.sdk, String(found.id), call.signal), call.planned);
  },
  async delete(call) {
    const { client, state, signal } = call;
    const path = `/servers/${text(state['id'])}`;
    if (flag(state['shutdown_before_deletion'])) await shutDown(call, path);
    const { action } = await client.sdk.delete<{ action?: Parameters<HcloudClient['wait']>[0][number] }>(path, signal);
    await client.sdk.wait([action], signal);
  },
};

/** What stands in the state for user_data. */
export function userDataHash(userData: string): string {
  return createHash('sha1').update(userData).digest('base64');
}

export function findServer(api: HcloudClient, id: string, signal: AbortSignal): Promise<Server | null> {
  return api.findByIdOrName<Server>('servers', 'server', id, signal);
}

async function mustFind(api: HcloudClient, id: string, signal: AbortSignal): Promise<Server> {
  const found = await findServer(api, id, signal);
  if (found === null) throw new ProviderError(failure(`server ${id} vanished`));
  return found;
}

async function shutDown({ client: { sdk: api }, state, signal, warn }: StateCall<HcloudClients>, path: string): Promise<void> {
  await act(api, `${path}/actions/shutdown`, undefined, signal);
  const isOff = async (): Promise<void> => {
    const found = await api.find<Server>(path, 'server', signal);
    if (found?.status !== 'off') throw new Error('server has not shut down yet');
  };
  try {
    await retrying(isOff, { tries: 5, signal, retryIf: (error) => error instanceof Error && error.message.endsWith('shut down yet') });
  } catch {
    warn(warning(`Server id ${text(state['id'])} did not finish shutting down gracefully in time, deleting it anyways.`));
  }
}
