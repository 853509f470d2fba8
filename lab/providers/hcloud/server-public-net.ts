import { failure, ProviderError } from '../protocol/diagnostics';
import type { ObjectValue, Value } from '../protocol/value';
import type { Action, PrimaryIp, Server } from './api-types';
import type { HcloudClient } from './client';
import { act, objects } from './common';
import { unassign } from './primary-ip';
import { powerOn, primaryIpId } from './server-create';

const FAMILIES = ['ipv4', 'ipv6'] as const;

/** Moves a server to other primary IPs: off, change, on. */
export async function updatePublicNet(
  api: HcloudClient,
  server: Server,
  prior: Value | undefined,
  planned: Value | undefined,
  signal: AbortSignal,
): Promise<void> {
  const [before] = objects(prior);
  const [after] = objects(planned);
  await act(api, `/servers/${server.id}/actions/poweroff`, undefined, signal);
  for (const family of FAMILIES) {
    if (after === undefined) await replaceChosen(api, server, family, before, signal);
    else await change(api, server, family, before, after, signal);
  }
  await powerOn(api, server.id, signal);
}

type Family = (typeof FAMILIES)[number];

/** The block is gone: an address that was chosen gives way to one of the server's own. */
async function replaceChosen(
  api: HcloudClient,
  server: Server,
  family: Family,
  before: ObjectValue | undefined,
  signal: AbortSignal,
): Promise<void> {
  const present = server.public_net[family]?.id ?? 0;
  const chosen = before === undefined ? 0 : primaryIpId(before, family);
  if (present === 0 || chosen === 0) return;
  if (present !== chosen)
    throw new ProviderError(
      failure(`Assigned ${family === 'ipv4' ? 'IPv4' : 'IPv6'} changed between plan and apply, please check and generate a new plan`),
    );
  await unassign(api, present, signal);
  await createOwn(api, server, family, signal);
}

async function change(
  api: HcloudClient,
  server: Server,
  family: Family,
  before: ObjectValue | undefined,
  after: ObjectValue,
  signal: AbortSignal,
): Promise<void> {
  const present = server.public_net[family]?.id ?? 0;
  const chosenBefore = before === undefined ? 0 : primaryIpId(before, family);
  const enabledBefore = before === undefined || before[`${family}_enabled`] === true;
  const chosen = primaryIpId(after, family);
  const enabled = after[`${family}_enabled`] === true;
  if (!enabled && chosen !== 0) {
    await powerOn(api, server.id, signal);
    throw new ProviderError(failure(`this operation is not allowed: ipv4_enabled = false | ipv4 = ${chosen}`));
  }
  if (enabled && chosen === 0) {
    const hadChosen = enabledBefore && chosenBefore !== 0;
    if (hadChosen) await unassign(api, chosenBefore, signal);
    if (hadChosen || (!enabledBefore && chosenBefore === 0)) await createOwn(api, server, family, signal);
    return;
  }
  if (present !== 0) {
    await unassign(api, present, signal);
    if (chosenBefore === 0) await api.delete(`/primary_ips/${present}`, signal);
  }
  if (enabled) await act(api, `/primary_ips/${chosen}/actions/assign`, { assignee_id: server.id, assignee_type: 'server' }, signal);
}

async function createOwn(api: HcloudClient, server: Server, family: Family, signal: AbortSignal): Promise<void> {
  const body = {
    type: family,
    name: `primary_ip-${Math.floor(Math.random() * 1e9)}`,
    assignee_id: server.id,
    assignee_type: 'server',
    auto_delete: true,
  };
  const made = await api.post<{ primary_ip: PrimaryIp; action?: Action | null }>('/primary_ips', body, signal);
  await api.wait([made.action], signal);
}
