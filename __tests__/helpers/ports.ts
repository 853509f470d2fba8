import { createServer, type AddressInfo, type Server } from 'node:net';

/** Gives the server a free port of a loopback address, and returns it. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

/** Below those from which Linux takes the ports of connections (32768): one of these cannot be gone before somebody listens there. */
const FIRST = 12_000;
/** For each process of tests, which run at the same time. */
const OF_A_PROCESS = 1_200;
const first = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 16) * OF_A_PROCESS;
let next = Math.floor(Math.random() * OF_A_PROCESS);

/** A port on which nobody listens, and which nobody else is given for a while. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < OF_A_PROCESS; tries += 1) {
    const port = first + (next++ % OF_A_PROCESS);
    if (await isFree(port, address)) return port;
  }
  throw new Error(`no port from ${first} to ${first + OF_A_PROCESS - 1} is free`);
}

function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen(port, address, () => server.close(() => resolve(true)));
  });
}
