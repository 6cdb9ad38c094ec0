/** When keys expire, beyond the integers that a double can hold: through all moves of the lists, and everywhere a time is written down. */
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { Expires } from '../../../src/server/keyspace/expires.js';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { KeyTable } from '../../../src/server/keyspace/key-table.js';
import { OrderedExpires } from '../../../src/server/keyspace/ordered-expires.js';
import type { Int64 } from '../../../src/server/keyspace/types/int64.js';
import { Random } from '../../fuzz/random.js';
import { temporaryDirectory } from '../../support/headless.js';
import { datasetOf, replicate } from '../replication/master.js';
import { request, simulate } from '../simulation/harness.js';

const WIDE = 9007199254740993n;
const LARGEST = 9223372036854775807n;

test.each([1, 2])('each key keeps its exact time while others come, go and move (seed %i)', (seed) => {
  const random = new Random(seed);
  const table = new KeyTable(new HashSeed(1));
  for (let i = 0; i < 50; i++) table.add(`key:${i}`, i);
  let expires = new Expires(table);
  const expected = new Map<number, Int64>();
  let wrong = 0;
  for (let step = 0; step < 600; step++) {
    const slot = random.below(50);
    if (random.below(3) === 0) wrong += Number(expires.remove(slot) !== expected.delete(slot));
    else {
      const atMs = random.below(2) === 0 ? step : WIDE + BigInt(step);
      expires.set(slot, atMs);
      expected.set(slot, atMs);
    }
    if (step === 300) {
      const state = deserialize(serialize(expires.capture())) as ReturnType<typeof expires.capture>;
      expires = new OrderedExpires(table, () => {});
      expires.restore(state);
    }
    for (let each = 0; each < 50; each++) wrong += Number(expires.exactAt(each) !== (expected.get(each) ?? -1));
  }
  expect(wrong).toBe(0);
});

test.each([['the snapshot', 'RELOAD'], ['the append-only file', 'LOADAOF']])('%s has them exactly, and so have forks', (_what, reload) => {
  using lab = simulate({ loads: true, settings: { dir: temporaryDirectory(), appendonly: true, 'enable-debug-command': 'yes' } });
  const client = lab.connect();
  client.ask('SET', 'wide', 'v', 'PXAT', String(WIDE));
  client.ask('SET', 'largest', 'v');
  client.ask('PEXPIREAT', 'largest', String(LARGEST));
  expect(client.ask('DEBUG', reload)).toBe('+OK\r\n');
  using fork = simulate({ from: deserialize(serialize(lab.server.capture())) as ReturnType<typeof lab.server.capture> });
  for (const each of [client, fork.connect()]) {
    expect([each.ask('PEXPIRETIME', 'wide'), each.ask('PEXPIRETIME', 'largest')]).toEqual([`:${WIDE}\r\n`, `:${LARGEST}\r\n`]);
  }
});

test('a replica has them exactly, from the dataset and from the stream, and passes them on', () => {
  using replica = replicate();
  const { master, client } = replica;
  master.synchronize(datasetOf(['SET', 'wide', 'v', 'PXAT', String(WIDE)]));
  master.say(request('SELECT', '0') + request('SET', 'other', 'v', 'PXAT', String(LARGEST)));
  expect([client.ask('PEXPIRETIME', 'wide'), client.ask('PEXPIRETIME', 'other')]).toEqual([`:${WIDE}\r\n`, `:${LARGEST}\r\n`]);
});

test.each([
  [['SET', 'k', 'v', 'PXAT', String(WIDE)], ['SET', 'k', 'v', 'PXAT', String(WIDE)]],
  [['GETEX', 'k', 'PXAT', String(LARGEST)], ['PEXPIREAT', 'k', String(LARGEST)]],
  [['EXPIREAT', 'k', '9223372036854775'], ['PEXPIREAT', 'k', '9223372036854775000']],
  [['PSETEX', 'k', String(WIDE), 'v'], ['SET', 'k', 'v', 'PXAT', String(WIDE + 1_700_000_000_000n)]],
])('%j is sent to replicas as %j', (command, sent) => {
  using lab = simulate({ nowMs: 1_700_000_000_000, settings: { 'repl-diskless-sync-delay': 0 } });
  const [client, replica] = [lab.connect(), lab.connect()];
  client.ask('SET', 'k', 'v');
  replica.ask('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
  replica.ask('PSYNC', '?', '-1');
  replica.sendCommand('REPLCONF', 'ACK', '0');
  lab.settle();
  replica.receive();
  client.ask(...command);
  expect(replica.receive().endsWith(request(...sent))).toBe(true);
});
