import { X509Certificate } from 'node:crypto';
import type { Problem } from '../errors';
import { domainProblem } from '../net/checks';
import { pemFile, readPem } from './files';
import { flag, group, isObject, oneOf, required, textWith, type Rule } from './rules';

/** The zone at Cloudflare that the names of the platform are in, and whether visitors come by way of Cloudflare. */
export type CloudflareSettings = {
  /** Name of a zone that the token may change, e.g. `example.com`. */
  readonly zone: string;
} & (
  | {
      /** Cloudflare's proxies stand in front of the load balancers, and nobody else may reach these on ports 80 and 443. @default true */
      readonly proxied?: true;
      /** Makes Cloudflare show a certificate of its own to the load balancers. @default none: any customer of Cloudflare can send requests */
      readonly originPulls?: OriginPullsSettings;
    }
  /** Cloudflare answers for the names, and visitors come straight to the floating IP. */
  | { readonly proxied: false; readonly originPulls?: undefined }
);

/** The client certificate by which load balancers know Cloudflare's proxies when they forward for this zone. */
export type OriginPullsSettings = {
  /**
   * Whether a request without it is refused. Cloudflare takes minutes to bring a certificate to all of its proxies:
   * with false it is asked for and not yet demanded. @default true
   */
  readonly required?: boolean;
} &
  /** Made and uploaded by Terraform; its key is in the state. */
  (
    | { readonly mode: 'generated' }
    /** You have uploaded it yourself; this is the CA (PEM file) that has signed it. */
    | { readonly mode: 'uploaded'; readonly authorityFile: string }
  );

/** Days for which Cloudflare's Origin CA signs. */
export const ORIGIN_VALIDITY_DAYS = [7, 30, 90, 365, 730, 1095, 5475] as const;

/** How long a certificate of Cloudflare's Origin CA is valid, and when it is renewed. */
export interface OriginCertificateSettings {
  /** @default 730 */
  readonly validityDays?: (typeof ORIGIN_VALIDITY_DAYS)[number];
  /** An apply in these last days gets a new certificate; without an apply nobody does. @default 60, or a third of validityDays if that is less */
  readonly renewBeforeDays?: number;
}

export const ORIGIN_DEFAULTS = { validityDays: 730, renewBeforeDays: 60 } as const;

/** The settings with their defaults. */
export function originCertificateDays(given: OriginCertificateSettings): Required<OriginCertificateSettings> {
  const { validityDays = ORIGIN_DEFAULTS.validityDays } = given;
  const { renewBeforeDays = Math.min(ORIGIN_DEFAULTS.renewBeforeDays, Math.floor(validityDays / 3)) } = given;
  return { validityDays, renewBeforeDays };
}

/** The settings, all of them; no `originPulls` mean that the proxies show no certificate. */
export interface Cloudflare {
  readonly zone: string;
  readonly proxied: boolean;
  readonly originPulls?: OriginPulls;
}

/** The settings with all defaults. */
export type OriginPulls = OriginPullsSettings & { readonly required: boolean };

export const CLOUDFLARE_DEFAULTS = { proxied: true };
export const ORIGIN_PULLS_DEFAULTS = { required: true };

export function resolveCloudflare({ zone, proxied = CLOUDFLARE_DEFAULTS.proxied, originPulls }: CloudflareSettings): Cloudflare {
  const { required = ORIGIN_PULLS_DEFAULTS.required } = originPulls ?? {};
  return { zone, proxied, ...(originPulls && { originPulls: { ...originPulls, required } }) };
}

const pullModes = required(
  oneOf(['generated', 'uploaded'], { code: 'origin-pulls-mode', fix: 'docs/cloudflare.md tells them apart' }),
  'a mode',
);

const originPulls: Rule = (got, prop) => {
  const uploaded = isObject(got) && got['mode'] === 'uploaded';
  const authorityFile = required(
    pemFile((pem) => new X509Certificate(pem)),
    'the path of a PEM file',
  );
  return group<object>({ required: flag, mode: pullModes, ...(uploaded && { authorityFile }) })(got, prop);
};

/** Each value by itself. */
export const cloudflareRule = group<CloudflareSettings>({
  zone: required(textWith(domainProblem), 'the name of a zone'),
  proxied: flag,
  originPulls,
});

/** What is wrong with values that are fine by themselves. @param domains with the settings that they come from */
export function compareCloudflare(
  { zone, proxied = true, originPulls }: CloudflareSettings,
  domains: ReadonlyMap<string, string>,
  now: Date,
): Problem[] {
  const outside = [...domains].filter(([, got]) => zone !== undefined && got !== zone && !got.endsWith(`.${zone}`));
  return [
    ...outside.map(([prop, got]): Problem => {
      const fix = 'an environment has its names in one zone; check cloudflare.zone';
      return { code: 'domain-outside-zone', prop, got, want: `${zone} or a name below it`, fix };
    }),
    ...(originPulls && !proxied ? [pullsWithoutProxies(originPulls)] : []),
    ...(originPulls ? pullAuthority(originPulls, now) : []),
  ];
}

function pullsWithoutProxies(got: OriginPullsSettings): Problem {
  const fix = 'leave it out: nobody would show the certificate to the load balancers';
  return { code: 'origin-pulls-proxied', prop: 'cloudflare.originPulls', got, want: 'names that Cloudflare proxies', fix };
}

function pullAuthority(settings: OriginPullsSettings, now: Date): Problem[] {
  if (settings.mode !== 'uploaded') return [];
  const authority = readPem(settings.authorityFile, (pem) => new X509Certificate(pem));
  if (!authority || new Date(authority.validTo) > now) return [];
  return [
    {
      code: 'certificate-expired',
      prop: 'cloudflare.originPulls.authorityFile',
      got: settings.authorityFile,
      want: 'a CA that is valid today',
      fix: `it ended on ${authority.validTo}; upload a certificate of another`,
    },
  ];
}
