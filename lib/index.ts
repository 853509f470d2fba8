/**
 * What a project imports that has installed this library as a package.
 *
 * {@link PlatformStack} is a whole environment. The tiers can be used on their own with a {@link Site}: examples/tiers-alone.ts shows how.
 *
 * @module
 */
export { PlatformStack, CONNECTIONS, WAYS_OUT } from './platform-stack';
export type { Backend, EnvironmentSettings } from './settings';
export { ConfigError, type Problem } from './errors';

export { LoadBalancerPair, type AcmeClient, type LoadBalancerPairProps, type ProxyAccess } from './tiers/load-balancer-pair';
export { WebTier, type WebTierProps } from './tiers/web-tier';
export { AppTier, type Application, type AppTierProps } from './tiers/app-tier';
export { MySqlTier, type MySqlTierProps } from './tiers/mysql-tier';
export { hostFirewall, type HostFirewallProps } from './tiers/host-firewall';

export { AddressPlan, TIERS, type AddressPlanProps, type Endpoint, type Host, type Tier } from './net/address-plan';
export type { Connection, Peer, WayOut } from './net/connections';
export type { HaproxyLimits } from './net/capacity';
export { NETWORK_ZONES, type LocationName } from './hetzner/locations';
export { PORTS } from './net/ports';
export type { LogSettings } from './net/log-settings';
export type { Hsts } from './config/haproxy';

export { Site, type SiteProps } from './servers/site';
export { Edge, type AcmeRequest, type AcmeSettings, type CertificateSource, type EdgeProps } from './edge';
export type { CloudflareSettings, OriginCertificateSettings, OriginPullsSettings } from './cloudflare/settings';
export { InternalAuthority, type AuthorityProps, type CertificateRequest, type IssuedCertificate } from './certificates/internal-authority';
export { ProvisionedServer, type ProvisionedServerProps } from './servers/provisioned-server';
export { Revision } from './certificates/revision';
export { MYSQL_SERIES, type MySqlRepository, type MySqlSeries } from './servers/mysql-packages';
export { PlatformVariables } from './servers/variables';
export { lockProviders, takeExactly } from './servers/provider-lock';
export { HcloudProvider } from '../.gen/providers/hcloud/provider';
