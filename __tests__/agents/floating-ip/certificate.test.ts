import { createServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { renderMetrics } from '../../../agents/common/metrics';
import { shownCertificate } from '../../../agents/floating-ip/certificate';
import { certificateMetric } from '../../../agents/floating-ip/reporting';
import { issue } from '../../../lab/x509/certificate';
import { subjectAltName } from '../../../lab/x509/extensions';
import { generateKey } from '../../../lab/x509/keys';
import { encodeSubject } from '../../../lab/x509/names';
import { listening } from '../../helpers/ports';

async function server(notAfter: Date): Promise<number> {
  const signer = generateKey('ECDSA', 0, 'P256');
  const subject = encodeSubject({ commonName: ['an authority'] });
  const extensions = [subjectAltName({ dns: ['example.test', 'www.example.test'], ip: [], uri: [] })];
  const cert = issue({ serial: 1n, issuer: subject, subject, notBefore: new Date(0), notAfter, publicKey: signer.key, extensions, signer });
  const server = createServer({ cert, key: signer.key.export({ type: 'pkcs8', format: 'pem' }) });
  onTestFinished(() => void server.close());
  return listening(server);
}

test('tells when the certificate ends that a client is shown, for which names it is and who has signed it', async () => {
  const shown = await shownCertificate(await server(new Date('2031-02-03T04:05:06Z')));
  expect(shown).toEqual({
    endsAt: Date.parse('2031-02-03T04:05:06Z'),
    names: ['example.test', 'www.example.test'],
    issuer: 'an authority',
  });
  expect(renderMetrics([certificateMetric(shown)])).toMatch(/^floating_ip_agent_certificate_expiry_timestamp_seconds 1927857906$/m);
});

test('tells of a certificate that has ended, too', async () => {
  expect(await shownCertificate(await server(new Date('2001-01-01T00:00:00Z')))).toMatchObject({
    endsAt: Date.parse('2001-01-01T00:00:00Z'),
  });
});

test('has nothing to tell where nobody listens', async () => {
  const port = await server(new Date());
  expect(await shownCertificate(port === 1 ? 2 : 1)).toBeNull();
  expect(renderMetrics([certificateMetric(null)])).toMatch(/_seconds NaN$/m);
});
