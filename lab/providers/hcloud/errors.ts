import { failure, type Diagnostic } from '../protocol/diagnostics';
import type { Style } from '../protocol/provider';
import type { Action } from './api-types';

export interface InvalidField {
  readonly name: string;
  readonly messages: readonly string[];
}

/** An error that the API answered with a JSON body. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly code: string,
    text: string,
    readonly status: number,
    readonly fields: readonly InvalidField[] | null,
    correlationId: string | undefined,
  ) {
    super(`${text} (${code}${correlationId === undefined ? '' : `, ${correlationId}`})`);
  }
}

/** An answer that is neither success nor a JSON error. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(readonly status: number) {
    super(`hcloud: server responded with status code ${status}`);
  }
}

export class ActionError extends Error {
  override readonly name = 'ActionError';
  constructor(readonly action: Action) {
    super(`${action.error?.message ?? ''} (${action.error?.code ?? ''}, ${action.id})`);
  }
}

/** True for an API error with one of the codes, also inside an error that wraps it. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const found = apiErrorIn(error);
  return found !== undefined && codes.includes(found.code);
}

function apiErrorIn(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  return error instanceof Error && error.cause !== undefined ? apiErrorIn(error.cause) : undefined;
}

/** `place: message`, keeping the cause. */
export function at(place: string, error: unknown): Error {
  return new Error(`${place}: ${messageOf(error)}`, { cause: error });
}

export function describeError(error: unknown, style: Style): readonly Diagnostic[] {
  return style === 'sdk' ? describeForSdk(error) : describeForFramework(error);
}

function describeForSdk(error: unknown): readonly Diagnostic[] {
  const api = apiErrorIn(error);
  if (api?.code !== 'invalid_input') return [failure(messageOf(error))];
  const fields = (api.fields ?? []).map((field) => `${field.name} => [${field.messages.join(' ')}]`);
  return [failure(`${api.message}: [${fields.join(' ')}]`)];
}

function describeForFramework(error: unknown): readonly Diagnostic[] {
  if (error instanceof ActionError) return [describeAction(error.action)];
  const api = apiErrorIn(error);
  if (api === undefined)
    return [failure('API request failed', `An unexpected error was encountered during an API request.\n\n${messageOf(error)}\n`)];
  const codes = `Error code: ${api.code}\nStatus code: ${api.status}\n`;
  if (api.code !== 'invalid_input') {
    return [failure('API request failed', `An unexpected error was encountered during an API request.\n\n${api.message}\n\n${codes}`)];
  }
  const opening = `An invalid field was encountered during an API request. The field might not map 1:1 to your terraform resource.\n\n${api.message}\n\n`;
  const fields = api.fields ?? [];
  if (fields.length === 0) return [failure('Invalid field in API request', opening + codes)];
  return fields.map((field) => {
    const texts = field.messages.map((text) => ` - ${text}`).join('\n');
    return failure('Invalid field in API request', `${opening}Field: ${field.name}\nMessages:\n${texts}\n${codes}`);
  });
}

function describeAction(action: Action): Diagnostic {
  const text = action.error?.message ? `\n\n${action.error.message}` : '';
  const resources = (action.resources ?? []).map(({ type, id }) => `${type}: ${id}`).join(', ');
  return failure(
    'Action failed',
    `An API action for the resource failed.${text}\n\nError code: ${action.error?.code ?? ''}\nCommand: ${action.command}\nID: ${action.id}\nResources: ${resources}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
