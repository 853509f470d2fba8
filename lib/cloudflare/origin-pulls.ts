import { AuthenticatedOriginPullsCertificate } from '@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-certificate';
import { AuthenticatedOriginPullsSettings } from '@cdktf/provider-cloudflare/lib/authenticated-origin-pulls-settings';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { projectPath } from '../build/project-path';
import { InternalAuthority } from '../certificates/internal-authority';
import type { Revision } from '../certificates/revision';
import type { OriginPulls as Settings } from '../settings/cloudflare';

export interface OriginPullsProps {
  readonly zoneId: string;
  readonly zone: string;
  readonly settings: Settings;
  /** Makes a new key and certificate when it changes, in mode `generated`. @default never */
  readonly keysRevision?: Revision;
}

/** The client certificate of Cloudflare's proxies, for this zone alone. */
export class OriginPulls extends Construct {
  /** PEM (token, no secret) of the CA that has signed it. */
  readonly authority: string;
  /** Another value when `authority` is another: a trigger for provisioning. */
  readonly revision: string;
  /** Whether a request without it is refused. */
  readonly required: boolean;
  /** Done when Cloudflare has been told to show it. */
  readonly told: ITerraformDependable;

  constructor(scope: Construct, id: string, { zoneId, zone, settings, keysRevision }: OriginPullsProps) {
    super(scope, id);
    this.required = settings.required;
    const uploaded: ITerraformDependable[] = [];
    if (settings.mode === 'uploaded') {
      const authority = readFileSync(projectPath(settings.authorityFile), 'utf8');
      this.authority = authority;
      this.revision = createHash('sha256').update(authority).digest('hex');
    } else {
      // RSA: Cloudflare documents no other for origin pulls
      const authority = new InternalAuthority(this, 'authority', { name: 'platform origin pulls CA', algorithm: 'RSA', keysRevision });
      const { certificate, privateKey } = authority.issue('proxy', { names: [zone] });
      this.authority = authority.certificates;
      this.revision = authority.revision;
      // The former one goes when its successor is there: the CA of both is the same
      uploaded.push(
        new AuthenticatedOriginPullsCertificate(this, 'certificate', {
          zoneId,
          certificate,
          privateKey,
          lifecycle: { createBeforeDestroy: true },
        }),
      );
    }
    this.told = new AuthenticatedOriginPullsSettings(this, 'settings', { zoneId, enabled: true, dependsOn: uploaded });
  }
}
