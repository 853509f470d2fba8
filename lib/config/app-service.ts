export interface AppEnvironmentConfig {
  /** Name to value; one line each. Not for secrets: the file is readable on the host and part of `cdktf.out`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** An EnvironmentFile of systemd. Values are quoted so that blanks, quotes, `$` and backslashes arrive as they are. */
export function renderAppEnvironment({ variables }: AppEnvironmentConfig): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${value.replace(/["\\`$]/g, '\\$&')}"\n`)
    .join('');
}

export interface AppLimitsConfig {
  /** Memory of the application's processes together, in MB. */
  readonly memoryMegabytes: number;
  /** Ranges that the application may talk to, in addition to loopback (CIDR). */
  readonly allowedRanges: readonly string[];
}

/** Drop-in for app.service with the limits that are settings; all other limits are in the unit itself. */
export function renderAppLimits({ memoryMegabytes, allowedRanges }: AppLimitsConfig): string {
  return `\
[Service]
# A leak ends in a restart of the application alone, not in a host without memory
MemoryMax=${memoryMegabytes}M
MemorySwapMax=0
IPAddressDeny=any
IPAddressAllow=localhost ${allowedRanges.join(' ')}
`;
}

/** Drop-in for app-watchdog.service: where the application listens, and no more of what is in its environment. */
export function renderAppWatchdogAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `\
[Service]
Environment=HOST=${host} PORT=${port}
`;
}

/** Heap limit for Node in MB: a quarter is left for buffers, stacks and code, so that V8 collects before the kernel kills. */
export function nodeHeapMegabytes(memoryMegabytes: number): number {
  return Math.floor(memoryMegabytes * 0.75);
}
