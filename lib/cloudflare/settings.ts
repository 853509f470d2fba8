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

/** How long a certificate of Cloudflare's Origin CA is good, and when another takes its place. */
export interface OriginCertificateSettings {
  /** @default 730 */
  readonly validityDays?: (typeof ORIGIN_VALIDITY_DAYS)[number];
  /** An apply in these last days gets a new certificate; without an apply nobody does. @default 60, or a third of validityDays if that is less */
  readonly renewBeforeDays?: number;
}

/** The settings with their defaults. */
export function originCertificateDays({
  validityDays = 730,
  renewBeforeDays,
}: OriginCertificateSettings): Required<OriginCertificateSettings> {
  return { validityDays, renewBeforeDays: renewBeforeDays ?? Math.min(60, Math.floor(validityDays / 3)) };
}
