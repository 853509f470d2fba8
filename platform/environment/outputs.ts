import { isIP } from 'node:net';
import { z } from 'zod';
import { TIERS, type Tier } from '../../lib/net/address-plan';

/** A server of an environment, as its outputs name it. */
export interface Host {
  readonly name: string;
  readonly tier: Tier;
  readonly privateAddress: string;
  /** Of load balancers only. */
  readonly publicAddress: string | null;
}

/** What Terraform's outputs tell of an environment. */
export interface Outputs {
  readonly url: string;
  readonly floatingIp: string;
  /** From the visitor inwards. */
  readonly hosts: readonly Host[];
  /** Lines for SSH; null where host keys are not pinned. */
  readonly knownHosts: string | null;
}

const address = z.string().refine((text) => isIP(text) !== 0, 'not an IP address');
/** It becomes a word of ssh's configuration. */
const hostName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const value = <T extends z.ZodType>(type: T) => z.object({ value: type });

const outputsSchema = z.object({
  url: value(z.url({ protocol: /^https$/ })),
  floating_ip: value(address),
  servers: value(z.record(hostName, z.object({ tier: z.enum(TIERS), private_address: address, public_address: address.optional() }))),
  known_hosts: value(z.string()).optional(),
});

const stateSchema = z.object({ outputs: z.record(z.string(), z.unknown()).default({}) });

/**
 * @param text a state of Terraform; nothing before the first deploy
 * @returns null where no deploy has come as far as to have addresses
 * @throws ZodError for outputs that are not those of PlatformStack
 */
export function parseOutputs(text: string): Outputs | null {
  const { outputs } = stateSchema.parse(text.trim() === '' ? {} : JSON.parse(text));
  if (outputs['servers'] === undefined || outputs['floating_ip'] === undefined) return null;
  const { url, floating_ip: floatingIp, servers, known_hosts: knownHosts } = outputsSchema.parse(outputs);
  return {
    url: url.value,
    floatingIp: floatingIp.value,
    hosts: Object.entries(servers.value)
      .map(([name, { tier, private_address: privateAddress, public_address: publicAddress }]) => ({
        name,
        tier,
        privateAddress,
        publicAddress: publicAddress ?? null,
      }))
      .sort(fromTheVisitorInwards),
    knownHosts: knownHosts?.value ?? null,
  };
}

function fromTheVisitorInwards(one: Host, other: Host): number {
  return TIERS.indexOf(one.tier) - TIERS.indexOf(other.tier) || one.name.localeCompare(other.name, 'en', { numeric: true });
}
