/** This server as a replica of a master that the test plays. */
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/server/recording/digest.js';
import { type Checkpoint, Replay } from '../../../src/server/recording/replay.js';
import { readClientScript } from '../../../src/server/recording/what-if/client-script.js';
import { record } from '../recording/scenarios.js';
import { type Lab, request, simulate, type SimulationOptions } from '../simulation/harness.js';
import { ADDRESS, datasetOf, ID, incompressible, infoOf, MARK, Master, OTHER_ID, REPLICA, replicate } from './master.js';

describe('the handshake', () => {
  test('requests everything at first, and shows its state', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    expect(client.ask('ROLE')).toContain('handshake');
    expect(master.greet()).toBe(request('PSYNC', '?', '-1'));
    expect(infoOf(client, 'master_link_status')).toBe('down');
  });

  test('sends the password, and its own address', () => {
    using replicated = replicate({ settings: { masterauth: 'secret', masteruser: 'me', 'replica-announce-ip': '198.51.100.7', 'replica-announce-port': 7000 } });
    const { master } = replicated;
    expect(master.hears()).toBe(request('PING'));
    master.say('-NOAUTH Authentication required.\r\n');
    expect(master.hears()).toBe(
      request('AUTH', 'me', 'secret') + request('REPLCONF', 'listening-port', '7000') + request('REPLCONF', 'ip-address', '198.51.100.7') +
        request('REPLCONF', 'capa', 'eof', 'capa', 'psync2'),
    );
    master.say('+OK\r\n-ERR unknown option\r\n+OK\r\n+OK\r\n');
    expect(master.hears()).toBe(request('PSYNC', '?', '-1'));
  });

  test.each([
    ['a wrong password', ['+PONG\r\n', '-WRONGPASS no\r\n'], { masterauth: 'x' }],
    ['a master that answers PING otherwise', ['-ERR no\r\n'], {}],
    ['an answer that is none', ['+PONG\r\n', '+OK\r\n+OK\r\n', 'nonsense\r\n'], {}],
    ['a master that has no master itself', ['+PONG\r\n', '+OK\r\n+OK\r\n', '-NOMASTERLINK later\r\n'], {}],
    ['a line that does not end', ['x'.repeat(2000)], {}],
    ['no dataset', ['+PONG\r\n', '+OK\r\n+OK\r\n', `+FULLRESYNC ${ID} 0\r\n`, '-ERR no\r\n'], {}],
    ['a dataset that is none', ['+PONG\r\n', '+OK\r\n+OK\r\n', `+FULLRESYNC ${ID} 0\r\n`, '$9\r\nREDIS0099'], {}],
  ])('%s ends the attempt; another one follows within a second', (_what, says, settings) => {
    using replicated = replicate({ settings });
    const { master, client } = replicated;
    master.hears();
    for (const bytes of says) master.say(bytes);
    expect(master.peer.isClosedByServer).toBe(true);
    expect(client.ask('ROLE')).toMatch(/connect\r\n:-1/);
    master.accept();
    expect(master.hears()).toBe(request('PING'));
  });

  test('a refused connection is tried again, and a silent one is dropped after repl-timeout', () => {
    using lab = simulate({ settings: { ...REPLICA, 'repl-timeout': 5 } });
    const master = new Master(lab);
    master.refuses(true);
    lab.advance(3000);
    master.refuses(false);
    master.accept();
    expect(master.hears()).toBe(request('PING'));
    lab.advance(6000);
    expect(master.peer.isClosedByServer).toBe(true);
  });

  test('an empty line keeps the connection alive', () => {
    using replicated = replicate({ settings: { 'repl-timeout': 5 } });
    const { master, lab } = replicated;
    master.greet();
    for (let i = 0; i < 10; i++) {
      lab.advance(1000);
      master.say('\n');
    }
    expect(master.peer.isClosedByServer).toBe(false);
  });
});

describe('the dataset', () => {
  test('after its length, replaces the existing data', () => {
    using lab = simulate();
    const master = new Master(lab);
    const client = lab.connect();
    client.ask('SET', 'old', '1');
    expect(client.ask('REPLICAOF', '192.0.2.1', '6379')).toBe('+OK\r\n');
    master.accept();
    const psync = master.greet();
    expect(psync).toMatch(/PSYNC\r\n\$40\r\n[0-9a-f]{40}\r\n\$1\r\n1\r\n$/);
    const dataset = datasetOf(['SET', 'key', 'value'], ['SELECT', '3'], ['RPUSH', 'list', 'a', 'b']);
    master.say(`+FULLRESYNC ${ID} 41\r\n$${dataset.length}\r\n${dataset}`);
    expect(master.hears()).toBe(request('REPLCONF', 'ACK', '41'));
    expect(client.ask('GET', 'old')).toBe('$-1\r\n');
    expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
    client.ask('SELECT', '3');
    expect(client.ask('LLEN', 'list')).toBe(':2\r\n');
    expect(infoOf(client, 'master_replid')).toBe(ID);
    expect(infoOf(client, 'master_repl_offset')).toBe('41');
    expect(client.ask('ROLE')).toBe('*5\r\n$5\r\nslave\r\n$9\r\n192.0.2.1\r\n:6379\r\n$9\r\nconnected\r\n:41\r\n');
  });

  test.each([1, 7, 39, 40, 41, 1000])('with a mark, in chunks of %i bytes', (size) => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.greet();
    const dataset = datasetOf(['SET', 'key', 'value'], ['SET', 'other', 'x'.repeat(300)]);
    const bytes = `+FULLRESYNC ${ID} 7\r\n$EOF:${MARK}\r\n${dataset}${MARK}`;
    for (let at = 0; at < bytes.length; at += size) master.say(bytes.slice(at, at + size));
    expect(master.hears()).toBe(request('REPLCONF', 'ACK', '7'));
    expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
    expect(client.ask('DBSIZE')).toBe(':2\r\n');
  });

  test('what follows it at once is executed', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.greet();
    const dataset = datasetOf(['SET', 'n', '1']);
    const stream = request('SELECT', '0') + request('INCR', 'n');
    master.say(`+FULLRESYNC ${ID} 0\r\n$${dataset.length}\r\n${dataset}${stream}${request('INCR', 'n').slice(0, 9)}`);
    expect(client.ask('GET', 'n')).toBe('$1\r\n2\r\n');
    expect(infoOf(client, 'slave_repl_offset')).toBe(String(stream.length));
    master.say(request('INCR', 'n').slice(9));
    expect(client.ask('GET', 'n')).toBe('$1\r\n3\r\n');
  });

  test('is loaded in steps, between which clients get LOADING', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.greet();
    const dataset = datasetOf(...Array.from({ length: 5000 }, (_, i) => ['SET', `key:${i}`, incompressible(i)]));
    master.peer.send(`+FULLRESYNC ${ID} 0\r\n$${dataset.length}\r\n`);
    lab.settle();
    expect(infoOf(client, 'master_sync_in_progress')).toBe('1');
    expect(infoOf(client, 'master_sync_total_bytes')).toBe(String(dataset.length));
    master.peer.send(dataset);
    for (let turns = 0; turns < 40; turns++) {
      client.send(request('STRLEN', 'key:1'));
      lab.turn();
    }
    const replies = client.receive().split('\r\n');
    expect(replies.filter((reply) => reply === '-LOADING Redis is loading the dataset in memory').length).toBeGreaterThan(2);
    expect(replies.filter((reply) => reply === ':128').length).toBeGreaterThan(2);
    expect(client.ask('DBSIZE')).toBe(':5000\r\n');
  });

  test('expired keys are included, and stay hidden until the master deletes them', () => {
    using replicated = replicate({ nowMs: 1_900_000_000_000 });
    const { master, client } = replicated;
    const dataset = datasetOf(['SET', 'dead', '1', 'PXAT', '1800000000000'], ['SET', 'alive', '1']);
    master.synchronize(dataset);
    expect(client.ask('GET', 'dead')).toBe('$-1\r\n');
    expect(client.ask('DBSIZE')).toBe(':2\r\n');
    master.say(request('DEL', 'dead'));
    expect(client.ask('DBSIZE')).toBe(':1\r\n');
  });
});

describe('the stream', () => {
  test('is executed without replies, in a database of its own, and acknowledged once a second and when asked', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.synchronize();
    const stream = request('SELECT', '2') + request('SET', 'a', '1') + request('GET', 'a') + request('NOSUCH') + request('PING');
    master.say(stream);
    expect(master.hears()).toBe('');
    client.ask('SELECT', '2');
    expect(client.ask('GET', 'a')).toBe('$1\r\n1\r\n');
    expect(infoOf(client, 'unexpected_error_replies', 'stats')).toBe('1');
    lab.advance(1000);
    const ack = request('REPLCONF', 'ACK', String(100 + stream.length));
    expect(master.hears()).toBe(ack);
    master.say(request('REPLCONF', 'GETACK', '*'));
    expect(master.hears()).toBe(ack);
  });

  test('a transaction counts when it is complete: a link that breaks within it repeats it', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    master.say(request('SET', 'a', '1'));
    const offset = 100 + request('SET', 'a', '1').length;
    master.say(request('MULTI') + request('SET', 'a', '2'));
    expect(infoOf(client, 'slave_repl_offset')).toBe(String(offset));
    master.peer.close();
    master.accept();
    expect(master.greet()).toBe(request('PSYNC', ID, String(offset + 1)));
    master.say(`+CONTINUE ${ID}\r\n${request('MULTI')}${request('SET', 'a', '3')}${request('EXEC')}`);
    expect(client.ask('GET', 'a')).toBe('$1\r\n3\r\n');
    expect(infoOf(client, 'slave_repl_offset')).toBe(String(offset + (request('MULTI') + request('SET', 'a', '3') + request('EXEC')).length));
  });

  test('continues under a new ID, and the old one is kept', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    master.peer.reset();
    master.accept();
    expect(infoOf(client, 'master_link_status')).toBe('down');
    master.greet();
    master.say(`+CONTINUE ${OTHER_ID}\r\n`);
    expect([infoOf(client, 'master_replid'), infoOf(client, 'master_replid2'), infoOf(client, 'second_repl_offset')]).toEqual([OTHER_ID, ID, '101']);
    expect(infoOf(client, 'master_link_status')).toBe('up');
  });

  test('silence for repl-timeout ends a link', () => {
    using replicated = replicate({ settings: { 'repl-timeout': 5 } });
    const { master, lab } = replicated;
    master.synchronize();
    lab.advance(7000);
    expect(master.peer.isClosedByServer).toBe(true);
    master.accept();
    expect(master.greet()).toBe(request('PSYNC', ID, '101'));
  });

  test('a protocol error ends a link, without a reply', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    master.say('*1\r\n:5\r\n');
    expect(master.peer.isClosedByServer).toBe(true);
    expect(client.ask('PING')).toBe('+PONG\r\n');
  });

  test('sees keys that are hidden from others', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.synchronize();
    master.say(request('SET', 'n', '5', 'PXAT', String(lab.clock.nowMs + 100)));
    lab.advance(5000);
    expect(client.ask('GET', 'n')).toBe('$-1\r\n');
    expect(client.ask('EXISTS', 'n')).toBe(':0\r\n');
    master.say(request('INCR', 'n') + request('PERSIST', 'n'));
    expect(client.ask('GET', 'n')).toBe('$1\r\n6\r\n');
  });

  test('keys that clients of a writable replica let expire are deleted by it, those of the master are not', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.synchronize();
    client.ask('CONFIG', 'SET', 'replica-read-only', 'no');
    master.say(request('SET', 'n', '5', 'PXAT', String(lab.clock.nowMs + 100)));
    client.ask('SET', 'own', '1', 'PX', '100');
    client.ask('SET', 'lasting', '1', 'PX', '100');
    client.ask('PERSIST', 'lasting');
    client.ask('SELECT', '3');
    client.ask('SET', 'old', '1', 'PX', '100');
    client.ask('RENAME', 'old', 'new');
    expect(client.ask('INFO', 'stats')).toContain('slave_expires_tracked_keys:4\r\n');
    lab.advance(5000);
    expect(client.ask('DBSIZE')).toBe(':0\r\n');
    client.ask('SELECT', '0');
    expect(client.ask('DBSIZE')).toBe(':3\r\n');
    expect(client.ask('EXISTS', 'key', 'n', 'own', 'lasting')).toBe(':2\r\n');
    expect(client.ask('INFO', 'stats')).toContain('slave_expires_tracked_keys:0\r\n');
  });

  test('an expiry in the past is kept, for the master to delete the key', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    master.say(request('PEXPIREAT', 'key', '1'));
    expect(client.ask('GET', 'key')).toBe('$-1\r\n');
    expect(client.ask('DBSIZE')).toBe(':1\r\n');
  });

  test('is forwarded to the replicas of this replica unchanged', () => {
    using replicated = replicate({ settings: { 'repl-diskless-sync-delay': 0 } });
    const { master, lab } = replicated;
    master.synchronize();
    const below = lab.connect();
    below.ask('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
    const greeting = below.ask('PSYNC', '?', '-1');
    expect(greeting).toContain(`+FULLRESYNC ${ID} 100\r\n`);
    below.sendCommand('REPLCONF', 'ACK', '100');
    lab.settle();
    below.receive();
    const stream = request('SELECT', '1') + request('MULTI') + request('SET', 'a', '1') + request('EXEC') + request('PING');
    for (const byte of stream) master.say(byte);
    expect(below.receive()).toBe(stream);
  });
});

describe('clients of a replica', () => {
  test('cannot write, unless the settings allow it', () => {
    using replicated = replicate({ settings: { 'enable-debug-command': 'yes' } });
    const { master, client } = replicated;
    master.synchronize();
    const refused = "-READONLY You can't write against a read only replica.\r\n";
    expect(client.ask('SET', 'a', '1')).toBe(refused);
    expect(client.ask('EVAL', "return redis.call('SET', 'a', '1')", '0')).toContain('READONLY');
    expect(client.ask('EVAL', "return redis.call('GET', 'key')", '0')).toBe('$5\r\nvalue\r\n');
    client.ask('MULTI');
    expect(client.ask('SET', 'a', '1')).toBe(refused);
    expect(client.ask('EXEC')).toContain('EXECABORT');
    expect(client.ask('PUBLISH', 'c', 'm')).toBe(':0\r\n');
    client.ask('CONFIG', 'SET', 'replica-read-only', 'no');
    expect(client.ask('SET', 'a', '1')).toBe('+OK\r\n');
  });

  test('are told that the data may be stale, if the settings say so', () => {
    using replicated = replicate({ settings: { 'replica-serve-stale-data': false } });
    const { master, client } = replicated;
    const refused = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
    expect(client.ask('GET', 'key')).toBe(refused);
    expect(client.ask('INFO', 'replication')).toContain('role:slave');
    master.synchronize();
    expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
    master.peer.close();
    replicated.lab.settle();
    expect(client.ask('GET', 'key')).toBe(refused);
  });

  test('find the master among the clients', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    expect(client.ask('CLIENT', 'LIST', 'TYPE', 'master')).toMatch(/addr=192\.0\.2\.1:6379 .* flags=M .* user=\(superuser\)/);
    client.ask('CLIENT', 'KILL', 'TYPE', 'master');
    master.accept();
    expect(master.greet()).toBe(request('PSYNC', ID, '101'));
  });

  test('that wait for a key are released when the server becomes a replica', () => {
    using lab = simulate();
    lab.poll.addRemote(ADDRESS);
    const waiting = lab.connect();
    waiting.ask('BLPOP', 'list', '0');
    lab.connect().ask('REPLICAOF', '192.0.2.1', '6379');
    expect(waiting.receive()).toBe('-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n');
    expect(waiting.isClosedByServer).toBe(true);
  });
});

describe('REPLICAOF', () => {
  test('NO ONE continues as a master with the data, and a history of its own', () => {
    using replicated = replicate();
    const { master, client } = replicated;
    master.synchronize();
    expect(client.ask('REPLICAOF', 'NO', 'ONE')).toBe('+OK\r\n');
    expect(master.peer.isClosedByServer).toBe(true);
    expect(client.ask('SET', 'a', '1')).toBe('+OK\r\n');
    expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
    expect(infoOf(client, 'role')).toBe('master');
    expect([infoOf(client, 'master_replid2'), infoOf(client, 'second_repl_offset')]).toEqual([ID, '101']);
    expect(infoOf(client, 'master_replid')).not.toBe(ID);
    replicated.lab.advance(5000);
    expect(client.ask('CONFIG', 'GET', 'replicaof')).toBe('*2\r\n$9\r\nreplicaof\r\n$0\r\n\r\n');
  });

  test('NO ONE keeps the history for the replicas of the former master, however long there were none here', () => {
    using replicated = replicate({ settings: { 'repl-backlog-ttl': 10, 'repl-timeout': 1000 } });
    const { master, client, lab } = replicated;
    master.synchronize();
    lab.advance(60_000);
    client.ask('REPLICAOF', 'NO', 'ONE');
    lab.advance(5000);
    expect([infoOf(client, 'repl_backlog_active'), infoOf(client, 'master_replid2')]).toEqual(['1', ID]);
    lab.advance(10_000);
    expect(infoOf(client, 'repl_backlog_active')).toBe('0');
  });

  test('in the middle of loading leaves nothing of the dataset', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.greet();
    const dataset = datasetOf(...Array.from({ length: 5000 }, (_, i) => ['SET', `key:${i}`, incompressible(i)]));
    master.peer.send(`+FULLRESYNC ${ID} 0\r\n$${dataset.length}\r\n${dataset}`);
    for (let turns = 0; turns < 50 && phaseOf(lab) !== 'loading'; turns++) lab.turn();
    expect(phaseOf(lab)).toBe('loading');
    lab.server.primaryLink.promote();
    lab.settle();
    expect(client.ask('DBSIZE')).toBe(':0\r\n');
    expect(client.ask('SET', 'a', '1')).toBe('+OK\r\n');
  });

  test('of the same master changes nothing; of another one continues where the first one stopped', () => {
    using replicated = replicate();
    const { master, client, lab } = replicated;
    master.synchronize();
    expect(client.ask('REPLICAOF', '192.0.2.1', '6379')).toBe('+OK Already connected to specified master\r\n');
    expect(master.peer.isClosedByServer).toBe(false);
    const other = lab.poll.addRemote({ host: '127.0.0.1', port: 7 });
    expect(client.ask('SLAVEOF', 'localhost', '7')).toBe('+OK\r\n');
    expect(master.peer.isClosedByServer).toBe(true);
    lab.settle();
    master.peer = other.accept()!;
    expect(master.greet()).toBe(request('PSYNC', ID, '101'));
  });

  test('refuses an invalid port, and reports that names are not looked up', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('REPLICAOF', '192.0.2.1', 'x')).toBe('-ERR Invalid master port\r\n');
    expect(client.ask('REPLICAOF', '192.0.2.1', '70000')).toBe('-ERR Invalid master port\r\n');
    expect(client.ask('REPLICAOF', 'redis.example', '6379')).toBe('+OK\r\n');
    expect(client.ask('ROLE')).toContain('connect\r\n');
    lab.advance(3000);
    expect(client.ask('PING')).toBe('+PONG\r\n');
  });
});

const phaseOf = (lab: Lab): string => lab.server.primaryLink.phase;

describe('as data', () => {
  /** A recorded replica that has gone through all phases. */
  function recorded(options: Omit<SimulationOptions, 'tape'> = {}) {
    const { lab, head, tape } = record({ settings: { ...REPLICA, masterauth: 'secret' }, ...options });
    const master = new Master(lab);
    const client = lab.connect();
    lab.advance(1000);
    const ready = (): void => {
      master.accept();
      master.hears();
      master.say('+PONG\r\n');
      master.hears();
      master.say('+OK\r\n+OK\r\n+OK\r\n');
    };
    ready();
    const dataset = datasetOf(...Array.from({ length: 3000 }, (_, i) => ['SET', `key:${i}`, incompressible(i)]));
    for (let at = 0; at < dataset.length; at += 10_000) master.say(`${at === 0 ? `+FULLRESYNC ${ID} 0\r\n$${dataset.length}\r\n` : ''}${dataset.slice(at, at + 10_000)}`);
    for (let i = 0; i < 50; i++) master.say(request('INCR', 'n') + request('MULTI') + request('LPUSH', 'l', String(i)) + request('EXEC'));
    client.ask('GET', 'n');
    master.peer.send(request('MULTI') + request('INCR', 'n'));
    lab.settle();
    master.peer.close();
    ready();
    master.say(`+CONTINUE ${OTHER_ID}\r\n${request('INCR', 'n')}`);
    lab.advance(1500);
    client.ask('REPLICAOF', 'NO', 'ONE');
    client.ask('SET', 'own', '1');
    return { lab, head, tape };
  }

  test.each([false, true])('a recording of a replica is replayed to the same state (edge-triggered: %s)', (edgeTriggered) => {
    const { lab, head, tape } = recorded({ edgeTriggered, faults: { partial: 0.3, wouldBlock: 0.1 } });
    const replay = new Replay(head, tape());
    expect(replay.run()).toMatchObject({ divergence: null });
    expect(digestOf(replay.server)).toBe(digestOf(lab.server));
    expect(replay.server.keyspace.databases[0]!.size).toBe(3003);
  });

  test('and continues from a checkpoint in any phase', () => {
    const { lab, head, tape } = recorded({ faults: { partial: 0.3 } });
    const bytes = tape();
    const digest = digestOf(lab.server);
    const turns = lab.server.loop.turnNumber;
    const phases = new Set<string>();
    for (let turn = 2; turn < turns; turn += 1 + Math.floor(turns / 40)) {
      const first = new Replay(head, bytes);
      first.run(() => first.server.loop.turnNumber === turn);
      phases.add(first.server.primaryLink.phase);
      const second = new Replay(head, bytes, deserialize(serialize(first.capture())) as Checkpoint);
      expect(second.run(), `from turn ${turn}`).toMatchObject({ divergence: null });
      expect(digestOf(second.server)).toBe(digest);
    }
    expect([...phases].sort()).toEqual(expect.arrayContaining(['connected', 'loading', 'none', 'sync']));
  });

  test('what-if is refused, because it is unknown what the master would have sent', () => {
    const { head, tape } = recorded();
    expect(() => readClientScript(new Replay(head, tape()))).toThrow('its server connected to another one');
  });

  test('a server that starts from the state of a replica connects to the master itself', () => {
    using replicated = replicate();
    const { master, lab } = replicated;
    master.synchronize();
    const state = lab.server.capture();
    using fork = simulate({ from: state, settings: REPLICA });
    const again = new Master(fork);
    again.accept();
    const psync = again.greet();
    expect(psync).toMatch(/PSYNC/);
    expect(fork.connect().ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
  });
});
