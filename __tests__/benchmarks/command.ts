/** Runs a benchmark as a command: its process ends with it, whatever is still open, and a failure is told in words. */
export function command(main: () => Promise<void>): void {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
}

/** The variable SECONDS_EACH, which `make bench EACH=` sets. @throws RangeError */
export function secondsEach(): number {
  const seconds = Number(process.env['SECONDS_EACH'] ?? 3);
  if (!Number.isInteger(seconds) || seconds < 1) throw new RangeError(`EACH is ${seconds}, want a whole number from 1 on`);
  return seconds;
}
