import type { Problem } from '../errors';
import { sourceProblem } from './checks';

interface Limit {
  readonly least: number;
  readonly most: number;
  /** @default true */
  readonly whole?: boolean;
}

/** Settings of a tier, as far as they are numbers that a daemon would refuse, or take for something else. */
type Given = Readonly<Record<string, unknown>>;

export function loadBalancerProblems(
  at: string,
  { hsts, holdSeconds }: { readonly hsts?: object; readonly holdSeconds?: unknown },
): Problem[] {
  return [
    // Two years are what browsers ask for; a hundred are a mistake
    ...(hsts ? numberProblems(`${at}hsts.maxAgeSeconds`, (hsts as Given)['maxAgeSeconds'] ?? null, { least: 0, most: 3_153_600_000 }) : []),
    ...numberProblems(`${at}holdSeconds`, holdSeconds, { least: 1, most: 60, whole: false }),
  ];
}

export function webProblems(
  at: string,
  {
    maxBodyMegabytes,
    readTimeoutSeconds,
    trustedProxies = [],
  }: { readonly maxBodyMegabytes?: unknown; readonly readTimeoutSeconds?: unknown; readonly trustedProxies?: readonly string[] },
): Problem[] {
  return [
    ...numberProblems(`${at}maxBodyMegabytes`, maxBodyMegabytes, { least: 1, most: 102_400 }),
    ...numberProblems(`${at}readTimeoutSeconds`, readTimeoutSeconds, { least: 1, most: 3_600 }),
    ...trustedProxies
      .map((range, index) => sourceProblem(`${at}trustedProxies[${index}]`, range))
      .filter((problem) => problem !== undefined),
  ];
}

export function mysqlProblems(
  at: string,
  { binaryLogDays, slowSeconds }: { readonly binaryLogDays?: unknown; readonly slowSeconds?: unknown },
): Problem[] {
  return [
    ...numberProblems(`${at}binaryLogDays`, binaryLogDays, { least: 0.01, most: 90, whole: false }),
    ...numberProblems(`${at}slowSeconds`, slowSeconds, { least: 0, most: 31_536_000, whole: false }),
  ];
}

/** None for what was left out. Text is no number, even if it looks like one. */
function numberProblems(prop: string, got: unknown, { least, most, whole = true }: Limit): Problem[] {
  if (got === undefined) return [];
  if (typeof got === 'number' && got >= least && got <= most && (!whole || Number.isInteger(got))) return [];
  return [
    {
      code: 'number',
      prop,
      got: typeof got === 'number' && !Number.isFinite(got) ? String(got) : got,
      want: `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
      fix: 'write it without quotes, or leave it out for the default',
    },
  ];
}
