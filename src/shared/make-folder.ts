/**
 * makeFolder: creates a folder, and those above it that are missing.
 *
 * Node's own recursive mkdir never returns where the system answers ENOENT although the folder above exists, as in /proc.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Throws the error of mkdir(2). A folder that exists is left as it is. @param mode of those that it creates */
export function makeFolder(path: string, mode = 0o777): void {
  const absolute = resolve(path);
  const above = dirname(absolute);
  try {
    mkdirSync(absolute, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(absolute).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(above)) throw error;
    makeFolder(above, mode);
    makeFolder(absolute, mode);
  }
}
