/**
 * GroupCommit: with `appendfsync always`, how changes come to the disk, and how far the file is there.
 *
 *   loop      │ SET │ SET │ GET │ SET …            gathers in the buffer while an append is under way
 *   helper    ├─ write, fsync ─┤├─ write, fsync ─┤   a group each: many changes share one fsync
 *   offset    safeOffset ──▲        ▲── end          bytes since the start: what clients are told waits until safeOffset is there
 *
 * Where an append fails, its group is tried again when its owner says so, and those behind it wait: there is never a gap. More than one group waits only where
 * a rewrite has begun another file in between.
 */
import type { JobError, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import { type AofFiles, encoded } from './files.js';

/** Changes that come to the disk together. */
interface Group {
  readonly fd: number;
  /** What of the file is in front of them. */
  readonly at: number;
  readonly pieces: readonly string[];
  readonly length: number;
  /** The offset behind them. */
  readonly end: number;
  readonly sinceMs: number;
  /** The number of the append that is under way; null: none is. */
  readonly job: number | null;
}

export interface GroupCommitState {
  readonly groups: readonly Group[];
  readonly safeOffset: number;
  readonly end: number;
  readonly closing: readonly number[];
}

interface Surroundings {
  readonly files: AofFiles;
  readonly jobs: Pick<Jobs, 'submit' | 'resume'>;
  /** These bytes are in the file now. */
  wrote(fd: number, bytes: number): void;
  /** A group is on the disk, or it is not. */
  done(error: JobError | null): void;
}

export class GroupCommit {
  /** What is before it is on the disk. */
  safeOffset = 0;
  /** Behind the last group. */
  end = 0;
  private groups: Group[] = [];
  /** Files that are not written to any more behind the groups that there are. */
  private closing: number[] = [];

  constructor(private readonly server: Surroundings) {}

  capture(): GroupCommitState {
    return { groups: this.groups.slice(), safeOffset: this.safeOffset, end: this.end, closing: this.closing.slice() };
  }

  restore({ groups, safeOffset, end, closing }: GroupCommitState): void {
    Object.assign(this, { groups: groups.slice(), safeOffset, end, closing: closing.slice() });
    const job = groups[0]?.job ?? null;
    if (job !== null) this.server.jobs.resume(job, (result) => this.appended(job, result));
  }

  /** Something is on its way to the disk, or has failed to come there. */
  get isBusy(): boolean {
    return this.groups.length > 0;
  }

  /** Bytes that are not on the disk, and since when the oldest of them waits. */
  get waiting(): { readonly bytes: number; readonly sinceMs: number } {
    return { bytes: this.end - this.safeOffset, sinceMs: this.groups[0]?.sinceMs ?? 0 };
  }

  /** Bytes that are still to be written to a file. */
  bytesFor(fd: number): number {
    return this.groups.reduce((sum, group) => (group.fd === fd ? sum + group.length : sum), 0);
  }

  /** @param at what is in the file, without what other groups bring */
  add(fd: number, at: number, pieces: readonly string[], length: number, nowMs: number): void {
    this.end += length;
    this.groups.push({ fd, at: at + this.bytesFor(fd), pieces, length, end: this.end, sinceMs: nowMs, job: null });
    if (this.groups.length === 1) this.submit();
  }

  /** Tries the group again that has failed. */
  retry(): void {
    if (this.groups[0]?.job === null) this.submit();
  }

  /** The file is not written to any more: it is closed behind its last group. */
  closeBehind(fd: number): void {
    this.closing.push(fd);
  }

  /** The loop itself waits until all is on the disk. What is under way comes to its end first. Null, or why it is not there. */
  finish(): JobError | null {
    while (this.groups.length > 0) {
      const { fd, at, pieces, length } = this.groups[0]!;
      const { value, error } = this.server.files.complete(fd, at, pieces, length);
      this.took(value);
      if (error !== null) return error;
      this.leave();
    }
    return null;
  }

  /** What is not on the disk is given up. */
  clear(): void {
    this.groups = [];
    this.safeOffset = this.end;
    this.closeOthers();
  }

  private submit(): void {
    const [group, ...rest] = this.groups;
    const { fd, at, pieces, length } = group!;
    const job = this.server.jobs.submit({ kind: 'append', fd, at, bytes: encoded(pieces, length) }, (result) => this.appended(job, result));
    this.groups = [{ ...group!, job }, ...rest];
  }

  private appended(job: number, { value, error }: JobResult): void {
    // It may have been finished meanwhile.
    if (this.groups[0]?.job !== job) return;
    this.took(value);
    if (error !== null) this.groups[0] = { ...this.groups[0], job: null };
    else this.leave();
    this.server.done(error);
    if (error === null) this.retry();
  }

  /** So much of the first group is written. */
  private took(bytes: number): void {
    const group = this.groups[0]!;
    if (bytes === 0) return;
    this.groups[0] = { ...group, at: group.at + bytes, pieces: behind(group.pieces, bytes), length: group.length - bytes };
    this.server.wrote(group.fd, bytes);
  }

  private leave(): void {
    this.safeOffset = this.groups.shift()!.end;
    this.closeOthers();
  }

  private closeOthers(): void {
    const { groups, closing, server } = this;
    if (closing.length === 0) return;
    const isNeeded = (fd: number): boolean => groups.some((group) => group.fd === fd);
    for (const fd of closing) if (!isNeeded(fd)) server.files.close(fd);
    this.closing = closing.filter(isNeeded);
  }
}

/** What is left of the pieces behind the first `bytes` of them. */
export function behind(pieces: readonly string[], bytes: number): string[] {
  const rest: string[] = [];
  let skip = bytes;
  for (const piece of pieces) {
    if (skip < piece.length) rest.push(piece.slice(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return rest;
}
