import { readFileSync } from 'node:fs';

/** Rendered by lib/config/floating-ip-agent.ts. */
interface ConfigFile {
  readonly hostName: string;
  readonly privateAddress: string;
  readonly peerName: string;
  readonly peerPrivateAddress: string;
  readonly natGateway: string;
  readonly httpsPort: number;
  readonly haproxyHealthUrl: string;
  readonly agentPort: number;
  readonly peerHealthPath: string;
  readonly holdSeconds: number;
}

export interface Config extends ConfigFile {
  readonly endpoint: string;
  readonly floatingIp: string;
  readonly floatingIpId: number;
  readonly serverId: number;
  readonly peerServerId: number;
  readonly networkId: number;
  readonly peerPublicAddress: string;
  /** Read again for every connection: provisioning/load-balancer/hetzner-api-addresses keeps it up to date. */
  readonly addressesFile: string;
  /** Read again for every call: a rotated token needs no restart. */
  readonly tokenFile: string;
  /** Shared with keepalived, and kept when the agent restarts. */
  readonly runtimeFolder: string;
}

export function loadConfig(path: string, environment: NodeJS.ProcessEnv): Config {
  const file = JSON.parse(readFileSync(path, 'utf8')) as ConfigFile;
  const fact = (name: string) => {
    const value = environment[name];
    if (!value) throw new Error(`${name} is not set, want a fact of /etc/platform/facts.env; configure this host again`);
    return value;
  };
  const id = (name: string) => {
    const value = Number(fact(name));
    if (!Number.isSafeInteger(value)) throw new Error(`${name} is ${fact(name)}, want the number of a Hetzner resource`);
    return value;
  };
  return {
    ...file,
    endpoint: fact('HCLOUD_ENDPOINT').replace(/\/$/, ''),
    floatingIp: fact('FLOATING_IP'),
    floatingIpId: id('FLOATING_IP_ID'),
    serverId: id('SERVER_ID'),
    peerServerId: id('PEER_SERVER_ID'),
    networkId: id('NETWORK_ID'),
    peerPublicAddress: fact('PEER_PUBLIC_ADDRESS'),
    addressesFile: '/var/lib/hetzner-api-addresses/addresses',
    tokenFile: `${fact('CREDENTIALS_DIRECTORY')}/hcloud-token`,
    runtimeFolder: '/run/floating-ip-agent',
  };
}
