import { execa } from 'execa';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

const RANGE = '127.0.7.0/24';
const [STAYS, LEAVES] = ['127.0.7.11', '127.0.7.13'];

/** A connection to a port of the address. */
async function connected(address: string): Promise<{ readonly socket: Socket; readonly port: number }> {
  const server = createServer((accepted) => accepted.on('error', () => undefined).resume());
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: address });
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, 'connect');
  return { socket, port };
}

const letGo = (port: number, seconds: number, ...addresses: string[]) =>
  execa('provisioning/shared/let-go', [RANGE, port, seconds, ...addresses].map(String), { reject: false });

test('waits until a connection to a server that left has ended', async () => {
  const { socket, port } = await connected(LEAVES);
  let isOver = false;
  const waiting = letGo(port, 60, STAYS);
  void waiting.then(() => (isOver = true));
  await sleep(1_500);
  expect(isOver).toBe(false);
  socket.destroy();
  expect(await waiting).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing is under way') });
});

test('does not wait for connections to servers that stay', async () => {
  const { port } = await connected(STAYS);
  expect((await letGo(port, 60, STAYS, '127.0.7.12')).stdout).toContain('nothing is under way');
});

test('waits no longer than it may, and says what is left', async () => {
  const { port } = await connected(LEAVES);
  expect(await letGo(port, 1, STAYS)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`${LEAVES}:${port}`) });
});

test('fails where it cannot look, so that no server is deleted', async () => {
  expect((await execa('provisioning/shared/let-go', ['10.0.2.0/99', '80', '1', STAYS], { reject: false })).exitCode).not.toBe(0);
});
