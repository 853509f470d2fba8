import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action } from './actions';
import { ActionFailed } from './actions';
import { overlap, rangeOf } from './cidr';
import { invalidInput, locked, refused } from './errors';
import type { Attachment, Network, Server } from './models';
import { checkAddress, freeAddress, isTaken } from './network-parts';
import { created, idSchema, post } from './requests';
import type { Call, Reply, Route } from './requests';
import { isLocked, refreshStatus } from './server-status';

const MOST_ALIASES = 5;

const attachSchema = z.strictObject({
  network: idSchema,
  ip: z.string().optional(),
  alias_ips: z.array(z.string()).optional(),
  ip_range: z.string().optional(),
});
const path = (action: string): string => `/v1/servers/:id/actions/${action}`;
const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

export const routes: readonly Route[] = [
  post(path('attach_to_network'), attachSchema, (call) => {
    const server = call.project.servers.get(call.id);
    if (server.attachments.some((each) => each.networkId === call.body.network)) {
      throw refused('server_already_attached', 'server is already attached to this network');
    }
    if (isLocked(call.project, server)) throw locked('server');
    return answer(call, startAttachToNetwork(call, server, call.body));
  }),
  post(path('detach_from_network'), z.strictObject({ network: idSchema }), (call) => {
    const server = call.project.servers.get(call.id);
    const attachment = requireAttachment(server, call.body.network);
    if (isLocked(call.project, server)) throw locked('server');
    const effect = (): void => {
      server.attachments = server.attachments.filter((each) => each !== attachment);
    };
    return answer(call, call.start({ command: 'detach_from_network', resources: refs(server, attachment), effect, changesNetwork: true }));
  }),
  post(path('change_alias_ips'), z.strictObject({ network: idSchema, alias_ips: z.array(z.string()) }), changeAliases),
];

const refs = (server: Server, attachment: Attachment) =>
  [
    ['server', server.id],
    ['network', attachment.networkId],
  ] as const;

function requireAttachment(server: Server, networkId: number): Attachment {
  const attachment = server.attachments.find((each) => each.networkId === networkId && !each.pending);
  if (!attachment) throw invalidInput('network', `server is not attached to network ${networkId}`);
  return attachment;
}

/** Reserves the address; it is configured when the action succeeds. */
export function startAttachToNetwork(call: Call<unknown>, server: Server, wanted: z.output<typeof attachSchema>, after?: Action): Action {
  const { project } = call;
  const network = project.networks.get(wanted.network);
  const clash = server.attachments.find((each) => overlap(rangeOf(project.networks.get(each.networkId).ipRange), rangeOf(network.ipRange)));
  if (clash) throw refused('networks_overlap', 'server is attached to a network with an overlapping range');
  if (network.subnets.length === 0) throw refused('no_subnet_available', `network '${network.name}' has no subnet`);
  const aliasIps = wanted.alias_ips ?? [];
  checkAliases(call, network, server, aliasIps);
  if (wanted.ip !== undefined) checkAddress(project, network, server, wanted.ip, 'ip');
  if (wanted.ip !== undefined && aliasIps.includes(wanted.ip)) throw refused('ip_not_available', `ip ${wanted.ip} is its own alias`);
  const attachment: Attachment = {
    networkId: network.id,
    ip: wanted.ip ?? freeAddress(project, network, server, wanted.ip_range),
    aliasIps,
    macAddress: macAddress(project.nextId()),
    pending: true,
  };
  server.attachments = [...server.attachments, attachment];
  return call.start({
    command: 'attach_to_network',
    resources: refs(server, attachment),
    ...(after ? { after } : {}),
    effect: () => {
      if (!project.servers.find(server.id) || !project.networks.find(network.id)) throw new ActionFailed('deleted meanwhile');
      attachment.pending = false;
    },
    changesNetwork: true,
    onFailure: () => {
      server.attachments = server.attachments.filter((each) => each !== attachment);
    },
  });
}

const macAddress = (id: number): string => `86:00:00:${id.toString(16).padStart(6, '0').slice(-6).match(/../g)!.join(':')}`;

function checkAliases(call: Call<unknown>, network: Network, server: Server, aliasIps: readonly string[]): void {
  if (aliasIps.length > MOST_ALIASES) throw invalidInput('alias_ips', `more than ${MOST_ALIASES}`);
  if (new Set(aliasIps).size < aliasIps.length) throw invalidInput('alias_ips', 'names an address twice');
  for (const ip of aliasIps) checkAddress(call.project, network, server, ip, 'alias_ips');
}

/** The whole list is replaced. An address that another server holds must be given up there first. */
async function changeAliases(call: Call<{ network: number; alias_ips: string[] }>): Promise<Reply> {
  const { project } = call;
  const server = project.servers.get(call.id);
  const attachment = requireAttachment(server, call.body.network);
  const network = project.networks.get(attachment.networkId);
  const aliasIps = call.body.alias_ips;
  checkAliases(call, network, server, aliasIps);
  // A guess, from the same words of the documentation as for floating IPs
  if (project.actions.running('server', server.id, 'change_alias_ips')) throw locked('server');
  if (await holdsFast(call, server)) throw locked('server');
  const action = call.start({
    command: 'change_alias_ips',
    resources: refs(server, attachment),
    effect: () => {
      const taken = aliasIps.find((ip) => isTaken(project, network, ip, server));
      if (taken) throw new ActionFailed(`${taken} was taken meanwhile`);
      attachment.aliasIps = aliasIps;
    },
    changesNetwork: true,
  });
  return answer(call, action);
}

/** A fault keeps the aliases at a server that has just lost its power. */
async function holdsFast({ project, effects }: Call<unknown>, server: Server): Promise<boolean> {
  const held = effects.find((effect) => effect.kind === 'alias-held');
  if (!held) return false;
  await refreshStatus(project, [server]);
  return server.offSince !== null && project.clock.now() - server.offSince < held.milliseconds;
}
