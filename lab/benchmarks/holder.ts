import { createConnection } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { pause, type Target } from '../traffic';

export interface ToHolder {
  readonly target: Target;
  /** Path that is requested again and again. */
  readonly path: string;
  /** One connection each, from these addresses. */
  readonly from: readonly string[];
}

export interface FromHolder {
  readonly opened: number;
  readonly open: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
}

/** A process that opens connections and keeps them busy: it sends a request on each before the load balancer would close it as idle. */
const AT_ONCE = 50;
const ASK_EVERY_MILLISECONDS = 10_000;
const REPORT_EVERY_MILLISECONDS = 250;

const counts = { opened: 0, open: 0, failed: 0 };
const errors: Record<string, number> = {};

function open({ address, port = 443, host }: Target, localAddress: string): Promise<TLSSocket | undefined> {
  return new Promise((resolve) => {
    let opened = false;
    const socket = connect(
      { socket: createConnection({ host: address, port, localAddress }), servername: host, rejectUnauthorized: false },
      () => {
        opened = true;
        counts.opened += 1;
        counts.open += 1;
        resolve(socket);
      },
    );
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => (errors[code ?? message] = (errors[code ?? message] ?? 0) + 1));
    socket.on('close', () => {
      if (opened) counts.open -= 1;
      else counts.failed += 1;
      resolve(undefined);
    });
    socket.resume();
  });
}

async function keepBusy(socket: TLSSocket, host: string, path: string): Promise<void> {
  while (!socket.destroyed) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await pause(ASK_EVERY_MILLISECONDS);
  }
}

async function work({ target, path, from }: ToHolder): Promise<void> {
  setInterval(() => process.send?.({ ...counts, errors } satisfies FromHolder), REPORT_EVERY_MILLISECONDS);
  const queue = [...from];
  const opener = async () => {
    for (let address = queue.pop(); address !== undefined; address = queue.pop()) {
      const socket = await open(target, address);
      if (socket) void keepBusy(socket, target.host, path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
}

process.on('message', (message: ToHolder) => void work(message));
process.on('disconnect', () => process.exit());
