import { TerraformStack, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OriginCertificate } from './cloudflare/origin-certificate';
import type { OriginCertificateSettings } from './cloudflare/settings';
import { projectPath } from './servers/bundle';
import { InternalAuthority } from './servers/internal-authority';
import type { Revision } from './servers/revision';
import { terraformText } from './servers/terraform-text';
import { variable } from './servers/variables';

/** Where the certificate comes from that visitors see, or Cloudflare's proxies. */
export type CertificateSource =
  /** A CA of its own, for trials and behind a proxy that does not check: browsers warn. Its key is in the state. */
  | { readonly mode: 'self-signed' }
  /**
   * Own PEM files: the server's certificate followed by its intermediates, and the private key.
   * The key is only compared with the certificate at synth; Terraform takes it from the variable certificate_private_key.
   */
  | { readonly mode: 'files'; readonly certificateFile: string; readonly privateKeyFile: string }
  /** Of Cloudflare's Origin CA, for names that are proxied: Cloudflare trusts it, browsers do not. Its key is in the state. */
  | ({ readonly mode: 'cloudflare-origin' } & OriginCertificateSettings);

export interface EdgeProps {
  /** Names that visitors use. */
  readonly domains: readonly string[];
  readonly certificate: CertificateSource;
  /** Makes a new key and certificate when it changes, in modes `self-signed` and `cloudflare-origin`. @default never */
  readonly keysRevision?: Revision;
  /** Steps before a certificate is asked for. @default none */
  readonly issueAfter?: readonly ITerraformDependable[];
}

/** What visitors meet first: the certificate that HAProxy shows. */
export class Edge extends Construct {
  /** Sensitive token: certificate, intermediates and private key in one PEM, as HAProxy reads it. */
  readonly certificatePem: string;
  /** Another value with each new certificate: a trigger for provisioning. */
  readonly certificateRevision: string;
  /** PEM (token) of the CA that visitors would have to trust; undefined unless self-signed. */
  readonly authorityCertificate?: string;

  constructor(scope: Construct, id: string, { domains, certificate, keysRevision, issueAfter }: EdgeProps) {
    super(scope, id);
    if (certificate.mode === 'files') {
      const chain = readFileSync(projectPath(certificate.certificateFile), 'utf8').trimEnd();
      const key = variable(TerraformStack.of(this), 'certificate_private_key', {
        description: `Private key (PEM) of the certificate for ${domains.join(', ')}`,
        secret: true,
      });
      this.certificatePem = `${terraformText(chain)}\n${key}`;
      this.certificateRevision = createHash('sha256').update(chain).digest('hex');
    } else if (certificate.mode === 'cloudflare-origin') {
      const issued = new OriginCertificate(this, 'origin', { ...certificate, names: domains, keysRevision, dependsOn: issueAfter });
      this.certificatePem = `${issued.certificate}${issued.privateKey}`;
      this.certificateRevision = issued.revision;
    } else {
      const authority = new InternalAuthority(this, 'authority', { name: `${domains[0] ?? ''} self-signed CA`, keysRevision });
      const issued = authority.issue('website', { names: domains });
      this.certificatePem = `${issued.certificate}${issued.privateKey}`;
      this.certificateRevision = issued.revision;
      this.authorityCertificate = authority.certificates;
    }
  }
}
