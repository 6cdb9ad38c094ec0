/** BGSAVE in simulations: what the helper does and fails to do, what is answered meanwhile, and that a recording of it is replayed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Crc64 } from '../../../src/server/keyspace/rdb/crc64.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { Random } from '../../fuzz/random.js';
import { temporaryDirectory } from '../../support/headless.js';
import { live, record } from '../recording/scenarios.js';
import { type Lab, type LabClient, ScriptedHelper, simulate } from '../simulation/harness.js';

const STARTED = '+Background saving started\r\n';
const SCHEDULED = '+Background saving scheduled\r\n';
const IN_PROGRESS = '-ERR Background save already in progress\r\n';
const FULL = { value: 3, error: { code: 'ENOSPC', message: 'ENOSPC: no space left on device, write' } };

interface Saving {
  readonly dir: string;
  readonly path: string;
  readonly helper: ScriptedHelper;
  readonly lab: Lab;
  readonly client: LabClient;
}

function start(settings: object = {}): Saving {
  const dir = temporaryDirectory();
  const helper = new ScriptedHelper();
  const lab = simulate({ helper, settings: { dir, 'enable-debug-command': 'yes', ...settings } });
  return { dir, path: join(dir, 'dump.rdb'), helper, lab, client: lab.connect() };
}

/** The helper does all its jobs, and their results are handled. */
function finish({ helper, lab }: Saving): void {
  while (helper.waiting.length > 0) {
    helper.finishAll();
    lab.settle();
  }
}

const field = (client: LabClient, name: string): string => new RegExp(`^${name}:(.*)\r$`, 'm').exec(client.ask('INFO', 'persistence'))![1]!;

const kinds = ({ helper }: Saving): string[] => helper.waiting.map(({ kind }) => kind);

test('step by step: a draft is written, synced, renamed, and the folder synced; the loop waits for none of it', () => {
  const saving = start();
  const { dir, path, helper, lab, client } = saving;
  client.ask('MSET', 'a', '1', 'b', '2');
  expect(client.ask('BGSAVE')).toBe(STARTED);
  expect(kinds(saving)).toEqual(['unlink', 'open']);
  expect([field(client, 'rdb_bgsave_in_progress'), field(client, 'current_save_keys_processed'), field(client, 'current_save_keys_total')]).toEqual(['1', '0', '2']);
  expect([client.ask('SAVE'), client.ask('BGSAVE'), client.ask('BGSAVE', 'SCHEDULE')]).toEqual([IN_PROGRESS, IN_PROGRESS, IN_PROGRESS]);
  client.ask('SET', 'a', 'changed');
  expect(field(client, 'current_cow_size')).not.toBe('0');
  lab.advance(3000);
  expect(field(client, 'rdb_current_bgsave_time_sec')).toBe('3');
  const seen: string[] = [];
  while (helper.waiting.length > 0) {
    seen.push(helper.waiting[0]!.kind);
    expect(client.ask('PING')).toBe('+PONG\r\n');
    expect(existsSync(path)).toBe(seen.includes('fsync-folder'));
    helper.finish();
    lab.settle();
  }
  expect(seen).toEqual(['unlink', 'open', 'write', 'write-checksum', 'fsync', 'close', 'rename', 'fsync-folder']);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  const file = readFileSync(path);
  const checksum = new Crc64();
  checksum.add(file.subarray(0, -8));
  expect(file.subarray(-8).toString('latin1')).toBe(checksum.value);
  // Changes since then are counted.
  expect(['rdb_bgsave_in_progress', 'rdb_last_bgsave_status', 'rdb_last_bgsave_time_sec', 'rdb_current_bgsave_time_sec', 'rdb_changes_since_last_save', 'rdb_saves'].map((name) => field(client, name)))
    .toEqual(['0', 'ok', '3', '-1', '1', '1']);
  expect(field(client, 'rdb_last_cow_size')).not.toBe('0');
  expect(client.ask('DEBUG', 'RELOAD')).toBe('+OK\r\n');
  const other = simulate({ settings: { dir } });
  other.server.load({ dir });
  expect(other.connect().ask('MGET', 'a', 'b')).toBe('*2\r\n$7\r\nchanged\r\n$1\r\n2\r\n');
});

test('the file is that of the moment of BGSAVE', () => {
  const saving = start({ rdbchecksum: false });
  const { dir, lab, client } = saving;
  client.ask('MSET', 'a', '1', 'b', '2');
  client.ask('BGSAVE');
  client.ask('MSET', 'a', '3', 'c', '4');
  client.ask('DEL', 'b');
  finish(saving);
  const other = simulate({ settings: { dir } });
  other.server.load({ dir });
  expect(other.connect().ask('MGET', 'a', 'b', 'c')).toBe('*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n');
  expect(lab.log.filter((line) => line.includes('ackground'))).toEqual(['notice: Background saving started', 'notice: Background saving terminated with success']);
});

test('a slow disk stops the walk, and not the clients', () => {
  const saving = start();
  const { helper, lab, client } = saving;
  client.ask('DEBUG', 'POPULATE', '200', 'key', '100000');
  client.ask('BGSAVE');
  helper.finishAll();
  lab.settle();
  // Compressed, each takes little; so everything would have been written at once.
  client.ask('CONFIG', 'SET', 'rdbcompression', 'no');
  finish(saving);
  client.ask('BGSAVE');
  helper.finish();
  helper.finish();
  lab.settle();
  const written = Number(field(client, 'current_save_keys_processed'));
  expect(written).toBeGreaterThan(30);
  expect(written).toBeLessThan(60);
  expect(kinds(saving).filter((kind) => kind === 'fsync').length).toBe(1);
  lab.advance(60_000);
  expect(Number(field(client, 'current_save_keys_processed'))).toBe(written);
  // Pre-images do not wait.
  client.ask('MSET', 'key:0', 'v', 'key:1', 'v');
  expect(Number(field(client, 'current_save_keys_processed'))).toBe(written + 2);
  finish(saving);
  expect([field(client, 'rdb_last_bgsave_status'), field(client, 'rdb_saves')]).toEqual(['ok', '2']);
});

test.each(['open', 'write', 'write-checksum', 'fsync', 'close', 'rename', 'fsync-folder'] as const)('where %s fails the save has failed, nothing is left, and with save points writes are refused', (kind) => {
  const saving = start({ save: '3600 1' });
  const { dir, path, helper, lab, client } = saving;
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  while (helper.waiting[0]!.kind !== kind) {
    helper.finish();
    lab.settle();
  }
  helper.finish({ ...FULL, value: 0 });
  lab.settle();
  finish(saving);
  expect(readdirSync(dir)).toEqual(kind === 'fsync-folder' ? ['dump.rdb'] : []);
  expect([field(client, 'rdb_last_bgsave_status'), field(client, 'rdb_bgsave_in_progress'), field(client, 'rdb_changes_since_last_save')]).toEqual(['err', '0', '1']);
  expect(client.ask('SET', 'a', '2')).toMatch(/^-MISCONF /);
  expect(client.ask('GET', 'a')).toBe('$1\r\n1\r\n');
  expect(lab.log).toContain('warning: Background saving error: ENOSPC: no space left on device, write');
  client.ask('BGSAVE');
  finish(saving);
  expect(client.ask('SET', 'a', '2')).toBe('+OK\r\n');
  expect(existsSync(path)).toBe(true);
});

test('FLUSHALL abandons a save; FLUSHDB and SWAPDB do not', () => {
  const saving = start();
  const { dir, path, client } = saving;
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  client.ask('FLUSHALL');
  expect(field(client, 'rdb_bgsave_in_progress')).toBe('0');
  finish(saving);
  expect([readdirSync(dir), field(client, 'rdb_last_bgsave_status')]).toEqual([[], 'ok']);
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  client.ask('FLUSHDB');
  client.ask('SWAPDB', '0', '1');
  finish(saving);
  const other = simulate({ settings: { dir } });
  other.server.load({ dir });
  expect(existsSync(path)).toBe(true);
  expect(other.connect().ask('GET', 'a')).toBe('$1\r\n1\r\n');
});

test('a save that was given up before its draft was open leaves the draft of the next one alone', () => {
  const saving = start();
  const { path, client } = saving;
  client.ask('SET', 'a', '1');
  expect(client.ask('BGSAVE')).toBe(STARTED);
  client.ask('FLUSHALL');
  client.ask('SET', 'b', '2');
  expect(client.ask('BGSAVE')).toBe(STARTED);
  // That the draft of the first is open is told when that of the second is open, too.
  finish(saving);
  expect([field(client, 'rdb_last_bgsave_status'), existsSync(path)]).toEqual(['ok', true]);
});

test('with save points FLUSHALL leaves an empty snapshot', () => {
  const saving = start({ save: '3600 1' });
  const { dir, client } = saving;
  client.ask('SET', 'a', '1');
  client.ask('SAVE');
  client.ask('SET', 'a', '2');
  client.ask('FLUSHALL');
  const other = simulate({ settings: { dir } });
  other.server.load({ dir });
  expect(other.connect().ask('DBSIZE')).toBe(':0\r\n');
});

test('in a transaction it is scheduled, and begins when the previous one has ended', () => {
  const saving = start();
  const { helper, lab, client } = saving;
  client.ask('MULTI');
  client.ask('BGSAVE');
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE', 'SCHEDULE');
  expect(client.ask('EXEC')).toBe(`*3\r\n${SCHEDULED}+OK\r\n${SCHEDULED}`);
  expect(field(client, 'rdb_bgsave_in_progress')).toBe('1');
  finish(saving);
  expect(field(client, 'rdb_changes_since_last_save')).toBe('0');
  // While the append-only file is being rewritten.
  let isRewriting = true;
  lab.server.persistence.isRewriting = () => isRewriting;
  expect(client.ask('BGSAVE')).toMatch(/^-ERR Another child process is active/);
  expect(client.ask('BGSAVE', 'SCHEDULE')).toBe(SCHEDULED);
  lab.advance(1000);
  expect(helper.waiting).toEqual([]);
  isRewriting = false;
  lab.advance(100);
  expect(kinds(saving)).toEqual(['unlink', 'open']);
  finish(saving);
});

test('a save point does not begin a second one, and counts from when the first has ended', () => {
  const saving = start({ save: '1 1' });
  const { lab, client } = saving;
  client.ask('SET', 'a', '1');
  lab.advance(3000);
  expect([field(client, 'rdb_bgsave_in_progress'), field(client, 'rdb_saves')]).toEqual(['1', '1']);
  client.ask('SET', 'a', '2');
  lab.advance(5000);
  expect(field(client, 'rdb_saves')).toBe('1');
  finish(saving);
  expect(field(client, 'rdb_changes_since_last_save')).toBe('1');
  lab.advance(3000);
  expect(field(client, 'rdb_saves')).toBe('2');
  finish(saving);
});

test('SHUTDOWN in the middle of a save leaves no draft; with SAVE, the snapshot of that moment', () => {
  const saving = start();
  const { dir, helper, lab, client } = saving;
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  helper.finish();
  helper.finish();
  lab.settle();
  expect(readdirSync(dir)).not.toEqual([]);
  client.ask('SET', 'a', '2');
  client.send('SHUTDOWN SAVE\r\n');
  lab.turn(2);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  const other = simulate({ settings: { dir } });
  other.server.load({ dir });
  expect(other.connect().ask('GET', 'a')).toBe('$1\r\n2\r\n');
});

test('a draft of a process that has ended is removed at the start, and no other', () => {
  const dir = temporaryDirectory();
  const hourAgo = Date.now() / 1000 - 3600;
  const gone = 'temp-4194000-1-bg.rdb';
  const others = [`temp-${process.pid}-0.rdb`, 'temp-4194000.rdb', 'dump.rdb.old', 'temp-4194001-1-bg.rdb'];
  for (const name of [gone, ...others]) writeFileSync(join(dir, name), 'x');
  for (const name of [gone, ...others.slice(0, 3)]) utimesSync(join(dir, name), hourAgo, hourAgo);
  const lab = simulate({ settings: { dir } });
  lab.server.load({ dir });
  expect(readdirSync(dir).toSorted()).toEqual(others.toSorted());
  expect(lab.log).toEqual([`notice: Removed ${gone}, which a server that ended in the middle of a save has left`]);
});

test('two servers from a state captured in the middle of a save: the save is not continued, and this is logged', () => {
  const saving = start();
  const { lab, client } = saving;
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  const other = simulate({ from: lab.server.capture(), settings: { dir: temporaryDirectory() } });
  expect(other.log).toEqual(['warning: The state is of a moment at which a snapshot was being made: it is not gone on with']);
  const again = other.connect();
  expect([field(again, 'rdb_bgsave_in_progress'), again.ask('GET', 'a')]).toEqual(['0', '$1\r\n1\r\n']);
  expect(again.ask('BGSAVE')).toBe(STARTED);
  other.settle();
  expect(field(again, 'rdb_last_bgsave_status')).toBe('ok');
  finish(saving);
});

test.each([true, false])('a recording with saves, of random clients, is replayed (a helper: %s)', (hasHelper) => {
  let saves = 0;
  for (let seed = 1; seed <= 3; seed++) {
    const dir = join(temporaryDirectory(), 'folder');
    mkdirSync(dir);
    const helper = hasHelper ? new ScriptedHelper() : undefined;
    const recorded = record({ seed, settings: { dir, save: '1 20' }, isVirtual: seed % 3 === 0, loads: true, ...(helper !== undefined && { helper }) });
    const { lab } = recorded;
    const { persistence } = lab.server;
    persistence.walks.pace = { busyUs: 50, idleUs: 60, rest: 2, work: 3 };
    lab.clock.costUs = 20;
    const random = new Random(seed);
    const client = lab.connect();
    const digests = new Map<number, string>();
    for (let round = 0; round < 8; round++) {
      client.ask(random.chance(0.7) ? 'BGSAVE' : 'FLUSHALL');
      for (const [turn, digest] of live(recorded, random, 20)) digests.set(turn, digest);
      if (helper !== undefined && random.chance(0.8)) while (helper.waiting.length > 0) {
        if (random.chance(0.05)) helper.finish(FULL);
        else helper.finish();
        lab.turn(random.below(2));
      }
      lab.settle();
      if (client.isClosedByServer) break;
    }
    const replay = new Replay(recorded.head, recorded.tape());
    replay.server.persistence.walks.pace = persistence.walks.pace;
    let compared = 0;
    while (replay.turn()) {
      const digest = digests.get(replay.server.loop.turnNumber);
      if (digest === undefined) continue;
      expect(digestOf(replay.server), `seed ${seed}, turn ${replay.server.loop.turnNumber}`).toBe(digest);
      compared++;
    }
    expect(replay.result(), `seed ${seed}`).toMatchObject({ divergence: null });
    expect(compared).toBeGreaterThan(3);
    saves += lab.log.filter((line) => line.includes('Background saving started')).length;
  }
  expect(saves).toBeGreaterThan(5);
});

test('a replay cannot continue from the middle of a save, and reports that', () => {
  const helper = new ScriptedHelper();
  const dir = temporaryDirectory();
  const recorded = record({ settings: { dir }, helper, loads: true });
  const { lab } = recorded;
  const client = lab.connect();
  client.ask('SET', 'a', '1');
  client.ask('BGSAVE');
  client.ask('SET', 'a', '2');
  finish({ helper, lab } as Saving);
  client.ask('SET', 'a', '3');
  const tape = recorded.tape();
  const replay = new Replay(recorded.head, tape);
  const seen: boolean[] = [];
  let last = null;
  while (replay.turn()) {
    if (replay.canBeContinued !== seen.at(-1)) seen.push(replay.canBeContinued);
    if (replay.canBeContinued) last ??= seen.length === 3 ? replay.capture() : null;
  }
  expect(seen).toEqual([true, false, true]);
  expect(new Replay(recorded.head, tape, structuredClone(last)).run()).toMatchObject({ divergence: null });
});

test('FLUSHALL with save points leaves nothing changed, and is written down all the same, also without a key', () => {
  const dir = temporaryDirectory();
  const lab = simulate({ settings: { dir, save: '3600 1', appendonly: true, appendfsync: 'no' }, loads: true });
  const client = lab.connect();
  client.ask('MSET', 'a', '1', 'b', '2');
  expect(field(client, 'rdb_changes_since_last_save')).toBe('2');
  for (let i = 0; i < 2; i++) {
    expect(client.ask('FLUSHALL')).toBe('+OK\r\n');
    expect(field(client, 'rdb_changes_since_last_save')).toBe('0');
  }
  client.ask('SET', 'a', '1');
  expect(field(client, 'rdb_changes_since_last_save')).toBe('1');
  expect(readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'latin1').match(/FLUSHALL/g)).toHaveLength(2);
});

test('the trace tells of each slice: what was written in it, and what had to be written early', () => {
  const saving = start();
  const { helper, lab, client } = saving;
  lab.server.persistence.walks.pace = { busyUs: 0, idleUs: 0, rest: 0, work: 1 };
  for (let i = 0; i < 5; i++) client.ask('SET', `k${i}`, 'v');
  client.ask('BGSAVE');
  const events = lab.record();
  client.ask('SET', 'k0', 'changed');
  helper.finishAll();
  lab.settle();
  const slices = events.filter((event) => event.kind === 'save-slice');
  expect(slices.map(({ keys, preImages, done, total }) => [keys, preImages, done, total])).toEqual([
    [2, 1, 2, 5], [1, 0, 3, 5], [1, 0, 4, 5], [1, 0, 5, 5], [0, 0, 5, 5], [0, 0, 5, 5], [0, 0, 5, 5],
  ]);
  expect(slices.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(50);
});
