/**
 * Replacing a whole file: whoever reads it meanwhile sees the old content or the new one. Throws what the file system throws; the file is then as it was.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** @param bytes one character a byte */
export function replaceFile(path: string, bytes: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, bytes, 'latin1');
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
