import { expect, test } from 'vitest';
import type { ServerSpec } from '../../../lab/api/hardware';
import { initialFiles, withoutMetadata } from '../../../lab/machines/guest-init';

const spec = (changes: Partial<ServerSpec> = {}): ServerSpec => ({
  id: 1,
  name: 'web-1',
  image: 'debian-13',
  serverType: { name: 'cx23', cores: 2, memory: 4, disk: 40 },
  sshPublicKeys: ['ssh-ed25519 AAAA one'],
  userData: null,
  location: { name: 'fsn1', networkZone: 'eu-central' },
  ...changes,
});

const contentOf = (path: string, changes?: Partial<ServerSpec>) => initialFiles(spec(changes)).find((file) => file.path === path)?.content;

test('a machine has the host name of its server', () => {
  expect(contentOf('/etc/hostname')).toBe('web-1\n');
});

test('root accepts the SSH keys of the server and of its user data', () => {
  expect(contentOf('/root/.ssh/authorized_keys', { userData: '#cloud-config\nssh_authorized_keys: [ssh-ed25519 BBBB two]\n' })).toBe(
    'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n',
  );
});

test('a server without metadata at its first boot accepts no login, and has neither its name nor its user data', () => {
  const files = initialFiles(
    withoutMetadata(spec({ userData: '#cloud-config\nssh_keys: { ed25519_private: abc }\n', sshPublicKeys: ['ssh-ed25519 AAAA'] })),
  );
  expect(files.find(({ path }) => path === '/root/.ssh/authorized_keys')?.content).toBe('');
  expect(files.map(({ path }) => path)).not.toContain('/etc/ssh/ssh_host_ed25519_key');
  expect(files.find(({ path }) => path === '/etc/hostname')?.content).toBe('debian\n');
});
