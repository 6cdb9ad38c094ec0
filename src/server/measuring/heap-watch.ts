/**
 * HeapWatch: prevents V8 from reaching its limit, where it would end the thread, and the data with it.
 *
 *   share of the limit    below 80 %     quiet
 *                         from 80 %      warned: one line in the log, and on the screen
 *                         from 90 %      full: commands that need memory are refused, as at maxmemory
 *
 * What V8 counts as used contains garbage. So the garbage is collected before anything is reported or refused, which V8 would have to do soon anyway, and,
 * while the heap is full, once the keyspace has become smaller. The heap is checked while commands arrive, every tenth of a second, and more often from the
 * first mark on: an idle loop keeps sleeping. While a script or a transaction runs, the clock stands still; there the heap is checked whenever the keyspace has
 * grown or shrunk by a small share of the limit.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const WARN_SHARE = 0.8;
const FULL_SHARE = 0.9;
/** Below this, the next rise is reported again. */
const QUIET_SHARE = 0.7;
/** By what share of the limit the keyspace must shrink before a full heap is collected again. */
const RELIEF_SHARE = 0.02;
/** By what share of the limit the keyspace must change before the heap is checked within a script or a transaction. */
const STEP_SHARE = 1 / 256;

/** Milliseconds until the next check. */
const QUIET_MS = 100;
const WARNED_MS = 2;

export interface Heap {
  /** Bytes in use, with garbage. */
  used(): number;
  /** Its maximum size in bytes; V8 gives up somewhat later. */
  readonly limit: number;
  /** Collects all garbage, at once. */
  collect(): void;
}

/** The state of a heap watch between two checks. */
export interface HeapWatchState {
  readonly isFull: boolean;
  readonly isWarned: boolean;
  readonly keyspaceBytes: number;
  readonly seenBytes: number;
  readonly warnAt: number;
  readonly fullAt: number;
}

export class HeapWatch {
  /** Commands that need memory are refused. */
  isFull = false;
  private isWarned = false;
  /** Counted size of the keyspace when garbage was last collected for a full heap. */
  private keyspaceBytes = 0;
  /** Counted size of the keyspace at the last check. */
  private seenBytes = 0;
  /** Shares at which garbage is collected before the heap is judged: above the marks if little of it was garbage, or each check would collect. */
  private warnAt = WARN_SHARE;
  private fullAt = FULL_SHARE;

  /** @param warn writes a line to the log */
  constructor(
    private readonly heap: Heap,
    private readonly warn: (message: string) => void,
  ) {}

  capture(): HeapWatchState {
    const { isFull, isWarned, keyspaceBytes, seenBytes, warnAt, fullAt } = this;
    return { isFull, isWarned, keyspaceBytes, seenBytes, warnAt, fullAt };
  }

  restore(state: HeapWatchState): void {
    Object.assign(this, state);
  }

  /** Checks the heap. Returns in how many ms to check again. @param keyspaceBytes counted size of the keyspace */
  look(keyspaceBytes: number): number {
    this.seenBytes = keyspaceBytes;
    if (this.isFull) this.lookForRelief(keyspaceBytes);
    else if (this.share() < QUIET_SHARE) this.calmDown();
    else if (!this.isWarned && this.share() >= this.warnAt) this.approach();
    if (!this.isFull && this.share() >= this.fullAt) this.fill(keyspaceBytes);
    return this.share() < QUIET_SHARE ? QUIET_MS : WARNED_MS;
  }

  /** For consecutive commands without the clock: checks only if the keyspace has changed enough since the last check. */
  lookIfChanged(keyspaceBytes: number): void {
    if (Math.abs(keyspaceBytes - this.seenBytes) >= STEP_SHARE * this.heap.limit) this.look(keyspaceBytes);
  }

  private calmDown(): void {
    this.isWarned = false;
    this.warnAt = WARN_SHARE;
    this.fullAt = FULL_SHARE;
  }

  private approach(): void {
    this.heap.collect();
    this.warnAt = Math.max(WARN_SHARE, this.share() + RELIEF_SHARE);
    if (this.share() < WARN_SHARE) return;
    this.isWarned = true;
    const use = `${percent(this.share())} full, ${megabytes(this.heap.used())} of ${megabytes(this.heap.limit)}`;
    this.warn(`The heap of the loop's thread is ${use}. At ${percent(FULL_SHARE)} writes are refused. ${ADVICE}`);
  }

  private fill(keyspaceBytes: number): void {
    this.heap.collect();
    this.keyspaceBytes = keyspaceBytes;
    this.fullAt = Math.max(FULL_SHARE, this.share() + RELIEF_SHARE);
    if (this.share() < FULL_SHARE) return;
    this.isFull = true;
    this.warn(`The heap of the loop's thread is ${percent(this.share())} full: commands that need memory are refused until there is room. ${ADVICE}`);
  }

  private lookForRelief(keyspaceBytes: number): void {
    if (keyspaceBytes <= this.keyspaceBytes - RELIEF_SHARE * this.heap.limit) {
      this.keyspaceBytes = keyspaceBytes;
      this.heap.collect();
    }
    if (this.share() >= FULL_SHARE) return;
    this.isFull = false;
    this.warn(`The heap of the loop's thread has room again, ${percent(this.share())} are in use: commands that need memory are taken.`);
  }

  private share(): number {
    return this.heap.used() / this.heap.limit;
  }
}

const ADVICE =
  'maxmemory makes the server evict keys before, or refuse writes earlier; ' +
  'a larger limit is set with NODE_OPTIONS=--max-old-space-size=<megabytes>.';

const percent = (share: number): string => `${Math.floor(share * 100)} %`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

/**
 * Returns the heap of the calling thread.
 * @param limit maximum bytes of its old generation, less than V8's limit: see thread/start-thread.ts
 * @param collected called after each collection
 */
export function ownHeap(limit: number, collected: () => void = () => {}): Heap {
  let gc: (() => void) | null = null;
  return {
    // Including the young generation: all of it may become old at once.
    used: () => getHeapStatistics().used_heap_size,
    limit,
    collect() {
      if (gc === null) {
        // The function exists only in contexts created from here on.
        setFlagsFromString('--expose-gc');
        gc = runInNewContext('gc') as () => void;
      }
      gc();
      collected();
    },
  };
}
