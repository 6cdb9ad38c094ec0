/**
 * A file that a server has loaded, as an input: what is needed to get the same bytes again.
 *
 *   open      {path, size}, or null             on the tape, in this order
 *   prepare   {path, size, sha256, bytes}       when the whole file has been read once, chunk by chunk, between the turns of the loop
 */
import { createHash, type Hash } from 'node:crypto';
import { CHUNK_BYTES, type FileToLoad, type Host, SystemHost } from '../host.js';

/** Files up to this size are kept in the recording; for larger ones a replay needs the original file. */
const KEPT_BYTES = 2 ** 20;

/** What the tape says of a file that was opened. */
export interface OpenedFile {
  readonly path: string;
  readonly size: number;
}

export interface RecordedFile extends OpenedFile {
  /** In hexadecimal. */
  readonly sha256: string;
  /** In base64; null: the file is too large to be kept. */
  readonly bytes: string | null;
}

/** Calls of `prepare` that read a piece, each of which says that there is more to do. */
const piecesOf = ({ size }: { readonly size: number }): number => Math.ceil(size / CHUNK_BYTES);

/** A file of a recorded server. */
export class FileBeingRecorded implements FileToLoad {
  readonly size: number;
  private readonly examination: FileExamination;
  private isRecorded = false;

  /** @param file of this path, which was opened to be loaded @param record is told once what the file is */
  constructor(
    host: Host,
    path: string,
    private readonly file: FileToLoad,
    private readonly record: (file: RecordedFile) => void,
  ) {
    this.size = file.size;
    this.examination = new FileExamination(host, path, file.size);
  }

  prepare(): boolean {
    if (this.examination.step()) return true;
    if (!this.isRecorded) this.record(this.examination.end());
    this.isRecorded = true;
    return false;
  }

  next(): Buffer | null {
    return this.file.next();
  }

  close(): void {
    this.examination.close();
    this.file.close();
  }
}

/** Reads a file once, piece by piece, to know what is in it. */
class FileExamination {
  private readonly hash: Hash = createHash('sha256');
  private readonly kept: Buffer[] = [];
  private left: number;
  private file: FileToLoad | null = null;

  constructor(
    private readonly host: Host,
    private readonly path: string,
    private readonly size: number,
  ) {
    this.left = piecesOf({ size });
  }

  /** One piece. False: all of them have been read. */
  step(): boolean {
    if (this.left === 0) return false;
    this.left--;
    const { path } = this;
    this.file ??= this.host.open(path);
    const chunk = this.file?.next() ?? null;
    if (chunk === null) return true;
    this.hash.update(chunk);
    if (this.size <= KEPT_BYTES) this.kept.push(Buffer.from(chunk));
    return true;
  }

  end(): RecordedFile {
    const { path, size, kept } = this;
    this.close();
    return { path, size, sha256: this.hash.digest('hex'), bytes: size <= KEPT_BYTES ? Buffer.concat(kept).toString('base64') : null };
  }

  close(): void {
    this.file?.close();
    this.file = null;
  }
}

export class MissingFile extends Error {
  override readonly name = 'MissingFile';
}

/** A file of a server that lives through its recording. */
export class FileOfRecording implements FileToLoad {
  readonly size: number;
  private left: number;
  private file: FileToLoad | null = null;

  /** @param recorded what the tape says of the file once it has been examined */
  constructor(
    opened: OpenedFile,
    private readonly recorded: () => RecordedFile | null,
  ) {
    this.size = opened.size;
    this.left = piecesOf(opened);
  }

  /** Throws {@link MissingFile} if a file that was not kept is gone, or is another one by now. */
  prepare(): boolean {
    if (this.left-- > 0) return true;
    const recorded = this.file === null ? this.recorded() : null;
    if (recorded !== null) this.file = openRecorded(recorded);
    return false;
  }

  next(): Buffer | null {
    return this.file?.next() ?? null;
  }

  close(): void {
    this.file?.close();
  }
}

function openRecorded(recorded: RecordedFile): FileToLoad {
  if (recorded.bytes === null) return openAsItWas(recorded);
  const pieces = [Buffer.from(recorded.bytes, 'base64')].filter(({ length }) => length > 0);
  return { size: recorded.size, prepare: () => false, next: () => pieces.shift() ?? null, close() {} };
}

function openAsItWas({ path, size, sha256 }: RecordedFile): FileToLoad {
  const host = new SystemHost();
  const file = host.open(path);
  if (file === null || file.size !== size || sha256Of(host, path, size) !== sha256) {
    file?.close();
    throw new MissingFile(`the recorded server has loaded ${path} (${size} bytes, SHA-256 ${sha256}), which is gone or has changed`);
  }
  return file;
}

function sha256Of(host: Host, path: string, size: number): string {
  const examination = new FileExamination(host, path, size);
  try {
    while (examination.step());
    return examination.end().sha256;
  } finally {
    examination.close();
  }
}
