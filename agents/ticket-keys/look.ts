import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { messageOf } from '../common/errors';
import { readIfThere, replaceFile } from '../common/files';
import { isAway } from '../common/peer';
import { shownSecrets } from './haproxy';
import { agreedKeys, formatKeys, missingKeys, parseKeys, SECRET_BYTES, type TicketKey } from './keys';

export interface Surroundings {
  /** Of what is in memory alone: `keys`, which HAProxy reads when it starts, and `shared.map`, which it shows the other load balancer. */
  readonly folder: string;
  readonly now: () => number;
  /** What the other load balancer shows. @throws if it shows nothing */
  readonly askPeer: () => Promise<string>;
  /** @throws if HAProxy does not answer */
  readonly tellHaproxy: (commands: readonly string[]) => Promise<string>;
}

/** Name of the one entry of `shared.map`. */
const ENTRY = 'keys';

/**
 * One look: both load balancers agree on keys, and HAProxy uses and shows them.
 * @throws after it, if the other load balancer is there and gives no keys
 */
export async function look({ folder, now, askPeer, tellHaproxy }: Surroundings): Promise<void> {
  const [keysFile, mapFile] = [join(folder, 'keys'), join(folder, 'shared.map')];
  const { keys: peers, problem } = await peersKeys(askPeer);
  const own = ownKeys(readIfThere(mapFile));
  const keys = agreedKeys(now(), [...own, ...peers], () => randomBytes(SECRET_BYTES).toString('base64'));
  const secrets = keys.map(({ secret }) => secret);

  // The files first: a HAProxy that starts or reloads meanwhile reads them, and one that did so just before is told
  const text = formatKeys(keys);
  if (text !== formatKeys(own) || readIfThere(keysFile) === null) {
    await replaceFile(keysFile, `${secrets.join('\n')}\n`);
    await replaceFile(mapFile, `${ENTRY} ${text}\n`);
  }
  const has = shownSecrets(await tellHaproxy([`set map ${mapFile} ${ENTRY} ${text}`, 'show tls-keys *']));
  const missing = missingKeys(has, secrets);
  if (missing.length > 0) {
    await tellHaproxy(missing.map((secret) => `set ssl tls-key ${keysFile} ${secret}`));
    const uses = shownSecrets(await tellHaproxy(['show tls-keys *']));
    if (uses.join() !== secrets.join()) throw new Error('HAProxy did not take the keys of session tickets');
  }
  if (problem) throw new Error(problem);
}

/** None if the other one is away; with a problem if it is there. */
async function peersKeys(askPeer: () => Promise<string>): Promise<{ readonly keys: TicketKey[]; readonly problem?: string }> {
  try {
    return { keys: parseKeys(await askPeer()) };
  } catch (error) {
    if (isAway(error)) return { keys: [] };
    return { keys: [], problem: `no keys of session tickets from the other load balancer: ${messageOf(error)}` };
  }
}

/** What is no map of keys counts as none: new ones are made. */
function ownKeys(map: string | null): TicketKey[] {
  const [, text] = new RegExp(`^${ENTRY} (\\S+)$`, 'm').exec(map ?? '') ?? [];
  try {
    return text ? parseKeys(text) : [];
  } catch {
    return [];
  }
}
