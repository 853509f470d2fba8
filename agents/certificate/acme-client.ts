import { execFile } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAgentFile } from '../../lib/config/certificate-agent';
import { composeObtained } from './obtained';

/** Shorter than TimeoutStartSec of the unit, so that a server that hangs is a failed attempt like any other. */
const LIMIT_MS = 150_000;
const NAME = 'site';
/** Where certbot keeps its accounts, and where they go when the ACME server does not know them. */
const ACCOUNTS = 'accounts';
const UNKNOWN_ACCOUNTS = 'unknown-accounts';

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
  const deadline = Date.now() + LIMIT_MS;
  const ask = () => unlessNonceIsRefused(() => certbot(config, folder, deadline - Date.now()));
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof Error && saysUnknownAccount(error.message))) throw error;
    // certbot would show the same account for good. Kept, because its key is the only proof of who had it.
    await rm(join(folder, UNKNOWN_ACCOUNTS), { recursive: true, force: true });
    await rename(join(folder, ACCOUNTS), join(folder, UNKNOWN_ACCOUNTS));
    await ask();
  }
  const [chain, key] = await Promise.all(
    ['fullchain.pem', 'privkey.pem'].map((name) => readFile(join(folder, 'live', NAME, name), 'utf8')),
  );
  return composeObtained(config.directoryUrl, chain ?? '', key ?? '');
}

/**
 * A server may refuse any nonce, and a client asks again with the one that comes with the refusal (RFC 8555, 6.5). certbot does so once for
 * each request, and gives up at a second refusal.
 */
export async function unlessNonceIsRefused(ask: () => Promise<void>, attempts = 3): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (attempts <= 1 || !(error instanceof Error && saysBadNonce(error.message))) throw error;
    await unlessNonceIsRefused(ask, attempts - 1);
  }
}

/** In the words of Let's Encrypt (letsencrypt/boulder, wfe2/verify.go) and of Pebble, or by the type of RFC 8555, 6.7. */
function saysBadNonce(message: string): boolean {
  return /\bbadNonce\b|invalid anti-replay nonce/.test(message);
}

function certbot(config: CertificateAgentFile, folder: string, timeout: number): Promise<void> {
  const { directoryCaFile } = config;
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    ...(directoryCaFile !== undefined && { REQUESTS_CA_BUNDLE: directoryCaFile }),
  };
  return new Promise((resolve, reject) => {
    execFile('/usr/bin/certbot', certbotArguments(config, folder), { env, timeout }, (error, stdout, stderr) => {
      if (error) reject(new Error(essence(`${stdout}\n${stderr}`) || error.message));
      else resolve();
    });
  });
}

/**
 * The ACME server does not know the account, for instance because it lost its database.
 * certbot prints what the server says: `Account "URL" not found` from Let's Encrypt (letsencrypt/boulder, wfe2/verify.go), and other
 * servers at least the type, accountDoesNotExist (RFC 8555, 6.7).
 */
export function saysUnknownAccount(message: string): boolean {
  return /accountDoesNotExist|\bAccount \S+ not found\b/.test(message);
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
