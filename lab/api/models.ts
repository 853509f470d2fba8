/** The data of the emulated project. One file for each resource renders them as answers. */
import type { Image, Location, ServerType } from './catalogue';
import type { FirewallRule } from './hardware';
import type { Labels } from './labels';

export interface Resource {
  readonly id: number;
  name: string;
  labels: Labels;
  /** ISO 8601 */
  readonly created: string;
}

export interface SshKey extends Resource {
  readonly publicKey: string;
  /** MD5 of the key blob, 16 hex pairs with colons. */
  readonly fingerprint: string;
}

export interface Subnet {
  readonly type: 'cloud' | 'server';
  readonly ipRange: string;
  readonly networkZone: string;
}

export interface Route {
  readonly destination: string;
  readonly gateway: string;
}

export interface Network extends Resource {
  ipRange: string;
  subnets: readonly Subnet[];
  routes: readonly Route[];
  deleteProtection: boolean;
  exposeRoutesToVswitch: boolean;
}

export interface PlacementGroup extends Resource {
  readonly type: 'spread';
}

export type FirewallTarget =
  { readonly type: 'server'; readonly serverId: number } | { readonly type: 'label_selector'; readonly selector: string };

export interface Firewall extends Resource {
  rules: readonly FirewallRule[];
  appliedTo: readonly FirewallTarget[];
}

export interface Attachment {
  readonly networkId: number;
  readonly ip: string;
  aliasIps: readonly string[];
  readonly macAddress: string;
  /** True while the action runs: the address is reserved, but not configured yet. */
  pending: boolean;
}

export type ServerStatus = 'initializing' | 'starting' | 'running' | 'off' | 'rebuilding' | 'unknown';

export interface Server extends Resource {
  status: ServerStatus;
  /** When it was last seen to be off, in the clock's milliseconds; null since it was switched on. */
  offSince: number | null;
  serverType: ServerType;
  image: Image;
  readonly location: Location;
  primaryDiskSize: number;
  attachments: readonly Attachment[];
  placementGroup: number | null;
  deleteProtection: boolean;
  rebuildProtection: boolean;
  readonly sshPublicKeys: readonly string[];
  userData: string | null;
  /** State at the hardware; part of the network once `made`. */
  machine: 'none' | 'making' | 'made';
}

export type IpFamily = 'ipv4' | 'ipv6';

interface PublicAddress extends Resource {
  readonly type: IpFamily;
  /** IPv6: a /64 whose network ends in `::`. */
  readonly ip: string;
  readonly location: Location;
  /** By address; what is absent has the default pointer. */
  pointers: Readonly<Record<string, string>>;
  deleteProtection: boolean;
}

export interface PrimaryIp extends PublicAddress {
  assigneeId: number | null;
  autoDelete: boolean;
}

export interface FloatingIp extends PublicAddress {
  description: string | null;
  serverId: number | null;
}

export interface Volume extends Resource {
  readonly location: Location;
  readonly format: 'ext4' | 'xfs' | null;
  size: number;
  serverId: number | null;
  status: 'creating' | 'available';
  deleteProtection: boolean;
}
