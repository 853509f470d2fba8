/** What the logs of load balancers and web servers say of visitors. */
export interface LogSettings {
  /**
   * Addresses of visitors. `shortened`: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address. Limits for each
   * address count whole ones, whatever is logged. @default 'full'
   */
  readonly clientAddresses?: 'full' | 'shortened' | 'none';
  /** Whether what stands behind the ? of a URL is logged. @default true */
  readonly queries?: boolean;
  /**
   * Of requests that are answered below 400, one in so many is logged, chosen by chance; of all others each one. 1 to 1000.
   * Metrics count all. @default 1
   */
  readonly oneSuccessIn?: number;
}

/** The settings with all defaults. */
export type Logs = Required<LogSettings>;

/** Each request, with addresses and URLs in full. */
export const LOG_DEFAULTS: Logs = { clientAddresses: 'full', queries: true, oneSuccessIn: 1 };
