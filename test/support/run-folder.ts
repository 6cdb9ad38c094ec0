/**
 * A folder for what all files of one run share, removed at its end: the code that V8 has compiled of the programs that they start, since compiling is a third of
 * what a start costs, and the packed tarball. Nothing is left in the home of whoever runs the tests, and no run finds code of another.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.js';

/** The workers inherit these, and the programs from them. Called for each project of the run; the first makes the folder. */
export default function setup(): (() => void) | undefined {
  if (process.env.RUN_FOLDER !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-run-'));
  process.env.RUN_FOLDER = folder;
  process.env.XDG_CACHE_HOME = folder;
  // Of Node itself, which keeps nothing unless it is asked to.
  process.env.NODE_COMPILE_CACHE = join(folder, 'node');
  delete process.env.NODE_DISABLE_COMPILE_CACHE;
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const cancel = atExit(remove);
  return () => {
    cancel();
    remove();
  };
}
