/**
 * Drafts: files that a server killed in the middle of a save has left beside its snapshot.
 */
import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The process that writes it, and the other parts of its name: see `replaceFile`, `Persistence.saveInBackground` and `Persistence.receive`. */
const DRAFT = /^temp-(\d+)-\d+(-bg|-sync)?\.rdb$/;

/** A recently written one may belong to a process that is not visible from here, for example in another container. */
const OLD_MS = 10 * 60 * 1000;

/** Deletes the drafts in a folder that no process is writing. Returns their names. Never throws. @param pattern of their names, with the process first */
export function removeDrafts(folder: string, pattern = DRAFT): string[] {
  try {
    return readdirSync(folder).filter((name) => isLeft(folder, name, pattern) && remove(join(folder, name)));
  } catch {
    return [];
  }
}

function isLeft(folder: string, name: string, pattern: RegExp): boolean {
  const pid = pattern.exec(name)?.[1];
  if (pid === undefined || isAlive(Number(pid))) return false;
  const { mtimeMs } = statSync(join(folder, name));
  return Date.now() - mtimeMs > OLD_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
