import { Fn, TerraformStack, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OriginCertificate } from './cloudflare/origin-certificate';
import type { OriginCertificateSettings } from './cloudflare/settings';
import { projectPath } from './build/project-path';
import { warnBeforeEnd } from './certificates/certificate-end';
import { InternalAuthority } from './certificates/internal-authority';
import type { Revision } from './certificates/revision';
import { variable } from './servers/variables';

/** Where the certificate comes from that visitors see, or Cloudflare's proxies. */
export type CertificateSource =
  /** A CA of its own, for trials and behind a proxy that does not check: browsers warn. Its key is in the state. */
  | { readonly mode: 'self-signed' }
  /**
   * Own PEM files: the server's certificate followed by its intermediates, and the private key.
   * The key is only compared with the certificate at synth; Terraform takes it from the variable certificate_private_key,
   * and compares that with the file's fingerprint. A plan warns when fewer than 30 days are left.
   */
  | { readonly mode: 'files'; readonly certificateFile: string; readonly privateKeyFile: string }
  /** Of Cloudflare's Origin CA, for names that are proxied: Cloudflare trusts it, browsers do not. Its key is in the state. */
  | ({ readonly mode: 'cloudflare-origin' } & OriginCertificateSettings)
  /**
   * Of an ACME server, by default Let's Encrypt, whose terms of service you accept by it. The load balancers obtain and
   * renew it by themselves once the names lead to the floating IP (docs/certificates.md); until then they show a self-signed one.
   */
  | ({ readonly mode: 'acme' } & AcmeSettings);

/** Which ACME server the load balancers ask, and in whose name. */
export interface AcmeSettings {
  /** Where the ACME server may write to about the account. @default none */
  readonly email?: string;
  /** @default https://acme-v02.api.letsencrypt.org/directory */
  readonly directoryUrl?: string;
  /** PEM file of the CA that the load balancers trust in to reach `directoryUrl`, e.g. of your own step-ca. @default those of the system */
  readonly directoryCaFile?: string;
}

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';

/** What the load balancers ask for. */
export interface AcmeRequest {
  readonly domains: readonly string[];
  readonly directoryUrl: string;
  readonly email?: string;
  /** PEM. */
  readonly directoryCa?: string;
}

/** For which names a certificate is wanted, and from where. */
export interface EdgeProps {
  /** Names that visitors use. */
  readonly domains: readonly string[];
  readonly certificate: CertificateSource;
  /** Makes a new key and certificate when it changes, in modes `self-signed`, `cloudflare-origin` and (until the first certificate is there) `acme`. @default never */
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
  /** Names that visitors use, and all others that the certificate is for. */
  readonly hostNames: readonly string[];
  /** PEM (token) of the CA that visitors would have to trust; undefined unless self-signed. */
  readonly authorityCertificate?: string;
  /** In mode `acme`: how to obtain the certificate that takes the place of `certificatePem`. */
  readonly acme?: AcmeRequest;

  constructor(scope: Construct, id: string, { domains, certificate, keysRevision, issueAfter }: EdgeProps) {
    super(scope, id);
    this.hostNames = domains;
    if (certificate.mode === 'files') {
      const chain = readFileSync(projectPath(certificate.certificateFile), 'utf8').trimEnd();
      const key = variable(TerraformStack.of(this), 'certificate_private_key', {
        description: `Private key (PEM) of the certificate for ${domains.join(', ')}`,
        secret: true,
        check: {
          condition: `\${sha256(replace(var.certificate_private_key, "/\\\\s/", "")) == "${fingerprint(readFileSync(projectPath(certificate.privateKeyFile), 'utf8'))}"}`,
          message:
            'certificate_private_key is not the key that certificate.privateKeyFile held at synth, which belongs to the certificate: give the text of that file, or synthesize anew.',
        },
      });
      const { validTo, subjectAltName = '' } = new X509Certificate(chain);
      this.hostNames = [
        ...new Set([
          ...domains,
          ...[...subjectAltName.matchAll(/DNS:((?:\*\.)?[A-Za-z0-9.-]+)/g)].map(([, name = '']) => name.toLowerCase()),
        ]),
      ];
      // Terraform takes no check of something that is written in it
      TerraformStack.of(this).addOverride('locals.own_certificate_end', new Date(validTo).toISOString());
      warnBeforeEnd(TerraformStack.of(this), 'own_certificate', {
        end: 'local.own_certificate_end',
        message: `The certificate in certificate.certificateFile ends on ${validTo}. Nobody renews it but you: put another into the files, and deploy.`,
      });
      // Every string in Terraform JSON is a template, and what stands between certificates may be anything
      this.certificatePem = Fn.join('\n', [Fn.base64decode(Buffer.from(chain).toString('base64')), key]);
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
      if (certificate.mode === 'acme') this.acme = acmeRequest(domains, certificate);
      else this.authorityCertificate = authority.certificates;
    }
  }
}

/** Of a key as text, which cannot be guessed from it: it is random. Line ends differ between a file and a variable of a workspace. */
function fingerprint(key: string): string {
  return createHash('sha256').update(key.replace(/\s/g, '')).digest('hex');
}

function acmeRequest(domains: readonly string[], { email, directoryUrl = LETS_ENCRYPT, directoryCaFile }: AcmeSettings): AcmeRequest {
  return { domains, directoryUrl, email, directoryCa: directoryCaFile && readFileSync(projectPath(directoryCaFile), 'utf8') };
}
