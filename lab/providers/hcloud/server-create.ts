import { failure, ProviderError, warning } from '../protocol/diagnostics';
import type { CreateCall } from '../protocol/provider';
import { isUnknown, type ObjectValue } from '../protocol/value';
import type { Action, Image, PlacementGroup, Server, ServerType, SshKey } from './api-types';
import type { HcloudClient } from './client';
import { act, list, number, numbers, objects, text, texts, unlessZero, type HcloudClients } from './common';
import { retrying } from './retry';
import { EXISTING_SERVERS_GO_ON, serverTypeDeprecation } from './server-type';

interface CreateAnswer {
  readonly server: Server;
  readonly action?: Action | null;
  readonly next_actions?: readonly Action[];
}

/** Looks up everything by name, creates the server and waits for it. */
export async function createServer(call: CreateCall<HcloudClients>): Promise<{ server: Server; withoutPublicNet: boolean }> {
  const {
    client: { sdk: api },
    planned,
    config,
    created,
    signal,
  } = call;
  const typeName = text(planned['server_type']);
  const type = await api.findByIdOrName<ServerType>('server_types', 'server_type', typeName, signal);
  if (type === null) throw new ProviderError(failure(`server type ${typeName} not found`));
  const image = await findImage(call, text(planned['image']), type.architecture);
  const deprecation = serverTypeDeprecation(type, text(planned['location']), new Date());
  if (deprecation?.unavailable === true) throw new ProviderError(failure(deprecation.text, EXISTING_SERVERS_GO_ON));
  if (deprecation !== null) call.warn(warning(deprecation.text, EXISTING_SERVERS_GO_ON));
  const sshKeys: number[] = [];
  for (const key of texts(planned['ssh_keys'])) sshKeys.push((await findSshKey(api, key, signal)).id);
  const placementGroup = number(planned['placement_group_id']);
  if (placementGroup !== 0) await mustFindPlacementGroup(api, placementGroup, signal);
  const publicNet = publicNetOf(planned['public_net']);
  const withoutPublicNet = publicNet !== null && !publicNet.enable_ipv4 && !publicNet.enable_ipv6;
  const body = {
    name: text(planned['name']),
    server_type: typeName,
    image: image.id,
    ...unlessZero('ssh_keys', sshKeys),
    ...unlessZero('location', text(planned['location'])),
    ...unlessZero('user_data', text(config['user_data'])),
    // A server without any interface cannot be powered on: its networks come first.
    ...(withoutPublicNet && list(planned['network']).length > 0 ? { start_after_create: false } : {}),
    ...unlessZero('labels', planned['labels']),
    ...unlessZero(
      'firewalls',
      numbers(planned['firewall_ids']).map((firewall) => ({ firewall })),
    ),
    ...unlessZero('placement_group', placementGroup),
    ...(publicNet === null ? {} : { public_net: publicNet }),
  };
  const answer = await api.post<CreateAnswer>('/servers', body, signal);
  created({ id: String(answer.server.id) });
  await api.wait([answer.action], signal);
  for (const action of answer.next_actions ?? []) await api.wait([action], signal);
  return { server: answer.server, withoutPublicNet };
}

async function findImage(
  { client: { sdk: api }, signal, warn }: CreateCall<HcloudClients>,
  idOrName: string,
  architecture: string,
): Promise<Image> {
  const byId = /^\d+$/.test(idOrName) ? await api.find<Image>(`/images/${idOrName}`, 'image', signal) : null;
  const query = `architecture=${architecture}&include_deprecated=true&name=${encodeURIComponent(idOrName)}`;
  const image = byId ?? (await api.get<{ images: readonly Image[] }>(`/images?${query}`, signal)).images[0];
  if (image === undefined) throw new ProviderError(failure(`image ${idOrName} for architecture ${architecture} not found`));
  const deprecation = imageDeprecation(image, new Date());
  if (deprecation?.unavailable === true) throw new ProviderError(failure('Image Unavailable', `${deprecation.message}.`));
  if (deprecation !== null) warn(warning('Image Deprecated', `${deprecation.message}.`));
  return image;
}

/** An image can be used for three months after it was deprecated. */
export function imageDeprecation(image: Image, now: Date): { message: string; unavailable: boolean } | null {
  if (image.deprecated === null || image.deprecated === undefined) return null;
  const unavailableAfter = new Date(image.deprecated);
  unavailableAfter.setUTCMonth(unavailableAfter.getUTCMonth() + 3);
  const unavailable = now > unavailableAfter;
  const until = unavailableAfter.toISOString().slice(0, 10);
  const name = image.name ?? String(image.id);
  return {
    unavailable,
    message: unavailable
      ? `Image "${name}" is unavailable and can no longer be ordered`
      : `Image "${name}" is deprecated and will no longer be available for order as of ${until}`,
  };
}

async function findSshKey(api: HcloudClient, idOrName: string, signal: AbortSignal): Promise<SshKey> {
  const key = await api.findByIdOrName<SshKey>('ssh_keys', 'ssh_key', idOrName, signal);
  if (key === null) throw new ProviderError(failure(`SSH key not found: ${idOrName}`));
  return key;
}

export async function mustFindPlacementGroup(api: HcloudClient, id: number, signal: AbortSignal): Promise<void> {
  const found = await api.find<PlacementGroup>(`/placement_groups/${id}`, 'placement_group', signal);
  if (found === null) throw new ProviderError(failure(`placement group not found: ${id}`));
}

/** A primary IP's id turns its family on. */
function publicNetOf(blocks: Parameters<typeof objects>[0]): { enable_ipv4: boolean; enable_ipv6: boolean } | null {
  const [block] = objects(blocks);
  if (block === undefined) return null;
  const family = (name: string): { enabled: boolean; id: number } => {
    const id = primaryIpId(block, name);
    return { enabled: block[`${name}_enabled`] === true || id !== 0, id };
  };
  const [v4, v6] = [family('ipv4'), family('ipv6')];
  return { enable_ipv4: v4.enabled, enable_ipv6: v6.enabled, ...unlessZero('ipv4', v4.id), ...unlessZero('ipv6', v6.id) };
}

export function primaryIpId(block: ObjectValue, name: string): number {
  return isUnknown(block[name]) ? 0 : number(block[name]);
}

export async function powerOn(api: HcloudClient, id: number, signal: AbortSignal): Promise<void> {
  await retrying(() => act(api, `/servers/${id}/actions/poweron`, undefined, signal), { tries: 5, signal, retryIf: () => true });
}
