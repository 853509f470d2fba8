import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls';
import type { EdgeView } from '../cloudflare-api/edge-view';
import { createAuthority, issuePair, type KeyPair } from '../x509/authority';
import { generateKey } from '../x509/keys';
import { zoneOf } from './routing';

/** The certificates for visitors: one for each zone, signed by a CA of the lab that stands for a public one. */
export class EdgeCertificates {
  private readonly authority = createAuthority(
    generateKey('ECDSA', 0, 'P256'),
    { organization: ['Emulated Cloudflare'], commonName: ['Edge CA of the lab'] },
    Date.now(),
  );
  private readonly pairs = new Map<string, KeyPair>();

  /** The root, as PEM: visitors must trust it. */
  get root(): string {
    return this.authority.certificate;
  }

  /** For the server's SNICallback. A handshake for a name of no zone fails, as at Cloudflare. */
  contextFor(view: EdgeView, hostname: string): SecureContext {
    const zone = zoneOf(view, hostname);
    if (zone === undefined) throw new Error(`no zone has the name ${hostname}`);
    const pair = this.pairs.get(zone.name) ?? issuePair(this.authority, 'server', zone.name, [zone.name, `*.${zone.name}`], Date.now());
    this.pairs.set(zone.name, pair);
    const minVersion: TlsOptions['minVersion'] = zone.minTlsVersion === '1.0' ? 'TLSv1' : `TLSv${zone.minTlsVersion}`;
    return createSecureContext({ cert: pair.certificate, key: pair.privateKey, minVersion });
  }
}
