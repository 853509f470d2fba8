import { execa } from 'execa';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Lab } from '../../lab/lab';

/** The ports at which each user is tried in any case, at an address of the Internet with which no host has any business. */
export const PORTS_THERE = { tcp: [53, 80, 123, 443, 853, 4444], udp: [53, 123, 443, 4444] } as const;
/** To this port of the client goes, for a while, what was sent to any. */
const EAR = 4444;
const TABLE = 'ways-out';

/**
 * Says who it is, and to which port, by every way there is. A packet that the host's own firewall drops is gone: a connection that is not
 * open after a second never will be.
 */
const TRY = `
import selectors, socket, subprocess, sys, time
address, name, step = sys.argv[1:4]
swept = range(1, 65536, int(step)) if int(step) > 0 else ()
ports = {'tcp': sorted({${PORTS_THERE.tcp.join()}, *swept}), 'udp': sorted({${PORTS_THERE.udp.join()}, *swept})}
AT_ONCE = 500

def tell(each, protocol, port):
    try:
        each.send(f'{name} {protocol} {port}'.encode())
    except OSError:
        pass

for port in ports['udp']:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        try:
            each.connect((address, port))
        except OSError:
            continue
        tell(each, 'udp', port)

for first in range(0, len(ports['tcp']), AT_ONCE):
    opening, sockets = selectors.DefaultSelector(), []
    for port in ports['tcp'][first:first + AT_ONCE]:
        each = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        each.setblocking(False)
        each.connect_ex((address, port))
        sockets.append(each)
        opening.register(each, selectors.EVENT_WRITE, port)
    end = time.monotonic() + 1
    while opening.get_map() and time.monotonic() < end:
        for key, _ in opening.select(end - time.monotonic()):
            opening.unregister(key.fileobj)
            tell(key.fileobj, 'tcp', key.data)
    for each in sockets: each.close()

if subprocess.call(['ping', '-c', '1', '-W', '2', address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0: print('icmp')
`;

/** Listens at all ports of an address of the lab's clients. Inside their namespace only. */
export async function listen(address: string): Promise<{ readonly heard: readonly string[]; close(): Promise<void> }> {
  const heard: string[] = [];
  const server = createServer((socket) => void socket.on('data', (data) => heard.push(data.toString())).on('error', () => undefined));
  server.listen({ port: EAR, host: address, backlog: 1024 });
  const socket = createSocket('udp4').on('message', (data) => void heard.push(data.toString()));
  socket.bind(EAR, address);
  await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
  // Only the first packet of a connection goes by these rules: connections that the clients open themselves have no part in it
  const rules = ['tcp', 'udp'].map((protocol) => `ip daddr ${address} meta l4proto ${protocol} redirect to :${EAR}`).join('\n');
  await nft(`table ip ${TABLE} {\n chain arriving {\n type nat hook prerouting priority dstnat\n ${rules}\n }\n}`);
  const close = async () => {
    await nft(`delete table ip ${TABLE}`);
    socket.close();
    await new Promise((resolve) => server.close(resolve));
  };
  return { heard, close };
}

const nft = (rules: string) => execa('nft', ['--file', '-'], { input: rules });

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

/**
 * Tries the ports that are always tried, and each `step`-th of all others; with 0 none of them.
 * @returns `icmp` if a ping was answered; whatever else gets through is heard
 */
export async function tryAllWays(lab: Lab, machine: string, uid: number, address: string, name: string, step: number): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.exec(
    machine,
    ['setpriv', `--reuid=${uid}`, '--clear-groups', 'python3', '-c', TRY, address, name, String(step)],
    { timeoutSeconds: 600 },
  );
  if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
  return stdout.trim();
}
