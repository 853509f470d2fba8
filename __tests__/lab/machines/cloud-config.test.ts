import { describe, expect, test } from 'vitest';
import { readUserData } from '../../../lab/machines/cloud-config';

const cloudConfig = (...lines: string[]) => readUserData(['#cloud-config', ...lines, ''].join('\n'));

describe('user data', () => {
  test('no user data does nothing', () => {
    expect(readUserData(null)).toEqual({ hostname: null, files: [], authorizedKeys: [], disableRoot: false, hostKeys: {}, script: null });
  });

  test('a script is run as it is', () => {
    expect(readUserData('#!/bin/sh\necho hello\n').script).toBe('#!/bin/sh\necho hello\n');
  });

  test('base64 is decoded', () => {
    expect(readUserData(Buffer.from('#!/bin/sh\ntrue\n').toString('base64')).script).toBe('#!/bin/sh\ntrue\n');
  });

  test('files are written with their modes', () => {
    const { files } = cloudConfig(
      'write_files:',
      '- { path: /etc/a, content: one, permissions: "0600" }',
      '- { path: /etc/b, encoding: b64, content: dHdv }',
    );
    expect(files).toEqual([
      { path: '/etc/a', content: 'one', mode: 0o600 },
      { path: '/etc/b', content: 'two', mode: 0o644 },
    ]);
  });

  test('commands given as words are quoted, commands given as text are not', () => {
    expect(cloudConfig('runcmd:', "- [echo, it's, two words]", '- echo $HOME').script).toBe(
      "#!/bin/sh\n'echo' 'it'\\''s' 'two words'\necho $HOME\n",
    );
  });

  test('host keys are put where sshd looks for them', () => {
    const { hostKeys } = cloudConfig('ssh_keys: { ed25519_private: secret, ed25519_public: known }');
    expect(hostKeys).toEqual({ ssh_host_ed25519_key: 'secret', 'ssh_host_ed25519_key.pub': 'known' });
  });

  test('a user may have all rights, and root no key', () => {
    const { script, disableRoot } = cloudConfig(
      'users:',
      '- { name: deploy, sudo: "ALL=(ALL) NOPASSWD:ALL", lock_passwd: true, ssh_authorized_keys: [ssh-ed25519 AAAA] }',
      'disable_root: true',
    );
    expect(script).toContain("printf '%s\\n' 'deploy ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-deploy\n");
    expect(disableRoot).toBe(true);
  });
});

describe('user data is refused with an error for', () => {
  test('a module that the lab does not have', () => {
    expect(() => cloudConfig('bootcmd: [true]')).toThrow(/Unrecognized key: "bootcmd"/);
  });

  test('a field that the lab does not have', () => {
    expect(() => cloudConfig('write_files:', '- { path: /etc/a, defer: true }')).toThrow(/Unrecognized key: "defer"/);
  });

  test('text that is neither cloud-config nor a script', () => {
    expect(() => readUserData('hello')).toThrow(/user_data begins with "hello"/);
  });
});
