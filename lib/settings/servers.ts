import type { Problem } from '../errors';
import type { LocationName } from '../hetzner/locations';
import { serverTypeProblem, unknownServerType } from '../hetzner/server-types';
import { number, textWith } from './rules';

/** Where the servers are to be. */
export interface Place {
  readonly locations: readonly LocationName[];
}

/** Of the web and of the app tier. */
export const MOST_SERVERS = 20;
export const serverCount = number(1, MOST_SERVERS, { code: 'server-count', fix: 'choose one in that range' });

/** A type that Hetzner has, or had; whether it can be ordered depends on where it is to be. */
export const serverType = textWith(unknownServerType);

export function serverTypeProblems(prop: string, got: string, { locations }: Place): Problem[] {
  const problem = serverTypeProblem(prop, got, locations);
  return problem ? [problem] : [];
}
