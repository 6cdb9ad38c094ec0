/**
 * The file of a tape: an unnamed one, for going back; or one named by `--record`.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withParticle } from '../shared/korean.js';
import type { Text } from '../shared/language.js';
import { TAPE_FORMAT, type TapeHead } from './tape.js';

/** Limit for going back. A recording by `--record` is limited only by the disk. */
export const MOST_TAPE_BYTES = 64 * 2 ** 20;

/** A larger file is not compared. */
const MOST_PROGRAM_BYTES = 64 * 2 ** 20;

/** Maximum length of the first line. */
const MOST_HEAD_BYTES = 64 * 1024;

/** The file is not a recording of a program, or cannot be run again. */
export class TapeFileError extends Error {
  override readonly name = 'TapeFileError';

  constructor(readonly text: Text) {
    super(text.en);
  }
}

export interface OpenTape {
  /** The descriptor for writing; for a tape that is only read, for reading. */
  readonly fd: number;
  readonly readFd: number;
  readonly head: TapeHead;
}

/**
 * Writes the first line of a tape. Throws errors of the file system.
 *
 * @param fds of an empty file; null: an unnamed one is made, which is deleted with its descriptor
 */
export function beginTape(head: TapeHead, fds: { readonly fd: number; readonly readFd: number } | null): OpenTape {
  const own = fds ?? openUnnamed();
  writeSync(own.fd, `${JSON.stringify(head)}\n`);
  return { ...own, head };
}

export function closeTape({ fd, readFd }: OpenTape): void {
  closeSync(fd);
  if (readFd !== fd) closeSync(readFd);
}

export function headOf(file: string, args: readonly string[], build: string): TapeHead {
  const nowUs = Number(process.hrtime.bigint()) / 1000;
  return {
    'redis-lab': 'program', format: TAPE_FORMAT, build, node: process.version, file, args, folder: process.cwd(), digest: digestOf(file),
    originMs: Date.now() - nowUs / 1000,
  };
}

/** Throws {@link TapeFileError} if it is not a tape, or its program is missing or has changed; and errors of the file system. */
export function openTape(path: string): OpenTape {
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MOST_HEAD_BYTES);
    const first = start.toString('utf8', 0, readSync(fd, start, 0, start.length, 0)).split('\n')[0]!;
    const head = headIn(first);
    checkProgram(head);
    return { fd, readFd: fd, head };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** In hex; empty: it cannot be read. */
export function digestOf(file: string): string {
  try {
    const stat = statSync(file);
    // Meanwhile it may be a pipe, or a device, which would not end.
    if (!stat.isFile() || stat.size > MOST_PROGRAM_BYTES) return '';
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return '';
  }
}

function openUnnamed(): { readonly fd: number; readonly readFd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-tape-'));
  try {
    const fd = openSync(join(folder, 'tape'), 'wx+', 0o600);
    return { fd, readFd: fd };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function headIn(line: string): TapeHead {
  const head = parsed(line);
  if (head === null) {
    throw new TapeFileError({ en: 'this is no recording of a program: its first line cannot be read', ko: '프로그램의 기록이 아닙니다: 첫 줄을 읽을 수 없습니다' });
  }
  const { format } = head;
  if (format > TAPE_FORMAT) {
    throw new TapeFileError({
      en: `this recording has format ${format}; this version of redis-lab reads up to ${TAPE_FORMAT}`,
      ko: `이 기록의 형식은 ${format}입니다. 이 버전의 redis-lab은 ${TAPE_FORMAT}까지 읽습니다`,
    });
  }
  return head;
}

function parsed(line: string): TapeHead | null {
  try {
    const head = JSON.parse(line) as Partial<TapeHead>;
    const { args } = head;
    const areTexts = [head.build, head.node, head.file, head.folder, head.digest].every((text) => typeof text === 'string');
    const areNumbers = Number.isInteger(head.format) && Number.isFinite(head.originMs);
    return areTexts && areNumbers && Array.isArray(args) && args.every((each) => typeof each === 'string') ? (head as TapeHead) : null;
  } catch {
    return null;
  }
}

/** Only the program that was recorded is run. */
function checkProgram({ file, digest }: TapeHead): void {
  const now = digestOf(file);
  if (now === digest && now !== '') return;
  if (now === '') throw new TapeFileError({ en: `its program ${file} is not there`, ko: `기록된 프로그램 ${withParticle(file, '이/가')} 없습니다` });
  throw new TapeFileError({
    en: `its program ${file} has been changed since it was recorded, so it would not do the same`,
    ko: `기록된 뒤에 프로그램 ${withParticle(file, '이/가')} 바뀌어 같은 동작을 하지 않습니다`,
  });
}
