/** An answer of Hetzner's API that is not a success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: ErrorStatus,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> | null = null,
  ) {
    super(message);
  }

  /** `details` is always there, null if empty: without the key Terraform's provider panics. */
  body(): { error: { code: string; message: string; details: Readonly<Record<string, unknown>> | null } } {
    return { error: { code: this.code, message: this.message, details: this.details } };
  }
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 422 | 423 | 429 | 500 | 501 | 502 | 503 | 504;

/**
 * The emulator does not know this request. 501 and not 404, because clients take `not_found` for "was deleted". Every
 * one is recorded in `project.unexpectedRequests`.
 */
export class UnexpectedRequest extends ApiError {
  constructor(readonly what: string) {
    super(501, 'not_emulated', `the emulated API does not know this: ${what}`);
  }
}

export const notFound = (kind: string, id: number | string): ApiError =>
  new ApiError(404, 'not_found', `${kind} with ID '${id}' not found`);

export function invalidInput(field: string, ...messages: readonly string[]): ApiError {
  const details = { fields: [{ name: field, messages }] };
  return new ApiError(422, 'invalid_input', `invalid input in field '${field}': ${messages.join(', ')}`, details);
}

export const notUnique = (kind: string, field: string): ApiError =>
  new ApiError(409, 'uniqueness_error', `${kind} ${field} is already used`, { fields: [{ name: field }] });

export const locked = (kind: string): ApiError => new ApiError(423, 'locked', `${kind} is locked`);

export const deleteProtected = (kind: string): ApiError => new ApiError(423, 'protected', `${kind} is delete protected`);

/** An operation-specific refusal, 422. */
export const refused = (code: string, message: string): ApiError => new ApiError(422, code, message);
