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
  /** After a move of the floating IP there is no other for so long, in seconds. */
  readonly holdSeconds: number;
}

/**
 * What the agent knows from synth. Server ids, the floating IP and the API's address are facts, known only at apply:
 * they reach it as environment variables.
 */
export function renderFloatingIpAgentConfig(config: FloatingIpAgentConfig): string {
  const { host, peer, natGateway, ports, peerHealthPath, holdSeconds } = config;
  const file = {
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
