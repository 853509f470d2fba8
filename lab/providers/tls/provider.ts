import { parsePrivateKeyPem } from '../../x509/keys';
import { failure } from '../protocol/diagnostics';
import type { DataSource, Provider } from '../protocol/provider';
import { text } from '../protocol/read';
import type { ProviderSchema } from '../protocol/schema';
import schema from '../schemas/tls-4.1.0.json';
import { orFail } from './common';
import { parseOpenSshPem, publicKeyAttributes } from './public-key';
import { certRequest, locallySignedCert, privateKey, selfSignedCert } from './resources';

const publicKey: DataSource<null> = {
  validation: { exactlyOneOf: [['private_key_pem', 'private_key_openssh']] },
  async read({ config }) {
    const pem = text(config['private_key_pem']);
    const { key, algorithm } = orFail('Unable to parse private key', () =>
      pem === '' ? parseOpenSshPem(text(config['private_key_openssh'])) : parsePrivateKeyPem(pem),
    );
    return { algorithm, ...publicKeyAttributes(key) };
  },
};

/** The provider hashicorp/tls 4.1.0. */
export function tlsProvider(): Provider<null> {
  return {
    address: 'registry.terraform.io/hashicorp/tls',
    schema: schema as unknown as ProviderSchema,
    // It fetches nothing, so no proxy concerns it
    configure: () => null,
    describeError: (error) => [failure(error instanceof Error ? error.message : String(error))],
    resources: {
      tls_private_key: privateKey,
      tls_cert_request: certRequest,
      tls_self_signed_cert: selfSignedCert,
      tls_locally_signed_cert: locallySignedCert,
    },
    dataSources: { tls_public_key: publicKey },
  };
}
