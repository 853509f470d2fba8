import { isWrite, type Evidence, type Operation } from './history';
import { invalid, unsure, type Checker, type Finding } from './verdict';

export interface ReadsPossibleOptions {
  /** How long a secondary may lag behind what was acknowledged, in milliseconds. 0 demands linearizable reads. */
  readonly stalenessMilliseconds: number;
}

/**
 * Every read is possible at its time. Impossible are: a note that no client had begun to write, a wrong text, and "no such
 * note" for a note that was acknowledged, or read, longer ago than the allowed lag.
 */
export function readsPossible({ stalenessMilliseconds }: ReadsPossibleOptions): Checker {
  const name = 'readsPossible';
  return {
    name,
    check: (evidence) => {
      const reads = evidence.operations.filter(
        (operation) => operation.stream === 'read' && operation.outcome === 'acknowledged' && operation.note?.seen !== undefined,
      );
      if (reads.length === 0) return [unsure(name, 'no note was read')];
      const writes = writesByKey(evidence);
      const visibleFrom = knownFrom(evidence, reads);
      return reads.flatMap((read) =>
        judge(name, read, writes.get(read.note!.key), visibleFrom.get(read.note!.key) ?? Infinity, stalenessMilliseconds),
      );
    },
  };
}

function judge(name: string, read: Operation, write: Operation | undefined, visibleFrom: number, staleness: number): Finding[] {
  const { key, seen } = read.note!;
  if (!write) return [invalid(name, `${key} was read, but no write of it is in the history`, read.start)];
  if (seen === null) {
    const age = read.start - visibleFrom;
    return age > staleness ? [invalid(name, `${key} was not found ${Math.round(age)} ms after it was known to exist`, read.start)] : [];
  }
  if (read.end < write.start) return [invalid(name, `${key} was read before anybody began to write it`, read.start)];
  if (seen !== write.note!.text)
    return [invalid(name, `${key} reads ${JSON.stringify(seen)}, written was ${JSON.stringify(write.note!.text)}`, read.start)];
  return [];
}

function writesByKey(evidence: Evidence): Map<string, Operation> {
  return new Map(
    evidence.operations.filter((operation) => isWrite(operation) && operation.note).map((operation) => [operation.note!.key, operation]),
  );
}

/** When each key was first known to exist: its write was acknowledged, or a read had seen it. */
function knownFrom(evidence: Evidence, reads: readonly Operation[]): Map<string, number> {
  const known = new Map<string, number>();
  const learn = (key: string, at: number) => known.set(key, Math.min(at, known.get(key) ?? Infinity));
  for (const operation of evidence.operations) {
    if (isWrite(operation) && operation.outcome === 'acknowledged' && operation.note) learn(operation.note.key, operation.end);
  }
  for (const read of reads) if (read.note!.seen !== null) learn(read.note!.key, read.end);
  return known;
}
