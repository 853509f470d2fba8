import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { renderSilentPeers } from '../../lib/config/silent-peers';
import { hasProgram } from './programs';

/** Whether the program can work here: it ends connections of others. */
export const CAN_END_CONNECTIONS = process.getuid?.() === 0 && ['curl', 'ss'].every((name) => hasProgram(name));

export interface Watcher {
  /** What it has said so far, line by line. */
  readonly said: readonly string[];
  isRunning(): boolean;
  stop(): void;
}

/** As silent-peers.service does: of a load balancer `repeatable`, of a web server `all`. Servers are ports of 127.0.0.1, or elsewhere. */
export function endSilentConnections(
  connections: 'repeatable' | 'all',
  servers: readonly { readonly address?: string; readonly port: number }[],
  path: string,
): Watcher {
  const endpoints = servers.map(({ address = '127.0.0.1', port }, index) => ({ name: String(index), address, port }));
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...parseEnv(renderSilentPeers(connections, endpoints, path)) };
  const child = spawn('provisioning/shared/silent-peers', { stdio: ['ignore', 'pipe', 'inherit'], detached: true, env });
  const said: string[] = [];
  createInterface(child.stdout).on('line', (line) => said.push(line));
  // With what it has started
  return { said, isRunning: () => child.exitCode === null, stop: () => void (child.pid && process.kill(-child.pid, 'SIGTERM')) };
}
