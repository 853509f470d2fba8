import { createPrivateKey, X509Certificate } from 'node:crypto';

/**
 * A certificate as the pair keeps it and hands it on: one file that HAProxy reads as it is, with chain and key. Its
 * first line, a comment to all others, says which ACME server gave it.
 */
export interface Obtained {
  readonly text: string;
  readonly directoryUrl: string;
  readonly certificate: X509Certificate;
  /** Validity, in milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

const FIRST_LINE = '# from ';

export function composeObtained(directoryUrl: string, chain: string, privateKey: string): string {
  return `${FIRST_LINE}${directoryUrl}\n${chain.trimEnd()}\n${privateKey.trimEnd()}\n`;
}

/** Null for anything but a certificate with its key and first line: an empty file, half of one, another's key. */
export function readObtained(text: string): Obtained | null {
  const [first = ''] = text.split('\n', 1);
  if (!first.startsWith(FIRST_LINE)) return null;
  try {
    const certificate = new X509Certificate(text);
    if (!certificate.checkPrivateKey(createPrivateKey(text))) return null;
    return {
      text,
      directoryUrl: first.slice(FIRST_LINE.length),
      certificate,
      from: Date.parse(certificate.validFrom),
      until: Date.parse(certificate.validTo),
    };
  } catch {
    return null;
  }
}
