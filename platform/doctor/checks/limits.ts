import { existing, known, type Facts } from '../facts';
import { findings, type Finding } from '../finding';

const limits = findings('limits');
const rate = findings('rate limit');

/** What a deploy would make, to be compared with the account's limits, which no API tells. */
export function checkLimits(facts: Pick<Facts, 'environment' | 'state' | 'project'>): Finding[] {
  const both = known(facts);
  if (!both) return [];
  const { project, state } = both;
  const isNew = ({ address, type }: Facts['environment']['named'][number]) => !existing(address, type, project.items, state);
  const servers = facts.environment.servers.filter(isNew);
  const dedicated = servers
    .map(({ serverType }) => project.serverTypes.find(({ name }) => name === serverType))
    .reduce((sum, type) => sum + (type?.cpu_type === 'dedicated' ? type.cores : 0), 0);
  const volumes = facts.environment.volumes.filter(isNew);
  const made = [
    some(servers.length, 'server'),
    some(servers.flatMap(({ publicIpv4, publicIpv6 }) => [publicIpv4, publicIpv6].filter(Boolean)).length, 'Primary IP'),
    dedicated > 0 ? `${dedicated} dedicated cores` : '',
    some(isNew(facts.environment.floatingIp) ? 1 : 0, 'floating IP'),
    some(volumes.length, 'volume', ` of ${volumes.reduce((sum, { size }) => sum + size, 0)} GB together`),
  ].filter(Boolean);
  if (made.length === 0) return [];
  return [
    limits.note(
      `a deploy makes ${made.join(', ')}. The API does not tell your account's limits: compare them in the console (Limits), and have them raised there. ` +
        'A deploy that reaches one ends with resource_limit_exceeded; the next goes on where it ended',
    ),
  ];
}

const some = (count: number, what: string, more = ''): string => (count === 0 ? '' : `${count} ${what}${count > 1 ? 's' : ''}${more}`);

/**
 * Counted on the lab: first deploys of 20 things took 164 and 196 requests of Terraform, one without changes 33. At Hetzner actions take
 * longer, and each second of waiting for one is a request more; how many is a guess.
 */
const REQUESTS_A_NEW_THING = 12;
const REQUESTS_A_THING = 3;
/** The load balancers' agents ask some 16 times a minute, and this command 30 times. */
const REQUESTS_OF_OTHERS = 200;

/** Room for a deploy in the requests that the project may make an hour. */
export function checkRateLimit(facts: Pick<Facts, 'environment' | 'state' | 'project' | 'rateLimit' | 'now'>): Finding[] {
  const both = known(facts);
  const {
    rateLimit,
    environment: { named },
  } = facts;
  if (!both || !rateLimit) return [];
  const there = named.filter(({ address, type }) => existing(address, type, both.project.items, both.state)).length;
  const needed = REQUESTS_OF_OTHERS + there * REQUESTS_A_THING + (named.length - there) * REQUESTS_A_NEW_THING;
  const { limit, remaining, fullAt } = rateLimit;
  const says = `${remaining} of ${limit} requests an hour are left, a deploy takes some ${needed}`;
  if (remaining >= needed) return [rate.fine(says)];
  const minutes = Math.max(1, Math.ceil(((needed - remaining) * 60) / limit));
  return [
    rate.wrong(
      says,
      `wait ${minutes} minutes (all are back at ${fullAt.toISOString().slice(11, 16)} UTC), and look who asks so much: other programs with a token of this project count, too`,
    ),
  ];
}
