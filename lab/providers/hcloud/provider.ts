import { failure, ProviderError } from '../protocol/diagnostics';
import type { Provider } from '../protocol/provider';
import type { ProviderSchema } from '../protocol/schema';
import type { State } from '../protocol/value';
import schema from '../schemas/hcloud-1.68.0.json';
import { catalog } from './catalog';
import { HcloudClient } from './client';
import { text, type HcloudClients } from './common';
import { lookUps, servers } from './data-sources';
import { describeError } from './errors';
import { firewall } from './firewall';
import { firewallAttachment } from './firewall-attachment';
import { floatingIp } from './floating-ip';
import { floatingIpAssignment } from './floating-ip-assignment';
import { network } from './network';
import { networkRoute } from './network-route';
import { networkSubnet } from './network-subnet';
import { placementGroup } from './placement-group';
import { primaryIp } from './primary-ip';
import { rdns } from './rdns';
import { constant, exponential, parseDuration } from './retry';
import { server } from './server';
import { serverNetwork } from './server-network';
import { sshKey } from './ssh-key';
import { volume } from './volume';
import { volumeAttachment } from './volume-attachment';

const ENDPOINT = 'https://api.hetzner.cloud/v1';
const POLL_FUNCTIONS = ['constant', 'exponential'];

export interface HcloudOptions {
  /** Used where the configuration names none. @default HCLOUD_ENDPOINT, or Hetzner's own */
  readonly endpoint?: string;
  /** Used where the configuration gives none. @default HCLOUD_TOKEN, as this process has it, not Terraform */
  readonly token?: string;
}

/** The provider hetznercloud/hcloud 1.68.0. */
export function hcloudProvider(options: HcloudOptions = {}): Provider<HcloudClients> {
  return {
    address: 'registry.terraform.io/hetznercloud/hcloud',
    schema: schema as unknown as ProviderSchema,
    validation: {
      attributes: {
        token: (value, name) => (text(value).length === 64 ? null : invalidToken(name)),
        poll_function: (value, name) =>
          POLL_FUNCTIONS.includes(text(value))
            ? null
            : failure(`expected ${name} to be one of ["${POLL_FUNCTIONS.join('" "')}"], got ${text(value)}`, '', name),
      },
    },
    configure: (config) => clients(config, options),
    describeError,
    resources: {
      hcloud_firewall: firewall,
      hcloud_firewall_attachment: firewallAttachment,
      hcloud_floating_ip: floatingIp,
      hcloud_floating_ip_assignment: floatingIpAssignment,
      hcloud_network: network,
      hcloud_network_route: networkRoute,
      hcloud_network_subnet: networkSubnet,
      hcloud_placement_group: placementGroup,
      hcloud_primary_ip: primaryIp,
      hcloud_rdns: rdns,
      hcloud_server: server,
      hcloud_server_network: serverNetwork,
      hcloud_ssh_key: sshKey,
      hcloud_volume: volume,
      hcloud_volume_attachment: volumeAttachment,
    },
    dataSources: { ...catalog, ...lookUps, hcloud_servers: servers },
  };
}

function clients(config: State, options: HcloudOptions): HcloudClients {
  const token = text(config['token']) || options.token || (process.env['HCLOUD_TOKEN'] ?? '');
  if (token === '') {
    throw new ProviderError(
      failure(
        'Missing Hetzner Cloud API token',
        'While configuring the provider, the Hetzner Cloud API token was not found in the HCLOUD_TOKEN environment variable or provider configuration block token attribute.',
        'token',
      ),
    );
  }
  if (token.length !== 64) throw new ProviderError(invalidToken('token'));
  const endpoint = (text(config['endpoint']) || options.endpoint || process.env['HCLOUD_ENDPOINT'] || ENDPOINT).replace(/\/+$/, '');
  const configured = text(config['poll_interval']);
  const interval = parseDuration(configured || '500ms');
  if (interval === null)
    throw new ProviderError(
      failure(
        'Unparsable poll interval value',
        `An unexpected error was encountered trying to parse the value.\n\ntime: invalid duration "${configured}"`,
        'poll_interval',
      ),
    );
  const chosen = config['poll_function'] === 'constant' ? constant(interval) : exponential(interval, 60_000);
  return {
    sdk: new HcloudClient({ endpoint, token, pollWait: chosen }),
    // The newer half of the real provider heeds poll_function only beside a poll_interval.
    framework: new HcloudClient({ endpoint, token, pollWait: configured === '' ? exponential(500, 10_000) : chosen }),
  };
}

function invalidToken(name: string): ReturnType<typeof failure> {
  return failure('entered token is invalid (must be exactly 64 characters long)', '', name);
}
