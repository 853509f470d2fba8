import { expect, test } from 'vitest';
import { execInMachine } from '../../../lab/machines/exec';

test('a program that is stopped, as systemd does before it ends all, holds up neither its caller nor the end of the machine', async () => {
  const stopsItsParent = ['bash', '-c', 'kill -STOP $PPID; echo went on'];
  expect(await execInMachine(process.pid, stopsItsParent, { timeoutSeconds: 20 })).toEqual({
    exitCode: 0,
    stdout: 'went on\n',
    stderr: '',
  });
});
