/** Lines of several journals in the order of their time. Each source is read as fast as its lines are taken, and no faster. */
export async function* merged(sources: readonly AsyncIterable<string>[]): AsyncGenerator<string> {
  const open = (
    await Promise.all(
      sources.map(async (source) => {
        const lines = source[Symbol.asyncIterator]();
        return next({ lines, at: 0, text: '' });
      }),
    )
  ).filter((head) => head !== null);
  while (open.length > 0) {
    const first = open.reduce((earliest, head, index) => (head.at < open[earliest]!.at ? index : earliest), 0);
    const head = open[first]!;
    yield head.text;
    const following = await next(head);
    if (following) open[first] = following;
    else open.splice(first, 1);
  }
}

interface Head {
  readonly lines: AsyncIterator<string>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** A line without a time, such as one of a message of several lines, stays behind the one before it. */
async function next({ lines, at }: Head): Promise<Head | null> {
  const result = await lines.next();
  return result.done ? null : { lines, at: timeOf(result.value) ?? at, text: result.value };
}

/** Of a line as `journalctl --output=short-iso-precise` prints it. */
export function timeOf(line: string): number | undefined {
  const [, date, offsetHours, offsetMinutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)([+-]\d\d):?(\d\d) /.exec(line) ?? [];
  if (date === undefined) return undefined;
  const at = Date.parse(`${date}${offsetHours}:${offsetMinutes}`);
  return Number.isNaN(at) ? undefined : at;
}
