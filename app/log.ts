export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;
export type Log = (event: string, fields?: Fields) => void;

/** One JSON object a line, for the journal. */
export const log: Log = (event, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};
