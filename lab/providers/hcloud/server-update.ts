import { failure, ProviderError } from '../protocol/diagnostics';
import type { UpdateCall } from '../protocol/provider';
import type { Server } from './api-types';
import type { HcloudClient } from './client';
import { act, flag, number, numbers, putChanged, text, type HcloudClients } from './common';
import { actAll, serverTarget } from './firewall';
import { mustFindPlacementGroup } from './server-create';
import { updateNetworks } from './server-networks';
import { updatePublicNet } from './server-public-net';

/** Every change of a server in the order of the real provider. */
export async function updateServer(call: UpdateCall<HcloudClients>, server: Server): Promise<void> {
  const {
    client: { sdk: api },
    planned,
    prior,
    changed,
    signal,
  } = call;
  const path = `/servers/${server.id}`;
  await putChanged(call, path, ['name', 'labels']);
  if (changed('server_type')) await changeType(call, server);
  if (changed('backups')) await act(api, `${path}/actions/${flag(planned['backups']) ? 'enable' : 'disable'}_backup`, undefined, signal);
  if (changed('iso') || changed('rescue')) throw new ProviderError(failure('The stand-in provider changes neither iso nor rescue.'));
  if (changed('network')) await updateNetworks(api, server, planned['network'], signal);
  if (changed('firewall_ids')) await updateFirewalls(api, server, numbers(planned['firewall_ids']), signal);
  if (changed('public_net')) await updatePublicNet(api, server, prior['public_net'], planned['public_net'], signal);
  if (changed('placement_group_id')) await changePlacementGroup(api, server, number(planned['placement_group_id']), signal);
  if (changed('delete_protection') || changed('rebuild_protection')) {
    const body = { delete: flag(planned['delete_protection']), rebuild: flag(planned['rebuild_protection']) };
    await act(api, `${path}/actions/change_protection`, body, signal);
  }
}

/** Powers off and leaves it to the API to start the server again. */
async function changeType({ client: { sdk: api }, planned, signal }: UpdateCall<HcloudClients>, server: Server): Promise<void> {
  if (server.status === 'running') await act(api, `/servers/${server.id}/actions/poweroff`, undefined, signal);
  const body = { server_type: text(planned['server_type']), upgrade_disk: !flag(planned['keep_disk']) };
  await act(api, `/servers/${server.id}/actions/change_type`, body, signal);
}

async function updateFirewalls(api: HcloudClient, server: Server, wanted: readonly number[], signal: AbortSignal): Promise<void> {
  const present = server.public_net.firewalls.map(({ id }) => id);
  for (const id of present.filter((each) => !wanted.includes(each))) {
    await actAll(api, `/firewalls/${id}/actions/remove_from_resources`, { remove_from: [serverTarget(server.id)] }, signal);
  }
  for (const id of wanted.filter((each) => !present.includes(each))) {
    await actAll(api, `/firewalls/${id}/actions/apply_to_resources`, { apply_to: [serverTarget(server.id)] }, signal);
  }
}

async function changePlacementGroup(api: HcloudClient, server: Server, group: number, signal: AbortSignal): Promise<void> {
  if (server.placement_group !== null) {
    if (server.status !== 'off') {
      throw new ProviderError(
        failure(
          'removing a running server from a placement group is currently not supported in the provider. ' +
            'You can shutdown the server yourself, apply the changes again and then start the server manually as a workaround',
        ),
      );
    }
    await act(api, `/servers/${server.id}/actions/remove_from_placement_group`, undefined, signal);
  }
  if (group === 0) return;
  await mustFindPlacementGroup(api, group, signal);
  await act(api, `/servers/${server.id}/actions/add_to_placement_group`, { placement_group: group }, signal);
}
