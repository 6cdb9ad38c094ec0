/** The virtual clock, and a whole server on it. */
import { describe, expect, test } from 'vitest';
import { ManualClock, momentUs, VirtualClock } from '../../../src/server/loop/clock.js';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { type Lab, type LabClient, simulate, type SimulationOptions } from '../simulation/harness.js';

const START_MS = 1_700_000_000_000;

const virtual = (options: SimulationOptions = {}): Lab => simulate({ isVirtual: true, nowMs: START_MS, ...options });

describe('the clock', () => {
  const made = (): { readonly real: ManualClock; readonly clock: VirtualClock } => {
    const real = new ManualClock();
    return { real, clock: new VirtualClock(START_MS, real) };
  };

  test('stands still, whatever the real one does, which measures durations', () => {
    const { real, clock } = made();
    real.advance(5000);
    clock.refresh(Infinity);
    expect([clock.nowMs, clock.nowUs, momentUs(clock)]).toEqual([START_MS, 0, 0]);
    expect([clock.readUs(), clock.measureUs(), clock.refreshedUs]).toEqual([5_000_000, 5_000_000, 5_000_000]);
  });

  test('moves from stop to stop, in whole microseconds, and never beyond its target or back', () => {
    const { clock } = made();
    clock.advance(10_000);
    const stops = [100.25, 50, undefined, 2500, Infinity, 7000].map((stopUs) => {
      clock.refresh(stopUs);
      return [clock.nowUs, clock.nowMs - START_MS];
    });
    expect(stops).toEqual([[101, 0], [101, 0], [101, 0], [2500, 2], [10_000, 10], [10_000, 10]]);
  });

  test('goes forward only, and 285 years at most', () => {
    const { clock } = made();
    for (const us of [-1, 0.5, Number.NaN, Infinity]) expect(() => clock.advance(us)).toThrow('a clock goes forward by whole microseconds');
    clock.advance(1);
    expect(() => clock.advance(Number.MAX_SAFE_INTEGER)).toThrow('the clock can be advanced by 285 years, and no further');
    expect(clock.targetUs).toBe(1);
  });
});

/** Returns timers, expired keys and unparked clients, with the time at which they were reported, in ms since the start. */
function happenings(lab: Lab): string[] {
  const told: string[] = [];
  lab.server.tap.sink = {
    emit(event) {
      const at = momentUs(lab.server.clock) / 1000;
      if (event.kind === 'timer') told.push(`${at} timer ${event.name}, ${event.lateUs} µs late`);
      if (event.kind === 'expire') told.push(`${at} expire ${event.db} ${event.key} ${event.how}`);
      if (event.kind === 'unpark') told.push(`${at} unpark ${event.token} ${event.why}`);
    },
  };
  return told;
}

describe('the loop', () => {
  test('sleeps without a limit while the clock stands, although timers are set', () => {
    using lab = virtual();
    lab.server.scheduler.after('later', 40, () => {});
    const waits: TraceBody[] = [];
    lab.server.tap.sink = { emit: (event) => void (event.kind === 'wait' && waits.push(event)) };
    lab.turn();
    lab.advance(30);
    lab.advance(10);
    const [first] = waits;
    expect(first).toEqual({ kind: 'wait', timeoutMs: -1, why: 'virtual clock' });
    expect(waits).toContainEqual({ kind: 'wait', timeoutMs: 0, why: 'advance' });
    expect(waits.at(-1)).toEqual(first);
  });

  test('runs each timer at its own time, also those set by others on the way', () => {
    using lab = virtual();
    const told = happenings(lab);
    const { scheduler } = lab.server;
    const again = (): void => void scheduler.after('again', 40, again);
    scheduler.after('third', 100.0005, () => {});
    scheduler.after('again', 40, again);
    scheduler.after('also', 40, () => {});
    lab.advance(120);
    expect(told).toEqual([
      '40 timer again, 0 µs late', '40 timer also, 0 µs late', '80 timer again, 0 µs late', '100.001 timer third, 0.5 µs late', '120 timer again, 0 µs late',
    ]);
    expect(lab.server.clock.nowMs).toBe(START_MS + 120);
  });

  test('serves what is ready before the clock moves', () => {
    using lab = virtual();
    const client = lab.connect();
    const told = happenings(lab);
    lab.server.scheduler.after('timer', 10, () => {});
    client.sendCommand('BLPOP', 'queue', '1');
    lab.advance(1000);
    expect(told).toEqual(['10 timer timer, 0 µs late', '1000 unpark 2 timeout', '1000 timer blocked client, 0 µs late']);
    expect(client.take()).toBe('*-1\r\n');
  });

  test('a client that is always ready does not stop the time', () => {
    using lab = virtual();
    const client = lab.connect();
    const told = happenings(lab);
    for (const ms of [10, 20, 30]) lab.server.scheduler.after('timer', ms, () => {});
    lab.virtualClock!.advance(30_000);
    for (let turn = 0; turn < 8; turn++) {
      client.sendCommand('PING');
      lab.turn();
    }
    expect(told).toHaveLength(3);
    expect(lab.server.clock.nowMs).toBe(START_MS + 30);
  });

  test('reports that it has caught up when everything due is done and its replies are written', () => {
    using lab = virtual();
    const client = lab.connect();
    client.ask('BLPOP', 'queue', '1');
    lab.virtualClock!.advance(1_000_000);
    const seen: string[] = [];
    lab.server.loop.onCaughtUp = () => seen.push(`${lab.server.clock.nowMs - START_MS} ${client.take()}`);
    lab.turn(4);
    expect(seen.slice(0, 2)).toEqual(['0 ', '1000 *-1\r\n']);
  });

  test('within a turn time stands still: TIME shows it to the microsecond', () => {
    using lab = virtual();
    lab.clock.costUs = 700;
    const client = lab.connect();
    lab.advance(1500.25);
    expect([client.ask('TIME'), client.ask('TIME')]).toEqual(Array(2).fill('*2\r\n$10\r\n1700000001\r\n$6\r\n500250\r\n'));
  });
});

describe('keys', () => {
  test('expire each at its own time, in due order, also where no cycle would have found them', () => {
    using lab = virtual();
    const client = lab.connect();
    const told = happenings(lab);
    client.ask('SET', 'b', '1', 'PX', '70');
    client.ask('SET', 'a', '1', 'PX', '70');
    client.ask('SET', 'first', '1', 'PX', '1');
    client.ask('SET', 'never', '1', 'PX', '100000');
    client.ask('SELECT', '3');
    client.ask('SET', 'between', '1', 'PX', '69');
    client.ask('SET', 'other', '1', 'PX', '70');
    lab.advance(70);
    expect(told.filter((line) => line.includes('expire '))).toEqual([
      '1 expire 0 first active', '1 timer expire cycle, 0 µs late', '69 expire 3 between active', '69 timer expire cycle, 0 µs late',
      '70 expire 0 a active', '70 expire 0 b active', '70 expire 3 other active', '70 timer expire cycle, 0 µs late',
    ]);
    expect(client.ask('DBSIZE')).toBe(':0\r\n');
  });

  test('expire by their current time to live, whatever it was before', () => {
    using lab = virtual();
    const client = lab.connect();
    for (const key of ['persisted', 'later', 'earlier', 'overwritten', 'kept', 'renamed', 'deleted', 'moved']) client.ask('SET', key, '1', 'PX', '100');
    const told = happenings(lab);
    for (const argv of [
      ['PERSIST', 'persisted'], ['PEXPIRE', 'later', '150'], ['PEXPIRE', 'earlier', '50'], ['SET', 'overwritten', '2'], ['SET', 'kept', '2', 'KEEPTTL'],
      ['RENAME', 'renamed', 'new'], ['DEL', 'deleted'], ['MOVE', 'moved', '2'],
    ]) client.ask(...argv);
    lab.advance(200);
    expect(told.filter((line) => / expire \d/.test(line))).toEqual([
      '50 expire 0 earlier active', '100 expire 0 kept active', '100 expire 0 new active', '100 expire 2 moved active', '150 expire 0 later active',
    ]);
  });

  test('keep their times through SWAPDB, and lose them with FLUSHALL', () => {
    using lab = virtual();
    const client = lab.connect();
    const told = happenings(lab);
    client.ask('SET', 'a', '1', 'PX', '30');
    client.ask('SWAPDB', '0', '1');
    client.ask('SET', 'b', '1', 'PX', '20');
    lab.advance(30);
    client.ask('SET', 'c', '1', 'PX', '30');
    client.ask('FLUSHALL');
    client.ask('SET', 'c', '1', 'PX', '40');
    lab.advance(100);
    expect(told.filter((line) => / expire \d/.test(line))).toEqual(['20 expire 0 b active', '30 expire 1 a active', '70 expire 0 c active']);
  });

  test('with repeatedly changed expiries keep a limited number of stale entries', () => {
    using lab = virtual();
    const client = lab.connect();
    const told = happenings(lab);
    client.ask('SET', 'other', '1', 'PX', '6000');
    for (let i = 0; i < 5000; i++) client.ask('SET', 'k', '1', 'PX', String(10_000 - i));
    const { expires } = lab.server.keyspace.databases[0]!;
    expect((expires as unknown as { heap: unknown[] }).heap.length).toBeLessThan(1100);
    lab.advance(10_000);
    expect(told.filter((line) => / expire \d/.test(line))).toEqual(['5001 expire 0 k active', '6000 expire 0 other active']);
  });

  test('that were captured expire in another server as they would have', () => {
    using lab = virtual();
    const client = lab.connect();
    for (const [key, ms] of [['c', '300'], ['a', '100'], ['b', '200'], ['d', '200']] as const) client.ask('SET', key, '1', 'PX', ms);
    using other = virtual();
    other.server.keyspace.restore(structuredClone(lab.server.keyspace.capture()));
    expect(other.server.keyspace.capture()).toEqual(lab.server.keyspace.capture());
    const told = happenings(other);
    other.advance(1000);
    expect(told.filter((line) => / expire \d/.test(line))).toEqual([
      '100 expire 0 a active', '200 expire 0 b active', '200 expire 0 d active', '300 expire 0 c active',
    ]);
  });

  test('are kept during a pause and expire soon after, and likewise while DEBUG has switched expiry off', () => {
    using lab = virtual({ settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    const told = happenings(lab);
    client.ask('SET', 'a', '1', 'PX', '10');
    client.ask('CLIENT', 'PAUSE', '250', 'WRITE');
    lab.advance(400);
    client.ask('SET', 'b', '1', 'PX', '10');
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    lab.advance(100);
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '1');
    lab.advance(0);
    expect(told.filter((line) => / expire \d/.test(line))).toEqual(['310 expire 0 a active', '500 expire 0 b active']);
  });
});

/** Sets up a day's work, and returns the trace of the hour in which it is due, without what was measured. */
function hour(): { readonly trace: readonly string[]; readonly replies: readonly string[] } {
  const lab = virtual({ seed: 3, settings: { timeout: 2000, 'notify-keyspace-events': 'Ex' } });
  const subscriber = lab.connect();
  subscriber.ask('SUBSCRIBE', '__keyevent@0__:expired');
  const client = lab.connect();
  for (let i = 0; i < 10_000; i++) client.sendCommand('SET', `key:${i}`, 'v', 'PX', String(1 + ((i * 7919) % 10_000) * 359));
  client.receive();
  const waiters: LabClient[] = [];
  for (let i = 0; i < 100; i++) {
    const waiter = lab.connect();
    waiter.ask('BLPOP', 'queue', String(3600 - i * 30));
    waiters.push(waiter);
  }
  const trace: string[] = [];
  lab.server.tap.sink = {
    emit: (event) => void trace.push(JSON.stringify({ ...event, atUs: lab.server.clock.nowUs })),
  };
  lab.advance(3_600_000);
  const replies = [subscriber, client, ...waiters].map((one) => one.take());
  lab.close();
  return { trace, replies };
}

test('an hour with 10,000 keys, 100 blocked clients and the cron: everything in due order, and the same in two runs', () => {
  const first = hour();
  const told = first.trace.map((line) => JSON.parse(line) as TraceBody & { atUs: number });
  const times = told.map(({ atUs }) => atUs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const expired = told.flatMap((event) => (event.kind === 'expire' ? [`${event.key} ${event.atUs}`] : []));
  expect(expired).toHaveLength(10_000);
  expect(expired.slice(0, 2)).toEqual(['key:0 1000', 'key:7679 360000']);
  expect(new Set(told.flatMap((event) => (event.kind === 'timer' ? [event.lateUs] : [])))).toEqual(new Set([0]));
  expect(told.filter(({ kind }) => kind === 'unpark')).toHaveLength(100);
  expect(told.some((event) => event.kind === 'timer' && event.name === 'idle-clients')).toBe(true);
  expect(told.filter((event) => event.kind === 'disconnect' && event.why === 'timeout').map(({ atUs }) => atUs)).toContain(2_001_000_000);
  expect(first.replies[0]!.match(/key:\d+/g)).toHaveLength(10_000);
  const again = hour();
  expect(again.replies).toEqual(first.replies);
  expect(again.trace).toEqual(first.trace);
});
