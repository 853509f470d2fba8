import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { Target } from './request';

/** The certificate that a new client is shown, and whether a client that trusts `ca` alone would trust it. */
export function shownCertificate(
  { address, port = 443, host, ca }: Target,
  timeoutMilliseconds = 5_000,
): Promise<{ readonly certificate: X509Certificate; readonly trusted: boolean }> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, servername: host, ca, rejectUnauthorized: false, timeout: timeoutMilliseconds };
    const socket = connect(options, () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate) resolve({ certificate, trusted: socket.authorized });
      else reject(new Error(`${address} shows no certificate`));
      socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no TLS handshake with ${address} within ${timeoutMilliseconds / 1000} s`)));
    socket.on('error', reject);
  });
}
