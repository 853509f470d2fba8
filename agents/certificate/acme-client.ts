import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAgentFile } from '../../lib/config/certificate-agent';
import { composeObtained } from './obtained';

/** Shorter than TimeoutStartSec of the unit, so that a server that hangs is a failed attempt like any other. */
const LIMIT_MS = 150_000;
const NAME = 'site';

/** Arguments of certbot. Its account, keys and logs lie below the folder; the responder is for HAProxy alone. */
export function certbotArguments({ responder, domains, directoryUrl, email }: CertificateAgentFile, folder: string): string[] {
  return [
    'certonly',
    '--non-interactive',
    '--agree-tos',
    ...(email === undefined ? ['--register-unsafely-without-email'] : ['--email', email, '--no-eff-email']),
    ...['--server', directoryUrl],
    ...['--config-dir', folder, '--work-dir', join(folder, 'work'), '--logs-dir', join(folder, 'logs'), '--max-log-backups', '10'],
    ...[
      '--standalone',
      '--preferred-challenges',
      'http-01',
      '--http-01-address',
      responder.address,
      '--http-01-port',
      String(responder.port),
    ],
    // When and for which names is decided here, not there
    ...['--cert-name', NAME, '--key-type', 'ecdsa', '--force-renewal', '--renew-with-new-domains'],
    ...domains.flatMap((domain) => ['--domain', domain]),
  ];
}

/** @throws with what the client said */
export async function obtain(config: CertificateAgentFile, folder: string): Promise<string> {
  const { directoryCaFile, directoryUrl } = config;
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    ...(directoryCaFile !== undefined && { REQUESTS_CA_BUNDLE: directoryCaFile }),
  };
  await new Promise<void>((resolve, reject) => {
    execFile('/usr/bin/certbot', certbotArguments(config, folder), { env, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error) reject(new Error(essence(`${stdout}\n${stderr}`) || error.message));
      else resolve();
    });
  });
  const [chain, key] = await Promise.all(
    ['fullchain.pem', 'privkey.pem'].map((name) => readFile(join(folder, 'live', NAME, name), 'utf8')),
  );
  return composeObtained(directoryUrl, chain ?? '', key ?? '');
}

/** certbot surrounds what matters with advice to people at a terminal. */
export function essence(output: string): string {
  const noise =
    /^(Saving debug log|Account registered|Requesting a certificate|Renewing an existing|Certbot failed to authenticate|Hint:|Ask for help|See the logfile|Some challenges have failed|- - -|\s*$)/;
  return output
    .split('\n')
    .filter((line) => !noise.test(line))
    .map((line) => line.trim())
    .join(' ')
    .slice(0, 800);
}
