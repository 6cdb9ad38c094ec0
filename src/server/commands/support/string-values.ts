/**
 * Common code of the string, bitmap and HyperLogLog commands: the maximum length of a string, and its bytes, to read or to change.
 */
import { constants } from 'node:buffer';
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import type { Database } from '../../keyspace/database.js';
import { ByteString, type StringValue, textOf } from '../../keyspace/value.js';

/** The maximum of a JavaScript string, a few bytes less than 512 MiB: a longer value could never be sent. */
const MAX_TEXT_BYTES = constants.MAX_STRING_LENGTH;

/** Returns the maximum length of a string: proto-max-bulk-len, or our own limit. */
export function maxStringBytes(session: Session): number {
  return Math.min(session.server.config.values['proto-max-bulk-len'], MAX_TEXT_BYTES);
}

/** Throws if a string of this length is not allowed. */
export function checkLength(session: Session, bytes: number): void {
  if (bytes > maxStringBytes(session)) throw errors.STRING_TOO_LONG;
}

export function lengthOf(value: StringValue): number {
  return typeof value === 'number' ? String(value).length : value.length;
}

/** Returns the bytes of a value, for reading only; valid until the next change. */
export function bytesOf(value: StringValue): Uint8Array {
  return value instanceof ByteString ? value.view : Buffer.from(textOf(value), 'latin1');
}

/** Returns the value as a ByteString for reading only: a copy if it has another form. */
export function readable(value: StringValue): ByteString {
  return value instanceof ByteString ? value : new ByteString(textOf(value));
}

/** Returns the value at a key as a ByteString to be changed in place; replaces the value if it had another form (dbUnshareStringValue). */
export function mutable(db: Database, key: string, value: StringValue): ByteString {
  if (value instanceof ByteString) return value;
  const bytes = new ByteString(textOf(value));
  db.set(key, bytes, true);
  return bytes;
}
