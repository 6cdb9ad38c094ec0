/**
 * A real redis-server beside the tests: the oracle that conformance tests compare with.
 *
 *     describeWithRedis('SET and GET', () => {
 *       test('…', async () => {
 *         await using redis = await startRedisServer();
 *         await using client = await RespClient.connect(redis.port);
 *
 * Where there is no redis-server 7.0 the suite says that it was left out and why; with CI=true that is a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { atExit } from './at-exit.js';

/** Why there is no oracle here; null if there is one. */
export const missingRedis = whyMissing();

export interface RedisServerProcess extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Its own temporary directory, removed in the end. */
  readonly dir: string;
  close(): Promise<void>;
}

/** `describe` for suites that need redis-server. */
export function describeWithRedis(name: string, body: () => void): void {
  if (missingRedis === null) describe(name, body);
  else if (process.env.CI === 'true') test(name, () => expect.fail(missingRedis));
  else describe.skip(`${name} (left out: ${missingRedis})`, body);
}

/**
 * Starts redis-server on a free port, without persistence. `args` are further settings: `['--maxmemory', '1mb']`.
 * Resolves when it accepts connections; rejects with its last words if it ends before.
 */
export async function startRedisServer(args: readonly string[] = []): Promise<RedisServerProcess> {
  if (missingRedis !== null) throw new Error(missingRedis);
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-oracle-'));
  const port = await freePort();
  const child = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', dir, '--enable-debug-command', 'yes', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
  const ended = once(child, 'exit');
  const cancelKill = atExit(() => void child.kill('SIGKILL'));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    cancelKill();
    rmSync(dir, { recursive: true, force: true });
  };
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume();
      return { port, pid: child.pid!, dir, close, [Symbol.asyncDispose]: close };
    }
    last = line;
  }
  await close();
  throw new Error(`redis-server ended before it was ready: ${complaint || last}`);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

function whyMissing(): string | null {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  const version = / v=(\d+\.\d+)/.exec(stdout ?? '')?.[1];
  if (version === undefined) return 'redis-server is not on the PATH';
  return version === '7.0' ? null : `redis-server is ${version}, and what we compare with is 7.0`;
}
