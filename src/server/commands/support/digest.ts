/**
 * Digests of DEBUG DIGEST and DIGEST-VALUE: 20 bytes that are the same for the same data, whatever their encodings and their order in memory.
 *
 *   mix   digest = SHA1(digest xor SHA1(bytes))    the order matters: elements of a list, entries of a stream, a field and its value
 *   xor   digest = digest xor SHA1(bytes)          it does not matter: members, fields, keys
 */
import { createHash } from 'node:crypto';
import type { Database } from '../../keyspace/database.js';
import { HashValue } from '../../keyspace/types/hash.js';
import { List } from '../../keyspace/types/list.js';
import { SetValue } from '../../keyspace/types/set.js';
import { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import { MAX_ID, ZERO_ID } from '../../keyspace/types/stream-id.js';
import type { StreamValue } from '../../keyspace/types/stream.js';
import { isString, textOf, typeOf, type TypeName, type Value } from '../../keyspace/value.js';
import { formatDouble } from '../../resp/double.js';

/** The numbers of Redis's types. */
const TYPE_NUMBERS: { readonly [name in TypeName]: number } = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 };
const SHA1_BYTES = 20;

class Digest {
  private bytes: Buffer = Buffer.alloc(SHA1_BYTES);

  xor(bytes: string | Buffer): this {
    const hash = sha1(bytes);
    for (let at = 0; at < SHA1_BYTES; at++) this.bytes[at]! ^= hash[at]!;
    return this;
  }

  mix(bytes: string | Buffer): this {
    this.bytes = sha1(this.xor(bytes).bytes);
    return this;
  }

  /** Several parts together count as one element without an order. */
  xorPair(first: string, second: string): void {
    this.xor(new Digest().mix(first).mix(second).bytes);
  }

  xorDigest(other: Digest): void {
    this.xor(other.bytes);
  }

  toString(): string {
    return this.bytes.toString('hex');
  }
}

const sha1 = (bytes: string | Buffer): Buffer =>
  (typeof bytes === 'string' ? createHash('sha1').update(bytes, 'latin1') : createHash('sha1').update(bytes)).digest();

/** Returns a number as four bytes, the highest first. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Returns the digest of everything in these databases, their numbers included. */
export function datasetDigest(databases: readonly Database[]): string {
  const all = new Digest();
  for (const db of databases) {
    if (db.size === 0) continue;
    all.mix(numberBytes(db.index));
    for (let slot = 0; slot < db.dict.size; slot++) {
      const key = db.dict.keyAt(slot);
      all.xorDigest(mixValue(new Digest().mix(key), db, key, db.dict.valueAt(slot)));
    }
  }
  return all.toString();
}

/** Returns the digest of a value and whether it expires; zeros if there is none. */
export function valueDigest(db: Database, key: string): string {
  const value = db.stored(key);
  const digest = new Digest();
  return (value === undefined ? digest : mixValue(digest, db, key, value)).toString();
}

function mixValue(digest: Digest, db: Database, key: string, value: Value): Digest {
  digest.mix(numberBytes(TYPE_NUMBERS[typeOf(value)]));
  if (isString(value)) digest.mix(textOf(value));
  else if (value instanceof List) for (const element of value.slice(0, value.size)) digest.mix(element);
  else if (value instanceof SetValue) for (const member of value.members()) digest.xor(member);
  else if (value instanceof SortedSetValue) value.visit(0, value.size, false, (member, score) => digest.xorPair(member, formatDouble(score)));
  else if (value instanceof HashValue) for (let at = 0; at < value.size; at++) digest.xorPair(value.fieldAt(at), value.valueAt(at));
  else mixStream(digest, value as StreamValue);
  if (db.expireAt(key) !== -1) digest.xor('!!expire!!');
  return digest;
}

function mixStream(digest: Digest, stream: StreamValue): void {
  for (const { ms, seq, fields } of stream.range(ZERO_ID, MAX_ID, Infinity)) {
    digest.mix(`${ms}.${seq}`);
    for (const text of fields) digest.mix(text);
  }
}
