import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shownSecrets, tellHaproxy } from '../../../agents/ticket-keys/haproxy';

/** A control socket that gives what it was told to this function. */
async function controlSocket(answer: (socket: Socket, said: string) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'control-socket-'));
  const path = join(folder, 'admin.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (said: Buffer) => answer(socket, said.toString()));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

describe('what the agent says to HAProxy', () => {
  test('is one line, and the whole answer comes back', async () => {
    const path = await controlSocket((socket, said) => socket.end(`said ${said}`));
    expect(await tellHaproxy(path, ['show tls-keys *', 'show info'])).toBe('said show tls-keys *;show info\n');
  });

  test('fails where nobody answers, after a limit', async () => {
    const path = await controlSocket(() => undefined);
    await expect(tellHaproxy(path, ['show info'], 100)).rejects.toThrow(/does not answer on .*admin\.sock within 100 ms/);
    await expect(tellHaproxy(`${path}.of-nobody`, ['show info'])).rejects.toThrow('ENOENT');
  });

  test('fails where the answer has no end, and is not remembered', async () => {
    const path = await controlSocket((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(10_000, 'x')));
      };
      socket.on('drain', more);
      more();
    });
    await expect(tellHaproxy(path, ['show info'])).rejects.toThrow('more than 65536 bytes');
  });
});

test('secrets are read in the order in which HAProxy uses them', () => {
  expect(shownSecrets('# id secret\n# 0 (/run/ticket-keys/keys)\n0.0 b2xkZXN0\n0.1 bm93\n0.2 bmV4dA==\n\n')).toEqual([
    'b2xkZXN0',
    'bm93',
    'bmV4dA==',
  ]);
  expect(shownSecrets('')).toEqual([]);
});
