import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createAuthority, issuePair, type KeyPair } from '../x509/authority';
import { generateKey, parsePrivateKeyPem } from '../x509/keys';
import { encodeSubject } from '../x509/names';
import { subjectKeyId } from '../x509/signing';

const NAME = { organization: ['Scale Up lab'], commonName: ["CA of the lab's Internet"] };
/** PEM of the root. */
export const rootOf = (folder: string): string => join(folder, 'ca.pem');
const keyOf = (folder: string) => join(folder, 'ca.key');

/**
 * The one CA that stands for all public ones: the base image trusts it, and it certifies every name in the lab's Internet.
 * Shared by the labs of a host, as the base image is. Made when there is none.
 */
export async function ensureAuthority(folder: string): Promise<void> {
  if (existsSync(rootOf(folder))) return;
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  const key = generateKey('ECDSA', 0, 'P256');
  await writeFile(keyOf(unfinished), key.key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(rootOf(unfinished), createAuthority(key, NAME, Date.now()).certificate);
  // Another lab may have been faster
  await rename(unfinished, folder).catch((error: unknown) => {
    if (!existsSync(rootOf(folder))) throw error;
  });
  await rm(unfinished, { recursive: true, force: true });
}

/** A certificate of the CA in that folder, and its key. */
export async function certificateFor(folder: string, names: readonly [string, ...string[]]): Promise<KeyPair> {
  const key = parsePrivateKeyPem(await readFile(keyOf(folder), 'utf8'));
  const authority = {
    key,
    subject: encodeSubject(NAME),
    keyId: subjectKeyId(key.key),
    certificate: await readFile(rootOf(folder), 'utf8'),
  };
  return issuePair(authority, 'server', names[0], names, Date.now());
}
