/**
 * The past of a program is the same whether its events are kept, or found again by running it from its beginning: every destination, with a few events kept.
 */
import { describe, expect, test } from 'vitest';
import { type HistoryPorts, type Untold, ProgramHistory } from '../../src/program/history.js';
import type { ToldEvent } from '../../src/program/protocol.js';
import type { Destination, Snapshot, StepUnit, TraceBody, TraceEvent, Visit } from '../../src/server/index.js';

interface Happening {
  readonly number: number;
  readonly atUs: number;
  readonly bodies: readonly TraceBody[];
}

const TURNS = 40;
const UNITS: readonly StepUnit[] = ['event', 'phase', 'command', 'turn'];

/** Some turns have no request, some two; one client leaves and another comes. */
function happenings(): readonly Happening[] {
  const all: Happening[] = [];
  const happens = (...bodies: readonly TraceBody[]): void => {
    const number = all.length + 1;
    all.push({ number, atUs: number * 1000, bodies });
  };
  happens({ kind: 'interest', token: 0, before: 0, after: 1 });
  for (let turn = 1; turn <= TURNS; turn++) {
    const token = turn < 20 ? 1 : 2;
    const ends: readonly TraceBody[] = turn === 1 ? [] : [{ kind: 'turn-end', turn: turn - 1, busyUs: 5, commands: turn % 3 }];
    happens(...ends, { kind: 'turn-begin', turn }, { kind: 'wait', timeoutMs: -1, why: '' });
    happens({ kind: 'poll', waitedUs: 10, ready: 1, emulated: false });
    if (turn === 1 || turn === 20) happens({ kind: 'connect', token, fd: 10 + token, peer: '127.0.0.1:1', local: '127.0.0.1:2' } as TraceBody);
    if (turn === 19) happens({ kind: 'disconnect', token, reason: 'client-closed' } as unknown as TraceBody);
    for (let i = 0; i < turn % 3; i++) {
      const frame: TraceBody = { kind: 'frame', token, frame: turn, bytes: 14, argv: [i === 0 ? 'GET' : 'PING'], raw: '' };
      happens({ kind: 'read', token, result: 14 } as TraceBody, frame);
      happens({ kind: 'reply', token, frame: turn, bytes: 5, raw: '' }, { kind: 'write', token, result: 5 } as TraceBody);
    }
  }
  return all;
}

interface Told extends HistoryPorts {
  runs: number;
  untold: Untold | null;
}

function historyOf(newest: number, around = 15, isRecorded = true): { readonly history: ProgramHistory; readonly ports: Told } {
  const all = happenings();
  const ports: Told = {
    runs: 0,
    untold: null,
    isRecorded,
    originMs: () => 1_000_000,
    snapshot: () => ({ stats: {} }) as unknown as Snapshot,
    runAgain: () => Promise.resolve(null),
    retell(number, take) {
      ports.runs++;
      if (ports.untold !== null) return Promise.resolve(ports.untold);
      for (const { bodies, ...told } of all.slice(0, number)) if (!take({ kind: 'event', body: bodies.at(-1)!, fd: 3, ...told } as ToldEvent, bodies)) break;
      return Promise.resolve(null);
    },
    sourceOf: () => undefined,
    leave: () => {},
  };
  const history = new ProgramHistory(ports, { newest, cut: 10, around });
  let seq = 0;
  for (const { number, atUs, bodies } of all) for (const body of bodies) history.add({ ...body, seq: ++seq, atUs } as TraceEvent, number);
  return { history, ports };
}

/** A sequence number has no meaning beyond a visit, and before the oldest event that is kept there are no others. */
async function visited(history: ProgramHistory, to: Destination): Promise<unknown> {
  return history.visit(to).then(
    ({ events, ...visit }: Visit) => ({ ...visit, event: { ...events.at(-1)!, seq: 0 } }),
    ({ message }: Error) => message,
  );
}

const whole = historyOf(Infinity).history;

async function moments(): Promise<readonly { readonly turn: number; readonly event: number }[]> {
  const all = [];
  for (let { moment } = await whole.visit(whole.range.oldest); ; ) {
    all.push(moment);
    const next = await whole.visit({ from: moment, by: 'event', direction: 'forward' }).catch(() => null);
    if (next === null) return all;
    ({ moment } = next);
  }
}

async function destinations(): Promise<readonly Destination[]> {
  const all = await moments();
  const times = Array.from({ length: 30 }, (_, i) => ({ unixMs: 999_995.5 + i * 9 }));
  const commands = Array.from({ length: TURNS + 3 }, (_, i) => ({ command: i }));
  const turns = Array.from({ length: TURNS + 3 }, (_, turn) => [{ turn }, { turn, event: Infinity }, { turn, event: 40 }]).flat();
  const steps = all.filter((_, i) => i % 3 === 0).flatMap((from) => [
    ...UNITS.flatMap((by) => [{ from, by, direction: 'back' }, { from, by, direction: 'forward' }] as const),
    ...[{ command: 'get' }, { token: 2 }, { command: 'get', token: 2 }].map((request) => ({ from, request })),
  ]);
  return [...all, ...times, ...commands, ...turns, ...steps];
}

describe('every destination is the same with few events kept', () => {
  for (const [newest, around] of [[20, 15], [60, 4], [100, 1000]] as const) {
    test(`${newest} kept, ${around} found around it`, async () => {
      const { history, ports } = historyOf(newest, around);
      expect(history.range).toEqual(whole.range);
      for (const to of await destinations()) expect({ to, is: await visited(history, to) }).toEqual({ to, is: await visited(whole, to) });
      expect(ports.runs).toBeGreaterThan(0);
    });
  }
});

test('the events around an older moment are kept: steps among them run the program once', async () => {
  const { history, ports } = historyOf(20);
  let { moment } = await history.visit({ turn: 10 });
  for (let step = 0; step < 10; step++) ({ moment } = await history.visit({ from: moment, by: 'event', direction: 'forward' }));
  for (let step = 0; step < 20; step++) ({ moment } = await history.visit({ from: moment, by: 'event', direction: 'back' }));
  expect(ports.runs).toBe(1);
  // With the events before it.
  expect((await history.visit({ turn: 10 })).events.length).toBeGreaterThan(10);
});

test('where the program cannot be run up to an older moment, it is said why, and nothing is shown instead', async () => {
  const { history, ports } = historyOf(20);
  ports.untold = { text: { en: 'diverges at call 7', ko: '호출 7에서 갈라집니다' }, isForGood: false };
  await expect(history.visit({ turn: 3 })).rejects.toMatchObject({
    message: 'diverges at call 7; what was before the newest 20 events is found only by running the program again',
    text: { ko: '호출 7에서 갈라집니다. 최근 이벤트 20개보다 앞선 순간은 프로그램을 다시 실행해야 찾을 수 있습니다' },
  });
  expect(history.range.oldest).toEqual({ turn: 1, event: 1 });
  await expect(history.visit({ turn: TURNS })).resolves.toMatchObject({ moment: { turn: TURNS, event: 1 } });
  // One that can never be run again has no older moments.
  ports.untold = { text: { en: 'it uses node:fs', ko: 'node:fs를 사용합니다' }, isForGood: true };
  await expect(history.visit(history.range.oldest)).rejects.toThrow(/^it uses node:fs; what was before/);
  expect(history.range.oldest.turn).toBeGreaterThan(TURNS - 10);
  await expect(history.visit(history.range.oldest)).resolves.toMatchObject({ moment: history.range.oldest });
  await expect(history.visit({ turn: 3 })).rejects.toThrow('there is no such moment in the history');
});

test('without a recording only what is kept can be visited', async () => {
  const { history, ports } = historyOf(20, 15, false);
  expect(history.range.oldest.turn).toBeGreaterThan(TURNS - 10);
  await expect(history.visit({ turn: 3 })).rejects.toThrow('there is no such moment in the history');
  await expect(history.visit(history.range.oldest)).resolves.toMatchObject({ moment: history.range.oldest });
  expect(ports.runs).toBe(0);
});
