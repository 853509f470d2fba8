import type { Lab, LabMachine } from '../lab';

export interface Login {
  /** @default root */
  readonly user?: string;
  /** On the load balancer on the way. @default that of the host */
  readonly jumpUser?: string;
  /** For the host; the load balancer on the way always gets the present one. @default the present one */
  readonly keyFile?: string;
  /** File with the only host keys that are trusted. @default any key is trusted, for each new server has another */
  readonly knownHostsFile?: string;
  /** To connect. @default 20 */
  readonly timeoutSeconds?: number;
}

/** Words that log in to a host as a deploy does, private hosts by way of the floating IP; the command comes after them. */
export function sshArgv(
  lab: Lab,
  { publicAddress, privateAddress }: LabMachine,
  { user = 'root', jumpUser = user, keyFile = lab.secrets.sshPrivateKeyFile, knownHostsFile, timeoutSeconds = 20 }: Login = {},
): string[] {
  const trust =
    knownHostsFile === undefined
      ? ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null']
      : ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${knownHostsFile}`];
  const settings = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    `ConnectTimeout=${timeoutSeconds}`,
    'GlobalKnownHostsFile=/dev/null',
    ...trust,
    'LogLevel=ERROR',
  ];
  const ssh = (key: string) => ['ssh', '-F', 'none', '-i', key, ...settings.flatMap((setting) => ['-o', setting])];
  const jump = [...ssh(lab.secrets.sshPrivateKeyFile), '-W', '%h:%p', `${jumpUser}@${lab.floatingIp}`].join(' ');
  const way = publicAddress ? [] : ['-o', `ProxyCommand=${jump}`];
  return [...ssh(keyFile), ...way, `${user}@${publicAddress ?? privateAddress}`];
}
