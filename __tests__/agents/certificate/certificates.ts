import { generateKeyPairSync } from 'node:crypto';
import { composeObtained, readObtained, type Obtained } from '../../../agents/certificate/obtained';
import { issue } from '../../../lab/x509/certificate';
import { subjectAltName } from '../../../lab/x509/extensions';
import { encodeSubject } from '../../../lab/x509/names';

export const DIRECTORY = 'https://acme.example.test/directory';
export const DAY = 86_400_000;
export const BEGIN = Date.parse('2026-01-01T00:00:00Z');

export interface Wish {
  readonly domains?: readonly string[];
  readonly addresses?: readonly string[];
  readonly directoryUrl?: string;
  readonly from?: number;
  readonly days?: number;
}

export function pems({ domains = ['www.example.test'], addresses = [], from = BEGIN, days = 90 }: Wish = {}): {
  chain: string;
  key: string;
} {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = encodeSubject({ commonName: ['test'] });
  const extensions = [
    subjectAltName({ dns: domains, ip: addresses.map((address) => Buffer.from(address.split('.').map(Number))), uri: [] }),
  ];
  const chain = issue({
    serial: 1n,
    issuer: name,
    subject: name,
    notBefore: new Date(from),
    notAfter: new Date(from + days * DAY),
    publicKey,
    extensions,
    signer: { algorithm: 'ECDSA', key },
  });
  return { chain, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export function obtained(wish: Wish = {}): Obtained {
  const { chain, key } = pems(wish);
  const read = readObtained(composeObtained(wish.directoryUrl ?? DIRECTORY, chain, key));
  if (!read) throw new Error('not readable');
  return read;
}
