export interface Cause {
  readonly code: number;
  readonly message: string;
}
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 429 | 500 | 501 | 502 | 503 | 504;

/** An answer of Cloudflare's API that is not a success. */
export class CloudflareError extends Error {
  override readonly name = 'CloudflareError';
  constructor(
    readonly status: ErrorStatus,
    readonly code: number,
    message: string,
    readonly chain: readonly Cause[] = [],
  ) {
    super(message);
  }

  /** Never with status 200: clients would take it for a success. */
  body(): object {
    const error = { code: this.code, message: this.message, ...(this.chain.length > 0 ? { error_chain: this.chain } : {}) };
    return { success: false, errors: [error], messages: [], result: null };
  }
}

/**
 * The emulator does not know this request. 501 and not 404, because Terraform takes 404 for "was deleted". Every one is
 * recorded in `account.unexpectedRequests`.
 */
export class UnexpectedRequest extends CloudflareError {
  constructor(readonly what: string) {
    super(501, 501, `the emulated API does not know this: ${what}`);
  }
}

export const invalid = (code: number, message: string): CloudflareError => new CloudflareError(400, code, message);

/** A DNS record that breaks a rule; the code names the rule. */
export const invalidRecord = (code: number, message: string): CloudflareError =>
  new CloudflareError(400, 1004, 'DNS Validation Error', [{ code, message }]);

/** An id in the path that cannot be one. */
export const noRoute = (path: string): CloudflareError =>
  new CloudflareError(400, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`, [
    { code: 7000, message: 'No route for that URI' },
  ]);
