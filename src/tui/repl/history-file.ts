/**
 * The console's history on disk: one line per entry, oldest first, readable only by its owner. All running labs share it; each appends its lines.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { makeFolder } from '../../shared/make-folder.js';
import { statePath } from '../state-folder.js';
import { isSecret, MAX_HISTORY } from '../state/repl-reduce.js';
import { fromBytes, toBytes } from '../state/typed-text.js';

/** In the state folder; `REDIS_LAB_HISTFILE` names another file, and an empty value means none. Null also for a user without a home. */
export function historyPath(environment: NodeJS.ProcessEnv = process.env, homeOf = homedir): string | null {
  const { REDIS_LAB_HISTFILE: chosen } = environment;
  if (chosen !== undefined) return chosen === '' ? null : chosen;
  return statePath('history', environment, homeOf);
}

export class HistoryFile {
  constructor(private readonly path: string | null) {}

  /** Returns the newest entries. A file that is much too long is truncated. Empty if there is no file, or it cannot be read. */
  load(): readonly string[] {
    if (this.path === null) return [];
    try {
      const lines = fromBytes(readFileSync(this.path, 'latin1')).split('\n').filter((line) => line !== '');
      const kept = lines.slice(-MAX_HISTORY);
      if (lines.length > 2 * MAX_HISTORY) writeFileSync(this.path, toBytes(`${kept.join('\n')}\n`), { mode: 0o600, encoding: 'latin1' });
      return kept;
    } catch {
      return [];
    }
  }

  /** Stores a line, unless it contains a password. Errors are ignored. */
  append(line: string): void {
    if (this.path === null || line === '' || isSecret(line)) return;
    try {
      makeFolder(dirname(this.path), 0o700);
      appendFileSync(this.path, toBytes(`${line}\n`), { mode: 0o600, encoding: 'latin1' });
    } catch {
      // Read-only homes exist; the history of this run still works.
    }
  }
}
