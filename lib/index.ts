/**
 * What a project imports that has installed this library as a package.
 *
 * {@link PlatformStack} is a whole environment. The tiers can be used on their own with a {@link Site}: examples/tiers-alone.ts shows how.
 *
 * @module
 */
export { PlatformStack, CONNECTIONS, WAYS_OUT } from './platform-stack';
export { DEFAULTS, resolve, type Environment, type EnvironmentSettings } from './settings';
export type { Backend } from './settings/backend';
export { ConfigError, type Problem } from './errors';

export { LoadBalancerPair, type AcmeClient, type LoadBalancerPairProps, type ProxyAccess } from './tiers/load-balancer-pair';
export { WebTier, type WebTierProps } from './tiers/web-tier';
export { AppTier, type AppTierProps } from './tiers/app-tier';
export { MySqlTier, type MySqlTierProps } from './tiers/mysql-tier';
export { hostFirewall, type HostFirewallProps } from './tiers/host-firewall';

export { applicationConnections, resolveApp, type App, type AppSettings } from './settings/app';
export type { Application, ApplicationSettings } from './settings/application';
export type { AcmeSettings, Certificate, CertificateSource } from './settings/certificate';
export type { Cloudflare, CloudflareSettings, OriginPulls, OriginCertificateSettings, OriginPullsSettings } from './settings/cloudflare';
export { resolveLoadBalancers, type AroundLoadBalancers, type LoadBalancers, type LoadBalancerSettings } from './settings/load-balancers';
export { MYSQL_SERIES, resolveMySql, type AroundMySql, type MySql, type MySqlSeries, type MySqlSettings } from './settings/mysql';
export { resolveSite, type AccessSettings, type NetworkSettings, type ResolvedSite, type SiteSettings } from './settings/site';
export type { Updates, UpdateSettings } from './settings/updates';
export type { RebootWindow } from './updates/reboot-window';
export { resolveWeb, type Web, type WebSettings } from './settings/web';

export { AddressPlan, TIERS, type AddressPlanProps, type Endpoint, type Host, type Tier } from './net/address-plan';
export type { Connection, Peer, WayOut } from './net/connections';
export type { HaproxyLimits } from './net/capacity';
export { NETWORK_ZONES, type LocationName } from './hetzner/locations';
export { PORTS } from './net/ports';
export { LOG_DEFAULTS, type Logs, type LogSettings } from './net/log-settings';
export type { Hsts } from './config/haproxy';

export { Site, type SiteProps } from './servers/site';
export { deleteInOrder, type DeleteInOrderProps } from './servers/delete-in-order';
export type { Held } from './servers/keep';
export { Edge, type AcmeRequest, type EdgeProps } from './edge';
export { InternalAuthority, type AuthorityProps, type CertificateRequest, type IssuedCertificate } from './certificates/internal-authority';
export type { ServerOrder } from './servers/server-stock';
export { ProvisionedServer, type HostStep, type ProvisionedServerProps } from './servers/provisioned-server';
export { Revision } from './certificates/revision';
export { ORACLES_REPOSITORY, type MySqlRepository } from './servers/mysql-repository';
export { PlatformVariables } from './servers/variables';
export { lockProviders, takeExactly } from './servers/provider-lock';
export { HcloudProvider } from '../.gen/providers/hcloud/provider';
