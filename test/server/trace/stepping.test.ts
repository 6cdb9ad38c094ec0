import { describe, expect, test } from 'vitest';
import { matchesGlob } from '../../../src/server/keyspace/glob.js';
import { Stepper, type Breakpoint, type RunTarget, type StepUnit } from '../../../src/server/trace/stepping.js';
import type { TraceBody, TraceEvent } from '../../../src/server/trace/events.js';

const frame = (token: number, ...argv: string[]): TraceBody => ({ kind: 'frame', token, frame: 1, bytes: 10, argv, raw: '' });
const execute = (token: number, command: string, elapsedUs: number, ...keys: string[]): TraceBody => ({ kind: 'execute', token, frame: 1, command, elapsedUs, keys, db: 0 });

/** Two clients, two turns: the events of `SET a 1` from token 2 and `DEL b` from token 3. */
const HISTORY: readonly TraceBody[] = [
  { kind: 'turn-begin', turn: 1 },
  { kind: 'wait', timeoutMs: -1, why: 'no timer' },
  { kind: 'poll', waitedUs: 5, ready: 1, emulated: false },
  { kind: 'ready', token: 2, readiness: 1 },
  { kind: 'read', token: 2, result: 10 },
  frame(2, 'SET', 'a', '1'),
  execute(2, 'set', 3, 'a'),
  { kind: 'reply', token: 2, frame: 1, bytes: 5, raw: '' },
  { kind: 'turn-end', turn: 1, busyUs: 9, commands: 1 },
  { kind: 'turn-begin', turn: 2 },
  { kind: 'write', token: 2, result: 5, of: 5 },
  { kind: 'wait', timeoutMs: -1, why: 'no timer' },
  { kind: 'poll', waitedUs: 5, ready: 1, emulated: false },
  { kind: 'ready', token: 3, readiness: 1 },
  { kind: 'read', token: 3, result: 10 },
  frame(3, 'del', 'b'),
  execute(3, 'del', 2000, 'b'),
  { kind: 'turn-end', turn: 2, busyUs: 9, commands: 1 },
];

/** Plays the history; whenever the loop is held, `next` decides how it continues. Returns the indices at which it was held. */
function play(prepare: (stepper: Stepper) => void, next: (stepper: Stepper) => void, history = HISTORY): number[] {
  const held: number[] = [];
  const stepper = new Stepper({ keysOf: (argv) => argv.slice(1, 2), matchesGlob }, (event, timeoutMs) => {
    expect(timeoutMs).toBe(-1);
    held.push(event.seq);
    next(stepper);
  });
  prepare(stepper);
  history.forEach((body, seq) => stepper.pass({ ...body, seq, atUs: seq } as TraceEvent));
  return held;
}

const kinds = (indices: number[]): string[] => indices.map((index) => HISTORY[index]!.kind);

describe('stepping', () => {
  test('a running loop is never held', () => {
    expect(play(() => {}, () => {})).toEqual([]);
  });

  test('a paused loop is held at every event until it is resumed', () => {
    expect(play((stepper) => stepper.pause(), (stepper) => stepper.resume())).toEqual([0]);
  });

  const byUnit = (unit: StepUnit): string[] => kinds(play((stepper) => stepper.pause(), (stepper) => stepper.step(unit)));

  test('a step by event stops at each', () => {
    expect(byUnit('event')).toEqual(HISTORY.map(({ kind }) => kind));
  });

  test('a step by phase stops where another phase of the turn begins', () => {
    expect(byUnit('phase')).toEqual(['turn-begin', 'wait', 'read', 'frame', 'execute', 'turn-end', 'turn-begin', 'wait', 'read', 'frame', 'execute', 'turn-end']);
  });

  test('a step by command stops when one has been executed', () => {
    expect(byUnit('command')).toEqual(['turn-begin', 'execute', 'execute']);
  });

  test('a step by turn stops where the next turn begins', () => {
    expect(byUnit('turn')).toEqual(['turn-begin', 'turn-begin']);
  });
});

describe('a run to a request', () => {
  const clients: readonly TraceBody[] = [
    frame(2, 'CLIENT', 'SETNAME', 'app'),
    frame(2, 'GET', 'a'),
    { kind: 'connect', token: 3, fd: 9, peer: '', local: '' },
    frame(3, 'COMMAND', 'DOCS'),
    execute(3, 'command|docs', 900),
    frame(3, 'hello', '3'),
    frame(2, 'SET', 'b', '1'),
    frame(3, 'Get', 'b'),
    execute(3, 'get', 2, 'b'),
    { kind: 'disconnect', token: 3, why: 'EOF' },
    frame(2, 'CLIENT', 'LIST'),
  ];
  const endsAt = (target: RunTarget): number[] => play((stepper) => stepper.runTo(target), (stepper) => stepper.runTo(target), clients);

  test.each<[string, RunTarget, number[]]>([
    ['of any client: what clients introduce themselves with is passed', {}, [1, 6, 7, 10]],
    ['of one connection, and where that ends', { token: 3 }, [7, 9]],
    ['with this name, also one that clients introduce themselves with', { command: 'command' }, [3]],
    ['on this key', { key: 'b' }, [6, 7]],
    ['that is all of this', { command: 'get', key: 'b', token: 3 }, [7, 9]],
    ['of somebody who never comes', { token: 9 }, []],
  ])('ends before the next one %s', (_name, target, indices) => {
    expect(endsAt(target)).toEqual(indices);
  });

  test('passes earlier events at full speed, unless there is a breakpoint', () => {
    const stepper = new Stepper({ keysOf: () => [], matchesGlob }, () => stepper.resume());
    expect([stepper.isNeeded, stepper.isStepping]).toEqual([false, false]);
    stepper.runTo({ token: 3 });
    expect([stepper.isNeeded, stepper.isStepping]).toEqual([true, false]);
    const prepare = (each: Stepper): void => {
      each.setBreakpoints([{ command: 'set' }]);
      each.runTo({ token: 3 });
    };
    expect(play(prepare, (each) => each.runTo({ token: 3 }), clients)).toEqual([6, 7, 9]);
  });
});

describe('breakpoints', () => {
  const stopsAt = (...breakpoints: Breakpoint[]): number[] => play((stepper) => stepper.setBreakpoints(breakpoints), (stepper) => stepper.resume());

  test.each<[string, Breakpoint, number[]]>([
    ['a command, before it executes, however the client writes it', { command: 'del' }, [15]],
    ['a key, before the command executes', { key: 'a*' }, [5]],
    ['a command and a key together', { command: 'set', key: 'b' }, []],
    ['a kind of event', { kind: 'write' }, [10]],
    ['everything about a token', { token: 3 }, [13, 14, 15, 16]],
    ['a kind of event of a token', { kind: 'ready', token: 2 }, [3]],
    ['a command that took long, afterwards', { longerThanUs: 1000 }, [16]],
    ['one command that took long', { command: 'set', longerThanUs: 1000 }, []],
    ['an error', { error: true }, []],
  ])('stop at %s', (_name, breakpoint, indices) => {
    expect(stopsAt(breakpoint)).toEqual(indices);
  });

  test.each<[string, Breakpoint, number[]]>([
    ['any', { error: true }, [2, 4, 7]],
    ['one to a command', { error: true, command: 'lpush' }, [2]],
    ['one to a key', { error: true, key: 'l*' }, [2]],
    ['one to a connection', { error: true, token: 3 }, [4]],
    ['one to a command that took long', { error: true, longerThanUs: 100 }, [7]],
    ['one to a command that was answered otherwise', { error: true, command: 'ping' }, []],
  ])('stop at an error: %s', (_name, breakpoint, indices) => {
    const history: readonly TraceBody[] = [
      frame(2, 'LPUSH', 'list', '1'),
      execute(2, 'lpush', 5, 'list'),
      { kind: 'reply', token: 2, frame: 1, bytes: 9, raw: '-WRONGTYPE\r\n' },
      // Refused: never executed.
      frame(3, 'NONSENSE'),
      { kind: 'reply', token: 3, frame: 1, bytes: 9, raw: '-ERR\r\n' },
      frame(2, 'eval', 'x', '0'),
      execute(2, 'eval', 500),
      { kind: 'reply', token: 2, frame: 1, bytes: 9, raw: '!3\r\nERR\r\n' },
      frame(4, 'PING'),
      { kind: 'reply', token: 4, frame: 1, bytes: 7, raw: '+PONG\r\n' },
    ];
    expect(play((stepper) => stepper.setBreakpoints([breakpoint]), (stepper) => stepper.resume(), history)).toEqual(indices);
  });

  test('several of them stop at each of their places', () => {
    expect(stopsAt({ command: 'set' }, { command: 'del' })).toEqual([5, 15]);
  });

  test('a step ends early at a breakpoint', () => {
    const prepare = (stepper: Stepper): void => {
      stepper.setBreakpoints([{ command: 'set' }]);
      stepper.step('turn');
    };
    expect(play(prepare, (stepper) => stepper.step('turn'))).toEqual([0, 5, 9]);
  });
});

test('in slow motion every event is followed by a wait, and a breakpoint still holds', () => {
  const waits: [string, number][] = [];
  const stepper = new Stepper({ keysOf: () => [], matchesGlob }, (event, timeoutMs) => {
    waits.push([event.kind, timeoutMs]);
    if (timeoutMs === -1) stepper.slow(5);
  });
  stepper.slow(5);
  stepper.setBreakpoints([{ kind: 'frame' }]);
  HISTORY.slice(3, 7).forEach((body, seq) => stepper.pass({ ...body, seq, atUs: seq } as TraceEvent));
  expect(waits).toEqual([['ready', 200], ['read', 200], ['frame', -1], ['execute', 200]]);
});
