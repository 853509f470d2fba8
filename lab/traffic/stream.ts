import type { NoteUse, Operation, Stream } from '../checkers/history';
import { now } from './clock';
import type { Random } from './random';
import { request, RequestError, type Answer, type Ask, type Target } from './request';

/** The common input of all streams: the target, the record of operations, and the end. */
export interface Client {
  readonly target: Target;
  readonly random: Random;
  /** Marks every note of this run, to tell the rows of two runs against one database apart. */
  readonly runId: string;
  /** When aborted: begins no new request. Those under way may finish. */
  readonly stopping: AbortSignal;
  /** Share of the usual rates of requests. @default 1 */
  readonly rate?: number | undefined;
  /** For how long a client goes on trying that repeats a request. @default 30000 */
  readonly patienceMilliseconds?: number | undefined;
  /** Notes known to exist, for the readers. */
  readonly notes: NoteUse[];
  record(operation: Operation): void;
}

/** How many requests a second a stream sends that usually sends `usual`. */
export const perSecondOf = ({ rate = 1 }: Pick<Client, 'rate'>, usual: number): number => usual * rate;

export interface Result {
  readonly answer?: Answer;
  readonly error?: RequestError;
}

/** Sends a request, and returns a failure as a value. */
export async function attempt(target: Target, ask: Ask): Promise<Result> {
  try {
    return { answer: await request(target, ask) };
  } catch (error) {
    if (error instanceof RequestError) return { error };
    throw error;
  }
}

/** One GET, tried once and written down. */
export async function getOnce(client: Client, stream: Stream, ask: Omit<Ask, 'method'>): Promise<Result> {
  const start = now();
  const result = await attempt(client.target, { ...ask, method: 'GET' });
  client.record({ stream, start, end: now(), ...outcomeOfGet(result) });
  return result;
}

export function outcomeOfGet({ answer, error }: Result): Pick<Operation, 'outcome' | 'status' | 'error' | 'servedBy'> {
  if (error) return { outcome: 'failed', status: error.status, error: error.message };
  const { status } = answer!;
  if (status >= 200 && status < 400) return { outcome: 'acknowledged', status, servedBy: servedBy(answer!) };
  return { outcome: 'failed', status, error: `status ${status}`, servedBy: servedBy(answer!) };
}

export function servedBy(answer: Answer): Operation['servedBy'] {
  const json = parse(answer.body);
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    web: text(answer.headers['x-served-by-web']) ?? text(json?.web),
    app: text(answer.headers['x-served-by-app']) ?? text(json?.app),
    database: text(json?.database),
  };
}

/** undefined for anything that is not a JSON object. */
export function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
