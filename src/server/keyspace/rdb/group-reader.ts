/**
 * GroupReader: reads the consumer groups of a stream part by part, so that a group with a million pending entries does not keep the loop busy. Used by
 * RdbReader, which reads the nodes before.
 *
 *   groups, each:   name, lastId, entriesRead │ pending entries with their deliveries │ consumers, each: name, seen │ IDs of its pending entries
 *
 * A pending entry has no consumer until one names it. What is still to be read is data (see {@link GroupReader.capture}): a server that loads can be captured.
 */
import { type Consumer, Group } from '../types/stream-group.js';
import { fromBigInt, type Int64 } from '../types/int64.js';
import { type StreamId, type Uint64, uint64 } from '../types/stream-id.js';
import type { StreamValue } from '../types/stream.js';
import { CorruptDump } from './bytes.js';

/** Versions of a stream's format. From 2 on a group has a count of entries read; 3 has a second time of a consumer. */
export type StreamVersion = 1 | 2 | 3;

/** What it reads from. */
interface Source {
  text(): string;
  /** Reads this many bytes. */
  raw(bytes: number): string;
  count(): number;
  length(): Uint64;
  id(): StreamId;
  time(): number;
}

export interface GroupReaderState {
  readonly groups: number;
  readonly group: string | null;
  readonly pending: number;
  readonly unowned: number;
  readonly consumers: number;
  readonly consumer: string | null;
  readonly own: number;
}

/** The number of consumers is not read yet. */
const UNREAD = -1;
const ID_BYTES = 16;

export class GroupReader {
  private group: Group | null = null;
  private consumer: Consumer | null = null;
  /** What is still to be read of the group: pending entries, consumers, and pending entries of the consumer. */
  private pending = 0;
  private consumers = 0;
  private own = 0;
  /** Pending entries of the group that no consumer has named yet. */
  private unowned = 0;

  /** @param groups still to be read */
  constructor(
    private readonly stream: StreamValue,
    private readonly version: StreamVersion,
    private groups: number,
  ) {}

  /** Reads up to `parts` parts: groups, consumers, pending entries. False: there are no more. */
  read(source: Source, parts: number): boolean {
    for (let left = parts; left > 0; left--) if (!this.part(source)) return false;
    return true;
  }

  capture(): GroupReaderState {
    const { groups, group, pending, unowned, consumers, consumer, own } = this;
    return { groups, group: group === null ? null : group.name, pending, unowned, consumers, consumer: consumer === null ? null : consumer.name, own };
  }

  restore({ groups, group, pending, unowned, consumers, consumer, own }: GroupReaderState): void {
    Object.assign(this, { groups, pending, unowned, consumers, own });
    this.group = group === null ? null : this.stream.groups.get(group)!;
    this.consumer = consumer === null ? null : this.group!.consumers.get(consumer)!;
  }

  private part(source: Source): boolean {
    const { group } = this;
    if (group === null) return this.beginGroup(source);
    if (this.pending > 0) this.readPending(source, group);
    else if (this.consumers === UNREAD) this.consumers = source.count();
    else if (this.own > 0) this.readOwn(source, group, this.consumer!);
    else if (this.consumers > 0) this.beginConsumer(source, group);
    else this.endGroup();
    return true;
  }

  private beginGroup(source: Source): boolean {
    const { stream } = this;
    if (this.groups === 0) return false;
    this.groups--;
    const name = source.text();
    const lastId = source.id();
    this.group = new Group(name, lastId, this.version > 1 ? signed(source.length()) : stream.countUpTo(lastId));
    if (stream.groups.has(name)) throw new CorruptDump('group twice');
    stream.groups.set(name, this.group);
    this.pending = source.count();
    this.consumers = UNREAD;
    return true;
  }

  private readPending(source: Source, group: Group): void {
    this.pending--;
    this.unowned++;
    const id = idOf(source.raw(ID_BYTES));
    if (!group.addUnowned(id, source.time(), signed(source.length()))) throw new CorruptDump('pending entry twice');
  }

  private beginConsumer(source: Source, group: Group): void {
    this.consumers--;
    const name = source.text();
    if (group.consumers.has(name)) throw new CorruptDump('consumer twice');
    this.consumer = group.addConsumer(name, source.time());
    // When it was last active, besides when it was last seen.
    if (this.version === 3) source.time();
    this.own = source.count();
  }

  private readOwn(source: Source, group: Group, consumer: Consumer): void {
    this.own--;
    this.unowned--;
    if (!group.ownUnowned(idOf(source.raw(ID_BYTES)), consumer)) throw new CorruptDump('pending entry that its group does not know');
  }

  private endGroup(): void {
    if (this.unowned > 0) throw new CorruptDump('pending entry without a consumer');
    this.group = null;
    this.consumer = null;
  }
}

/** Reads an ID from 16 bytes. */
function idOf(bytes: string): StreamId {
  return { ms: halfOf(bytes, 0), seq: halfOf(bytes, 8) };
}

function halfOf(bytes: string, at: number): Uint64 {
  const high = wordOf(bytes, at);
  const low = wordOf(bytes, at + 4);
  return high < 2 ** 21 ? high * 2 ** 32 + low : uint64((BigInt(high) << 32n) | BigInt(low));
}

function wordOf(bytes: string, at: number): number {
  return bytes.charCodeAt(at) * 2 ** 24 + (bytes.charCodeAt(at + 1) << 16) + (bytes.charCodeAt(at + 2) << 8) + bytes.charCodeAt(at + 3);
}

/** Returns an unsigned length as the signed integer that was written. */
export function signed(value: Uint64): Int64 {
  return typeof value === 'number' ? value : fromBigInt(BigInt.asIntN(64, value));
}
