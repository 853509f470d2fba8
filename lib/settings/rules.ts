import type { Problem } from '../errors';
import { sourceProblem } from '../net/checks';

/** What a value may be: its problems, under the name by which the reader wrote it. */
export type Rule = (got: unknown, prop: string) => readonly Problem[];

/** One rule for each setting: a setting without a rule does not compile. */
export type Rules<S> = { readonly [K in keyof S]-?: Rule };

/** What has a default, is there; what has none, may be left out. */
export type Resolved<S, Defaults> = Omit<S, keyof Defaults> & { readonly [K in keyof S & keyof Defaults]-?: NonNullable<S[K]> };

/** `defaults` for whatever was not given, or was given as `undefined`. */
export function withDefaults<S extends object, D extends Partial<S>>(defaults: D, given: S): Resolved<S, D> {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...said } as unknown as Resolved<S, D>;
}

/** Each value by itself. What was left out is fine, unless its rule says otherwise. */
export function each<S>(rules: Rules<S>, settings: Readonly<Record<string, unknown>> | S, at: string): Problem[] {
  const given = settings as Readonly<Record<string, unknown>>;
  return Object.entries<Rule>(rules).flatMap(([name, rule]) => rule(given[name], `${at}${name}`));
}

/** Of an object that holds other things, too, what these rules are for. */
export function pick<S>(given: object, rules: Rules<S>): S {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(rules, name))) as S;
}

/** An object with these settings and no others. */
export function group<S>(rules: Rules<S>): Rule {
  return optional((got, prop) => {
    const at = prop === '' ? '' : `${prop}.`;
    if (!isObject(got)) return [wrongKind(prop, got, 'an object with settings')];
    const unknown = Object.keys(got).filter((name) => got[name] !== undefined && !Object.hasOwn(rules, name));
    return [...unknown.map((name) => unknownSetting(`${at}${name}`, got[name], Object.keys(rules))), ...each(rules, got, at)];
  });
}

function unknownSetting(prop: string, got: unknown, known: readonly string[]): Problem {
  return { code: 'unknown-setting', prop, got, want: `one of ${known.join(', ')}`, fix: 'there is no setting of that name' };
}

/** The rule applies to what was given. */
export function optional(rule: Rule): Rule {
  return (got, prop) => (got === undefined ? [] : rule(got, prop));
}

interface NumberOptions {
  readonly code?: string;
  /** @default true */
  readonly whole?: boolean;
  readonly fix?: string;
}

const USUAL_NUMBER = { code: 'number', whole: true, fix: 'write it without quotes, or leave it out for the default' };

/** Text is no number, even if it looks like one. */
export function number(least: number, most: number, options: NumberOptions = {}): Rule {
  const { code, whole, fix } = { ...USUAL_NUMBER, ...options };
  const want = `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
  return optional((got, prop) => {
    const fits = typeof got === 'number' && got >= least && got <= most && (!whole || Number.isInteger(got));
    return fits ? [] : [{ code, prop, got, want, fix }];
  });
}

export const flag: Rule = optional((got, prop) => (typeof got === 'boolean' ? [] : [wrongKind(prop, got, 'true or false')]));

/** One of these values; `refusal` says why there are no others. */
export function oneOf(values: readonly unknown[], refusal: Pick<Problem, 'code' | 'fix'> & Partial<Pick<Problem, 'want'>>): Rule {
  return optional((got, prop) => (values.includes(got) ? [] : [{ prop, got, want: `one of ${values.join(', ')}`, ...refusal }]));
}

/** Text for which the question is answered by yes; `refusal` says what else would be. */
export function text(accepts: (got: string) => boolean, refusal: Pick<Problem, 'code' | 'want' | 'fix'>): Rule {
  return optional((got, prop) => (typeof got === 'string' && accepts(got) ? [] : [{ prop, got, ...refusal }]));
}

/** Text that ends no line of a file on a host. */
export const line = text((got) => !/\p{Cc}/u.test(got), {
  code: 'text',
  want: 'one line of text',
  fix: 'write it within quotes, without line ends',
});

/** Text, and what is wrong with it. */
export function textWith(problem: (prop: string, got: string) => Problem | undefined): Rule {
  return optional((got, prop) => {
    if (typeof got !== 'string') return [wrongKind(prop, got, 'text')];
    const found = problem(prop, got);
    return found ? [found] : [];
  });
}

/** Nothing else may be left out. */
export function required(rule: Rule, want: string): Rule {
  return (got, prop) => (got === undefined ? [wrongKind(prop, got, want)] : rule(got, prop));
}

export function listOf(rule: Rule): Rule {
  return optional((got, prop) => {
    if (!Array.isArray(got)) return [wrongKind(prop, got, 'a list, in square brackets')];
    return got.flatMap((value: unknown, index) => required(rule, 'a value')(value, `${prop}[${index}]`));
  });
}

/** An IPv4 or IPv6 range in CIDR notation. */
export const range: Rule = textWith(sourceProblem);

export function wrongKind(prop: string, got: unknown, want: string): Problem {
  return { code: 'type', prop, got, want, fix: 'lib/settings.ts shows how it is written' };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The settings without those that have a problem, so that the others can still be compared with each other. */
export function withoutProblems<S extends object>(settings: S, problems: readonly Problem[], at = ''): S {
  const concerned = (path: string) => problems.some(({ prop }) => prop === path || prop.startsWith(`${path}[`));
  const kept = Object.entries(settings)
    .filter(([name]) => !concerned(`${at}${name}`))
    .map(([name, value]: [string, unknown]) => [name, isObject(value) ? withoutProblems(value, problems, `${at}${name}.`) : value]);
  return Object.fromEntries(kept) as S;
}
