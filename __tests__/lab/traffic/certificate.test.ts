import https from 'node:https';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shownCertificate, type Target } from '../../../lab/traffic';
import { certificate } from '../../helpers/certificate';
import { listening } from '../../helpers/ports';

const HOST = 'www.example.test';
const own = certificate(HOST, undefined, `subjectAltName=DNS:${HOST}`);
const server = https.createServer({ cert: own.certificate, key: own.key });
let target: Target;

beforeAll(async () => {
  target = { address: '127.0.0.1', port: await listening(server), host: HOST };
});
afterAll(() => void server.close());

test('a client is shown the certificate, and trusts it if it knows its root', async () => {
  const { certificate: shown, trusted } = await shownCertificate({ ...target, ca: own.certificate });
  expect([shown.fingerprint256, shown.subjectAltName, trusted]).toEqual([
    new X509Certificate(own.certificate).fingerprint256,
    `DNS:${HOST}`,
    true,
  ]);
});

test('a certificate of an unknown root is shown, too, and is not trusted', async () => {
  expect((await shownCertificate({ ...target, ca: certificate('another root').certificate })).trusted).toBe(false);
});
