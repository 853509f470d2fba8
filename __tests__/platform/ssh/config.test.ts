import { expect, test } from 'vitest';
import { renderSshConfig, type SshConfig } from '../../../platform/ssh/config';
import { asRoot, printable, quote, shellLine } from '../../../platform/ssh/quote';
import { byWay } from '../../../platform/ssh/reach';

const shop: SshConfig = {
  name: 'shop',
  hosts: [
    { name: 'lb-1', tier: 'lb', privateAddress: '10.0.1.11', publicAddress: '203.0.113.11' },
    { name: 'web-1', tier: 'web', privateAddress: '10.0.2.11', publicAddress: null },
  ],
  sshUser: 'deploy',
  knownHosts: '10.0.2.11 ssh-ed25519 AAAA\n',
  login: { by: 'agent' },
  timeoutSeconds: 5,
};

test('names each host, trusts the pinned keys alone, and shares the connections to load balancers', () => {
  expect(renderSshConfig(shop)).toMatchInlineSnapshot(`
    "Host lb-1
      HostName 203.0.113.11
      ControlPath lb-1.socket
    Host web-1
      HostName 10.0.2.11
    Host *
      User deploy
      IdentityFile none
      UserKnownHostsFile known_hosts
      GlobalKnownHostsFile /dev/null
      StrictHostKeyChecking yes
      BatchMode yes
      LogLevel ERROR
      ConnectTimeout 5
      ServerAliveInterval 10
      ServerAliveCountMax 3
    "
  `);
});

test('without pinned keys the first key of a host is kept under a name of the environment', () => {
  const text = renderSshConfig({ ...shop, knownHosts: null, login: { by: 'file', path: '/home/a b/100%/id' } });
  expect(text).toContain('  HostKeyAlias web-1.shop\n');
  expect(text).toContain('  StrictHostKeyChecking accept-new\n');
  expect(text).toContain('  IdentityFile "/home/a b/100%%/id"\n  IdentitiesOnly yes\n');
});

test('refuses a path that would end the line of a configuration file', () => {
  expect(() => renderSshConfig({ ...shop, login: { by: 'file', path: '/x"\nProxyCommand reboot' } })).toThrow('line breaks');
});

test('a word stays one word of the shell, whatever is in it', () => {
  expect(shellLine(['printf', '%s', "it's; $(id) `id` *", ''])).toBe(`printf %s 'it'\\''s; $(id) \`id\` *' ''`);
  expect(quote('--unit=app@1.service')).toBe('--unit=app@1.service');
});

test('root needs no sudo, and others have it without a password', () => {
  expect(asRoot('root', ['platform-switchover'])).toBe('platform-switchover');
  expect(asRoot('deploy', ['platform-mysql', 'step-down'])).toBe('sudo --non-interactive -- platform-mysql step-down');
});

test('text of a host cannot move the cursor of a terminal', () => {
  expect(printable('a\u001b[2Jb\r\nc\u202e')).toBe('a [2Jb c');
});

test('one reason of all ways is told once', () => {
  expect(byWay(['lb-1', 'lb-2'], ['no answer within 5 s', 'no answer within 5 s'])).toBe('no answer within 5 s, over lb-1 and lb-2');
  expect(byWay(['lb-1', 'lb-2'], ['refused', 'no route'])).toBe('over lb-1: refused; over lb-2: no route');
});
