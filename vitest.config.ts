import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conformance = ['__tests__/**/conformance/**/*.test.ts', '__tests__/**/*.conformance.test.ts'];
const endToEnd = ['__tests__/end-to-end/**/*.test.ts'];

/** unit: fast, no root. conformance: real clients and programs (terraform, hcloud). end-to-end: the lab's machines. */
export default defineConfig({
  test: {
    // Most of the time the tests wait for something; vitest by itself would leave one processor free
    maxWorkers: availableParallelism() + 1,
    minWorkers: 1,
    setupFiles: ['__tests__/helpers/no-creation-stacks.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['__tests__/**/*.test.ts'],
          exclude: [...conformance, ...endToEnd],
          // One process runs many files, and loads cdktf and our own modules once: a file leaves nothing behind for the next one
          isolate: false,
          // Against hanging: on a machine that is busy otherwise, one synth of all tiers takes half a minute
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: conformance,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: endToEnd,
          testTimeout: 900_000,
          hookTimeout: 900_000,
          // one lab, one file at a time
          poolOptions: { forks: { singleFork: true } },
        },
      },
    ],
  },
});
