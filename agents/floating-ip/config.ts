import type { FloatingIpAgentFact, FloatingIpAgentFile } from '../../lib/config/floating-ip-agent';
import { credentialFile, fact, readConfig } from '../common/config';
import { fields, number, text, type Shape } from '../common/shape';

export interface Config extends FloatingIpAgentFile {
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

const isFile: Shape<FloatingIpAgentFile> = fields({
  hostName: text,
  privateAddress: text,
  peerName: text,
  peerPrivateAddress: text,
  natGateway: text,
  httpsPort: number,
  haproxyHealthUrl: text,
  agentPort: number,
  peerHealthPath: text,
  holdSeconds: number,
});

export function loadConfig(path: string): Config {
  const known = (name: FloatingIpAgentFact) => fact(name);
  const id = (name: FloatingIpAgentFact) => {
    const value = Number(known(name));
    if (!Number.isSafeInteger(value)) throw new Error(`${name} is ${known(name)}, want the number of a Hetzner resource`);
    return value;
  };
  return {
    ...readConfig(path, isFile),
    endpoint: known('HCLOUD_ENDPOINT').replace(/\/$/, ''),
    floatingIp: known('FLOATING_IP'),
    floatingIpId: id('FLOATING_IP_ID'),
    serverId: id('SERVER_ID'),
    peerServerId: id('PEER_SERVER_ID'),
    networkId: id('NETWORK_ID'),
    peerPublicAddress: known('PEER_PUBLIC_ADDRESS'),
    addressesFile: '/var/lib/hetzner-api-addresses/addresses',
    tokenFile: credentialFile('failover-token'),
    runtimeFolder: '/run/floating-ip-agent',
  };
}
