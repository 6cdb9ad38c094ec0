/**
 * What is said of a program with one fault, and that nothing is said of one without: real programs, and clients that connect to them.
 */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Diagnosis } from '../../src/program/diagnosis.js';
import type { ProgramServer } from '../../src/program/index.js';
import { connect, solution, startProgram, written } from './support.js';

/** A loop, in which `accept()` and `serve(token)` are the parts that are wrong. */
const loop = (body: string, options = ''): string => `import { Events, Interest, Poll, TcpListener, Token, WouldBlock } from 'redis-lab/poll';
const poll = new Poll(${options});
const listener = TcpListener.bind(poll, '127.0.0.1:0');
poll.register(listener, Token(0), Interest.READABLE);
const events = new Events();
const buffer = Buffer.alloc(8);
const clients = new Map();
let next = 1;
function acceptAll() {
  for (let stream = listener.accept(); stream !== WouldBlock; stream = listener.accept()) {
    clients.set(next, stream);
    poll.register(stream, Token(next++), Interest.READABLE);
  }
}
${body}
for (;;) {
  poll.poll(events);
  for (const event of events) {
    if (event.token === 0) accept();
    else serve(event.token, clients.get(event.token));
  }
}
`;
const ACCEPT = 'const accept = acceptAll;\n';

const remarkOf = ({ view }: ProgramServer): string => (view.end ?? view.remark)?.en ?? '';

const send = async (server: ProgramServer): Promise<void> => void (await connect(server)).write('a line that is longer than the buffer\r\n');

/** A program, what a client does, and what is said of the program then. */
const FAULTS: readonly (readonly [string, (server: ProgramServer) => Promise<void>, RegExp])[] = [
  [
    `${ACCEPT}function serve(token, stream) { while (true) if (stream.read(buffer) === 0) return; }`, send,
    /^it spins inside of a turn: read was called [\d,]+ times in a row, and nothing came of it \(faulty\.js:16\)$/,
  ],
  [`${ACCEPT}function serve(token, stream) { stream.read(buffer); for (;;); }`, send, /^it hangs: for \d+ s it has not come back to wait; its last call was read \(faulty\.js:16\)$/],
  [`${ACCEPT}function serve() {}`, send, /^it sleeps while 39 bytes of token 1 wait: it was not read until WouldBlock, and edge-triggered it is not told again$/],
  [`${ACCEPT}function serve(token, stream) { stream.read(buffer); }`, send, /^it sleeps while 31 bytes of token 1 wait: it was not read until WouldBlock/],
  [`${ACCEPT}function serve(token, stream) { while (stream.read(buffer) !== WouldBlock); throw new Error('oh'); }`, send, /^it threw Error: oh \(faulty\.js:16\)$/],
  [
    'function accept() { clients.set(next++, listener.accept()); }\nfunction serve() {}', send,
    /^it leaks: fd \d+, accepted and neither registered nor closed$/,
  ],
  [
    `${ACCEPT}function serve(token, stream) { for (let n = 1; n !== WouldBlock && n !== 0; n = stream.read(buffer)); }`,
    async (server) => void (await connect(server)).end('bye'), /^it leaks: token 1 has ended \(EOF\), and is not closed$/,
  ],
];

const FAULTS_OF_LEVEL: typeof FAULTS = [
  [`${ACCEPT}function serve() {}`, send, /^it spins: [\d,]+ waits in a row came back at once, and nothing came of them: token 1 is READABLE again and again, and is not read$/],
  [
    `${ACCEPT}function serve(token, stream) { stream.read(buffer); }`, async (server) => void (await connect(server)).end('bye'),
    /^it spins: .*: token 1 has ended \(EOF\), and is not closed$/,
  ],
  [
    `function accept() { acceptAll(); poll.reregister(clients.get(1), Token(1), Interest.READABLE | Interest.WRITABLE); }\nfunction serve() {}`,
    async (server) => void (await connect(server)), /^it spins: .*: token 1 is WRITABLE again and again, and has nothing to write$/,
  ],
];

test('each fault is named in one line, with its place', async () => {
  const level = FAULTS_OF_LEVEL.map(([body, act, expected]) => [loop(body, "{ trigger: 'level' }"), act, expected] as const);
  const edge = FAULTS.map(([body, act, expected]) => [loop(body), act, expected] as const);
  const run = async ([text, act, expected]: (typeof FAULTS)[number]): Promise<void> => {
    const server = await startProgram(written(text, 'faulty.js'));
    await act(server);
    await expect.poll(() => remarkOf(server), { timeout: 50_000 }).toMatch(expected);
    await server.close();
  };
  await Promise.all(edge.map(run));
  // These keep a processor busy each.
  for (const fault of level) await run(fault);
});

test('connections that are not accepted are reported', async () => {
  const server = await startProgram(written(loop('function accept() { if (next === 1) clients.set(next, listener.accept()), poll.register(clients.get(1), Token(next++), Interest.READABLE); }\nfunction serve() {}')));
  await connect(server);
  await connect(server);
  await connect(server);
  await expect.poll(() => remarkOf(server), { timeout: 30_000 }).toMatch(/^it sleeps while 2 connections wait to be accepted: accept was not called until WouldBlock/);
});

test('of a solution of the course nothing is said, whatever its clients do', async () => {
  const server = await startProgram(solution('03-many-clients'));
  const remarks = new Set<string>();
  server.onChange(() => remarks.add(remarkOf(server)));
  for (let i = 0; i < 5; i++) {
    const socket = await connect(server);
    socket.write('x'.repeat(100_000));
    let bytes = 0;
    for await (const chunk of socket) if ((bytes += (chunk as Buffer).length) === 100_000) break;
    expect(bytes).toBe(100_000);
  }
  // Half closed, and reset.
  const socket = await connect(server);
  socket.end('bye');
  await once(socket.resume(), 'close');
  (await connect(server)).resetAndDestroy();
  await expect.poll(async () => (await server.snapshot()).clientCount).toBe(0);
  expect([...remarks].filter((remark) => remark !== '')).toEqual([]);
});

test('a turn that lasts is told apart from one that hangs by the time since its last call', () => {
  const diagnosis = new Diagnosis();
  diagnosis.hear({ kind: 'event', body: { kind: 'read', token: 1, result: 7 }, fd: 9, number: 1, atUs: 0 }, 0);
  const look = (quietMs: number): string | undefined => diagnosis.look({
    nowMs: 9000, isHeld: false, turnMs: 9000, quietMs, place: 'a.js:7', waiting: [], isEdgeTriggered: true,
  })?.en;
  expect(look(999)).toBe('its turn is long: for 9 s it has made calls and not come back to wait; the last one was read (a.js:7)');
  expect(look(1000)).toBe('it hangs: for 9 s it has not come back to wait; its last call was read (a.js:7)');
});

test('time for which the lab slows a program is not that of its turn', async () => {
  const server = await startProgram(written(loop('function accept() { for (;;) listener.accept(); }\nfunction serve() {}')));
  await server.pause();
  const sinceMs = performance.now();
  await server.slow(20);
  let slowed = 0;
  const turnMs = new Promise<number>((resolve) => {
    void server.trace(({ events }) => {
      slowed += events.filter(({ kind }) => kind === 'accept').length;
      if (slowed > 6) resolve(server.activity.turnMs);
    });
  });
  await connect(server);
  // Each of these six was followed by a wait of 50 ms.
  expect(await turnMs).toBeLessThan(performance.now() - sinceMs - 6 * 49);
});

test('a program that a signal has stopped is not said to hang', async () => {
  const server = await startProgram(written(loop('function accept() {}\nfunction serve() {}')));
  process.kill(server.view.pid, 'SIGSTOP');
  await expect.poll(() => remarkOf(server), { timeout: 20_000 }).toBe(`it is stopped by a signal (SIGSTOP or SIGTSTP): kill -CONT ${server.view.pid} lets it go on`);
  expect(server.view.process?.syscall).toBe('stopped');
  process.kill(server.view.pid, 'SIGCONT');
  await expect.poll(() => remarkOf(server), { timeout: 20_000 }).not.toContain('stopped');
});
