import type { Clock } from '../api/clock';
import { createAuthority, type Authority } from '../x509/authority';
import { issue } from '../x509/certificate';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoint,
  extendedKeyUsage,
  keyUsage,
  ocspResponder,
  subjectAltName,
  subjectKeyIdentifier,
} from '../x509/extensions';
import { generateKey } from '../x509/keys';
import { encodeSubject } from '../x509/names';
import type { CertificateRequest } from '../x509/request';
import { subjectKeyId } from '../x509/signing';

const [DIGITAL_SIGNATURE, KEY_ENCIPHERMENT] = [0, 2];
const [SERVER_AUTH, CLIENT_AUTH] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

export type RequestType = 'origin-rsa' | 'origin-ecc';

/** The two roots of the emulated Origin CA, made when first needed. Browsers trust neither, nor the real ones. */
export class OriginAuthorities {
  private readonly made = new Map<RequestType, Authority>();
  constructor(private readonly clock: Clock) {}

  get(type: RequestType): Authority {
    const found = this.made.get(type) ?? this.make(type);
    this.made.set(type, found);
    return found;
  }

  /** A leaf for these names; subject and names of the request do not count. */
  issue(type: RequestType, serial: bigint, request: CertificateRequest, hostnames: readonly string[], expiresOn: Date): string {
    const authority = this.get(type);
    return issue({
      serial,
      issuer: authority.subject,
      subject: encodeSubject({
        organization: ['CloudFlare, Inc.'],
        organizationalUnit: ['CloudFlare Origin CA'],
        commonName: ['CloudFlare Origin Certificate'],
      }),
      notBefore: new Date(this.clock.now()),
      notAfter: expiresOn,
      publicKey: request.publicKey,
      extensions: [
        keyUsage([DIGITAL_SIGNATURE, KEY_ENCIPHERMENT]),
        extendedKeyUsage([CLIENT_AUTH, SERVER_AUTH]),
        basicConstraints(false),
        subjectKeyIdentifier(subjectKeyId(request.publicKey)),
        authorityKeyIdentifier(authority.keyId),
        ocspResponder('http://ocsp.cloudflare.com/origin_ca'),
        subjectAltName({ dns: hostnames, ip: [], uri: [] }),
        crlDistributionPoint('http://crl.cloudflare.com/origin_ca.crl'),
      ],
      signer: authority.key,
    });
  }

  private make(type: RequestType): Authority {
    const key = type === 'origin-rsa' ? generateKey('RSA', 2048, '') : generateKey('ECDSA', 0, 'P256');
    const organizationalUnit = [`Origin ${type === 'origin-rsa' ? 'RSA' : 'ECC'} CA`];
    return createAuthority(key, { country: ['US'], organization: ['Emulated Cloudflare'], organizationalUnit }, this.clock.now());
  }
}
