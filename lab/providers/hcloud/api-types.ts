// The parts of the API's answers that the provider reads.

export interface Action {
  readonly id: number;
  readonly command: string;
  readonly status?: 'running' | 'success' | 'error';
  readonly resources?: readonly { readonly id: number; readonly type: string }[];
  readonly error?: { readonly code: string; readonly message: string } | null;
}

export type Labels = Readonly<Record<string, string>>;
export interface Protection {
  readonly delete: boolean;
  readonly rebuild?: boolean;
}
export interface DnsPointer {
  readonly ip: string;
  readonly dns_ptr: string;
}
export interface Named {
  readonly id: number;
  readonly name: string;
}

export interface SshKey extends Named {
  readonly fingerprint: string;
  readonly public_key: string;
  readonly labels: Labels;
}
export interface Network extends Named {
  readonly ip_range: string;
  readonly labels: Labels;
  readonly protection: Protection;
  readonly expose_routes_to_vswitch: boolean;
  readonly subnets: readonly {
    readonly type: string;
    readonly ip_range: string;
    readonly network_zone: string;
    readonly gateway: string;
    readonly vswitch_id: number | null;
  }[];
  readonly routes: readonly { readonly destination: string; readonly gateway: string }[];
}
export interface PlacementGroup extends Named {
  readonly labels: Labels;
  readonly type: string;
  readonly servers: readonly number[];
}
export interface FirewallRule {
  readonly direction: string;
  readonly protocol: string;
  readonly port: string | null;
  readonly description: string | null;
  readonly source_ips: readonly string[];
  readonly destination_ips: readonly string[];
}
export interface FirewallTarget {
  readonly type: 'server' | 'label_selector';
  readonly server?: { readonly id: number } | null;
  readonly label_selector?: { readonly selector: string } | null;
  readonly applied_to_resources?: readonly FirewallTarget[];
}
export interface Firewall extends Named {
  readonly labels: Labels;
  readonly rules: readonly FirewallRule[];
  readonly applied_to: readonly FirewallTarget[];
}
export interface Server extends Named {
  readonly status: string;
  readonly server_type: Named;
  readonly location: { readonly name: string };
  readonly image: { readonly id: number; readonly name: string | null } | null;
  readonly labels: Labels;
  readonly protection: Protection;
  readonly backup_window: string | null;
  readonly rescue_enabled: boolean;
  readonly primary_disk_size: number;
  readonly placement_group: { readonly id: number } | null;
  readonly private_net: readonly {
    readonly network: number;
    readonly ip: string;
    readonly alias_ips: readonly string[];
    readonly mac_address: string;
  }[];
  readonly public_net: {
    readonly ipv4: { readonly id: number; readonly ip: string; readonly dns_ptr: string } | null;
    readonly ipv6: { readonly id: number; readonly ip: string; readonly dns_ptr: readonly DnsPointer[] } | null;
    readonly firewalls: readonly { readonly id: number }[];
  };
}
export interface FloatingIp extends Named {
  readonly description: string | null;
  readonly ip: string;
  readonly type: string;
  readonly server: number | null;
  readonly dns_ptr: readonly DnsPointer[];
  readonly home_location: { readonly name: string };
  readonly protection: Protection;
  readonly labels: Labels;
}
export interface PrimaryIp extends Named {
  readonly ip: string;
  readonly type: string;
  readonly assignee_id: number | null;
  readonly assignee_type: string;
  readonly auto_delete: boolean;
  readonly dns_ptr: readonly DnsPointer[];
  readonly location: { readonly name: string };
  readonly protection: Protection;
  readonly labels: Labels;
}
export interface Volume extends Named {
  readonly server: number | null;
  readonly location: { readonly name: string };
  readonly size: number;
  readonly protection: Protection;
  readonly labels: Labels;
  readonly linux_device: string;
}
export interface Image {
  readonly id: number;
  readonly type: string;
  readonly name: string | null;
  readonly description: string;
  readonly labels: Labels;
  readonly created: string;
  readonly os_flavor: string;
  readonly os_version: string | null;
  readonly architecture: string;
  readonly rapid_deploy: boolean;
  readonly deprecated: string | null;
}
export interface Deprecation {
  readonly announced: string;
  readonly unavailable_after: string;
}
export interface ServerType extends Named {
  readonly description: string;
  readonly category: string;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  readonly storage_type: string;
  readonly cpu_type: string;
  readonly architecture: string;
  readonly included_traffic: number;
  readonly deprecation: Deprecation | null;
  readonly locations: readonly (Named & {
    readonly deprecation: Deprecation | null;
    readonly available: boolean;
    readonly recommended: boolean;
  })[];
}
export interface Location extends Named {
  readonly description: string;
  readonly country: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly network_zone: string;
}
