import { createInterface } from 'node:readline/promises';
import { ask } from '../common/http-client';
import { applyAccounts, discardOldPasswords, initialStatements, readPasswords } from './accounts';
import { spaceOf } from './disk';
import type { AgentConfig } from './config';
import { electorate, majorityOf } from './report';
import { readiness } from './readiness';
import type { AgentStatus } from './status';

const USAGE = `platform-mysql: this member of the MySQL group

  platform-mysql status [--json]           state, members, and the agent's last decision
  platform-mysql switchover NAME           makes NAME the PRIMARY
  platform-mysql step-down                 gives the PRIMARY's role away, if this member has it
  platform-mysql leave                     before mysqld stops: also sends reads to the other members; its unit does so
  platform-mysql make-way [SECONDS]        before a restart or reboot: waits until the group can do without this
                                           member, then gives the PRIMARY's role away; 300 by default
  platform-mysql wait [SECONDS]            waits until this member is as far as it can be; 300 by default
  platform-mysql accounts                  applies changed passwords and rights; run by provisioning
  platform-mysql discard-old-passwords     ends the validity of passwords from before the last rotation, of rights that
                                           accounts no longer have, and of accounts that are no longer used
  platform-mysql force-bootstrap [--yes]   founds a group from this member's data, against the agent's caution
`;

const CREDENTIALS = '/etc/platform/credentials';

/** What members and MySQL say reaches root's terminal as text: without the characters by which a terminal is told to do something. */
const printable = (text: string) => text.replace(/[^\P{C}\n]/gu, '');
const say = (text: string) => process.stdout.write(printable(`${text}\n`));
const complain = (text: string) => process.stderr.write(printable(`platform-mysql: ${text}\n`));

/** A question to the agent on this host; its answer is JSON. */
type Ask = (method: string, path: string, body?: unknown, limitMs?: number) => Promise<unknown>;

/** The command `platform-mysql`: asks the agent over its socket. Resolves with the exit code. */
export async function operate(config: AgentConfig, [verb, ...rest]: readonly string[]): Promise<number> {
  const agent: Ask = async (method, path, body, limitMs = 35_000) => {
    const { text } = await ask({ url: `http://agent${path}`, socketPath: config.controlSocket, method, body, limitMs });
    return JSON.parse(text) as unknown;
  };
  const separate = config.accounts.migrationUser !== undefined;
  switch (verb) {
    case 'status': {
      const status = (await agent('GET', '/status')) as AgentStatus;
      say(rest.includes('--json') ? JSON.stringify(status, null, 2) : describe(status));
      return 0;
    }
    case 'switchover':
      if (!rest[0]) return usage();
      return report(await agent('POST', '/switchover', { to: rest[0] }));
    case 'step-down':
      return report(await agent('POST', '/step-down', {}));
    case 'leave':
      return report(await agent('POST', '/leave', {}));
    case 'accounts':
      await applyAccounts(config, await readPasswords(CREDENTIALS, separate), () => becomePrimary(config.name, agent), say);
      return 0;
    case 'init-sql':
      process.stdout.write(
        initialStatements(config, await readPasswords(CREDENTIALS, separate))
          .map((line) => `${line};\n`)
          .join(''),
      );
      return 0;
    case 'make-way':
      return makeWay(agent, Number(rest[0] ?? 300));
    case 'discard-old-passwords':
      await discardOldPasswords(config, await readPasswords(CREDENTIALS, separate), () => becomePrimary(config.name, agent), say);
      return 0;
    case 'wait':
      return waitReady(config, () => agent('GET', '/status', undefined, 3000) as Promise<AgentStatus>, Number(rest[0] ?? 300));
    case 'force-bootstrap': {
      const status = (await agent('GET', '/status')) as AgentStatus;
      say(describe(status));
      if (!rest.includes('--yes') && !(await confirmed(config.name))) return 1;
      const operator = process.env['SUDO_USER'] ?? process.env['USER'] ?? 'root';
      return report(await agent('POST', '/force-bootstrap', { operator }));
    }
    default:
      return usage();
  }
}

async function becomePrimary(name: string, agent: Ask): Promise<void> {
  const { error } = (await agent('POST', '/switchover', { to: name })) as { error?: string };
  if (error !== undefined) complain(error);
}

function usage(): number {
  process.stderr.write(USAGE);
  return 2;
}

function report(answer: unknown): number {
  const { error, ...rest } = answer as { error?: string };
  if (error !== undefined) {
    complain(error);
    return 1;
  }
  say(JSON.stringify(rest));
  return 0;
}

export function describe(status: AgentStatus): string {
  const lines = [
    `${status.name}  ${status.state}${status.role ? `  ${status.role}` : ''}`,
    ...status.members.map((member) => `  ${member.name}  ${member.state}  ${member.role ?? '-'}`),
    `transactions  ${status.gtidExecuted || 'none'}`,
    `lag           ${status.applierQueue ?? 0} transactions wait, ${(status.lagSeconds ?? 0).toFixed(1)} s behind`,
    ...(status.report.disk ? [`disk          ${spaceOf(status.report.disk)}`] : []),
    ...(status.lastDecision ? [`decision      ${status.lastDecision.kind}: ${status.lastDecision.reason}`] : []),
    ...(status.lastDecision?.kind === 'needs-operator' ? [`you can       ${status.lastDecision.instruction}`] : []),
    ...status.warnings.map((warning) => `warning       ${warning}`),
    ...status.dumps.map(({ file, gtids }) => `set aside     ${gtids} in ${file}`),
  ];
  return lines.join('\n');
}

/** Until the others make up a majority without this member, and one of them is PRIMARY. Exit code. */
async function makeWay(agent: Ask, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000;
  let said = '';
  for (;;) {
    const status = (await agent('GET', '/status')) as AgentStatus;
    const lacking = lackingWithout(status);
    const error =
      lacking ?? (status.role === 'PRIMARY' ? ((await agent('POST', '/step-down', {})) as { error?: string }).error : undefined);
    if (error === undefined) return 0;
    if (error !== said) say(error);
    said = error;
    if (Date.now() > deadline) {
      complain(`the group cannot do without this member: ${error}`);
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** What the group would lack without this member; undefined if nothing, or if it has this member not anyway. */
export function lackingWithout({ name, state, members, report }: AgentStatus): string | undefined {
  if (state !== 'ONLINE') return undefined;
  const counting = electorate(report);
  const others = members.filter((member) => member.state === 'ONLINE' && member.name !== name && counting.includes(member.name));
  const needed = majorityOf(counting);
  return others.length >= needed ? undefined : `${others.length} other members are ONLINE, ${needed} are needed`;
}

async function confirmed(name: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Transactions that only other members hold will leave the database. Type ${name} to go on: `);
    return answer.trim() === name;
  } finally {
    prompt.close();
  }
}

/** A decision that only a person can take does not come by waiting; it may show for a moment while members start. */
const NEEDS_OPERATOR_MS = 60_000;

async function waitReady(config: AgentConfig, ask: () => Promise<AgentStatus>, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000;
  let said = '';
  let stuckSince: number | null = null;
  for (;;) {
    const status = await ask().catch(() => null);
    const { ready, why } = readiness(
      config.members.map(({ name }) => name),
      status,
    );
    if (why !== said) say(why);
    said = why;
    if (ready) return 0;
    const decision = status?.lastDecision;
    stuckSince = decision?.kind === 'needs-operator' ? (stuckSince ?? Date.now()) : null;
    if (decision?.kind === 'needs-operator' && stuckSince !== null && Date.now() - stuckSince > NEEDS_OPERATOR_MS) {
      complain(`${decision.reason}\n  you can: ${decision.instruction}`);
      return 1;
    }
    if (Date.now() > deadline) {
      complain(`not ready after ${seconds} s: ${why}`);
      return 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
