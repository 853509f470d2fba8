export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type Log = (event: string, fields?: Fields) => void;

/** How long the line of a request may wait. A process that is killed loses what waits; Nginx has a line of each of these requests, too. */
const LATEST_MILLISECONDS = 100;
const LARGEST = 64 * 1024;

/**
 * One JSON object a line, for the journal. Lines of requests are written together: each write costs a system call here, and wakes the
 * journal. All others are written at once, after those that wait.
 */
export function createLog(write: (text: string) => void): { readonly log: Log; readonly flush: () => void } {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  const log: Log = (event, fields = {}) => {
    waiting += `${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`;
    if (event !== 'request' || waiting.length >= LARGEST) flush();
    else timer ??= setTimeout(flush, LATEST_MILLISECONDS);
  };
  return { log, flush };
}

const journal = createLog((text) => process.stdout.write(text));
// Writes to pipes and sockets are synchronous on Linux, so that nothing is lost by process.exit
process.on('exit', journal.flush);

export const { log } = journal;
