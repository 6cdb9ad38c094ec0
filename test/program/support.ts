/**
 * Programs in the lab without its screen, for tests.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { beginTape, headOf, type OpenTape, type ProgramOptions, ProgramServer } from '../../src/program/index.js';

const MAIN = new URL('../../dist/program/child/main.js', import.meta.url).pathname;

/** The solution of a lesson, by its name. */
export const solution = (lesson: string): string => new URL(`../../dist/course/lessons/${lesson}/solution.js`, import.meta.url).pathname;

/** In a folder that has nothing of the package in it. */
export function written(text: string, name = 'my-loop.js'): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Resolves when the program listens; or, run again with what was recorded, when it has begun. */
export async function startProgram(
  file: string, tape: OpenTape = beginTape(headOf(file, [], '0'), null), isAgain = false, past?: ProgramOptions['past'],
): Promise<ProgramServer> {
  const server = new ProgramServer({ name: file, file, args: [], main: MAIN, tape, isAgain, ...(past !== undefined && { past }) });
  onTestFinished(() => server.close());
  await server.started({ toBeginMs: 60_000, toOpenMs: 60_000, toUseMs: 60_000 });
  if (!isAgain) await expect.poll(() => server.port, { timeout: 60_000 }).toBeGreaterThan(0);
  return server;
}

export async function connect({ port }: ProgramServer): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}
