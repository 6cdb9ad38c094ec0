/** What the loop is doing, as another thread sees it: the words that the loop writes, and what is derived from them. */
import { expect, test, vi } from 'vitest';
import { Activity, createActivityWords, DECODING } from '../../../src/server/loop/activity.js';
import { ActivityWatch, type LoopActivity } from '../../../src/server/thread/activity-watch.js';
import { type Lab, simulate } from '../simulation/harness.js';

function watch(lab: Lab): ActivityWatch {
  return new ActivityWatch(lab.activityWords, () => false, lab.server.commandNames, () => lab.clock.nowMs);
}

/** Returns what is seen at each event of the trace, as short words. */
function seenDuring(lab: Lab, during: () => void): string[] {
  const seen: string[] = [];
  const watching = watch(lab);
  lab.server.tap.sink = {
    emit({ kind }) {
      const { phase, token, command } = watching.look();
      seen.push(`${kind}: ${[phase, token, command].filter((word) => word !== null).join(' ')}`);
    },
  };
  during();
  lab.server.tap.sink = null;
  return seen;
}

test('the words follow the loop through a turn', () => {
  using lab = simulate();
  const client = lab.connect();
  client.send('PING\r\n');
  const [token] = lab.server.sessions.keys();
  lab.server.scheduler.after('test', 0, () => {});
  expect(seenDuring(lab, () => lab.turn(2))).toEqual([
    'turn-begin: write', 'wait: write', 'poll: wait', 'ready: wait', `read: read ${token}`, `frame: decode ${token}`, `execute: execute ${token} ping`, `reply: execute ${token} ping`, 'timer: timers',
    'turn-end: timers', 'turn-begin: write', 'write: write', 'wait: write', 'poll: wait', 'turn-end: wait',
  ]);
});

test('a subcommand has its full name, and an unknown command has none', () => {
  using lab = simulate();
  const client = lab.connect();
  client.sendCommand('config', 'get', 'port');
  client.sendCommand('nonsense');
  const [token] = lab.server.sessions.keys();
  expect(seenDuring(lab, () => lab.turn()).filter((seen) => seen.startsWith('reply'))).toEqual([`reply: execute ${token} config|get`, `reply: execute ${token} `]);
});

test('accepting belongs to the listener, and every command has a number of its own', () => {
  using lab = simulate();
  lab.connectLater();
  expect(seenDuring(lab, () => lab.turn())).toContain('accept: accept 0');
  const { commandNames } = lab.server;
  expect(new Set(commandNames).size).toBe(commandNames.length);
  expect(commandNames.length).toBeLessThan(2048);
});

test('commands called by EXEC and scripts count as part of these', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('MULTI');
  client.ask('SET', 'a', '1');
  client.sendCommand('EXEC');
  client.sendCommand('EVAL', "return redis.call('GET', 'a')", '0');
  expect(seenDuring(lab, () => lab.turn()).filter((seen) => seen.startsWith('execute')).map((seen) => seen.split(' ').at(-1))).toEqual(['exec', 'exec', 'eval', 'eval']);
});

test('a turn within the turn does not hide the script that lets others be served', () => {
  using lab = simulate({ settings: { 'busy-reply-threshold': 0 } });
  const [runner, other] = [lab.connect(), lab.connect()];
  const [token] = lab.server.sessions.keys();
  runner.sendCommand('EVAL', 'while true do end', '0');
  other.sendCommand('PING');
  other.sendCommand('SCRIPT', 'KILL');
  const watching = watch(lab);
  const seen: LoopActivity[] = [];
  lab.server.tap.sink = { emit: ({ kind }) => void (kind === 'reply' && seen.push(watching.look())) };
  lab.settle();
  lab.server.tap.sink = null;
  expect(seen.map(({ token: whose, command, servesOthers }) => [whose, command, servesOthers])).toEqual([
    [token, 'eval', true], [token, 'eval', true], [token, 'eval', true],
  ]);
  lab.turn();
  expect(watching.look()).toMatchObject({ phase: 'wait', servesOthers: false, isBusy: false });
});

/** A loop that is moved by hand, and read. */
function byHand() {
  const words = createActivityWords();
  const clock = { nowMs: 0 };
  const hold = { isHeld: false };
  return { clock, hold, activity: new Activity(words), watching: new ActivityWatch(words, () => hold.isHeld, ['', 'get', 'sort'], () => clock.nowMs) };
}

test('a loop is busy when it is seen working in the same turn twice, and time counts from the first reading', () => {
  const { clock, activity, watching } = byHand();
  activity.beginsTurn(7);
  activity.handles(3);
  activity.executes(2);
  clock.nowMs = 5000;
  expect(watching.look()).toEqual({ phase: 'execute', turn: 7, token: 3, command: 'sort', elapsedMs: 0, turnMs: 0, isBusy: false, servesOthers: false });
  clock.nowMs = 5100;
  expect(watching.look()).toMatchObject({ elapsedMs: 100, turnMs: 100, isBusy: true });
  // The next request of the same client, in the same turn.
  activity.executes(2);
  clock.nowMs = 5200;
  expect(watching.look()).toMatchObject({ elapsedMs: 0, turnMs: 200, isBusy: true });
  activity.beginsTurn(8);
  activity.is(DECODING);
  clock.nowMs = 5300;
  expect(watching.look()).toMatchObject({ turn: 8, turnMs: 0, isBusy: false });
});

test('a held loop is not busy, and what follows is seen for the first time', () => {
  const { clock, hold, activity, watching } = byHand();
  activity.beginsTurn(7);
  activity.executes(1);
  watching.look();
  clock.nowMs = 400;
  hold.isHeld = true;
  expect(watching.look()).toMatchObject({ phase: 'held', command: null, isBusy: false, turnMs: 0 });
  hold.isHeld = false;
  clock.nowMs = 500;
  expect(watching.look()).toMatchObject({ phase: 'execute', turnMs: 0, isBusy: false });
});

test('a pause does not count in the duration of what it interrupts', () => {
  const { clock, hold, activity, watching } = byHand();
  const lookAt = (nowMs: number, isHeld: boolean): LoopActivity => {
    clock.nowMs = nowMs;
    hold.isHeld = isHeld;
    return watching.look();
  };
  activity.beginsTurn(7);
  activity.executes(2);
  lookAt(0, false);
  expect(lookAt(5000, false)).toMatchObject({ command: 'sort', elapsedMs: 5000, turnMs: 5000 });
  expect(lookAt(5100, true)).toMatchObject({ phase: 'held', elapsedMs: 0, turnMs: 0 });
  expect(lookAt(95_000, true)).toMatchObject({ phase: 'held', isBusy: false });
  expect(lookAt(95_100, false)).toMatchObject({ command: 'sort', elapsedMs: 5000, turnMs: 5000, isBusy: true });
  expect(lookAt(95_200, false)).toMatchObject({ elapsedMs: 5100, turnMs: 5100 });
  activity.beginsTurn(8);
  expect(lookAt(95_300, false)).toMatchObject({ turn: 8, turnMs: 0, isBusy: false });
});

test('a listener is called at each reading of a busy loop, once when that is over, and never for a loop that is not busy', () => {
  vi.useFakeTimers();
  try {
    const { clock, activity, watching } = byHand();
    const told: (number | null)[] = [];
    const stop = watching.onBusy((seen) => told.push(seen?.turnMs ?? null));
    const pass = (looks: number): void => {
      for (let i = 0; i < looks; i++) {
        clock.nowMs += 100;
        vi.advanceTimersByTime(100);
      }
    };
    pass(3);
    activity.beginsTurn(1);
    pass(3);
    activity.is(0);
    pass(3);
    expect(told).toEqual([100, 200, null]);
    stop();
    activity.beginsTurn(2);
    pass(3);
    expect(told).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
