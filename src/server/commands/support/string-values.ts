/**
 * What the string, bitmap and HyperLogLog commands have in common: how long a string may become, and its bytes, to read or to change.
 */
import { constants } from 'node:buffer';
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import type { Database } from '../../keyspace/database.js';
import { ByteString, type StringValue, textOf } from '../../keyspace/value.js';

/** What a JavaScript string can hold, a few bytes short of 512 MiB: a longer value could never be answered. */
const MAX_TEXT_BYTES = constants.MAX_STRING_LENGTH;

/** The longest string that a command may make: proto-max-bulk-len, as far as we can go. */
export function maxStringBytes(session: Session): number {
  return Math.min(session.server.config.values['proto-max-bulk-len'], MAX_TEXT_BYTES);
}

/** Throws if a string of so many bytes is not allowed. */
export function checkLength(session: Session, bytes: number): void {
  if (bytes > maxStringBytes(session)) throw errors.STRING_TOO_LONG;
}

export function lengthOf(value: StringValue): number {
  return typeof value === 'number' ? String(value).length : value.length;
}

/** The bytes of a value, for reading only; valid until the next change. */
export function bytesOf(value: StringValue): Uint8Array {
  return value instanceof ByteString ? value.view : Buffer.from(textOf(value), 'latin1');
}

/** The value in the form that is changed in place, but only to read it: a copy if it had another one. */
export function readable(value: StringValue): ByteString {
  return value instanceof ByteString ? value : new ByteString(textOf(value));
}

/** The value at a key in the form that is changed in place; it is put there if it had another one (dbUnshareStringValue). */
export function mutable(db: Database, key: string, value: StringValue): ByteString {
  if (value instanceof ByteString) return value;
  const bytes = new ByteString(textOf(value));
  db.set(key, bytes, true);
  return bytes;
}
