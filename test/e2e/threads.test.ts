/**
 * `--engine threads`, as people start it: a thread for each connection, one keyspace behind a lock.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENGINE_COMMANDS } from '../../src/server/index.js';
import { cli } from '../support/cli.js';
import { connectTo, type Headless, startHeadless } from '../support/headless.js';
import { isRedisCliInstalled } from '../support/redis-cli.js';
import { request, type RespClient } from '../support/resp-client.js';

const CLIENTS = 50;
const TIMES = 1000;
const MOST_THREADS = 64;

const start = (...args: string[]): Headless => startHeadless('--engine', 'threads', '--port', '0', ...args);

const threadsOf = ({ child }: Headless): number => readdirSync(`/proc/${child.pid}/task`).length;

const connectMany = (port: number, count: number): Promise<RespClient[]> => Promise.all(Array.from({ length: count }, () => connectTo(port)));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A field of INFO, as a number. */
async function info(client: RespClient, field: string): Promise<number> {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec((await client.call('INFO')) as string)![1]);
}

describe.runIf(process.platform === 'linux')('threads', () => {
  test('fifty clients count to fifty thousand on one key', async () => {
    const server = start();
    const clients = await connectMany(await server.ready(), CLIENTS);
    const before = threadsOf(server);
    const all = clients.map(async (client) => {
      client.raw(request(['INCR', 'n']).repeat(TIMES));
      for (let i = 0; i < TIMES; i++) await client.next();
    });
    await Promise.all(all);
    const [first] = clients;
    expect(await first!.call('GET', 'n')).toBe(String(CLIENTS * TIMES));
    expect(threadsOf(server)).toBeGreaterThanOrEqual(CLIENTS);
    expect(threadsOf(server)).toBeGreaterThanOrEqual(before);
    expect(await info(first!, 'lock_acquisitions')).toBe(CLIENTS * TIMES + 1);
    for (const client of clients.slice(1)) await client.close();
    await until(async () => (await info(first!, 'connected_clients')) === 1);
    await server.end();
  });

  test('a client that does not read blocks only its own thread', async () => {
    const server = start();
    const port = await server.ready();
    const [slow, other] = await connectMany(port, 2);
    await other!.call('SET', 'k', 'v'.repeat(100_000));
    slow!.socket.pause();
    slow!.raw(request(['GET', 'k']).repeat(500));
    // Its half a frame keeps a thread as well.
    const half = await connectTo(port);
    half.raw('*1\r\n$4\r\nPI');
    await until(async () => (await info(other!, 'lock_acquisitions')) > 10);
    expect(await other!.call('SET', 'k', 'w')).toEqual({ simple: 'OK' });
    expect(await other!.call('GET', 'k')).toBe('w');
    half.raw('NG\r\n');
    expect(await half.next()).toEqual({ simple: 'PONG' });
    await server.end();
  });

  test('commands, errors, expiry and a full memory answer as Redis does', async () => {
    const server = start('--maxmemory', '1mb');
    const client = await server.connect();
    const ok = { simple: 'OK' };
    const expected: [argv: string[], reply: unknown][] = [
      [['ECHO', 'a\r\n\0b'], 'a\r\n\0b'],
      [['SET', 'k', 'v'], ok], [['GET', 'k'], 'v'], [['EXISTS', 'k', 'k', 'none'], 2], [['TTL', 'k'], -1], [['TTL', 'none'], -2],
      [['SET', 'k', 'v', 'EX', '100'], ok], [['TTL', 'k'], 100], [['INCR', 'n'], 1], [['SET', 'n', '9223372036854775807'], ok],
      [['INCR', 'n'], { error: 'ERR increment or decrement would overflow' }], [['INCR', 'k'], { error: 'ERR value is not an integer or out of range' }],
      [['SET', 'k', 'v', 'EX', '0'], { error: "ERR invalid expire time in 'set' command" }], [['SET', 'k', 'v', 'NX'], { error: 'ERR syntax error' }],
      [['GET'], { error: "ERR wrong number of arguments for 'get' command" }],
      [['LPUSH', 'l', 'x'], { error: `ERR unknown command 'LPUSH': the engine of threads has ${ENGINE_COMMANDS.join(' ')}` }],
      [['SET', 'n', '9007199254740993'], ok], [['INCR', 'n'], 9007199254740994n], [['DEL', 'k', 'n', 'none'], 2], [['DBSIZE'], 0],
      [['SET', 'large', 'x'.repeat(2_000_000)], { error: "OOM command not allowed when used memory > 'maxmemory'." }], [['GET', 'large'], null],
    ];
    for (const [argv, reply] of expected) expect(await client.call(...argv), argv.join(' ').slice(0, 60)).toEqual(reply);
    await client.call('SET', 'brief', 'v', 'PX', '1');
    await until(async () => (await client.call('GET', 'brief')) === null);
    expect(await info(client, 'expired_keys')).toBe(1);
    expect(((await client.call('HELLO', '3')) as { map: unknown[] }).map).toContainEqual(['proto', 3]);
    client.raw('*1\r\n$x\r\n');
    expect(await client.next()).toEqual({ error: 'ERR Protocol error: invalid bulk length' });
    await expect(client.next()).rejects.toThrow('closed');
    await server.end();
  });

  test('what is executed is propagated to every sink, in the order of the lock', async () => {
    const server = start();
    const port = await server.ready();
    const [first, second] = await connectMany(port, 2);
    for (const sink of [first!, second!]) expect(await sink.call('MONITOR')).toEqual({ simple: 'OK' });
    const writers = await connectMany(port, 4);
    await Promise.all(writers.map(async (client, i) => {
      client.raw(request(['SET', `key:${i}`, 'a "b"']).repeat(50));
      for (let reply = 0; reply < 50; reply++) await client.next();
    }));
    const lines = await Promise.all([first!, second!].map((sink) => Promise.all(Array.from({ length: 200 }, () => sink.next()))));
    expect(lines[0]).toEqual(lines[1]);
    expect((lines[0]![0] as { simple: string }).simple).toMatch(/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "key:\d" "a \\"b\\""$/);
    // What a sink sends is dropped, and its thread ends all the same.
    first!.raw(request(['PING']));
    await server.end();
  });

  test('a client beyond the last thread waits until one is free, and a signal ends all of them', async () => {
    const server = start();
    const port = await server.ready();
    const clients = await connectMany(port, MOST_THREADS);
    for (const client of clients) expect(await client.call('PING')).toEqual({ simple: 'PONG' });
    const late = await connectTo(port);
    let isAnswered = false;
    const answer = late.call('PING').then((reply) => {
      isAnswered = true;
      return reply;
    });
    for (const client of clients) await client.call('SET', 'k', 'v');
    expect(isAnswered).toBe(false);
    expect(await info(clients[0]!, 'connected_clients')).toBe(MOST_THREADS);
    await clients.pop()!.close();
    expect(await answer).toEqual({ simple: 'PONG' });
    await server.end();
  }, 2 * 60_000);

  test.runIf(isRedisCliInstalled)('redis-cli speaks to it', async () => {
    const server = start();
    const port = String(await server.ready());
    const say = (...argv: string[]): string => execFileSync('redis-cli', ['-p', port, ...argv], { encoding: 'utf8' });
    expect(say('SET', 'greeting', 'hello', 'EX', '60')).toBe('OK\n');
    expect(say('-3', 'GET', 'greeting')).toBe('hello\n');
    expect(say('INFO')).toContain('engine:threads');
    await server.end();
  });
});

test('what threads do not have is refused in one line', async () => {
  const refused: [args: string[], says: string][] = [
    [['--engine', 'nonsense'], "--engine 'nonsense': must be one of loop, threads, sequential, shared-loop"],
    [['--headless', '--engine', 'threads', '--requirepass', 'x'], "--engine threads has no setting 'requirepass'"],
    [['--headless', '--engine', 'threads', '--trace', '/tmp/t'], '--trace cannot be combined with --engine threads'],
    [['--engine', 'shared-loop'], "--engine 'shared-loop': there is no screen for it; --headless runs it without one"],
    [['--engine', 'threads'], 'the screen needs a terminal; redis-lab --headless --engine threads runs the server without it'],
    [['--engine', 'threads', '--step'], '--step cannot be combined with --engine threads'],
    [['--headless', '--engine', 'threads', '--maxmemory', '1'], 'maxmemory: a keyspace in shared memory has'],
  ];
  const printed = await Promise.all(refused.map(([args]) => cli(...args, '--port', '0')));
  for (const [i, { code, stderr }] of printed.entries()) {
    expect(stderr).toContain(refused[i]![1]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  }
});

test('sequential is a loop that serves one client until it disconnects', async () => {
  const server = startHeadless('--engine', 'sequential', '--port', '0');
  const first = await server.connect();
  expect(await first.call('PING')).toEqual({ simple: 'PONG' });
  const second = await server.connect();
  let isAnswered = false;
  const answer = second.call('PING').then((reply) => {
    isAnswered = true;
    return reply;
  });
  for (let i = 0; i < 20; i++) await first.call('PING');
  expect(isAnswered).toBe(false);
  await first.close();
  expect(await answer).toEqual({ simple: 'PONG' });
  await server.end();
});
