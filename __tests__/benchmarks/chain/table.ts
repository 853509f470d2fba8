export const PROGRAMS = ['HAProxy', 'Nginx', 'Node'] as const;
export type Program = (typeof PROGRAMS)[number];

/** What one chain did in the middle one of its rounds. */
export interface Figures {
  readonly requestsPerSecond: number;
  /** Microseconds of processor time a request. */
  readonly processorTime: Readonly<Record<Program, number>>;
}

/** One case, as `docs/measurements/chain.json` keeps it. */
export interface ChainMeasurement {
  /** `static file, h1, kept connections` */
  readonly what: string;
  readonly ours: Figures;
  readonly plain: Figures;
  readonly rounds: number;
  readonly commit: string;
  /** 2026-11-30 */
  readonly date: string;
  /** `2 cores, 24 GB`, and what ran there. */
  readonly machine: string;
}

const TABLE = /(<!-- chain -->\n)[\s\S]*?(<!-- end -->)/;
const HEADER = [
  'what is asked for',
  'requests/s, ours',
  'plain',
  'ours / plain',
  ...PROGRAMS.map((program) => `${program}, µs: ours, plain`),
];

/** The Markdown with its table as the measurements have it. */
export function fillChainTable(markdown: string, measurements: readonly ChainMeasurement[]): string {
  return markdown.replace(TABLE, (_, begin: string, end: string) => `${begin}${chainTable(measurements)}${end}`);
}

export function chainTable(measurements: readonly ChainMeasurement[]): string {
  const rows = measurements.map(({ what, ours, plain }) => [
    what,
    String(ours.requestsPerSecond),
    String(plain.requestsPerSecond),
    (ours.requestsPerSecond / plain.requestsPerSecond).toFixed(2),
    ...PROGRAMS.map((program) => `${ours.processorTime[program]}, ${plain.processorTime[program]}`),
  ]);
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
