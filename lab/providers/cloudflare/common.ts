import { failure, warning, type Diagnostic } from '../protocol/diagnostics';
import { fillUnknown } from '../protocol/plan';
import type { Call, DataSource, PlanDraft, Resource } from '../protocol/provider';
import { text } from '../protocol/read';
import type { State, Value } from '../protocol/value';
import type { CloudflareClient } from './client';

export type CloudflareResource = Resource<CloudflareClient>;
export type CloudflareDataSource = DataSource<CloudflareClient>;

/** An answer's fields, none of them certain to be there. */
export type Fields = Readonly<Record<string, Value>>;

export function describeError(error: unknown): readonly Diagnostic[] {
  return [failure('failed to make http request', error instanceof Error ? error.message : String(error))];
}

/** The state of a create or update: what was planned, and from the answer only what the plan left open. */
export function filled(planned: State, answered: State): State {
  return fillUnknown(planned, answered) as State;
}

export function warnGone({ warn }: Call<CloudflareClient>): null {
  warn(warning('Resource not found', 'The resource was not found on the server and will be removed from state.'));
  return null;
}

/** RFC 3339 in whole seconds, as the state keeps times; null if it is none. */
export function time(value: Value | undefined): Value {
  if (typeof value !== 'string') return null;
  const [, date, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value) ?? [];
  return date === undefined ? null : `${date}${zone ?? ''}`;
}

/** Cloudflare sends some numbers and switches as text. */
export function numeric(value: Value | undefined): Value {
  return typeof value === 'string' && value !== '' ? Number(value) : (value ?? null);
}
export function boolish(value: Value | undefined): Value {
  return value === 'true' ? true : value === 'false' ? false : (value ?? null);
}

export const zonePath = (state: State): string => `/zones/${text(state['zone_id'])}`;

// Settings cannot be deleted, only changed.
export const destroyWarning = warning(
  'Resource Destruction Considerations',
  'Applying this resource destruction will remove the resource from the Terraform state but will not change it in the API. If you would like to destroy or reset this resource in the API, refer to the documentation for how to do it manually.',
);
export function warnOfCreation({ prior, warnings }: PlanDraft): void {
  if (prior !== null) return;
  warnings.push(
    warning(
      'Resource Destruction Considerations',
      'This resource cannot be destroyed from Terraform. If you create this resource, it will be present in the API until manually deleted.',
    ),
  );
}

export function oneOf(allowed: readonly string[], { ignoreCase = false } = {}) {
  return (value: Value, name: string): Diagnostic | null => {
    const matches = (each: string): boolean => each === value || (ignoreCase && each.toLowerCase() === text(value).toLowerCase());
    if (allowed.some(matches)) return null;
    const list = allowed.map((each) => `"${each}"`).join(' ');
    return failure('Invalid Attribute Value Match', `Attribute ${name} value must be one of: [${list}], got: "${text(value)}"`, name);
  };
}
