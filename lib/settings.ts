import type { CloudflareSettings } from './cloudflare/settings';
import type { CertificateSource } from './edge';
import type { Tier } from './net/address-plan';
import type { LocationName } from './hetzner/locations';
import type { LogSettings } from './net/log-settings';
import type { AppTierProps, Application } from './tiers/app-tier';
import type { LoadBalancerPairProps } from './tiers/load-balancer-pair';
import type { MySqlTierProps } from './tiers/mysql-tier';
import type { WebTierProps } from './tiers/web-tier';

/** An environment, as it is written in main.ts. Everything but domain and application has a default. */
export interface EnvironmentSettings {
  /** Name that visitors use, e.g. `www.example.com`. */
  readonly domain: string;
  /** Further names in the certificate. @default none */
  readonly additionalDomains?: readonly string[];
  /** @default { mode: 'self-signed' } */
  readonly certificate?: CertificateSource;
  /** DNS records at Cloudflare, and its proxies before the load balancers: docs/cloudflare.md. @default you point the names to the floating IP */
  readonly cloudflare?: CloudflareSettings;
  readonly application: Application & {
    /** Local folder of static files; Nginx serves them. */
    readonly publicFolder: string;
  };

  /**
   * Locations of one network zone; the first is the floating IP's home, and server n of a tier goes to the n-th, round and round.
   * @default ['fsn1']
   */
  readonly locations?: readonly LocationName[];
  /**
   * Name of one of Hetzner's images, or the number of an own snapshot of a server that was made of one. Any but the default brings a warning at
   * synth: tests run on debian-13 alone, and nothing has been deployed to ubuntu-26.04 yet. Images without Node 20 are refused. @default debian-13
   */
  readonly image?: string;
  /** Before every name in the Hetzner project, e.g. `shop-`, so that two environments fit into one. @default '' */
  readonly namePrefix?: string;
  readonly network?: {
    /** RFC 1918 range in CIDR notation. @default 10.0.0.0/16 */
    readonly range?: string;
    /** At least a /27 each. @default the /24s number 1 (lb), 2 (web), 3 (app) and 4 (mysql) of the range */
    readonly subnets?: Partial<Record<Tier, string>>;
    /**
     * Name servers that hosts without a public address ask, one to three addresses; Hetzner tells these hosts none. Hosts with a public
     * address ask those that they are told, by DHCP or their image. Nobody may ask others. docs/security.md
     * @default ['185.12.64.1', '185.12.64.2'], Hetzner's: docs.hetzner.com/dns-console/dns/general/recursive-name-servers
     */
    readonly resolvers?: readonly string[];
  };

  readonly loadBalancers?: Omit<
    LoadBalancerPairProps,
    | 'site'
    | 'upstreams'
    | 'hostNames'
    | 'logs'
    | 'certificatePem'
    | 'certificateRevision'
    | 'failoverToken'
    | 'hcloudEndpoint'
    | 'cloudflare'
    | 'acme'
    | 'configureAfter'
  > & {
    /** Ranges that may log in by SSH, CIDR. @default any */
    readonly sshSources?: readonly string[];
    /** Ranges that may reach ports 80 and 443, CIDR. @default any; where the names are proxied, Cloudflare's alone */
    readonly webSources?: readonly string[];
  };
  readonly web?: Omit<WebTierProps, 'site' | 'upstreams' | 'logs' | 'publicFolder' | 'configureAfter'>;
  readonly app?: Omit<AppTierProps, 'site' | 'application' | 'databaseMembers' | 'credentials' | 'configureAfter'>;
  readonly mysql?: Omit<MySqlTierProps, 'site' | 'authority' | 'credentials' | 'configureAfter' | 'applicationConnections' | 'repository'>;

  /** What logs of load balancers and web servers say of visitors: docs/security.md. @default everything */
  readonly logs?: LogSettings;

  /** Accept a tier of one server, which is down whenever that server is. @default false */
  readonly allowSinglePointOfFailure?: boolean;
  /** Hetzner refuses to delete servers, volumes, network and floating IP until this is off again. @default false */
  readonly deleteProtection?: boolean;
  readonly updates?: {
    /** Hosts install security updates by themselves, and reboot where one needs it, one host of a tier after another: docs/updates.md. @default false */
    readonly securityUpdates?: boolean;
    /** When, UTC, e.g. `23:00-03:00`; at least 10 minutes for each server of the largest tier, and 6 more. @default 01:00-05:00 */
    readonly rebootWindow?: string;
  };
  /**
   * Terraform knows the SSH host key of each server before its first login, and fails where it finds another. Servers that were made
   * without it have keys that nobody can know, and would have to be replaced: docs/decisions/0005-host-keys-are-pinned.md. @default true
   */
  readonly pinHostKeys?: boolean;
  /**
   * Who logs in to servers by SSH, Terraform and people. Another than root is made with each server and has all rights by sudo, without a
   * password; root cannot log in at all then. On servers that exist make the user first: docs/security.md. @default root
   */
  readonly sshUser?: string;
  /**
   * How long a deploy tries to reach a server by SSH, in seconds, 15 to 3600: a new one has to boot, and a load balancer on the way may fail
   * over. Only then does it fail on a host key that is not the known one. @default 300
   */
  readonly sshTimeoutSeconds?: number;
  /**
   * CAs of the TLS between application and database, and between the load balancers where they obtain the certificate, by
   * names of your own. The first signs, all are trusted.
   * docs/rotation.md tells how to go from one to another. @default ['1']
   */
  readonly internalAuthorities?: readonly string[];
  /** Where Terraform keeps its state. @default { type: 'local' } */
  readonly backend?: Backend;
}

/** Where Terraform keeps its state, and where it runs. */
export type Backend =
  /** A file beside main.ts, `terraform.<environment>.tfstate`. */
  | { readonly type: 'local' }
  /** A workspace of HCP Terraform, or of a Terraform Enterprise at `hostname`. Leave the workspace's working directory empty. */
  | {
      readonly type: 'terraform-cloud';
      readonly organization: string;
      readonly workspace: string;
      /** @default app.terraform.io */ readonly hostname?: string;
    };

/** Only types the object, so that main.ts is checked where it is written. */
export function environment(settings: EnvironmentSettings): EnvironmentSettings {
  return settings;
}
