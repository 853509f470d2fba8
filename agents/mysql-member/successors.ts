import { onlineIn, type Report, type Sample } from './report';

/** Differences below this many waiting transactions cost a switchover next to nothing. */
const QUEUE_STEP = 1000;

/** Those of the peers that are ONLINE, by their own word and in this member's view. */
export function onlinePeers(peers: readonly Report[], sample: Sample): readonly Report[] {
  return peers.filter((peer) => peer.sample?.state === 'ONLINE' && onlineIn(sample).includes(peer.name));
}

/**
 * Who should be PRIMARY next, best first: little to apply, then the highest ordinal. Members are changed one after
 * another from the lowest on, so that in a roll the role moves twice at most: to the last, and away from it at the end.
 */
export function successors(peers: readonly Report[]): readonly Report[] {
  const queue = ({ sample }: Report) => Math.floor((sample?.applierQueue ?? 0) / QUEUE_STEP);
  const ordinal = ({ name, configured }: Report) => configured.indexOf(name);
  return peers.filter((peer) => ordinal(peer) >= 0).sort((a, b) => queue(a) - queue(b) || ordinal(b) - ordinal(a));
}
