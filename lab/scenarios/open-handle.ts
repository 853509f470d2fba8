import type { AddressHolders, LabHandle, Machine } from '../faults';
import { deploy } from '../client/deploy';
import { openLab, type Lab } from '../lab';
import { callSocket } from '../machines/call-socket';
import { USUAL_DELAY_SECONDS } from '../machines/leases';

/** The parts of the emulator's world that are used here. */
interface World {
  readonly servers: readonly {
    readonly id: number;
    readonly name: string;
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly public_net: { readonly ipv4: { readonly ip: string } | null };
    readonly private_net: readonly { readonly ip: string; readonly alias_ips: readonly string[] }[];
  }[];
  readonly floating_ips: readonly { readonly ip: string; readonly server: number | null }[];
}

/**
 * The running lab as scenarios see it.
 * @throws if no lab runs, nothing is deployed to it, or visitors come through Cloudflare, because scenarios measure the floating IP
 */
export async function openHandle(name?: string): Promise<LabHandle> {
  const lab = await openLab(name);
  if (lab.floatingIp === '') throw new Error(`nothing is deployed to the lab ${lab.name}; deploy with: npx lab deploy`);
  if ((await lab.entrance()).by === 'Cloudflare')
    throw new Error(
      `visitors of the lab ${lab.name} come by way of Cloudflare, and scenarios are measured at the floating IP; deploy without Cloudflare with: npx lab deploy`,
    );
  return {
    name: lab.name,
    floatingIp: lab.floatingIp,
    domain: lab.domain,
    addressActionMilliseconds: lab.apiTimes.action,
    answerMilliseconds: lab.apiTimes.answer.to,
    machines: async () => machinesOf(await world(lab)),
    addressHolders: async () => holdersOf(await world(lab), lab.floatingIp),
    exec: (machine, argv, options) => lab.exec(machine, argv, options),
    powerOn: lab.powerOn,
    powerOff: lab.powerOff,
    shutdown: lab.shutdown,
    deleteServer: (machine, options) => lab.remove(machine, options),
    deploy: async (options) => deploy(await openLab(name), options),
    latePrivateInterfaces: (seconds = USUAL_DELAY_SECONDS) => lab.latePrivateInterface(seconds),
    cut: (cut) => lab.cut(cut),
    heal: (cut) => lab.heal(cut),
    degrade: (loss) => lab.degrade(loss),
    apiFault: (fault) => lab.apiFault(fault),
    clearApiFaults: () => lab.clearApiFaults(),
    revokeFailoverToken: () => lab.revokeToken('failover'),
    restoreFailoverToken: () => lab.allowToken('failover', lab.secrets.failoverToken),
  };
}

/** Uses the control path: asking the API five times a second would use up the project's requests. */
async function world(lab: Lab): Promise<World> {
  return (await callSocket(lab.paths.controlSocket, 'GET', '/world')) as World;
}

function machinesOf({ servers }: World): Machine[] {
  return servers.map((server) => ({
    name: server.name,
    tier: server.labels['tier'] as Machine['tier'],
    privateAddress: server.private_net[0]?.ip ?? '',
    publicAddress: server.public_net.ipv4?.ip ?? null,
    running: server.status === 'running',
  }));
}

function holdersOf({ servers, floating_ips: floatingIps }: World, floatingIp: string): AddressHolders {
  const holder = floatingIps.find(({ ip }) => ip === floatingIp)?.server ?? null;
  return {
    floatingIp: servers.find(({ id }) => id === holder)?.name ?? null,
    natGateway: servers.find((server) => server.private_net.some((net) => net.alias_ips.length > 0))?.name ?? null,
  };
}
