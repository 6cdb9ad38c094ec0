/**
 * Remembers which experiments this user has done, between runs of the lab; if nothing can be stored, it is forgotten.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../shared/make-folder.js';
import { statePath } from '../state-folder.js';

const FILE = 'experiments.json';

/** The names of the experiments that are done. */
export function doneExperiments(path = statePath(FILE)): ReadonlySet<string> {
  try {
    const { done } = JSON.parse(readFileSync(path!, 'utf8')) as { done?: unknown };
    return new Set(Array.isArray(done) ? done.filter((name) => typeof name === 'string') : []);
  } catch {
    // There is no file yet, or its content is invalid.
    return new Set();
  }
}

/** An unwritable folder is ignored. */
export function rememberDone(name: string, path = statePath(FILE)): void {
  if (path === null) return;
  try {
    makeFolder(dirname(path), 0o700);
    writeFileSync(path, `${JSON.stringify({ done: [...new Set([...doneExperiments(path), name])] })}\n`);
  } catch {
    // The experiment counts as not done the next time.
  }
}

export function forgetDone(path = statePath(FILE)): void {
  if (path !== null) rmSync(path, { force: true });
}
