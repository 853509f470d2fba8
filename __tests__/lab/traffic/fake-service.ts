import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { certificate } from '../../helpers/certificate';

/** A small HTTPS service on loopback with the sample application's API, which can be stopped and started on its port. */
export interface FakeService {
  readonly port: number;
  readonly rows: readonly { id: string; key: string; text: string }[];
  /** Requests for which this answers a status are refused with it. */
  refuse: (method: string, path: string) => number | undefined;
  /** True: the connection is cut after a POST was executed, before it is answered. */
  swallowAnswers: boolean;
  /** Closes the port and cuts all connections. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function fakeService(): Promise<FakeService> {
  const { certificate: cert, key } = certificate('www.example.test', undefined, 'subjectAltName=DNS:www.example.test');
  const sockets = new Set<Socket>();
  const rows: { id: string; key: string; text: string }[] = [];
  let server: https.Server | undefined;
  const service = {
    port: 0,
    rows,
    refuse: () => undefined,
    swallowAnswers: false,
    async start() {
      server = https.createServer({ cert, key }, handle);
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server!.listen(service.port, '127.0.0.1', resolve));
      service.port = (server.address() as AddressInfo).port;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server!.close(() => resolve()));
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  } as FakeService & { port: number };

  const handle: RequestListener = (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const json = (status: number, value: object) => {
      outgoing.writeHead(status, { 'content-type': 'application/json', 'x-served-by-web': 'web-1', 'x-served-by-app': 'app-1' });
      outgoing.end(JSON.stringify({ web: 'web-1', app: 'app-1', database: 'db-1', ...value }));
    };
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      const refused = service.refuse(incoming.method!, path);
      if (refused) return json(refused, { error: 'refused' });
      if (incoming.method === 'POST') {
        const key = String(incoming.headers['idempotency-key']);
        const known = rows.find((row) => row.key === key);
        const row = known ?? { id: String(rows.length + 1), key, text: (JSON.parse(body) as { text: string }).text };
        if (!known) rows.push(row);
        return service.swallowAnswers ? outgoing.destroy() : json(known ? 200 : 201, { note: { id: Number(row.id), text: row.text } });
      }
      if (path.startsWith('/api/download')) return outgoing.end(Buffer.alloc(Number(path.split('=')[1])));
      if (path === '/api/events') {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
        const timer = setInterval(() => outgoing.write('data: tick\n\n'), 50);
        return outgoing.on('close', () => clearInterval(timer));
      }
      const row = rows.find(({ id }) => path === `/api/notes/${id}`);
      if (path.startsWith('/api/notes/')) return row ? json(200, { note: { id: Number(row.id), text: row.text } }) : json(404, {});
      return json(200, {});
    });
  };
  await service.start();
  return service;
}
