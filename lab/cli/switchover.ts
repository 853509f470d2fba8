import { until, type LabHandle } from '../faults';
import { topologyOf } from '../scenarios/topology';
import { now } from '../traffic';

export const TIERS = ['lb', 'mysql'] as const;

/** The role of a tier, and the command that hands it over, as operators run it at Hetzner. */
const HANDOVERS = {
  lb: { what: 'the floating IP', command: 'platform-switchover' },
  mysql: { what: 'the role of PRIMARY', command: 'platform-mysql step-down' },
} as const;

/** Longer than either command takes before it gives up by itself. */
const COMMAND_SECONDS = 100;

/** Planned change of role. Returns a sentence with the new holder and the time that it took. */
export async function switchover(lab: LabHandle, tier: (typeof TIERS)[number]): Promise<string> {
  const { what, command } = HANDOVERS[tier];
  const topology = topologyOf(lab, { address: lab.floatingIp, port: lab.httpsPort, host: lab.domain });
  const holder = () => (tier === 'lb' ? topology.activeLoadBalancer() : topology.primary());
  const before = await holder();
  const begin = now();
  const { exitCode, stdout, stderr } = await lab.exec(before, command.split(' '), { timeoutSeconds: COMMAND_SECONDS });
  if (exitCode !== 0)
    throw new Error(`${before} keeps ${what}: ${stdout.trim() || stderr.trim() || `${command} did not end within ${COMMAND_SECONDS} s`}`);
  let after = before;
  await until(`another machine has ${what}`, async () => (after = await holder()) !== before);
  return `${after} has ${what} after ${((now() - begin) / 1000).toFixed(1)} s, ${before} had it before`;
}
