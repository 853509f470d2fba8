import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Notes } from '../../../app/notes/notes';
import { FakeClock } from '../fake-clock';
import { FakeDatabase, type Fault } from '../fake-database';

function application(faults: readonly Fault[] = []) {
  const database = new FakeDatabase();
  database.faults.push(...faults);
  const clock = new FakeClock();
  return { database, clock, notes: new Notes(database, clock) };
}

test('creates a note, and names the member that has it', async () => {
  const { notes } = application();
  await expect(notes.create('hello', 'key-1')).resolves.toMatchObject({
    value: { kind: 'created', note: { id: 1, text: 'hello' } },
    database: 'db-1',
  });
});

test('the same key again gives the same note and no second one', async () => {
  const { notes, database } = application();
  const first = await notes.create('hello', 'key-1');
  const second = await notes.create('hello', 'key-1');
  expect(second.value).toEqual({ kind: 'repeated', note: first.value.note });
  expect(database.rows).toHaveLength(1);
});

test('the same key with another text is refused, not mixed up', async () => {
  const { notes } = application();
  await notes.create('hello', 'key-1');
  await expect(notes.create('other', 'key-1')).resolves.toMatchObject({ value: { kind: 'other-text' } });
});

test('a commit whose answer was lost is settled by the key: one note, and to its client it is new', async () => {
  const { notes, database } = application(['answer-lost']);
  await expect(notes.create('hello', 'key-1')).resolves.toMatchObject({ value: { kind: 'created', note: { id: 1 } } });
  expect(database.rows).toHaveLength(1);
});

test('a note that is stored and cannot be read back, because a switchover begins, is new to its client when it is found', async () => {
  const { notes, database } = application(['switched-over-after-commit']);
  await expect(notes.create('hello', 'key-1')).resolves.toMatchObject({ value: { kind: 'created', note: { id: 1 } } });
  expect(database.rows).toHaveLength(1);
});

test('a note that is stored and cannot be read back for 25 s is not said to be missing', async () => {
  const { notes } = application(['switched-over-after-commit', ...Array<Fault>(200).fill('no-connection')]);
  await expect(notes.create('hello', 'key-1')).rejects.toMatchObject({ name: 'DatabaseUnavailable', outcome: 'unclear' });
});

test('a write that was lost before its commit is made by the next attempt', async () => {
  const { notes, database } = application(['lost-before-commit', 'no-connection', 'read-only']);
  await expect(notes.create('hello', 'key-1')).resolves.toMatchObject({ value: { kind: 'created' } });
  expect(database.rows).toHaveLength(1);
});

test('whatever happens in whatever order, a key has one note, and none that was acknowledged is missing', async () => {
  const fault = fc.constantFrom<Fault>('no-connection', 'read-only', 'lost-before-commit', 'answer-lost', 'switched-over-after-commit');
  const request = fc.record({ key: fc.constantFrom('a', 'b', 'c'), faults: fc.array(fault, { maxLength: 6 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (requests) => {
      const { notes, database } = application();
      for (const { key, faults } of requests) {
        database.faults.push(...faults);
        const { value } = await notes.create(`text of ${key}`, key);
        expect(database.rows.find(({ id }) => id === value.note.id)).toMatchObject({ key });
      }
      expect(new Set(database.rows.map(({ key }) => key)).size).toBe(database.rows.length);
    }),
  );
});

test('gives up after 25 s, and says that the write may have been made', async () => {
  const { notes, clock } = application(['lost-before-commit', ...Array<Fault>(200).fill('no-connection')]);
  await expect(notes.create('hello', 'key-1')).rejects.toMatchObject({ name: 'DatabaseUnavailable', outcome: 'unclear' });
  expect(clock.time).toBeGreaterThan(24_000);
  expect(clock.time).toBeLessThanOrEqual(25_000);
});

test('a note that a reader does not have yet is read from the PRIMARY', async () => {
  const { notes, database } = application();
  await notes.create('hello', 'key-1');
  database.readerLag = 1;
  await expect(notes.find(1)).resolves.toMatchObject({ value: { text: 'hello' }, database: 'db-1' });
  database.readerLag = 0;
  await expect(notes.find(1)).resolves.toMatchObject({ value: { text: 'hello' }, database: 'db-2' });
});

test('a note that nobody has is missing', async () => {
  const { notes } = application();
  await expect(notes.find(7)).resolves.toMatchObject({ value: undefined, database: 'db-1' });
});

test('a list waits while no reader answers', async () => {
  const { notes, database, clock } = application();
  await notes.create('one', 'key-1');
  await notes.create('two', 'key-2');
  database.readerFaults = 3;
  const { value } = await notes.list();
  expect(value.map(({ text }) => text)).toEqual(['two', 'one']);
  expect(clock.slept).toEqual([50, 100, 200]);
});
