import type { Endpoint, Host } from '../net/address-plan';

export interface SecurityUpdatesConfig {
  readonly host: Host;
  /** The other hosts of its tier, and the port where they say whether they can do without this one. */
  readonly peers: readonly Endpoint[];
  readonly port: number;
  /** This host is well if each of these answers with a 2xx. */
  readonly healthUrls: readonly string[];
  /** Metrics of the floating-ip agent: which addresses this host has. Load balancers only. */
  readonly addressesUrl?: string;
}

/** @param turn when it begins, UTC, `HH:MM` */
export function renderSecurityUpdatesTimer(turn: string): string {
  return `\
[Unit]
Description=The turn of this host: security updates, and a reboot if they need one

[Timer]
OnCalendar=*-*-* ${turn}:00 UTC
AccuracySec=1s
# After a night without power all hosts would be late at the same time; tomorrow is soon enough
Persistent=no

[Install]
WantedBy=timers.target
`;
}

/** Read by platform-updates. */
export function renderSecurityUpdatesEnvironment({ host, peers, healthUrls, addressesUrl }: SecurityUpdatesConfig): string {
  const asked = peers.map(({ name, address, port }) => `${name}:${address}:${port}`);
  return `TIER=${host.tier}\nPEERS="${asked.join(' ')}"\nHEALTH_URLS="${healthUrls.join(' ')}"\n${addressesUrl ? `ADDRESSES_URL=${addressesUrl}\n` : ''}`;
}

/** Where peers ask. At boot the private address may come later than the socket. */
export function renderSecurityUpdatesSocket({ host, port }: SecurityUpdatesConfig): string {
  return `[Socket]\nListenStream=${host.address}:${port}\nFreeBind=yes\n`;
}

export function renderSecurityUpdatesNetwork({ host }: SecurityUpdatesConfig): string {
  return `[Service]\nIPAddressAllow=${host.address}\n`;
}
