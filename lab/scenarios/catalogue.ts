import { combinedScenarios } from './combinations';
import { oneMemberScenarios } from './database-faults';
import { operationsScenarios } from './database-operations';
import { loadBalancerScenarios } from './load-balancer';
import { providerApiScenarios } from './provider-api';
import type { Scenario } from './scenario';
import { webAndAppScenarios } from './web-and-app';
import { severalMembersScenarios } from './whole-group';

/** In the order of the catalogue of faults; those without a number come last. */
export const SCENARIOS: readonly Scenario[] = [
  ...loadBalancerScenarios,
  ...providerApiScenarios,
  ...webAndAppScenarios,
  ...oneMemberScenarios,
  ...operationsScenarios,
  ...severalMembersScenarios,
  ...combinedScenarios,
].sort((a, b) => (a.fault ?? 1000) - (b.fault ?? 1000));

/** Scenarios by name (`lb-power-off`) or beginning of names (`lb`, `db-primary`), separated by commas; all without a choice. */
export function select(only: string | undefined, scenarios: readonly Scenario[] = SCENARIOS): readonly Scenario[] {
  const wanted = (only ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (wanted.length === 0) return scenarios;
  const matches = (scenario: Scenario, name: string) => scenario.name === name || scenario.name.startsWith(`${name}-`);
  const unknown = wanted.filter((name) => !scenarios.some((scenario) => matches(scenario, name)));
  if (unknown.length > 0)
    throw new RangeError(`no scenario is called ${unknown.join(' or ')}; there are ${scenarios.map(({ name }) => name).join(', ')}`);
  return scenarios.filter((scenario) => wanted.some((name) => matches(scenario, name)));
}
