/** `redis-lab check`: verdicts on servers of several kinds and with known faults, and what it says where it can not judge. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PROBES } from '../../src/check/index.js';
import { createServer } from '../../src/server/index.js';
import { cli } from '../support/cli.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';

const SERVERS = fileURLToPath(new URL('servers', import.meta.url));
/** Ten busy processes beside it make a check slower, not another. */
const PATIENCE_MS = 180_000;

interface Verdict {
  readonly kind: string;
  readonly evidence: readonly string[];
  readonly probes: readonly { readonly name: string; readonly result: string; readonly came: string; readonly means?: string }[];
  readonly stages: readonly { readonly name: string; readonly passes: boolean | null }[];
}

async function run(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  const { code, stdout, stderr } = await cli('check', ...args);
  return { code, output: stdout, errors: stderr };
}

async function judge(port: number, ...args: string[]): Promise<Verdict & { code: number }> {
  const { code, output, errors } = await run('--target', `127.0.0.1:${port}`, '--json', ...args);
  expect(errors).toBe('');
  return { ...(JSON.parse(output) as Verdict), code };
}

/** Starts a program that prints its port. */
async function start(command: string, ...args: string[]): Promise<number> {
  const child = spawn(command, args, { cwd: SERVERS, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  // With the processes that it has forked.
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const failed = ({ probes }: Verdict): string[] => probes.filter(({ result }) => result === 'fail').map(({ name }) => name);

/** What stands in for all probes where the others take long. */
const ONLY = ['ping', 'many-pings', 'second-client', 'echo', 'set-get', 'expiry', 'half-frame', 'byte-by-byte', 'split-length', 'pipeline', 'order', 'binary', 'half-close', 'reset'];

/** For servers whose fault is elsewhere. */
const FEW = ['ping', 'second-client', 'set-get', 'expiry', 'half-close'];

interface Expected {
  readonly kind: string;
  readonly fails: readonly string[];
  readonly asked?: readonly string[];
  /** Besides those. */
  readonly also?: readonly string[];
}

const PYTHON: { readonly [mode: string]: Expected } = {
  threads: { kind: 'threads', fails: [] },
  asyncio: { kind: 'event-loop', asked: FEW, fails: [], also: ['slow-reader', 'idle'] },
  selectors: { kind: 'event-loop', fails: [], also: ['slow-reader', 'idle', 'rest-after-eof', 'rest-after-full'] },
  sequential: { kind: 'sequential', fails: ['second-client', 'set-get'] },
  'one-read': { kind: 'threads', fails: ['half-frame', 'byte-by-byte', 'split-length', 'pipeline', 'order'] },
  busy: { kind: 'event-loop', asked: FEW, fails: ['idle'], also: ['idle'] },
  writable: { kind: 'event-loop', asked: FEW, fails: ['idle'], also: ['idle'] },
  'ignore-eof': { kind: 'event-loop', asked: FEW, fails: ['half-close', 'rest-after-eof'], also: ['rest-after-eof'] },
  'blocking-write': { kind: 'event-loop', asked: FEW, fails: ['slow-reader'], also: ['slow-reader'] },
  text: { kind: 'threads', fails: ['byte-by-byte', 'binary'] },
  'no-expiry': { kind: 'threads', asked: FEW, fails: ['expiry'] },
};

describe.runIf(has('python3', '--version'))('servers in Python', () => {
  test.concurrent.each(Object.entries(PYTHON))('%s', { timeout: PATIENCE_MS }, async (mode, { kind, fails, asked = ONLY, also = [] }) => {
    const port = await start('python3', 'server.py', mode);
    const verdict = await judge(port, '--only', [...asked, ...also].join(','));
    expect({ kind: verdict.kind, fails: failed(verdict).toSorted() }).toEqual({ kind, fails: [...fails].toSorted() });
    expect(verdict.code).toBe(fails.length === 0 ? 0 : 1);
    // What is wrong is said, and what is right is not left out.
    for (const { result, came, means } of verdict.probes) expect({ result, came: came !== '', means: means !== undefined }).toEqual({ result, came: true, means: true });
  });
});

test.runIf(has('gcc', '--version'))('a process for each connection, in C', { timeout: PATIENCE_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(has('gcc', '-O1', '-o', join(folder, 'fork'), join(SERVERS, 'fork.c'))).toBe(true);
  const verdict = await judge(await start(join(folder, 'fork')), '--only', ONLY.join(','));
  expect({ kind: verdict.kind, fails: failed(verdict) }).toEqual({ kind: 'threads', fails: ['set-get', 'expiry'] });
  expect(verdict.evidence).toEqual(['20 more processes with 20 more clients']);
});

test.runIf(has('perl', '-MIO::Select', '-e1'))('select over all clients, in Perl, PING only: the first stages', { timeout: PATIENCE_MS }, async () => {
  const verdict = await judge(await start('perl', 'select.pl'), '--only', ONLY.join(','));
  expect({ kind: verdict.kind, fails: failed(verdict) }).toEqual({ kind: 'event-loop', fails: ['echo', 'set-get', 'expiry'] });
  expect(verdict.stages.map(({ passes }) => passes)).toEqual([true, true, true, true, false, false, false]);
});

test('the lab itself is an event loop without a fault; its keys are untouched, and none of ours stays', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const verdict = await judge(server.port);
  expect({ kind: verdict.kind, fails: failed(verdict), code: verdict.code }).toEqual({ kind: 'event-loop', fails: [], code: 0 });
  expect(verdict.probes.map(({ name }) => name)).toEqual(PROBES.map(({ name }) => name));
  expect(verdict.stages.every(({ passes }) => passes === true)).toBe(true);
  expect(await send(server.port, 'DBSIZE\r\n')).toBe(':0\r\n');
});

describeWithRedis('redis-server', () => {
  test('is an event loop without a fault', { timeout: PATIENCE_MS }, async () => {
    await using redis = await startRedisServer();
    const verdict = await judge(redis.port);
    expect({ kind: verdict.kind, fails: failed(verdict) }).toEqual({ kind: 'event-loop', fails: [] });
  });
});

describe('what can not be judged is said in one line', () => {
  /** Answers the first bytes with these. */
  async function listen(answer: string): Promise<number> {
    const server = createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.write(answer, 'latin1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  const complaint = async (port: number, ...args: string[]): Promise<string> => {
    const { code, output, errors } = await run('--target', `127.0.0.1:${port}`, ...args);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    return errors.replace(`:${port}`, ':PORT');
  };

  test('HTTP, TLS, something else, silence, nobody', async () => {
    expect(await complaint(await listen('HTTP/1.1 400 Bad Request\r\n\r\n'))).toBe('redis-lab: 127.0.0.1:PORT speaks HTTP, not the protocol of Redis\n');
    expect(await complaint(await listen('\x15\x03\x01\x00\x02\x02\x32'))).toBe('redis-lab: 127.0.0.1:PORT speaks TLS; check asks without\n');
    expect(await complaint(await listen('220 mail \x1b[31m\r\n'))).toBe('redis-lab: 127.0.0.1:PORT does not speak the protocol of Redis: it said "220 mail \\x1b[31m\\r\\n"\n');
    expect(await complaint(await listen(''))).toBe('redis-lab: 127.0.0.1:PORT takes connections, but PING brought: no reply within 2000 ms\n');
    expect(await complaint(1)).toContain('127.0.0.1:PORT: connect: ECONNREFUSED');
  });

  test('a password that is missing, or wrong, or right', async () => {
    await using server = await createServer({ port: 0, requirepass: 'secret' });
    expect(await complaint(server.port)).toBe('redis-lab: 127.0.0.1:PORT wants a password: --password, and --user where it has users\n');
    expect(await complaint(server.port, '--password', 'wrong')).toContain('AUTH: WRONGPASS');
    expect(failed(await judge(server.port, '--password', 'secret', '--only', 'ping,set-get'))).toEqual([]);
  });

  test('options that are wrong', async () => {
    const said = async (...args: string[]): Promise<string> => (await run(...args)).errors;
    expect(await said()).toContain('redis-lab: check needs a target; usage: redis-lab check --target HOST:PORT');
    expect(await said('--target', 'localhost')).toContain("--target 'localhost': must be host:port, as 127.0.0.1:6379 or [::1]:6379");
    expect(await said('--target', '127.0.0.1:1', '--only', 'pong')).toContain("--only: there is no probe 'pong'; there are ping, many-pings");
    expect(await said('--target', '127.0.0.1:1', '--lang', 'fr')).toContain("--lang 'fr': must be one of en, ko");
    expect(await said('--user', 'a', '--target', '127.0.0.1:1')).toContain('--user needs --password');
    expect(await said('--nonsense')).toContain("Unknown option '--nonsense'; usage:");
  });
});

test('a database that is not empty is not written to without being asked', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const { port } = server;
  expect(failed(await judge(port, '--only', 'set-get'))).toEqual([]);
  await send(port, 'SET mine 1\r\n');
  const [asked, allowed] = [await judge(port, '--only', 'set-get'), await judge(port, '--only', 'set-get', '--yes')];
  expect(asked.probes[0]).toMatchObject({ result: 'cannot tell', came: 'the database is not empty: --yes allows keys to be written' });
  expect(asked.stages.find(({ name }) => name === 'implement SET and GET')!.passes).toBe(null);
  expect(allowed.probes[0]).toMatchObject({ result: 'pass' });
});

async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}

test('the report for people, in Korean', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const { output } = await run('--target', `127.0.0.1:${server.port}`, '--only', 'ping', '--lang', 'ko');
  expect(output).toContain('통과');
  expect(output).toContain('PING에 답합니까?');
  expect(output).toContain('서버의 종류: 이벤트 루프');
});
