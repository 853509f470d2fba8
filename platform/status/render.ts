import { table } from '../table';
import { inactive, type HostStatus, type StatusReport } from './report';

/** Lines for people. @param now milliseconds since the epoch */
export function renderStatus(report: StatusReport, now: number): string[] {
  const { environment, url, floatingIp, floatingIpHolder, certificateEndsAt, hosts, problems } = report;
  return [
    `environment  ${environment}`,
    `URL          ${url}`,
    `floating IP  ${floatingIp}${floatingIpHolder === null ? '' : `, leads to ${floatingIpHolder}`}`,
    ...(certificateEndsAt === null ? [] : [`certificate  ${certificateLine(certificateEndsAt, now)}`]),
    '',
    ...table(
      ['host', 'tier', 'private', 'public', 'role', 'state'],
      hosts.map((host) => [host.name, host.tier, host.privateAddress, host.publicAddress ?? '', host.role ?? '', stateOf(host)]),
    ),
    '',
    ...databaseLines(hosts),
    ...(problems.length === 0 ? ['All is as it should be.'] : ['Not as it should be:', ...problems.map((line) => `  ${line}`)]),
    ...(hosts.some(({ noAnswer }) => noAnswer !== null)
      ? [`Which of them are off, and the remedy: npx platform drift -e ${environment} --no-plan`]
      : []),
  ];
}

function certificateLine(endsAt: string, now: number): string {
  const days = Math.floor((Date.parse(endsAt) - now) / 86_400_000);
  return days < 0 ? `ENDED on ${endsAt.slice(0, 10)}` : `ends on ${endsAt.slice(0, 10)}, in ${days} days`;
}

function stateOf(host: HostStatus): string {
  if (host.noAnswer !== null) return 'no answer';
  const stopped = inactive(host).map(([unit, state]) => `${unit} ${state}`);
  return stopped.length === 0 ? 'running' : stopped.join(', ');
}

/** Why each member is what it is, and what somebody should look at. */
function databaseLines(hosts: readonly HostStatus[]): string[] {
  const members = hosts.flatMap(({ name, member }) => (member ? [{ name, ...member }] : []));
  if (members.length === 0) return [];
  const rows = members.map(({ name, state, seesOnline, applierQueue, lagSeconds, decision }) => [
    name,
    state,
    `${seesOnline}`,
    `${applierQueue ?? '-'}`,
    lagSeconds === null ? '-' : `${lagSeconds.toFixed(1)} s`,
    decision ? `${decision.kind}: ${decision.reason}` : '',
  ]);
  const remarks = members.flatMap(({ name, decision, warnings }) => [
    ...(decision?.instruction === undefined ? [] : [`${name}: you can: ${decision.instruction}`]),
    ...warnings.map((warning) => `${name}: warning: ${warning}`),
  ]);
  return [...table(['member', 'group', 'sees ONLINE', 'queue', 'lag', 'decision'], rows), ...remarks, ''];
}
