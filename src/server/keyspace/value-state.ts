/**
 * ValueState: writes a value that is an object into columns (columns.ts), and reads it back. Used by KeyTable, which stores strings and numbers itself.
 */
import type { ColumnReader, ColumnWriter } from './columns.js';
import type { HashSeed } from './hash.js';
import { HashValue } from './types/hash.js';
import { List } from './types/list.js';
import { SetValue } from './types/set.js';
import { SortedSetValue } from './types/sorted-set.js';
import { StreamValue } from './types/stream.js';
import { ByteString, type Collection } from './value.js';

/** The kind of a value, as one byte. */
const KINDS = { bytes: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 5 } as const;

/** Writes a value; returns its kind, with which {@link restoreObject} reads it. */
export function captureObject(value: ByteString | Collection, to: ColumnWriter): number {
  value.capture(to);
  return value instanceof ByteString ? KINDS.bytes : KINDS[value.type];
}

/** @param seed of the captured tables */
export function restoreObject(kind: number, from: ColumnReader, seed: HashSeed): ByteString | Collection {
  const value = emptyValue(kind, seed);
  value.restore(from);
  return value;
}

function emptyValue(kind: number, seed: HashSeed): ByteString | Collection {
  switch (kind) {
    case KINDS.bytes:
      return new ByteString('');
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
