/**
 * What redis-server 7.0.15 has answered, kept in files: so tests that compare with it stand alone where there is none.
 *
 * Where there is one, it is asked as well, and must still say what was recorded. `RECORD=1 npx vitest run test/conformance` writes the files anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { missingRedis, type RedisServerProcess, startRedisServer } from './redis-server.js';

const FOLDER = fileURLToPath(new URL('../conformance/recordings/', import.meta.url));

/** True while recordings are written instead of compared with. */
export const isRecording = process.env.RECORD === '1';

const pathOf = (name: string): string => `${FOLDER}${name}.json`;

/** Undefined if nothing was recorded under this name. */
export function readRecording<T>(name: string): T | undefined {
  const path = pathOf(name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

export function writeRecording(name: string, value: unknown): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(pathOf(name), `${JSON.stringify(value, null, 1)}\n`);
}

/** The answer of a redis-server that `ask` is given, or the recorded one. What `ask` returns must fit into JSON and be the same each time. */
export async function askRedis<T>(name: string, ask: (redis: RedisServerProcess) => Promise<T>): Promise<T> {
  const recorded = readRecording<T>(name);
  if (missingRedis !== null) {
    if (process.env.CI === 'true' || recorded === undefined) expect.fail(missingRedis);
    return recorded;
  }
  await using redis = await startRedisServer();
  const live = JSON.parse(JSON.stringify(await ask(redis))) as T;
  if (isRecording) writeRecording(name, live);
  else expect(live, `what redis-server says is not what was recorded: RECORD=1 npx vitest run test/conformance`).toEqual(recorded);
  return live;
}
