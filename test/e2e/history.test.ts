/**
 * The past of a real server: visited while it runs, back and forth, and compared with a replay of its recording.
 */
import { expect, test } from 'vitest';
import {
  type ClientSnapshot, createServer, type Destination, type Moment, type PastFork, type RedisLabServer, type ServerOptions, type Snapshot, type SnapshotRequest,
  type TraceBody, type Visit,
} from 'redis-lab';
import { digestOf, readRecording, Replay } from '../../src/server/recording/index.js';
import { takeSnapshot } from '../../src/server/snapshot.js';
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { ALL_FAMILIES } from '../fuzz/differential.js';
import { familyTemplates, generate } from '../fuzz/generate.js';
import { Random } from '../fuzz/random.js';
import { RawClient } from '../support/raw-client.js';
import { RespClient } from '../support/resp-client.js';

const WINDOW: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 200, order: 'name', match: '*' }, clients: 20 };

/** A server whose past is kept, and its recording. */
async function start(options: ServerOptions = {}): Promise<{ readonly server: RedisLabServer; readonly file: Buffer[] }> {
  const file: Buffer[] = [];
  const server = await createServer({ port: 0, 'enable-debug-command': 'yes', history: 2 ** 26, record: (bytes) => file.push(bytes), ...options });
  return { server, file };
}

async function useAtRandom(port: number, random: Random, rounds: number): Promise<void> {
  const templates = ALL_FAMILIES.flatMap(familyTemplates);
  const clients = await Promise.all([0, 1, 2, 3].map(() => RawClient.connect(port)));
  for (let round = 0; round < rounds; round++) {
    const at = random.below(clients.length);
    const batch = Array.from({ length: random.between(1, 20) }, () => generate(random, random.pick(templates)).argv);
    const replies = await clients[at]!.exchange(batch.map((argv) => encodeRequest(argv)).join(''), batch.length, 30);
    if (replies.length === batch.length) continue;
    clients[at]!.close();
    clients[at] = await RawClient.connect(port);
  }
  for (const client of clients) client.close();
}

/** The history has caught up with what was recorded. */
async function caughtUp({ history }: RedisLabServer, commands: number): Promise<void> {
  while (history!.range.newestCommand < commands) {
    if (history!.range.off !== null) throw new Error(history!.range.off);
    await new Promise((resolve) => history!.onGrow(resolve));
  }
}

/** The same moments by a plain replay of the recording: events are counted from each turn's beginning. */
function reference(file: readonly Buffer[], moments: readonly Moment[]): Map<string, { digest: string; snapshot: unknown }> {
  const { head, tape } = readRecording(Buffer.concat(file));
  const replay = new Replay({ ...head }, tape);
  const wanted = new Set(moments.map(({ turn, event }) => `${turn}.${event}`));
  const found = new Map<string, { digest: string; snapshot: unknown }>();
  let turn = 0;
  let event = 0;
  const emit = (body: TraceBody): void => {
    if (body.kind === 'turn-begin') [turn, event] = [body.turn, 0];
    const name = `${turn}.${++event}`;
    if (wanted.has(name)) found.set(name, { digest: digestOf(replay.server), snapshot: takeSnapshot(replay.server, WINDOW) });
  };
  replay.server.tap.sink = { emit };
  replay.run();
  return found;
}

test('twenty moments, visited back and forth, each equal a replay of the recording', async () => {
  const { server, file } = await start({ seed: 3 });
  const random = new Random(3);
  await useAtRandom(server.port, random, 150);
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  const history = server.history!;
  const moments: Moment[] = [];
  for (let i = 0; i < 20; i++) {
    const { moment } = await history.visit({ command: random.between(1, stats.commands) }, WINDOW);
    const back = await history.visit({ from: moment, by: 'event', direction: 'back' }, WINDOW);
    moments.push(random.chance(0.5) ? moment : back.moment);
  }
  const seen: { readonly moment: Moment; readonly digest: string; readonly snapshot: unknown }[] = [];
  for (const moment of [...moments, ...moments.toReversed()]) {
    const visit = await history.visit(moment, WINDOW);
    expect(visit.moment).toEqual(moment);
    expect(visit.events.at(-1)!.moment).toEqual(moment);
    seen.push({ moment, digest: await history.digest(), snapshot: visit.snapshot });
    expect(await history.look(WINDOW)).toEqual(visit.snapshot);
  }
  await server.close();
  const expected = reference(file, moments);
  for (const { moment, digest, snapshot } of seen) {
    const known = expected.get(`${moment.turn}.${moment.event}`);
    expect({ moment, digest, snapshot }).toEqual({ moment, digest: known?.digest, snapshot: known?.snapshot });
  }
});

test('what is asked for before the history has begun is answered when it has', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'k', 'v');
  const { snapshot } = await server.history!.visit({ command: 1 }, WINDOW);
  expect(snapshot.keys.rows.map(({ key }) => key)).toEqual(['k']);
  await server.close();
});

test('commands are answered as of that moment, and change nothing', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  await using waiter = await RespClient.connect(server.port);
  await client.call('CLIENT', 'SETNAME', 'first');
  await client.call('SET', 'k', 'old', 'EX', '1000');
  const waiting = waiter.call('BLPOP', 'queue', '0');
  while ((await server.snapshot()).clients.every(({ parkedOn }) => parkedOn === null));
  await client.call('SET', 'k', 'new');
  await client.call('CLIENT', 'SETNAME', 'second');
  await client.call('RPUSH', 'queue', 'x');
  await waiting;
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  const history = server.history!;
  // SETNAME, SET, BLPOP, SET, SETNAME, RPUSH
  const visit = await history.visit({ command: 3 }, WINDOW);
  expect(visit.snapshot.clients.filter(({ parkedOn }) => parkedOn !== null)).toMatchObject([{ parkedOn: { keys: ['queue'] } }]);
  const digest = await history.digest();
  const ask = async (...argv: string[]): Promise<string> => (await history.ask(argv)).reply.toString('latin1');
  expect(await ask('GET', 'k')).toBe('$3\r\nold\r\n');
  expect(await ask('TTL', 'k')).toBe(':1000\r\n');
  expect(await ask('CLIENT', 'LIST')).toMatch(/name=first .*\n.*flags=b .*cmd=blpop/);
  expect(await ask('INFO', 'clients')).toMatch(/connected_clients:2\r\n[^]*blocked_clients:1\r\n/);
  expect(await ask('FLUSHALL')).toBe('+OK\r\n');
  expect(await ask('BLPOP', 'queue', '0')).toBe('*-1\r\n');
  expect(await ask('NONSENSE')).toMatch(/^-ERR unknown command/);
  expect((await history.ask(['HGETALL', 'none'], 3)).reply.toString()).toBe('%0\r\n');
  await expect(history.ask(['EVAL', 'while true do end', '0'])).rejects.toThrow('it takes too long');
  expect(await ask('GET', 'k')).toBe('$3\r\nold\r\n');
  expect(await history.digest()).toBe(digest);
  await history.leave();
  await expect(history.ask(['GET', 'k'])).rejects.toThrow('no moment is visited');
  await server.close();
});

/** The kinds of the events that a visit has seen in the turn at which it stands, and the number of the last. */
const stoppedAt = ({ events, moment }: Visit): string => `${events.at(-1)!.kind} ${moment.event === events.filter((event) => event.moment.turn === moment.turn).length}`;

test('destinations: a time, a command, steps of every unit in both directions, the last change of a key', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  const history = server.history!;
  for (let i = 1; i <= 5; i++) {
    await client.call('SET', `key:${i}`, String(i));
    if (i === 3) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await client.call('CLIENT', 'SETNAME', 'writer');
  await client.call('MULTI');
  await client.call('INCR', 'key:2');
  await client.call('EXEC');
  await client.call('SET', 'short', 'x', 'PX', '5');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await client.call('EXISTS', 'short');
  await client.call('FLUSHALL');
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  const keysAt = async (to: Destination): Promise<string[]> => (await history.visit(to, WINDOW)).snapshot.keys.rows.map(({ key }) => key);

  expect(await keysAt({ command: 3 })).toEqual(['key:1', 'key:2', 'key:3']);
  const third = await history.visit({ command: 3 }, WINDOW);
  expect(stoppedAt(third)).toBe('execute true');
  expect((await history.visit({ unixMs: third.unixMs + 10 }, WINDOW)).snapshot.keys.total).toBe(3);
  await expect(history.visit({ command: 1000 }, WINDOW)).rejects.toThrow('command 1000 is not in the history: it has the commands 1 to');
  await expect(history.visit({ turn: 100_000 }, WINDOW)).rejects.toThrow('turn 100000 is not in the history: it has the turns 1 to');
  await expect(history.visit({ unixMs: 5 }, WINDOW)).rejects.toThrow('the history begins at');
  await expect(history.visit({ turn: third.moment.turn, event: 1000 }, WINDOW)).rejects.toThrow('there is no such moment');

  // From the third SET on, and back to it.
  for (const by of ['event', 'phase', 'command', 'turn'] as const) {
    const forward = await history.visit({ from: third.moment, by, direction: 'forward' }, WINDOW);
    expect({ by, kind: forward.events.at(-1)!.kind }).toEqual({ by, kind: { event: 'reply', phase: 'turn-end', command: 'execute', turn: 'turn-begin' }[by] });
    const back = await history.visit({ from: forward.moment, by, direction: 'back' }, WINDOW);
    expect({ by, moment: back.moment }).toEqual({ by, moment: by === 'turn' ? { turn: third.moment.turn, event: 1 } : { event: back.moment.event, turn: third.moment.turn } });
    if (by === 'event' || by === 'command') expect(back.moment).toEqual(third.moment);
  }
  const begin = await history.visit({ turn: third.moment.turn }, WINDOW);
  const before = await history.visit({ from: begin.moment, by: 'event', direction: 'back' }, WINDOW);
  expect({ kind: before.events.at(-1)!.kind, turn: before.moment.turn }).toEqual({ kind: 'turn-end', turn: third.moment.turn - 1 });
  await expect(history.visit({ from: { turn: 1, event: 1 }, by: 'event', direction: 'back' }, WINDOW)).rejects.toThrow('there is no such moment');

  const end: Moment = { turn: history.range.newest.turn, event: 1 };
  const changeOf = async (key: string, from: Moment): Promise<Visit> => history.visit({ from, changeOf: { db: 0, key } }, WINDOW);
  const flushed = await changeOf('key:2', end);
  expect(flushed).toMatchObject({ writer: { name: 'writer', command: 'flushall' }, snapshot: { keys: { total: 0 } } });
  const incremented = await changeOf('key:2', flushed.moment);
  expect(incremented).toMatchObject({ writer: { name: 'writer', command: 'exec' } });
  expect((await history.visit(incremented.moment, { ...WINDOW, value: { db: 0, key: 'key:2', offset: 0, limit: 10 } })).snapshot.value).toMatchObject({ items: [{ text: '3' }] });
  // In the middle of EXEC questions are answered as of before it.
  const { reply, asOf } = await history.ask(['GET', 'key:2']);
  expect({ reply: reply.toString(), isEarlier: asOf.turn === incremented.moment.turn && asOf.event < incremented.moment.event }).toEqual({ reply: '$1\r\n2\r\n', isEarlier: true });
  expect(await changeOf('key:2', incremented.moment)).toMatchObject({ writer: { name: '', command: 'set' } });
  const expired = await changeOf('short', flushed.moment);
  expect({ kind: expired.events.at(-1)!.kind, writer: expired.writer }).toEqual({ kind: 'expire', writer: null });
  await expect(changeOf('never', end)).rejects.toThrow('there is no such moment');
  await server.close();
});

test('a held loop: its turn can be visited up to the event at which it is held', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'a', '1');
  await server.pause();
  const asked = client.call('SET', 'b', '2');
  const held = await server.runTo({ command: 'set' });
  expect(held).toMatchObject({ kind: 'frame', argv: ['SET', 'b', '2'] });
  const history = server.history!;
  const { turn } = await server.snapshot();
  while (history.range.newest.turn < turn) await new Promise((resolve) => history.onGrow(resolve));
  const visit = await history.visit({ turn, event: Infinity }, WINDOW);
  const { listeners, wakerFd } = await server.snapshot(WINDOW);
  expect(visit.snapshot).toMatchObject({ listeners, wakerFd });
  expect(visit.events.at(-1)).toMatchObject({ kind: 'frame', argv: ['SET', 'b', '2'] });
  expect((await history.visit({ from: visit.moment, by: 'event', direction: 'back' }, WINDOW)).events.at(-1)).toMatchObject({ kind: 'read' });
  await server.resume();
  await asked;
  await server.snapshot();
  // The twin that had come to the end of the tape goes on from there.
  await history.visit({ turn, event: Infinity }, WINDOW);
  const later = await history.visit({ from: visit.moment, by: 'command', direction: 'forward' }, WINDOW);
  expect(later.snapshot.keys.rows.map(({ key }) => key)).toEqual(['a', 'b']);
  await server.close();
});

test('a history with little room has checkpoints, forgets its beginning, and is what was recorded all the same', async () => {
  const budget = 2 ** 23;
  const { server, file } = await start({ history: budget, seed: 7 });
  const history = server.history!;
  const random = new Random(7);
  // Scripts and parked clients are part of every state.
  await useAtRandom(server.port, random, 40);
  await using client = await RespClient.connect(server.port);
  for (let round = 0; round < 160; round++) {
    for (let i = 0; i < 50; i++) client.raw(`SET big:${random.below(20)} ${String(round).repeat(500)}\r\n`);
    for (let i = 0; i < 50; i++) await client.next();
  }
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  const { oldest, oldestMs, oldestCommand, newest, bytes } = history.range;
  expect({ isForgetful: oldest.turn > 1 && oldestCommand > 1, fits: bytes < budget + 2 ** 19 }).toEqual({ isForgetful: true, fits: true });
  await expect(history.visit({ turn: oldest.turn - 1 }, WINDOW)).rejects.toThrow(`turn ${oldest.turn - 1} is not in the history: it has the turns ${oldest.turn} to`);
  await expect(history.visit({ unixMs: oldestMs - 1 }, WINDOW)).rejects.toThrow('the history begins at');
  await expect(history.visit({ command: 1 }, WINDOW)).rejects.toThrow('command 1 is not in the history: it has the commands');
  const turns = [oldest.turn, newest.turn - 1, ...Array.from({ length: 8 }, () => random.between(oldest.turn, newest.turn - 1))];
  const seen = [];
  for (const turn of turns) {
    const { moment, snapshot } = await history.visit({ turn, event: Infinity }, WINDOW);
    seen.push({ moment, digest: await history.digest(), snapshot });
  }
  // Found in one stretch after the other, back to the beginning.
  await client.call('SET', 'only', 'now');
  await server.snapshot();
  await expect(history.visit({ from: newest, changeOf: { db: 0, key: 'only' } }, WINDOW)).rejects.toThrow('there is no such moment');
  await server.close();
  const expected = reference(file, seen.map(({ moment }) => moment));
  for (const { moment, ...what } of seen) expect({ moment, ...what }).toEqual({ moment, ...expected.get(`${moment.turn}.${moment.event}`) });
});

test('a dataset that does not fit ends the history with a word about it; the server goes on', async () => {
  const { server } = await start({ history: 2 ** 20 });
  const history = server.history!;
  await using client = await RespClient.connect(server.port);
  for (let i = 0; i < 40; i++) await client.call('SET', `key:${i}`, 'x'.repeat(50_000));
  while (history.range.off === null) await new Promise((resolve) => history.onGrow(resolve));
  expect(history.range.off).toMatch(/^going back is off: the dataset \(\d MB\) does not fit into a history of 1 MB$/);
  await expect(history.visit({ turn: 1 }, WINDOW)).rejects.toThrow(history.range.off!);
  expect(await client.call('DBSIZE')).toBe(40);
  await server.close();
});

test('a fork of the past begins with the state and the time of that moment, and has a history of its own', async () => {
  const { server } = await start();
  const history = server.history!;
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'lasting', 'old');
  await client.call('SET', 'brief', 'x', 'PX', '2000');
  await client.call('SET', 'lasting', 'new');
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  while ((await client.call('EXISTS', 'brief')) === 1) await new Promise((resolve) => setTimeout(resolve, 50));
  // At the beginning of the turn of the last SET.
  const { moment: { turn } } = await history.visit({ command: 3 }, WINDOW);
  await history.visit({ turn }, WINDOW);
  const { server: fork, asOf } = await history.fork({ history: 2 ** 24 });
  expect(asOf).toEqual({ turn, event: 0 });
  await using other = await RespClient.connect(fork.port);
  const left = await other.call('PTTL', 'brief');
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(2000);
  expect(await other.call('GET', 'lasting')).toBe('old');
  expect(fork.port).not.toBe(server.port);
  // The client of then is a ghost.
  expect((await fork.snapshot()).clientCount).toBe(2);
  await other.call('SET', 'lasting', 'other');
  expect(await client.call('GET', 'lasting')).toBe('new');
  const forked = await fork.snapshot();
  await caughtUp(fork, forked.stats.commands);
  expect(fork.history!.range.oldest.turn).toBe(turn);
  const { snapshot } = await fork.history!.visit({ turn }, WINDOW);
  expect(snapshot.keys.rows.map(({ key }) => key)).toEqual(['brief', 'lasting']);
  expect((await fork.history!.ask(['GET', 'lasting'])).reply.toString()).toBe('$3\r\nold\r\n');
  // At the end of a turn nothing of it is lost.
  const end = await history.visit({ turn, event: Infinity }, WINDOW);
  const later = await history.fork();
  expect(later.asOf).toEqual(end.moment);
  await using last = await RespClient.connect(later.server.port);
  expect(await last.call('GET', 'lasting')).toBe('new');
  await Promise.all([fork.close(), later.server.close(), server.close()]);
});

/** Fork, look, close: what it begins with. */
async function begun({ server: fork, asOf, dropped }: PastFork): Promise<object> {
  expect(fork.origin).toEqual({ asOf, dropped });
  const keys = (await fork.snapshot(WINDOW)).keys.rows.map(({ key }) => key);
  await using client = await RespClient.connect(fork.port);
  const calls = Number(/cmdstat_set:calls=(\d+)/.exec(String(await client.call('INFO', 'commandstats')))?.[1] ?? 0);
  await fork.close();
  return { keys, calls, asOf, dropped };
}

test('a fork inside a turn begins after the last finished command, and reports the requests of the pipeline that it drops', async () => {
  const { server } = await start();
  const history = server.history!;
  await using client = await RespClient.connect(server.port);
  const [first, second, third] = ['a', 'b', 'c'].map((key) => encodeRequest(['SET', key, '1'])) as [string, string, string];
  client.raw(first + second + encodeRequest(['MULTI']) + third + encodeRequest(['EXEC']));
  for (let replies = 0; replies < 5; replies++) await client.next();
  const { stats: { commands }, clients: [{ token }] } = await server.snapshot() as Snapshot & { clients: [ClientSnapshot] };
  await caughtUp(server, commands);
  const behind = encodeRequest(['MULTI']).length + third.length + encodeRequest(['EXEC']).length;
  // Executed, and then replied to.
  const { moment } = await history.visit({ command: 2 }, WINDOW);
  expect(await begun(await history.fork())).toEqual({ keys: ['a', 'b'], calls: 2, asOf: moment, dropped: { token, bytes: behind } });
  const replied = await history.visit({ from: moment, by: 'event', direction: 'forward' }, WINDOW);
  expect(await begun(await history.fork())).toEqual({ keys: ['a', 'b'], calls: 2, asOf: replied.moment, dropped: { token, bytes: behind } });
  // Decoded, and not executed.
  const decoded = await history.visit({ from: moment, request: { command: 'exec' } }, WINDOW);
  const exec = { token, bytes: encodeRequest(['EXEC']).length };
  expect(await begun(await history.fork())).toEqual({ keys: ['a', 'b'], calls: 2, asOf: decoded.moment, dropped: exec });
  // In the middle of EXEC.
  const within = await history.visit({ from: decoded.moment, by: 'event', direction: 'forward' }, WINDOW);
  expect(within.events.at(-1)).toMatchObject({ kind: 'key-change', key: 'c' });
  expect(await begun(await history.fork())).toEqual({ keys: ['a', 'b'], calls: 2, asOf: decoded.moment, dropped: exec });
  // Read, and not decoded.
  await history.visit(within.events.findLast(({ kind }) => kind === 'read')!.moment, WINDOW);
  const all = { token, bytes: first.length + second.length + behind };
  expect(await begun(await history.fork())).toMatchObject({ keys: [], calls: 0, dropped: all });
  await server.close();
});

test('a loop that is held can be forked: as of before the request at which it is held, and from within a command, too', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  await client.call('SET', 'a', '1');
  await server.pause();
  const requests = [['SET', 'b', '2'], ['MULTI'], ['SET', 'c', '3'], ['EXEC']].map(encodeRequest);
  client.raw(requests.join(''));
  const forked = async (): Promise<object> => {
    const fork = await server.fork();
    return begun({ server: fork, ...fork.origin! });
  };
  const { token } = (await server.runTo({ command: 'exec' })) as Extract<TraceBody, { kind: 'frame' }>;
  const dropped = { token, bytes: requests.at(-1)!.length };
  expect(await forked()).toMatchObject({ keys: ['a', 'b'], calls: 2, dropped });
  expect((await server.step('event')).kind).toBe('key-change');
  expect(await forked()).toMatchObject({ keys: ['a', 'b'], calls: 2, dropped });
  await server.step('command');
  await server.step('command');
  expect(server.heldAt).toMatchObject({ kind: 'execute', command: 'exec' });
  expect(await forked()).toMatchObject({ keys: ['a', 'b', 'c'], calls: 3, dropped: null });
  // Held, it is still where it was.
  expect(server.heldAt).toMatchObject({ kind: 'execute', command: 'exec' });
  await server.resume();
  for (let replies = 0; replies < 4; replies++) await client.next();
  expect((await server.fork().then(async (fork) => [fork.origin, await fork.close()]))[0]).toBe(null);
  await server.close();
  await using other = await createServer({ port: 0 });
  await other.pause();
  await expect(other.fork()).rejects.toThrow('the loop is held in the middle of a turn: resume it before its state is captured, or keep a history to fork from');
  await other.resume();
});

test('forks of random moments of a busy past have the keys of that moment, and continue', async () => {
  const { server } = await start({ seed: 11 });
  const history = server.history!;
  const random = new Random(11);
  await useAtRandom(server.port, random, 60);
  const { stats } = await server.snapshot();
  await caughtUp(server, stats.commands);
  for (let round = 0; round < 5; round++) {
    const { moment: { turn, event } } = await history.visit({ command: random.between(1, stats.commands) }, WINDOW);
    const { moment } = await history.visit({ turn, event: Math.max(1, event - random.below(6)) }, WINDOW);
    const { server: fork, asOf } = await history.fork();
    expect(asOf.turn === moment.turn && asOf.event <= moment.event).toBe(true);
    const then = await history.visit(asOf.event === 0 ? moment : asOf, WINDOW);
    const now = await fork.snapshot(WINDOW);
    const shown = ({ keys, clientCount }: Snapshot): object => ({ clientCount, keys: keys.rows.map(({ key, type, size }) => [key, type, size]) });
    expect(shown(now)).toEqual(shown(then.snapshot));
    await using client = await RespClient.connect(fork.port);
    if (await client.call('AUTH', 'none').then(() => true)) expect(await client.call('ECHO', 'x').then(String)).toMatch(/^x$|NOAUTH/);
    await fork.close();
  }
  await server.close();
});

test('the next request like this, forward from a moment, before it executes', async () => {
  const { server } = await start();
  await using client = await RespClient.connect(server.port);
  await using other = await RespClient.connect(server.port);
  await client.call('SET', 'a', '1');
  await client.call('COMMAND', 'COUNT');
  await other.call('GET', 'a');
  await client.call('GET', 'a');
  const { stats, clients } = await server.snapshot();
  await caughtUp(server, stats.commands);
  const history = server.history!;
  const first = await history.visit({ command: 1 }, WINDOW);
  const requested = async (request: object): Promise<unknown> => {
    const event = (await history.visit({ from: first.moment, request }, WINDOW)).events.at(-1)!;
    return event.kind === 'frame' && { argv: event.argv, token: event.token };
  };
  const [token, otherToken] = clients.map((each) => each.token);
  expect(await requested({})).toEqual({ argv: ['GET', 'a'], token: otherToken });
  expect(await requested({ command: 'command' })).toEqual({ argv: ['COMMAND', 'COUNT'], token });
  expect(await requested({ token, command: 'get' })).toEqual({ argv: ['GET', 'a'], token });
  await expect(history.visit({ from: first.moment, request: { command: 'del' } }, WINDOW)).rejects.toThrow('there is no such moment');
  await server.close();
});

test('an invalid destination is refused with one line', async () => {
  const { server } = await start();
  const from: Moment = { turn: 1, event: 1 };
  const wrong: readonly unknown[] = [
    undefined, null, 5, 'now', {}, { turn: 'x' }, { turn: NaN }, { turn: 1, event: undefined }, { unixMs: '5' }, { command: null }, { from: undefined, turn: 1 },
    { from: null, by: 'event', direction: 'back' }, { from: { turn: 1 }, by: 'event', direction: 'back' }, { from, by: 'week', direction: 'back' },
    { from, by: 'event', direction: 'up' }, { from, by: 'event' }, { from }, { from, request: null }, { from, changeOf: null }, { from, changeOf: { db: 0 } },
  ];
  for (const to of wrong) await expect(server.history!.visit(to as Destination, WINDOW)).rejects.toThrow(/^a destination is \{ turn, event \}, [^\n]*$/);
  await server.close();
});

test('without a history there is none; its size is a number of bytes', async () => {
  await using server = await createServer({ port: 0 });
  expect(server.history).toBe(null);
  await expect(createServer({ port: 0, history: 1000 })).rejects.toThrow('history: must be a number of bytes from 1048576 on, or 0 for none');
});
