/**
 * A file that a server has loaded, as an input: what is needed to get the same bytes again.
 */
import { createHash } from 'node:crypto';
import { type FileToLoad, type Host, SystemHost } from '../host.js';

/** Files up to this size are kept in the recording; for larger ones a replay needs the original file. */
const KEPT_BYTES = 2 ** 20;

export interface RecordedFile {
  readonly path: string;
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** In base64; null: the file is too large to be kept. */
  readonly bytes: string | null;
}

/** Returns null if there is no such file. */
export function describeFile(host: Host, path: string): RecordedFile | null {
  const file = host.open(path);
  if (file === null) return null;
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let size = 0;
  try {
    for (let chunk = file.next(); chunk !== null; chunk = file.next()) {
      size += chunk.length;
      hash.update(chunk);
      if (size <= KEPT_BYTES) kept.push(chunk);
    }
  } finally {
    file.close();
  }
  return { path, size, sha256: hash.digest('hex'), bytes: size <= KEPT_BYTES ? Buffer.concat(kept).toString('base64') : null };
}

/** Throws {@link MissingFile} if a file that was not kept is gone, or has changed. */
export function openRecorded(recorded: RecordedFile): FileToLoad {
  if (recorded.bytes === null) return openAsItWas(recorded);
  const pieces = [Buffer.from(recorded.bytes, 'base64')].filter(({ length }) => length > 0);
  return { next: () => pieces.shift() ?? null, close() {} };
}

export class MissingFile extends Error {
  override readonly name = 'MissingFile';
}

function openAsItWas({ path, size, sha256 }: RecordedFile): FileToLoad {
  const host = new SystemHost();
  if (describeFile(host, path)?.sha256 !== sha256) {
    throw new MissingFile(`the recorded server has loaded ${path} (${size} bytes, SHA-256 ${sha256}), which is gone or has changed`);
  }
  return host.open(path)!;
}
