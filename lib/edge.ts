import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { projectPath } from './servers/bundle';
import { InternalAuthority } from './servers/internal-authority';
import type { Revision } from './servers/revision';
import { terraformText } from './servers/terraform-text';
import { variable } from './servers/variables';

/** Where the certificate comes from that visitors see. Room is left for Cloudflare's origin certificate and ACME. */
export type CertificateSource =
  /** A CA of its own, for trials and behind a proxy that does not check: browsers warn. Its key is in the state. */
  | { readonly mode: 'self-signed' }
  /**
   * Own PEM files: the server's certificate followed by its intermediates, and the private key.
   * The key is only compared with the certificate at synth; Terraform takes it from the variable certificate_private_key.
   */
  | { readonly mode: 'files'; readonly certificateFile: string; readonly privateKeyFile: string };

export interface EdgeProps {
  /** Names that visitors use. */
  readonly domains: readonly string[];
  readonly certificate: CertificateSource;
  /** Makes a new key and certificate when it changes, in mode `self-signed`. @default never */
  readonly keysRevision?: Revision;
}

/** What visitors meet first: the certificate that HAProxy shows. DNS records will be here, too. */
export class Edge extends Construct {
  /** Sensitive token: certificate, intermediates and private key in one PEM, as HAProxy reads it. */
  readonly certificatePem: string;
  /** Another value with each new certificate: a trigger for provisioning. */
  readonly certificateRevision: string;
  /** PEM (token) of the CA that visitors would have to trust; undefined for own files. */
  readonly authorityCertificate?: string;

  constructor(scope: Construct, id: string, { domains, certificate, keysRevision }: EdgeProps) {
    super(scope, id);
    if (certificate.mode === 'files') {
      const chain = readFileSync(projectPath(certificate.certificateFile), 'utf8').trimEnd();
      const key = variable(TerraformStack.of(this), 'certificate_private_key', {
        description: `Private key (PEM) of the certificate for ${domains.join(', ')}`,
        secret: true,
      });
      this.certificatePem = `${terraformText(chain)}\n${key}`;
      this.certificateRevision = createHash('sha256').update(chain).digest('hex');
    } else {
      const authority = new InternalAuthority(this, 'authority', { name: `${domains[0] ?? ''} self-signed CA`, keysRevision });
      const issued = authority.issue('website', { names: domains });
      this.certificatePem = `${issued.certificate}${issued.privateKey}`;
      this.certificateRevision = issued.revision;
      this.authorityCertificate = authority.certificates;
    }
  }
}
