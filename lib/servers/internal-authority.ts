import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';

const HOURS_A_DAY = 24;
const CA_DAYS = 10 * 365;
const LEAF_DAYS = 2 * 365;
/** An apply within this time before the end issues a new certificate. */
const RENEWED_BEFORE_DAYS = 60;

export interface AuthorityProps {
  /** Common name of the authority, as people see it in a certificate. */
  readonly name: string;
}

export interface CertificateRequest {
  /** DNS names; the first is also the common name. */
  readonly names: readonly string[];
  /** IP addresses. @default none */
  readonly addresses?: readonly string[];
}

/** Tokens. The keys are in Terraform's state, as everything is that the tls provider makes. */
export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM (SEC 1), sensitive. */
  readonly privateKey: string;
  /** Another value with each new certificate: a trigger for provisioning. */
  readonly revision: string;
}

/** A certificate authority of our own, e.g. for TLS between MySQL members and from the application. ECDSA P-256. */
export class InternalAuthority extends Construct {
  /** PEM of the CA's certificate (token, no secret). */
  readonly certificate: string;
  private readonly key: PrivateKey;

  constructor(scope: Construct, id: string, props: AuthorityProps) {
    super(scope, id);
    this.key = ecdsaKey(this, 'key');
    const ca = new SelfSignedCert(this, 'certificate', {
      privateKeyPem: this.key.privateKeyPem,
      subject: [{ commonName: props.name }],
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ['cert_signing', 'crl_signing', 'digital_signature'],
      validityPeriodHours: CA_DAYS * HOURS_A_DAY,
    });
    this.certificate = ca.certPem;
  }

  /** A certificate for servers and clients alike. The id is the caller's contract with the state. */
  issue(id: string, { names, addresses = [] }: CertificateRequest): IssuedCertificate {
    const scope = new Construct(this, id);
    const key = ecdsaKey(scope, 'key');
    const request = new CertRequest(scope, 'request', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: names[0] }],
      dnsNames: [...names],
      ...(addresses.length > 0 && { ipAddresses: [...addresses] }),
    });
    const certificate = new LocallySignedCert(scope, 'certificate', {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: this.key.privateKeyPem,
      caCertPem: this.certificate,
      setSubjectKeyId: true,
      allowedUses: ['digital_signature', 'server_auth', 'client_auth'],
      validityPeriodHours: LEAF_DAYS * HOURS_A_DAY,
      earlyRenewalHours: RENEWED_BEFORE_DAYS * HOURS_A_DAY,
    });
    return { certificate: certificate.certPem, privateKey: key.privateKeyPem, revision: certificate.id };
  }
}

function ecdsaKey(scope: Construct, id: string): PrivateKey {
  return new PrivateKey(scope, id, { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
}
