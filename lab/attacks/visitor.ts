import { summarise } from '../checkers';
import { attempt, now, pause, type Ask, type Target } from '../traffic';

export interface Service {
  readonly asked: number;
  /** Statuses other than 200, and errors, with how often. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of what was answered, in milliseconds; NaN if nothing was. */
  readonly median: number;
  readonly p95: number;
}

/** Asks for a page five times a second, each time on a new connection, and waits up to 15 s: longer than any queue of the platform. */
export async function serviceOf(
  target: Target,
  path: string,
  milliseconds: number,
  headers: NonNullable<Ask['headers']> = {},
): Promise<Service> {
  const times: number[] = [];
  const failures: Record<string, number> = {};
  const visits: Promise<void>[] = [];
  for (const end = now() + milliseconds; now() < end; await pause(200)) {
    const start = now();
    visits.push(
      attempt(target, { method: 'GET', path, headers, connectMilliseconds: 15_000, totalMilliseconds: 15_000 }).then(
        ({ answer, error }) => {
          const failure = error?.message ?? (answer?.status === 200 ? undefined : String(answer?.status));
          if (failure === undefined) times.push(now() - start);
          else failures[failure] = (failures[failure] ?? 0) + 1;
        },
      ),
    );
  }
  await Promise.all(visits);
  const { median = NaN, p95 = NaN } = summarise(times) ?? {};
  return { asked: visits.length, failures, median, p95 };
}
