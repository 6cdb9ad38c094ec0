import { beforeEach, describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import type { Database } from '../../../src/server/keyspace/database.js';
import { Keyspace } from '../../../src/server/keyspace/keyspace.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { Tap } from '../../../src/server/trace/tap.js';
import { simulate } from '../simulation/harness.js';

const START_MS = 1_700_000_000_000;

/** Every reading of the microseconds costs `costUs`, so that a time budget can be used up. */

let clock: ManualClock;
let keyspace: Keyspace;
let db: Database;

beforeEach(() => {
  clock = new ManualClock(START_MS);
  keyspace = new Keyspace(3, clock, new HashSeed(1), () => 0.5, new Tap());
  db = keyspace.databases[0]!;
});

function fill(target: Database, due: number, live: number): void {
  for (let i = 0; i < due; i++) {
    target.set(`due${i}`, i);
    target.setExpire(`due${i}`, START_MS - 1);
  }
  for (let i = 0; i < live; i++) {
    target.set(`live${i}`, i);
    target.setExpire(`live${i}`, START_MS + 100_000);
  }
}

describe('a slow cycle', () => {
  test('deletes everything that is due, as long as enough of each sample is', () => {
    fill(db, 5000, 0);
    keyspace.expireCycle.slow();
    expect(db.size).toBe(0);
    expect(keyspace.stats.expired).toBe(5000);
  });

  test('never deletes a key before its time, nor one without', () => {
    fill(db, 0, 100);
    db.set('persistent', 1);
    for (let i = 0; i < 20; i++) keyspace.expireCycle.slow();
    expect(db.size).toBe(101);
  });

  test('samples only 20 keys if no more than a tenth of them is due', () => {
    fill(db, 2, 1000);
    keyspace.expireCycle.slow();
    expect(db.size).toBe(1002);
    // The cursor continues from cycle to cycle, so that each key has its turn.
    for (let i = 0; i < 1002 / 20; i++) keyspace.expireCycle.slow();
    expect(db.size).toBe(1000);
  });

  test('visits every database', () => {
    for (const each of keyspace.databases) fill(each, 10, 0);
    keyspace.expireCycle.slow();
    expect(keyspace.databases.map((each) => each.size)).toEqual([0, 0, 0]);
  });

  test('stops when its time is over, and continues with the next database', () => {
    fill(db, 5000, 0);
    fill(keyspace.databases[1]!, 100, 0);
    clock.costUs = 30_000;
    keyspace.expireCycle.slow();
    expect(db.size).toBe(5000 - 16 * 20);
    expect(keyspace.stats.expireTimeCapReached).toBe(1);
    keyspace.expireCycle.slow();
    expect(keyspace.databases[1]!.size).toBe(0);
  });

  test('samples more keys with more effort', () => {
    fill(db, 1, 1000);
    keyspace.configure({ activeExpireEffort: 10 });
    for (let i = 0; i < Math.ceil(1001 / 65); i++) keyspace.expireCycle.slow();
    expect(db.size).toBe(1000);
  });

  test('does nothing while clients are paused or it is switched off', () => {
    fill(db, 100, 0);
    keyspace.isPaused = () => true;
    keyspace.expireCycle.slow();
    keyspace.isPaused = () => false;
    keyspace.configure({ activeExpire: false });
    keyspace.expireCycle.slow();
    expect(db.size).toBe(100);
  });

  test('reports its duration, and that of each key in it, while it is measured', () => {
    const work: [string, number][] = [];
    fill(db, 2, 0);
    clock.costUs = 1500;
    keyspace.onWork = (name, elapsedMs) => void work.push([name, elapsedMs]);
    keyspace.expireCycle.slow();
    // The clock is read twice around each key and around the whole cycle.
    expect(work).toEqual([['expire-del', 1.5], ['expire-del', 1.5], ['expire-cycle', 7.5]]);
  });

  test('keeps an average of the time to live', () => {
    fill(db, 0, 10);
    keyspace.expireCycle.slow();
    expect(db.averageTtlMs).toBe(100_000);
    db.flush();
    keyspace.expireCycle.slow();
    expect(db.averageTtlMs).toBe(0);
  });
});

describe('a fast cycle', () => {
  test('does nothing while few keys are stale', () => {
    fill(db, 100, 0);
    keyspace.expireCycle.fast();
    expect(db.size).toBe(100);
  });

  test('follows a slow one that ran out of time, but not twice within two milliseconds', () => {
    fill(db, 5000, 0);
    clock.costUs = 30_000;
    keyspace.expireCycle.slow();
    clock.costUs = 0;
    keyspace.expireCycle.fast();
    expect(db.size).toBe(0);
    fill(db, 100, 0);
    keyspace.stats.expiredStale = 50;
    keyspace.expireCycle.fast();
    expect(db.size).toBe(100);
    clock.advance(2);
    keyspace.expireCycle.fast();
    expect(db.size).toBe(0);
  });
});

describe('in a server', () => {
  test('a key that is not looked up is deleted soon after its time, and the trace says how', () => {
    using lab = simulate();
    const events = lab.record();
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    client.ask('PEXPIRE', 'k', '50');
    lab.advance(200);
    expect(events.filter((event) => event.kind === 'expire')).toEqual([{ kind: 'expire', db: 0, key: 'k', how: 'active' }]);
  });

  test('expired keys are kept while clients are paused', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SET', 'k', 'v', 'PX', '50');
    client.ask('CLIENT', 'PAUSE', '1000', 'WRITE');
    lab.advance(900);
    expect(lab.server.keyspace.databases[0]!.size).toBe(1);
    lab.advance(300);
    expect(lab.server.keyspace.databases[0]!.size).toBe(0);
  });

  test('there is a timer only while there are volatile keys', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    const idle = lab.server.loop.timers.size;
    client.ask('PEXPIRE', 'k', '250');
    expect(lab.server.loop.timers.size).toBe(idle + 1);
    lab.advance(1000);
    expect(lab.server.loop.timers.size).toBe(idle);
    expect(lab.server.keyspace.databases[0]!.size).toBe(0);
  });
});
