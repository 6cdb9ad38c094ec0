/**
 * DatasetWalk: writes the dataset of one instant, key by key, while clients continue to change it.
 *
 *   slots of a table    [ 0  1  2  3  4 │ 5  6  7 ]  8  9       walked from the end downwards: new keys are added after the start,
 *                          not written ─┘ └ next + 1             and a deleted key is replaced by the last one
 *
 * Just before a key that is not written yet is changed or deleted, it is written out of turn: its pre-image. It stays in its slot, so its slot is marked in
 * `done` until the walk reaches it; so is the slot of a deleted one if a key from after `next` moves into it. The walk holds the tables themselves: one that
 * FLUSHDB has dropped or SWAPDB has exchanged is still walked.
 *
 * A large value is written in steps. Pre-images of other keys are put aside until it is complete. Just before it changes itself it is frozen: from then on its
 * blocks are copied as they change, and the rest is read from there; the same applies to a large value that changes before the walk has reached it.
 */
import type { Expires } from '../keyspace/expires.js';
import { bytesOf } from '../keyspace/database.js';
import type { KeyTable } from '../keyspace/key-table.js';
import type { PreImages } from '../keyspace/pre-images.js';
import { Fifo } from '../../shared/fifo.js';
import type { ChunkSink } from '../keyspace/rdb/chunk-writer.js';
import type { Source } from '../keyspace/rdb/encoder.js';
import type { Collection, Frozen, Value } from '../keyspace/value.js';
import { type Dataset, type DatasetWriter, type Facts, factsAt, type Format, type KeyFacts } from './dataset-writer.js';
import { SlotSet } from './slot-set.js';
import type { WalkSink } from './walk-sink.js';

/** From this size on a value is written in steps. */
const LARGE_BYTES = 2 ** 15;

/** Work is counted in units of a key of this size. */
const WORK_BYTES = 256;
/** The work of one step of a large value. */
const STEP_WORK = 16;

interface TableWalk {
  readonly index: number;
  readonly table: KeyTable;
  readonly expires: Expires;
  /** Number of keys at the instant, and of volatile ones among them. */
  readonly keys: number;
  readonly volatile: number;
  areSizesWritten: boolean;
  /** Keys in the slots from 0 to here are not written yet, except those in `done`. */
  next: number;
  readonly done: SlotSet;
}

/** A large value being written. */
interface Entry {
  readonly table: KeyTable;
  readonly key: string;
  readonly source: Source<Collection>;
  readonly steps: Iterator<void>;
  /** Its state when it was frozen; null: it has not changed. */
  frozen: Frozen | null;
}

/** A large value that is about to be written. */
interface Large {
  readonly facts: KeyFacts;
  readonly key: string;
  readonly value: Collection;
  readonly frozen: Frozen | null;
}

/** A large value that was frozen before it was written. */
interface Waiting {
  readonly walk: TableWalk;
  readonly facts: KeyFacts;
  readonly key: string;
  readonly frozen: Frozen;
}

/** Chunks of the file, and the database that is selected at their end. */
class Output {
  selected = -1;

  constructor(readonly writer: DatasetWriter) {}
}

export class DatasetWalk implements PreImages {
  keysWritten = 0;
  readonly keysTotal: number;
  /** Keys written out of turn, and their size in memory. */
  preImages = 0;
  preImageBytes = 0;
  /** Bytes that the sink has received. */
  private bytes = 0;
  /** The counts that {@link takeNews} has already returned. */
  private told = { keys: 0, bytes: 0, preImages: 0 };
  private readonly tables: readonly TableWalk[];
  private current = 0;
  private readonly main: Output;
  private readonly aside: Output;
  /** What was written aside, and waits for the end of a large value. */
  private asidePieces: (readonly [bytes: Buffer, strings: readonly number[]])[] = [];
  private entry: Entry | null = null;
  private readonly waiting = new Fifo<Waiting>();

  /** The instant is now. @param sink receives the file without the checksum at its end */
  constructor(dataset: Dataset, format: Format, private readonly sink: Pick<WalkSink, 'write' | 'compresses'>, facts: Facts = []) {
    const outputTo = (receiver: ChunkSink): Output => new Output(format(receiver, dataset.keyspace, sink.compresses));
    this.main = outputTo((bytes, strings) => this.put(bytes, strings));
    this.aside = outputTo((bytes, strings) => void this.asidePieces.push([Buffer.from(bytes), strings]));
    const databases = dataset.leavesKeysOut === true ? [] : dataset.keyspace.databases.filter(({ size }) => size > 0);
    this.tables = databases.map(({ index, dict: table, expires }) => (
      { index, table, expires, keys: table.size, volatile: expires.size, areSizesWritten: false, next: table.size - 1, done: new SlotSet(table.size) }
    ));
    this.keysTotal = this.tables.reduce((total, { keys }) => total + keys, 0);
    this.main.writer.head(dataset, facts);
  }

  /** Writes one key, or a part of a large one. Returns the amount of work, at least 1; 0: everything is written. */
  step(): number {
    if (this.entry !== null) {
      if (this.entry.steps.next().done === true) this.endEntry();
      return STEP_WORK;
    }
    const waiting = this.waiting.shift();
    if (waiting !== undefined) return this.writeWaiting(waiting);
    const walk = this.tables[this.current];
    if (walk === undefined) return 0;
    if (walk.next === -1) {
      this.current++;
      return 1;
    }
    const slot = walk.next--;
    return walk.done.has(slot) ? 1 : this.write(walk, slot, walk.table.keyAt(slot));
  }

  /** Returns what was written since the last call, including keys out of turn; for the trace. */
  takeNews(): { readonly keys: number; readonly bytes: number; readonly preImages: number } {
    const { told, keysWritten, bytes, preImages } = this;
    this.told = { keys: keysWritten, bytes, preImages };
    return { keys: keysWritten - told.keys, bytes: bytes - told.bytes, preImages: preImages - told.preImages };
  }

  private put(bytes: Buffer, strings: readonly number[]): void {
    this.bytes += bytes.length;
    this.sink.write(bytes, strings);
  }

  /** Called when it is not completed. */
  abandon(): void {
    this.entry?.frozen?.thaw();
    for (const { frozen } of this.waiting) frozen.thaw();
  }

  /** Called once, when everything is written. */
  end(): void {
    this.main.writer.end();
    this.main.writer.flush();
  }

  changing(table: KeyTable, slot: number): void {
    const walk = this.walkOf(table);
    if (walk === undefined) return;
    const { entry } = this;
    if (slot <= walk.next && !walk.done.has(slot)) this.writeBefore(walk, slot, table.keyAt(slot));
    else if (entry !== null && entry.frozen === null && entry.table === table && entry.key === table.keyAt(slot)) this.freezeEntry(entry);
  }

  removing(table: KeyTable, slot: number): void {
    this.changing(table, slot);
  }

  removed(table: KeyTable, slot: number, moved: number): void {
    const walk = this.walkOf(table);
    if (walk === undefined) return;
    // The key of the slot `moved` is now in `slot`.
    if (slot <= walk.next && moved !== -1 && (moved > walk.next || walk.done.has(moved))) walk.done.add(slot);
    else if (slot <= walk.next) walk.done.delete(slot);
    walk.next = Math.min(walk.next, table.size - 1);
  }

  private walkOf(table: KeyTable): TableWalk | undefined {
    return this.tables.find((walk) => walk.table === table);
  }

  private write(walk: TableWalk, slot: number, key: string): number {
    const { table } = walk;
    const value = table.valueAt(slot);
    const facts = factsAt(table, walk.expires, slot);
    const { writer } = this.begin(this.main, walk);
    const bytes = bytesOf(key, value);
    this.keysWritten++;
    if (isLarge(key, value)) this.beginEntry(table, { facts, key, value, frozen: null });
    else writer.key(key, value, facts);
    return Math.min(1 + bytes / WORK_BYTES, STEP_WORK);
  }

  private writeWaiting({ walk, facts, key, frozen }: Waiting): number {
    this.begin(this.main, walk);
    this.beginEntry(walk.table, { facts, key, value: frozen.value, frozen });
    return 1;
  }

  private beginEntry(table: KeyTable, { facts, key, value, frozen }: Large): void {
    const source = { value };
    this.entry = { table, key, source, steps: this.main.writer.keySteps(key, source, facts), frozen };
  }

  private writeBefore(walk: TableWalk, slot: number, key: string): void {
    const { table, expires } = walk;
    const value = table.valueAt(slot);
    const facts = factsAt(table, expires, slot);
    if (isLarge(key, value)) this.waiting.push({ walk, facts, key, frozen: value.freeze(false) });
    else this.begin(this.entry === null ? this.main : this.aside, walk).writer.key(key, value, facts);
    walk.done.add(slot);
    this.keysWritten++;
    this.preImages++;
    this.preImageBytes += bytesOf(key, value);
  }

  private freezeEntry(entry: Entry): void {
    const { source, key } = entry;
    entry.frozen = source.value.freeze(true);
    source.value = entry.frozen.value;
    this.preImages++;
    this.preImageBytes += bytesOf(key, source.value);
  }

  /** Selects the database of a key that follows. */
  private begin(output: Output, walk: TableWalk): Output {
    const { writer } = output;
    if (output.selected !== walk.index) {
      writer.database(walk.index);
      if (!walk.areSizesWritten) writer.sizes(walk.keys, walk.volatile);
      walk.areSizesWritten = true;
      output.selected = walk.index;
    }
    return output;
  }

  /** Writes what was put aside meanwhile. */
  private endEntry(): void {
    const { main, aside } = this;
    this.entry?.frozen?.thaw();
    this.entry = null;
    if (aside.selected === -1) return;
    main.writer.flush();
    aside.writer.flush();
    for (const [bytes, strings] of this.asidePieces.splice(0)) this.put(bytes, strings);
    main.selected = aside.selected;
    aside.selected = -1;
  }
}

function isLarge(key: string, value: Value): value is Collection {
  return typeof value === 'object' && 'type' in value && bytesOf(key, value) >= LARGE_BYTES;
}
