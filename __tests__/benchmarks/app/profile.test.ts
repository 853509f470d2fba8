import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { partsOf, type Profile } from './profile';
import { fillAppTable, type AppMeasurement } from './table';

/** Of the lines of the bundle below. */
const LINES = { log: 1, mysql2: 3, notes: 5 };
const BUNDLE = ['// app/log.ts', 'log', '// node_modules/mysql2/lib/connection.js', 'write', '// app/notes/notes.ts', 'noteOf'].join('\n');

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });
const node = (id: number, callFrame: Profile['nodes'][number]['callFrame'], ...children: number[]) => ({ id, callFrame, children });

const PROFILE: Profile = {
  nodes: [
    node(1, frame('(root)'), 2, 3, 4, 5, 7, 9),
    node(2, frame('(idle)')),
    node(3, frame('(garbage collector)')),
    node(4, frame('noteOf', 'file:///server.cjs', LINES.notes)),
    node(5, frame('write', 'file:///server.cjs', LINES.mysql2), 6),
    node(6, frame('writeBuffer', 'node:net', 10), 8),
    node(7, frame('log', 'file:///server.cjs', LINES.log)),
    node(8, frame('writev')),
    node(9, frame('listOnTimeout', 'node:internal/timers', 5)),
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9],
  timeDeltas: [1_000, 10, 20, 10, 10, 10, 20, 20],
};

test('native code counts with the module that called it, and waiting counts with nobody', () => {
  expect(partsOf(PROFILE, BUNDLE)).toEqual({
    'sending the statement: TLS, system call': 0.3,
    'mysql2: statement, parsing of rows': 0.1,
    'rows to notes': 0.2,
    "Node's sockets, TLS, events and timers": 0.2,
    'garbage collector': 0.1,
    log: 0.1,
  });
});

test('the tables of the application in docs/capacity.md are those of docs/measurements/app.json', () => {
  const kept = JSON.parse(readFileSync('docs/measurements/app.json', 'utf8')) as AppMeasurement;
  const document = readFileSync('docs/capacity.md', 'utf8');
  expect(kept.requests.length).toBeGreaterThan(0);
  expect(document).toContain('<!-- app -->');
  expect(fillAppTable(document, kept)).toBe(document);
});
