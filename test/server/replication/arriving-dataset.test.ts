/** The dataset of a full synchronization: in its file, and loaded in the place of the old one or beside it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { type Checkpoint, Replay } from '../../../src/server/recording/replay.js';
import { temporaryDirectory } from '../../support/headless.js';
import { record } from '../recording/scenarios.js';
import { request, ScriptedHelper, simulate } from '../simulation/harness.js';
import { datasetOf, ID, incompressible, infoOf, MARK, Master, OTHER_ID, REPLICA, replicate, type Replicated } from './master.js';

const FULL = { value: 3, error: { code: 'ENOSPC', message: 'ENOSPC: no space left on device, write' } };
const LOADING = '-LOADING Redis is loading the dataset in memory\r\n';
const SWAP: Partial<SettingValues> = { 'repl-diskless-load': 'swapdb' };

interface Stored extends Replicated, Disposable {
  readonly dir: string;
  readonly path: string;
  readonly helper: ScriptedHelper;
}

/** A replica whose files are in a folder of their own. */
function stored(settings: Partial<SettingValues> = {}): Stored {
  const dir = temporaryDirectory();
  const helper = new ScriptedHelper();
  return { ...replicate({ helper, settings: { dir, ...settings } }), dir, path: join(dir, 'dump.rdb'), helper };
}

/** The helper does all its jobs, one after the other. Returns their kinds. */
function finish({ helper, lab }: Pick<Stored, 'helper' | 'lab'>): string[] {
  const kinds: string[] = [];
  while (helper.waiting.length > 0) {
    kinds.push(helper.waiting[0]!.kind);
    helper.finish();
    lab.settle();
  }
  return kinds;
}

const large = (value: string): string => datasetOf(...Array.from({ length: 2000 }, (_, i) => ['SET', `key:${i}`, value + incompressible(i)]));
const marked = (dataset: string): string => `+FULLRESYNC ${ID} 7\r\n$EOF:${MARK}\r\n${dataset}${MARK}`;
const sized = (dataset: string): string => `+FULLRESYNC ${ID} 7\r\n$${dataset.length}\r\n${dataset}`;

test.each([['marked', marked, 1000], ['marked', marked, 39], ['sized', sized, 1000]])('%s: is written while it arrives, and loaded once it is on the disk', (_form, form, size) => {
  using replica = stored();
  const { master, client, lab, path, dir, helper } = replica;
  master.greet();
  const dataset = datasetOf(['SET', 'key', 'value'], ['SET', 'other', incompressible(1).repeat(20)]);
  const bytes = form(dataset);
  for (let at = 0; at < bytes.length; at += size) {
    master.say(bytes.slice(at, at + size));
    if (helper.waiting.length > 0 && helper.waiting[0]!.kind !== 'fsync') helper.finish();
  }
  lab.settle();
  expect([infoOf(client, 'master_sync_in_progress'), client.ask('GET', 'key')]).toEqual(['1', '$-1\r\n']);
  const kinds = finish(replica);
  expect(kinds.slice(-4)).toEqual(['fsync', 'close', 'rename', 'fsync-folder']);
  expect(master.hears()).toContain(request('REPLCONF', 'ACK', '7'));
  expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
  expect(readFileSync(path, 'latin1')).toBe(dataset);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
});

test('a restarted replica has it', () => {
  using replica = stored();
  replica.master.greet();
  replica.master.say(sized(datasetOf(['SET', 'key', 'value'])));
  finish(replica);
  using again = simulate({ settings: { dir: replica.dir }, loads: true });
  expect(again.connect().ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
});

test.each(['open', 'write', 'fsync', 'rename'])('a disk that fails at %s ends the attempt; the old data and file stay, and another attempt follows', (kind) => {
  using replica = stored();
  const { master, client, lab, helper, path, dir } = replica;
  master.greet();
  master.say(sized(datasetOf(['SET', 'key', 'old'])));
  finish(replica);
  const file = readFileSync(path);
  master.peer.reset();
  master.accept();
  expect(master.greet()).toBe(request('PSYNC', ID, '8'));
  master.say(sized(datasetOf(['SET', 'key', 'new'])));
  while (helper.waiting[0]!.kind !== kind) {
    helper.finish();
    lab.settle();
  }
  helper.finish(FULL);
  lab.settle();
  finish(replica);
  expect(lab.log.at(-1)).toBe(
    'warning: Write error writing to the DB dump file needed for MASTER <-> REPLICA synchronization: ENOSPC: no space left on device, write',
  );
  expect(master.peer.isClosedByServer).toBe(true);
  expect(readFileSync(path).equals(file)).toBe(true);
  expect(readdirSync(dir)).toEqual(['dump.rdb']);
  expect(client.ask('GET', 'key')).toBe('$3\r\nold\r\n');
  master.accept();
  expect(master.greet()).toBe(request('PSYNC', ID, '8'));
  master.say(sized(datasetOf(['SET', 'key', 'new'])));
  finish(replica);
  expect(client.ask('GET', 'key')).toBe('$3\r\nnew\r\n');
  expect(readFileSync(path).equals(file)).toBe(false);
});

test('a link that breaks leaves no draft', () => {
  using replica = stored();
  const { master, helper, lab, dir } = replica;
  master.greet();
  const dataset = large('');
  master.say(sized(dataset).slice(0, 100_000));
  helper.finish();
  lab.settle();
  helper.finish();
  lab.settle();
  expect(readdirSync(dir)).toHaveLength(1);
  master.peer.reset();
  lab.settle();
  finish(replica);
  expect(readdirSync(dir)).toEqual([]);
});

test('the server that ends meanwhile leaves no draft', () => {
  using replica = stored();
  const { master, helper, lab, dir } = replica;
  master.greet();
  master.say(sized(large('')).slice(0, 100_000));
  for (let jobs = 0; jobs < 2; jobs++) {
    helper.finish();
    lab.settle();
  }
  lab.server.stop();
  expect(readdirSync(dir)).toEqual([]);
});

test('rdb-del-sync-files deletes it once it is loaded, unless there are save points', () => {
  for (const save of ['', '3600 1']) {
    using replica = stored({ save, 'rdb-del-sync-files': true });
    replica.master.greet();
    replica.master.say(sized(datasetOf(['SET', 'key', 'value'])));
    finish(replica);
    expect(replica.client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
    expect(existsSync(replica.path)).toBe(save !== '');
  }
});

test('a file that this server has neither loaded nor written is not replaced', () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'dump.rdb'), 'precious');
  using replica = replicate({ settings: { dir } });
  replica.master.synchronize();
  expect(replica.client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
  expect(readFileSync(join(dir, 'dump.rdb'), 'latin1')).toBe('precious');
  expect(replica.lab.log.find((line) => line.includes('not kept'))).toContain('dump.rdb is there and was not loaded');
});

test('there is no file without settings that name one, and none if it is loaded without', () => {
  const helper = new ScriptedHelper();
  using unnamed = replicate({ helper });
  unnamed.master.synchronize();
  expect(helper.waiting).toEqual([]);
  // Here a restart would load it.
  using current = replicate({ helper, settings: { dir: '.' }, loads: true });
  current.master.greet();
  current.master.say(sized(datasetOf()));
  expect(helper.waiting.map(({ kind }) => kind)).toContain('open');
  using empty = stored({ 'repl-diskless-load': 'on-empty-db' });
  empty.master.greet();
  const dataset = datasetOf(['SET', 'key', 'value']);
  empty.master.say(sized(dataset).slice(0, 80));
  expect([infoOf(empty.client, 'loading', 'persistence'), empty.client.ask('GET', 'key')]).toEqual(['1', LOADING]);
  empty.master.say(sized(dataset).slice(80));
  expect(empty.client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
  expect(empty.helper.waiting).toEqual([]);
  expect(infoOf(empty.client, 'rdb_changes_since_last_save', 'persistence')).toBe('1');
  // The database is no longer empty.
  empty.master.peer.reset();
  empty.master.accept();
  empty.master.greet();
  empty.master.say(sized(dataset));
  expect(finish(empty)).toContain('rename');
});

test('a background save in progress is given up: its older data must not replace the file', () => {
  using replica = stored({ 'replica-serve-stale-data': true });
  const { master, client, lab, path } = replica;
  master.greet();
  client.ask('BGSAVE');
  const dataset = datasetOf(['SET', 'key', 'value']);
  master.say(sized(dataset));
  finish(replica);
  expect(readFileSync(path, 'latin1')).toBe(dataset);
  expect(lab.log.join('\n')).toContain('Background saving was given up');
});

/** A replica with data of a master that is about to send it another dataset. */
function swapping(settings: Partial<SettingValues> = {}): ReturnType<typeof replicate> {
  const replica = replicate({ settings: { ...SWAP, ...settings } });
  replica.master.synchronize(datasetOf(['SET', 'key', 'old'], ['SELECT', '3'], ['SET', 'only', 'old']));
  replica.master.peer.reset();
  replica.master.accept();
  replica.master.greet();
  return replica;
}

test('swapdb: a dataset of the same history is loaded beside the old one, which is served meanwhile', () => {
  using replica = swapping();
  const { master, client, lab } = replica;
  const bytes = sized(large('new'));
  const watcher = lab.connect();
  watcher.ask('WATCH', 'key:1');
  master.say(bytes.slice(0, 200));
  const flags = (): (string | undefined)[] => ['loading', 'async_loading'].map((name) => infoOf(client, name, 'persistence'));
  expect(flags()).toEqual(['0', '1']);
  expect(client.ask('GET', 'key')).toBe('$3\r\nold\r\n');
  expect(client.ask('EVAL_RO', "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", '1', 'key')).toBe('$3\r\nold\r\n');
  expect(client.ask('REPLICAOF', 'NO', 'ONE')).toBe(LOADING);
  expect(client.ask('CONFIG', 'SET', 'appendonly', 'no')).toBe(LOADING);
  master.peer.send(bytes.slice(200));
  for (let turns = 0; turns < 100 && lab.server.primaryLink.phase !== 'loading'; turns++) lab.turn();
  client.send(request('GET', 'key') + request('DBSIZE') + request('GET', 'key:1'));
  lab.turn(3);
  expect([lab.server.primaryLink.phase, client.take()]).toEqual(['loading', '$3\r\nold\r\n:1\r\n$-1\r\n']);
  lab.settle();
  expect(flags()).toEqual(['0', '0']);
  expect(client.ask('DBSIZE')).toBe(':2000\r\n');
  expect(client.ask('STRLEN', 'key:1')).toBe(':131\r\n');
  client.ask('SELECT', '3');
  expect(client.ask('DBSIZE')).toBe(':0\r\n');
  expect(watcher.ask('MULTI') + watcher.ask('EXEC')).toBe('+OK\r\n*-1\r\n');
  expect(infoOf(client, 'used_memory_dataset', 'memory')).toBe(memoryOf('new'));
});

/** The memory of the dataset on a server that has received nothing else. */
function memoryOf(value: string): string | undefined {
  using replica = replicate();
  replica.master.synchronize(large(value));
  return infoOf(replica.client, 'used_memory_dataset', 'memory');
}

test('swapdb: if it cannot be loaded, the old dataset stays, with its libraries, and the next attempt asks for what follows it', () => {
  using replica = swapping({ 'replica-read-only': false });
  const { master, client, lab } = replica;
  const before = infoOf(client, 'used_memory_dataset', 'memory');
  client.ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 'old' end)");
  const bytes = large('new');
  const broken = bytes.slice(0, -9) + '\xfa' + bytes.slice(-8);
  master.say(sized(broken));
  lab.settle();
  expect(lab.log.find((line) => line.includes('Failed trying to load'))).toBeDefined();
  expect([client.ask('GET', 'key'), client.ask('DBSIZE'), client.ask('FCALL', 'f', '0')]).toEqual(['$3\r\nold\r\n', ':1\r\n', '$3\r\nold\r\n']);
  expect(infoOf(client, 'used_memory_dataset', 'memory')).toBe(before);
  master.accept();
  expect(master.greet()).toBe(request('PSYNC', ID, '101'));
  master.say(sized(bytes));
  expect(client.ask('DBSIZE')).toBe(':2000\r\n');
  expect(client.ask('FCALL', 'f', '0')).toBe('-ERR Function not found\r\n');
});

test.each([
  ['5 bytes before the mark', 0, (dataset: string) => `${dataset}extra${MARK}`],
  ['a line break before the mark', 0, (dataset: string) => `${dataset}\n${MARK}`],
  ['another mark before it', 0, (dataset: string) => `${dataset}${MARK.replaceAll('m', 'w')}${MARK}`],
  ['no dataset', 0, () => MARK],
  ['another mark, until repl-timeout', 7000, (dataset: string) => dataset + MARK.replaceAll('m', 'w')],
])('swapdb: %s: the dataset is refused and the old one stays, also if it comes byte by byte', (_what, waitMs, bytesOf) => {
  for (const size of [1, 1000]) {
    using replica = swapping({ 'repl-timeout': 5 });
    const { master, client, lab } = replica;
    const bytes = `+FULLRESYNC ${ID} 7\r\n$EOF:${MARK}\r\n${bytesOf(datasetOf(['SET', 'key', 'new'], ['SET', 'key:2', 'new']))}`;
    for (let at = 0; at < bytes.length; at += size) master.say(bytes.slice(at, at + size));
    lab.advance(waitMs);
    expect(lab.log.filter((line) => /EOF marker is broken|Failed trying to load|Timeout receiving/.test(line))).toHaveLength(1);
    expect([client.ask('GET', 'key'), client.ask('DBSIZE')]).toEqual(['$3\r\nold\r\n', ':1\r\n']);
    expect(master.accept().greet()).toBe(request('PSYNC', ID, '101'));
  }
});

test('swapdb: what was read together with the end of the mark is no part of the stream, as in Redis; what comes later is', () => {
  using replica = swapping();
  const { master, client } = replica;
  master.say(marked(datasetOf(['SET', 'key', 'new'])) + request('SET', 'early', '1'));
  master.say(request('SELECT', '0') + request('SET', 'late', '1'));
  expect(client.ask('MGET', 'key', 'early', 'late')).toBe('*3\r\n$3\r\nnew\r\n$-1\r\n$1\r\n1\r\n');
});

test('swapdb: meanwhile a dataset of another history refuses clients, and keeps the old one all the same', () => {
  using replica = swapping();
  const { master, client } = replica;
  master.say(sized(large('new')).replace(ID, OTHER_ID).slice(0, 5000));
  expect(client.ask('GET', 'key')).toBe(LOADING);
  expect(infoOf(client, 'loading', 'persistence')).toBe('1');
  master.peer.reset();
  expect(client.ask('GET', 'key')).toBe('$3\r\nold\r\n');
});

test('recordings of files and swaps are replayed, also from a moment in the middle of a swap', () => {
  for (const mode of ['disabled', 'swapdb']) {
    const helper = new ScriptedHelper();
    const { lab, head, tape } = record({ helper, loads: true, settings: { ...REPLICA, dir: temporaryDirectory(), 'repl-diskless-load': mode }, faults: { partial: 0.3 } });
    const master = new Master(lab).accept();
    master.greet();
    for (const round of ['a', 'b']) {
      const bytes = sized(large(round));
      for (let at = 0; at < bytes.length; at += 50_000) {
        master.say(bytes.slice(at, at + 50_000));
        if (helper.waiting.length > 0) helper.finish();
      }
      finish({ helper, lab });
      expect(lab.server.keyspace.databases[0]!.size).toBe(2000);
      master.peer.reset();
      if (round === 'a') master.accept().greet();
    }
    lab.settle();
    const bytes = tape();
    const replay = new Replay(head, bytes);
    let middle: Checkpoint | null = null;
    while (replay.turn()) {
      if (mode !== 'swapdb' || middle !== null || replay.server.primaryLink.phase !== 'loading' || replay.server.keyspace.databases[0]!.size === 0) continue;
      middle = deserialize(serialize(replay.capture())) as Checkpoint;
    }
    expect(replay.run()).toMatchObject({ divergence: null });
    expect(digestOf(replay.server)).toBe(digestOf(lab.server));
    expect(middle !== null).toBe(mode === 'swapdb');
    if (middle === null) continue;
    const second = new Replay(head, bytes, middle);
    expect(second.run()).toMatchObject({ divergence: null });
    expect(digestOf(second.server)).toBe(digestOf(lab.server));
  }
});
