import { tryOnMachine, type LabHandle, type Machine } from '../faults';
import { parse } from '../traffic';

/** Where the agents answer on the hosts of a tier. The lab imports nothing of the product: these are its public ports. */
const AGENTS = { lb: 9101, mysql: 9200 } as const;

/** What a machine says of itself: `MASTER`, `BACKUP`, `FAULT`; `PRIMARY`, `SECONDARY`, or a member state that is not ONLINE. null: no answer. */
export async function roleOf(lab: LabHandle, machine: Machine): Promise<string | null> {
  if (machine.tier !== 'lb' && machine.tier !== 'mysql') return null;
  const status = await agentStatus(lab, machine);
  if (!status) return null;
  return machine.tier === 'lb' ? vrrpState(status) : memberRole(status);
}

export async function agentStatus(lab: LabHandle, machine: Machine): Promise<Record<string, unknown> | undefined> {
  if (!machine.running || (machine.tier !== 'lb' && machine.tier !== 'mysql')) return undefined;
  const url = `http://${machine.privateAddress}:${AGENTS[machine.tier]}/status`;
  const { exitCode, stdout } = await tryOnMachine(lab, machine.name, `curl --silent --max-time 1 ${url}`, 3);
  return exitCode === 0 ? parse(stdout) : undefined;
}

function vrrpState(status: Record<string, unknown>): string | null {
  const state = status.vrrpState ?? status.vrrp ?? status.state;
  return typeof state === 'string' ? state.toUpperCase() : null;
}

function memberRole(status: Record<string, unknown>): string | null {
  const [state, role] = [status.state, status.role];
  if (typeof state !== 'string') return null;
  return state === 'ONLINE' && typeof role === 'string' ? role : state;
}
