import { z } from 'zod';
import type { Deployed } from '../environment/deployed';
import type { PlannedServer } from '../environment/stack';
import { apiOf, ApiAway, ApiRefusal } from '../hetzner/api';
import { quote } from '../ssh/quote';
import { partOf } from '../summary/hosts';
import type { HostTold } from './hosts';
import type { Difference, Told } from './report';

const serverSchema = z.object({ name: z.string(), status: z.string() });
export type ServerStatus = z.output<typeof serverSchema>;

/**
 * What Hetzner says of the servers: a deploy does not see that one is off. Without a token nobody is asked, which matters only where a
 * host does not answer.
 * @returns null where it was not asked
 */
export async function askServers(env: NodeJS.ProcessEnv): Promise<readonly ServerStatus[] | { readonly why: string } | null> {
  const api = apiOf(env);
  if (!api) return null;
  try {
    return await api.list('servers', serverSchema);
  } catch (error) {
    if (error instanceof ApiAway || error instanceof ApiRefusal) return { why: error.message };
    throw error;
  }
}

/** Of servers at Hetzner, and of hosts that do not answer. @param hosts those that were asked */
export function readServers(
  { name, environment }: Pick<Deployed, 'name' | 'environment'>,
  hosts: readonly HostTold[],
  answer: Awaited<ReturnType<typeof askServers>>,
): Told {
  const known = answer !== null && !('why' in answer) ? answer : null;
  const told = hosts.map(({ host, noAnswer }) => {
    const server = environment.servers.find(({ address }) => partOf(address)?.host === host.name);
    const power = server && known ? powerOf(name, host.name, server, known) : undefined;
    return { power, silence: noAnswer === null || power ? undefined : silent(host.name, server?.name ?? host.name, noAnswer) };
  });
  const differences = told.flatMap(({ power }) => power ?? []);
  const silences = told.flatMap(({ silence }) => silence ?? []);
  // The cause is rather here: the key, the network
  const nobodyAnswers = silences.length > 0 && silences.length === hosts.length;
  return {
    differences: nobodyAnswers ? differences : [...differences, ...silences],
    unasked: [
      ...(answer !== null && 'why' in answer ? [`whether servers are off: Hetzner's API: ${answer.why}`] : []),
      ...(nobodyAnswers ? silences.map(({ where, what }) => `files and units of ${where}, which ${what}`) : []),
    ],
  };
}

function powerOf(environment: string, where: string, { name }: PlannedServer, known: readonly ServerStatus[]): Difference | undefined {
  const status = known.find((server) => server.name === name)?.status;
  if (status === 'running') return undefined;
  if (status === undefined) return { where, what: `server ${name} is gone`, remedy: `npx cdktf deploy ${quote(environment)}` };
  return { where, what: `server ${name} is ${status}`, remedy: status === 'off' ? powerOn(name) : 'wait, and ask again' };
}

/** Terraform does not know of power. */
export const powerOn = (server: string): string => `hcloud server poweron ${quote(server)}`;

function silent(where: string, server: string, why: string): Difference {
  return { where, what: `does not answer: ${why}`, remedy: `if it is off: ${powerOn(server)}` };
}
