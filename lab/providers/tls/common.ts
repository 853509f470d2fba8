import { failure, ProviderError, type Diagnostic } from '../protocol/diagnostics';
import { list, number, text, texts } from '../protocol/read';
import type { PlanDraft, Validation } from '../protocol/provider';
import { UNKNOWN, type State, type Value } from '../protocol/value';
import { ALLOWED_USES } from './certificate';
import { InvalidName } from './subject';

/** The real provider replaces for a changed PEM only if the old value was one: states of old versions hold hashes. */
export function isPem(prior: Value): boolean {
  return /^-----BEGIN [A-Za-z ]+-----\n(.|\s)+\n-----END [A-Za-z ]+-----\n?$/.test(text(prior));
}

/** Errors in `work` become one diagnostic with this summary. */
export function orFail<T>(summary: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError(
      failure(error instanceof InvalidName ? error.summary : summary, error instanceof Error ? error.message : String(error)),
    );
  }
}

export function oneOf(allowed: readonly string[]) {
  return (value: Value, name: string): Diagnostic | null =>
    allowed.includes(text(value))
      ? null
      : failure(
          'Invalid Attribute Value Match',
          `Attribute ${name} value must be one of: [${quoted(allowed)}], got: "${text(value)}"`,
          name,
        );
}

function atLeastZero(value: Value, name: string): Diagnostic | null {
  return number(value) >= 0
    ? null
    : failure('Invalid Attribute Value', `Attribute ${name} value must be at least 0, got: ${number(value)}`, name);
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(' ');
}

export const certificateValidation: NonNullable<Validation['attributes']> = {
  validity_period_hours: atLeastZero,
  early_renewal_hours: atLeastZero,
  allowed_uses: (value, name) => {
    const index = texts(value).findIndex((use) => !ALLOWED_USES.includes(use));
    return index === -1
      ? null
      : failure(
          'Invalid Attribute Value Match',
          `Attribute ${name}[${index}] value must be one of: [${quoted(ALLOWED_USES)}], got: "${texts(value)[index] ?? ''}"`,
          name,
        );
  },
};

export const subjectValidation: NonNullable<Validation['attributes']> = {
  subject: (value, name) =>
    list(value).length <= 1
      ? null
      : failure(
          'Invalid Attribute Value',
          `Attribute ${name} list must contain at least 0 elements and at most 1 elements, got: ${list(value).length}`,
          name,
        ),
  ip_addresses: notEmpty,
  uris: notEmpty,
};

function notEmpty(value: Value, name: string): Diagnostic | null {
  const index = list(value).indexOf('');
  return index === -1
    ? null
    : failure('Invalid Attribute Value Length', `Attribute ${name}[${index}] string length must be at least 1, got: 0`, name);
}

function isDue(state: State, now: Date): boolean {
  const end = state['validity_end_time'];
  if (typeof end !== 'string') return false;
  return Date.parse(end) - number(state['early_renewal_hours']) * 3_600_000 <= now.getTime();
}

/** A certificate that is due is planned anew. */
export function renew({ planned, replace }: PlanDraft): void {
  if (!isDue(planned, new Date())) return;
  planned['ready_for_renewal'] = UNKNOWN;
  replace.add('ready_for_renewal');
}

export async function readCertificate({ state }: { readonly state: State }): Promise<State> {
  return isDue(state, new Date()) ? { ready_for_renewal: true } : {};
}
