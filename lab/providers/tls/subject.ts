import { addressBytes, isAddress } from '../addresses';
import { encodeSubject, type AlternativeNames } from '../../x509/names';
import { text, texts } from '../protocol/read';
import type { ObjectValue } from '../protocol/value';

/** The RDNSequence of a `subject` block. */
export function subjectOf(block: ObjectValue | undefined): Buffer {
  const one = (name: string): readonly string[] => [text(block?.[name])].filter(Boolean);
  const [emailAddress] = one('email_address');
  return encodeSubject({
    country: one('country'),
    organization: one('organization'),
    organizationalUnit: one('organizational_unit'),
    locality: one('locality'),
    province: one('province'),
    streetAddress: texts(block?.['street_address']),
    postalCode: one('postal_code'),
    commonName: one('common_name'),
    serialNumber: one('serial_number'),
    ...(emailAddress === undefined ? {} : { emailAddress }),
  });
}

export function alternativeNamesOf(config: ObjectValue): AlternativeNames {
  return { dns: texts(config['dns_names']), ip: texts(config['ip_addresses']).map(parseAddress), uri: texts(config['uris']) };
}

export class InvalidName extends Error {
  constructor(
    readonly summary: string,
    value: string,
  ) {
    super(`Failed to parse "${value}"`);
  }
}

function parseAddress(address: string): Buffer {
  if (!isAddress(address)) throw new InvalidName('Invalid IP address', address);
  return addressBytes(address);
}
