/**
 * `appendfsync always` in simulations, in which the test decides when the disk is done: what waits for it, what does not, and what happens when the disk fails.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { takeSnapshot } from '../../../src/server/snapshot.js';
import { Random } from '../../fuzz/random.js';
import { temporaryDirectory } from '../../support/headless.js';
import { live, record } from '../recording/scenarios.js';
import { type Lab, ScriptedHelper, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';
const FULL = { value: 0, error: { code: 'ENOSPC', message: 'ENOSPC: no space left on device, write' } };

interface Started {
  readonly dir: string;
  readonly helper: ScriptedHelper;
  readonly lab: Lab;
}

function start(settings: Partial<SettingValues> = {}, dir = temporaryDirectory()): Started {
  const helper = new ScriptedHelper();
  const lab = simulate({ helper, loads: true, settings: { dir, appendonly: true, appendfsync: 'always', ...settings } });
  return { dir, helper, lab };
}

const incrementOf = (dir: string, seq = 1): string => readFileSync(join(dir, 'appendonlydir', `appendonly.aof.${seq}.incr.aof`), 'latin1');

/** Returns the keys of a server that loads the file. */
function loaded(dir: string, ...keys: string[]): string {
  using lab = simulate({ loads: true, settings: { dir, appendonly: true } });
  return lab.connect().ask('MGET', ...keys);
}

const lengthOf = ({ waiting: [job] }: ScriptedHelper): number => (job?.kind === 'append' ? job.bytes.length : -1);

const kinds = ({ waiting }: ScriptedHelper): string[] => waiting.map(({ kind }) => kind);

function done({ helper, lab }: Started): void {
  while (helper.waiting.length > 0) {
    helper.finish();
    lab.settle();
  }
}

test('output to any client after a write is sent when that is on the disk; the loop continues, and many writes share one fsync', () => {
  const started = start();
  const { dir, helper, lab } = started;
  using _ = lab;
  const [early, writer, reader, later] = [lab.connect(), lab.connect(), lab.connect(), lab.connect()];
  expect(early.ask('GET', 'k')).toBe('$-1\r\n');
  expect(writer.ask('SET', 'k', 'v')).toBe('');
  expect(kinds(helper)).toEqual(['append']);
  // It could have seen the write, and so could all replies from now on.
  expect(reader.ask('GET', 'k')).toBe('');
  expect(early.ask('PING')).toBe('');
  for (let i = 0; i < 20; i++) expect(later.ask('INCR', 'n')).toBe('');
  expect(kinds(helper)).toEqual(['append']);
  helper.finish();
  lab.settle();
  // The second append is in progress, and contains all 20.
  expect([writer.take(), reader.take(), early.take(), later.take()]).toEqual([OK, '$1\r\nv\r\n', '+PONG\r\n', '']);
  expect(kinds(helper)).toEqual(['append']);
  expect(reader.ask('GET', 'k')).toBe('');
  helper.finish();
  lab.settle();
  expect(later.take()).toBe(Array.from({ length: 20 }, (_, i) => `:${i + 1}\r\n`).join(''));
  expect(reader.take()).toBe('$1\r\nv\r\n');
  expect(kinds(helper)).toEqual([]);
  expect(early.ask('GET', 'n')).toBe('$2\r\n20\r\n');
  expect(incrementOf(dir).match(/INCR/g)).toHaveLength(20);
});

test('of the output of a connection the part that is on the disk is sent, and the rest waits, without WRITABLE', () => {
  const started = start();
  const { helper, lab } = started;
  using _ = lab;
  const [client, other] = [lab.connect(), lab.connect()];
  expect(client.ask('SET', 'a', '1')).toBe('');
  expect(client.ask('SET', 'b', '2')).toBe('');
  const held = (): { readonly outputHeld: number; readonly interest: number } => {
    const { clients } = takeSnapshot(lab.server, { clients: 9, keys: { db: 0, offset: 0, limit: 0, match: '*', order: 'stored' } });
    return { outputHeld: clients[0]!.outputHeld, interest: clients[0]!.interest & 3 };
  };
  expect(held()).toEqual({ outputHeld: 10, interest: 1 });
  const events = lab.record();
  helper.finish();
  lab.settle();
  expect(client.take()).toBe(OK);
  expect(held()).toEqual({ outputHeld: 5, interest: 1 });
  client.sendCommand('QUIT');
  expect(client.receive()).toBe('');
  expect(client.isClosedByServer).toBe(false);
  done(started);
  expect(client.take()).toBe(OK + OK);
  expect(client.isClosedByServer).toBe(true);
  expect(events.filter(({ kind }) => kind === 'await-disk').map((event) => 'bytes' in event && event.bytes)).toEqual([5, 10, 0]);
  expect(other.ask('MGET', 'a', 'b')).toBe('*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
});

test('a reply larger than the buffer of the socket continues where it stopped, and what follows it waits', () => {
  const started = start();
  const { helper, lab } = started;
  using _ = lab;
  const [slow, writer] = [lab.connect(), lab.connect()];
  const big = 'x'.repeat(300_000);
  writer.sendCommand('SET', 'big', big);
  lab.settle();
  done(started);
  expect(writer.take()).toBe(OK);
  slow.sendCommand('GET', 'big');
  lab.settle();
  const first = slow.take(1000);
  writer.sendCommand('SET', 'big', 'small');
  lab.settle();
  slow.sendCommand('GET', 'big');
  lab.settle();
  const reply = `$300000\r\n${big}\r\n`;
  expect(first + slow.receive()).toBe(reply);
  helper.finish();
  expect(slow.receive()).toBe('$5\r\nsmall\r\n');
});

test('if the disk fails, waiting clients are disconnected, writes are refused, reads continue, and the changes are written later', () => {
  const started = start();
  const { helper, lab } = started;
  using _ = lab;
  const [writer, reader, gathering, idle] = [lab.connect(), lab.connect(), lab.connect(), lab.connect()];
  writer.ask('SET', 'a', '1');
  reader.ask('GET', 'a');
  gathering.ask('SET', 'b', '2');
  helper.finish(FULL);
  lab.settle();
  expect([writer, reader, gathering, idle].map(({ isClosedByServer }) => isClosedByServer)).toEqual([true, true, true, false]);
  expect([writer.take(), reader.take(), gathering.take()]).toEqual(['', '', '']);
  expect(idle.ask('SET', 'c', '3')).toMatch(/^-MISCONF Errors writing to the AOF file: No space left on device/);
  expect(idle.ask('MGET', 'a', 'b', 'c')).toBe('*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n');
  expect(kinds(helper)).toEqual([]);
  lab.advance(1000);
  expect(kinds(helper)).toEqual(['append']);
  const bytes = lengthOf(helper);
  // A part of it, which could not be cut off again.
  helper.finish({ ...FULL, value: 10 });
  lab.advance(1000);
  expect(idle.ask('SET', 'c', '3')).toMatch(/^-MISCONF/);
  expect(lengthOf(helper)).toBe(bytes - 10);
  done(started);
  expect(idle.ask('SET', 'c', '3')).toBe('');
  done(started);
  expect(idle.take()).toBe(OK);
  expect(lab.log.filter((line) => line.startsWith('warning'))).toEqual([
    'warning: Error writing to the AOF file: ENOSPC: no space left on device, write',
    'warning: AOF write error looks solved, Redis can write again.',
  ]);
});

test('after a failed fsync the bytes are cut off, and written again', () => {
  const started = start();
  const { dir, helper, lab } = started;
  using _ = lab;
  lab.connect().ask('SET', 'a', '1');
  helper.finish({ value: 0, error: { code: 'EIO', message: 'EIO: i/o error, fsync' } });
  lab.advance(1000);
  done(started);
  expect(lab.connect().ask('GET', 'a')).toBe('$1\r\n1\r\n');
  expect(loaded(dir, 'a')).toBe('*1\r\n$1\r\n1\r\n');
});

test('a rewrite begins during an append: the old increment is completed, and what follows goes to the new one', () => {
  const started = start();
  const { dir, helper, lab } = started;
  using _ = lab;
  const client = lab.connect();
  client.ask('SET', 'a', '1');
  client.ask('SET', 'b', '2');
  client.sendCommand('BGREWRITEAOF');
  lab.settle();
  client.ask('SET', 'c', '3');
  const [one, two, three] = ['a', 'b', 'c'].map((key) => `$3\r\nSET\r\n$1\r\n${key}`) as [string, string, string];
  while (existsSync(join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof')) && helper.waiting.length > 0) {
    const [first, second] = [incrementOf(dir, 1), incrementOf(dir, 2)];
    // Never a gap.
    expect([first.includes(two) && !first.includes(one), second.includes(three) && !first.includes(two)]).toEqual([false, false]);
    helper.finish();
    lab.settle();
  }
  done(started);
  expect(client.receive()).toBe(`${OK}${OK}+Background append only file rewriting started\r\n${OK}`);
  expect(incrementOf(dir, 2)).toContain(three);
  expect(loaded(dir, 'a', 'b', 'c')).toBe('*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n');
});

test.each(['everysec', 'no'])('after CONFIG SET appendfsync %s what waits leaves with the append that is under way, and nothing more waits', (appendfsync) => {
  const started = start();
  const { dir, lab, helper } = started;
  using _ = lab;
  const [client, other] = [lab.connect(), lab.connect()];
  client.ask('SET', 'a', '1');
  other.ask('CONFIG', 'SET', 'appendfsync', appendfsync);
  client.ask('SET', 'b', '2');
  helper.finish();
  expect(client.receive()).toBe(OK + OK);
  expect(client.ask('SET', 'c', '3')).toBe(OK);
  done(started);
  expect(loaded(dir, 'a', 'b', 'c')).toBe('*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n');
  other.ask('CONFIG', 'SET', 'appendfsync', 'always');
  done(started);
  expect(client.ask('SET', 'd', '4')).toBe('');
  done(started);
  expect(client.take()).toBe(OK);
});

test.each([['CONFIG', 'SET', 'appendonly', 'no'], ['SHUTDOWN']])('%s %s waits for what is under way, and for what was gathered meanwhile', (...argv) => {
  const started = start();
  const { dir, lab } = started;
  using _ = lab;
  const client = lab.connect();
  client.ask('SET', 'a', '1');
  client.ask('SET', 'b', '2');
  const other = lab.connect();
  other.sendCommand(...argv);
  lab.turn();
  expect(loaded(dir, 'a', 'b')).toBe('*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
  if (argv[0] === 'SHUTDOWN') return;
  expect([client.receive(), other.receive()]).toEqual([OK + OK, OK]);
});

test('replicas are sent nothing that the disk does not have', () => {
  const started = start();
  const { lab } = started;
  using _ = lab;
  const [replica, client] = [lab.connect(), lab.connect()];
  replica.sendCommand('SYNC');
  lab.advance(6000);
  done(started);
  replica.receive();
  client.ask('SET', 'told', 'late');
  expect(replica.receive()).not.toContain('told');
  done(started);
  expect(replica.receive()).toContain('told');
});

test('random clients, a disk that is done at random moments, and one that fails: replayed, also from a state with waiting output', () => {
  let [waited, failed] = [0, 0];
  for (let seed = 1; seed <= 4; seed++) {
    const helper = new ScriptedHelper();
    const settings = { dir: temporaryDirectory(), appendonly: true, appendfsync: 'always', 'auto-aof-rewrite-min-size': 3000 };
    const recorded = record({ seed, helper, settings, loads: true, isVirtual: seed === 3, batchesSends: seed % 2 === 0 });
    const { lab } = recorded;
    lab.clock.costUs = 20;
    const random = new Random(seed);
    const digests = new Map<number, string>();
    for (let round = 0; round < 12; round++) {
      for (const [turn, digest] of live(recorded, random, 8)) digests.set(turn, digest);
      while (helper.waiting.length > 0 && random.chance(0.8)) {
        const fails = helper.waiting[0]!.kind === 'append' && random.chance(0.1);
        helper.finish(fails ? FULL : undefined);
        failed += fails ? 1 : 0;
        lab.turn(random.below(2));
      }
    }
    const tape = recorded.tape();
    const replay = new Replay(recorded.head, tape);
    let state = null;
    while (replay.turn()) {
      const { server } = replay;
      const digest = digests.get(server.loop.turnNumber);
      if (digest !== undefined) expect(digestOf(server), `seed ${seed}, turn ${server.loop.turnNumber}`).toBe(digest);
      const waits = [...server.sessions.values()].some(({ transport }) => transport.outputHeld > 0);
      waited += waits ? 1 : 0;
      if (waits && replay.canBeContinued && random.chance(0.02)) state = replay.capture();
    }
    expect(replay.result(), `seed ${seed}`).toMatchObject({ divergence: null });
    if (state !== null) expect(new Replay(recorded.head, tape, structuredClone(state)).run(), `seed ${seed}`).toMatchObject({ divergence: null });
  }
  expect([waited > 50, failed > 1]).toEqual([true, true]);
});
