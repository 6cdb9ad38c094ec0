/**
 * Finds the processes that a program has started, also those that have left its process group: their environments contain its mark. Linux only.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** The environment variable with the mark. */
export const MARK = 'REDIS_LAB_PROGRAM';

/** A process may start another one while they are being looked for. */
const MOST_ROUNDS = 5;

export const newMark = (): string => randomUUID();

/** Kills every process whose environment had the mark when it was started. */
export function killMarked(mark: string): void {
  for (let round = 0; round < MOST_ROUNDS && kill(mark); round++);
}

/** True if there was one. */
function kill(mark: string): boolean {
  const found = processes().filter((pid) => isMarked(pid, `${MARK}=${mark}`));
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  return found.length > 0;
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid);
  } catch {
    return [];
  }
}

/** False for processes of other users, and for those that have ended. */
function isMarked(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable);
  } catch {
    return false;
  }
}
