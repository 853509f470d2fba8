export { SCENARIOS, select } from './catalogue';
export { openDeployedLab } from './open-deployed-lab';
export { runCampaign, scenarioResult } from './campaign';
export { runScenario, WATCHED } from './runner';
export type { Scenario } from './scenario';
