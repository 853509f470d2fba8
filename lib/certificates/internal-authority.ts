import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { dependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Revision } from './revision';

export const HOURS_A_DAY = 24;
const CA_DAYS = 10 * 365;
const LEAF_DAYS = 2 * 365;
const KINDS = { ECDSA: { algorithm: 'ECDSA', ecdsaCurve: 'P256' }, RSA: { algorithm: 'RSA', rsaBits: 2048 } } as const;
/** An apply within this time before the end issues a new certificate. */
const RENEWED_BEFORE_DAYS = 60;

/** Names and keys of an authority. */
export interface AuthorityProps {
  /** Common name of the authority, as people see it in a certificate. */
  readonly name: string;
  /**
   * One CA each, by a name of your own. The first signs; all are trusted, so that a new one can be made known before it
   * signs, and the former one trusted until nothing is left that it has signed. @default ['1']
   */
  readonly generations?: readonly string[];
  /** Makes new keys and certificates when it changes, all but the CA's own. @default never */
  readonly keysRevision?: Revision;
  /** Of all keys: P-256 or 2048 bits. @default ECDSA */
  readonly algorithm?: Algorithm;
}

type Algorithm = 'ECDSA' | 'RSA';

/** For whom a certificate is. */
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
  /** PEM, sensitive. */
  readonly privateKey: string;
  /** Another value with each new certificate: a trigger for provisioning. */
  readonly revision: string;
}

/** A certificate authority of our own, e.g. for TLS between MySQL members and from the application. */
export class InternalAuthority extends Construct {
  /** PEM of the certificates of all generations, the one that signs first (token, no secret). */
  readonly certificates: string;
  /** Another value when `certificates` is another: a trigger for provisioning. */
  readonly revision: string;
  private readonly signing: Generation;
  private readonly keysRevision?: Revision;
  private readonly algorithm: Algorithm;

  constructor(
    scope: Construct,
    id: string,
    { name, generations: [first = '1', ...others] = [], keysRevision, algorithm = 'ECDSA' }: AuthorityProps,
  ) {
    super(scope, id);
    this.keysRevision = keysRevision;
    this.algorithm = algorithm;
    this.signing = new Generation(this, first, name, algorithm);
    const all = [this.signing, ...others.map((other) => new Generation(this, other, name, algorithm))].map(
      ({ certificate }) => certificate,
    );
    this.certificates = all.map(({ certPem }) => certPem).join('');
    this.revision = all.map((certificate) => certificate.id).join(' ');
  }

  /** A certificate for servers and clients alike. The id is the caller's contract with the state. */
  issue(id: string, { names, addresses = [] }: CertificateRequest): IssuedCertificate {
    const scope = new Construct(this, id);
    const key = privateKey(scope, 'key', this.algorithm, this.keysRevision);
    const request = new CertRequest(scope, 'request', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: names[0] }],
      dnsNames: [...names],
      ...(addresses.length > 0 && { ipAddresses: [...addresses] }),
    });
    const certificate = new LocallySignedCert(scope, 'certificate', {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: this.signing.key.privateKeyPem,
      caCertPem: this.signing.certificate.certPem,
      setSubjectKeyId: true,
      allowedUses: ['digital_signature', 'server_auth', 'client_auth'],
      validityPeriodHours: LEAF_DAYS * HOURS_A_DAY,
      earlyRenewalHours: RENEWED_BEFORE_DAYS * HOURS_A_DAY,
    });
    return { certificate: certificate.certPem, privateKey: key.privateKeyPem, revision: certificate.id };
  }
}

class Generation extends Construct {
  readonly key: PrivateKey;
  readonly certificate: SelfSignedCert;

  constructor(scope: Construct, name: string, authorityName: string, algorithm: Algorithm) {
    super(scope, `ca-${name}`);
    this.key = privateKey(this, 'key', algorithm);
    this.certificate = new SelfSignedCert(this, 'certificate', {
      privateKeyPem: this.key.privateKeyPem,
      // A name of its own: clients choose among those that they trust by it
      subject: [{ commonName: `${authorityName} ${name}` }],
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ['cert_signing', 'crl_signing', 'digital_signature'],
      validityPeriodHours: CA_DAYS * HOURS_A_DAY,
    });
  }
}

/** A key in Terraform's state, another one with each `revision`. */
export function privateKey(scope: Construct, id: string, algorithm: Algorithm, revision?: Revision): PrivateKey {
  return new PrivateKey(scope, id, { ...KINDS[algorithm], ...(revision && { lifecycle: { replaceTriggeredBy: [dependable(revision)] } }) });
}
