/**
 * Finds the processes that a program has started, also those that have left its process group: their environments contain its mark, or they descend from it.
 * Linux only.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { statOf } from './process-facts.js';

/** The environment variable with the mark. */
export const MARK = 'REDIS_LAB_PROGRAM';

/** A process may start another one while they are being looked for. */
const MOST_ROUNDS = 5;

export const newMark = (): string => randomUUID();

/** The processes that this one has started, and so on, as far as those in between have not ended. */
export function descendantsOf(pid: number): readonly number[] {
  const byParent = new Map<number, number[]>();
  for (const each of processes()) {
    const parent = parentOf(each);
    byParent.set(parent, [...(byParent.get(parent) ?? []), each]);
  }
  const found = [...(byParent.get(pid) ?? [])];
  for (const each of found) found.push(...(byParent.get(each) ?? []));
  return found;
}

/** 0: it has ended, or is the first of all. */
function parentOf(pid: number): number {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return 0;
  }
}

export function killEach(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Kills every process whose environment had the mark when it was started. */
export function killMarked(mark: string): void {
  for (let round = 0; round < MOST_ROUNDS && kill(mark); round++);
}

/** True if there was one. */
function kill(mark: string): boolean {
  const found = processes().filter((pid) => isMarked(pid, `${MARK}=${mark}`));
  killEach(found);
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
