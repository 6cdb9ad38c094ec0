/**
 * Which experiments this user has done. Kept from one run of the lab to the next; without a place to keep it, nothing is.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { statePath } from '../state-folder.js';

const FILE = 'experiments.json';

/** The names of those that are done. */
export function doneExperiments(path = statePath(FILE)): ReadonlySet<string> {
  try {
    const { done } = JSON.parse(readFileSync(path!, 'utf8')) as { done?: unknown };
    return new Set(Array.isArray(done) ? done.filter((name) => typeof name === 'string') : []);
  } catch {
    // There is no file yet, or it holds something else.
    return new Set();
  }
}

/** A folder that takes nothing is no reason to disturb anybody. */
export function rememberDone(name: string, path = statePath(FILE)): void {
  if (path === null) return;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify({ done: [...new Set([...doneExperiments(path), name])] })}\n`);
  } catch {
    // The next time it is to be done again.
  }
}

export function forgetDone(path = statePath(FILE)): void {
  if (path !== null) rmSync(path, { force: true });
}
