import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAgentFile } from '../../lib/config/certificate-agent';
import { messageOf } from '../common/errors';
import { readIfThere, replaceFile } from '../common/files';
import { decide, sameRequest, type Attempts, type Request } from './decide';
import { readObtained, type Obtained } from './obtained';
import { askPeer, isAway, type PeerAccess } from '../common/peer';

export interface Surroundings {
  readonly config: CertificateAgentFile;
  /** Its own folder: `obtained.pem` is in force, and certificate-install.service brings it to HAProxy. */
  readonly stateFolder: string;
  /** Written by the floating-ip agent: 1 if the floating IP leads here. */
  readonly holdsFloatingIpFile: string;
  /** How this load balancer proves to the other one that it is one of the two. */
  readonly identity: Omit<PeerAccess, 'url'>;
  /** The ACME client; its account and keys lie in that folder. @throws with what it said */
  readonly obtain: (folder: string) => Promise<string>;
  /** Hears of what has changed. */
  readonly say: (line: string) => void;
}

/** One look: takes what the other load balancer has, and obtains a new certificate if it is time. @throws if it cannot be obtained, or not yet */
export async function look(surroundings: Surroundings): Promise<void> {
  const { config, say } = surroundings;
  const file = filesIn(surroundings.stateFolder);
  const request: Request = { directoryUrl: config.directoryUrl, domains: config.domains };
  const attempts = JSON.parse(readIfThere(file.attempts) ?? 'null') as Attempts | null;
  const own = readObtained(readIfThere(file.obtained) ?? '');

  const { certificate, next, until } = decide({
    now: Date.now(),
    request,
    own,
    peers: await peersCertificate(surroundings),
    holdsFloatingIp: readIfThere(surroundings.holdsFloatingIpFile)?.trim() === '1',
    attempts,
    renewNow: readIfThere(file.renewNow) !== null,
  });
  if (certificate && certificate.text !== own?.text) {
    await replaceFile(file.obtained, certificate.text);
    say(`took from ${config.peerName}: ${describe(certificate)}`);
  }
  if (next === 'wait')
    throw new Error(
      `${attempts?.message ?? ''}; next attempt at ${new Date(until ?? 0).toISOString()}; in force: ${describe(certificate)}`,
    );
  if (next === 'obtain') await renew(surroundings, request, attempts);
}

function filesIn(folder: string) {
  return {
    obtained: join(folder, 'obtained.pem'),
    attempts: join(folder, 'attempts.json'),
    /** Left by platform-renew-certificate. */
    renewNow: join(folder, 'renew-now'),
    certbot: join(folder, 'certbot'),
  };
}

async function renew({ stateFolder, obtain, say }: Surroundings, request: Request, attempts: Attempts | null): Promise<void> {
  const file = filesIn(stateFolder);
  // First: what a person asked for is tried once, and then as often as everything else
  rmSync(file.renewNow, { force: true });
  try {
    const text = await obtain(file.certbot);
    const obtained = readObtained(text);
    if (!obtained) throw new Error('certbot left a certificate and a key that do not belong together');
    await replaceFile(file.obtained, text);
    rmSync(file.attempts, { force: true });
    say(`obtained: ${describe(obtained)}`);
  } catch (error) {
    const message = `no certificate from ${request.directoryUrl}: ${messageOf(error)}`;
    const before = attempts && sameRequest(attempts.request, request) ? attempts.failures : 0;
    const now: Attempts = { request, failures: before + 1, lastAt: Date.now(), message };
    await replaceFile(file.attempts, JSON.stringify(now));
    throw new Error(message, { cause: error });
  }
}

async function peersCertificate({ config, identity, say }: Surroundings): Promise<Obtained | null> {
  try {
    return readObtained(await askPeer({ url: config.peerCertificateUrl, ...identity }));
  } catch (error) {
    if (!isAway(error)) say(`${config.peerName} shows no certificate: ${messageOf(error)}`);
    return null;
  }
}

function describe(certificate: Obtained | null): string {
  if (!certificate) return 'no certificate of an ACME server';
  return `${certificate.certificate.subjectAltName ?? ''}, until ${new Date(certificate.until).toISOString()}`;
}
