export { SCENARIOS, select } from './catalogue';
export { openHandle } from './open-handle';
export { runCampaign, scenarioResult } from './campaign';
export { runScenario, WATCHED } from './runner';
export type { Scenario } from './scenario';
