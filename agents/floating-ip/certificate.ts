import { connect } from 'node:tls';

/** What a new client is shown. */
export interface ShownCertificate {
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly names: readonly string[];
  readonly issuer: string;
}

const LIMIT_MS = 2_000;

/** Asked of HAProxy as a client would ask, so that it is the one in use and not the one in a file; null if it does not answer. */
export function shownCertificate(port: number): Promise<ShownCertificate | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, timeout: LIMIT_MS }, () => {
      const { valid_to: end, subjectaltname = '', issuer } = socket.getPeerCertificate();
      const names = subjectaltname.split(', ').map((name) => name.replace(/^DNS:/, ''));
      finish({ endsAt: Date.parse(end), names, issuer: [issuer.CN ?? issuer.OU ?? issuer.O].flat().join(', ') });
    });
    const finish = (found: ShownCertificate | null) => {
      socket.destroy();
      resolve(found);
    };
    socket.on('timeout', () => finish(null));
    socket.on('error', () => finish(null));
  });
}
