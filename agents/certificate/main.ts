import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAgentFile } from '../../lib/config/certificate-agent';
import { obtain } from './acme-client';
import { decide, sameRequest, type Attempts, type Request } from './decide';
import { readObtained, type Obtained } from './obtained';
import { askPeer, isAway } from './peer';

/** One look by certificate-agent.timer: takes what the other load balancer has, and obtains a new certificate if it is time. */
const CONFIG = '/etc/platform/certificate-agent.json';
/** Written by the floating-ip agent. */
const HOLDS_FLOATING_IP = '/run/floating-ip-agent/holds-floating-ip';

interface Files {
  /** In force; certificate-install.service brings it to HAProxy. */
  readonly obtained: string;
  readonly attempts: string;
  /** Left by platform-renew-certificate. */
  readonly renewNow: string;
  readonly certbot: string;
}

async function main(): Promise<void> {
  const config = JSON.parse(readFileSync(CONFIG, 'utf8')) as CertificateAgentFile;
  const state = fact('STATE_DIRECTORY');
  const file = (name: string) => join(state, name);
  const files: Files = {
    obtained: file('obtained.pem'),
    attempts: file('attempts.json'),
    renewNow: file('renew-now'),
    certbot: file('certbot'),
  };
  const request: Request = { directoryUrl: config.directoryUrl, domains: config.domains };
  const attempts = JSON.parse(read(files.attempts) || 'null') as Attempts | null;
  const own = readObtained(read(files.obtained));

  const { certificate, next, until } = decide({
    now: Date.now(),
    request,
    own,
    peers: await peersCertificate(config),
    holdsFloatingIp: read(HOLDS_FLOATING_IP).trim() === '1',
    attempts,
    renewNow: read(files.renewNow, 'nothing') !== 'nothing',
  });
  if (certificate && certificate.text !== own?.text) {
    replace(files.obtained, certificate.text);
    say(`took from ${config.peerName}: ${describe(certificate)}`);
  }
  if (next === 'wait')
    throw new Error(
      `${attempts?.message ?? ''}; next attempt at ${new Date(until ?? 0).toISOString()}; in force: ${describe(certificate)}`,
    );
  if (next === 'obtain') await renew(config, files, request, attempts);
}

async function renew(config: CertificateAgentFile, files: Files, request: Request, attempts: Attempts | null): Promise<void> {
  // First: what a person asked for is tried once, and then as often as everything else
  rmSync(files.renewNow, { force: true });
  try {
    const text = await obtain(config, files.certbot);
    const obtained = readObtained(text);
    if (!obtained) throw new Error('certbot left a certificate and a key that do not belong together');
    replace(files.obtained, text);
    rmSync(files.attempts, { force: true });
    say(`obtained: ${describe(obtained)}`);
  } catch (error) {
    const message = `no certificate from ${request.directoryUrl}: ${error instanceof Error ? error.message : String(error)}`;
    const before = attempts && sameRequest(attempts.request, request) ? attempts.failures : 0;
    replace(files.attempts, JSON.stringify({ request, failures: before + 1, lastAt: Date.now(), message } satisfies Attempts));
    throw new Error(message, { cause: error });
  }
}

async function peersCertificate({ peerName, peerCertificateUrl }: CertificateAgentFile): Promise<Obtained | null> {
  const credential = (name: string) => readFileSync(join(fact('CREDENTIALS_DIRECTORY'), name), 'utf8');
  try {
    return readObtained(
      await askPeer({ url: peerCertificateUrl, identity: credential('pair-certificate'), authority: credential('pair-ca') }),
    );
  } catch (error) {
    if (!isAway(error)) say(`${peerName} shows no certificate: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function describe(certificate: Obtained | null): string {
  if (!certificate) return 'no certificate of an ACME server';
  return `${certificate.certificate.subjectAltName ?? ''}, until ${new Date(certificate.until).toISOString()}`;
}

function fact(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start this by certificate-agent.service`);
  return value;
}

function read(path: string, otherwise = ''): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The journal adds time and host. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
