export interface Progress {
  /** One line, with the time since the beginning. */
  readonly say: (message: string) => void;
  readonly done: (message: string) => void;
}

/** Lines such as ` 12.3 s  image: unpack Debian 13`. */
export function createProgress(started = Date.now()): Progress {
  const say = (message: string) => process.stdout.write(`${elapsed(started)}  ${message}\n`);
  return { say, done: say };
}

const elapsed = (started: number) => `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s`;
