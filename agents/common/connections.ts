import type { Server } from 'node:net';

/** Peers and health checks have a few at a time. An agent's memory is enough for some ten thousand. */
const PER_ADDRESS = 64;

/** Closes the connections of an address beyond a limit: a host that was taken over cannot use up the agent's memory by them. */
export function limitConnections(server: Server, perAddress = PER_ADDRESS): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    // None on a socket of this host, which root alone can reach
    const address = socket.remoteAddress;
    if (address === undefined) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > perAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
