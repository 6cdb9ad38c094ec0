/** What the server reports about itself: INFO, SLOWLOG, LATENCY, MONITOR, CONFIG RESETSTAT, MEMORY. */
import { describe, expect, test } from 'vitest';
import { monitorLine } from '../../../src/server/features/monitors.js';
import { parse, type Wire } from '../../support/resp-client.js';
import { type LabClient, simulate } from '../simulation/harness.js';

function ask(client: LabClient, ...argv: string[]): Wire {
  return parse(client.ask(...argv), 0)!.value;
}

function info(client: LabClient, section: string): { [name: string]: string } {
  const lines = (ask(client, 'INFO', section) as string).split('\r\n');
  return Object.fromEntries(lines.filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

describe('INFO', () => {
  test('has the requested sections, in a fixed order', () => {
    using lab = simulate();
    const client = lab.connect();
    const titles = (...names: string[]): string[] => ((ask(client, 'INFO', ...names) as string).match(/^# \w+/gm) ?? []).map((title) => title.slice(2));
    const standard = ['Server', 'Clients', 'Memory', 'Persistence', 'Stats', 'Replication', 'CPU', 'Modules', 'Errorstats', 'Cluster', 'Keyspace'];
    expect(titles()).toEqual(standard);
    expect(titles('default')).toEqual(standard);
    expect(titles('everything')).toEqual(titles('all'));
    expect(titles('all')).toEqual([...standard.slice(0, 8), 'Commandstats', 'Errorstats', 'Latencystats', 'Cluster', 'Keyspace']);
    expect(titles('KEYSPACE', 'server')).toEqual(['Server', 'Keyspace']);
    expect(titles('commandstats', 'default')).toContain('Commandstats');
    expect(titles('nonsense')).toEqual([]);
  });

  test('counts what has happened', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SET', 'a', '1', 'EX', '100');
    client.ask('GET', 'a');
    client.ask('GET', 'none');
    client.ask('GET');
    client.ask('LPUSH', 'a', 'x');
    lab.advance(3000);
    expect(info(client, 'stats')).toMatchObject({ keyspace_hits: '1', keyspace_misses: '1', total_connections_received: '1', total_error_replies: '2' });
    expect(info(client, 'server')).toMatchObject({ redis_version: '7.0.15', uptime_in_seconds: '3', multiplexing_api: 'scripted' });
    expect(info(client, 'keyspace')['db0']).toMatch(/^keys=1,expires=1,avg_ttl=\d+$/);
    expect(info(client, 'errorstats')).toEqual({ errorstat_ERR: 'count=1', errorstat_WRONGTYPE: 'count=1' });
    expect(info(client, 'commandstats')['cmdstat_get']).toMatch(/^calls=2,.*,rejected_calls=1,failed_calls=0$/);
    expect(info(client, 'clients')).toMatchObject({ connected_clients: '1', blocked_clients: '0' });
  });

  test('counts reads and writes, clients that wait with a limit, and dumps that were checked', () => {
    using lab = simulate();
    const client = lab.connect();
    const [limited, unlimited] = [lab.connect(), lab.connect()];
    const before = info(client, 'stats');
    client.ask('PING');
    client.ask('PING');
    // Two PINGs and the INFO that counts them are three reads; of the replies, the two PONGs and the INFO before have been written by then.
    const after = info(client, 'stats');
    expect(Number(after['total_reads_processed']) - Number(before['total_reads_processed'])).toBe(3);
    expect(Number(after['total_writes_processed']) - Number(before['total_writes_processed'])).toBe(3);
    limited.sendCommand('BLPOP', 'queue', '10');
    unlimited.sendCommand('BLPOP', 'queue', '0');
    lab.settle();
    expect(info(client, 'clients')).toMatchObject({ blocked_clients: '2', clients_in_timeout_table: '1' });
    client.ask('SET', 'key', 'value');
    client.ask('RESTORE', 'copy', '0', ask(client, 'DUMP', 'key') as string);
    expect(info(client, 'stats')).toMatchObject({ dump_payload_sanitizations: '1', evicted_clients: '0' });
    client.ask('CONFIG', 'RESETSTAT');
    expect(info(client, 'stats')).toMatchObject({ dump_payload_sanitizations: '0', total_reads_processed: '1', total_writes_processed: '1' });
  });

  test('reports how long memory has been above its limit, now and in total', () => {
    using lab = simulate();
    const client = lab.connect();
    const limit = lab.server.keyspace.usedBytes + 1000;
    client.ask('SET', 'key', 'x'.repeat(10_000));
    client.ask('CONFIG', 'SET', 'maxmemory', String(limit));
    expect(client.ask('SET', 'other', '1')).toMatch(/^-OOM/);
    lab.advance(250);
    expect(info(client, 'stats')).toMatchObject({ current_eviction_exceeded_time: '250', total_eviction_exceeded_time: '250' });
    client.ask('DEL', 'key');
    client.ask('PING');
    lab.advance(250);
    expect(info(client, 'stats')).toMatchObject({ current_eviction_exceeded_time: '0', total_eviction_exceeded_time: '250' });
    client.ask('SET', 'key', 'x'.repeat(10_000));
    client.ask('PING');
    lab.advance(100);
    client.ask('CONFIG', 'SET', 'maxmemory', '0');
    lab.advance(100);
    expect(info(client, 'stats')).toMatchObject({ current_eviction_exceeded_time: '0', total_eviction_exceeded_time: '350' });
    client.ask('CONFIG', 'RESETSTAT');
    expect(info(client, 'stats')).toMatchObject({ total_eviction_exceeded_time: '0' });
  });

  test('an error that ends the wait of a client is counted like any other', () => {
    using lab = simulate();
    const [client, reader, other] = [lab.connect(), lab.connect(), lab.connect()];
    const id = String(ask(client, 'CLIENT', 'ID'));
    other.ask('XGROUP', 'CREATE', 'stream', 'group', '$', 'MKSTREAM');
    reader.ask('XREADGROUP', 'GROUP', 'group', 'me', 'BLOCK', '0', 'STREAMS', 'stream', '>');
    other.ask('XGROUP', 'DESTROY', 'stream', 'group');
    client.ask('BLPOP', 'list', '0');
    other.ask('CLIENT', 'UNBLOCK', id, 'ERROR');
    expect(info(other, 'errorstats')).toEqual({ errorstat_NOGROUP: 'count=1', errorstat_UNBLOCKED: 'count=1' });
    expect(info(other, 'stats')).toMatchObject({ total_error_replies: '2' });
    client.receive();
    client.ask('BLPOP', 'list', '0');
    other.ask('CLIENT', 'UNBLOCK', id, 'TIMEOUT');
    const { cmdstat_xreadgroup, cmdstat_blpop } = info(other, 'commandstats');
    expect(cmdstat_xreadgroup).toMatch(/^calls=1,.*,failed_calls=1$/);
    // As Redis counts it: also if CLIENT UNBLOCK has sent the reply of the timeout.
    expect(cmdstat_blpop).toMatch(/^calls=2,.*,failed_calls=2$/);
    expect(info(other, 'stats')).toMatchObject({ total_error_replies: '2' });
  });

  test('the rate of commands is an average over 1.6 seconds, and falls to zero without a timer of its own', () => {
    using lab = simulate();
    const client = lab.connect();
    for (let i = 0; i < 10; i++) {
      client.ask('PING');
      lab.advance(100);
    }
    expect(Number(info(client, 'stats')['instantaneous_ops_per_sec'])).toBeCloseTo(10, -1);
    expect(lab.server.loop.timeoutMs()).toBe(-1);
    lab.advance(5000);
    expect(info(client, 'stats')['instantaneous_ops_per_sec']).toBe('0');
  });

  test('CONFIG RESETSTAT resets the counters', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('GET', 'none');
    client.ask('NONSENSE');
    expect(client.ask('CONFIG', 'RESETSTAT')).toBe('+OK\r\n');
    expect(info(client, 'stats')).toMatchObject({ keyspace_misses: '0', total_error_replies: '0', total_commands_processed: '1' });
    expect(Object.keys(info(client, 'commandstats'))).toEqual(['cmdstat_config|resetstat', 'cmdstat_info']);
  });
});

describe('SLOWLOG', () => {
  test('keeps the newest entries, with long arguments cut', () => {
    using lab = simulate({ settings: { 'slowlog-log-slower-than': 0, 'slowlog-max-len': 2 } });
    const client = lab.connect();
    client.ask('CLIENT', 'SETNAME', 'me');
    client.ask('PING');
    client.ask('ECHO', 'x'.repeat(200));
    client.ask('DEL', ...Array.from({ length: 40 }, (_, i) => `k${i}`));
    const entries = ask(client, 'SLOWLOG', 'GET') as Wire[][];
    expect(entries).toHaveLength(2);
    const [[newestId, at, elapsed, words, , name], [, , , echo]] = entries as [Wire[], Wire[]];
    expect([newestId, at, elapsed, name]).toEqual([3, Math.floor(lab.clock.nowMs / 1000), 0, 'me']);
    expect((words as string[]).length).toBe(32);
    expect((words as string[]).at(-1)).toBe('... (10 more arguments)');
    expect((echo as string[])[1]).toBe(`${'x'.repeat(128)}... (72 more bytes)`);
  });

  test('a blocked command is logged when it is served, and not at its timeout', () => {
    using lab = simulate({ settings: { 'slowlog-log-slower-than': 0 } });
    const [client, other] = [lab.connect(), lab.connect()];
    const logged = (): string[] => (ask(other, 'SLOWLOG', 'GET', '-1') as Wire[][]).map(([, , , words]) => (words as string[])[0]!).filter((name) => name.startsWith('B') || name === 'WAIT');
    client.sendCommand('BLPOP', 'list', '0');
    lab.settle();
    expect(logged()).toEqual([]);
    other.ask('RPUSH', 'list', 'x');
    expect(logged()).toEqual(['BLPOP']);
    expect(info(other, 'latencystats')).toHaveProperty('latency_percentiles_usec_blpop');
    client.ask('BRPOP', 'list', '0.1');
    client.ask('WAIT', '1', '50');
    lab.advance(200);
    expect(logged()).toEqual(['BLPOP']);
  });

  test('passwords are removed', () => {
    using lab = simulate({ settings: { 'slowlog-log-slower-than': 0 } });
    const client = lab.connect();
    client.ask('CONFIG', 'SET', 'requirepass', 'secret', 'hz', '10');
    const [[, , , words]] = ask(client, 'SLOWLOG', 'GET', '1') as [Wire[]];
    expect(words).toEqual(['CONFIG', 'SET', 'requirepass', '(redacted)', 'hz', '10']);
  });

  test('-1 logs nothing, and a shorter limit forgets the oldest at once', () => {
    using lab = simulate({ settings: { 'slowlog-log-slower-than': 0 } });
    const client = lab.connect();
    client.ask('PING');
    client.ask('PING');
    client.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '-1', 'slowlog-max-len', '1');
    expect(client.ask('SLOWLOG', 'LEN')).toBe(':1\r\n');
    client.ask('SLOWLOG', 'RESET');
    expect(client.ask('SLOWLOG', 'LEN')).toBe(':0\r\n');
  });
});

describe('LATENCY', () => {
  test('remembers the longest event of each second', () => {
    using lab = simulate({ settings: { 'latency-monitor-threshold': 100 } });
    const client = lab.connect();
    const seconds = Math.floor(lab.clock.nowMs / 1000);
    lab.server.statistics.latencyEvent('command', 99);
    lab.server.statistics.latencyEvent('command', 100);
    lab.server.statistics.latencyEvent('command', 150);
    lab.server.statistics.latencyEvent('command', 120);
    lab.advance(1000);
    lab.server.statistics.latencyEvent('command', 110);
    expect(ask(client, 'LATENCY', 'HISTORY', 'command')).toEqual([[seconds, 150], [seconds + 1, 110]]);
    expect(ask(client, 'LATENCY', 'LATEST')).toEqual([['command', seconds + 1, 110, 150]]);
    expect(ask(client, 'LATENCY', 'GRAPH', 'command')).toBe(
      `command - high 150 ms, low 110 ms (all time high 150 ms)\n${'-'.repeat(80)}\n\`\n|\n|\n|_\n\n10\nss\n`,
    );
    expect(ask(client, 'LATENCY', 'DOCTOR')).toContain('1. command: 2 samples, average 130 ms, mean deviation 20 ms, longest ever 150 ms.');
    expect(ask(client, 'LATENCY', 'RESET', 'command', 'other')).toBe(1);
    expect(ask(client, 'LATENCY', 'LATEST')).toEqual([]);
  });

  test('measures the keyspace while it has a threshold', () => {
    using lab = simulate();
    const client = lab.connect();
    const expireOne = (): void => {
      client.ask('SET', 'k', 'v', 'PX', '50');
      lab.advance(200);
    };
    // From here on every reading of the clock costs 3 ms.
    lab.clock.readUs = () => (lab.clock.nowUs += 3000);
    expireOne();
    expect(ask(client, 'LATENCY', 'LATEST')).toEqual([]);
    client.ask('CONFIG', 'SET', 'latency-monitor-threshold', '3');
    expireOne();
    const events = ask(client, 'LATENCY', 'LATEST') as [string, number, number, number][];
    expect(events.map(([event, , latestMs]) => [event, latestMs])).toEqual(expect.arrayContaining([['expire-del', 3], ['expire-cycle', expect.any(Number)]]));
    client.ask('CONFIG', 'SET', 'latency-monitor-threshold', '0');
    client.ask('LATENCY', 'RESET');
    expireOne();
    expect(ask(client, 'LATENCY', 'LATEST')).toEqual([]);
  });

  test('histograms are kept while latency-tracking is on', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('GET', 'a');
    expect(ask(client, 'LATENCY', 'HISTOGRAM', 'get', 'none')).toEqual(['get', ['calls', 1, 'histogram_usec', [1, 1]]]);
    client.ask('CONFIG', 'SET', 'latency-tracking', 'no');
    client.ask('GET', 'a');
    expect(ask(client, 'LATENCY', 'HISTOGRAM')).toEqual([]);
  });
});

describe('MONITOR', () => {
  test('shows the commands of others, with time, database, address and quoted bytes, but no administration', () => {
    using lab = simulate({ nowMs: 1_700_000_000_123 });
    const [watcher, client] = [lab.connect(), lab.connect()];
    expect(watcher.ask('MONITOR')).toBe('+OK\r\n');
    client.ask('SELECT', '2');
    client.ask('SET', 'k', 'a"\\\n\x01\xff');
    client.ask('CONFIG', 'GET', 'port');
    const lines = watcher.receive().split('\r\n');
    expect(lines[1]).toMatch(/^\+1700000000\.123000 \[2 [\d.]+:\d+\] "SET" "k" "a\\"\\\\\\n\\x01\\xff"$/);
    expect(lines).toHaveLength(3);
  });

  test('a client that monitors keeps away from the keyspace and from replication until RESET, as in Redis', () => {
    using lab = simulate();
    const watcher = lab.connect();
    const refused = "-ERR Replica can't interact with the keyspace\r\n";
    watcher.ask('MONITOR');
    const commands = ['SET k v', 'GET k', 'DBSIZE', 'EVAL return 0', 'PUBLISH a b', 'OBJECT FREQ k'];
    expect(commands.map((each) => watcher.ask(...each.split(' ')))).toEqual(commands.map(() => refused));
    expect([watcher.ask('MONITOR'), watcher.ask('SYNC'), watcher.ask('PSYNC', '?', '-1')]).toEqual(['', '', '']);
    expect(watcher.ask('REPLICAOF', 'host', '1')).toBe('-ERR Command is not valid when client is a replica.\r\n');
    expect([watcher.ask('RESET'), watcher.ask('SET', 'k', 'v')]).toEqual(['+RESET\r\n', '+OK\r\n']);
  });

  test('costs nothing without a monitor', () => {
    using lab = simulate();
    const watcher = lab.connect();
    watcher.ask('MONITOR');
    expect(lab.server.hooks.monitor).not.toBe(null);
    watcher.close();
    lab.settle();
    expect(lab.server.hooks.monitor).toBe(null);
  });

  test('a line has all six digits of its microseconds', () => {
    expect(monitorLine(1_339_518_083_007_412, 0, '127.0.0.1:60866', ['keys', '*'])).toBe('1339518083.007412 [0 127.0.0.1:60866] "keys" "*"');
  });
});

test('MEMORY STATS reports the tables of each database, those of volatile keys separately', () => {
  using lab = simulate();
  const client = lab.connect();
  const tables = (): Wire[][] => {
    const stats = ask(client, 'MEMORY', 'STATS') as Wire[];
    return stats.flatMap((field, at) => (typeof field === 'string' && field.startsWith('db.') ? [[field, ...(stats[at + 1] as Wire[]).filter((_, place) => place % 2 === 1)]] : []));
  };
  expect(tables()).toEqual([]);
  client.ask('SELECT', '3');
  client.ask('SET', 'k', 'v');
  const [[name, main, expires, slots]] = tables() as [Wire[]];
  expect([name, expires, slots]).toEqual(['db.3', 0, 0]);
  expect(main).toBe(lab.server.keyspace.databases[3]!.dict.tableBytes);
  for (let i = 0; i < 100; i++) client.ask('SET', `k${i}`, 'v', 'EX', '100');
  const [[, grown, withExpiry]] = tables() as [Wire[]];
  expect(grown).toBeGreaterThan(main as number);
  expect(withExpiry).toBeGreaterThanOrEqual(100 * 12);
});

test('MEMORY USAGE grows with the value, and MEMORY STATS adds up', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'small', 'x');
  client.ask('SET', 'large', 'x'.repeat(10_000));
  expect(ask(client, 'MEMORY', 'USAGE', 'large')).toBeGreaterThan((ask(client, 'MEMORY', 'USAGE', 'small') as number) + 9_000);
  const stats = ask(client, 'MEMORY', 'STATS') as Wire[];
  expect(stats[stats.indexOf('keys.count') + 1]).toBe(2);
  expect(stats[stats.indexOf('dataset.bytes', stats.indexOf('overhead.total')) + 1]).toBe(lab.server.keyspace.datasetBytes);
});
