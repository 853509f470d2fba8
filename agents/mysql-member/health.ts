import { electorate, inMajority, majorityOf, type Report } from './report';

/** Above so many transactions behind, a SECONDARY is not asked for reads. */
const READER_QUEUE_LIMIT = 10_000;
/** In seconds. A SECONDARY whose disk is full stops applying, and has a short queue as long as little is written. */
const APPLYING_LIMIT = 10;
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
}

/** May the application write here? */
export function primaryHealth({ self, recorded, sampleAgeMs }: Observed): Health {
  const sample = self.sample;
  if (!sample) return no('mysqld does not answer');
  if (sampleAgeMs >= FRESH_MS) return no(`last answer of mysqld ${Math.round(sampleAgeMs)} ms ago`);
  if (sample.state !== 'ONLINE') return no(sample.state);
  if (sample.role !== 'PRIMARY') return no('SECONDARY');
  if (sample.superReadOnly || sample.readOnly) return no('PRIMARY, read_only ON');
  if (!inMajority(self)) return no('PRIMARY without a majority of the configured members');
  if (!recorded) return no('PRIMARY, not yet in the durable memory of a majority');
  return { ok: true, why: 'PRIMARY' };
}

/** Is this member fit for reads? */
export function readerHealth({ self, sampleAgeMs }: Omit<Observed, 'recorded'>): Health {
  const sample = self.sample;
  if (!sample) return no('mysqld does not answer');
  if (sampleAgeMs >= FRESH_MS) return no(`last answer of mysqld ${Math.round(sampleAgeMs)} ms ago`);
  if (!inMajority(self)) return no(`${sample.state}, not in a majority`);
  if (sample.applyingSeconds > APPLYING_LIMIT) return no(`has applied the same transaction for ${sample.applyingSeconds.toFixed(0)} s`);
  if (sample.applierQueue > READER_QUEUE_LIMIT) return no(`${sample.applierQueue} transactions behind`);
  return { ok: true, why: sample.role ?? sample.state };
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
