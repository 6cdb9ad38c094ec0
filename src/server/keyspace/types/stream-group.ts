/**
 * Consumer groups of a stream: how far each has read, and which entries it has delivered to which consumer.
 *
 *   Group  lastId ─────────▶ entries after this one are new to the group
 *     pending    IdIndex    [ 1-0 → ann, 2-0 → bob, 2-1 → ann ]     delivered and not acknowledged, in the order of their IDs
 *     consumers  ann  pending [ 1-0, 2-1 ]                           the same Pending objects again, for each consumer
 *                bob  pending [ 2-0 ]
 *
 * Every Pending is in exactly two indexes: that of the group and that of its consumer.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { IdIndex, type Owned } from './id-index.js';
import type { Int64 } from './int64.js';
import type { StreamId } from './stream-id.js';

/** entriesRead of a group if the number of entries before its last one is unknown (SCG_INVALID_ENTRIES_READ). */
export const UNKNOWN_COUNT = -1;

/** Estimated bytes. */
const PENDING_BYTES = 96;
const CONSUMER_BYTES = 160;
const GROUP_BYTES = 240;

/** An entry that was delivered to a consumer and not acknowledged (a NACK, in Redis's sources). Only {@link Group.deliver} changes it. */
export interface Pending extends StreamId {
  readonly consumer: Consumer;
  /** Unix time in ms of the last delivery. */
  readonly deliveredMs: number;
  /** How often it was delivered. XCLAIM can set it to any integer of 64 bits. */
  readonly deliveries: Int64;
}

type OwnPending = { -readonly [property in keyof Pending]: Pending[property] };

export class Consumer {
  constructor(
    readonly name: string,
    /** Unix time in ms when it was last named by a command that reads or claims. */
    public seenMs: number,
    readonly pending = new IdIndex<Pending>(),
  ) {}
}

/** Stands for the consumer of an entry that is being loaded. */
const NOBODY = new Consumer('', 0);
const NO_CONSUMER = -1;

export class Group {
  readonly consumers = new Map<string, Consumer>();
  /** While a snapshot shares pending entries: those that it does not share. Null: none is shared. */
  private owned: Owned | null = null;

  constructor(
    readonly name: string,
    /** The last entry that was delivered to any consumer. */
    public lastId: StreamId,
    /** How many entries of the stream, from its very first on, precede and include lastId; or {@link UNKNOWN_COUNT}. */
    public entriesRead: Int64,
    readonly pending = new IdIndex<Pending>(),
  ) {}

  get memoryBytes(): number {
    return GROUP_BYTES + this.name.length + this.consumers.size * CONSUMER_BYTES + this.pending.size * PENDING_BYTES;
  }

  /** Returns the consumers by name, as Redis lists them. */
  sortedConsumers(): Consumer[] {
    return [...this.consumers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  addConsumer(name: string, nowMs: number): Consumer {
    const consumer = new Consumer(name, nowMs);
    this.consumers.set(name, consumer);
    return consumer;
  }

  /** Deletes a consumer with its pending entries. */
  deleteConsumer(consumer: Consumer): void {
    for (const pending of consumer.pending) this.pending.delete(pending);
    this.consumers.delete(consumer.name);
  }

  /** The entry must not be pending yet. */
  addPending({ ms, seq }: StreamId, consumer: Consumer, deliveredMs: number, deliveries: Int64): Pending {
    const pending: Pending = { ms, seq, consumer, deliveredMs, deliveries };
    if (this.owned !== null) this.owned.add(pending);
    this.pending.add(pending);
    consumer.pending.add(pending);
    return pending;
  }

  /** Adds a pending entry whose consumer is not known yet, for loading. False if it is pending already. */
  addUnowned({ ms, seq }: StreamId, deliveredMs: number, deliveries: Int64): boolean {
    return this.pending.add({ ms, seq, consumer: NOBODY, deliveredMs, deliveries });
  }

  /** Gives a pending entry without a consumer to one. False if there is no such entry. */
  ownUnowned(id: StreamId, consumer: Consumer): boolean {
    const pending: OwnPending | undefined = this.pending.get(id);
    if (pending?.consumer !== NOBODY) return false;
    pending.consumer = consumer;
    return consumer.pending.add(pending);
  }

  /** False if the entry was not pending. */
  deletePending(id: StreamId): boolean {
    const pending = this.pending.delete(id);
    pending?.consumer.pending.delete(id);
    return pending !== undefined;
  }

  /** Delivers a pending entry again, perhaps to another consumer. Returns it as it is then. */
  deliver(pending: Pending, consumer: Consumer, deliveredMs: number, deliveries: Int64): Pending {
    const own = this.own(pending);
    if (own.consumer !== consumer) {
      own.consumer.pending.delete(own);
      own.consumer = consumer;
      consumer.pending.add(own);
    }
    own.deliveredMs = deliveredMs;
    own.deliveries = deliveries;
    return own;
  }

  /** Returns a pending entry that may change. */
  private own(pending: Pending): OwnPending {
    if (this.owned === null || this.owned.has(pending)) return pending;
    const { ms, seq, consumer, deliveredMs, deliveries } = pending;
    const copy = { ms, seq, consumer, deliveredMs, deliveries };
    this.owned.add(copy);
    this.pending.replace(copy);
    consumer.pending.replace(copy);
    return copy;
  }

  /** Returns the group of this instant, to be written: it shares what does not change, see {@link IdIndex.share}. */
  share(owned: Owned): Group {
    const shared = new Group(this.name, this.lastId, this.entriesRead, this.pending.share(owned));
    for (const { name, seenMs, pending } of this.consumers.values()) shared.consumers.set(name, new Consumer(name, seenMs, pending.share(owned)));
    this.owned = owned;
    return shared;
  }

  unshare(): void {
    this.owned = null;
    this.pending.unshare();
    for (const { pending } of this.consumers.values()) pending.unshare();
  }

  capture(to: ColumnWriter): void {
    to.text(this.name);
    to.id(this.lastId);
    to.integer(this.entriesRead);
    to.number(this.consumers.size);
    const numbers = new Map<Consumer, number>();
    for (const consumer of this.consumers.values()) {
      numbers.set(consumer, numbers.size);
      to.text(consumer.name);
      to.number(consumer.seenMs);
    }
    to.number(this.pending.size);
    for (const pending of this.pending) {
      to.id(pending);
      to.number(numbers.get(pending.consumer) ?? NO_CONSUMER);
      to.number(pending.deliveredMs);
      to.integer(pending.deliveries);
    }
  }

  static restored(from: ColumnReader): Group {
    const group = new Group(from.text(), from.id(), from.integer());
    const consumers: Consumer[] = [];
    for (let left = from.number(); left > 0; left--) consumers.push(group.addConsumer(from.text(), from.number()));
    for (let left = from.number(); left > 0; left--) {
      const id = from.id();
      const consumer = consumers[from.number()];
      if (consumer === undefined) group.addUnowned(id, from.number(), from.integer());
      else group.addPending(id, consumer, from.number(), from.integer());
    }
    return group;
  }

  clone(): Group {
    const copy = new Group(this.name, this.lastId, this.entriesRead);
    for (const { name, seenMs } of this.consumers.values()) copy.addConsumer(name, seenMs);
    for (const pending of this.pending) copy.addPending(pending, copy.consumers.get(pending.consumer.name)!, pending.deliveredMs, pending.deliveries);
    return copy;
  }
}
