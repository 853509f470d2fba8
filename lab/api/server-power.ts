import { renderAction } from './action-routes';
import type { Action, ActionOrder } from './actions';
import { ActionFailed } from './actions';
import { locked, refused } from './errors';
import { hasPublicInterface } from './firewall-targets';
import type { Server } from './models';
import { created, nothing, post } from './requests';
import type { Call, Reply, Route } from './requests';
import { refreshStatus, setPower } from './server-status';

const path = (action: string): string => `/v1/servers/:id/actions/${action}`;
const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

export const routes: readonly Route[] = [
  post(path('poweron'), nothing, (call) => {
    const server = unlocked(call);
    if (!hasPublicInterface(call.project, server) && server.attachments.length === 0) {
      throw refused('service_error', 'a server without any network interface cannot be started');
    }
    return answer(call, startPowerOn(call, server));
  }),
  post(path('poweroff'), nothing, (call) => {
    const server = unlocked(call);
    const { hardware } = call.project;
    return answer(
      call,
      startOnMachine(call, server, 'stop_server', 'off', () => hardware.powerOff(server.id)),
    );
  }),
  // success only means that the guest was asked to stop
  post(path('shutdown'), nothing, async (call) => {
    const server = await running(call);
    const { hardware } = call.project;
    return answer(
      call,
      startOnMachine(call, server, 'shutdown_server', null, () => hardware.shutdown(server.id)),
    );
  }),
  post(path('reboot'), nothing, async (call) => {
    const server = await running(call);
    const { hardware } = call.project;
    return answer(
      call,
      startOnMachine(call, server, 'reboot_server', 'running', () => hardware.reboot(server.id)),
    );
  }),
  post(path('reset'), nothing, async (call) => {
    const server = await running(call);
    const { hardware } = call.project;
    return answer(
      call,
      startOnMachine(call, server, 'reset_server', 'running', () => hardware.reset(server.id)),
    );
  }),
];

/** @throws locked while its type changes. That nothing but this locks a server here is a simplification */
export function unlocked({ project, id }: Call<unknown>): Server {
  const server = project.servers.get(id);
  if (project.actions.running('server', server.id, 'change_server_type')) throw locked('server');
  return server;
}

async function running(call: Call<unknown>): Promise<Server> {
  const server = unlocked(call);
  await refreshStatus(call.project, [server]);
  if (server.status === 'off') throw refused('service_error', 'server is not running');
  return server;
}

export function startPowerOn(call: Call<unknown>, server: Server, after?: Action): Action {
  const { hardware } = call.project;
  const powerOn = async (): Promise<void> => {
    if (await hardware.isRunning(server.id)) return;
    server.status = 'starting';
    await hardware.powerOn(server.id);
  };
  return startOnMachine(call, server, 'start_server', 'running', powerOn, after);
}

/** @param status the server's status at the end; null: as the hardware reports it */
function startOnMachine(
  call: Call<unknown>,
  server: Server,
  command: string,
  status: 'running' | 'off' | null,
  work: () => Promise<void>,
  after?: Action,
): Action {
  const order: ActionOrder = {
    command,
    resources: [['server', server.id]],
    hardware: () => onMachine(call, server, work),
    effect: () => {
      if (status) setPower(call.project, server, status);
    },
    onFailure: () => {
      if (server.status === 'starting') setPower(call.project, server, 'off');
    },
    changesNetwork: true,
  };
  return call.start(after ? { ...order, after } : order);
}

export const onMachine = (call: Call<unknown>, server: Server, work: () => Promise<void>): Promise<void> =>
  call.project.exclusively(`server:${server.id}`, async () => {
    if (!call.project.servers.find(server.id)) throw new ActionFailed('server was deleted');
    if (server.machine !== 'made') throw new ActionFailed('server was never created');
    await work();
  });
