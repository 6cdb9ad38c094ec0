/** This server as a master, with replicas that the test plays. */
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { record } from '../recording/scenarios.js';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

const NOW: Partial<SettingValues> = { 'repl-diskless-sync-delay': 0 };
const SIZED: Partial<SettingValues> = { 'repl-diskless-sync': false };

/** A replica that has introduced itself. */
function introduce(lab: Lab, ...capa: string[]): LabClient {
  const replica = lab.connect();
  expect(replica.ask('REPLCONF', 'listening-port', '7001', ...capa.flatMap((each) => ['capa', each]))).toBe('+OK\r\n');
  return replica;
}

interface Synced {
  readonly replica: LabClient;
  readonly id: string;
  readonly offset: number;
  readonly rdb: string;
}

/** A full synchronization, marked or sized. */
function synchronize(lab: Lab): Synced {
  const replica = introduce(lab, 'eof', 'psync2');
  return { replica, ...parse(replica.ask('PSYNC', '?', '-1')) };
}

function parse(bytes: string): { id: string; offset: number; rdb: string } {
  const marked = /^\n*\+FULLRESYNC ([0-9a-f]{40}) (\d+)\r\n\$EOF:([0-9a-f]{40})\r\n([^]*)\3$/.exec(bytes);
  if (marked !== null) return { id: marked[1]!, offset: Number(marked[2]), rdb: marked[4]! };
  const [, id, offset, length, rdb] = /^\n*\+FULLRESYNC ([0-9a-f]{40}) (\d+)\r\n\n*\$(\d+)\r\n([^]*)$/.exec(bytes)!;
  expect(rdb).toHaveLength(Number(length));
  return { id: id!, offset: Number(offset), rdb: rdb! };
}

const infoOf = (client: LabClient, field: string, section = 'replication'): string | undefined => new RegExp(`^${field}:(.*)\r$`, 'm').exec(client.ask('INFO', section))?.[1];

describe('full synchronization', () => {
  test('with a mark: the dataset at once, the stream when the replica has acknowledged it', () => {
    using lab = simulate({ settings: NOW });
    const client = lab.connect();
    client.ask('SET', 'key', 'value');
    const { replica, offset, rdb } = synchronize(lab);
    expect(offset).toBe(0);
    expect(rdb.slice(0, 9)).toBe('REDIS0010');
    expect(rdb).toContain('key\x05value');
    expect(infoOf(client, 'slave0')).toBe('ip=127.0.0.1,port=7001,state=online,offset=0,lag=0');
    client.ask('SET', 'a', '1');
    expect(replica.receive()).toBe('');
    replica.sendCommand('REPLCONF', 'ACK', '0');
    const stream = request('SELECT', '0') + request('SET', 'a', '1');
    expect(replica.receive()).toBe(stream);
    expect(infoOf(client, 'master_repl_offset')).toBe(String(stream.length));
  });

  test('a write in the same read as PSYNC of another client reaches the replicas at once', () => {
    using lab = simulate({ settings: NOW });
    const { replica, offset } = synchronize(lab);
    replica.sendCommand('REPLCONF', 'ACK', String(offset));
    const other = introduce(lab, 'eof', 'psync2');
    other.sendCommand('CLIENT', 'REPLY', 'OFF');
    lab.settle();
    replica.receive();
    other.send(request('SET', 'a', '1') + request('PSYNC', '?', '-1'));
    expect(replica.receive()).toBe(request('SELECT', '0') + request('SET', 'a', '1'));
  });

  test('after its length: the stream follows at once', () => {
    using lab = simulate({ settings: SIZED });
    const client = lab.connect();
    client.ask('SELECT', '3');
    client.ask('SET', 'key', 'value');
    const { replica, rdb } = synchronize(lab);
    expect(rdb).toContain('key\x05value');
    client.ask('SET', 'b', '2');
    expect(replica.receive()).toBe(request('SELECT', '3') + request('SET', 'b', '2'));
    client.ask('SET', 'b', '3');
    lab.connect().ask('SET', 'b', '4');
    expect(replica.receive()).toBe(request('SET', 'b', '3') + request('SELECT', '0') + request('SET', 'b', '4'));
  });

  test('a replica that does not know the mark is sent a length, also together with one that does', () => {
    using lab = simulate({ settings: { 'repl-diskless-sync-delay': 3 } });
    const marked = introduce(lab, 'eof', 'psync2');
    expect(marked.ask('PSYNC', '?', '-1')).toBe('');
    const sized = introduce(lab);
    const bytes = sized.ask('PSYNC', '?', '-1');
    expect(parse(bytes).rdb).toBe(parse(marked.receive()).rdb);
    expect(bytes).not.toContain('EOF');
  });

  test('SYNC is answered by the dataset alone, and its replica is never asked for acknowledgements', () => {
    using lab = simulate({ settings: SIZED });
    const replica = lab.connect();
    expect(replica.ask('SYNC')).toMatch(/^\$\d+\r\nREDIS0010/);
    lab.advance(200_000);
    expect(replica.receive()).toContain(request('PING'));
    expect(replica.isClosedByServer).toBe(false);
  });

  test('all replicas that connect within the delay get the same dataset; newlines show meanwhile that the master is alive', () => {
    using lab = simulate({ settings: { 'repl-diskless-sync-delay': 5 } });
    const first = introduce(lab, 'eof', 'psync2');
    expect(first.ask('PSYNC', '?', '-1')).toBe('');
    lab.advance(3000);
    expect(first.receive()).toMatch(/^\n{2,3}$/);
    const second = introduce(lab, 'eof', 'psync2');
    second.ask('PSYNC', '?', '-1');
    expect(infoOf(lab.connect(), 'slave1')).toContain('state=wait_bgsave');
    lab.advance(3000);
    const [one, other] = [parse(first.receive()), parse(second.receive())];
    expect(other).toEqual(one);
  });

  test('repl-diskless-sync-max-replicas ends the delay', () => {
    using lab = simulate({ settings: { 'repl-diskless-sync-max-replicas': 2 } });
    const first = introduce(lab, 'eof');
    expect(first.ask('PSYNC', '?', '-1')).toBe('');
    const second = introduce(lab, 'eof');
    expect(second.ask('PSYNC', '?', '-1')).toContain('$EOF:');
    expect(first.receive()).toContain('$EOF:');
  });

  test('changes during the dataset wait after it, however slowly it is read', () => {
    using lab = simulate({ settings: SIZED });
    const client = lab.connect();
    client.ask('SET', 'key', 'x'.repeat(300_000));
    const replica = introduce(lab);
    replica.peer.window = 1000;
    replica.sendCommand('PSYNC', '?', '-1');
    lab.settle();
    expect(infoOf(client, 'slave0')).toContain('state=send_bulk');
    for (let i = 0; i < 10; i++) client.ask('INCR', 'n');
    const bytes = replica.receive();
    const stream = request('SELECT', '0') + request('INCR', 'n').repeat(10);
    expect(bytes.endsWith(stream)).toBe(true);
    expect(parse(bytes.slice(0, -stream.length)).rdb.slice(0, 9)).toBe('REDIS0010');
  });

  test('repl-disable-tcp-nodelay lets the kernel collect small packets to replicas, not to other clients', () => {
    for (const isDisabled of [false, true]) {
      using lab = simulate({ settings: { ...NOW, 'repl-disable-tcp-nodelay': isDisabled } });
      const client = lab.connect();
      const { replica } = synchronize(lab);
      expect([replica.peer.hasNoDelay, client.peer.hasNoDelay]).toEqual([!isDisabled, true]);
    }
  });

  test('what only a slow replica needed is dropped when it has gone', () => {
    using lab = simulate({ settings: { ...NOW, 'repl-backlog-size': 16_384 } });
    const client = lab.connect();
    const replica = synchronize(lab).replica;
    replica.peer.window = 0;
    replica.sendCommand('REPLCONF', 'ACK', '0');
    for (let i = 0; i < 10; i++) client.ask('SET', 'key', 'x'.repeat(20_000));
    const buffered = (): number => Number(infoOf(client, 'mem_total_replication_buffers', 'memory'));
    expect(buffered()).toBeGreaterThan(200_000);
    replica.close();
    lab.settle();
    expect(buffered()).toBeLessThan(60_000);
  });

  test('rdb-only: nothing follows; rdb-filter-only: no keys', () => {
    using lab = simulate({ settings: NOW });
    lab.connect().ask('SET', 'key', 'value');
    lab.connect().ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() end)");
    const replica = introduce(lab, 'eof');
    expect(replica.ask('REPLCONF', 'rdb-only', '1', 'rdb-filter-only', 'functions')).toBe('+OK\r\n');
    const bytes = replica.ask('SYNC');
    expect(bytes).toContain('name=lib');
    expect(bytes).not.toContain('key');
    lab.connect().ask('SET', 'a', '1');
    replica.sendCommand('REPLCONF', 'ACK', '0');
    expect(replica.receive()).toBe('');
  });
});

describe('in slices', () => {
  /** A server with 500 keys that writes a few of them per turn. */
  function slow(settings: Partial<SettingValues>): Lab {
    const lab = simulate({ settings });
    lab.server.persistence.walks.pace = { busyUs: 0, idleUs: 0, rest: 0, work: 5 };
    const client = lab.connect();
    for (let i = 0; i < 500; i++) client.ask('SET', `key:${i}`, 'old');
    return lab;
  }

  test.each([NOW, SIZED])('the dataset is that of the moment at which it began, and what changed meanwhile follows', (settings) => {
    using lab = slow(settings);
    const replica = introduce(lab, 'eof');
    replica.sendCommand('PSYNC', '?', '-1');
    lab.turn(3);
    expect(lab.server.replicas.list[0]!.stateName).toBe('wait_bgsave');
    const client = lab.connectLater();
    let stream = request('SELECT', '0');
    for (let i = 0; i < 500; i += 7) {
      client.sendCommand('SET', `key:${i}`, 'new');
      stream += request('SET', `key:${i}`, 'new');
      lab.turn(1);
    }
    expect(lab.server.persistence.walks.isWalking).toBe(true);
    let bytes = replica.receive();
    replica.sendCommand('REPLCONF', 'ACK', '0');
    bytes += replica.receive();
    expect(bytes.endsWith(stream)).toBe(true);
    const { rdb } = parse(bytes.slice(0, -stream.length));
    expect(rdb.split('old')).toHaveLength(501);
    expect(rdb).not.toContain('new');
  });

  test('a replica that does not read delays it, and one that disconnects lets it end', () => {
    using lab = slow(NOW);
    const client = lab.connect();
    for (let i = 0; i < 40; i++) client.ask('SET', `large:${i}`, 'x'.repeat(100_000));
    client.ask('CONFIG', 'SET', 'rdbcompression', 'no');
    const replicas = [introduce(lab, 'eof'), introduce(lab, 'eof')];
    replicas[0]!.peer.window = 0;
    client.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '1');
    for (const replica of replicas) replica.sendCommand('PSYNC', '?', '-1');
    lab.advance(5000);
    const [held] = lab.server.replicas.list;
    expect(lab.server.persistence.walks.isWalking).toBe(true);
    expect(client.ask('INFO', 'persistence')).toContain('rdb_bgsave_in_progress:1\r\n');
    expect(held!.pieceBytes).toBeGreaterThan(1_000_000);
    expect(held!.pieceBytes).toBeLessThan(1_500_000);
    replicas[0]!.close();
    const { rdb } = parse(replicas[1]!.receive());
    expect(rdb.split('x'.repeat(100_000))).toHaveLength(41);
    expect(lab.server.persistence.walks.isWalking).toBe(false);
    expect(client.ask('INFO', 'persistence')).toContain('rdb_bgsave_in_progress:0\r\n');
  });

  test('without a replica it is not completed', () => {
    using lab = slow(NOW);
    const replica = introduce(lab, 'eof');
    replica.sendCommand('PSYNC', '?', '-1');
    lab.turn(5);
    replica.close();
    lab.turn(2);
    expect(lab.server.persistence.walks.isWalking).toBe(false);
    expect(synchronize(lab).rdb.split('old')).toHaveLength(501);
  });

  test('a replica that connects while one is being written gets the next one', () => {
    using lab = slow(NOW);
    const first = introduce(lab, 'eof');
    first.sendCommand('PSYNC', '?', '-1');
    lab.turn(3);
    const client = lab.connectLater();
    client.sendCommand('SET', 'key:1', 'new');
    const second = lab.connectLater();
    second.sendCommand('REPLCONF', 'capa', 'eof');
    lab.turn(3);
    expect(second.take()).toBe('+OK\r\n');
    second.sendCommand('PSYNC', '?', '-1');
    lab.turn(2);
    expect(lab.server.persistence.walks.isWalking).toBe(true);
    expect(parse(first.receive()).rdb.split('new')).toHaveLength(1);
    lab.advance(1000);
    expect(parse(second.receive()).rdb.split('new')).toHaveLength(2);
  });
});

describe('partial resynchronization', () => {
  /** A replica that has received one command, and has disconnected. */
  function leave(lab: Lab): { id: string; next: number } {
    const { replica, id } = synchronize(lab);
    replica.sendCommand('REPLCONF', 'ACK', '0');
    lab.connect().ask('SET', 'a', '1');
    const next = replica.receive().length + 1;
    replica.close();
    lab.settle();
    return { id, next };
  }

  test('it continues with the first byte that the replica does not have', () => {
    using lab = simulate({ settings: NOW });
    const { id, next } = leave(lab);
    lab.connect().ask('SET', 'b', '2');
    const replica = introduce(lab, 'eof', 'psync2');
    expect(replica.ask('PSYNC', id, String(next))).toBe(`+CONTINUE ${id}\r\n${request('SET', 'b', '2')}`);
    lab.connect().ask('SET', 'c', '3');
    expect(replica.receive()).toBe(request('SET', 'c', '3'));
    const client = lab.connect();
    expect([infoOf(client, 'sync_full', 'stats'), infoOf(client, 'sync_partial_ok', 'stats'), infoOf(client, 'sync_partial_err', 'stats')]).toEqual(['1', '1', '0']);
  });

  test('a replica without psync2 is not told the ID', () => {
    using lab = simulate({ settings: NOW });
    const { id, next } = leave(lab);
    expect(introduce(lab).ask('PSYNC', id.toUpperCase(), String(next))).toBe('+CONTINUE\r\n');
  });

  test('an offset that is no number is an error', () => {
    using lab = simulate({ settings: NOW });
    const { id } = leave(lab);
    expect(introduce(lab, 'eof').ask('PSYNC', id, 'x')).toBe('-ERR value is not an integer or out of range\r\n');
    expect(lab.log.at(-1)).toMatch(/Replica .* asks for synchronization but with a wrong offset/);
  });

  test.each(['another ID', 'an offset that is to come', 'an offset that is gone'])('%s: everything', (what) => {
    using lab = simulate({ settings: { ...NOW, 'repl-backlog-size': 20_000 } });
    const { id, next } = leave(lab);
    if (what === 'an offset that is gone') for (let i = 0; i < 100; i++) lab.connect().ask('SET', 'k', 'x'.repeat(1000));
    const [asked, offset] = {
      'another ID': ['f'.repeat(40), String(next)], 'an offset that is to come': [id, String(next + 1)], 'an offset that is gone': [id, String(next)],
    }[what]!;
    expect(introduce(lab, 'eof').ask('PSYNC', asked!, offset!)).toMatch(/^\+FULLRESYNC /);
    expect(infoOf(lab.connect(), 'sync_partial_err', 'stats')).toBe('1');
  });

  test('the backlog is freed some time after the last replica has gone, and the history has another ID', () => {
    using lab = simulate({ settings: { ...NOW, 'repl-backlog-ttl': 10 } });
    const { id, next } = leave(lab);
    const client = lab.connect();
    lab.advance(9000);
    expect(infoOf(client, 'repl_backlog_active')).toBe('1');
    lab.advance(3000);
    expect(infoOf(client, 'repl_backlog_active')).toBe('0');
    expect(infoOf(client, 'master_replid')).not.toBe(id);
    expect(lab.server.hooks.stream).toBe(null);
    expect(introduce(lab, 'eof').ask('PSYNC', id, String(next))).toMatch(/^\+FULLRESYNC /);
  });
});

describe('a link', () => {
  test('gets PING every 10 seconds, and is closed after 60 without an acknowledgement', () => {
    using lab = simulate({ settings: SIZED });
    const { replica } = synchronize(lab);
    lab.advance(30_000);
    expect(replica.receive()).toBe(request('PING').repeat(3));
    replica.sendCommand('REPLCONF', 'ACK', '42');
    lab.advance(59_000);
    expect(replica.isClosedByServer).toBe(false);
    lab.advance(3000);
    expect(replica.isClosedByServer).toBe(true);
    expect(lab.log.join('\n')).toContain('Disconnecting timedout replica (streaming sync): 127.0.0.1:7001');
    expect(infoOf(lab.connect(), 'connected_slaves')).toBe('0');
  });

  test('that is not read is closed at client-output-buffer-limit, and not before the backlog is full', () => {
    using lab = simulate({ settings: { ...SIZED, 'repl-backlog-size': 100_000, 'client-output-buffer-limit': limits(50_000) } });
    const { replica } = synchronize(lab);
    replica.peer.window = 0;
    const client = lab.connect();
    client.ask('SET', 'k', 'x'.repeat(90_000));
    expect(replica.isClosedByServer).toBe(false);
    expect(client.ask('CLIENT', 'LIST', 'TYPE', 'replica')).toMatch(/ flags=S .* omem=9\d{4} /);
    client.ask('SET', 'k', 'x'.repeat(20_000));
    lab.settle();
    expect(replica.isClosedByServer).toBe(true);
  });

  test('on which a command is answered is closed, since a reply would spoil the stream', () => {
    using lab = simulate({ settings: SIZED });
    const { replica } = synchronize(lab);
    replica.ask('GET', 'k');
    expect(replica.isClosedByServer).toBe(true);
    expect(lab.log.join('\n')).toContain("Replica generated a reply to command 'get'");
    expect(infoOf(lab.connect(), 'unexpected_error_replies', 'stats')).toBe('1');
  });

  test.each([
    ['the link is closed', []],
    ['replies are off, and it goes on', [['CLIENT', 'REPLY', 'OFF']]],
  ])('changes nothing by commands of its own: %s', (_what, before) => {
    using lab = simulate({ settings: SIZED });
    const { replica } = synchronize(lab);
    for (const command of before) replica.ask(...command);
    replica.receive();
    replica.send(request('SET', 'k', 'v') + request('PUBLISH', 'channel', 'x') + request('RESET') + request('SYNC') + request('MONITOR'));
    lab.settle();
    expect([replica.isClosedByServer, replica.receive()]).toEqual([before.length === 0, '']);
    const client = lab.connect();
    expect(client.ask('EXISTS', 'k')).toBe(':0\r\n');
    expect(client.ask('INFO', 'commandstats')).toContain('cmdstat_set:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0');
  });

  test('is no ordinary client to INFO, CLIENT LIST, CLIENT KILL, timeout and CLIENT PAUSE', () => {
    using lab = simulate({ settings: { ...SIZED, timeout: 1 } });
    const { replica } = synchronize(lab);
    const client = lab.connect();
    lab.advance(5000);
    expect(replica.isClosedByServer).toBe(false);
    const other = lab.connect();
    expect(other.ask('INFO', 'clients')).toContain('connected_clients:1\r\n');
    other.ask('CLIENT', 'PAUSE', '100000', 'ALL');
    replica.sendCommand('REPLCONF', 'ACK', '14');
    lab.settle();
    expect(lab.server.replicas.list[0]!.ackOffset).toBe(14);
    expect(client.isClosedByServer).toBe(true);
    lab.server.pause.end();
    expect(lab.connect().ask('CLIENT', 'LIST', 'TYPE', 'slave')).toContain('flags=S ');
    expect(lab.connect().ask('CLIENT', 'KILL', 'TYPE', 'replica')).toBe(':1\r\n');
    expect(replica.isClosedByServer).toBe(true);
  });
});

const limits = (hard: number): SettingValues['client-output-buffer-limit'] => {
  const none = { hard: 0, soft: 0, softSeconds: 0 };
  return { normal: none, slave: { hard, soft: 0, softSeconds: 0 }, pubsub: none };
};

describe('WAIT', () => {
  test('is answered when this many replicas have acknowledged the writes of the client, for which they are asked', () => {
    using lab = simulate({ settings: SIZED });
    const replicas = [synchronize(lab).replica, synchronize(lab).replica];
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    const stream = request('SELECT', '0') + request('SET', 'k', 'v');
    expect(client.ask('WAIT', '2', '0')).toBe('');
    for (const replica of replicas) expect(replica.receive().endsWith(stream + request('REPLCONF', 'GETACK', '*'))).toBe(true);
    const { offset } = lab.server.replication;
    const written = offset - request('REPLCONF', 'GETACK', '*').length;
    replicas[0]!.sendCommand('REPLCONF', 'ACK', String(offset));
    expect(client.receive()).toBe('');
    replicas[1]!.sendCommand('REPLCONF', 'ACK', String(written));
    expect(client.receive()).toBe(':2\r\n');
    expect(client.ask('WAIT', '1', '0')).toBe(':2\r\n');
  });

  test('at its timeout it returns how many there are', () => {
    using lab = simulate({ settings: SIZED });
    const { replica } = synchronize(lab);
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    expect(client.ask('WAIT', '2', '500')).toBe('');
    replica.sendCommand('REPLCONF', 'ACK', '1000');
    expect(client.receive()).toBe('');
    lab.advance(500);
    expect(client.receive()).toBe(':1\r\n');
  });

  test('inside a transaction it does not wait, and without writes it has nothing to wait for', () => {
    using lab = simulate({ settings: SIZED });
    const client = lab.connect();
    expect(client.ask('WAIT', '0', '0')).toBe(':0\r\n');
    synchronize(lab);
    expect(client.ask('WAIT', '1', '0')).toBe(':1\r\n');
    client.ask('MULTI');
    client.ask('SET', 'k', 'v');
    client.ask('WAIT', '1', '0');
    expect(client.ask('EXEC')).toBe('*2\r\n+OK\r\n:1\r\n');
  });
});

test('min-replicas-to-write refuses writes while too few replicas are near enough', () => {
  using lab = simulate({ settings: { ...SIZED, 'min-replicas-to-write': 1, 'min-replicas-max-lag': 3 } });
  const refused = '-NOREPLICAS Not enough good replicas to write.\r\n';
  const client = lab.connect();
  expect(client.ask('SET', 'k', 'v')).toBe(refused);
  expect(client.ask('EVAL', "return redis.call('SET', 'k', 'v')", '0')).toMatch(/NOREPLICAS Not enough good replicas to write/);
  expect(client.ask('GET', 'k')).toBe('$-1\r\n');
  const { replica } = synchronize(lab);
  expect(client.ask('SET', 'k', 'v')).toBe('+OK\r\n');
  expect(infoOf(client, 'min_slaves_good_slaves')).toBe('1');
  lab.advance(5000);
  expect(client.ask('SET', 'k', 'v')).toBe(refused);
  replica.sendCommand('REPLCONF', 'ACK', '0');
  lab.advance(1000);
  expect(client.ask('SET', 'k', 'v')).toBe('+OK\r\n');
  replica.close();
  lab.settle();
  expect(client.ask('MULTI')).toBe('+OK\r\n');
  expect(client.ask('SET', 'k', 'v')).toBe(refused);
  expect(client.ask('CONFIG', 'SET', 'min-replicas-to-write', '0')).toBe('+QUEUED\r\n');
  client.ask('DISCARD');
  client.ask('CONFIG', 'SET', 'min-replicas-to-write', '0');
  expect(client.ask('SET', 'k', 'v')).toBe('+OK\r\n');
});

test('ROLE lists the replicas that are online', () => {
  using lab = simulate({ settings: SIZED });
  const client = lab.connect();
  expect(client.ask('ROLE')).toBe('*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n');
  const { replica } = synchronize(lab);
  replica.sendCommand('REPLCONF', 'ACK', '7');
  lab.settle();
  expect(client.ask('ROLE')).toBe('*3\r\n$6\r\nmaster\r\n:0\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n$1\r\n7\r\n');
});

test('what a replica forwards of its master is the same bytes', () => {
  using lab = simulate({ settings: SIZED });
  const { replica } = synchronize(lab);
  const bytes = request('SELECT', '5') + request('SET', 'k', '\0\xff');
  lab.server.replicas.proxy(Buffer.from(bytes.slice(0, 10), 'latin1'));
  lab.server.replicas.proxy(Buffer.from(bytes.slice(10), 'latin1'));
  expect(replica.receive()).toBe(bytes);
  expect(lab.server.replication.offset).toBe(bytes.length);
});

describe('state', () => {
  /** A master with a replica that is slow, one that is online, one that waits, a client that has only introduced itself, and one that has sent WAIT. */
  function inTheMiddle(lab: Lab): { readonly online: LabClient; readonly waiting: LabClient } {
    const client = lab.connect();
    client.ask('SET', 'key', 'x'.repeat(100_000));
    const slow = introduce(lab);
    slow.peer.window = 1000;
    slow.sendCommand('PSYNC', '?', '-1');
    const online = introduce(lab);
    expect(online.ask('PSYNC', '?', '-1')).toContain('REDIS0010');
    introduce(lab, 'eof').ask('PSYNC', '?', '-1');
    introduce(lab);
    client.ask('SET', 'k', 'v');
    const waiting = lab.connect();
    waiting.ask('SET', 'k', 'w');
    waiting.ask('WAIT', '2', '0');
    return { online, waiting };
  }

  test('a replay that continues from a checkpoint has the same replicas, and sends them the same', () => {
    const recorded = record({ settings: { 'repl-diskless-sync-delay': 30 } });
    const { lab } = recorded;
    const { online, waiting } = inTheMiddle(lab);
    const { turnNumber } = lab.server.loop;
    const state = lab.server.capture();
    expect(state.replicas.replicas.map(({ fields: { phase } }) => phase)).toEqual(['bulk', 'online', 'waiting', 'handshake']);
    for (let i = 0; i < 100; i++) lab.connect().ask('SET', `k:${i}`, 'v'.repeat(1000));
    online.sendCommand('REPLCONF', 'ACK', '1000000');
    expect(waiting.receive()).toBe('');
    lab.advance(40_000);
    const inputs = recorded.tape();
    const first = new Replay(recorded.head, inputs);
    first.run(() => first.server.loop.turnNumber === turnNumber);
    const checkpoint = deserialize(serialize(first.capture())) as ReturnType<typeof first.capture>;
    expect(first.server.capture().replicas).toEqual(state.replicas);
    const second = new Replay(recorded.head, inputs, checkpoint);
    expect(second.server.capture().replicas).toEqual(state.replicas);
    for (const replay of [first, second]) {
      expect(replay.run()).toMatchObject({ divergence: null });
      const [replayed, recordedServer] = [replay.server, lab.server].map(({ replicas, replication, sessions }) => [replicas.capture(sessions.values()), replication.capture()]);
      expect(replayed).toEqual(recordedServer);
    }
  });

  test('a fork has no replicas, and a history of its own', () => {
    using lab = simulate({ settings: SIZED });
    inTheMiddle(lab);
    using fork = simulate({ from: lab.server.capture() });
    const client = fork.connect();
    expect(infoOf(client, 'connected_slaves')).toBe('0');
    expect(infoOf(client, 'repl_backlog_active')).toBe('0');
    expect(infoOf(client, 'master_replid')).not.toBe(lab.server.replication.id);
    expect(client.ask('CLIENT', 'LIST', 'TYPE', 'replica')).toBe('$0\r\n\r\n');
    expect(client.ask('SET', 'k', 'v')).toBe('+OK\r\n');
    expect(synchronize(fork).rdb).toContain('key');
  });
});

describe('memory', () => {
  test('the backlog counts up to its size', () => {
    using lab = simulate({ settings: { ...SIZED, 'repl-backlog-size': 30_000 } });
    const client = lab.connect();
    const { replica } = synchronize(lab);
    expect(infoOf(client, 'mem_replication_backlog', 'memory')).toBe('16384');
    replica.peer.window = 0;
    for (let i = 0; i < 10; i++) client.ask('SET', 'k', 'x'.repeat(20_000));
    expect(infoOf(client, 'mem_replication_backlog', 'memory')).toBe('30000');
    expect(Number(infoOf(client, 'mem_not_counted_for_evict', 'memory'))).toBeGreaterThan(150_000);
  });
});
