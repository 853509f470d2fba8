import type { Construct } from 'constructs';

/** One thing that is wrong with the configuration, in the reader's terms. Codes are listed in docs/errors.md. */
export interface Problem {
  readonly code: string;
  /** The property, as the reader wrote it: `mysql.memberCount`. */
  readonly prop: string;
  readonly got: unknown;
  /** What is allowed: `3, 5, 7 or 9`. */
  readonly want: string;
  /** What to do: `add a member, two cannot outvote a failure`. */
  readonly fix: string;
}

/**
 * The one error of this library: a configuration that cannot work.
 *
 *   platform/mysql: serverCount is 2, want 3, 5, 7 or 9; add a member, two cannot outvote a failure [member-count]
 */
export class ConfigError extends Error {
  override get name(): string {
    return 'ConfigError';
  }

  declare readonly problems: readonly Problem[];

  constructor(at: Construct | string, problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const all = isList(problems) ? problems : [problems];
    const where = typeof at === 'string' ? at : at.node.path;
    super(all.map((problem) => `${where}: ${sentence(problem)}`).join('\n'), options);
    // Not enumerable, and no stack: Node prints both, and the sentences above are all that a reader needs
    Object.defineProperty(this, 'problems', { value: all, enumerable: false });
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Throws one error with all of them, if there are any. */
export function refuse(at: Construct | string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigError(at, problems);
}

function isList(problems: Problem | readonly Problem[]): problems is readonly Problem[] {
  return Array.isArray(problems);
}

function sentence({ code, prop, got, want, fix }: Problem): string {
  return `${prop} is ${shown(got)}, want ${want}; ${fix} [${code}]`;
}

/** As it is written in TypeScript. */
function shown(got: unknown): string {
  return typeof got === 'number' ? String(got) : (JSON.stringify(got) ?? 'not set');
}
