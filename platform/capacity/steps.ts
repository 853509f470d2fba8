import { NETWORK_ZONES, type LocationName } from '../../lib/hetzner/locations';
import { largerTypeThan, priceOf } from '../../lib/hetzner/server-types';
import type { PlannedServer } from '../environment/stack';
import { capacityOf, ofTier, TIER_OF, type Bearing, type Planned } from './capacity';
import type { Costs, Part, RequestKind } from './costs';

/** A change of settings that moves an end. */
export interface Step {
  readonly part: Part;
  /** e.g. `web.serverCount 3`, `mysql.serverType cx33`. */
  readonly setting: string;
  /** EUR a month net that it costs more, without volumes; undefined: the price is not known here. */
  readonly euros: number | undefined;
  /** What ends at that part today, and what is borne then. */
  readonly then: readonly Bearing[];
}

const MOST_SERVERS = 20;
const MOST_MEMBERS = 9;
const SETTING = { lb: 'loadBalancers', web: 'web', app: 'app', readers: 'mysql', primary: 'mysql' } as const;

/** For each part at which something ends first: one more server where that helps, and the next larger server type where that helps. */
export function nextSteps(environment: Planned, costs: Costs): readonly Step[] {
  const { requests } = capacityOf(environment, costs);
  const parts = [...new Set(requests.map(({ endsAt }) => endsAt))];
  return parts.flatMap((part) => {
    const ending = requests.filter(({ endsAt }) => endsAt === part).map(({ request }) => request);
    return [moreServers(environment, part), largerServers(environment, part)].flatMap((step) =>
      step ? [told(step, part, ending, costs)] : [],
    );
  });
}

interface Change {
  readonly setting: string;
  readonly euros: number | undefined;
  readonly environment: Planned;
}

function told({ setting, euros, environment }: Change, part: Part, ending: readonly RequestKind[], costs: Costs): Step {
  return { part, setting, euros, then: capacityOf(environment, costs).requests.filter(({ request }) => ending.includes(request)) };
}

/** Undefined where more do not help: one load balancer works at a time, and one member writes. */
function moreServers(environment: Planned, part: Part): Change | undefined {
  const servers = ofTier(environment, TIER_OF[part]);
  const [first] = servers;
  if (!first || part === 'lb' || part === 'primary') return undefined;
  // An even number of members outvotes no more failures than one member less
  const more = part === 'readers' ? 2 : 1;
  const count = servers.length + more;
  if (count > (part === 'readers' ? MOST_MEMBERS : MOST_SERVERS)) return undefined;
  const euros = price(first, first.serverType);
  return {
    setting: `${SETTING[part]}.${part === 'readers' ? 'memberCount' : 'serverCount'} ${count}`,
    euros: euros === undefined ? undefined : more * euros,
    environment: { ...environment, servers: [...environment.servers, ...Array<PlannedServer>(more).fill(first)] },
  };
}

/** Undefined where it does not help, since Node computes on one core, and where there is none. */
function largerServers(environment: Planned, part: Part): Change | undefined {
  const tier = TIER_OF[part];
  const servers = ofTier(environment, tier);
  const [first] = servers;
  if (!first || part === 'app' || !isLocationName(first.location)) return undefined;
  const type = largerTypeThan(first.serverType, first.location);
  if (type === undefined) return undefined;
  const differences = servers.map((server) => {
    const [now, then] = [price(server, server.serverType), price(server, type)];
    return now === undefined || then === undefined ? NaN : then - now;
  });
  const euros = differences.reduce((sum, each) => sum + each, 0);
  return {
    setting: `${SETTING[part]}.serverType ${type}`,
    euros: Number.isNaN(euros) ? undefined : euros,
    environment: {
      ...environment,
      servers: environment.servers.map((server) => (server.tier === tier ? { ...server, serverType: type } : server)),
    },
  };
}

const price = ({ location }: PlannedServer, serverType: string): number | undefined =>
  isLocationName(location) ? priceOf(serverType, location) : undefined;

const isLocationName = (location: string): location is LocationName => Object.hasOwn(NETWORK_ZONES, location);
