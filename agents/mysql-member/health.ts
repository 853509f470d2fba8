import { electorate, inMajority, majorityOf, type Report } from './report';

/** Above so many transactions behind, a SECONDARY is not asked for reads. */
const READER_QUEUE_LIMIT = 10_000;
/** A SECONDARY whose disk is full stands still, and has a short queue as long as little is written. */
const LAG_LIMIT_SECONDS = 10;
const FRESH_MS = 1000;

export interface Health {
  readonly ok: boolean;
  readonly why: string;
}

export interface Observed {
  readonly self: Report;
  /** See isRecorded; stays true while the member is in the group. */
  readonly recorded: boolean;
  /** Age of the sample in milliseconds. */
  readonly sampleAgeMs: number;
  /** See lag.ts. */
  readonly lagSeconds: number;
  /** mysqld is about to stop: see Agent.leave. */
  readonly leaving: boolean;
  /** The others' reports, as far as they are fresh: see peers.ts. */
  readonly peers: readonly Report[];
}

/** May the application write here? */
export function primaryHealth({ self, recorded, sampleAgeMs, peers }: Omit<Observed, 'lagSeconds' | 'leaving'>): Health {
  const sample = self.sample;
  if (!sample) return no('mysqld does not answer');
  if (sampleAgeMs >= FRESH_MS) return no(`last answer of mysqld ${Math.round(sampleAgeMs)} ms ago`);
  if (sample.state !== 'ONLINE') return no(sample.state);
  if (sample.role !== 'PRIMARY') return no('SECONDARY');
  if (sample.superReadOnly || sample.readOnly) return no('PRIMARY, read_only ON');
  if (!inMajority(self)) return no('PRIMARY without a majority of the configured members');
  const successor = peers.find((peer) => supersedes(peer, self));
  if (successor) return no(`${successor.name} is in a newer view, in which this member is not PRIMARY`);
  if (!recorded) return no('PRIMARY, not yet in the durable memory of a majority');
  return { ok: true, why: 'PRIMARY' };
}

/** Is this member fit for reads? */
export function readerHealth({
  self,
  sampleAgeMs,
  lagSeconds,
  leaving,
}: Pick<Observed, 'self' | 'sampleAgeMs' | 'lagSeconds' | 'leaving'>): Health {
  const sample = self.sample;
  if (!sample) return no('mysqld does not answer');
  if (sampleAgeMs >= FRESH_MS) return no(`last answer of mysqld ${Math.round(sampleAgeMs)} ms ago`);
  if (!inMajority(self)) return no(`${sample.state}, not in a majority`);
  if (leaving) return no('mysqld is about to stop');
  if (lagSeconds > LAG_LIMIT_SECONDS) return no(`lacks what the PRIMARY had ${lagSeconds.toFixed(0)} s ago`);
  if (sample.applierQueue > READER_QUEUE_LIMIT) return no(`${sample.applierQueue} transactions behind`);
  return { ok: true, why: sample.role ?? sample.state };
}

/**
 * Does that member know better who is PRIMARY? A mysqld that was frozen takes itself for what it was, until it hears from
 * the group: so counts a view that comes after its own, of the same group or of one founded later, if a majority is in it.
 */
function supersedes(peer: Report, self: Report): boolean {
  const [theirs, own] = [peer.sample?.view, self.sample?.view];
  if (!theirs || !own || !inMajority(peer)) return false;
  const newer =
    theirs.epoch === own.epoch
      ? theirs.counter > own.counter
      : peer.memory.epoch === theirs.epoch && peer.memory.incarnation > self.memory.incarnation;
  const place = peer.sample?.members.find(({ name }) => name === self.name);
  const another = peer.sample?.members.some(({ name, role }) => role === 'PRIMARY' && name !== self.name);
  return newer && (!place || another === true);
}

/**
 * True once most members have written down that this member belongs to the group. Only then may writes be
 * acknowledged: after a full outage in which this member's disk is lost, the others know that they miss something.
 */
export function isRecorded(self: Report, peers: readonly Report[]): boolean {
  const { incarnation, epoch } = self.memory;
  if (!epoch || epoch !== self.sample?.view?.epoch) return false;
  const recorded = [self, ...peers].filter(({ memory }) => {
    const view = memory.lastMajority;
    return memory.epoch === epoch && view?.incarnation === incarnation && view.members.includes(self.name);
  });
  return recorded.length >= majorityOf(electorate(self));
}

function no(why: string): Health {
  return { ok: false, why };
}
