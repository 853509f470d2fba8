import { createPublicKey } from 'node:crypto';
import { parseCaCertificate } from '../../x509/certificate';
import { ALGORITHMS, CURVES, generateKey, parsePrivateKeyPem, type Algorithm, type PrivateKey } from '../../x509/keys';
import { encodeSubject } from '../../x509/names';
import { encodePem } from '../../x509/pem';
import { createRequest, parseRequest } from '../../x509/request';
import { warning } from '../protocol/diagnostics';
import type { Resource } from '../protocol/provider';
import { number, objects, text } from '../protocol/read';
import type { State } from '../protocol/value';
import { createCertificate } from './certificate';
import { certificateValidation, isPem, oneOf, orFail, readCertificate, renew, subjectValidation } from './common';
import { encodeOpenSshKey } from './openssh';
import { hashForState, publicKeyAttributes } from './public-key';
import { alternativeNamesOf, subjectOf } from './subject';

/** These resources live in the state alone: nothing to read, nothing to delete. */
type TlsResource = Resource<null>;
const unchanged = async (): Promise<State> => ({});

export const privateKey: TlsResource = {
  planning: { style: 'framework', replace: ['algorithm', 'rsa_bits', 'ecdsa_curve'], defaults: { rsa_bits: 2048, ecdsa_curve: 'P224' } },
  validation: { attributes: { algorithm: oneOf(ALGORITHMS), ecdsa_curve: oneOf(Object.keys(CURVES)) } },
  async create({ planned }) {
    const made = orFail('Unable to generate Key from configuration', () =>
      generateKey(text(planned['algorithm']) as Algorithm, number(planned['rsa_bits']), text(planned['ecdsa_curve'])),
    );
    return privateKeyAttributes(made);
  },
  read: unchanged,
  upgrade: (state) => ({ ...state, ...privateKeyAttributes(parsePrivateKeyPem(text(state['private_key_pem']))) }),
};

function privateKeyAttributes({ key, algorithm }: PrivateKey): State {
  const pkcs8 = encodePem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }));
  const forms = {
    RSA: () => encodePem('RSA PRIVATE KEY', key.export({ type: 'pkcs1', format: 'der' })),
    ECDSA: () => encodePem('EC PRIVATE KEY', key.export({ type: 'sec1', format: 'der' })),
    ED25519: () => pkcs8,
  };
  const ssh = encodeOpenSshKey(key);
  return {
    private_key_pem: forms[algorithm](),
    private_key_pem_pkcs8: pkcs8,
    private_key_openssh: ssh === null ? '' : encodePem('OPENSSH PRIVATE KEY', ssh),
    ...publicKeyAttributes(key),
  };
}

const keyOf = (planned: State): PrivateKey =>
  orFail('Failed to parse private key PEM', () => parsePrivateKeyPem(text(planned['private_key_pem'])));

export const certRequest: TlsResource = {
  planning: { style: 'framework', replace: ['dns_names', 'ip_addresses', 'uris', 'subject'], replaceIf: { private_key_pem: isPem } },
  validation: { attributes: subjectValidation },
  async create({ planned }) {
    const key = keyOf(planned);
    const [subject] = objects(planned['subject']);
    const request = orFail('Error creating certificate request', () => createRequest(key, subjectOf(subject), alternativeNamesOf(planned)));
    return { key_algorithm: key.algorithm, cert_request_pem: encodePem('CERTIFICATE REQUEST', request), id: hashForState(request) };
  },
  read: unchanged,
};

const certificateDefaults = { is_ca_certificate: false, early_renewal_hours: 0, set_subject_key_id: false, ready_for_renewal: false };
const certificateReplacements = ['validity_period_hours', 'allowed_uses', 'is_ca_certificate', 'set_subject_key_id'];

export const selfSignedCert: TlsResource = {
  planning: {
    style: 'framework',
    replace: [...certificateReplacements, 'set_authority_key_id', 'dns_names', 'ip_addresses', 'uris', 'subject'],
    replaceIf: { private_key_pem: isPem },
    defaults: { ...certificateDefaults, set_authority_key_id: false },
    customize: renew,
  },
  validation: { attributes: { ...certificateValidation, ...subjectValidation } },
  async create({ planned }) {
    const key = keyOf(planned);
    const [subject] = objects(planned['subject']);
    return orFail('Failed to create certificate', () => {
      const request = { subject: subjectOf(subject), names: alternativeNamesOf(planned), publicKey: createPublicKey(key.key) };
      return { key_algorithm: key.algorithm, ...createCertificate(planned, request, { key }, new Date()) };
    });
  },
  read: readCertificate,
};

export const locallySignedCert: TlsResource = {
  planning: {
    style: 'framework',
    replace: certificateReplacements,
    replaceIf: { ca_cert_pem: isPem, ca_private_key_pem: isPem, cert_request_pem: isPem },
    defaults: certificateDefaults,
    customize: renew,
  },
  validation: { attributes: certificateValidation },
  async create({ planned, warn }) {
    const request = orFail('Failed to parse certificate request PEM', () => parseRequest(text(planned['cert_request_pem'])));
    const key = orFail('Failed to parse CA private key PEM', () => parsePrivateKeyPem(text(planned['ca_private_key_pem'])));
    const ca = orFail('Failed to parse CA certificate PEM', () => parseCaCertificate(text(planned['ca_cert_pem'])));
    if (!ca.isCa) {
      warn(
        warning(
          'Potentially Invalid Certificate Authority',
          'Certificate provided as Authority does not appear to be a valid Certificate Authority. The resulting certificate might fail certificate validation.',
        ),
      );
    }
    return orFail('Failed to create certificate', () => {
      if (!createPublicKey(key.key).equals(ca.publicKey)) throw new Error("x509: provided PrivateKey doesn't match parent's PublicKey");
      return {
        ca_key_algorithm: key.algorithm,
        ...createCertificate(planned, { ...request, subject: encodeSubject(request.subject) }, { key, ...ca }, new Date()),
      };
    });
  },
  read: readCertificate,
};
