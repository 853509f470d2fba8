import type { Deployed } from '../environment/deployed';

/** Names in the folder that ssh runs in: the paths of its sockets are short there, wherever that folder is. */
export const FILES = { config: 'config', knownHosts: 'known_hosts', agent: 'agent' } as const;

/** With which key to log in. */
export type Login =
  /** Of the agent in SSH_AUTH_SOCK alone. */
  | { readonly by: 'agent' }
  | { readonly by: 'file'; readonly path: string }
  /** Of whatever ssh finds by itself: the user's agent and ~/.ssh. */
  | { readonly by: 'default' };

export interface SshConfig extends Pick<Deployed, 'name' | 'hosts' | 'sshUser' | 'knownHosts'> {
  readonly login: Login;
  /** For the connection itself, in whole seconds. */
  readonly timeoutSeconds: number;
}

/**
 * Configuration of ssh: each host by its name. Load balancers share one connection each (ControlPath), which is the way to all other hosts
 * (`ssh -o ProxyJump=lb-1 web-1`), so that many hosts asked at once are few logins there.
 */
export function renderSshConfig({ name, hosts, sshUser, knownHosts, login, timeoutSeconds }: SshConfig): string {
  const pinned = knownHosts !== null;
  const lines = hosts.flatMap(({ name: host, publicAddress, privateAddress }) => [
    `Host ${host}`,
    `  HostName ${publicAddress ?? privateAddress}`,
    ...(publicAddress === null ? [] : [`  ControlPath ${host}.socket`]),
    // Private addresses of several environments are the same
    ...(pinned ? [] : [`  HostKeyAlias ${host}.${name}`]),
  ]);
  return `${[
    ...lines,
    'Host *',
    `  User ${sshUser}`,
    ...loginLines(login),
    ...(pinned
      ? [`  UserKnownHostsFile ${FILES.knownHosts}`, '  GlobalKnownHostsFile /dev/null', '  StrictHostKeyChecking yes']
      : // The first key of a host is believed and kept, another one later is refused
        ['  StrictHostKeyChecking accept-new']),
    '  BatchMode yes',
    '  LogLevel ERROR',
    `  ConnectTimeout ${timeoutSeconds}`,
    // A host that goes away ends a session within half a minute
    '  ServerAliveInterval 10',
    '  ServerAliveCountMax 3',
  ].join('\n')}\n`;
}

function loginLines(login: Login): string[] {
  switch (login.by) {
    case 'agent':
      return ['  IdentityFile none'];
    case 'file':
      return [`  IdentityFile ${quoted(login.path)}`, '  IdentitiesOnly yes'];
    case 'default':
      return [];
  }
}

/** @throws for what ssh has no way to write */
function quoted(path: string): string {
  if (/["\n\r\0]/.test(path)) throw new Error(`ssh cannot be told a path with quotes or line breaks: ${JSON.stringify(path)}`);
  return `"${path.replaceAll('%', '%%')}"`;
}
