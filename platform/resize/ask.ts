import type { Deployed } from '../environment/deployed';
import type { Environment } from '../environment/stack';
import type { HetznerApi } from '../hetzner/api';
import { readServer } from '../hetzner/server';
import { partOf } from '../summary/hosts';
import type { Candidate } from './plan';

/** The servers that are there, with what main.ts wants for them. A new one of main.ts is made by the next deploy, with its type. */
export async function askCandidates(
  { hosts, state }: Pick<Deployed, 'hosts' | 'state'>,
  { servers }: Pick<Environment, 'servers'>,
  api: HetznerApi,
): Promise<readonly Candidate[]> {
  const found = hosts.flatMap((host) => {
    const planned = servers.find(({ address }) => partOf(address)?.host === host.name);
    const made = planned && state.get(planned.address);
    return made ? [{ host, id: Number(made.id), planned }] : [];
  });
  return Promise.all(
    found.map(async ({ host, id, planned: { serverType: wanted, location } }) => {
      const server = await readServer(api, id);
      return { host, server, wanted, location: server.location?.name ?? location };
    }),
  );
}
