import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conformance = ['__tests__/**/conformance/**/*.test.ts', '__tests__/**/*.conformance.test.ts'];
const endToEnd = ['__tests__/end-to-end/**/*.test.ts'];

/** Ten seconds and more on two processors, of the two kinds above: many histories, load, races, real Terraform again and again. */
const slow = [
  'agents/certificate/over-time.test.ts',
  'agents/floating-ip/agent.properties.test.ts',
  'agents/floating-ip/hetzner-api-over-time.test.ts',
  'agents/floating-ip/slow-api.properties.test.ts',
  'agents/mysql-member/model.test.ts',
  'audit.conformance.test.ts',
  'config/capacity.conformance.test.ts',
  'config/haproxy-under-load.conformance.test.ts',
  'config/hostile-plan.conformance.test.ts',
  'config/hostile-values.conformance.test.ts',
  'config/kept-connections.conformance.test.ts',
  'lab/providers/conformance/cloudflare-recordings.test.ts',
  'lab/providers/conformance/hcloud-recordings.test.ts',
  'lab/scenarios/runner.test.ts',
  'package/package.conformance.test.ts',
  'platform/summary/cli.conformance.test.ts',
  'platform/summary/plan.conformance.test.ts',
  'provisioning/stage-acme-files.conformance.test.ts',
  'servers/keep.conformance.test.ts',
  'toolchain/bare-machine.conformance.test.ts',
].map((file) => `__tests__/${file}`);

/** unit: fast, no root. conformance: real clients and programs (terraform, hcloud). slow: of both what takes long. end-to-end: the lab's machines. */
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
          exclude: [...conformance, ...slow, ...endToEnd],
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
          exclude: slow,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: slow,
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
