/** The latest requests, for checkers and for people. Holds no tokens. */
export interface LoggedRequest {
  readonly seq: number;
  /** Milliseconds since the epoch, when the request came. */
  readonly time: number;
  readonly fromAddress: string | null;
  readonly userAgent: string | null;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: unknown;
  /** null: not answered, or not yet. */
  status: number | null;
  durationMilliseconds: number | null;
  /** Ids of the faults that hit it. */
  faults: readonly string[];
}

const KEPT = 5000;

export class RequestLog {
  private readonly entries: LoggedRequest[] = [];
  private lastSeq = 0;

  add(request: Omit<LoggedRequest, 'seq' | 'status' | 'durationMilliseconds' | 'faults'>): LoggedRequest {
    const entry: LoggedRequest = { seq: ++this.lastSeq, ...request, status: null, durationMilliseconds: null, faults: [] };
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    return entry;
  }

  after(seq: number): readonly LoggedRequest[] {
    return this.entries.filter((entry) => entry.seq > seq);
  }
}
