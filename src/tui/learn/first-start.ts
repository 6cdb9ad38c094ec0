/**
 * Remembers whether this user has started the lab before: the first minute is shown only once.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../shared/make-folder.js';
import { statePath } from '../state-folder.js';

/** True as long as {@link rememberFirstStart} has not been called. False if nothing can be stored, so that it is not shown each time. */
export function isFirstStart(path = statePath('first-minute')): boolean {
  return path !== null && !existsSync(path);
}

/** An unwritable folder is ignored. */
export function rememberFirstStart(path = statePath('first-minute')): void {
  if (path === null) return;
  try {
    makeFolder(dirname(path), 0o700);
    writeFileSync(path, '');
  } catch {
    // The next start counts as the first one again.
  }
}
