import { run } from '../machines/command';

/** Used only on the link of the lab's clients: 192.0.2.20 to 192.0.2.250. */
const DEVICE = 'eth0';
const FIRST = 20;
export const MOST_ADDRESSES = 231;

/** Gives the lab's clients further addresses while `use` runs. Inside the client's namespace only. */
export async function withAddresses<T>(count: number, use: (addresses: readonly string[]) => Promise<T>): Promise<T> {
  if (count > MOST_ADDRESSES) throw new RangeError(`${count} addresses, and there are ${MOST_ADDRESSES}`);
  const addresses = Array.from({ length: count }, (_, number) => `192.0.2.${FIRST + number}`);
  for (const address of addresses) await run(['ip', 'address', 'replace', `${address}/24`, 'dev', DEVICE]);
  try {
    return await use(addresses);
  } finally {
    for (const address of addresses) await run(['ip', 'address', 'delete', `${address}/24`, 'dev', DEVICE]);
  }
}
