import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds up the JSON results of vitest that lie in a folder. */
const [folder = ''] = process.argv.slice(2);
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map(
    (name) =>
      JSON.parse(readFileSync(join(folder, name), 'utf8')) as { numPassedTests: number; numFailedTests: number; numPendingTests: number },
  );
const sum = (key: keyof (typeof results)[number]) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed, ${sum('numPendingTests')} skipped`);
