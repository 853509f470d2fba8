import { expect, test } from 'vitest';
import { PUBLIC_KEY, TestClient, refusal } from './test-client';

test('an SSH key is returned byte for byte, with its fingerprint', async () => {
  const { body } = await new TestClient().post('/ssh_keys', { name: 'ops', public_key: `${PUBLIC_KEY} ops@example.com\n` });
  expect(body.ssh_key).toMatchObject({
    public_key: `${PUBLIC_KEY} ops@example.com\n`,
    fingerprint: '09:1d:01:16:26:72:10:a2:6a:bd:a7:85:a6:4a:6e:ac',
    labels: {},
  });
});

test('the same SSH key material is accepted once, whatever its name and comment', async () => {
  const client = new TestClient();
  await client.post('/ssh_keys', { name: 'ops', public_key: PUBLIC_KEY });
  const answer = await client.post('/ssh_keys', { name: 'other', public_key: `${PUBLIC_KEY} comment` });
  expect(refusal(answer)).toBe('409 uniqueness_error: SSH key with the same fingerprint already exists');
  expect(answer.body.error.details).toEqual({ fields: [{ name: 'public_key' }] });
});

test.each(['', 'ssh-ed25519', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIKvt4XLrmfhX2', 'not a key'])(
  'an SSH key cannot be %j',
  async (public_key) => {
    expect(refusal(await new TestClient().post('/ssh_keys', { name: 'ops', public_key }))).toContain('is not a valid SSH public key');
  },
);

test('labels of an SSH key are replaced as a whole', async () => {
  const client = new TestClient();
  const { id } = (await client.post('/ssh_keys', { name: 'ops', public_key: PUBLIC_KEY, labels: { a: '1', b: '2' } })).body.ssh_key;
  const { body } = await client.put(`/ssh_keys/${id}`, { labels: { c: '3' } });
  expect(body.ssh_key).toMatchObject({ name: 'ops', labels: { c: '3' } });
});
