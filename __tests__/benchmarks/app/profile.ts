import { z } from 'zod';

/** What `node --cpu-prof` writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  /** Microseconds. */
  timeDeltas: z.array(z.number()),
});
export type Profile = z.infer<typeof profileSchema>;
type Frame = Profile['nodes'][number]['callFrame'];

/** What a module does by itself, and what native code and general modules of Node do for it. */
const OWNERS: readonly (readonly [module: RegExp, part: string, below?: string])[] = [
  [/^app\/log/, 'log'],
  [/^app\/notes\//, 'rows to notes'],
  [/^app\/database\//, 'connections, retry'],
  [/^app\//, 'routing, JSON, head of the answer'],
  [/^node_modules\/mysql2\//, 'mysql2: statement, parsing of rows', 'sending the statement: TLS, system call'],
  [/^node:_http/, "Node's HTTP server", 'sending the answer: system call'],
];
const ELSEWHERE = "Node's sockets, TLS, events and timers";
const NAMED: Readonly<Record<string, string | undefined>> = {
  '(idle)': undefined,
  '(program)': 'event loop, native code',
  '(garbage collector)': 'garbage collector',
};

/** Share of each part in the time that was not idle. @param bundle text of the program; esbuild names each module in a comment */
export function partsOf({ nodes, samples, timeDeltas }: Profile, bundle: string): Readonly<Record<string, number>> {
  const modules = modulesByLine(bundle);
  const parts = new Map<number, string | undefined>();
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const partOf = (id: number, caller = id): string | undefined => {
    const frame = frames.get(caller)!;
    if (frame.functionName in NAMED) return NAMED[frame.functionName];
    const module = moduleOf(frame, modules);
    const owner = OWNERS.find(([pattern]) => pattern.test(module));
    if (owner) return caller === id ? owner[1] : (owner[2] ?? owner[1]);
    const parent = parents.get(caller);
    return parent === undefined ? ELSEWHERE : partOf(id, parent);
  };
  for (const { id } of nodes) parts.set(id, partOf(id));
  const times: Record<string, number> = {};
  samples.forEach((id, n) => {
    const part = parts.get(id);
    if (part !== undefined) times[part] = (times[part] ?? 0) + timeDeltas[n]!;
  });
  const total = Object.values(times).reduce((sum, time) => sum + time, 0);
  const shares = Object.entries(times).map(([part, time]): [string, number] => [part, time / total]);
  return Object.fromEntries(shares.sort(([, a], [, b]) => b - a));
}

const moduleOf = ({ url, lineNumber }: Frame, modules: readonly string[]): string =>
  url.startsWith('node:') ? url : url === '' ? '' : (modules[lineNumber] ?? '');

function modulesByLine(bundle: string): readonly string[] {
  let module = '';
  return bundle.split('\n').map((line) => (module = /^\s*\/\/ ((?:node_modules|app|lib)\/\S+)$/.exec(line)?.[1] ?? module));
}
