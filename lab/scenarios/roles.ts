import { tryOnMachine } from '../faults';
import type { Lab, LabMachine } from '../lab';
import { memberRole } from '../member-role';
import { parse, pause } from '../traffic';

/** Ports of the agents on the hosts of a tier. Repeated here, because the lab imports nothing of the product. */
const AGENTS = { lb: 9101, mysql: 9200 } as const;

/** With what begins the line that ends an answer: how curl ended. */
const ENDED = 'ended ';

/**
 * Tells of the role of a machine, as `roleOf` has it, twice a second until the signal. One curl asks all the time, which costs a tenth of one for
 * each question; it ends with the first that is not answered within a second.
 */
export async function followRole(lab: Lab, machine: LabMachine, see: (role: string | null) => void, signal: AbortSignal): Promise<void> {
  const { tier } = machine;
  if (tier !== 'lb' && tier !== 'mysql') return;
  const how = ['--silent', '--no-buffer', '--rate', '120/m', '--max-time', '1', '--fail-early', '--write-out', `\\n${ENDED}%{exitcode}\\n`];
  // What stands behind # is not sent
  const url = `http://${machine.privateAddress}:${AGENTS[tier]}/status#[1-1000000000]`;
  while (!signal.aborted) {
    let answer = '';
    const listen = (line: string) => {
      if (!line.startsWith(ENDED)) answer += line;
      else {
        see(line === `${ENDED}0` ? roleIn(tier, parse(answer)) : null);
        answer = '';
      }
    };
    await lab.follow(machine, ['curl', ...how, url], listen, signal);
    if (signal.aborted) return;
    see(null);
    await pause(500, signal);
  }
}

/** The role that a machine reports: `MASTER`, `BACKUP`, `FAULT`; `PRIMARY`, `SECONDARY`, or why it is neither. null: no answer. */
export async function roleOf(lab: Lab, machine: LabMachine): Promise<string | null> {
  if (machine.tier !== 'lb' && machine.tier !== 'mysql') return null;
  return roleIn(machine.tier, await agentStatus(lab, machine));
}

function roleIn(tier: keyof typeof AGENTS, status: Record<string, unknown> | undefined): string | null {
  if (!status) return null;
  return tier === 'lb' ? vrrpState(status) : servingRole(status);
}

export async function agentStatus(lab: Lab, machine: LabMachine): Promise<Record<string, unknown> | undefined> {
  if (!machine.running || (machine.tier !== 'lb' && machine.tier !== 'mysql')) return undefined;
  return ask(lab, machine, AGENTS[machine.tier], '/status');
}

/** The certificate that a load balancer shows, as its agent sees it. */
export async function certificateOf(lab: Lab, name: string): Promise<Record<string, unknown> | undefined> {
  return ask(lab, await lab.machine(name), AGENTS.lb, '/certificate');
}

async function ask(lab: Lab, machine: LabMachine, port: number, path: string): Promise<Record<string, unknown> | undefined> {
  const url = `http://${machine.privateAddress}:${port}${path}`;
  const { exitCode, stdout } = await tryOnMachine(lab, machine.name, `curl --silent --max-time 1 ${url}`, 3);
  return exitCode === 0 ? parse(stdout) : undefined;
}

function vrrpState(status: Record<string, unknown>): string | null {
  const state = status.vrrpState ?? status.vrrp ?? status.state;
  return typeof state === 'string' ? state.toUpperCase() : null;
}

/** The last answer of a mysqld is outdated when it is older than this, in milliseconds. */
const STALE_MILLISECONDS = 3000;

/** Roles of members that work; a SECONDARY may lag behind. */
function servingRole(status: Record<string, unknown>): string | null {
  const { state, role, sampleAgeMs } = status;
  if (typeof state !== 'string') return null;
  if (typeof sampleAgeMs === 'number' && sampleAgeMs > STALE_MILLISECONDS) return 'DOWN';
  if (state !== 'ONLINE' || typeof role !== 'string') return state;
  const behind = role === 'SECONDARY' && (status.reader as { ok?: unknown } | undefined)?.ok === false;
  return behind ? 'NOT READABLE' : (memberRole(status) ?? null);
}
