import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Lab } from '../../lab/lab';

/** An address of the Internet with which no host has any business, and what it hears of them. */
export const PORTS_THERE = { tcp: [53, 80, 443, 853, 4444], udp: [53, 123, 443, 4444] } as const;

/** Says who it is by every way there is: at each port, and by a ping, of which it tells itself. */
const TRY = `
import socket, subprocess, sys, threading
address, name = sys.argv[1:3]

def udp(port):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(name.encode(), (address, port))

def tcp(port):
    connection = socket.create_connection((address, port), 2)
    connection.sendall(name.encode())
    connection.close()

def attempt(way, port):
    try:
        way(port)
    except OSError:
        pass

tries = [threading.Thread(target=attempt, args=(udp, port)) for port in (${PORTS_THERE.udp.join()})]
tries += [threading.Thread(target=attempt, args=(tcp, port)) for port in (${PORTS_THERE.tcp.join()})]
for each in tries: each.start()
if subprocess.call(['ping', '-c', '1', '-W', '2', address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0: print('icmp')
for each in tries: each.join()
`;

/** Listens at all these ports of this side. */
export async function listen(address: string): Promise<{ readonly heard: readonly string[]; close(): Promise<void> }> {
  const heard: string[] = [];
  const servers = await Promise.all(
    PORTS_THERE.tcp.map(async (port) => {
      const server = createServer(
        (socket) => void socket.on('data', (data) => heard.push(`${data.toString()} tcp ${port}`)).on('error', () => undefined),
      ).listen(port, address);
      await once(server, 'listening');
      return server;
    }),
  );
  const sockets = await Promise.all(
    PORTS_THERE.udp.map(async (port) => {
      const socket = createSocket('udp4').on('message', (data) => void heard.push(`${data.toString()} udp ${port}`));
      socket.bind(port, address);
      await once(socket, 'listening');
      return socket;
    }),
  );
  const close = async () => {
    sockets.forEach((socket) => socket.close());
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  return { heard, close };
}

/** Accounts of services, and whose processes run on the host, units with a user of their own among them: by number, the name of each. */
export async function usersOn(lab: Lab, machine: string): Promise<ReadonlyMap<number, string>> {
  const { stdout } = await lab.exec(machine, [
    'sh',
    '-c',
    "ps -eo uid=,user:32=; getent passwd | awk -F : '$3 >= 100 && $3 < 1000 { print $3, $1 }'",
  ]);
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([uid = '', name = '']) => [Number(uid), name]),
  );
}

/** @returns `icmp` if a ping was answered; whatever else gets through is heard */
export async function tryAllWays(lab: Lab, machine: string, uid: number, address: string, name: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.exec(
    machine,
    ['setpriv', `--reuid=${uid}`, '--clear-groups', 'python3', '-c', TRY, address, name],
    { timeoutSeconds: 30 },
  );
  if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
  return stdout.trim();
}
