import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Adds up the JSON results of vitest that lie in a folder, and names each test that failed with the first lines of its message: the end
 * of a long output is what people read first, and often all that is kept of it.
 */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    /** Of the file as a whole, where it could not even be loaded. */
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const LINES_OF_A_MESSAGE = 6;

const [folder = ''] = process.argv.slice(2);
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results);

const sum = (key: 'numPassedTests' | 'numFailedTests' | 'numPendingTests') => results.reduce((total, result) => total + result[key], 0);
const firstLines = (message: string) =>
  stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, LINES_OF_A_MESSAGE)
    .map((line) => `    ${line.trim()}\n`)
    .join('');

for (const { name, message, assertionResults } of results.flatMap(({ testResults }) => testResults)) {
  const file = name.slice(name.indexOf('__tests__/'));
  for (const { fullName, failureMessages = [] } of assertionResults.filter(({ status }) => status === 'failed')) {
    process.stdout.write(`FAILED ${file}: ${fullName}\n${failureMessages.map(firstLines).join('')}`);
  }
  if (assertionResults.length === 0 && message) process.stdout.write(`FAILED ${file}\n${firstLines(message)}`);
}
console.log(`${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed, ${sum('numPendingTests')} skipped`);
