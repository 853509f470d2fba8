import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action } from './actions';
import { ActionFailed } from './actions';
import { LOCATIONS } from './catalogue';
import type { Location } from './catalogue';
import { invalidInput, refused } from './errors';
import { requireImage } from './images';
import { checkLabels } from './labels';
import { checkLimit, dedicatedCores } from './limits';
import { requireLocation } from './locations';
import type { IpFamily, PrimaryIp, Server, SshKey } from './models';
import { checkRoom } from './placement-groups';
import { newPrimaryIp } from './primary-ips';
import { created, idOrName, idSchema, labelsSchema, optionalId } from './requests';
import type { Call, Reply } from './requests';
import { startAttachToNetwork } from './server-networks';
import { startPowerOn } from './server-power';
import { requireServerType, takeFromStock } from './server-types';
import { renderServer } from './server-view';
import { checkVolume, startAttach } from './volume-actions';
import type { Project } from './project';

const MOST_USER_DATA_BYTES = 32 * 1024;

/** RFC 1123 */
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
export const serverName = z.string().regex(HOST_NAME, 'must be a valid RFC 1123 host name');

export const createSchema = z.strictObject({
  name: serverName,
  server_type: idOrName,
  image: idOrName,
  location: idOrName.optional(),
  ssh_keys: z.array(idOrName).default([]),
  user_data: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= MOST_USER_DATA_BYTES, 'is longer than 32 KiB')
    .nullish(),
  labels: labelsSchema.default({}),
  firewalls: z.array(z.strictObject({ firewall: idSchema })).default([]),
  placement_group: optionalId,
  start_after_create: z.boolean().default(true),
  networks: z.array(idSchema).default([]),
  volumes: z.array(idSchema).default([]),
  // mounting inside the guest is not emulated: only "no" is understood
  automount: z.literal(false).optional(),
  public_net: z
    .strictObject({
      enable_ipv4: z.boolean().default(true),
      enable_ipv6: z.boolean().default(true),
      ipv4: optionalId,
      ipv6: optionalId,
    })
    .prefault({}),
});
type Wanted = z.output<typeof createSchema>;

/** Checks everything first: a refused request leaves nothing behind. */
export function createServer(call: Call<Wanted>): Reply {
  const { project, body } = call;
  const location = body.location === undefined ? LOCATIONS[0]! : requireLocation(body.location);
  const sshKeys = body.ssh_keys.map((key) => requireSshKey(project, key));
  const serverType = requireServerType(project, body.server_type, location);
  const image = requireImage(body.image, serverType.architecture);
  const givenIps = checkRequest(project, body, location);
  checkLimit(project, 'servers', 1);
  checkLimit(project, 'dedicated_cores', dedicatedCores(serverType));
  checkLimit(project, 'primary_ips', newAddresses(body.public_net));
  takeFromStock(project, serverType, location);

  const server: Server = {
    id: project.nextId(),
    name: body.name,
    labels: body.labels,
    created: project.now(),
    status: 'initializing',
    serverType,
    image,
    location,
    primaryDiskSize: serverType.disk,
    attachments: [],
    placementGroup: body.placement_group,
    deleteProtection: false,
    rebuildProtection: false,
    sshPublicKeys: sshKeys.map((key) => key.publicKey),
    userData: body.user_data ?? null,
    machine: 'none',
    offSince: null,
  };
  project.servers.add(server);
  connectPublicSide(project, body, server, givenIps);

  const action = startCreate(call, server);
  const next: Action[] = body.networks.map((networkId) => startAttachToNetwork(call, server, { network: networkId }, action));
  next.push(...body.volumes.map((volumeId) => startAttach(call, project.volumes.get(volumeId), server, action)));
  if (body.start_after_create) next.push(startPowerOn(call, server, next.at(-1) ?? action));
  return created({
    server: renderServer(project, server),
    action: renderAction(project, action),
    next_actions: next.map((each) => renderAction(project, each)),
    root_password: sshKeys.length > 0 ? null : `lab-${server.id}`,
  });
}

function checkRequest(project: Project, body: Wanted, location: Location): readonly PrimaryIp[] {
  checkLabels(body.labels);
  project.servers.checkNameIsFree(body.name);
  for (const { firewall } of body.firewalls) project.firewalls.get(firewall);
  for (const network of body.networks) project.networks.get(network);
  for (const volume of body.volumes) checkVolume(project.volumes.get(volume), location);
  if (body.placement_group !== null) checkRoom(project, body.placement_group);
  const { enable_ipv4, enable_ipv6, ipv4, ipv6 } = body.public_net;
  const isPublic = enable_ipv4 || enable_ipv6;
  if (!isPublic && body.firewalls.length > 0) throw refused('private_net_only_server', 'server has no public interface');
  if (!isPublic && body.networks.length === 0 && body.start_after_create) {
    throw invalidInput('public_net', 'a server without any network interface cannot be started');
  }
  return [
    ...(ipv4 === null ? [] : [requirePrimaryIp(project, ipv4, 'ipv4', enable_ipv4, location)]),
    ...(ipv6 === null ? [] : [requirePrimaryIp(project, ipv6, 'ipv6', enable_ipv6, location)]),
  ];
}

/** How many Primary IPs come into being with the server. */
function newAddresses({ enable_ipv4, enable_ipv6, ipv4, ipv6 }: Wanted['public_net']): number {
  return (enable_ipv4 && ipv4 === null ? 1 : 0) + (enable_ipv6 && ipv6 === null ? 1 : 0);
}

function requireSshKey(project: Project, key: number | string): SshKey {
  const found = project.sshKeys.all().find((each) => each.id === key || each.name === key);
  if (!found) throw invalidInput('ssh_keys', `SSH key '${key}' does not exist`);
  return found;
}

function requirePrimaryIp(project: Project, id: number, family: IpFamily, enabled: boolean, location: Location): PrimaryIp {
  const primaryIp = project.primaryIps.get(id);
  if (!enabled) throw invalidInput(`public_net.${family}`, `is given, but ${family} is not enabled`);
  if (primaryIp.assigneeId !== null) throw refused('primary_ip_assigned', 'primary ip is already assigned');
  if (primaryIp.type !== family) throw refused('primary_ip_version_mismatch', `primary ip is not an ${family}`);
  if (primaryIp.location !== location) throw refused('primary_ip_datacenter_mismatch', 'primary ip is in another location');
  return primaryIp;
}

function connectPublicSide(project: Project, body: Wanted, server: Server, given: readonly PrimaryIp[]): void {
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (!body.public_net[`enable_${family}`]) continue;
    const primaryIp = given.find((each) => each.type === family);
    if (primaryIp) primaryIp.assigneeId = server.id;
    else newPrimaryIp(project, family, server.location, { assigneeId: server.id });
  }
  for (const { firewall: id } of body.firewalls) {
    const firewall = project.firewalls.get(id);
    firewall.appliedTo = [...firewall.appliedTo, { type: 'server', serverId: server.id }];
  }
}

function startCreate(call: Call<unknown>, server: Server): Action {
  const { project } = call;
  return call.start({
    command: 'create_server',
    resources: [
      ['server', server.id],
      ['image', server.image.id],
    ],
    hardware: () => project.exclusively(`server:${server.id}`, () => makeMachine(project, server)),
    effect: () => {
      server.status = 'off';
    },
    changesNetwork: true,
    onFailure: () => {
      server.status = 'off';
    },
  });
}

export async function makeMachine(project: Project, server: Server): Promise<void> {
  if (!project.servers.find(server.id)) throw new ActionFailed('server was deleted');
  server.machine = 'making';
  const { id, name, image, serverType, sshPublicKeys, userData, location } = server;
  await project.hardware.createServer({
    id,
    name,
    image: image.name,
    serverType: { name: serverType.name, cores: serverType.cores, memory: serverType.memory, disk: serverType.disk },
    sshPublicKeys,
    userData,
    location: { name: location.name, networkZone: location.network_zone },
  });
  server.machine = 'made';
}
