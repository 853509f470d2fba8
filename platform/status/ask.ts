import { z } from 'zod';
import { PORTS } from '../../lib/net/ports';
import type { Host } from '../environment/outputs';
import { printable, shellLine } from '../ssh/quote';
import { NoAnswer, type Reach } from '../ssh/reach';
import type { HostStatus, Member } from './report';

/** What a host of a tier does its work with. */
const UNITS: Readonly<Record<Host['tier'], readonly string[]>> = {
  lb: ['haproxy', 'keepalived', 'floating-ip-agent'],
  web: ['nginx'],
  app: ['app', 'database-router'],
  mysql: ['mysql', 'mysql-member'],
};

/** Agents that tell of roles, at the private address of their host. */
const AGENT_PORTS: Partial<Record<Host['tier'], number>> = { lb: PORTS.lb.floatingIpAgent, mysql: PORTS.mysql.memberHealth };

/** What a login shell may have printed is before it. */
const MARK = 'platform: status';

/** Arguments: address of the agent or nothing, then the units. It prints a line for each unit, the agent's status and the certificate. */
const SCRIPT = `
agent=$1
shift
echo '${MARK}'
systemctl is-active "$@"
[ -n "$agent" ] || exit 0
curl --silent --fail --max-time 3 "$agent/status" || echo
curl --silent --fail --max-time 3 "$agent/certificate" || echo
`;

export function askLine({ tier, privateAddress }: Host): string {
  const port = AGENT_PORTS[tier];
  return shellLine(['sh', '-c', SCRIPT, 'status', port === undefined ? '' : `http://${privateAddress}:${port}`, ...UNITS[tier]]);
}

/** Asks one host. Never throws because of the host: not to answer is a status, too. */
export async function askStatus(reach: Reach, host: Host): Promise<HostStatus> {
  try {
    return readAnswer(host, (await reach.run(host, askLine(host))).stdout);
  } catch (error) {
    if (error instanceof NoAnswer) return silent(host, error.message);
    throw error;
  }
}

const silent = (host: Host, why: string): HostStatus => ({ ...host, noAnswer: why, role: null, units: {} });

export function readAnswer(host: Host, stdout: string): HostStatus {
  const units = UNITS[host.tier];
  const [, told] = stdout.split(`${MARK}\n`);
  if (told === undefined) return silent(host, 'it answers something else than what was asked');
  const lines = told.split('\n');
  const states = Object.fromEntries(units.map((unit, index) => [unit, printable(lines[index] ?? '') || 'unknown']));
  const [status, certificate] = lines.slice(units.length).map(parsed);
  return { ...host, noAnswer: null, units: states, ...ofTier(host, status, certificate) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const word = z.string().transform(printable);
const loadBalancerSchema = z.object({ vrrp: word, floatingIp: z.object({ holder: word }) });
const certificateSchema = z.object({ endsAt: z.iso.datetime() });
const memberSchema = z.object({
  state: word,
  role: word.nullish(),
  primary: z.object({ ok: z.boolean() }).optional(),
  members: z.array(z.object({ state: z.string() })).default([]),
  applierQueue: z.number().nullable().default(null),
  lagSeconds: z.number().nullable().default(null),
  lastDecision: z.object({ kind: word, reason: word, instruction: word.optional() }).nullable().default(null),
  warnings: z.array(word).default([]),
});

type Told = Pick<HostStatus, 'role' | 'floatingIpHolder' | 'certificateEndsAt' | 'member'>;

function ofTier({ tier }: Host, status: unknown, certificate: unknown): Told {
  switch (tier) {
    case 'lb': {
      const { data } = loadBalancerSchema.safeParse(status);
      const shown = certificateSchema.safeParse(certificate).data;
      return {
        role: data?.vrrp ?? 'unknown',
        ...(data && { floatingIpHolder: data.floatingIp.holder }),
        ...(shown && { certificateEndsAt: shown.endsAt }),
      };
    }
    case 'mysql': {
      const { data } = memberSchema.safeParse(status);
      return data ? { role: roleOf(data), member: memberOf(data) } : { role: 'unknown' };
    }
    default:
      return { role: null };
  }
}

/** PRIMARY is only who may be written to: an old one that has not heard of its successor still calls itself that. */
function roleOf({ state, role, primary }: z.output<typeof memberSchema>): string {
  return role === 'PRIMARY' && primary?.ok === false ? 'NOT WRITABLE' : (role ?? state);
}

function memberOf({ state, members, applierQueue, lagSeconds, lastDecision, warnings }: z.output<typeof memberSchema>): Member {
  return {
    state,
    seesOnline: members.filter((member) => member.state === 'ONLINE').length,
    applierQueue,
    lagSeconds,
    decision: lastDecision,
    warnings,
  };
}
