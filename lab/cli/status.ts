import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from '../machines/command';
import { memberRole, type RoleOfMember } from '../member-role';
import type { Entrance, Lab, LabMachine } from '../lab';

export interface StatusReport {
  readonly url: string;
  readonly floatingIp: string | null;
  /** Name of the machine that the floating IP leads to. */
  readonly floatingIpHolder: string | null;
  /** Where the site's name leads. */
  readonly entrance: Pick<Entrance, 'by' | 'address'>;
  /** When the certificate ends that load balancers show, RFC 3339: the first to end, if they differ. */
  readonly certificateEndsAt: string | null;
  readonly machines: readonly (LabMachine & { readonly role: string | null; readonly database?: DatabaseMember })[];
}

/** The shown part of a member agent's status. */
export interface DatabaseMember {
  readonly members: readonly { readonly state: string }[];
  readonly applierQueue: number | null;
  readonly lagSeconds: number | null;
  readonly lastDecision: { readonly kind: string; readonly reason: string; readonly instruction?: string } | null;
  readonly warnings: readonly string[];
}

/** Of the agents' GET /status. */
interface RoleStatus extends Partial<DatabaseMember>, RoleOfMember {
  readonly vrrp?: string;
  readonly state?: string;
}

/** Ports of the agents, which report the roles. */
const ROLE_SOURCES: Readonly<Record<'lb' | 'mysql', { port: number; read: (status: RoleStatus) => string | null | undefined }>> = {
  lb: { port: 9101, read: ({ vrrp }) => vrrp },
  mysql: { port: 9200, read: (status) => memberRole(status) ?? status.state },
};

export async function readStatus(lab: Lab): Promise<StatusReport> {
  const machines = await lab.machines();
  const [holders, { by, address }, told, ends] = await Promise.all([
    lab.addressHolders(),
    lab.entrance(),
    Promise.all(machines.map((machine) => toldBy(lab, machine))),
    Promise.all(machines.filter(({ tier }) => tier === 'lb').map((machine) => certificateEndOf(lab, machine))),
  ]);
  return {
    url: lab.url,
    floatingIp: lab.floatingIp || null,
    floatingIpHolder: holders.floatingIp,
    entrance: { by, address },
    certificateEndsAt: ends.filter((end) => end !== null).sort()[0] ?? null,
    machines: machines.map((machine, index) => ({ ...machine, role: null, ...told[index] })),
  };
}

export async function showStatus(lab: Lab, asJson: boolean): Promise<void> {
  const report = await readStatus(lab);
  if (asJson) return void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const port = await readFile(join(lab.paths.state, 'port'), 'utf8').catch(() => null);
  process.stdout.write(renderStatus(report, reachLines(lab, report.entrance, port)).join('\n') + '\n');
}

async function toldBy(lab: Lab, machine: LabMachine): Promise<Pick<StatusReport['machines'][number], 'role' | 'database'>> {
  const source = machine.tier === 'lb' || machine.tier === 'mysql' ? ROLE_SOURCES[machine.tier] : null;
  if (!source || !machine.running) return { role: null };
  try {
    const status = (await ask(lab, machine, source.port, '/status')) as RoleStatus;
    return { role: source.read(status) ?? 'unknown', ...(machine.tier === 'mysql' && { database: status as DatabaseMember }) };
  } catch {
    return { role: 'no answer' };
  }
}

async function certificateEndOf(lab: Lab, machine: LabMachine): Promise<string | null> {
  try {
    return ((await ask(lab, machine, ROLE_SOURCES.lb.port, '/certificate')) as { endsAt: string }).endsAt;
  } catch {
    return null;
  }
}

/** Asks from inside the machine, so that no firewall or broken link interferes. */
async function ask(lab: Lab, { name, privateAddress }: LabMachine, port: number, path: string): Promise<unknown> {
  const url = `http://${privateAddress}:${port}${path}`;
  return JSON.parse(await run(['nsenter', `--target=${await lab.initPid(name)}`, '--net', 'curl', '-s', '-f', '--max-time', '2', url]));
}

export function renderStatus(report: StatusReport, reach: readonly string[], now = Date.now()): string[] {
  if (report.machines.length === 0) return ['The lab is up and empty. Deploy to it with: npx lab deploy'];
  const rows = report.machines.map((machine) => [
    machine.name,
    machine.tier ?? '',
    machine.privateAddress,
    machine.publicAddress ?? '',
    machine.role ?? '',
    machine.status,
  ]);
  return [
    `URL          ${report.url}`,
    `floating IP  ${report.floatingIp ?? 'none'}${report.floatingIpHolder ? `, leads to ${report.floatingIpHolder}` : ''}`,
    ...(report.entrance.by === 'Cloudflare'
      ? [`Cloudflare   ${report.entrance.address}: visitors come this way, not to the floating IP`]
      : []),
    ...(report.certificateEndsAt ? [`certificate  ${certificateLine(report.certificateEndsAt, now)}`] : []),
    ...reach,
    '',
    ...table(['machine', 'tier', 'private', 'public', 'role', 'state'], rows),
    '',
    ...databaseLines(report),
    'Try next:',
    ...suggestions(report).map((line) => `  ${line}`),
  ];
}

function certificateLine(endsAt: string, now: number): string {
  const days = Math.floor((Date.parse(endsAt) - now) / 86_400_000);
  return days < 0 ? `ENDED on ${endsAt.slice(0, 10)}` : `ends on ${endsAt.slice(0, 10)}, in ${days} days`;
}

/** The reason for each member's state, and its warnings. */
function databaseLines({ machines }: StatusReport): string[] {
  const members = machines.flatMap(({ name, database }) => (database ? [{ name, ...database }] : []));
  if (members.length === 0) return [];
  const rows = members.map(({ name, members: seen, applierQueue, lagSeconds, lastDecision }) => [
    name,
    `${seen.filter(({ state }) => state === 'ONLINE').length}`,
    `${applierQueue ?? '-'}`,
    lagSeconds === null ? '-' : `${lagSeconds.toFixed(1)} s`,
    lastDecision ? `${lastDecision.kind}: ${lastDecision.reason}` : '',
  ]);
  const remarks = members.flatMap(({ name, lastDecision, warnings }) => [
    ...(lastDecision?.instruction ? [`${name}: you can: ${lastDecision.instruction}`] : []),
    ...warnings.map((warning) => `${name}: warning: ${warning}`),
  ]);
  return [...table(['member', 'sees ONLINE', 'queue', 'lag', 'decision'], rows), ...remarks, ''];
}

/** The port on loopback leads to where the name leads. */
function reachLines(lab: Lab, { by, address }: StatusReport['entrance'], port: string | null): string[] {
  if (port === null) return [];
  const certificate = by === 'Cloudflare' ? lab.paths.edgeRoot : join(lab.paths.state, 'ca.pem');
  const trust = existsSync(certificate) ? `--cacert ${relative(process.cwd(), certificate)}` : '--insecure';
  return [
    `curl         curl ${trust} --resolve ${lab.domain}:${port}:127.0.0.1 https://${lab.domain}:${port}/`,
    `inside       npx lab exec curl ${trust} --resolve ${lab.domain}:443:${address} ${lab.url}`,
    `browser      https://127.0.0.1:${port}/ (the certificate is for ${lab.domain})`,
  ];
}

function suggestions({ machines, floatingIpHolder }: StatusReport): string[] {
  const off = machines.find((machine) => !machine.running);
  if (off) return [`npx lab power-on ${off.name}`, 'npx lab status'];
  const primary = machines.find((machine) => machine.role === 'PRIMARY');
  const master = machines.find((machine) => machine.role === 'MASTER')?.name ?? floatingIpHolder;
  return [
    ...(master ? [`power off ${master}: npx lab power-off ${master}, then npx lab status`] : []),
    ...(primary ? [`power off the database primary: npx lab power-off ${primary.name}`] : []),
    'log in: npx lab ssh web-1',
    'break a link: npx lab cut lb-1 --link private; heal all: npx lab heal',
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)];
}
