/**
 * Whether this user has started the lab before: the first minute is for those who have not.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { statePath } from '../state-folder.js';

/** True as long as {@link rememberFirstStart} has not been called. False where nothing can be remembered, so that nobody is led each time. */
export function isFirstStart(path = statePath('first-minute')): boolean {
  return path !== null && !existsSync(path);
}

/** A folder that takes nothing is no reason to disturb anybody. */
export function rememberFirstStart(path = statePath('first-minute')): void {
  if (path === null) return;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, '');
  } catch {
    // Next time is the first one again.
  }
}
