import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HetznerApi } from '../../../agents/floating-ip/hetzner-api';
import { listening } from '../../helpers/ports';

let folder: string;
let stop: () => Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hetzner-api-'));
  writeFileSync(join(folder, 'token'), 'x'.repeat(64));
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

/** An API on loopback, and the client of it; `connections` are its sockets, as the server sees them. */
async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const connections = new Set<Socket>();
  const server = createServer(answer).on('connection', (socket) => connections.add(socket));
  server.keepAliveTimeout = 60_000;
  const port = await listening(server);
  stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  const config = {
    endpoint: `http://127.0.0.1:${port}`,
    tokenFile: join(folder, 'token'),
    addressesFile: join(folder, 'addresses'),
    floatingIpId: 1,
    serverId: 101,
    peerServerId: 102,
    networkId: 1,
  };
  return { api: new HetznerApi(config), connections };
}

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** How many timers, sockets and the like keep the process alive. Vitest itself has a timer or two, which come and go. */
const held = () => process.getActiveResourcesInfo().length;
const OF_VITEST = 5;

// Of the BACKUP: one every thirty seconds
const LOOKS = (7 * 24 * 3600) / 30;

test(
  'a week of looks of a BACKUP over a kept connection leaves no listener, timer or connection behind',
  { timeout: 240_000 },
  async () => {
    const { api, connections } = await serving((_, response) => json(response, 200, { floating_ip: { server: 101 } }));
    const warnings: string[] = [];
    const warn = ({ name }: Error) => warnings.push(name);
    process.on('warning', warn);
    const look = () => api.perform({ kind: 'read-floating-ip' });
    const sockets: Socket[] = [];
    const opened = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', opened);
    const listeners = () =>
      sockets.map((socket) =>
        socket
          .eventNames()
          .map((name) => [String(name), socket.listenerCount(name)])
          .sort(),
      );
    for (let n = 0; n < 20; n += 1) await look();
    const [before, resources] = [listeners(), held()];
    expect(before).toHaveLength(1);
    let answered = 0;
    for (let n = 0; n < LOOKS; n += 1) answered += (await look()).outcome.ok ? 1 : 0;
    process.off('warning', warn);
    unsubscribe('net.client.socket', opened);
    expect(answered).toBe(LOOKS);
    expect(listeners()).toEqual(before);
    expect(held()).toBeLessThan(resources + OF_VITEST);
    expect(connections.size).toBe(1);
    expect(warnings).toEqual([]);
  },
);

test('an answer that takes three seconds is an answer', { timeout: 20_000 }, async () => {
  const { api } = await serving(
    (_, response) => void setTimeout(() => json(response, 201, { action: { id: 7, status: 'running' } }), 3_000),
  );
  expect((await api.perform({ kind: 'assign-floating-ip' })).outcome).toEqual({ ok: true, action: { id: 7, status: 'running' } });
});

test('a floating IP that has to be unassigned first is unassigned by its own call, and the demand is told by its code', async () => {
  const asked: string[] = [];
  const { api } = await serving((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url?.endsWith('/assign'))
      json(response, 422, { error: { code: 'floating_ip_assigned', message: 'floating ip is already assigned', details: null } });
    else json(response, 201, { action: { id: 8, status: 'running' } });
  });
  expect((await api.perform({ kind: 'assign-floating-ip' })).outcome).toEqual({
    ok: false,
    why: 'refused',
    status: 422,
    code: 'floating_ip_assigned',
  });
  expect((await api.perform({ kind: 'unassign-floating-ip' })).outcome).toEqual({ ok: true, action: { id: 8, status: 'running' } });
  expect(asked).toEqual(['POST /floating_ips/1/actions/assign', 'POST /floating_ips/1/actions/unassign']);
});
