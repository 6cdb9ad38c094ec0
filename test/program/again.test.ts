/**
 * A program is run again with its recorded inputs to show its past: it does the same up to each moment, and where it does not, that is told.
 */
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeRequest, type Visit } from '../../src/server/index.js';
import { beginTape, headOf, openTape, type ProgramServer } from '../../src/program/index.js';
import { connect, solution, startProgram, written } from './support.js';

const CALM = { timeout: 20_000 };

/** Answers each line with its number, and with everything that a program can hear of the machine. */
const CURIOUS = `import { Events, Interest, Poll, TcpListener, Token, WouldBlock } from 'redis-lab/poll';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { hrtime, pid } from 'node:process';
const poll = new Poll();
const listener = TcpListener.bind(poll, '127.0.0.1:0');
poll.register(listener, Token(0), Interest.READABLE);
const events = new Events();
const buffer = Buffer.alloc(64);
const clients = new Map();
let next = 1;
let lines = 0;
for (;;) {
  poll.poll(events, 60_000 + (Date.now() % 1000));
  for (const event of events) {
    if (event.token === 0) {
      for (let stream = listener.accept(); stream !== WouldBlock; stream = listener.accept()) {
        clients.set(next, stream);
        poll.register(stream, Token(next++), Interest.READABLE);
      }
      continue;
    }
    const stream = clients.get(event.token);
    for (let count = stream.read(buffer); count !== WouldBlock; count = stream.read(buffer)) {
      if (count === 0) {
        stream.close();
        clients.delete(event.token);
        break;
      }
      lines++;
      const heard = [new Date().toISOString(), Date().length, performance.now(), hrtime(), hrtime.bigint(), process.hrtime(hrtime()), Math.random(),
        pid, process.pid, process.ppid, randomBytes(4).toString('hex'), randomInt(10), randomUUID(), crypto.randomUUID(), crypto.getRandomValues(new Uint16Array(2))];
      stream.write(lines + ' ' + heard.join(' ') + '\\n');
    }
  }
}
`;

async function ask(server: ProgramServer, ...lines: readonly string[]): Promise<void> {
  const socket = await connect(server);
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk)));
  for (const [i, line] of lines.entries()) {
    socket.write(`${line}\r\n`);
    await expect.poll(() => heard.split('\n').length, CALM).toBe(i + 2);
  }
  socket.end();
  await expect.poll(async () => (await server.snapshot()).clientCount, CALM).toBe(0);
}

async function listened(server: ProgramServer): Promise<ProgramServer> {
  await server.trace(() => {}, { budget: Infinity });
  return server;
}

const again = ({ view }: ProgramServer): string => view.again?.text.en ?? '';
const variable = ({ view }: ProgramServer, wanted: string): string | undefined => view.again?.variables.find(({ name }) => name === wanted)?.value;

/** Every moment, from the oldest on. */
async function walk(server: ProgramServer, seen: (visit: Visit) => void): Promise<void> {
  const { history } = server;
  for (let visit = await history.visit(history.range.oldest); ; ) {
    seen(visit);
    const next = await history.visit({ from: visit.moment, by: 'event', direction: 'forward' }).catch(() => null);
    if (next === null) return;
    visit = next;
  }
}

test('a program that asks for time and random numbers comes to each of its moments again, forward and back', async () => {
  const server = await listened(await startProgram(written(CURIOUS)));
  await ask(server, 'one', 'two', 'three');
  const { history } = server;
  const told: string[] = [];
  await walk(server, ({ moment }) => {
    told.push(again(server));
    expect(variable(server, 'lines')).toMatch(/^[0-3]$/);
    expect(moment.turn).toBeGreaterThan(0);
  });
  expect(told.length).toBeGreaterThan(20);
  expect(new Set(told.slice(0, -1))).toEqual(new Set(['run again with its recorded inputs']));
  expect(told.at(-1)).toMatch(/^run again with.*; here the recording ends, and it does not go on by itself: End leads back to the live program$/);
  // The state of then: before the second line was read there was one.
  const second = await history.visit({ command: 2 });
  expect(second.events.at(-1)).toMatchObject({ kind: 'frame' });
  expect(second.snapshot.clients).toMatchObject([{ token: 1, bytesRead: 10 }]);
  expect([variable(server, 'lines'), variable(server, 'count')]).toEqual(['1', 'WouldBlock']);
  await history.visit({ command: 3 });
  expect([variable(server, 'lines'), variable(server, 'next'), variable(server, 'clients')]).toEqual(['2', '2', Buffer.from('Map(1) {1 → TcpStream}').latin1Slice()]);
  await history.leave();
  expect(server.view.again).toBeNull();
});

test('on the portable poller it comes to each of its moments again, too', async () => {
  const server = await listened(await startProgram(written(CURIOUS.replace('new Poll()', "new Poll({ poller: 'portable' })"))));
  expect(server.poller).toBe('portable');
  await ask(server, 'one', 'two', 'three');
  const told: string[] = [];
  const lines: (string | undefined)[] = [];
  await walk(server, () => {
    told.push(again(server).split(';')[0]!);
    lines.push(variable(server, 'lines'));
  });
  expect(new Set(told)).toEqual(new Set(['run again with its recorded inputs']));
  expect(lines.map(Number)).toEqual(lines.map(Number).toSorted());
  expect([lines[0], lines.at(-1)]).toEqual(['0', '3']);
  // Back as well, and where nobody has been yet.
  await server.history.visit({ command: 2 });
  expect([again(server), variable(server, 'lines')]).toEqual(['run again with its recorded inputs', '1']);
});

test('a recording of an earlier version, without the numbers of processes, is run again with those of now', async () => {
  const file = written(CURIOUS.replace('pid, process.pid, process.ppid, ', ''));
  const recording = written('', 'run');
  const fd = openSync(recording, 'w');
  const live = await listened(await startProgram(file, beginTape(headOf(file, [], '0'), { fd, readFd: openSync(recording, 'r') })));
  await ask(live, 'one', 'two');
  await live.close();
  const lines = readFileSync(recording, 'utf8').split('\n');
  const earlier = lines.filter((line) => !/^\["process\.p?pid"/.test(line));
  expect(lines.length - earlier.length).toBe(2);
  writeFileSync(recording, earlier.join('\n'));
  const server = await listened(await startProgram(file, openTape(recording), true));
  await expect.poll(() => server.ending?.text.en, CALM).toMatch(/^the recording ends here/);
  await server.history.visit({ command: 2 });
  expect([again(server), variable(server, 'lines')]).toEqual(['run again with its recorded inputs', '1']);
});

test('a recording that is damaged is told of with its line', async () => {
  const file = written(CURIOUS);
  const recording = written('', 'run');
  const live = await listened(await startProgram(file, beginTape(headOf(file, [], '0'), { fd: openSync(recording, 'w'), readFd: openSync(recording, 'r') })));
  await ask(live, 'one');
  await live.close();
  const lines = readFileSync(recording, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.startsWith('["read"'));
  const read = JSON.parse(lines[at]!) as readonly unknown[];
  for (const damaged of ['["read",[7', '["read"]', 'null', JSON.stringify([...read.slice(0, 2), { bytes: 3 }])]) {
    writeFileSync(recording, lines.with(at, damaged).join('\n'));
    const server = await listened(await startProgram(file, openTape(recording), true));
    await expect.poll(() => server.ending?.text.en, CALM).toBe(`line ${at + 1} of the recording cannot be read (my-loop.js:23)`);
    await server.close();
  }
});

test('the solutions of the course come to their moments again, with what their loop has in it', async () => {
  for (const [lesson, lines, seen] of [
    ['03-many-clients', ['one', 'two'], /^this\.#/], ['06-expiry', ['SET a 1', 'GET a'], /^this\./], ['10-propagation', ['SET a 1'], /^this\./],
  ] as const) {
    const server = await listened(await startProgram(written(readFileSync(solution(lesson), 'utf8'))));
    const socket = await connect(server);
    for (const line of lines) {
      socket.write(lesson.startsWith('03') ? line : encodeRequest(line.split(' ')));
      await new Promise((resolve) => socket.once('data', resolve));
    }
    await expect.poll(() => server.activity.phase, CALM).toBe('wait');
    const told = new Set<string>();
    const names = new Set<string>();
    await walk(server, () => {
      told.add(again(server).split(';')[0]!);
      for (const { name } of server.view.again!.variables) names.add(name);
    });
    expect([...told]).toEqual(['run again with its recorded inputs']);
    expect([...names].some((name) => seen.test(name))).toBe(true);
    await server.close();
  }
});

test('a program that has been changed is told of at the first call that is another, with its line, and what was recorded is shown from there on', async () => {
  const file = written(CURIOUS);
  const server = await listened(await startProgram(file));
  await ask(server, 'one', 'two');
  const { history } = server;
  const last = history.range.newest;
  const first = await history.visit({ command: 1 });
  const changed = async (from: string, to: string): Promise<string> => {
    writeFileSync(file, CURIOUS.replace(from, to));
    await history.leave();
    await history.visit(last);
    return again(server);
  };
  const HEARD = "stream.write(lines + ' ' + heard.join(' ') + '\\n')";
  expect(CURIOUS).toContain(HEARD);
  expect(await changed(HEARD, 'stream.read(buffer)')).toMatch(
    /^diverges at call \d+: recorded write\(#1, \d+ bytes\), now read\(#1\) \(my-loop\.js:32\); my-loop\.js has been changed since it was started; what is shown is what was recorded of its trace$/,
  );
  expect(variable(server, 'lines')).toBe('1');
  expect(await changed("lines + ' '", "lines + '-'")).toMatch(/^diverges at call \d+: recorded write\(#1, (\d+) bytes "1 2.*"…\), now write\(#1, \1 bytes "1-2.*"…\)/);
  expect(await changed('60_000', '50_000')).toMatch(/^diverges at call \d+: recorded wait\(60\d{3} ms\), now wait\(50\d{3} ms\)/);
  expect(await changed('Math.random()', '1')).toMatch(/^diverges at call \d+: recorded Math\.random\(\), now random bytes\(4\)/);
  expect(await changed('lines++', 'process.exit(3)')).toMatch(/^run again, it has ended before it came here; my-loop/);
  // Before the first call that is another it has done the same.
  await history.leave();
  await history.visit(first.moment);
  expect(again(server)).toBe('run again with its recorded inputs');
  expect(server.ending).toBeNull();
});

test('what would happen a second time is not run again, and what is not recorded is told', async () => {
  const uses = (head: string): string => `${head}\n${CURIOUS}`;
  const cases = [
    ["import { writeFileSync } from 'node:fs';\nwriteFileSync;", /^not run again: it uses node:fs, and what it does with that would happen a second time; what is shown/],
    ["const { spawn } = await import('child_process');", /^not run again: it uses node:child_process/],
    ["process.getBuiltinModule?.('fs'); import 'node:worker_threads';", /^not run again: it uses node:(?:fs|worker_threads)/],
    ['process.kill(process.pid, 0);', /^not run again: it uses process\.kill, and what it does with that would happen a second time/],
    ['setTimeout(() => {}, 1000); setImmediate(() => {});', /^run again with/],
  ] as const;
  for (const [head, expected] of cases) {
    const server = await listened(await startProgram(written(uses(head))));
    await ask(server, 'one');
    await server.history.visit(server.history.range.newest);
    expect(again(server)).toMatch(expected);
    expect(server.view.unrecorded).toEqual(head.startsWith('set') ? ['setTimeout', 'setImmediate'] : []);
    await server.close();
  }
});

test('faults of the wire are part of what was recorded', async () => {
  const server = await listened(await startProgram(written(CURIOUS)));
  await server.faults.add('slice 2 on #1');
  const socket = await connect(server);
  socket.write('one');
  await expect.poll(() => server.activity.turn, CALM).toBeGreaterThan(1);
  await new Promise((resolve) => socket.once('data', resolve));
  await expect.poll(() => server.activity.phase, CALM).toBe('wait');
  const { history } = server;
  await history.visit(history.range.newest);
  expect(again(server)).toMatch(/^run again with/);
  expect(Number(variable(server, 'lines'))).toBeGreaterThan(1);
});

test('a recording has what the program did while it was held, stepped, stopped at a breakpoint, and its wire was spoiled', async () => {
  const file = written(CURIOUS);
  const recording = written('', 'run');
  const tape = beginTape(headOf(file, [], '0'), { fd: openSync(recording, 'w'), readFd: openSync(recording, 'r') });
  const live = await listened(await startProgram(file, tape));
  const socket = await connect(live);
  const answer = (): Promise<unknown> => new Promise((resolve) => socket.once('data', resolve));
  const paused = live.pause();
  socket.write('one\r\n');
  await paused;
  for (let step = 0; step < 4; step++) await live.step('event');
  // Going back meanwhile leaves it held where it is.
  const { heldAt } = live;
  await live.history.visit({ turn: 1 });
  await live.history.leave();
  expect(live.heldAt).toBe(heldAt);
  await live.setBreakpoints([{ kind: 'write' }]);
  await live.resume();
  await expect.poll(() => live.heldAt?.kind, CALM).toBe('write');
  await live.setBreakpoints([]);
  await live.faults.add('slice 3 on #1');
  const answered = answer();
  await live.resume();
  await answered;
  socket.write('two\r\n');
  await answer();
  await expect.poll(() => live.activity.phase, CALM).toBe('wait');
  const seen = async (server: ProgramServer): Promise<readonly unknown[]> => {
    const { moment, events, snapshot } = await server.history.visit(server.history.range.newest);
    // Times are measured on both sides of the pipe, and injected faults are no events of the past.
    return [moment, again(server), variable(server, 'lines'), snapshot.stats, events.map((event) => ({ ...event, seq: 0, atUs: 0, busyUs: 0, waitedUs: 0 }))];
  };
  const before = await seen(live);
  await live.close();
  const recorded = await listened(await startProgram(file, openTape(recording), true));
  await expect.poll(() => recorded.ending?.text.en, CALM).toMatch(/^the recording ends here/);
  const after = await seen(recorded);
  expect(JSON.stringify(before)).toContain('"token":1,"result":3');
  expect(after).toEqual(before);
});

/** In place of 20,000. */
const FEW = { newest: 20, cut: 5, around: 8, patienceMs: 20_000 };

test('moments before the newest events are found by running the program again, with their lines and variables, and so are those of a recording', async () => {
  const file = written(CURIOUS);
  const recording = written('', 'run');
  const tape = beginTape(headOf(file, [], '0'), { fd: openSync(recording, 'w'), readFd: openSync(recording, 'r') });
  const live = await listened(await startProgram(file, tape, false, FEW));
  await ask(live, 'one', 'two', 'three', 'four');
  const THERE = 'run again with its recorded inputs';
  const READ = 'for (let count = stream.read(buffer); count !== WouldBlock; count = stream.read(buffer)) {';
  const seen = (server: ProgramServer, { events, snapshot }: Visit): readonly unknown[] => {
    const { kind, source } = events.at(-1)!;
    const line = source === undefined ? null : CURIOUS.split('\n')[source.line - 1]!.trim();
    return [kind, line, variable(server, 'lines'), snapshot.clientCount, again(server)];
  };
  const { history } = live;
  expect(history.range).toMatchObject({ oldest: { turn: 1, event: 1 }, oldestCommand: 1 });
  expect(seen(live, await history.visit(history.range.oldest))).toEqual(['turn-begin', 'poll.poll(events, 60_000 + (Date.now() % 1000));', '0', 0, THERE]);
  const second = await history.visit({ command: 2 });
  expect(seen(live, second)).toEqual(['frame', READ, '1', 1, THERE]);
  expect(seen(live, await history.visit({ from: second.moment, by: 'command', direction: 'forward' }))).toEqual(['frame', READ, '2', 1, THERE]);
  await live.close();
  const recorded = await listened(await startProgram(file, openTape(recording), true, FEW));
  await expect.poll(() => recorded.ending?.text.en, CALM).toMatch(/^the recording ends here/);
  expect(seen(recorded, await recorded.history.visit({ command: 2 }))).toEqual(['frame', READ, '1', 1, THERE]);
});

test('where a run does not come to a moment before the newest events, it is said why, in its time', async () => {
  const file = written(CURIOUS);
  const server = await listened(await startProgram(file, undefined, false, FEW));
  const hasty = await listened(await startProgram(file, undefined, false, { ...FEW, patienceMs: 200 }));
  await ask(server, 'one', 'two', 'three', 'four');
  await ask(hasty, 'one', 'two', 'three', 'four');
  const { history } = server;
  const untold = async (text: string, { history: past } = server): Promise<string> => {
    writeFileSync(file, text);
    await past.leave();
    return past.visit({ command: 1 }).then(() => 'shown', ({ message }: Error) => message);
  };
  expect(await untold(CURIOUS.replace('60_000', '50_000'))).toMatch(
    /^diverges at call \d+: recorded wait\(60\d{3} ms\), now wait\(50\d{3} ms\) .*; my-loop\.js has been changed.*; what was before the newest 20 events is found only by/,
  );
  // What is kept can be seen nevertheless.
  await expect(history.visit(history.range.newest)).resolves.toMatchObject({ moment: history.range.newest });
  expect(await untold('for (;;);', hasty)).toMatch(/^run again, it has not come here in time; my-loop/);
  expect(await untold(CURIOUS)).toBe('shown');
});
