import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { ShownCertificate } from '../facts';

const TIMEOUT_MILLISECONDS = 5000;

/** The certificate that a visitor of the name is shown. @param host address, or name, to connect to */
export function askCertificate(name: string, host: string, port = 443): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    // What is wrong with it is what is asked for
    const socket = connect({ host, port, servername: name, rejectUnauthorized: false, timeout: TIMEOUT_MILLISECONDS });
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy(new Error(`no answer from ${host} within ${TIMEOUT_MILLISECONDS / 1000} s`)));
    socket.on('secureConnect', () => {
      const shown = new X509Certificate(socket.getPeerCertificate().raw);
      resolve({
        issuer: commonName(shown.issuer),
        endsAt: new Date(shown.validTo),
        isForName: shown.checkHost(name) !== undefined,
        trusted: socket.authorized,
      });
      socket.destroy();
    });
  });
}

/** Of a name in lines such as `O=Let's Encrypt` and `CN=R12`. */
function commonName(distinguished: string): string {
  const parts = new Map(distinguished.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const [common, organization] = [parts.get('CN'), parts.get('O')];
  return organization && common ? `${organization} (${common})` : (common ?? organization ?? 'nobody who has a name');
}
