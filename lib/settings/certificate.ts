import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Problem } from '../errors';
import { admitsAnyIpv4 } from '../net/cidr';
import { isLetsEncrypt, LETS_ENCRYPT } from '../net/checks';
import { ORIGIN_VALIDITY_DAYS, originCertificateDays, type OriginCertificateSettings } from './cloudflare';
import { pemFile, readPem } from './files';
import { group, isObject, number, oneOf, required, text, type Rule, type Rules } from './rules';

/** Where the certificate comes from that visitors see, or Cloudflare's proxies. */
export type CertificateSource =
  /** A CA of its own, for trials and behind a proxy that does not check: browsers warn. Its key is in the state. */
  | { readonly mode: 'self-signed' }
  /**
   * Own PEM files: the server's certificate followed by its intermediates, and the private key.
   * The key is only compared with the certificate at synth; Terraform takes it from the variable certificate_private_key,
   * and compares that with the file's fingerprint. A plan warns when fewer than 30 days are left.
   */
  | { readonly mode: 'files'; readonly certificateFile: string; readonly privateKeyFile: string }
  /** Of Cloudflare's Origin CA, for names that are proxied: Cloudflare trusts it, browsers do not. Its key is in the state. */
  | ({ readonly mode: 'cloudflare-origin' } & OriginCertificateSettings)
  /**
   * Of an ACME server, by default Let's Encrypt, whose terms of service you accept by it. The load balancers obtain and
   * renew it by themselves once the names lead to the floating IP (docs/certificates.md); until then they show a self-signed one.
   */
  | ({ readonly mode: 'acme' } & AcmeSettings);

/** Which ACME server the load balancers ask, and in whose name. */
export interface AcmeSettings {
  /** Where the ACME server may write to about the account. @default none */
  readonly email?: string;
  /** @default 'https://acme-v02.api.letsencrypt.org/directory' */
  readonly directoryUrl?: string;
  /** PEM file of the CA that the load balancers trust in to reach `directoryUrl`, e.g. of your own step-ca. @default those of the system */
  readonly directoryCaFile?: string;
}

/** The source, with all that has a default. */
export type Certificate =
  | Exclude<CertificateSource, { readonly mode: 'cloudflare-origin' | 'acme' }>
  | ({ readonly mode: 'cloudflare-origin' } & Required<OriginCertificateSettings>)
  | ({ readonly mode: 'acme' } & AcmeSettings & Required<Pick<AcmeSettings, 'directoryUrl'>>);

export const CERTIFICATE_DEFAULT: CertificateSource = { mode: 'self-signed' };
export const ACME_DEFAULTS = { directoryUrl: LETS_ENCRYPT };

export function resolveCertificate(source: CertificateSource = CERTIFICATE_DEFAULT): Certificate {
  switch (source.mode) {
    case 'cloudflare-origin':
      return { ...source, ...originCertificateDays(source) };
    case 'acme':
      return { ...source, directoryUrl: source.directoryUrl ?? ACME_DEFAULTS.directoryUrl };
    default:
      return source;
  }
}

const MODES = ['self-signed', 'files', 'cloudflare-origin', 'acme'] as const;
type Of<M extends (typeof MODES)[number]> = Extract<CertificateSource, { readonly mode: M }>;

const mode = required(oneOf(MODES, { code: 'certificate-mode', fix: 'leave the certificate out for a self-signed one' }), 'a mode');
const certificateFile = pemFile((pem) => new X509Certificate(pem));

const RULES: { readonly [M in (typeof MODES)[number]]: Rules<Of<M>> } = {
  'self-signed': { mode },
  files: {
    mode,
    certificateFile: required(certificateFile, 'the path of a PEM file'),
    privateKeyFile: required(pemFile(createPrivateKey), 'the path of a PEM file'),
  },
  'cloudflare-origin': {
    mode,
    validityDays: oneOf(ORIGIN_VALIDITY_DAYS, { code: 'origin-validity', fix: 'Cloudflare signs for no other time' }),
    renewBeforeDays: number(1, 5474, { code: 'renew-before', fix: 'with all of its days every apply would renew it' }),
  },
  acme: {
    mode,
    directoryUrl: text((got) => /^https:\/\/[^/\s]+\/\S*$/.test(got) && URL.canParse(got), {
      code: 'acme-directory',
      want: 'an https URL with a path',
      fix: "leave it out for Let's Encrypt; while you try, use https://acme-staging-v02.api.letsencrypt.org/directory",
    }),
    email: text((got) => /^[^-@\s][^@\s]*@[^-@\s][^@\s]*\.[^@\s]+$/.test(got), {
      code: 'acme-email',
      want: 'an address such as ops@example.com',
      fix: 'or leave it out',
    }),
    directoryCaFile: certificateFile,
  },
};

/** Each value by itself; which settings there are depends on the mode. */
export const certificateRule: Rule = (got, prop) => {
  const known = isObject(got) ? MODES.find((each) => each === got['mode']) : undefined;
  if (isObject(got) && !known) return mode(got['mode'], `${prop}.mode`);
  return group<object>(known ? RULES[known] : { mode })(got, prop);
};

/** What the rest of the environment has to do with the certificate. */
export interface AroundCertificate {
  readonly domains: readonly string[];
  /** Whether Cloudflare's proxies stand before the load balancers. */
  readonly proxied: boolean;
  readonly webSources: readonly string[];
  readonly now: Date;
}

/** What is wrong with values that are fine by themselves. */
export function compareCertificate(certificate: CertificateSource, around: AroundCertificate): Problem[] {
  switch (certificate.mode) {
    case 'files':
      return compareFiles(certificate, around);
    case 'cloudflare-origin':
      return compareOrigin(certificate, around);
    case 'acme':
      return compareAcme(certificate, around);
    default:
      return [];
  }
}

function compareFiles({ certificateFile, privateKeyFile }: Of<'files'>, { domains, now }: AroundCertificate): Problem[] {
  const leaf = readPem(certificateFile, (pem) => new X509Certificate(pem));
  if (!leaf) return [];
  const key = readPem(privateKeyFile, createPrivateKey);
  const prop = 'certificate.certificateFile';
  const missing = domains.filter((name) => leaf.checkHost(name) === undefined);
  return [
    ...(key && !leaf.checkPrivateKey(key) ? [otherKey(certificateFile, privateKeyFile)] : []),
    ...(new Date(leaf.validTo) <= now ? [expired(prop, certificateFile, leaf)] : []),
    ...(missing.length > 0 ? [otherNames(prop, certificateFile, leaf, missing)] : []),
  ];
}

function otherKey(certificateFile: string, got: string): Problem {
  const fix = "the two belong to different pairs; the first certificate in the file has to be the website's own";
  return { code: 'certificate-key', prop: 'certificate.privateKeyFile', got, want: `the key of ${certificateFile}`, fix };
}

function otherNames(prop: string, got: string, leaf: X509Certificate, missing: readonly string[]): Problem {
  const want = `a certificate for ${missing.join(', ')}`;
  return { code: 'certificate-names', prop, got, want, fix: `it is for ${leaf.subjectAltName ?? leaf.subject}` };
}

function expired(prop: string, got: string, { validTo }: X509Certificate): Problem {
  return { code: 'certificate-expired', prop, got, want: 'a certificate that is valid today', fix: `it ended on ${validTo}; renew it` };
}

function compareOrigin(source: Of<'cloudflare-origin'>, { proxied }: AroundCertificate): Problem[] {
  const { validityDays, renewBeforeDays: got } = originCertificateDays(source);
  const problems: Problem[] = [];
  if (!proxied) {
    const fix = 'set cloudflare: { zone }, not proxied: false, or take another certificate: browsers do not trust this one';
    problems.push({
      code: 'origin-certificate-proxied',
      prop: 'certificate.mode',
      got: source.mode,
      want: 'names that Cloudflare proxies',
      fix,
    });
  }
  if (got >= validityDays) {
    const fix = 'with all of its days every apply would renew it';
    const want = `a whole number from 1 to ${validityDays - 1}`;
    problems.push({ code: 'renew-before', prop: 'certificate.renewBeforeDays', got, want, fix });
  }
  return problems;
}

const MOST_ACME_NAMES = 100;

function compareAcme({ directoryUrl }: Of<'acme'>, { domains, webSources }: AroundCertificate): Problem[] {
  const problems: Problem[] = [];
  if (domains.length > MOST_ACME_NAMES) {
    problems.push({
      code: 'acme-names',
      prop: 'additionalDomains',
      got: domains.length - 1,
      want: `at most ${MOST_ACME_NAMES - 1}`,
      fix: 'an ACME server puts no more names into one certificate',
    });
  }
  // A server of your own may well come from a range that is let in
  if (isLetsEncrypt(directoryUrl) && !admitsAnyIpv4(webSources)) {
    problems.push({
      code: 'acme-sources',
      prop: 'loadBalancers.webSources',
      got: webSources,
      want: '0.0.0.0/0 among them',
      fix: "Let's Encrypt asks port 80 from addresses that it does not tell; or bring your own certificate with mode 'files'",
    });
  }
  return problems;
}
