/**
 * The hosts of a recorded and of a replayed server: answers are written to the tape as JSON, and read from it again.
 */
import { type FileContent, type FileToLoad, type Host, type HostMemory, SystemHost } from '../host.js';
import type { Heap } from '../measuring/heap-watch.js';
import { HOST, HOST_FILE, HOST_SECRET } from './inputs.js';
import { FileBeingRecorded, FileOfRecording, type OpenedFile, type RecordedFile } from './recorded-file.js';
import type { TapeWriter } from './tape.js';
import type { ReplayWorld } from './replay-world.js';

/** The first byte of an answer that contains a file. */
const PLUS = 43;

export class RecordingHost implements Host {
  readonly pid: number;
  readonly executable: string;

  constructor(
    private readonly inner: Host,
    private readonly tape: TapeWriter,
  ) {
    this.pid = this.record(inner.pid);
    this.executable = this.record(inner.executable);
  }

  memory(): HostMemory {
    return this.record(this.inner.memory());
  }

  heap(): { readonly [name: string]: number } {
    return this.record(this.inner.heap());
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return this.record(this.inner.processorTime());
  }

  randomHex(digits: number): string {
    return this.record(this.inner.randomHex(digits), HOST_SECRET);
  }

  uniqueHex(digits: number): string {
    return this.record(this.inner.uniqueHex(digits));
  }

  sleep(ms: number): void {
    this.inner.sleep(ms);
  }

  attempt(action: () => void): string | null {
    return this.record(this.inner.attempt(action));
  }

  act<T>(action: () => T, otherwise: T): T {
    return this.record(this.inner.act(action, otherwise));
  }

  /** Recorded as bytes, so that a redactor can find secrets: after a `+` the content of the file, after a `-` why it could not be read. */
  readFile(path: string): FileContent {
    const content = this.inner.readFile(path);
    const answer = Buffer.from('bytes' in content ? `+${content.bytes}` : `-${content.complaint}`, 'latin1');
    this.tape.byte(HOST_FILE);
    this.tape.number(answer.length);
    this.tape.bytes(answer, 0, answer.length);
    return content;
  }

  choose(find: () => number): number {
    return this.record(this.inner.choose(find));
  }

  open(path: string): FileToLoad | null {
    const file = this.inner.open(path);
    this.record<OpenedFile | null>(file === null ? null : { path, size: file.size });
    return file === null ? null : new FileBeingRecorded(this.inner, path, file, (recorded) => this.record(recorded));
  }

  /** The watched heap: each check of it is an answer as well. */
  heapOf(inner: Heap): Heap {
    return { used: () => this.record(inner.used()), limit: this.record(inner.limit), collect: () => inner.collect() };
  }

  private record<T>(answer: T, tag = HOST): T {
    this.tape.byte(tag);
    this.tape.text(JSON.stringify(answer));
    return answer;
  }
}

/** What a recorded host has answered once, at the start. */
export interface ReplayHostState {
  readonly pid: number;
  readonly executable: string;
  /** Null: the heap was not watched. */
  readonly heapLimit: number | null;
  /** The last answer to each question. */
  readonly last: readonly (readonly [question: string, answer: unknown])[];
}

export class ReplayHost implements Host {
  readonly pid: number;
  readonly executable: string;
  /** The watched heap. */
  readonly watched: Heap | null;
  /** The files that were read, in order. */
  readonly files: FileContent[] = [];
  /** The last answer to each question. */
  private readonly last: Map<string, unknown>;

  /** @param state what was answered already, if the replay begins later than at the start */
  constructor(
    private readonly world: ReplayWorld,
    hasWatchedHeap: boolean,
    state: ReplayHostState | null,
  ) {
    this.last = new Map(state?.last);
    this.pid = state?.pid ?? this.answer('the process', 0);
    this.executable = state?.executable ?? this.answer('the program', '');
    this.watched = hasWatchedHeap ? this.heapOf(state?.heapLimit ?? this.answer('the limit of the heap', 0)) : null;
  }

  capture(): ReplayHostState {
    return { pid: this.pid, executable: this.executable, heapLimit: this.watched?.limit ?? null, last: [...this.last] };
  }

  memory(): HostMemory {
    return this.answer('memory', { resident: 0, total: 0 });
  }

  heap(): { readonly [name: string]: number } {
    return this.answer('the heap in detail', {});
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return this.answer('processor time', { user: 0, system: 0 });
  }

  randomHex(digits: number): string {
    return this.world.isDetached ? new SystemHost().randomHex(digits) : this.answer('random digits', '', HOST_SECRET);
  }

  uniqueHex(digits: number): string {
    return this.world.isDetached ? new SystemHost().uniqueHex(digits) : this.answer('digits of its own', '');
  }

  /** A replay does not wait. */
  sleep(): void {}

  /** Nothing is done to the machine again. */
  attempt(): string | null {
    return this.world.isDetached ? 'this is the past' : this.answer('what became of an action', null);
  }

  act<T>(_action: () => T, otherwise: T): T {
    return this.world.isDetached ? otherwise : this.answer('what an action has led to', otherwise);
  }

  readFile(): FileContent {
    if (this.world.isDetached) return { complaint: 'this is the past' };
    this.world.expect(HOST_FILE, 'a file');
    const answer = this.world.tape.blob();
    const text = answer.latin1Slice(1);
    const content = answer[0] === PLUS ? { bytes: text } : { complaint: text };
    this.files.push(content);
    return content;
  }

  choose(find: () => number): number {
    return this.world.isDetached ? find() : this.answer('the place of a password', -1);
  }

  open(): FileToLoad | null {
    const opened = this.answer<OpenedFile | null>('a file', null);
    return opened === null ? null : new FileOfRecording(opened, () => this.answer<RecordedFile | null>('what is in a file', null));
  }

  private heapOf(limit: number): Heap {
    return { used: () => this.answer('the heap', 0), limit, collect() {} };
  }

  /** @param unknown the answer of a detached server to a question that it has not asked before */
  private answer<T>(asked: string, unknown: T, tag = HOST): T {
    if (this.world.isDetached) return this.last.has(asked) ? (this.last.get(asked) as T) : unknown;
    this.world.expect(tag, asked);
    const text = this.world.tape.text();
    try {
      const answer = JSON.parse(text) as T;
      this.last.set(asked, answer);
      return answer;
    } catch {
      return this.world.diverge(0, asked, 'an answer that is none');
    }
  }
}
