/**
 * ValueState: one value of a key in columns (columns.ts), and back. Reached from KeyTable.
 */
import type { ColumnReader, ColumnWriter } from './columns.js';
import type { HashSeed } from './hash.js';
import { HashValue } from './types/hash.js';
import { List } from './types/list.js';
import { SetValue } from './types/set.js';
import { SortedSetValue } from './types/sorted-set.js';
import { StreamValue } from './types/stream.js';
import { ByteString, type Collection, type Value } from './value.js';

/** What a value is, as one byte. */
const KINDS = { string: 0, number: 1, bytes: 2, list: 3, set: 4, zset: 5, hash: 6, stream: 7 } as const;

/** Writes a value; returns its kind, with which {@link restoreValue} reads it. */
export function captureValue(value: Value, to: ColumnWriter): number {
  if (typeof value === 'string') {
    to.text(value);
    return KINDS.string;
  }
  if (typeof value === 'number') {
    to.number(value);
    return KINDS.number;
  }
  value.capture(to);
  return value instanceof ByteString ? KINDS.bytes : KINDS[value.type];
}

/** @param seed the one that the captured tables were hashed with */
export function restoreValue(kind: number, from: ColumnReader, seed: HashSeed): Value {
  if (kind === KINDS.string) return from.text();
  if (kind === KINDS.number) return from.number();
  const value = kind === KINDS.bytes ? new ByteString('') : emptyCollection(kind, seed);
  value.restore(from);
  return value;
}

function emptyCollection(kind: number, seed: HashSeed): Collection {
  switch (kind) {
    case KINDS.list:
      return new List();
    case KINDS.set:
      return new SetValue(seed);
    case KINDS.zset:
      return new SortedSetValue(seed);
    case KINDS.hash:
      return new HashValue(seed);
    case KINDS.stream:
      return new StreamValue();
    default:
      throw new Error(`expected a kind of value, found ${kind}`);
  }
}
