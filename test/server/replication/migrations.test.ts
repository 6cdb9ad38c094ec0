/** MIGRATE to a server that is played by hand. */
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { ScriptedPeer } from '../../../src/server/io/backends/scripted.js';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

const HOST = '192.0.2.1';
const TO = ['MIGRATE', HOST, '7002'] as const;

interface Migrating extends Disposable {
  readonly lab: Lab;
  readonly client: LabClient;
  /** The next connection of the lab to the other server. */
  accept(): ScriptedPeer;
  refuse(): void;
}

function migrating(): Migrating {
  const lab = simulate();
  const remote = lab.poll.addRemote({ host: HOST, port: 7002 });
  const client = lab.connect();
  client.ask('MSET', 'a', '1', 'b', '2');
  return {
    lab, client,
    accept() {
      lab.settle();
      const peer = remote.accept();
      expect(peer, 'the lab has not connected').toBeDefined();
      lab.settle();
      return peer!;
    },
    refuse: () => void (remote.answer = 'refuse'),
    [Symbol.dispose]: () => lab[Symbol.dispose](),
  };
}

/** What was sent, as commands: their names and keys. */
function heard(lab: Lab, peer: ScriptedPeer): string[] {
  lab.settle();
  const words = peer.receive().split('\r\n');
  return words.flatMap((word, at) => (/^(AUTH|SELECT|RESTORE)$/.test(word) ? [`${word} ${words[at + 2]}`] : []));
}

function say({ lab }: Migrating, peer: ScriptedPeer, bytes: string): void {
  peer.send(bytes);
  lab.settle();
}

test('a key is restored there and deleted here, while writes wait', () => {
  using all = migrating();
  const { lab, client } = all;
  expect(client.ask(...TO, 'a', '0', '1000')).toBe('');
  const peer = all.accept();
  expect(heard(lab, peer)).toEqual(['SELECT 0', 'RESTORE a']);
  const writer = lab.connect();
  expect(writer.ask('GET', 'a')).toBe('$1\r\n1\r\n');
  expect(writer.ask('SET', 'a', '3')).toBe('');
  say(all, peer, '+OK\r\n+OK\r\n');
  expect(client.receive()).toBe('+OK\r\n');
  expect(writer.receive()).toBe('+OK\r\n');
  expect(writer.ask('GET', 'a')).toBe('$1\r\n3\r\n');
});

test('the connection is used again for ten seconds, and what is selected there is known', () => {
  using all = migrating();
  const { lab, client } = all;
  client.ask(...TO, 'a', '3', '1000');
  const peer = all.accept();
  expect(heard(lab, peer)).toEqual(['SELECT 3', 'RESTORE a']);
  say(all, peer, '+OK\r\n+OK\r\n');
  client.receive();
  client.ask(...TO, '', '3', '1000', 'COPY', 'REPLACE', 'KEYS', 'none', 'b');
  expect(heard(lab, peer)).toEqual(['RESTORE b']);
  say(all, peer, '+OK\r\n');
  expect(client.receive()).toBe('+OK\r\n');
  expect(client.ask('EXISTS', 'a', 'b')).toBe(':1\r\n');
  lab.advance(25_000);
  expect(peer.isClosedByServer).toBe(true);
  client.ask(...TO, 'b', '0', '1000');
  expect(heard(lab, all.accept())).toEqual(['SELECT 0', 'RESTORE b']);
});

test('a connection of before that is dead is replaced by another one', () => {
  using all = migrating();
  const { lab, client } = all;
  client.ask(...TO, 'a', '0', '1000');
  const first = all.accept();
  say(all, first, '+OK\r\n+OK\r\n');
  client.receive();
  client.sendCommand(...TO, 'b', '0', '1000');
  first.reset();
  const second = all.accept();
  expect(heard(lab, second)).toEqual(['SELECT 0', 'RESTORE b']);
  say(all, second, '+OK\r\n+OK\r\n');
  expect(client.receive()).toBe('+OK\r\n');
});

test('of several keys those are deleted that were taken; the first error is answered', () => {
  using all = migrating();
  const { client } = all;
  client.ask(...TO, '', '0', '1000', 'KEYS', 'a', 'b');
  say(all, all.accept(), '+OK\r\n-BUSYKEY Target key name already exists.\r\n+OK\r\n');
  expect(client.receive()).toBe('-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n');
  expect(client.ask('MGET', 'a', 'b')).toBe('*2\r\n$1\r\n1\r\n$-1\r\n');
});

test('AUTH comes first, and its error is that of all', () => {
  using all = migrating();
  const { lab, client } = all;
  client.ask(...TO, 'a', '0', '1000', 'AUTH2', 'user', 'secret');
  const peer = all.accept();
  expect(heard(lab, peer)).toEqual(['AUTH user', 'SELECT 0', 'RESTORE a']);
  say(all, peer, '-WRONGPASS no\r\n-NOAUTH x\r\n-NOAUTH x\r\n');
  expect(client.receive()).toBe('-ERR Target instance replied with error: WRONGPASS no\r\n');
  expect(client.ask('EXISTS', 'a')).toBe(':1\r\n');
});

test.each<[string, (all: Migrating) => void, string]>([
  ['a server that refuses the connection', () => {}, 'connecting to the client'],
  ['a server that does not answer', ({ lab, accept }) => void [accept(), lab.advance(1000)], 'reading to target instance'],
  ['a server that ends in the middle', ({ lab, accept }) => void [accept().close(), lab.settle()], 'reading to target instance'],
])('%s is an IOERR, and writes go on', (_what, happens, error) => {
  using all = migrating();
  const { lab, client } = all;
  if (error.startsWith('connecting')) all.refuse();
  client.sendCommand(...TO, 'a', '0', '1000');
  happens(all);
  expect(client.receive()).toBe(`-IOERR error or timeout ${error}\r\n`);
  expect(lab.connect().ask('SET', 'a', '2')).toBe('+OK\r\n');
});

test.each([
  [['MIGRATE', 'not-known.example', '1', 'a', '0', '1'], '-IOERR error or timeout connecting to the client'],
  [[...TO, 'none', '0', '1'], '+NOKEY'],
  [[...TO, 'a', 'x', '1'], '-ERR value is not an integer or out of range'],
  [[...TO, 'a', '0', '1', 'NOW'], '-ERR syntax error'],
  [[...TO, 'a', '0', '1', 'AUTH'], '-ERR syntax error'],
  [[...TO, 'a', '0', '1', 'KEYS', 'b'], '-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string'],
])('%j is answered at once: %s', (argv, reply) => {
  using all = migrating();
  expect(all.client.ask(...argv)).toBe(`${reply}\r\n`);
});

test('replicas are told to delete what was moved', () => {
  using all = migrating();
  const { lab, client } = all;
  const replica = lab.connect();
  replica.ask('PSYNC', '?', '-1');
  client.ask('SET', 'c', '3');
  replica.receive();
  client.ask(...TO, '', '0', '1000', 'KEYS', 'a', 'c');
  say(all, all.accept(), '+OK\r\n+OK\r\n+OK\r\n');
  expect(client.receive()).toBe('+OK\r\n');
  expect(replica.receive()).toBe(request('DEL', 'a', 'c'));
});

test('a migration on its way is a part of the state; another server that goes on from it gives it up', () => {
  using all = migrating();
  const { lab, client } = all;
  client.ask(...TO, 'a', '0', '1000');
  all.accept();
  const state = deserialize(serialize(lab.server.capture())) as ReturnType<typeof lab.server.capture>;
  expect(state.migrations.current).toMatchObject({ expected: ['select', 0], request: { host: HOST, keys: ['a'] } });
  using other = simulate({ from: state });
  const there = other.connect();
  expect(there.ask('SET', 'a', '2')).toBe('+OK\r\n');
});
