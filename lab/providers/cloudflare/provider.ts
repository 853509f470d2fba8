import { failure } from '../protocol/diagnostics';
import type { Provider } from '../protocol/provider';
import { text } from '../protocol/read';
import type { ProviderSchema } from '../protocol/schema';
import type { State } from '../protocol/value';
import schema from '../schemas/cloudflare-5.14.0.json';
import { CloudflareClient } from './client';
import { describeError } from './common';
import { dnsRecord } from './dns-record';
import { originCaCertificate, originCaCertificateData } from './origin-ca-certificate';
import { originPulls, originPullsCertificate, originPullsSettings } from './origin-pulls';
import { zoneSetting, zoneSettingData } from './zone-setting';
import { ipRanges, zone, zones } from './zones';

const BASE_URL = 'https://api.cloudflare.com/client/v4';

export interface CloudflareOptions {
  /** Base URL with its whole prefix, for configurations that name none. @default CLOUDFLARE_BASE_URL, or Cloudflare's own */
  readonly baseUrl?: string;
  /** Token for configurations without credentials. @default CLOUDFLARE_API_TOKEN, as this process has it, not Terraform */
  readonly token?: string;
}

/** The provider cloudflare/cloudflare 5.14.0, as far as an origin needs it. */
export function cloudflareProvider(options: CloudflareOptions = {}): Provider<CloudflareClient> {
  return {
    address: 'registry.terraform.io/cloudflare/cloudflare',
    schema: schema as unknown as ProviderSchema,
    validation: {
      attributes: {
        // It prints the token, as the real one does.
        api_token: (value, name) =>
          /[A-Za-z0-9_-]{40}/.test(text(value))
            ? null
            : failure(
                'Invalid Attribute Value Match',
                `Attribute ${name} API tokens must be 40 characters long and only contain characters a-z, A-Z, 0-9, hyphens and underscores, got: ${text(value)}`,
                name,
              ),
      },
    },
    configure: (config, terraformVersion) =>
      new CloudflareClient({
        baseUrl: text(config['base_url']) || options.baseUrl || process.env['CLOUDFLARE_BASE_URL'] || BASE_URL,
        credentials: credentials(config, options),
        terraformVersion,
      }),
    describeError,
    resources: {
      cloudflare_authenticated_origin_pulls: originPulls,
      cloudflare_authenticated_origin_pulls_certificate: originPullsCertificate,
      cloudflare_authenticated_origin_pulls_settings: originPullsSettings,
      cloudflare_dns_record: dnsRecord,
      cloudflare_origin_ca_certificate: originCaCertificate,
      cloudflare_zone_setting: zoneSetting,
    },
    dataSources: {
      cloudflare_ip_ranges: ipRanges,
      cloudflare_origin_ca_certificate: originCaCertificateData,
      cloudflare_zone: zone,
      cloudflare_zone_setting: zoneSettingData,
      cloudflare_zones: zones,
    },
  };
}

/** Without any, requests are sent all the same. */
function credentials(config: State, { token }: CloudflareOptions): Record<string, string> {
  const apiToken = text(config['api_token']) || token || process.env['CLOUDFLARE_API_TOKEN'] || '';
  if (apiToken !== '') return { authorization: `Bearer ${apiToken}` };
  const serviceKey = text(config['api_user_service_key']);
  if (serviceKey !== '') return { 'x-auth-user-service-key': serviceKey };
  const key = text(config['api_key']);
  return key === '' ? {} : { 'x-auth-key': key, 'x-auth-email': text(config['email']) };
}
