import type { Server } from './models';
import type { Project } from './project';

/**
 * Asks the hardware, because a guest can stop by itself. While an action runs on a server, the action decides: a machine
 * that is down in the middle of a reboot is not off.
 */
export async function refreshStatus(project: Project, servers: readonly Server[]): Promise<void> {
  const isSettled = (server: Server): boolean =>
    server.machine === 'made' && ['running', 'off'].includes(server.status) && !hasPowerAction(project, server.id);
  await Promise.all(
    servers.filter(isSettled).map(async (server) => {
      const isRunning = await project.hardware.isRunning(server.id);
      if (isSettled(server)) setPower(project, server, isRunning ? 'running' : 'off');
    }),
  );
}

export function setPower({ clock }: Project, server: Server, status: 'running' | 'off'): void {
  server.status = status;
  server.offSince = status === 'running' ? null : (server.offSince ?? clock.now());
}

const POWER = [
  'create_server',
  'start_server',
  'stop_server',
  'shutdown_server',
  'reboot_server',
  'reset_server',
  'change_server_type',
  'rebuild_server',
];

const hasPowerAction = (project: Project, serverId: number): boolean =>
  POWER.some((command) => project.actions.running('server', serverId, command));

/** Attaching and detaching are the only calls that clients repeat when the server is locked. */
export const isLocked = (project: Project, server: Server): boolean => project.actions.running('server', server.id);
