/** What the logs of load balancers and web servers say of visitors. */
export interface LogSettings {
  /**
   * Addresses of visitors. `shortened`: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address. Limits for each
   * address count whole ones, whatever is logged. @default 'full'
   */
  readonly clientAddresses?: 'full' | 'shortened' | 'none';
  /** Whether what stands behind the ? of a URL is logged. @default true */
  readonly queries?: boolean;
}

/** The settings with all defaults. */
export type Logs = Required<LogSettings>;

/** Addresses and URLs in full. */
export const LOG_DEFAULTS: Logs = { clientAddresses: 'full', queries: true };
