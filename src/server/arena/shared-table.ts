/**
 * SharedTable: keys and strings in shared memory, a hash table with chains. Its callers hold the lock.
 *
 *   bucket ──▶ entry ──▶ entry ──▶ 0
 *
 *   an entry, in a block:  [ order 4 | next 4 | hash 4 | key length 4 | expires at 8 | value length 4 | key … | value … ]
 *
 * The number of buckets is fixed, as the memory is. Keys and values are byte strings (latin1). Expiry is lazy: an expired key is deleted when it is looked up.
 */
import { Blocks } from './blocks.js';
import { BLOCKS_END, BLOCKS_START, BUCKETS, EXPIRED_KEYS, FIRST_BUCKET, FIRST_ORDER, HEADER_BYTES, KEYS, USED } from './layout.js';

/** Words of an entry. */
const NEXT = 1;
const HASH = 2;
const KEY_LENGTH = 3;
const VALUE_LENGTH = 6;

/** Bytes of an entry. */
const EXPIRES_AT = 16;
const KEY_BYTES = 28;

export const NEVER = 0;

/** Bytes per bucket: chains stay short even if entries are small. */
const BYTES_PER_BUCKET = 128;

/** Size of the memory without maxmemory. */
export const DEFAULT_MEMORY_BYTES = 64 * 2 ** 20;
export const LEAST_MEMORY_BYTES = 64 * 1024;
export const MOST_MEMORY_BYTES = 2 ** 30;

/** Creates the memory of an empty keyspace. Throws RangeError for a size beyond the limits. */
export function createMemory(bytes: number): SharedArrayBuffer {
  if (!(bytes >= LEAST_MEMORY_BYTES && bytes <= MOST_MEMORY_BYTES)) {
    throw new RangeError(`a keyspace in shared memory has ${LEAST_MEMORY_BYTES} to ${MOST_MEMORY_BYTES} bytes`);
  }
  const memory = new SharedArrayBuffer((bytes >> FIRST_ORDER) << FIRST_ORDER);
  const words = new Int32Array(memory);
  const buckets = 2 ** Math.floor(Math.log2(memory.byteLength / BYTES_PER_BUCKET));
  words[BUCKETS] = buckets;
  words[BLOCKS_START] = HEADER_BYTES + buckets * 4;
  words[BLOCKS_END] = memory.byteLength;
  new Blocks(words).initialize();
  return memory;
}

export class SharedTable {
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly bytes: Buffer;
  private readonly blocks: Blocks;
  /** Set by {@link find}: the word that leads to the entry. */
  private link = 0;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.bytes = Buffer.from(memory);
    this.blocks = new Blocks(this.words);
  }

  /** Number of keys, expired ones included. */
  get size(): number {
    return this.words[KEYS]!;
  }

  get usedBytes(): number {
    return this.words[USED]!;
  }

  has(key: string, nowMs: number): boolean {
    return this.find(key, nowMs) !== 0;
  }

  /** Returns null if there is no such key. */
  get(key: string, nowMs: number): string | null {
    const entry = this.find(key, nowMs);
    if (entry === 0) return null;
    const start = entry + KEY_BYTES + this.words[(entry >> 2) + KEY_LENGTH]!;
    return this.bytes.latin1Slice(start, start + this.words[(entry >> 2) + VALUE_LENGTH]!);
  }

  /** Returns unix time in ms, or {@link NEVER}; null if there is no such key. */
  expiresAt(key: string, nowMs: number): number | null {
    const entry = this.find(key, nowMs);
    return entry === 0 ? null : this.doubles[(entry + EXPIRES_AT) >> 3]!;
  }

  /** Sets a key. False if there is no room: then nothing has changed. @param expiresAtMs unix time, or {@link NEVER} */
  set(key: string, value: string, expiresAtMs: number, nowMs: number): boolean {
    const old = this.find(key, nowMs);
    const needed = KEY_BYTES + key.length + value.length;
    if (old !== 0 && fits(needed, this.blocks.sizeOf(old))) {
      this.writeValue(old, key.length, value, expiresAtMs);
      return true;
    }
    const { link } = this;
    const entry = this.blocks.allocate(needed);
    if (entry === 0) return false;
    const next = old === 0 ? 0 : this.words[(old >> 2) + NEXT]!;
    this.writeKey(entry, key, next);
    this.writeValue(entry, key.length, value, expiresAtMs);
    this.words[link] = entry;
    if (old === 0) this.words[KEYS]!++;
    else this.blocks.free(old);
    return true;
  }

  /** True if the key existed. */
  delete(key: string, nowMs: number): boolean {
    const entry = this.find(key, nowMs);
    if (entry !== 0) this.remove(entry);
    return entry !== 0;
  }

  /** Returns the offset of a key's entry, 0 if there is none; afterwards `link` is the word that leads to it, or that is to lead to a new one. */
  private find(key: string, nowMs: number): number {
    const { words } = this;
    const hash = hashOf(key);
    this.link = FIRST_BUCKET + (hash & (words[BUCKETS]! - 1));
    for (let entry = words[this.link]!; entry !== 0; entry = words[this.link]!) {
      if (words[(entry >> 2) + HASH] === hash && this.isKey(entry, key)) {
        const atMs = this.doubles[(entry + EXPIRES_AT) >> 3]!;
        if (atMs === NEVER || nowMs <= atMs) return entry;
        this.remove(entry);
        this.doubles[EXPIRED_KEYS]!++;
        return this.find(key, nowMs);
      }
      this.link = (entry >> 2) + NEXT;
    }
    return 0;
  }

  private isKey(entry: number, key: string): boolean {
    const { bytes } = this;
    if (this.words[(entry >> 2) + KEY_LENGTH] !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (bytes[entry + KEY_BYTES + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  /** Removes the entry that `link` leads to. */
  private remove(entry: number): void {
    this.words[this.link] = this.words[(entry >> 2) + NEXT]!;
    this.words[KEYS]!--;
    this.blocks.free(entry);
  }

  private writeKey(entry: number, key: string, next: number): void {
    const at = entry >> 2;
    this.words[at + NEXT] = next;
    this.words[at + HASH] = hashOf(key);
    this.words[at + KEY_LENGTH] = key.length;
    this.bytes.latin1Write(key, entry + KEY_BYTES, key.length);
  }

  private writeValue(entry: number, keyLength: number, value: string, expiresAtMs: number): void {
    this.doubles[(entry + EXPIRES_AT) >> 3] = expiresAtMs;
    this.words[(entry >> 2) + VALUE_LENGTH] = value.length;
    this.bytes.latin1Write(value, entry + KEY_BYTES + keyLength, value.length);
  }
}

/** A value that has become much smaller is moved to a smaller block. */
const fits = (bytes: number, size: number): boolean => bytes <= size && (size === 2 ** FIRST_ORDER || bytes > size / 4);

/** FNV-1a, 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash | 0;
}
