import type { Clock } from '../api/clock';
import { createAuthority, issuePair, type Authority, type KeyPair } from '../x509/authority';
import { generateKey } from '../x509/keys';

/** The client certificate that all zones share: it proves Cloudflare, but no particular customer. Made when first needed. */
export class SharedPullCertificate {
  private made: { readonly authority: Authority; readonly pair: KeyPair } | undefined;
  constructor(private readonly clock: Clock) {}

  get authority(): Authority {
    return this.make().authority;
  }

  get pair(): KeyPair {
    return this.make().pair;
  }

  private make(): { readonly authority: Authority; readonly pair: KeyPair } {
    if (this.made !== undefined) return this.made;
    const now = this.clock.now();
    const authority = createAuthority(
      generateKey('ECDSA', 0, 'P256'),
      { organization: ['Emulated Cloudflare'], commonName: ['Origin Pull CA'] },
      now,
    );
    this.made = { authority, pair: issuePair(authority, 'client', 'origin-pull.cloudflare.test', [], now) };
    return this.made;
  }
}
