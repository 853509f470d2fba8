import { createHash } from 'node:crypto';
import { failure, ProviderError } from '../protocol/diagnostics';
import type { DataSource } from '../protocol/provider';
import type { State } from '../protocol/value';
import type { FloatingIp, Network, PlacementGroup, PrimaryIp, Server, SshKey, Volume } from './api-types';
import { number, text, texts, type HcloudCall, type HcloudClients } from './common';
import { attributes as floatingIpAttributes } from './floating-ip';
import { attributes as networkAttributes } from './network';
import { attributes as placementGroupAttributes } from './placement-group';
import { attributes as primaryIpAttributes } from './primary-ip';
import { serverAttributes } from './server-state';
import { attributes as sshKeyAttributes } from './ssh-key';
import { attributes as volumeAttributes } from './volume';

interface LookUp<T> {
  readonly collection: string;
  readonly key: string;
  /** As in the provider's messages. */
  readonly called: string;
  readonly attributes: (object: T) => State;
  /** What its message asks for. @default 'an id, a name or a selector' */
  readonly choices?: string;
  /** Another attribute to find it by, and the object's value to compare. */
  readonly also?: { readonly attribute: string; readonly query?: string; readonly valueOf: (object: T) => string };
}

/** A data source for one object: by id, name or label selector. */
function lookUp<T extends { readonly id: number }>({
  collection,
  key,
  called,
  attributes,
  choices,
  also,
}: LookUp<T>): DataSource<HcloudClients> {
  return {
    style: 'sdk',
    async read(call) {
      const {
        client: { sdk: api },
        config,
        signal,
      } = call;
      const numericId = (found: T): State => ({ ...attributes(found), id: found.id });
      const missing = (by: string): never => {
        throw new ProviderError(failure(`no ${called} found with ${by}`));
      };
      const id = number(config['id']);
      if (id !== 0) return numericId((await api.find<T>(`/${collection}/${id}`, key, signal)) ?? missing(`id ${id}`));
      const name = text(config['name']);
      if (name !== '') return numericId((await api.findByName<T>(collection, name, signal)) ?? missing(`name ${name}`));
      const value = also === undefined ? '' : text(config[also.attribute]);
      if (also !== undefined && value !== '') {
        const all = await api.all<T>(collection, also.query === undefined ? {} : { [also.query]: value }, signal);
        return numericId(all.find((each) => also.valueOf(each) === value) ?? missing(`${also.attribute} ${value}`));
      }
      const selector = text(config['with_selector']) || text(config['selector']);
      if (selector === '')
        throw new ProviderError(failure(`please specify ${choices ?? 'an id, a name or a selector'} to lookup the ${called}`));
      return numericId(await onlyOne<T>(call, collection, called, selector, texts(config['with_status'])));
    },
  };
}

async function onlyOne<T>(
  { client, signal }: HcloudCall,
  collection: string,
  called: string,
  selector: string,
  statuses: readonly string[],
): Promise<T> {
  const filter = { label_selector: selector, ...(statuses[0] === undefined ? {} : { status: statuses[0] }) };
  const [first, ...more] = await client.sdk.all<T>(collection, filter, signal);
  if (first === undefined) throw new ProviderError(failure(`no ${called} found for selector "${selector}"`));
  if (more.length > 0) throw new ProviderError(failure(`more than one ${called} found for selector "${selector}"`));
  return first;
}

/** The id of a list: a hash of the ids in it. */
export function listId(ids: readonly number[]): string {
  return createHash('sha1').update(ids.join('')).digest('hex');
}

export const lookUps: Readonly<Record<string, DataSource<HcloudClients>>> = {
  hcloud_floating_ip: lookUp<FloatingIp>({
    collection: 'floating_ips',
    key: 'floating_ip',
    called: 'Floating IP',
    attributes: floatingIpAttributes,
    also: { attribute: 'ip_address', valueOf: (found) => text(floatingIpAttributes(found)['ip_address']) },
  }),
  hcloud_network: lookUp<Network>({ collection: 'networks', key: 'network', called: 'network', attributes: networkAttributes }),
  hcloud_placement_group: lookUp<PlacementGroup>({
    collection: 'placement_groups',
    key: 'placement_group',
    called: 'placement group',
    attributes: placementGroupAttributes,
  }),
  hcloud_primary_ip: lookUp<PrimaryIp>({
    collection: 'primary_ips',
    key: 'primary_ip',
    called: 'primary ip',
    attributes: primaryIpAttributes,
    also: { attribute: 'ip_address', query: 'ip', valueOf: (found) => text(primaryIpAttributes(found)['ip_address']) },
  }),
  hcloud_server: lookUp<Server>({
    collection: 'servers',
    key: 'server',
    called: 'Server',
    choices: 'a id, name or a selector',
    attributes: serverForDataSource,
  }),
  hcloud_ssh_key: lookUp<SshKey>({
    collection: 'ssh_keys',
    key: 'ssh_key',
    called: 'ssh key',
    attributes: sshKeyAttributes,
    also: { attribute: 'fingerprint', query: 'fingerprint', valueOf: ({ fingerprint }) => fingerprint },
  }),
  hcloud_volume: lookUp<Volume>({ collection: 'volumes', key: 'volume', called: 'volume', attributes: volumeAttributes }),
};

/** Attributes of a listed server that the provider leaves as they are. */
const NEVER_SET = { datacenter: '', iso: '', rescue: '' };

/** All servers, or those that a selector and a status choose. */
export const servers: DataSource<HcloudClients> = {
  style: 'sdk',
  async read({ client, config, signal }) {
    const [selector, status] = [text(config['with_selector']), texts(config['with_status'])[0]];
    const filter = { ...(selector === '' ? {} : { label_selector: selector }), ...(status === undefined ? {} : { status }) };
    const found = await client.sdk.all<Server>('servers', filter, signal);
    return {
      id: listId(found.map(({ id }) => id)),
      servers: found.map((server) => ({ ...NEVER_SET, ...serverForDataSource(server), id: server.id })),
    };
  },
};

function serverForDataSource(server: Server): State {
  // The provider looks for the network's id in the configuration, where a data source has none
  const network = server.private_net.map(({ ip, alias_ips, mac_address }) => ({ network_id: 0, ip, alias_ips, mac_address }));
  return { ...serverAttributes(server, {}), network };
}
