import { TerraformLocal, type ITerraformDependable, type Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import { DataHcloudServerTypes } from '../../.gen/providers/hcloud/data-hcloud-server-types';
import { DataHcloudServers } from '../../.gen/providers/hcloud/data-hcloud-servers';
import type { Tier } from '../net/address-plan';
import type { LocationName } from '../hetzner/locations';
import { alternativesTo, architectureOf, diskGigabytesOf, priceOf } from '../hetzner/server-types';

/** What Hetzner is asked to deliver for one server. */
export interface ServerOrder {
  /** In the Hetzner project. */
  readonly name: string;
  readonly tier: Tier;
  readonly serverType: string;
  readonly location: LocationName;
}

/** Where an environment sets the type of a tier's servers. */
const SETTINGS: Readonly<Record<Tier, string>> = { lb: 'loadBalancers', web: 'web', app: 'app', mysql: 'mysql' };

/**
 * Refuses a plan that orders what Hetzner cannot deliver, while nothing has been made and all machines run.
 *
 * Asks the API for all server types and all servers of the project, a request each. A server that is there with its type and location needs
 * no stock, so that nothing fails because of servers that exist. One that is there with another type is to be resized: to one that it cannot
 * have is refused here, and only then does the server itself tell how it is resized. A member of the database that has not left its group is not deleted.
 */
export class ServerStock extends Construct {
  /** Has succeeded when nothing was refused. */
  readonly checked: ITerraformDependable;

  /** @param mayDestroy names of members that may be deleted although they have not left. */
  constructor(
    scope: Construct,
    id: string,
    orders: readonly ServerOrder[],
    { namePrefix = '', mayDestroy = [] }: { readonly namePrefix?: string; readonly mayDestroy?: readonly string[] } = {},
  ) {
    super(scope, id);
    const types = new DataHcloudServerTypes(this, 'types');
    // The end of a type may be announced long before; timecmp fails for one that has no end
    const offers = 'offer.available && try(timecmp(offer.unavailable_after, plantimestamp()) > 0, true)';
    const names = `[for offer in type.locations : join("/", [type.name, offer.name]) if ${offers}]`;
    const orderable = new TerraformLocal(
      this,
      'orderable',
      `\${flatten([for type in data.${types.terraformResourceType}.${types.friendlyUniqueId}.server_types : ${names}])}`,
    );
    const members = orders.filter(({ tier }) => tier === 'mysql').map(({ name }) => name);
    const postcondition = [
      ...alike(orders).flatMap((group) => [canBeOrdered(group, `local.${orderable.friendlyUniqueId}`), ...canBeResized(group)]),
      ...(members.length > 0 ? [membersHaveLeft([...members, ...mayDestroy.map((name) => `${namePrefix}${name}`)], namePrefix)] : []),
    ];
    this.checked = new DataHcloudServers(this, 'servers', { lifecycle: postcondition.length > 0 ? { postcondition } : undefined });
  }
}

/** Those of one tier, type and location together. */
function alike(orders: readonly ServerOrder[]): ServerOrder[][] {
  const groups = new Map<string, ServerOrder[]>();
  for (const order of orders) {
    const key = [order.tier, order.serverType, order.location].join('/');
    groups.set(key, [...(groups.get(key) ?? []), order]);
  }
  return [...groups.values()];
}

/** All orders are of one tier, type and location. */
function canBeOrdered(orders: readonly ServerOrder[], orderable: string): Postcondition {
  const { tier, serverType, location } = orders[0] as ServerOrder;
  const wanted = list(orders.map(({ name }) => [name, location, serverType].join('/')));
  const missing = `setsubtract(${wanted}, [for server in self.servers : join("/", [server.name, server.location, server.server_type])])`;
  const others = alternativesTo(serverType, location).map((type) => list([`${type}/${location}`, remedy(tier, type, location)]));
  const hopeless = 'Set another location in locations, or wait until the console offers it again.';
  return {
    condition: `\${length(${missing}) == 0 || contains(${orderable}, "${serverType}/${location}")}`,
    errorMessage:
      `\${join(", ", [for order in ${missing} : split("/", order)[0]])}: Hetzner cannot deliver ${serverType} in ${location} now. ` +
      `\${concat([for other in [${others.join(', ')}] : other[1] if contains(${orderable}, other[0])], ["${hopeless}"])[0]}`,
  };
}

function remedy(tier: Tier, type: string, location: LocationName): string {
  const price = priceOf(type, location);
  const cost = price === undefined ? '' : ` (EUR ${price.toFixed(2)} a month without VAT in September 2026)`;
  return `${type} can be had there${cost}: set ${SETTINGS[tier]}.serverType to '${type}', or another location in locations.`;
}

/** Nothing for a type that is not known here. */
function canBeResized(orders: readonly ServerOrder[]): Postcondition[] {
  const { tier, serverType, location } = orders[0] as ServerOrder;
  const disk = diskGigabytesOf(serverType);
  if (disk === undefined) return [];
  const isArm = architectureOf(serverType) === 'arm';
  const differs = `server.location == "${location}" && server.server_type != "${serverType}"`;
  const refused = `(server.primary_disk_size > ${disk} || startswith(server.server_type, "cax") != ${isArm})`;
  const names = `[for server in self.servers : server.name if contains(${list(orders.map(({ name }) => name))}, server.name) && ${differs} && ${refused}]`;
  return [
    {
      condition: `\${length(${names}) == 0}`,
      errorMessage:
        `\${join(", ", sort(${names}))}: Hetzner changes the type of a server only to one of the same architecture whose disk is not smaller than the server's; ` +
        `${serverType} (${isArm ? 'Arm' : 'x86'}, ${disk} GB) is none. Set another ${SETTINGS[tier]}.serverType, or delete the servers one after another and deploy after each.`,
    },
  ];
}

/** Their volumes would be deleted with them. @param expected members that stay, or may be deleted in any case */
function membersHaveLeft(expected: readonly string[], namePrefix: string): Postcondition {
  const isMember = `can(regex("^${namePrefix}db-[0-9]+$", server.name)) && lookup(server.labels, "tier", "") == "mysql"`;
  const hasLeft = 'lookup(server.labels, "leaving", "") == "yes"';
  const names = `[for server in self.servers : server.name if ${isMember} && !contains(${list(expected)}, server.name) && !(${hasLeft})]`;
  return {
    condition: `\${length(${names}) == 0}`,
    errorMessage:
      `\${join(", ", sort(${names}))}: a deploy would delete a member, and its volume with its data, before it has left the group. First let the last members leave, ` +
      'with mysql.leavingCount and the memberCount of before, and deploy; then lower memberCount. For a member that is broken, set mayDestroy to its name (without the prefix).',
  };
}

const list = (texts: readonly string[]): string => JSON.stringify(texts);
