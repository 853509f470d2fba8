import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Signed by itself, or by another of these. */
export function certificate(commonName: string, signer?: Pair, ...extensions: string[]): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  if (signer) writeFileSync(join(folder, 'ca.pem'), signer.certificate + signer.key);
  const signed = signer ? ['-CA', 'ca.pem', '-CAkey', 'ca.pem', '-addext', 'basicConstraints=CA:FALSE'] : [];
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${commonName}`,
      ...signed,
      ...extensions.flatMap((extension) => ['-addext', extension]),
      '-keyout',
      '-',
      '-out',
      '-',
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true });
  const block = (kind: string) => new RegExp(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----\n`).exec(made.stdout)?.[0] ?? '';
  return { certificate: block('CERTIFICATE'), key: block('PRIVATE KEY') };
}

/** Two load balancers on loopback, which know each other by certificates. */
export interface LoadBalancerPair {
  readonly authority: string;
  /** Certificate and key in one PEM. */
  readonly members: readonly [string, string];
}

export function loadBalancerPair(): LoadBalancerPair {
  const authority = certificate('pair CA');
  const member = (name: string) => {
    const issued = certificate(name, authority, 'subjectAltName=IP:127.0.0.1');
    return issued.certificate + issued.key;
  };
  return { authority: authority.certificate, members: [member('lb-1'), member('lb-2')] };
}

/** The files by which HAProxy of a load balancer knows the other one. */
export function pairFiles({ authority, members }: LoadBalancerPair = loadBalancerPair(), member: 0 | 1 = 0): Record<string, string> {
  return { 'pair.pem': members[member], 'pair-ca.pem': authority };
}
