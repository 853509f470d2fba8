import { expect, test } from 'vitest';
import { InternalAuthority } from '../../lib/certificates/internal-authority';
import { resource, resourceIds, testStack } from '../helpers/stack';

test('issues certificates for names and addresses, to servers and clients alike', () => {
  const stack = testStack();
  const authority = new InternalAuthority(stack, 'authority', { name: 'internal CA' });
  authority.issue('db-1', { names: ['db-1', 'mysql.internal'], addresses: ['10.0.4.11'] });

  expect(resource(stack, 'tls_cert_request', 'authority_db-1')).toMatchObject({
    subject: [{ common_name: 'db-1' }],
    dns_names: ['db-1', 'mysql.internal'],
    ip_addresses: ['10.0.4.11'],
  });
  expect(resource(stack, 'tls_locally_signed_cert', 'authority_db-1')).toMatchObject({
    allowed_uses: ['digital_signature', 'server_auth', 'client_auth'],
  });
  expect(resource(stack, 'tls_self_signed_cert', 'authority')).toMatchObject({
    is_ca_certificate: true,
    subject: [{ common_name: 'internal CA 1' }],
  });
});

test('each certificate has a key of its own', () => {
  const stack = testStack();
  const authority = new InternalAuthority(stack, 'authority', { name: 'internal CA' });
  authority.issue('db-1', { names: ['db-1'] });
  authority.issue('db-2', { names: ['db-2'] });
  expect(resourceIds(stack).match(/tls_private_key/g)).toHaveLength(3);
});
