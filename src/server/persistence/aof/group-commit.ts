/**
 * GroupCommit: writes changes to the disk with `appendfsync always`, and knows how much of the file is on the disk.
 *
 *   loop      │ SET │ SET │ GET │ SET …            collects in the buffer while an append is in progress
 *   helper    ├─ write, fsync ─┤├─ write, fsync ─┤   one group each: many changes share one fsync
 *   offset    safeOffset ──▲        ▲── end          bytes since the start: output to clients waits until safeOffset has reached it
 *
 * If an append fails, its group is tried again when its owner says so, and later ones wait: there is never a gap. More than one group waits only if a rewrite
 * has begun another file in between.
 */
import type { JobError, JobResult } from '../../background/job.js';
import type { Jobs } from '../../background/jobs.js';
import type { AofFiles } from './files.js';

/** Changes that are written to the disk together. */
interface Group {
  readonly fd: number;
  /** Length of the file before them. */
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The offset after them. */
  readonly end: number;
  readonly sinceMs: number;
  /** The number of the append in progress; null: there is none. */
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
  /** Called when these bytes are in the file. */
  wrote(fd: number, bytes: number): void;
  /** Called when a group is on the disk, or has failed. */
  done(error: JobError | null): void;
}

export class GroupCommit {
  /** Everything before this offset is on the disk. */
  safeOffset = 0;
  /** The offset after the last group. */
  end = 0;
  private groups: Group[] = [];
  /** Files that are not written to after the current groups. */
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

  /** True if something is being written to the disk, or has failed to be. */
  get isBusy(): boolean {
    return this.groups.length > 0;
  }

  /** Bytes that are not on the disk, and since when the oldest of them waits. */
  get waiting(): { readonly bytes: number; readonly sinceMs: number } {
    return { bytes: this.end - this.safeOffset, sinceMs: this.groups[0]?.sinceMs ?? 0 };
  }

  /** Returns the bytes that are still to be written to a file. */
  bytesFor(fd: number): number {
    return this.groups.reduce((sum, group) => (group.fd === fd ? sum + group.bytes.length : sum), 0);
  }

  /** @param at length of the file, without what other groups add */
  add(fd: number, at: number, bytes: Uint8Array<ArrayBuffer>, nowMs: number): void {
    this.end += bytes.length;
    this.groups.push({ fd, at: at + this.bytesFor(fd), bytes, end: this.end, sinceMs: nowMs, job: null });
    if (this.groups.length === 1) this.submit();
  }

  /** Tries the failed group again. */
  retry(): void {
    if (this.groups[0]?.job === null) this.submit();
  }

  /** Closes a file after its last group: it is not written to any more. */
  closeBehind(fd: number): void {
    this.closing.push(fd);
  }

  /** Waits until everything is on the disk; an append in progress is completed first. Returns null, or why it failed. */
  finish(): JobError | null {
    while (this.groups.length > 0) {
      const { fd, at, bytes } = this.groups[0]!;
      const { value, error } = this.server.files.complete(fd, at, bytes);
      this.took(value);
      if (error !== null) return error;
      this.leave();
    }
    return null;
  }

  /** Gives up what is not on the disk. */
  clear(): void {
    this.groups = [];
    this.safeOffset = this.end;
    this.closeOthers();
  }

  private submit(): void {
    const [group, ...rest] = this.groups;
    const { fd, at, bytes } = group!;
    // The bytes of a job are unusable afterwards; those of the group may be needed again.
    const job = this.server.jobs.submit({ kind: 'append', fd, at, bytes: bytes.slice() }, (result) => this.appended(job, result));
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

  /** This many bytes of the first group are written. */
  private took(bytes: number): void {
    const group = this.groups[0]!;
    if (bytes === 0) return;
    this.groups[0] = { ...group, at: group.at + bytes, bytes: group.bytes.slice(bytes) };
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
