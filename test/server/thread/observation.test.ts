import { describe, expect, test } from 'vitest';
import type { Snapshot, SnapshotRequest } from '../../../src/server/index.js';
import { matchesGlob } from '../../../src/server/keyspace/glob.js';
import { takeSnapshot } from '../../../src/server/snapshot.js';
import { createControl } from '../../../src/server/thread/control.js';
import { Observation } from '../../../src/server/thread/observation.js';
import type { TraceBatch } from '../../../src/server/trace/recorder.js';
import { simulate, type Lab } from '../simulation/harness.js';

const WINDOW: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 10, order: 'name', match: '*' }, clients: 10 };

interface Sent extends TraceBatch {
  readonly atMs: number;
  readonly snapshot: Snapshot | null;
}

function observe(lab: Lab): { readonly observation: Observation; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const send = (batch: TraceBatch, snapshot: Snapshot | null): void => void sent.push({ ...batch, snapshot, atMs: lab.clock.nowMs });
  const observation = new Observation(lab.server, { keysOf: () => [], matchesGlob }, { control: createControl(), send, held: () => {} });
  return { observation, sent };
}

/** A lab that has been watched for a while, and what is sent from now on. */
function watched(lab: Lab, budget = 1000): Sent[] {
  const { observation, sent } = observe(lab);
  observation.trace(budget);
  lab.advance(1000);
  sent.length = 0;
  return sent;
}

const kinds = ({ events }: TraceBatch): string[] => events.map(({ kind }) => kind);
const gaps = (sent: readonly Sent[]): number[] => sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs);

describe('batches', () => {
  test('bring a command and its reply together, a moment after they happened', () => {
    using lab = simulate();
    const client = lab.connect();
    const sent = watched(lab);
    const startMs = lab.clock.nowMs;
    client.sendCommand('PING');
    lab.advance(500);
    expect(sent.map(({ atMs }) => atMs - startMs)).toEqual([10]);
    expect(kinds(sent[0]!)).toEqual(expect.arrayContaining(['execute', 'write']));
  });

  test('are 80 ms apart while clients are busy', () => {
    using lab = simulate();
    const client = lab.connect();
    const sent = watched(lab);
    for (let ms = 0; ms < 1000; ms++) {
      client.sendCommand('PING');
      lab.advance(1);
    }
    expect(sent).toHaveLength(13);
    expect(new Set(gaps(sent))).toEqual(new Set([80]));
  });

  test('come twice a second while only timers run that find nothing to do', () => {
    using lab = simulate();
    lab.connect().ask('SET', 'key', 'value', 'EX', '100');
    const sent = watched(lab);
    lab.advance(5000);
    expect(sent).toHaveLength(10);
    expect(new Set(gaps(sent))).toEqual(new Set([500]));
    expect(new Set(sent.flatMap(kinds))).toEqual(new Set(['turn-begin', 'poll', 'timer', 'turn-end']));
  });

  test('do not wait when a timer finds something to do', () => {
    using lab = simulate();
    lab.connect().ask('SET', 'key', 'value', 'PX', '2345');
    const sent = watched(lab);
    lab.advance(3000);
    const [batch] = sent.filter((batch) => kinds(batch).includes('expire'));
    const expired = batch!.events.find(({ kind }) => kind === 'expire')!;
    expect(batch!.atMs - (lab.clock.nowMs - (lab.clock.nowUs - expired.atUs) / 1000)).toBeLessThanOrEqual(80);
  });

  test('are not late when the timers alone have used the budget, because then clients are not seen', () => {
    using lab = simulate({ settings: { hz: 500 } });
    lab.connect().ask('SET', 'key', 'value', 'EX', '100');
    const sent = watched(lab, 8);
    lab.advance(1000);
    expect(new Set(gaps(sent))).toEqual(new Set([80]));
    expect(sent[1]!.droppedTurns).toBeGreaterThan(0);
  });
});

test.each(['before the trace', 'between the trace and the first snapshot', 'after the first snapshot'])('a key set %s is in the last snapshot that arrives', (moment) => {
  using lab = simulate();
  const client = lab.connect();
  const { observation, sent } = observe(lab);
  const set = (now: string): void => {
    if (now === moment) client.ask('SET', 'key', 'value');
  };
  set('before the trace');
  observation.watch(WINDOW);
  observation.trace(1000);
  set('between the trace and the first snapshot');
  const first = takeSnapshot(lab.server, WINDOW);
  set('after the first snapshot');
  lab.advance(1000);
  const last = sent.at(-1)?.snapshot ?? first;
  expect(last.keys.rows.map(({ key }) => key)).toEqual(['key']);
});
