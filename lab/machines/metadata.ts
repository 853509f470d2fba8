import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { stringify } from 'yaml';
import type { DesiredServer, ServerSpec } from '../api/hardware';

export interface MetadataSource {
  /** The server that has this address, public, floating or private. */
  serverAt(address: string): { readonly spec: ServerSpec; readonly server: DesiredServer } | null;
}

/** Hetzner's metadata service. It identifies a server by the address that asks. */
export function createMetadataService(source: MetadataSource): Hono {
  const app = new Hono();
  const answer = (path: string, render: (spec: ServerSpec, server: DesiredServer) => string | null) =>
    app.get(path, (c) => {
      const address = (getConnInfo(c).remote.address ?? '').replace(/^::ffff:/, '');
      const found = source.serverAt(address);
      const text = found && render(found.spec, found.server);
      return text === null ? c.text('not found\n', 404) : c.text(text);
    });

  answer('/hetzner/v1/metadata', (spec, server) => stringify(metadata(spec, server), { lineWidth: 0 }));
  answer('/hetzner/v1/metadata/hostname', (spec) => spec.name);
  answer('/hetzner/v1/metadata/instance-id', (spec) => String(spec.id));
  answer('/hetzner/v1/metadata/public-ipv4', (_, server) => server.publicIpv4 ?? '');
  answer('/hetzner/v1/metadata/region', (spec) => spec.location.networkZone);
  answer('/hetzner/v1/metadata/availability-zone', availabilityZone);
  answer('/hetzner/v1/metadata/private-networks', (_, server) => stringify(privateNetworks(server)));
  answer('/hetzner/v1/metadata/public-keys', (spec) => stringify([...spec.sshPublicKeys], { lineWidth: 0 }));
  answer('/hetzner/v1/userdata', (spec) => spec.userData ?? '');
  return app;
}

const availabilityZone = (spec: ServerSpec) => `${spec.location.name}-dc1`;

const metadata = (spec: ServerSpec, server: DesiredServer) => ({
  'availability-zone': availabilityZone(spec),
  hostname: spec.name,
  'instance-id': spec.id,
  'public-ipv4': server.publicIpv4 ?? '',
  'public-keys': [...spec.sshPublicKeys],
  region: spec.location.networkZone,
});

const privateNetworks = (server: DesiredServer) =>
  server.privateNets.map((net, index) => ({
    ip: net.ip,
    alias_ips: [...net.aliasIps],
    interface_num: index + 1,
    mac_address: net.macAddress,
    network_id: net.networkId,
    network_name: net.networkName,
    network: net.networkRange,
    subnet: net.subnetRange,
    gateway: net.gateway,
  }));
