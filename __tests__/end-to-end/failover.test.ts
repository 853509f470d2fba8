import { beforeAll, test } from 'vitest';
import type { Lab } from '../../lab/lab';
import { openDeployedLab, SCENARIOS } from '../../lab/scenarios';
import { judge } from './judge';

/**
 * These wait for `make test-all`: a second kind of the same fault, one that is too long for each round, and what another stage shows.
 * whole-stack shows switchovers, rotation rolling changes, reloads and a new release, updates clean shutdowns, api-times a load balancer
 * that loses power.
 */
const LONG = [
  'lb-haproxy-frozen',
  'lb-keepalived-killed',
  'lb-keepalived-stopped',
  'lb-vrrp-one-way',
  'lb-api-rate-limited',
  'lb-api-token-revoked',
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
  'lb-clean-stop',
  'lb-power-off',
  'web-nginx-frozen',
  'web-power-off',
  'app-power-off',
  'app-node-killed',
  'app-memory-leak',
  'app-broken-release',
  'app-new-release',
  'db-primary-power-off',
  'db-primary-disk-full',
  'db-secondary-disk-full',
  'db-secondary-killed',
  'db-asymmetric-partition',
  'db-bridge-partition',
  'db-flapping-link',
  'db-packet-loss',
  'db-switchover',
  'db-rolling-change',
  'db-rolling-reboot',
  'db-clean-shutdowns',
  'db-two-forced-bootstraps',
  'db-two-killed',
  'db-all-killed',
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
