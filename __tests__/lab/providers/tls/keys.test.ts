import { describe, expect, test } from 'vitest';
import { CURVES, generateKey, parsePrivateKeyPem } from '../../../../lab/x509/keys';
import { parseOpenSshPem, publicKeyAttributes } from '../../../../lab/providers/tls/public-key';
import { encodeOpenSshKey } from '../../../../lab/providers/tls/openssh';
import { decodePem, encodePem } from '../../../../lab/x509/pem';
import { text } from '../../../../lab/providers/protocol/read';
import { recordedTls } from '../recorded';

const NAMES = ['private-key-rsa', 'private-key-ecdsa-p256', 'private-key-ecdsa-default-curve', 'private-key-ed25519'];

describe.each(NAMES)('the recorded %s', (name) => {
  const recorded = recordedTls(name);
  const { key, algorithm } = parsePrivateKeyPem(text(recorded['private_key_pem']));

  test('gives the recorded public attributes', () => {
    const wanted = Object.fromEntries(
      Object.entries(recorded).filter(([attribute]) => attribute.startsWith('public_key') || attribute === 'id'),
    );
    expect(publicKeyAttributes(key)).toEqual(wanted);
    expect(algorithm).toBe(recorded['algorithm']);
  });

  test('is written byte for byte as recorded', () => {
    expect(encodePem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }))).toBe(recorded['private_key_pem_pkcs8']);
    const openSsh = text(recorded['private_key_openssh']);
    const check = decodePem(openSsh)?.bytes;
    const own = encodeOpenSshKey(key, check === undefined ? undefined : Buffer.from(checkOf(check)));
    expect(own === null ? '' : encodePem('OPENSSH PRIVATE KEY', own)).toBe(openSsh);
  });

  test.skipIf(recorded['private_key_openssh'] === '')('is the same key in its OpenSSH form', () => {
    expect(parseOpenSshPem(text(recorded['private_key_openssh'])).key.equals(key)).toBe(true);
  });
});

/** The random number that stands twice before the secret part. */
function checkOf(openSsh: Buffer): Buffer {
  let offset = 'openssh-key-v1\0'.length;
  const skip = (): void => void (offset += 4 + openSsh.readUInt32BE(offset));
  for (let field = 0; field < 3; field++) skip();
  offset += 4;
  skip();
  return openSsh.subarray(offset + 4, offset + 8);
}

test.each(Object.keys(CURVES))('makes keys on the curve %s', (curve) => {
  const { key } = generateKey('ECDSA', 0, curve);
  expect(key.asymmetricKeyDetails?.namedCurve).toBe(CURVES[curve]);
});

test.each([
  ['nothing', /failed to decode PEM block/],
  ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /unsupported PEM preamble\/type: CERTIFICATE/],
  ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /failed to parse private key given PEM preamble 'PRIVATE KEY'/],
])('refuses %j as a key', (given, message) => {
  expect(() => parsePrivateKeyPem(given)).toThrow(message);
});
