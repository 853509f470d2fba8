import type { ITerraformDependable } from 'cdktf';
import type { Host } from '../net/address-plan';
import type { ProvisionedServer } from './provisioned-server';

/**
 * Makes the servers of a tier, each of which is configured only after the one before: the configure step of a host ends when
 * that host is healthy again, so that one which does not come back stops the roll.
 *
 * @param make gets a host and the steps that must have succeeded before it is configured
 * @param configureAfter steps before the first one. Default: none
 */
export function roll(
  hosts: readonly Host[],
  make: (host: Host, configureAfter: readonly ITerraformDependable[]) => ProvisionedServer,
  configureAfter: readonly ITerraformDependable[] = [],
): readonly ProvisionedServer[] {
  return hosts.reduce<readonly ProvisionedServer[]>((before, host) => {
    const previous = before.at(-1);
    return [...before, make(host, previous ? [previous.configured] : configureAfter)];
  }, []);
}
