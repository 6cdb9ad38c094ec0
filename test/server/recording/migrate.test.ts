/** MIGRATE in a recording: one that is cut anywhere in the middle is replayed as far as it goes, and a replay continues from every turn of it. */
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/server/recording/digest.js';
import { type Checkpoint, Replay } from '../../../src/server/recording/replay.js';
import { record, type Recorded } from './scenarios.js';

interface Migrated extends Recorded {
  /** The tape, and where on it MIGRATE begins. */
  readonly whole: Buffer;
  readonly from: number;
}

/** Two keys move, the second one is refused, and a writer waits meanwhile; then another key moves over the same connection. */
function migrated(): Migrated {
  const recorded = record();
  const { lab, tape } = recorded;
  const remote = lab.poll.addRemote({ host: '192.0.2.1', port: 7002 });
  const client = lab.connect();
  client.ask('MSET', 'a', '1', 'b', '2', 'c', '3');
  const before = Buffer.from(tape());
  expect(client.ask('MIGRATE', '192.0.2.1', '7002', '', '3', '1000', 'KEYS', 'a', 'b')).toBe('');
  const peer = remote.accept()!;
  lab.settle();
  const writer = lab.connect();
  expect(writer.ask('SET', 'a', 'later')).toBe('');
  for (const part of ['+O', 'K\r\n+OK\r\n', '-BUSY', 'KEY Target key name already exists.\r\n']) {
    peer.send(part);
    lab.settle();
  }
  expect(client.receive()).toMatch(/^-ERR Target instance replied with error: BUSYKEY/);
  expect(writer.receive()).toBe('+OK\r\n');
  expect(client.ask('MIGRATE', '192.0.2.1', '7002', 'c', '3', '1000')).toBe('');
  peer.send('+OK\r\n+OK\r\n');
  lab.settle();
  expect(client.receive()).toBe('+OK\r\n');
  return { ...recorded, whole: Buffer.concat([before, tape()]), from: before.length };
}

test('cut anywhere', () => {
  const { head, whole, from } = migrated();
  for (let length = from; length < whole.length; length += 5) {
    expect({ length, ...new Replay(head, whole.subarray(0, length)).run() }).toMatchObject({ length, divergence: null, hasEnd: false });
  }
});

test('continued from any turn', () => {
  const { lab, head, whole } = migrated();
  const digest = digestOf(lab.server);
  const first = new Replay(head, whole);
  const checkpoints: Checkpoint[] = [];
  while (first.turn()) checkpoints.push(first.capture());
  expect(digestOf(first.server)).toBe(digest);
  expect(checkpoints.filter(({ state }) => state.migrations.current !== null).length).toBeGreaterThan(3);
  for (const checkpoint of checkpoints) {
    const replay = new Replay(head, whole, checkpoint);
    expect({ turn: checkpoint.turn, ...replay.run() }).toMatchObject({ turn: checkpoint.turn, divergence: null });
    expect(digestOf(replay.server)).toBe(digest);
  }
});
