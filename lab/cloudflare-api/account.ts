import { createHash } from 'node:crypto';
import type { Clock } from '../api/clock';
import { OriginAuthorities } from './origin-authorities';
import { SharedPullCertificate } from './shared-pull-certificate';

export interface Zone {
  readonly id: string;
  /** Such as example.test; lower case, without final dot. */
  readonly name: string;
  readonly account: { readonly id: string; readonly name: string };
  readonly createdOn: string;
}

export interface DnsRecord {
  readonly id: string;
  readonly zoneId: string;
  name: string;
  type: string;
  content: string;
  priority: number | null;
  proxied: boolean;
  ttl: number;
  settings: Readonly<Record<string, boolean>>;
  comment: string | null;
  tags: readonly string[];
  readonly createdOn: string;
  modifiedOn: string;
  commentModifiedOn: string | null;
  tagsModifiedOn: string | null;
}

/** A certificate of the Origin CA. */
export interface OriginCertificate {
  readonly id: string;
  readonly zoneIds: readonly string[];
  readonly certificate: string;
  expiresOn: Date;
  readonly requestType: 'origin-rsa' | 'origin-ecc';
  readonly hostnames: readonly string[];
  readonly csr: string;
  readonly requestedValidity: number;
  revokedAt: string | null;
}

/** A client certificate that Cloudflare shows to origins. */
export interface PullCertificate {
  readonly id: string;
  readonly zoneId: string;
  /** As uploaded, byte for byte. */
  readonly certificate: string;
  /** For the edge; no answer of the API holds it. */
  readonly privateKey: string;
  readonly issuer: string;
  readonly signature: string;
  readonly serialNumber: string;
  readonly expiresOn: string;
  readonly uploadedOn: string;
  /** Milliseconds since the epoch. */
  readonly activeFrom: number;
}

export interface HostnamePull {
  readonly zoneId: string;
  readonly hostname: string;
  certificateId: string | null;
  enabled: boolean | null;
  readonly createdAt: string;
  updatedAt: string;
}

export interface AccountOptions {
  readonly clock: Clock;
  readonly zones: readonly string[];
  readonly seed: number;
  /** GET of a revoked Origin CA certificate: 404 (false), or 200 with `revoked_at` (true). Which one is real is not known. */
  readonly showsRevoked: boolean;
}

/** The whole state of the emulated Cloudflare. */
export class Account {
  readonly zones = new Map<string, Zone>();
  readonly records = new Map<string, DnsRecord>();
  readonly certificates = new Map<string, OriginCertificate>();
  readonly pullCertificates = new Map<string, PullCertificate>();
  readonly pullsEnabled = new Map<string, boolean>();
  readonly hostnamePulls = new Map<string, HostnamePull>();
  /** By `ZONE/SETTING`. */
  readonly settings = new Map<string, { value: string; modifiedOn: string }>();
  readonly authorities: OriginAuthorities;
  readonly sharedPull: SharedPullCertificate;
  readonly unexpectedRequests: string[] = [];
  readonly failures: string[] = [];
  readonly clock: Clock;
  showsRevoked: boolean;
  private count: number;

  constructor(options: AccountOptions) {
    this.clock = options.clock;
    this.count = options.seed;
    this.showsRevoked = options.showsRevoked;
    this.authorities = new OriginAuthorities(options.clock);
    this.sharedPull = new SharedPullCertificate(options.clock);
    const account = { id: this.newId(), name: 'Lab' };
    for (const name of options.zones) {
      const zone = { id: this.newId(), name, account, createdOn: this.now() };
      this.zones.set(zone.id, zone);
    }
  }

  /** 32 hex digits. */
  newId(): string {
    return createHash('sha256').update(`cloudflare ${++this.count}`).digest('hex').slice(0, 32);
  }

  newUuid(): string {
    const id = this.newId();
    return [id.slice(0, 8), id.slice(8, 12), `4${id.slice(13, 16)}`, `8${id.slice(17, 20)}`, id.slice(20)].join('-');
  }

  newSerial(): bigint {
    return BigInt(`0x${this.newId()}`);
  }

  /** With microseconds, as Cloudflare has them. */
  now(): string {
    return new Date(this.clock.now()).toISOString().replace('Z', '000Z');
  }

  zoneOf(hostname: string): Zone | undefined {
    return [...this.zones.values()].find(({ name }) => hostname === name || hostname.endsWith(`.${name}`));
  }
}
