import { expect, test } from 'vitest';
import { keyspaceSlice, type KeyEntry } from '../../../../src/tui/state/model/keyspace.js';
import { stage, type Scene } from '../../scene.js';

const rows = (scene: Scene): readonly KeyEntry[] => scene.model.keyspace.rows;
const names = (scene: Scene): string[] => rows(scene).map((row) => row.key);
const find = (scene: Scene, key: string): KeyEntry | undefined => rows(scene).find((row) => row.key === key);

test('a key appears with its first event, in its place by name, and is complete with the next snapshot', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('MSET', 'b', '1', 'd', '1');
  scene.look();
  client.ask('SET', 'c', 'hello');
  expect(names(scene)).toEqual(['b', 'c', 'd']);
  expect(find(scene, 'c')).toMatchObject({ type: 'string', encoding: '', change: { event: 'set', token: 2 } });
  scene.look();
  expect(find(scene, 'c')).toMatchObject({ encoding: 'embstr', size: 5, preview: 'hello', change: { event: 'set', token: 2 } });
});

test('the time to live is measured against what it was when first seen', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'k', 'v', 'PX', '5000');
  scene.advance(2000);
  scene.look();
  expect(find(scene, 'k')!.fullTtlMs).toBe(5000);
  client.ask('PEXPIRE', 'k', '9000');
  expect(find(scene, 'k')!.fullTtlMs).toBe(9000);
  client.ask('PERSIST', 'k');
  expect(find(scene, 'k')).toMatchObject({ fullTtlMs: 0, expireAtMs: -1 });
});

test('a key that the expire cycle has deleted stays for a moment, marked as such', () => {
  using scene = stage();
  scene.connect().ask('SET', 'k', 'v', 'PX', '50');
  scene.look();
  scene.advance(300);
  expect(find(scene, 'k')!.gone).toMatchObject({ why: 'expired: active', token: 0 });
  scene.look();
  expect(names(scene)).toEqual(['k']);
  scene.advance(3000);
  scene.look();
  expect(names(scene)).toEqual([]);
});

test('a key that a command has expired names the client of the command', () => {
  using scene = stage({ settings: { hz: 1 } });
  const client = scene.connect();
  client.ask('SET', 'k', 'v', 'PX', '1');
  scene.look();
  scene.lab.clock.advance(5);
  client.ask('GET', 'k');
  expect(find(scene, 'k')!.gone).toMatchObject({ why: 'expired: lazy', token: 2 });
});

test('a deleted key shows the event, and a key that is created again is not a ghost', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'k', 'v');
  client.ask('DEL', 'k');
  expect(find(scene, 'k')!.gone).toMatchObject({ why: 'deleted: del', token: 2 });
  expect(scene.model.keyspace.total).toBe(0);
  client.ask('SET', 'k', 'v');
  expect([find(scene, 'k')!.gone, scene.model.keyspace.total, rows(scene).length]).toEqual([null, 1, 1]);
});

test('ghosts keep their places', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('MSET', 'a', '1', 'b', '1', 'c', '1', 'd', '1');
  scene.look();
  client.ask('DEL', 'a', 'c', 'd');
  scene.look();
  expect(names(scene)).toEqual(['a', 'b', 'c', 'd']);
  expect(rows(scene).map((row) => row.gone !== null)).toEqual([true, false, true, true]);
});

test('in a window onto more keys than there are rows, new ones come in only where they belong', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('MSET', 'b', '1', 'd', '1', 'f', '1');
  scene.look({ keys: { db: 0, offset: 0, limit: 2, order: 'name', match: '*' } });
  client.ask('SET', 'c', '1');
  client.ask('SET', 'z', '1');
  expect(names(scene)).toEqual(['b', 'c', 'd']);
  expect(scene.model.keyspace.total).toBe(5);
});

test('changes in other databases are not shown', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SELECT', '3');
  client.ask('SET', 'k', 'v');
  expect(names(scene)).toEqual([]);
});

test('another database, order or window starts again', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'k', 'v');
  client.ask('DEL', 'k');
  scene.look({ keys: { db: 1, offset: 0, limit: 10, order: 'name', match: '*' } });
  expect([names(scene), scene.model.keyspace.db]).toEqual([[], 1]);
});

test('events of others change nothing', () => {
  const model = keyspaceSlice.initial;
  expect(keyspaceSlice.reduce(model, { type: 'event', event: { kind: 'timer', name: 't', lateUs: 0, elapsedUs: 0, seq: 1, atUs: 1 } })).toBe(model);
});
