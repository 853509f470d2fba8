import { createServer, type AddressInfo, type Server } from 'node:net';

/** Gives the server a free port of a loopback address, and returns it. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function freePort(address?: string): Promise<number> {
  const server = createServer();
  const port = await listening(server, address);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
