import type { Circumstances } from '../circumstances';
import { fill, table } from '../markdown';

/** One kind of request to the sample application, without anything in front of it. */
export interface AppRequest {
  readonly what: string;
  readonly requestsPerSecond: number;
  /** Microseconds of processor time a request. */
  readonly node: number;
  readonly mysql: number;
  /** To MySQL, for one request; whatever a client sends counts, also `SET` and pings. */
  readonly statements: number;
}

/** As `docs/measurements/app.json` keeps it. */
export interface AppMeasurement extends Circumstances {
  /** The middle one of `rounds`, by Node's processor time. */
  readonly requests: readonly AppRequest[];
  readonly rounds: number;
  /** Where Node's processor time goes for a database page, in microseconds. */
  readonly parts: Readonly<Record<string, number>>;
}

/** The Markdown with its tables as the measurement has it. */
export function fillAppTable(markdown: string, measurement: AppMeasurement): string {
  return fill(markdown, 'app', appTables(measurement));
}

export function appTables({ requests, parts }: AppMeasurement): string {
  return [
    table(
      ['what is asked for', 'requests/s', 'Node, µs', 'MySQL, µs', 'statements'],
      requests.map((each) => [each.what, each.requestsPerSecond, each.node, each.mysql, each.statements.toFixed(1)]),
    ),
    table(["where Node's time goes for a database page", 'µs'], Object.entries(parts)),
  ].join('\n');
}
