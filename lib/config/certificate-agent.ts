import type { Host } from '../net/address-plan';
import type { PORTS } from '../net/ports';

/** Path at which HAProxy of each load balancer shows the other one what it has obtained. */
export const OBTAINED_PATH = '/obtained.pem';

interface AcmeRequest {
  /** All names of the certificate; the first is its common name where it has one. */
  readonly domains: readonly string[];
  /** The ACME server. */
  readonly directoryUrl: string;
  /** @default none: an account without an address */
  readonly email?: string;
  /** File on the host with the CA of the directory's own certificate. @default those that the system trusts */
  readonly directoryCaFile?: string;
}

export interface CertificateAgentConfig extends AcmeRequest {
  readonly host: Host;
  readonly peer: Host;
  readonly ports: Pick<(typeof PORTS)['lb'], 'acmeChallenge' | 'pair'>;
}

/** What agents/certificate reads from /etc/platform/certificate-agent.json. */
export interface CertificateAgentFile extends AcmeRequest {
  /** Where the client answers a challenge: HAProxy of both load balancers asks there. */
  readonly responder: { readonly address: string; readonly port: number };
  readonly peerName: string;
  /** Where the other load balancer shows what it has obtained. */
  readonly peerCertificateUrl: string;
}

export function renderCertificateAgentConfig({ host, peer, ports, ...request }: CertificateAgentConfig): string {
  const file: CertificateAgentFile = {
    responder: { address: host.address, port: ports.acmeChallenge },
    peerName: peer.name,
    peerCertificateUrl: `https://${peer.address}:${ports.pair}${OBTAINED_PATH}`,
    ...request,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

export interface CertificateAgentNetwork extends Pick<CertificateAgentConfig, 'host' | 'peer' | 'ports'> {
  readonly networkRange: string;
}

/** Drop-in for certificate-agent.service with what depends on the address plan; all other limits are in the unit itself. */
export function renderCertificateAgentNetwork({ host, peer, ports, networkRange }: CertificateAgentNetwork): string {
  return `\
[Service]
# The ACME server may be anywhere on the Internet; of the private network it is the two load balancers alone, and the
# metadata service (link-local) is nobody's business here
IPAddressAllow=localhost ${host.address} ${peer.address}
IPAddressDeny=${networkRange} link-local multicast
# The responder of a challenge, and nothing else, may listen
SocketBindAllow=tcp:${ports.acmeChallenge}
SocketBindDeny=any
`;
}
