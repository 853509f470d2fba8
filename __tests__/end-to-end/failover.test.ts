import { beforeAll, test } from 'vitest';
import type { Lab } from '../../lab/lab';
import { openDeployedLab, SCENARIOS } from '../../lab/scenarios';
import { judge } from './judge';

/**
 * A second kind of the same fault, too long for each round, or shown by another stage (switchovers by whole-stack, rolling changes and
 * reloads by rotation, rolling reboots by updates): these wait for `make test-all`.
 */
const LONG = [
  'lb-keepalived-stopped',
  'lb-vrrp-one-way',
  'lb-api-rate-limited',
  'lb-api-actions-fail',
  'lb-both-boot',
  'lb-fifty-reloads',
  'lb-api-server-error',
  'lb-api-unavailable',
  'lb-api-unassigns-first',
  'lb-api-holds-alias',
  'lb-certificate-change',
  'lb-apt-download',
  'lb-switchover',
  'web-nginx-frozen',
  'web-power-off',
  'app-power-off',
  'app-memory-leak',
  'app-broken-release',
  'db-primary-power-off',
  'db-primary-disk-full',
  'db-secondary-disk-full',
  'db-secondary-killed',
  'db-asymmetric-partition',
  'db-bridge-partition',
  'db-flapping-link',
  'db-switchover',
  'db-rolling-change',
  'db-rolling-reboot',
  'db-all-boot-together',
  'db-all-killed-one-missing',
  'db-founded-without-primary',
  'db-replaced',
  'db-replaced-while-primary-dies',
  'db-killed-twice',
  'all-private-late',
  'all-busy',
  'all-random',
];
/** Each other scenario of the catalogue, once. */
const CHOSEN = SCENARIOS.filter(({ name }) => process.env['TEST_SIZE'] === 'all' || !LONG.includes(name));
const LONGEST_OUTAGE_MILLISECONDS = 15_000;

let lab: Lab;

beforeAll(async () => {
  lab = await openDeployedLab();
});

/**
 * One run each: whether it works, judged by clients and data. How fast it is over several runs is what `make faults`
 * measures; whether the clients could keep up for that does not matter here.
 */
test.each(CHOSEN.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
  await judge(lab, scenario, LONGEST_OUTAGE_MILLISECONDS);
});
