import { expect, test } from 'vitest';
import { TRACE_EVENTS, type TraceKind } from '../../../../src/server/index.js';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { droppedSentence, heldSentence, sentence, timeoutSentences } from '../../../../src/tui/view/parts/sentence.js';
import { wordingOf } from '../../../../src/tui/view/parts/wording.js';
import { visible } from '../../../../src/tui/view/text.js';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { initialState } from '../../../../src/tui/state/reduce.js';
import type { Entry } from '../../../../src/tui/state/slice.js';
import { LANGUAGES } from '../../../../src/shared/language.js';
import type { State } from '../../../../src/tui/state/state.js';
import { loopPane } from '../../../../src/tui/view/panes/loop.js';
import { eventAt, happened, served } from '../../happened.js';
import { PLAIN } from '../../scene.js';

/** There is a second listener, for another address. */
const EPOLL = { language: 'en', isEmulated: false, isListener: (token: number) => token === 0 || token === 2, isWaker: (token: number) => token === 1, visible } as const;
const EMULATED = { ...EPOLL, isEmulated: true };

const SENTENCES: readonly (readonly [TraceBody, string])[] = [
  [{ kind: 'turn-begin', turn: 1809 }, 'turn 1,809 begins: pending replies are written first'],
  [{ kind: 'wait', timeoutMs: 83, why: 'expire cycle' }, 'nothing to do: the loop sleeps in epoll_wait'],
  [{ kind: 'wait', timeoutMs: 0, why: 'expire cycle' }, 'timer expire cycle is due: the loop polls without sleeping'],
  [{ kind: 'poll', waitedUs: 41_000, ready: 2, emulated: false }, 'epoll_wait woke with 2 ready tokens after 41 ms'],
  [{ kind: 'poll', waitedUs: 7, ready: 1, emulated: false }, 'epoll_wait woke with 1 ready token after 7 µs'],
  [{ kind: 'poll', waitedUs: 83_000, ready: 0, emulated: false }, 'epoll_wait returned after 83 ms with nothing ready'],
  [{ kind: 'ready', token: 0, readiness: 1 }, 'LISTENER is READABLE: a client wants to connect'],
  [{ kind: 'ready', token: 2, readiness: 1 }, 'LISTENER (token 2) is READABLE: a client wants to connect'],
  [{ kind: 'ready', token: 1, readiness: 1 }, 'WAKER is READABLE: another thread has a message'],
  [{ kind: 'ready', token: 7, readiness: 1 }, 'token 7 is READABLE: a read should not block'],
  [{ kind: 'ready', token: 7, readiness: 2 }, 'token 7 is WRITABLE: there is room to write'],
  [{ kind: 'ready', token: 7, readiness: 9 }, 'token 7 is READABLE|READ_CLOSED: its peer has stopped sending'],
  [{ kind: 'ready', token: 7, readiness: 29 }, 'token 7 is READABLE|ERROR|READ_CLOSED|HUP: the next read will return the error'],
  [{ kind: 'accept', token: 0, client: 7 }, 'LISTENER accepted a connection: it is token 7 from now on'],
  [{ kind: 'accept', token: 0, client: 'WouldBlock' }, 'LISTENER has no more connections: WouldBlock'],
  [{ kind: 'accept', token: 2, client: 7 }, 'LISTENER (token 2) accepted a connection: it is token 7 from now on'],
  [{ kind: 'accept', token: 0, client: 'EMFILE' }, 'LISTENER could not accept a connection: EMFILE'],
  [{ kind: 'connect', token: 7, fd: 22, peer: '127.0.0.1:5000', local: '127.0.0.1:6379' }, 'token 7 is registered with the poll: 127.0.0.1:5000 on fd 22'],
  [{ kind: 'read', token: 7, result: 42 }, '42 B came from token 7'],
  [{ kind: 'read', token: 7, result: 'WouldBlock' }, 'token 7 has nothing more to read for now: WouldBlock'],
  [{ kind: 'read', token: 7, result: 'EOF' }, 'token 7 will send nothing more: end of file'],
  [{ kind: 'read', token: 7, result: 'ECONNRESET' }, 'reading from token 7 failed: ECONNRESET'],
  [{ kind: 'frame-partial', token: 7, have: 12, need: 40 }, 'token 7 has sent half a request, 12 of 40 B or more: kept until the rest comes'],
  [{ kind: 'frame', token: 7, frame: 1, bytes: 44, argv: ['set', 'greeting', 'hello'], raw: '' }, 'token 7 asks for SET greeting hello (44 B)'],
  [{ kind: 'frame', token: 7, frame: 1, bytes: 99, argv: ['MSET', 'a', '\x1b[2J', '\n', 'd', 'e'], raw: '' }, 'token 7 asks for MSET a \\x1b[2J \\n … (99 B)'],
  [{ kind: 'frame', token: 7, frame: 1, bytes: 99, argv: ['GET', ''], raw: '' }, 'token 7 asks for GET "" (99 B)'],
  [{ kind: 'execute', token: 7, frame: 1, command: 'get', elapsedUs: 12, keys: ['greeting'], db: 0 }, 'token 7 sent GET greeting; it took 12 µs'],
  [{ kind: 'execute', token: 7, frame: 1, command: 'config|get', elapsedUs: 12, keys: [], db: 0 }, 'token 7 sent CONFIG GET; it took 12 µs'],
  [{ kind: 'reply', token: 7, frame: 1, bytes: 5, raw: '' }, 'the reply for token 7 is ready: 5 B wait in its output buffer'],
  [{ kind: 'reply', token: 7, frame: 1, bytes: 30, raw: "-ERR unknown command 'x\x1b'\r\n" }, "token 7 gets an error: ERR unknown command 'x\\x1b'"],
  [{ kind: 'reply', token: 7, frame: 1, bytes: 30, raw: '!9\r\nERR\r\nno\r\n' }, 'token 7 gets an error: ERR'],
  [{ kind: 'fault', token: 7, id: 2, fault: 'slice 1', effect: 'read of 1 B' }, 'fault 2 was injected into token 7, slice 1: read of 1 B'],
  [{ kind: 'flush', tokens: [7, 9], bytes: 21, short: 0 }, 'one io_uring_enter took 21 B for tokens 7, 9'],
  [
    { kind: 'flush', tokens: [2, 3, 5, 7, 11, 13, 17, 19], bytes: 2048, short: 2 },
    'one io_uring_enter took 2 KiB for tokens 2, 3, 5 and 5 more; 2 short',
  ],
  [{ kind: 'write', token: 7, result: 5, of: 5 }, '5 B went out to token 7'],
  [{ kind: 'write', token: 7, result: 16384, of: 1048576 }, 'token 7 took only 16,384 of 1,048,576 B: the rest waits'],
  [{ kind: 'write', token: 7, result: 'WouldBlock', of: 2048 }, 'token 7 takes nothing now: WouldBlock, 2 KiB wait'],
  [{ kind: 'write', token: 7, result: 'EPIPE', of: 5 }, 'writing to token 7 failed: EPIPE'],
  [{ kind: 'await-disk', token: 7, bytes: 5, offset: 90 }, '5 B for token 7 wait until the changes before them are on the disk'],
  [
    { kind: 'save-slice', keys: 120, bytes: 2048, preImages: 3, done: 40_000, total: 100_000, elapsedUs: 250 },
    'a slice of the snapshot: 120 keys, 3 before they changed; 40,000 of 100,000 so far',
  ],
  [{ kind: 'await-disk', token: 7, bytes: 0, offset: 0 }, 'output for token 7 no longer waits: the changes before it are on the disk'],
  [{ kind: 'interest', token: 7, before: 1, after: 3 }, 'WRITABLE armed: the poll will report when token 7 has room again'],
  [{ kind: 'interest', token: 7, before: 3, after: 1 }, 'all is sent to token 7: WRITABLE is disarmed'],
  [{ kind: 'interest', token: 7, before: 1, after: 5 }, 'token 7 is edge-triggered from now on'],
  [{ kind: 'interest', token: 7, before: 7, after: 3 }, 'token 7 is level-triggered from now on'],
  [{ kind: 'park', token: 7, keys: ['jobs'], deadlineMs: 0 }, 'token 7 is parked on jobs without a timeout; the loop continues'],
  [{ kind: 'park', token: 7, keys: ['a', 'b', 'c', 'd', 'e'], deadlineMs: 5 }, 'token 7 is parked on a, b, c and 2 more until its timeout; the loop continues'],
  [{ kind: 'unpark', token: 7, keys: ['jobs'], why: 'ready', elapsedUs: 0 }, 'token 7 no longer waits for jobs: one is ready'],
  [{ kind: 'unpark', token: 7, keys: ['jobs'], why: 'timeout', elapsedUs: 0 }, 'token 7 no longer waits for jobs: its timeout has passed'],
  [{ kind: 'unpark', token: 7, keys: ['jobs'], why: 'unblocked', elapsedUs: 0 }, 'token 7 no longer waits for jobs: another client has unblocked it'],
  [{ kind: 'unpark', token: 7, keys: ['jobs'], why: 'disconnect', elapsedUs: 0 }, 'token 7 no longer waits for jobs: its client has disconnected'],
  [{ kind: 'timer', name: 'expire cycle', lateUs: 80, elapsedUs: 40 }, 'timer expire cycle ran for 40 µs, 80 µs after it was due'],
  [{ kind: 'expire', db: 0, key: 'greeting', how: 'lazy' }, 'key greeting had expired when a command accessed it: deleted'],
  [{ kind: 'expire', db: 0, key: 'greeting', how: 'active' }, 'the expire cycle found key greeting expired: deleted'],
  [{ kind: 'evict', db: 0, key: 'old', policy: 'allkeys-lru' }, 'key old was evicted to stay below maxmemory (allkeys-lru)'],
  [{ kind: 'key-change', db: 0, key: 'greeting', event: 'set', type: 'string', size: 101, expireAtMs: 0, token: 7 }, 'key greeting has changed (set): a string, 101 B in memory'],
  [{ kind: 'key-change', db: 0, key: 'greeting', event: 'del', type: 'none', size: 0, expireAtMs: 0, token: 7 }, 'key greeting no longer exists (del)'],
  [{ kind: 'publish', token: 7, channel: 'news', bytes: 5, receivers: 1 }, 'token 7 published 5 B on news: 1 receiver'],
  [{ kind: 'replicate', token: 7, db: 2, argv: ['SET', 'k', 'v'] }, 'SET k v was handed to propagation (database 2)'],
  [{ kind: 'disconnect', token: 7, why: 'EOF' }, 'token 7 is disconnected: EOF'],
  [{ kind: 'turn-end', turn: 1812, busyUs: 80, commands: 1 }, 'turn 1,812 is over: 1 command in 80 µs'],
];

test.for(SENTENCES)('%j', ([body, expected]) => {
  expect(sentence(eventAt(0, body), EPOLL)).toBe(expected);
});

test('every kind of event has its sentence in the table', () => {
  const told = new Set<TraceKind>(SENTENCES.map(([{ kind }]) => kind));
  expect(Object.keys(TRACE_EVENTS).filter((kind) => !told.has(kind as TraceKind))).toEqual([]);
});

test('in Korean each is another sentence, with the same numbers and names', () => {
  const korean = { ...EPOLL, language: 'ko' } as const;
  for (const [body, english] of SENTENCES) {
    for (const say of [sentence, heldSentence]) {
      const told = say(eventAt(0, body), korean);
      expect(told).toMatch(/\p{Script=Hangul}/u);
      for (const name of say(eventAt(0, body), EPOLL).match(/\d[\d.,]*|READABLE|WRITABLE|WouldBlock|EOF|E[A-Z]{4,}|greeting|jobs/g) ?? []) {
        // What is always the same number in an English idiom.
        if (english.includes('end of file') && name === 'EOF') continue;
        expect(told).toContain(name.replace(/[.,]$/, ''));
      }
    }
  }
});

test('where readiness is emulated, nothing is said of epoll', () => {
  expect(sentence(eventAt(0, { kind: 'poll', waitedUs: 7, ready: 1, emulated: true }), EMULATED)).toBe('poll.wait (emulated) woke with 1 ready token after 7 µs');
  expect(sentence(eventAt(0, { kind: 'wait', timeoutMs: -1, why: 'no timer' }), EMULATED)).toBe('nothing to do: the loop sleeps in poll.wait (emulated)');
});

test('a held loop shows the step before which it is held', () => {
  expect(heldSentence(eventAt(0, { kind: 'frame', token: 7, frame: 1, bytes: 30, argv: ['DEL', 'greeting'], raw: '' }), EPOLL)).toBe('held before executing DEL greeting');
  expect(heldSentence(eventAt(0, { kind: 'turn-begin', turn: 1 }), EPOLL)).toBe('held at the beginning of turn 1: pending replies are written first');
  expect(heldSentence(eventAt(0, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' }), EPOLL)).toBe('held before epoll_wait: next timer: expire cycle in 83 ms');
  expect(heldSentence(eventAt(0, { kind: 'read', token: 7, result: 42 }), EPOLL)).toBe('held: 42 B came from token 7');
});

test.for([
  [-1, 'no timer', 'no timer: sleeps until something is ready'],
  [-1, 'virtual clock', 'virtual clock: sleeps until something is ready or advance is called'],
  [0, 'advance', 'the virtual clock moves on: polls without sleeping'],
  [83, 'expire cycle', 'next timer: expire cycle in 83 ms'],
  [99.7, 'expire cycle', 'next timer: expire cycle in 100 ms'],
  [2.5, 'blocked client', 'next timer: blocked client in 2.50 ms'],
  [0, 'expire cycle', 'timer expire cycle is due: polls without sleeping'],
] as const)('a timeout of %f ms (%s) is explained', ([timeoutMs, why, expected]) => {
  expect(timeoutSentences(timeoutMs, why, 'en')[0]).toBe(expected);
});

test('left-out events are reported as numbers', () => {
  expect(droppedSentence({ turns: 248, commands: 1447 }, 'en')).toBe('too fast to trace: 248 turns with 1,447 commands not shown');
});

/** The inside of the loop pane, as the layouts make it. */
test.each(LANGUAGES.flatMap((language) => [[37, 13, language], [50, 20, language], [52, 26, language]] as const))('no sentence is cut in a loop pane of %i×%i in %s, asleep or not', (width, height, language) => {
  for (const [body] of SENTENCES) {
    const entries: Entry[] = [...served(812, 0), happened(60, body)];
    for (const more of [[], [happened(70, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' })]]) {
      const model = [...entries, ...more].reduce(reduceModel, initialModel);
      const live = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '0.0.0' }, model, language);
      const state: State = { ...live, control: { ...live.control, mode: more.length === 0 ? 'slow' : 'live' } };
      const text = loopPane.render(state, { theme: PLAIN, size: { width, height }, isFocused: true }).map((row) => row.trim()).join(' ');
      const isShown = more.length === 0 || model.loop.notable?.atUs === 60;
      if (isShown) expect(text.replaceAll(/ +/g, ' ')).toContain(sentence(eventAt(60, body), wordingOf(state, PLAIN)).replaceAll(/ +/g, ' '));
    }
  }
});

test.each([
  [{ kind: 'turn-begin', turn: 3 }, 'turn 3 begins', '턴 3 시작'],
  [{ kind: 'frame', token: 7, frame: 1, bytes: 14, argv: ['PING'], raw: '' }, 'token 7 has sent PING (14 B)', '토큰 7에서 보낸 것: PING (14 B)'],
  [{ kind: 'frame', token: 7, frame: 1, bytes: 3, argv: ['abc'], raw: '' }, 'token 7 has sent abc (3 B)', '토큰 7에서 보낸 것: abc (3 B)'],
  [{ kind: 'reply', token: 7, frame: 1, bytes: 14, raw: '' }, 'the program answers token 7: 14 B', '프로그램이 토큰 7에 응답합니다: 14 B'],
  [{ kind: 'disconnect', token: 7, why: 'closed' }, 'the program has closed token 7', '프로그램이 토큰 7의 연결을 닫았습니다'],
  [{ kind: 'interest', token: 7, before: 1, after: 7 }, 'token 7 is registered for READABLE|WRITABLE from now on', '이제부터 토큰 7의 등록: READABLE|WRITABLE'],
] as const)('of a learner\'s program only what its calls show: %j', (body, english, korean) => {
  expect(sentence(eventAt(0, body as TraceBody), { ...EPOLL, isProgram: true })).toBe(english);
  expect(sentence(eventAt(0, body as TraceBody), { ...EPOLL, isProgram: true, language: 'ko' })).toBe(korean);
});

test('a learner\'s program is not said to execute, to keep or to write anything before it does', () => {
  const kinds: readonly TraceBody[] = [
    { kind: 'frame', token: 7, frame: 1, bytes: 14, argv: ['PING'], raw: '' }, { kind: 'turn-begin', turn: 3 }, { kind: 'frame-partial', token: 7, have: 3, need: 4 },
    { kind: 'write', token: 7, result: 3, of: 9 }, { kind: 'write', token: 7, result: 'WouldBlock', of: 9 },
  ];
  const told = kinds.map((body) => heldSentence(eventAt(0, body), { ...EPOLL, isProgram: true }));
  expect(told[0]).toBe('held: PING has been read');
  expect(told.join('\n')).not.toMatch(/execut|kept|pending|buffer|waits?\b/);
});
