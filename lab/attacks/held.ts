/** What one address holds at a load balancer at this moment. */
export interface Held {
  /** Requests under way. */
  readonly requests: number;
  /** Web sockets and event streams. */
  readonly streams: number;
}

/** By HAProxy's own count. @param ask sends a command to HAProxy's admin socket, and returns the answer */
export async function heldBy(address: string, ask: (command: string) => Promise<string>): Promise<Held> {
  // Tables keep an IPv4 address as an IPv6 one, and forget an address that has held nothing for a while
  const key = address.includes(':') ? address : `::ffff:${address}`;
  const answer = await ask(`show table web key ${key}; show table web-streams key ${key}`);
  const countIn = (table: string) => Number(new RegExp(`# table: ${table},[^#]* conn_cur=(\\d+)`).exec(answer)?.[1] ?? 0);
  return { requests: countIn('web'), streams: countIn('web-streams') };
}
