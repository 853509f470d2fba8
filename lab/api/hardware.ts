/**
 * The port to the hardware: everything that the emulated API needs of the machines and the network.
 * Ids are those of the API. A rejected promise ends the action with status `error`.
 */
export interface Hardware {
  /** Makes the disk, without booting. */
  createServer(spec: ServerSpec): Promise<void>;
  /** Stops the machine if it runs and removes its disk; volumes survive. */
  destroyServer(id: number): Promise<void>;
  powerOn(id: number): Promise<void>;
  /** Hard: like pulling the plug. */
  powerOff(id: number): Promise<void>;
  /** Asks the guest to stop; resolves when the signal is sent, not when the guest is down. */
  shutdown(id: number): Promise<void>;
  reboot(id: number): Promise<void>;
  reset(id: number): Promise<void>;
  /** A guest can also stop by itself. */
  isRunning(id: number): Promise<boolean>;
  /** Changes the limits of a stopped machine to those of another server type. Absent: types are labels only. */
  changeServerType?(id: number, serverType: ServerTypeSpec): Promise<void>;
  createVolume(spec: VolumeSpec): Promise<void>;
  resizeVolume(id: number, sizeGb: number): Promise<void>;
  attachVolume(id: number, serverId: number): Promise<void>;
  detachVolume(id: number): Promise<void>;
  destroyVolume(id: number): Promise<void>;
  /**
   * Brings links, addresses, routes and public firewalls to what the API says. Called after every change, never twice
   * at the same time; idempotent, level-triggered. A server is in it once createServer has resolved, until it is deleted.
   */
  syncNetwork(desired: DesiredNetwork): Promise<void>;
}

export interface ServerTypeSpec {
  readonly name: string;
  readonly cores: number;
  /** GB */
  readonly memory: number;
  /** GB */
  readonly disk: number;
}

export interface ServerSpec {
  readonly id: number;
  readonly name: string;
  /** Name of a system image: debian-12, debian-13, ubuntu-24.04, ubuntu-26.04. */
  readonly image: string;
  readonly serverType: ServerTypeSpec;
  /** One line each, as in authorized_keys. */
  readonly sshPublicKeys: readonly string[];
  /** As given to the API, at most 32 KiB. */
  readonly userData: string | null;
  /** Such as fsn1 in network zone eu-central; for the metadata service. */
  readonly location: { readonly name: string; readonly networkZone: string };
}

export interface VolumeSpec {
  readonly id: number;
  readonly sizeGb: number;
  /** null: not formatted. */
  readonly format: 'ext4' | 'xfs' | null;
}

export interface DesiredNetwork {
  readonly servers: readonly DesiredServer[];
  /** Routes of the networks: traffic to `destination` goes to the server with the private address `gateway`. */
  readonly routes: readonly { readonly networkRange: string; readonly destination: string; readonly gateway: string }[];
}

export interface DesiredServer {
  readonly id: number;
  readonly name: string;
  /** null: no public IPv4. */
  readonly publicIpv4: string | null;
  /** IPv4 floating IPs routed to this server. */
  readonly floatingIps: readonly string[];
  readonly privateNets: readonly PrivateNet[];
  /** null: no firewall applied, all passes. Otherwise Hetzner's rules, inbound default drop. Public side only. */
  readonly firewallRules: readonly FirewallRule[] | null;
}

export interface PrivateNet {
  readonly networkId: number;
  readonly networkName: string;
  /** Range of the whole network, such as 10.0.0.0/16. */
  readonly networkRange: string;
  /** Range of the subnet the address lies in. */
  readonly subnetRange: string;
  /** First address of the network's range; ARP answers for no other. */
  readonly gateway: string;
  readonly ip: string;
  readonly aliasIps: readonly string[];
  readonly macAddress: string;
}

/** A rule as Hetzner's API shows it: all six keys always there. */
export interface FirewallRule {
  readonly direction: 'in' | 'out';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'esp' | 'gre';
  /** `80`, `51820-51821`, `any`; null for protocols without ports. */
  readonly port: string | null;
  /** Canonical CIDRs, IPv4 and IPv6. For direction in. */
  readonly source_ips: readonly string[];
  /** Canonical CIDRs, IPv4 and IPv6. For direction out. */
  readonly destination_ips: readonly string[];
  readonly description: string | null;
}
