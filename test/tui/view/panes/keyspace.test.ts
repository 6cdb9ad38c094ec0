import { expect, test } from 'vitest';
import { keyspacePane } from '../../../../src/tui/view/panes/keyspace.js';
import { temporaryDirectory } from '../../../support/headless.js';
import { COLORED, PLAIN, stage, type Scene } from '../../scene.js';

const SIZE = { width: 80, height: 8 };

function someKeys(): Scene {
  const scene = stage({ settings: { hz: 1 } });
  const client = scene.connect();
  client.ask('SET', 'greeting', 'hello', 'EX', '60');
  client.ask('SET', 'session', 'x', 'PX', '400');
  client.ask('HSET', 'user:1', 'name', 'Ada', 'mail', 'ada@example.org');
  client.ask('SET', 'visits', '42');
  scene.look();
  return scene;
}

/** Time that only the screen sees: nothing has expired yet. */
const later = (scene: Scene, ms: number): void => scene.setUi({ nowMs: scene.lab.clock.nowMs + ms });

test('keys are shown with their types, and with their remaining time', () => {
  using scene = someKeys();
  later(scene, 1200);
  expect(scene.picture(keyspacePane, SIZE)).toBe(`
  key      type   encoding     size ttl                value
  greeting string embstr        5 B 58.8 s   ━━━━━━━━─ "hello"
◌ session  string embstr        1 B due, 800 ms ago    "x"
  user:1   hash   listpack        2                    name=Ada, mail=ada@examp…
  visits   string int           2 B                    "42"
`);
  expect(keyspacePane.badge(scene.state, 60)).toBe('db 0, 4 keys, by name');
});

test('the line below the keys shows the data that is not on the disk yet', () => {
  using scene = stage({ settings: { dir: temporaryDirectory(), appendonly: true } });
  scene.lab.server.load({ dir: '', appendonly: true });
  const client = scene.connect();
  const told = (): string => {
    scene.look();
    return scene.draw(keyspacePane, SIZE).at(-1)!.trim();
  };
  expect(told()).toMatch(/^append-only file: 8\d B, all of it on the disk$/);
  // The first fsync comes at once, the next a second later.
  client.ask('SET', 'k', 'v');
  client.ask('SET', 'k', 'w');
  expect(told()).toMatch(/^append-only file: 1\d\d B; not on the disk yet 27 B, the oldest for 0 \S+$/);
  scene.advance(400);
  expect(told()).toMatch(/^append-only file: 1\d\d B; not on the disk yet 27 B, the oldest for 400 ms$/);
  scene.advance(1000);
  expect(told()).toMatch(/^append-only file: 1\d\d B, all of it on the disk$/);
});

test('while keys are loaded at the start, the badge says how much of them is loaded', () => {
  const dir = temporaryDirectory();
  {
    using scene = stage({ settings: { dir } });
    const client = scene.connect();
    for (let i = 0; i < 300; i++) client.sendCommand('SET', `key:${i}`, `value:${i}`);
    client.receive();
    client.ask('SAVE');
  }
  using scene = stage({ settings: { dir, 'loading-process-events-interval-bytes': 1024 }, loads: true });
  expect(keyspacePane.badge(scene.state, 60)).toMatch(/^db 0, \d+ keys, LOADING [1-9]\d? %$/);
  scene.connect();
  scene.look();
  expect(keyspacePane.badge(scene.state, 60)).toBe('db 0, 300 keys, by name');
});

test('on a replica, the badge says how much of the dataset has arrived or is loaded', () => {
  using scene = stage();
  const { keyspace } = scene.model;
  const badge = (receiving: object | null, loading: object | null): string => {
    const replication = { role: 'slave', offset: 0, backlogBytes: 0, master: { address: '10.0.0.1:6379', state: 'sync', receiving } };
    scene.model = { ...scene.model, keyspace: { ...keyspace, replication, persistence: { loading, saving: null, appendOnly: null, isKept: false } } as typeof keyspace };
    return keyspacePane.badge(scene.state, 60);
  };
  expect(badge({ bytes: 40, totalBytes: 100 }, null)).toBe('db 0, 0 keys, replica of 10.0.0.1:6379 (receiving RDB 40 %)');
  expect(badge({ bytes: 2 ** 20, totalBytes: -1 }, null)).toMatch(/\(receiving RDB [\d.]+ \w+\)$/);
  expect(badge(null, { bytes: 70, totalBytes: 100 })).toMatch(/\(loading 70 %\)$/);
  expect(badge(null, null)).toMatch(/\(sync\)$/);
});

test('says what of the append-only file could not be written', () => {
  using scene = someKeys();
  const { keyspace } = scene.model;
  const appendOnly = { bytes: 2048, atRisk: null, unwritten: { bytes: 300, why: 'ENOSPC: no space left on device, write' } };
  scene.model = { ...scene.model, keyspace: { ...keyspace, persistence: { loading: null, saving: null, appendOnly, isKept: true } } as typeof keyspace };
  expect(scene.picture(keyspacePane, { width: 90, height: 30 })).toContain('append-only file: 300 B could not be written: ENOSPC');
});

test('what has just changed is marked, and flashes in the colour of the connection', () => {
  using scene = someKeys();
  later(scene, 500);
  const rows = scene.draw(keyspacePane, SIZE, COLORED, false);
  expect(scene.draw(keyspacePane, SIZE)[1]).toMatch(/^\* greeting/);
  expect(rows[1]).toContain(COLORED.token(2)('* greeting').slice(0, 18));
  later(scene, 1100);
  expect(scene.draw(keyspacePane, SIZE)[1]).toMatch(/^ {2}greeting/);
});

test('an empty database names others that have keys', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SELECT', '3');
  client.ask('SET', 'k', 'v');
  scene.look();
  expect(scene.picture(keyspacePane, SIZE)).toContain('no keys; there are some in db 3');
  expect(scene.model.keyspace.databaseCount).toBe(16);
});

test('a key takes the columns that it needs, and its value all others, which it has before the encoding has any', () => {
  using scene = someKeys();
  expect(scene.draw(keyspacePane, { width: 66, height: 5 })[0]).toBe('  key      type      size ttl               value'.padEnd(66));
  expect(scene.draw(keyspacePane, { width: 138, height: 5 })[3]!.trimEnd()).toMatch(/name=Ada, mail=ada@example\.org$/);
});

test('a ghost stays until something takes it', () => {
  using scene = someKeys();
  const rowOf = (ms: number): string => (later(scene, ms), scene.draw(keyspacePane, SIZE)[2]!);
  const rows = [rowOf(300), rowOf(430), rowOf(5000)].map((row) => [row[0], row.slice(35, 53).trim()]);
  expect(rows).toEqual([['*', '0.1 s    ━━──────'], ['◌', 'due now'], ['◌', 'due, 4.60 s ago']]);
});

test('a ghost shows the cause of its end', () => {
  using scene = someKeys();
  scene.lab.clock.advance(500);
  scene.connect().ask('GET', 'session');
  expect(scene.draw(keyspacePane, SIZE)[2]).toMatch(/^◌ session .* expired: lazy/);
  later(scene, 2500);
  expect(scene.draw(keyspacePane, SIZE).join('')).not.toContain('session');
});

test.each([
  [59_900, '59.9 s'], [61_000, '1:01'], [3_599_000, '59:59'], [3_600_000, '1:00:00'], [86_399_000, '23:59:59'], [172_800_000, '2 d'],
])('%i ms to live are %s', (ms, expected) => {
  using scene = stage();
  scene.connect().ask('SET', 'k', 'v', 'PX', String(ms));
  expect(scene.draw(keyspacePane, SIZE)[1]).toContain(` ${expected} `);
});

test('the selected key is marked, whatever comes before it', () => {
  using scene = someKeys();
  scene.set('keyspace', { selected: 'user:1' });
  expect(scene.draw(keyspacePane, SIZE)[3]).toMatch(/^▶ user:1/);
  scene.connect().ask('SET', 'a', '1');
  expect(scene.draw(keyspacePane, SIZE)[4]).toMatch(/^▶ user:1/);
});

test('in lines a deleted key is reported as a ghost, without a remaining time to live', () => {
  using scene = someKeys();
  scene.connect().ask('DEL', 'greeting');
  const lines = keyspacePane.lines!(scene.state, 10, PLAIN);
  expect(lines.find((line) => line.startsWith('key greeting'))).toMatch(/, ghost deleted: del/);
  expect(lines.find((line) => line.startsWith('key user:1'))).not.toContain('ghost');
});

test('while a key is selected all stay at their places; those that come are counted, those that go leave a line', () => {
  using scene = someKeys();
  scene.set('keyspace', { selected: 'user:1', frozenRows: { ids: keyspacePane.rows!(scene.state), offset: 0 } });
  const client = scene.connect();
  client.ask('SET', 'a', '1');
  client.ask('DEL', 'greeting');
  expect(scene.draw(keyspacePane, SIZE)[1]).toMatch(/^◌ greeting .* deleted: del/);
  later(scene, 3000);
  const rows = scene.draw(keyspacePane, SIZE).map((row) => row.trimEnd());
  expect(rows[1]).toBe('  greeting is not here any more');
  expect(rows[3]).toMatch(/^▶ user:1/);
  expect(keyspacePane.badge(scene.state, 60)).toBe('db 0, frozen, 1 new, End follows');
  // Another part of the table has another order.
  scene.set('keyspace', { frozenRows: { ids: ['user:1'], offset: 50 } });
  expect(keyspacePane.rows!(scene.state)).toEqual(['a', 'session', 'user:1', 'visits']);
});

test('the window that is asked for follows sort, filter, database and selection, in large steps', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('MSET', ...Array.from({ length: 400 }, (_, i) => [`k${String(i).padStart(3, '0')}`, '1']).flat());
  scene.look();
  const request = () => keyspacePane.window!(scene.state, SIZE);
  expect(request()).toEqual({ db: 0, offset: 0, limit: 200, order: 'name', match: '*' });
  scene.set('keyspace', { sort: 'ttl', filter: 'é*' });
  scene.setUi({ db: 3 });
  expect(request()).toMatchObject({ db: 3, order: 'expiry', match: 'Ã©*' });
  scene.set('keyspace', { sort: '', filter: '', selected: 'k199' });
  scene.setUi({ db: 0 });
  expect(request().offset).toBe(50);
  scene.look({ keys: request() });
  expect(keyspacePane.rows!(scene.state)).toHaveLength(200);
  expect(request().offset).toBe(50);
});

test('the selected key stays where it is on the screen when the window moves', () => {
  using scene = stage();
  scene.connect().ask('MSET', ...Array.from({ length: 400 }, (_, i) => [`k${String(i).padStart(3, '0')}`, '1']).flat());
  scene.look();
  scene.set('keyspace', { selected: 'k180' });
  const before = scene.draw(keyspacePane, SIZE);
  scene.look({ keys: keyspacePane.window!(scene.state, SIZE) });
  expect(scene.draw(keyspacePane, SIZE)).toEqual(before);
});

test('the title shows if the server did not sort', () => {
  using scene = someKeys();
  scene.look({ keys: { db: 0, offset: 0, limit: 10, order: 'stored', match: '*' } });
  expect(keyspacePane.badge(scene.state, 60)).toBe('db 0, 4 keys, stored order');
});

test.each([['user:*', true], ['[a-z]*', true], ['[a-z', false], ['a\\', false], ['a\\[', true], ['', true], ['key user:*', true], ['"a b*"', true], ['a b', true], ['key [a', false], ['#5', false], ['us>5', false]])('the filter %j', (text, isValid) => {
  expect(keyspacePane.checkFilter!(text) === null).toBe(isValid);
});

test('no keys, and no key that matches', () => {
  using scene = stage();
  expect(scene.draw(keyspacePane, SIZE)[1]!.trim()).toBe('no keys');
  scene.set('keyspace', { filter: 'x*' });
  expect(scene.draw(keyspacePane, SIZE)[1]!.trim()).toBe('no key matches');
  scene.set('keyspace', { sort: 'ttl' });
  expect(scene.draw(keyspacePane, SIZE)[1]!.trim()).toBe('no key with a time to live matches');
});

test('long names are cut in the middle, because they differ at their ends', () => {
  using scene = stage();
  scene.connect().ask('MSET', 'key:000000024856', '1', 'key:000000024857', '1');
  expect(scene.draw(keyspacePane, { width: 40, height: 3 }).slice(1).map((row) => row.slice(2, 17).trim())).toEqual(['key:000…024856', 'key:000…024857']);
});

const open = (scene: Scene, key: string, cursor = 0): void => {
  scene.set('keyspace', { isOpen: true, selected: key, cursor });
  scene.look({ value: keyspacePane.value!(scene.state, SIZE) ?? null });
};

test('an open hash is a table of fields', () => {
  using scene = someKeys();
  open(scene, 'user:1', 1);
  expect(scene.picture(keyspacePane, { width: 50, height: 6 })).toBe(`
user:1: hash, listpack, 2 fields
  field           value
  name            Ada
▶ mail            ada@example.org
`);
});

test('an open list shows both of its ends', () => {
  using scene = stage();
  scene.connect().ask('RPUSH', 'list', ...Array.from({ length: 30 }, (_, i) => `e${i}`));
  open(scene, 'list');
  expect(scene.picture(keyspacePane, { width: 40, height: 10 })).toBe(`
list: list, quicklist, 30 elements
        index element
▶           0 e0
            1 e1
            2 e2
            3 e3
… 23 between …
           27 e27
           28 e28
           29 e29
`);
});

test('an open string shows its bytes, a sorted set its scores', () => {
  using scene = someKeys();
  scene.connect().ask('ZADD', 'board', '10', 'ada', '2.5', 'bob');
  open(scene, 'greeting');
  expect(scene.picture(keyspacePane, { width: 60, height: 4 })).toContain('greeting: string, embstr, 5 B, ttl 60.0 s');
  open(scene, 'board');
  expect(scene.picture(keyspacePane, { width: 60, height: 5 })).toMatch(/2\.5 bob\n.*10 ada/);
});

test('an open stream shows its entries and, under them, its groups', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('XADD', 'readings', '1-0', 'sensor', '7', 'value', '21.5');
  client.ask('XADD', 'readings', '2-0', 'sensor', '8', 'value', '19');
  client.ask('XGROUP', 'CREATE', 'readings', 'archive', '1-0');
  open(scene, 'readings');
  expect(scene.picture(keyspacePane, { width: 60, height: 8 })).toBe(`
readings: stream, 2 entries
               ID entry
▶             1-0 sensor=7 value=21.5
              2-0 sensor=8 value=19
  group archive: consumers 0, pending 0, last delivered 1-0
`);
});

test('until its value has arrived an open key shows its row, and a deleted key is marked', () => {
  using scene = someKeys();
  scene.set('keyspace', { isOpen: true, selected: 'greeting' });
  expect(scene.draw(keyspacePane, SIZE)[0]).toMatch(/^greeting "hello"/);
  scene.connect().ask('DEL', 'greeting');
  expect(scene.draw(keyspacePane, SIZE)[0]).toMatch(/^greeting is not there any more/);
});

test('a preview that is not the whole value ends with an ellipsis', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'long', 'x'.repeat(1000));
  client.ask('SET', 'short', 'x'.repeat(100));
  scene.look();
  const [, long, short] = scene.draw(keyspacePane, { width: 300, height: 4 });
  expect(long).toContain(`"${'x'.repeat(128)}…"`);
  expect(short).toContain(`"${'x'.repeat(100)}"`);
});
