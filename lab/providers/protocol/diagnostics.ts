export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  readonly summary: string;
  readonly detail: string;
  /** Name of the attribute at fault, and names or set positions below it. */
  readonly attribute?: string;
}

export function failure(summary: string, detail = '', attribute?: string): Diagnostic {
  return { severity: 'ERROR', summary, detail, ...(attribute === undefined ? {} : { attribute }) };
}

export function warning(summary: string, detail = '', attribute?: string): Diagnostic {
  return { ...failure(summary, detail, attribute), severity: 'WARNING' };
}

/** Thrown by a resource to end an operation with exactly these diagnostics. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => [diagnostic.summary, diagnostic.detail].filter(Boolean).join(': ')).join('; '));
    this.diagnostics = diagnostics;
  }
}

export function diagnosticMessage(diagnostic: Diagnostic): object {
  return {
    severity: diagnostic.severity,
    summary: diagnostic.summary,
    detail: diagnostic.detail,
    ...(diagnostic.attribute === undefined ? {} : { attribute: attributePath(diagnostic.attribute) }),
  };
}

export function attributePath(attribute: string): object {
  return { steps: [{ attribute_name: attribute }] };
}
