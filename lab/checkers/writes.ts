import { isWrite, type Evidence, type MemberRows, type Operation } from './history';
import { describe, listed } from './requests';
import { invalid, unsure, type Checker, type Finding } from './verdict';

/** Every acknowledged write is on every member at the end, unchanged. */
export const noAcknowledgedWriteLost: Checker = {
  name: 'noAcknowledgedWriteLost',
  check: (evidence) => {
    const name = noAcknowledgedWriteLost.name;
    const acknowledged = acknowledgedWrites(evidence);
    const blind = blindness(name, evidence, acknowledged);
    if (blind) return [blind];
    return evidence.members!.flatMap((member) => {
      const texts = new Map(member.rows.map((row) => [row.key, row.text]));
      return listed(
        name,
        acknowledged.filter(({ note }) => texts.get(note!.key) !== note!.text),
        ({ note }) =>
          texts.has(note!.key)
            ? `${member.member} holds ${JSON.stringify(texts.get(note!.key))} for ${note!.key}, acknowledged was ${JSON.stringify(note!.text)}`
            : `${member.member} lacks ${note!.key}, which was acknowledged`,
      );
    });
  },
};

/** For an operator who accepted a loss: every acknowledged write is on every member or in a dump, and a dump holds at least one. */
export const everyAcknowledgedWriteKept: Checker = {
  name: 'everyAcknowledgedWriteKept',
  check: (evidence) => {
    const name = everyAcknowledgedWriteKept.name;
    const setAside = new Set(evidence.setAside);
    const lost = noAcknowledgedWriteLost.check({
      ...evidence,
      operations: evidence.operations.filter(({ note }) => !setAside.has(note?.key ?? '')),
    });
    const left = acknowledgedWrites(evidence).some(({ note }) => setAside.has(note!.key));
    return [
      ...lost.map((finding) => ({ ...finding, checker: name })),
      ...(left ? [] : [unsure(name, 'no acknowledged write had to leave the database')]),
    ];
  },
};

/** Each note exists once, even if its request was repeated: one row, one id, the same on all members and in all answers. */
export const noDoubleExecution: Checker = {
  name: 'noDoubleExecution',
  check: (evidence) => {
    const name = noDoubleExecution.name;
    const acknowledged = acknowledgedWrites(evidence);
    const blind = blindness(name, evidence, acknowledged);
    if (blind) return [blind];
    const ids = new Map<string, Set<string>>();
    const learn = (text: string, id: string | undefined) => id !== undefined && ids.set(text, (ids.get(text) ?? new Set()).add(id));
    acknowledged.forEach(({ note }) => learn(note!.text, note!.id));
    evidence.members!.forEach((member) => member.rows.forEach((row) => learn(row.text, row.id)));
    return [...ids]
      .filter(([, seen]) => seen.size > 1)
      .map(([text, seen]) => invalid(name, `${JSON.stringify(text)} was stored ${seen.size} times, as ${[...seen].join(', ')}`));
  },
};

/**
 * A POST that the client sent once and that is answered as a repeat (200 instead of 201) was repeated on the way. Use it only
 * where nothing behind the application fails, because the application may settle an unclear commit by trying again.
 */
export const noHiddenReplay: Checker = {
  name: 'noHiddenReplay',
  check: (evidence) => {
    const name = noHiddenReplay.name;
    const once = evidence.operations.filter(
      (operation) => isWrite(operation) && operation.outcome === 'acknowledged' && (operation.attempts ?? 1) === 1,
    );
    if (once.length === 0) return [unsure(name, 'no write was acknowledged at its first attempt')];
    return listed(
      name,
      once.filter((operation) => operation.status === 200),
      (operation) => `${operation.note?.key} was sent once and executed before: ${describe(operation)}`,
    );
  },
};

/** All members hold the same rows at the end. */
export const membersAgree: Checker = {
  name: 'membersAgree',
  check: ({ members }) => {
    if (!members || members.length < 2) return [unsure('membersAgree', 'fewer than two members could be asked')];
    const [first, ...others] = members as [MemberRows, ...MemberRows[]];
    return others.flatMap((other) => difference(first, other));
  },
};

/** The isolated member that the direct writers write to accepts no write later than `graceMilliseconds` after the cut. */
export function nothingAcceptedWhenAlone(graceMilliseconds: number): Checker {
  const name = 'nothingAcceptedWhenAlone';
  return {
    name,
    check: (evidence) => {
      const effect = evidence.marks.find((mark) => mark.kind === 'effect');
      const end = evidence.marks.find((mark) => mark.kind === 'recover')?.at ?? Infinity;
      if (!effect) return [unsure(name, 'the fault was never seen to take effect')];
      const tried = evidence.operations.filter(
        (operation) => operation.stream === 'direct-write' && operation.start > effect.at + graceMilliseconds && operation.start < end,
      );
      if (tried.length === 0) return [unsure(name, `no client tried to write to the former PRIMARY while it was alone`)];
      return listed(
        name,
        tried.filter((operation) => operation.outcome === 'acknowledged'),
        (operation) => `${operation.member} accepted ${operation.note?.key} while it was alone`,
      );
    },
  };
}

function acknowledgedWrites(evidence: Evidence): Operation[] {
  return evidence.operations.filter((operation) => isWrite(operation) && operation.outcome === 'acknowledged' && operation.note);
}

function blindness(name: string, evidence: Evidence, acknowledged: readonly Operation[]): Finding | undefined {
  if (acknowledged.length === 0) return unsure(name, 'no write was acknowledged');
  if (!evidence.members || evidence.members.length === 0) return unsure(name, 'no member could be asked what it holds');
  return undefined;
}

function difference(a: MemberRows, b: MemberRows): Finding[] {
  const only = (left: MemberRows, right: MemberRows) => {
    const has = new Set(right.rows.map((row) => `${row.id} ${row.key} ${row.text}`));
    return left.rows.filter((row) => !has.has(`${row.id} ${row.key} ${row.text}`));
  };
  return [
    [a, b],
    [b, a],
  ].flatMap(([left, right]) => {
    const rows = only(left!, right!);
    return rows.length === 0
      ? []
      : [invalid('membersAgree', `${left!.member} holds ${rows.length} rows that ${right!.member} lacks, first ${rows[0]!.key}`)];
  });
}
