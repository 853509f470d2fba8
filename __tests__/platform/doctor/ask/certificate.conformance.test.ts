import { createServer } from 'node:tls';
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askCertificate } from '../../../../platform/doctor/ask/certificate';
import { listening } from '../../../helpers/ports';

test('reads issuer, end and names of what a visitor of the name is shown', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await execa('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '20',
    '-subj',
    '/O=House/CN=CA of the house',
    '-addext',
    'subjectAltName=DNS:www.example.com',
  ]);
  const asked: (string | false)[] = [];
  const server = createServer({
    key: readFileSync(key),
    cert: readFileSync(cert),
    SNICallback: (name, done) => done(null, void asked.push(name)),
  });
  const port = await listening(server);
  try {
    const shown = await askCertificate('www.example.com', '127.0.0.1', port);
    expect(shown).toMatchObject({ issuer: 'House (CA of the house)', isForName: true, trusted: false });
    expect(Math.round((shown.endsAt.getTime() - Date.now()) / 86_400_000)).toBe(20);
    expect(await askCertificate('www.example.net', '127.0.0.1', port)).toMatchObject({ isForName: false });
    expect(asked).toEqual(['www.example.com', 'www.example.net']);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
  await expect(askCertificate('www.example.com', '127.0.0.1', port)).rejects.toThrow(/ECONNREFUSED/);
});
