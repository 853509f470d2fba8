import { OriginCaCertificate } from '@cdktf/provider-cloudflare/lib/origin-ca-certificate';
import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { dependable, TerraformStack, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { warnBeforeEnd } from '../certificates/certificate-end';
import { HOURS_A_DAY, privateKey } from '../certificates/internal-authority';
import type { Revision } from '../certificates/revision';
import type { OriginCertificateSettings } from '../settings/cloudflare';

export interface OriginCertificateProps extends Required<OriginCertificateSettings> {
  readonly names: readonly string[];
  /** Makes a new key and certificate when it changes. @default never */
  readonly keysRevision?: Revision;
  /** @default nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A certificate of Cloudflare's Origin CA, which Cloudflare's proxies trust and browsers do not. The key is in the state.
 * Why there is a second certificate: docs/decisions/0003-a-certificate-is-the-clock.md
 */
export class OriginCertificate extends Construct {
  /** PEM (token): the certificate. Cloudflare needs no chain. */
  readonly certificate: string;
  /** PEM (token), sensitive. */
  readonly privateKey: string;
  /** Another value with each new certificate: a trigger for provisioning. */
  readonly revision: string;

  constructor(scope: Construct, id: string, props: OriginCertificateProps) {
    super(scope, id);
    const { validityDays, renewBeforeDays, keysRevision, dependsOn = [] } = props;
    // Cloudflare answers them sorted, and another order would be another certificate at every plan
    const hostnames = [...props.names].sort();
    const key = privateKey(this, 'key', 'ECDSA', keysRevision);
    const request = new CertRequest(this, 'request', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: hostnames[0] }],
      dnsNames: hostnames,
    });
    const clock = new SelfSignedCert(this, 'clock', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: 'clock of the origin certificate' }],
      dnsNames: hostnames,
      allowedUses: ['digital_signature'],
      validityPeriodHours: validityDays * HOURS_A_DAY,
      earlyRenewalHours: renewBeforeDays * HOURS_A_DAY,
    });
    const issued = new OriginCaCertificate(this, 'certificate', {
      csr: request.certRequestPem,
      hostnames,
      requestType: 'origin-ecc',
      requestedValidity: validityDays,
      dependsOn: [...dependsOn],
      // The former one is revoked when the load balancers have the new one
      lifecycle: { createBeforeDestroy: true, replaceTriggeredBy: [dependable(clock)] },
    });
    this.certificate = issued.certificate;
    this.privateKey = key.privateKeyPem;
    this.revision = issued.id;
    warnBeforeEnd(TerraformStack.of(this), 'origin_certificate', {
      end: endOf(dependable(issued)),
      message: `The origin certificate ends on \${${dependable(issued)}.expires_on}. Nobody renews it but an apply: run one, with a larger certificate.renewBeforeDays if this one does not renew it.`,
    });
  }
}

/** Terraform's words for the end, in RFC 3339: Cloudflare's time is `2040-04-05 13:40:00 +0000 UTC`, which Terraform's functions do not read. */
function endOf(certificate: string): string {
  return `format("%sT%sZ", regex("^(\\\\S+)[ T]([0-9:]{8})", ${certificate}.expires_on)...)`;
}
