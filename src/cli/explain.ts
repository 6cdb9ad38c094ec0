/**
 * Why there is no server, in one line for people; what nobody expected keeps its details.
 */
import { toBytes } from '../server/config/bytes.js';
import { OutOfMemoryError, StartError } from '../server/index.js';
import { FileExistsError } from './trace-file.js';

const REASONS: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'not a directory',
  ENXIO: 'no such device or address',
  EROFS: 'the file system is read-only',
};

/** A byte string. */
export function explain(error: unknown): string {
  const { code, path, message, stack } = error as NodeJS.ErrnoException;
  if (error instanceof StartError || error instanceof OutOfMemoryError) return toBytes(message);
  // Made of bytes already.
  if (error instanceof FileExistsError) return message;
  if (path !== undefined) return toBytes(`cannot open '${path}': ${(code === undefined ? undefined : REASONS[code]) ?? message}`);
  return toBytes(stack ?? message ?? String(error));
}
