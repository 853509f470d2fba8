import type { Host } from '../net/address-plan';
import type { PORTS } from '../net/ports';

export interface FloatingIpAgentConfig {
  readonly host: Host;
  readonly peer: Host;
  /** Alias address that goes where the floating IP goes. */
  readonly natGateway: string;
  readonly ports: Pick<(typeof PORTS)['lb'], 'https' | 'metrics' | 'floatingIpAgent'>;
  /** Path that HAProxy answers by itself on its public side. */
  readonly peerHealthPath: string;
  /** Shortest time between two moves of the floating IP, in seconds. */
  readonly holdSeconds: number;
}

/** What agents/floating-ip reads from /etc/platform/floating-ip.json. */
export interface FloatingIpAgentFile {
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

/** Facts of the host that it reads from its environment: they are known only at apply. */
export type FloatingIpAgentFact =
  'HCLOUD_ENDPOINT' | 'FLOATING_IP' | 'FLOATING_IP_ID' | 'NETWORK_ID' | 'SERVER_ID' | 'PEER_SERVER_ID' | 'PEER_PUBLIC_ADDRESS';

/**
 * What the agent knows from synth. All else reaches it as environment variables: FloatingIpAgentFact.
 */
export function renderFloatingIpAgentConfig(config: FloatingIpAgentConfig): string {
  const { host, peer, natGateway, ports, peerHealthPath, holdSeconds } = config;
  const file: FloatingIpAgentFile = {
    hostName: host.name,
    privateAddress: host.address,
    peerName: peer.name,
    peerPrivateAddress: peer.address,
    natGateway,
    httpsPort: ports.https,
    haproxyHealthUrl: `http://${host.address}:${ports.metrics}/healthz`,
    agentPort: ports.floatingIpAgent,
    peerHealthPath,
    holdSeconds,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
