import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprintOf, parsePublicKey, publicHalf } from '../../platform/ssh-keys';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function make(...options: string[]): Promise<{ privateKey: string; publicKey: string; fingerprint: string }> {
  const file = join(folder, 'key');
  await execa('ssh-keygen', ['-q', '-f', file, ...(options.includes('-N') ? [] : ['-N', '']), ...options]);
  const { stdout } = await execa('ssh-keygen', ['-l', '-E', 'md5', '-f', `${file}.pub`]);
  return {
    privateKey: readFileSync(file, 'utf8'),
    publicKey: readFileSync(`${file}.pub`, 'utf8'),
    fingerprint: /MD5:(\S+)/.exec(stdout)?.[1] ?? '',
  };
}

test.each([
  [['-t', 'ed25519']],
  [['-t', 'rsa', '-b', '2048']],
  [['-t', 'ecdsa', '-b', '256']],
  [['-t', 'ecdsa', '-b', '521']],
  [['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  [['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
  [['-t', 'ecdsa', '-b', '256', '-m', 'PEM']],
  [['-t', 'ecdsa', '-b', '384', '-m', 'PKCS8']],
])('a private key that ssh-keygen %j makes fits its public key, whose fingerprint is the same', async (options) => {
  const { privateKey, publicKey, fingerprint } = await make(...options);
  const parsed = parsePublicKey(publicKey)!;
  expect(publicHalf(privateKey)).toEqual(parsed.blob);
  expect(fingerprintOf(parsed)).toBe(fingerprint);
});

test.each([[['-t', 'ed25519']], [['-t', 'rsa', '-b', '2048', '-m', 'PEM']]])('a passphrase is noticed, with %j', async (options) => {
  expect(publicHalf((await make('-N', 'secret', ...options)).privateKey)).toBe('encrypted');
});

test('a key that was cut is unreadable', async () => {
  const { privateKey } = await make('-t', 'ed25519');
  expect(publicHalf(privateKey.replace(/.{60}\n-----END/, '-----END'))).toBeTypeOf('object');
  expect(publicHalf(privateKey.slice(0, 150))).toBe('unreadable');
  expect(publicHalf(privateKey.replace('b3BlbnNzaC1rZXktdjE', 'b3BlbnNzaC1rZXktdjX'))).toBe('unreadable');
});
