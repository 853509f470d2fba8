import { expect, test } from 'vitest';
import { sshArgv } from '../../../lab/client/ssh';
import { FakeLab } from '../faults/fake-lab';

const lab = new FakeLab();

test('a load balancer is logged in to at its own address', async () => {
  const argv = sshArgv(lab, await lab.machine('lb-2'), { user: 'deploy', keyFile: '/keys/former', timeoutSeconds: 3 });
  expect(argv.join(' ')).toMatch(/^ssh -F none -i \/keys\/former .*-o ConnectTimeout=3 .* deploy@203\.0\.113\.11$/);
  expect(argv.join(' ')).not.toContain('ProxyCommand');
});

test('a private host is logged in to by way of the floating IP, there with the present key', async () => {
  const argv = sshArgv(lab, await lab.machine('db-1'), { jumpUser: 'deploy', keyFile: '/keys/former', knownHostsFile: '/known' });
  expect(argv.at(-1)).toBe('root@10.0.0.5');
  expect(argv.at(-2)).toMatch(/^ProxyCommand=ssh -F none -i \/keys\/present .* -W %h:%p deploy@127\.0\.0\.1$/);
  expect(argv.join(' ')).toMatch(/^ssh -F none -i \/keys\/former .*StrictHostKeyChecking=yes -o UserKnownHostsFile=\/known /);
});
