/**
 * What error codes of the file system mean, in words for users.
 */
export const SYSTEM_REASONS: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'not a directory',
  ENXIO: 'no such device or address',
  EROFS: 'the file system is read-only',
};

/** Returns what an error means, without the file that it is about. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : SYSTEM_REASONS[code]) ?? message;
}
