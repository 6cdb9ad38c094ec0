/**
 * Loading at the start in simulations: in slices, between which clients are answered; what is refused, what waits, and that a recording of it is lived
 * through once more.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SnapshotError } from '../../../src/server/persistence/snapshot-reader.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { temporaryDirectory } from '../../support/headless.js';
import { record } from '../recording/scenarios.js';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

const LOADING = '-LOADING Redis is loading the dataset in memory\r\n';
/** The least there can be, so that a small dataset has many slices. */
const IN_SLICES = { 'loading-process-events-interval-bytes': 1024, 'enable-debug-command': 'yes' } as const;
const NOW_MS = 1_700_000_000_000;
const KEYS = 3000;

/** A folder with a snapshot of {@link KEYS} keys, half of which expire a second later, and with what `more` has done. */
function saved(more: (client: LabClient) => void = () => {}): string {
  const dir = temporaryDirectory();
  using lab = simulate({ settings: { dir, save: '', rdbcompression: false }, nowMs: NOW_MS });
  const client = lab.connect();
  for (let i = 0; i < KEYS; i++) client.sendCommand('SET', `key:${i}`, `value:${i}`, ...(i % 2 === 0 ? [] : ['PXAT', String(NOW_MS + 1000)]));
  client.receive();
  more(client);
  expect(client.ask('SAVE')).toBe('+OK\r\n');
  return dir;
}

/** A folder with an append-only file of these requests. */
function appended(...requests: readonly (readonly string[])[]): string {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, 'appendonlydir'));
  writeFileSync(join(dir, 'appendonlydir/appendonly.aof.manifest'), 'file appendonly.aof.1.incr.aof seq 1 type i\n');
  writeFileSync(incrementOf(dir), [['SELECT', '0'], ...requests].map((argv) => request(...argv)).join(''));
  return dir;
}

const incrementOf = (dir: string): string => join(dir, 'appendonlydir/appendonly.aof.1.incr.aof');

const start = (dir: string, settings: object = {}): Lab => simulate({ settings: { dir, ...IN_SLICES, ...settings }, loads: true, nowMs: NOW_MS });

/** Connects a client to a server that is loading, and leaves it there. */
function connected(lab: Lab): LabClient {
  const client = lab.connectLater();
  lab.turn();
  expect(lab.server.isLoading).toBe(true);
  return client;
}

/** What a request is answered in the next turns, while the server goes on loading. */
function askNow(lab: Lab, client: LabClient, ...argv: string[]): string {
  client.sendCommand(...argv);
  lab.turn(2);
  return client.take();
}

const fieldOf = (info: string, name: string): string | undefined => new RegExp(`^${name}:(.*)\r$`, 'm').exec(info)?.[1];

test('a small dataset is there before the server listens', () => {
  using lab = simulate({ settings: { dir: saved() }, loads: true, nowMs: NOW_MS });
  expect([lab.server.isLoading, lab.server.loop.turnNumber]).toEqual([false, 0]);
  expect(lab.connect().ask('DBSIZE')).toBe(`:${KEYS}\r\n`);
  expect(lab.log).toEqual([
    `notice: Done loading RDB, keys loaded: ${KEYS}, keys expired: 0.`,
    'notice: DB loaded from disk: 0.000 seconds',
  ]);
});

test('what Redis answers while it loads is answered, all else refused, and then all of it is there', () => {
  using lab = start(saved());
  const client = connected(lab);
  expect([
    ['PING'], ['GET', 'key:1'], ['DBSIZE'], ['SAVE'], ['BGSAVE'], ['REPLICAOF', 'no', 'one'],
  ].map((argv) => askNow(lab, client, ...argv))).toEqual(Array(6).fill(LOADING));
  expect(askNow(lab, client, 'ECHO', 'hi')).toBe('$2\r\nhi\r\n');
  expect(askNow(lab, client, 'SELECT', '1')).toBe('+OK\r\n');
  const info = askNow(lab, client, 'INFO', 'persistence');
  const of = (name: string): number => Number(fieldOf(info, name));
  expect([of('loading'), of('async_loading'), of('loading_start_time'), of('loading_eta_seconds')]).toEqual([1, 0, NOW_MS / 1000, 1]);
  expect(of('loading_total_bytes')).toBeGreaterThan(KEYS * 20);
  expect(of('loading_loaded_bytes')).toBeGreaterThan(1024);
  expect(of('loading_rdb_used_mem')).toBeGreaterThan(0);
  expect(of('loading_loaded_perc')).toBeCloseTo((100 * of('loading_loaded_bytes')) / of('loading_total_bytes'), 1);
  expect(of('rdb_last_load_keys_loaded')).toBeGreaterThan(10);
  expect(lab.server.isLoading).toBe(true);
  lab.settle();
  expect(lab.server.isLoading).toBe(false);
  client.ask('SELECT', '0');
  expect(client.ask('DBSIZE')).toBe(`:${KEYS}\r\n`);
  expect(client.ask('INFO', 'persistence')).not.toContain('loading_');
});

test('a transaction whose commands are refused is discarded', () => {
  using lab = start(saved());
  const client = connected(lab);
  expect([['MULTI'], ['GET', 'key:1'], ['EXEC']].map((argv) => askNow(lab, client, ...argv))).toEqual([
    '+OK\r\n', LOADING, '-EXECABORT Transaction discarded because of previous errors.\r\n',
  ]);
});

test('where the dataset lies and how it is kept cannot be changed meanwhile, and it can be neither replaced nor added to', () => {
  using lab = start(saved());
  const client = connected(lab);
  expect([
    ['CONFIG', 'SET', 'appendonly', 'yes'], ['CONFIG', 'SET', 'maxmemory', '0', 'appendonly', 'no'],
    ['DEBUG', 'RELOAD'], ['DEBUG', 'POPULATE', '1'], ['DEBUG', 'LOADAOF'],
  ].map((argv) => askNow(lab, client, ...argv))).toEqual(Array(5).fill(LOADING));
  expect(askNow(lab, client, 'CONFIG', 'SET', 'nosuch', '1', 'appendonly', 'no')).toMatch(/^-ERR Unknown option/);
  expect(askNow(lab, client, 'CONFIG', 'SET', 'maxmemory', '1')).toBe('+OK\r\n');
  expect(askNow(lab, client, 'ECHO', 'hi')).toBe('$2\r\nhi\r\n');
  expect(lab.server.isLoading).toBe(true);
});

test('nothing is evicted or expires before all of it is there', () => {
  using lab = start(saved(), { maxmemory: 3_000_000, 'maxmemory-policy': 'allkeys-random', 'key-load-delay': 1_000_000 });
  const client = connected(lab);
  lab.advance(5000);
  expect(askNow(lab, client, 'CONFIG', 'SET', 'maxmemory', '1')).toBe('+OK\r\n');
  const { keyspace } = lab.server;
  const { size } = keyspace.databases[0]!;
  expect(size).toBeGreaterThanOrEqual(5);
  expect(askNow(lab, client, 'ECHO', 'hi')).toBe('$2\r\nhi\r\n');
  expect(keyspace.databases[0]!.size).toBeGreaterThanOrEqual(size);
  // One of two has expired since the start.
  expect([keyspace.stats.evicted, keyspace.stats.expired]).toEqual([0, 0]);
});

test('progress is told once a second, and the delay after each key is kept', () => {
  using lab = start(saved(), { 'key-load-delay': 10_000 });
  lab.advance(3500);
  const told = lab.log.filter((line) => line.startsWith('notice: Loading the dataset'));
  expect(told).toEqual(Array(3).fill(expect.stringMatching(/^notice: Loading the dataset: \d+ % \(\d+ of \d+ bytes\), \d+ keys$/)));
  const keys = told.map((line) => Number(/(\d+) keys$/.exec(line)![1]));
  expect(keys[2]! - keys[1]!).toBe(100);
});

test.each([[['SHUTDOWN']], [['SHUTDOWN', 'SAVE']]])('%s ends a server that is loading, and the file stays as it is', (argv) => {
  const dir = saved();
  const before = readFileSync(join(dir, 'dump.rdb'));
  using lab = start(dir, { save: '1 1' });
  const client = connected(lab);
  client.sendCommand(...argv);
  lab.turn(3);
  expect(lab.server.loop.isStopped).toBe(true);
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true);
});

test('a signal ends it likewise', () => {
  const dir = saved();
  const before = readFileSync(join(dir, 'dump.rdb'));
  using lab = start(dir, { save: '1 1' });
  lab.turn();
  lab.server.terminate();
  expect(lab.server.loop.isStopped).toBe(true);
  expect(readFileSync(join(dir, 'dump.rdb')).equals(before)).toBe(true);
});

test('a file that is damaged in its middle ends the server with its place, and stays as it is', () => {
  const dir = saved();
  const path = join(dir, 'dump.rdb');
  const damaged = readFileSync(path);
  damaged[damaged.lastIndexOf('key:') - 2] = 200;
  writeFileSync(path, damaged);
  using lab = start(dir);
  connected(lab);
  const failure = (() => {
    try {
      lab.settle();
    } catch (error) {
      return error;
    }
    return null;
  })();
  expect(failure).toBeInstanceOf(SnapshotError);
  expect((failure as Error).message).toMatch(/dump\.rdb cannot be loaded, and is left as it is: .* at byte \d+/);
  expect(readFileSync(path).equals(damaged)).toBe(true);
});

test('of a server that is loading there is no state', () => {
  using lab = start(saved());
  lab.turn();
  expect(() => lab.server.capture()).toThrow('the dataset is still being loaded');
  lab.settle();
  expect(lab.server.capture().keyspace.databases[0]).toBeDefined();
});

test('a replica connects to its master when its own dataset is loaded', () => {
  using lab = start(saved(), { replicaof: '127.0.0.1 7000' });
  const client = connected(lab);
  expect(fieldOf(askNow(lab, client, 'INFO', 'replication'), 'master_link_status')).toBe('down');
  expect(lab.log).not.toContainEqual(expect.stringContaining('Connecting to MASTER'));
  lab.settle();
  lab.advance(1000);
  expect(lab.log).toContainEqual(expect.stringContaining('Connecting to MASTER'));
});

describe('an append-only file', () => {
  const requests = Array.from({ length: KEYS }, (_, i) => ['SET', `key:${i}`, 'v', 'PXAT', '1000']);
  const kept = Array.from({ length: KEYS / 2 }, (_, i) => ['PERSIST', `key:${i * 2}`]);

  test('is loaded in slices, as if no time passed, and gone on with', () => {
    const dir = appended(...requests, ...kept);
    using lab = start(dir, { appendonly: true });
    const client = connected(lab);
    const info = askNow(lab, client, 'INFO', 'persistence');
    expect([fieldOf(info, 'loading'), fieldOf(info, 'aof_enabled')]).toEqual(['1', '0']);
    expect(Number(fieldOf(info, 'loading_total_bytes'))).toBe(readFileSync(incrementOf(dir)).length);
    lab.settle();
    lab.advance(200);
    expect(client.ask('DBSIZE')).toBe(`:${KEYS / 2}\r\n`);
    client.ask('SET', 'more', 'data');
    expect(readFileSync(incrementOf(dir), 'latin1')).toContain('more');
    expect(lab.log).toContainEqual(expect.stringMatching(/DB loaded from append only file: \d+\.\d{3} seconds/));
  });

  test('whose end is missing is cut when all of it is loaded, and not before', () => {
    const dir = appended(...requests);
    const whole = readFileSync(incrementOf(dir));
    writeFileSync(incrementOf(dir), '*3\r\n$3\r\nSE', { flag: 'a' });
    using lab = start(dir, { appendonly: true });
    connected(lab);
    expect(readFileSync(incrementOf(dir)).length).toBeGreaterThan(whole.length);
    lab.settle();
    expect(readFileSync(incrementOf(dir)).subarray(0, whole.length).equals(whole)).toBe(true);
    expect(lab.log).toContainEqual(expect.stringContaining(`it was cut behind byte ${whole.length}`));
  });

  test('behind a snapshot is one dataset with it', () => {
    const dir = saved();
    mkdirSync(join(dir, 'appendonlydir'));
    const base = readFileSync(join(dir, 'dump.rdb'));
    writeFileSync(join(dir, 'appendonlydir/appendonly.aof.1.base.rdb'), base);
    writeFileSync(incrementOf(dir), request('SELECT', '0') + request('SET', 'last', '1'));
    writeFileSync(
      join(dir, 'appendonlydir/appendonly.aof.manifest'),
      'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
    );
    using lab = start(dir, { appendonly: true });
    const client = connected(lab);
    const info = askNow(lab, client, 'INFO', 'persistence');
    expect(Number(fieldOf(info, 'loading_total_bytes'))).toBe(base.length + readFileSync(incrementOf(dir)).length);
    expect(Number(fieldOf(info, 'loading_rdb_used_mem'))).toBeGreaterThan(0);
    lab.settle();
    expect(client.ask('DBSIZE')).toBe(`:${KEYS + 1}\r\n`);
    expect(readdirSync(join(dir, 'appendonlydir'))).toHaveLength(3);
  });
});

describe('recorded', () => {
  test.each([['a snapshot', {}], ['an append-only file', { appendonly: true }]])('the slices of %s are lived through once more', (_, settings) => {
    const dir = saved();
    if ('appendonly' in settings) {
      mkdirSync(join(dir, 'appendonlydir'));
      writeFileSync(join(dir, 'appendonlydir/appendonly.aof.manifest'), 'file appendonly.aof.1.incr.aof seq 1 type i\n');
      writeFileSync(incrementOf(dir), request('SELECT', '0') + Array.from({ length: KEYS }, (__, i) => request('SET', `key:${i}`, 'v')).join(''));
    }
    const recorded = record({ settings: { dir, ...IN_SLICES, ...settings }, loads: true, nowMs: NOW_MS });
    const { lab } = recorded;
    lab.clock.costUs = 100;
    const client = lab.connectLater();
    let refused = 0;
    for (let turns = 0; lab.server.isLoading; turns++) {
      if (turns % 5 === 0) client.sendCommand('GET', 'key:1');
      lab.turn();
      if (client.take() === LOADING) refused++;
    }
    client.ask('SET', 'behind', '1');
    expect(refused).toBeGreaterThan(2);
    const tape = recorded.tape();
    const replay = new Replay(recorded.head, tape);
    const seen = new Set<string>();
    let from = null;
    while (replay.turn()) {
      seen.add(`${replay.server.isLoading} ${replay.canBeContinued}`);
      if (replay.canBeContinued) from ??= replay.capture();
    }
    expect(replay.result()).toMatchObject({ divergence: null });
    expect([...seen]).toEqual(['true false', 'false true']);
    expect(digestOf(replay.server)).toBe(digestOf(lab.server));
    expect(new Replay(recorded.head, tape, structuredClone(from)).run()).toMatchObject({ divergence: null });
    lab.close();
  });

  test('a large file is known by its hash before anything of it is loaded', () => {
    const dir = saved((client) => void client.ask('SET', 'large', Array.from({ length: 70_000 }, (_, i) => `${i * i}/${i * 31}/${i ^ 99}/${i * 7919}`).join()));
    const path = join(dir, 'dump.rdb');
    const file = readFileSync(path);
    const recorded = record({ settings: { dir, ...IN_SLICES }, loads: true, nowMs: NOW_MS });
    recorded.lab.settle();
    const tape = recorded.tape();
    expect(new Replay(recorded.head, tape).run()).toMatchObject({ divergence: null });
    if (file.length <= 2 ** 20) throw new Error('the file is kept in the recording');
    file[file.length - 20]! ^= 1;
    writeFileSync(path, file);
    const replay = new Replay(recorded.head, tape);
    expect(() => replay.run()).toThrow(/which is gone or has changed/);
    expect(replay.server.keyspace.databases[0]!.size).toBe(0);
    recorded.lab.close();
  });
});

test('a large list comes in many slices, between which clients are answered', () => {
  const element = 'x'.repeat(1000);
  const dir = saved((client) => {
    client.ask('FLUSHALL');
    for (let i = 0; i < 20; i++) client.ask('RPUSH', 'list', ...Array<string>(100).fill(element));
  });
  using lab = start(dir);
  const client = connected(lab);
  let refused = 0;
  while (lab.server.isLoading) if (askNow(lab, client, 'LLEN', 'list') === LOADING) refused++;
  expect(refused).toBeGreaterThan(5);
  expect(client.ask('LLEN', 'list')).toBe(':2000\r\n');
});
