/** FAILOVER up to the moment at which the replica takes over; what follows is tested with real servers. */
import { expect, test } from 'vitest';
import { deserialize, serialize } from 'node:v8';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

/** Returns a master with a replica that is online and has acknowledged nothing. */
function masterWithReplica(): { readonly lab: Lab; readonly client: LabClient; readonly replica: LabClient } {
  const lab = simulate({ settings: { 'repl-diskless-sync': false } });
  const replica = lab.connect();
  replica.ask('REPLCONF', 'listening-port', '7001', 'capa', 'psync2');
  replica.ask('PSYNC', '?', '-1');
  const client = lab.connect();
  client.ask('SET', 'k', 'v');
  replica.receive();
  return { lab, client, replica };
}

const phaseOf = (client: LabClient): string => /master_failover_state:(\S+)/.exec(client.ask('INFO', 'replication'))![1]!;
const acknowledge = (lab: Lab, replica: LabClient): void => replica.sendCommand('REPLCONF', 'ACK', String(lab.server.replication.offset));

test.each([
  [['ABORT'], '-ERR No failover in progress.'],
  [['TIMEOUT', '0'], '-ERR FAILOVER timeout must be greater than 0'],
  [['TO', '127.0.0.1', '7002'], '-ERR FAILOVER target HOST and PORT is not a replica.'],
  [['TO', '127.0.0.1', 'x'], '-ERR value is not an integer or out of range'],
  [['TO', '127.0.0.1', '7001', 'FORCE'], '-ERR FAILOVER with force option requires both a timeout and target HOST and IP.'],
  [['ABORT', 'TIMEOUT', '5'], '-ERR syntax error'],
  [['NOW'], '-ERR syntax error'],
])('FAILOVER %s is refused', (words, error) => {
  const { lab, client } = masterWithReplica();
  using _ = lab;
  expect(client.ask('FAILOVER', ...words)).toBe(`${error}\r\n`);
  expect(phaseOf(client)).toBe('no-failover');
});

test('without replicas none can take over', () => {
  using lab = simulate();
  expect(lab.connect().ask('FAILOVER')).toBe('-ERR FAILOVER requires connected replicas.\r\n');
});

test('writes wait until the replica has all changes; then this server follows it', () => {
  const { lab, client, replica } = masterWithReplica();
  using _ = lab;
  expect(client.ask('FAILOVER')).toBe('+OK\r\n');
  expect(phaseOf(client)).toBe('waiting-for-sync');
  expect(replica.receive()).toBe(request('REPLCONF', 'GETACK', '*'));
  const writer = lab.connect();
  expect(writer.ask('SET', 'k', 'w')).toBe('');
  expect(client.ask('GET', 'k')).toBe('$1\r\nv\r\n');
  expect(client.ask('CLIENT', 'UNPAUSE')).toBe('+OK\r\n');
  expect(writer.receive()).toBe('');
  lab.advance(15_000);
  expect(replica.receive()).toBe('');
  expect(client.ask('FAILOVER')).toBe('-ERR FAILOVER already in progress.\r\n');
  expect(client.ask('REPLICAOF', '127.0.0.1', '1')).toBe('-ERR REPLICAOF not allowed while failing over.\r\n');
  expect(lab.connect().ask('SYNC')).toBe("-NOMASTERLINK Can't SYNC while failing over\r\n");
  acknowledge(lab, replica);
  lab.settle();
  expect(phaseOf(client)).toBe('failover-in-progress');
  expect(client.ask('ROLE')).toContain('$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:7001\r\n');
  expect(writer.receive()).toBe('');
  expect(client.ask('FAILOVER', 'ABORT')).toBe('+OK\r\n');
  expect(phaseOf(client)).toBe('no-failover');
  expect(client.ask('ROLE')).toContain('$6\r\nmaster\r\n');
  expect(writer.receive()).toBe('+OK\r\n');
});

test('it is aborted at its timeout, or FORCE passes the role to a replica that lacks changes', () => {
  const { lab, client } = masterWithReplica();
  using _ = lab;
  const writer = lab.connect();
  client.ask('FAILOVER', 'TIMEOUT', '500');
  expect(writer.ask('SET', 'k', 'w')).toBe('');
  lab.advance(500);
  expect(phaseOf(client)).toBe('no-failover');
  expect(writer.receive()).toBe('+OK\r\n');
  expect(lab.log.join('\n')).toContain('Aborting failover while waiting-for-sync: Replica never caught up before timeout');
  client.ask('FAILOVER', 'TO', '127.0.0.1', '7001', 'FORCE', 'TIMEOUT', '500');
  lab.advance(500);
  expect(phaseOf(client)).toBe('failover-in-progress');
});

test('it is restored with its timeout and its target, and a fork does not have it', () => {
  const { lab, client, replica } = masterWithReplica();
  using _ = lab;
  client.ask('FAILOVER', 'TO', '127.0.0.1', '7001', 'TIMEOUT', '5000');
  const state = deserialize(serialize(lab.server.capture())) as ReturnType<typeof lab.server.capture>;
  expect(state.failover).toMatchObject({ phase: 'waiting-for-sync', target: { host: '127.0.0.1', port: 7001 }, timer: { dueUs: 5_000_000 } });
  using fork = simulate({ from: state });
  expect(fork.connect().ask('SET', 'k', 'x')).toBe('+OK\r\n');
  expect(phaseOf(fork.connect())).toBe('no-failover');
  replica.close();
});
