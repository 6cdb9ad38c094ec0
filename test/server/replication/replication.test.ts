import { expect, test } from 'vitest';
import { NO_ID, Replication } from '../../../src/server/replication/replication.js';

const ID = 'a'.repeat(40);

/** IDs of 40 equal digits: b, c, d … */
function replication(): Replication {
  let made = 0;
  return new Replication(ID, () => 'bcdef'[made++]!.repeat(40));
}

test('a new history covers nothing before it', () => {
  const history = replication();
  history.shift();
  history.begin();
  expect(history.capture()).toEqual({ role: 'master', id: 'c'.repeat(40), secondId: NO_ID, offset: 0, secondOffset: -1, selectedDb: -1 });
  expect(history.covers(ID, 0)).toBe(false);
  expect(history.covers('b'.repeat(40), 0)).toBe(false);
});

test('a promotion keeps the old ID up to the byte after the last one', () => {
  const history = replication();
  history.offset = 100;
  history.shift();
  expect(history).toMatchObject({ id: 'b'.repeat(40), secondId: ID, secondOffset: 101 });
  history.offset = 150;
  expect([history.covers(ID, 100), history.covers(ID, 101), history.covers(ID, 102)]).toEqual([true, true, false]);
  expect(history.covers('b'.repeat(40), 151)).toBe(true);
});

test('a replica has the ID of its master, and renames its history when the master does', () => {
  const history = replication();
  history.adopt('1'.repeat(40), 500);
  expect(history).toMatchObject({ id: '1'.repeat(40), offset: 500, secondId: NO_ID, secondOffset: -1 });
  history.offset = 600;
  history.rename('2'.repeat(40));
  expect(history).toMatchObject({ id: '2'.repeat(40), secondId: '1'.repeat(40), secondOffset: 601 });
});

test('it is restored as it was captured', () => {
  const history = replication();
  history.role = 'slave';
  history.adopt('1'.repeat(40), 7);
  history.rename('2'.repeat(40));
  const copy = replication();
  copy.restore(history.capture());
  expect(copy.capture()).toEqual(history.capture());
});
