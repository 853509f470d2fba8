import { Fn, TerraformStack, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OriginCertificate } from './cloudflare/origin-certificate';
import { projectPath } from './build/project-path';
import { warnBeforeEnd } from './certificates/certificate-end';
import { InternalAuthority } from './certificates/internal-authority';
import type { Revision } from './certificates/revision';
import { variable } from './servers/variables';
import type { Certificate } from './settings/certificate';

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
  /** As `resolveCertificate` completes it. */
  readonly certificate: Certificate;
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
      this.hostNames = [...new Set([...domains, ...namesOf(chain)])];
      this.warnBeforeEndOf(chain);
      // Every string in Terraform JSON is a template, and what stands between certificates may be anything
      this.certificatePem = Fn.join('\n', [
        Fn.base64decode(Buffer.from(chain).toString('base64')),
        this.privateKeyVariable(domains, certificate.privateKeyFile),
      ]);
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

  /** Token of the variable that has to hold the key that was in the file at synth. */
  private privateKeyVariable(domains: readonly string[], privateKeyFile: string): string {
    return variable(TerraformStack.of(this), 'certificate_private_key', {
      description: `Private key (PEM) of the certificate for ${domains.join(', ')}`,
      secret: true,
      check: {
        condition: `\${sha256(replace(var.certificate_private_key, "/\\\\s/", "")) == "${fingerprint(readFileSync(projectPath(privateKeyFile), 'utf8'))}"}`,
        message:
          'certificate_private_key is not the key that certificate.privateKeyFile held at synth, which belongs to the certificate: give the text of that file, or synthesize anew.',
      },
    });
  }

  private warnBeforeEndOf(chain: string): void {
    const { validTo } = new X509Certificate(chain);
    // Terraform takes no check of something that is written in it
    TerraformStack.of(this).addOverride('locals.own_certificate_end', new Date(validTo).toISOString());
    warnBeforeEnd(TerraformStack.of(this), 'own_certificate', {
      end: 'local.own_certificate_end',
      message: `The certificate in certificate.certificateFile ends on ${validTo}. Nobody renews it but you: put another into the files, and deploy.`,
    });
  }
}

/** All that a certificate is for. */
function namesOf(chain: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(chain);
  return [...subjectAltName.matchAll(/DNS:((?:\*\.)?[A-Za-z0-9.-]+)/g)].map(([, name = '']) => name.toLowerCase());
}

/** Of a key as text, which cannot be guessed from it: it is random. Line ends differ between a file and a variable of a workspace. */
function fingerprint(key: string): string {
  return createHash('sha256').update(key.replace(/\s/g, '')).digest('hex');
}

function acmeRequest(
  domains: readonly string[],
  { email, directoryUrl, directoryCaFile }: Extract<Certificate, { mode: 'acme' }>,
): AcmeRequest {
  return { domains, directoryUrl, email, directoryCa: directoryCaFile && readFileSync(projectPath(directoryCaFile), 'utf8') };
}
