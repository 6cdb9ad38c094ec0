/** `redis-lab check` on the solutions of the course: what they are, and what each of them cannot do yet. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'vitest';
import { findLesson } from '../../src/course/index.js';
import { cli } from '../support/cli.js';
import { ROOT } from './verdict.js';

/** A check that a loaded machine makes slow. */
const PATIENCE_MS = 180_000;

const PROBES = ['ping', 'many-pings', 'second-client', 'echo', 'set-get', 'half-frame', 'byte-by-byte', 'pipeline', 'half-close', 'reset', 'rest-after-full'];

/** Probes that fail: of commands that the lesson does not have, and of what a later lesson mends. */
const FAILS: { readonly [lesson: string]: readonly string[] } = {
  // Bytes of large replies are lost: a write may take less than it was given, which is lesson 07.
  '05': ['rest-after-full'],
  '06': ['rest-after-full'],
  '07': ['set-get'],
  '08': ['echo', 'set-get'],
  '09': ['set-get'],
  '10': ['echo'],
};

interface Verdict {
  readonly kind: string;
  readonly probes: readonly { readonly name: string; readonly result: string }[];
}

async function judge(lesson: string): Promise<Verdict> {
  const solution = join(ROOT, 'dist/course/lessons', findLesson(lesson)!.name, 'solution.js');
  const server = spawn(process.execPath, [join(ROOT, 'test/course/serve.mjs'), solution], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const { stdout } = await cli('check', '--target', `127.0.0.1:${port.toString().trim()}`, '--json', '--only', PROBES.join(','));
    return JSON.parse(stdout) as Verdict;
  } finally {
    server.kill('SIGKILL');
  }
}

test.concurrent.for(Object.entries(FAILS))('lesson %s: an event loop, and nothing fails but %s', { timeout: PATIENCE_MS }, async ([lesson, fails], { expect }) => {
  const { kind, probes } = await judge(lesson);
  expect(probes.filter(({ result }) => result === 'fail').map(({ name }) => name)).toEqual(fails);
  expect(kind).toBe('event-loop');
});
