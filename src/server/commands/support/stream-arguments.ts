/**
 * Common code of the stream commands: parsing IDs, ranges and trims in argv, looking up a stream, and replying with entries.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import type { Database } from '../../keyspace/database.js';
import type { EntryPlaces } from '../../keyspace/types/entry-places.js';
import { MAX_ID, nextId, previousId, formatId, type StreamId, type Uint64, uint64, UINT64_MAX, ZERO_ID } from '../../keyspace/types/stream-id.js';
import { encodeId, type StreamEntry } from '../../keyspace/types/stream-node.js';
import { StreamValue, type Trim } from '../../keyspace/types/stream.js';
import type { Value } from '../../keyspace/value.js';
import { type ByteSink, encodeArray } from '../../resp/encoder.js';
import type { InPlace, Reply } from '../../resp/reply.js';
import { integer, isWord, parseInteger } from './arguments.js';

/** Maximum length of an ID. */
const ID_MAX_LENGTH = 127;

// Looking up a stream.

/** Returns undefined if the key does not exist. Throws WRONGTYPE for every other type. */
export function readStream(db: Database, name: string): StreamValue | undefined {
  return streamFrom(db.lookupRead(name));
}

/** The same for a command that is about to change the stream. */
export function writeStream(db: Database, name: string): StreamValue | undefined {
  return streamFrom(db.lookupWrite(name));
}

/** For a value that has already been looked up. */
export function streamFrom(value: Value | undefined): StreamValue | undefined {
  if (value === undefined || value instanceof StreamValue) return value;
  throw errors.WRONG_TYPE;
}

// Replies.

export function entryReply(entry: StreamEntry): Reply {
  return [formatId(entry), entry.fields];
}

/** Returns an ID that was chosen by the server: encoded from its numbers, unless the reply is kept or converted before that. */
export function idReply(id: StreamId, session: Session): Reply {
  return session.encodesAtOnce ? new IdInPlace(id) : formatId(id);
}

class IdInPlace implements InPlace {
  readonly type = 'in-place';
  constructor(private readonly id: StreamId) {}

  writeTo(out: ByteSink): void {
    encodeId(out, this.id.ms, this.id.seq);
  }
}

/** Returns the entries at these places: encoded from there, unless the reply is kept or converted before that. */
export function entriesReply(places: EntryPlaces, session: Session): Reply {
  return session.encodesAtOnce ? new EntriesInPlace(places) : places.entries().map(entryReply);
}

class EntriesInPlace implements InPlace {
  readonly type = 'in-place';
  constructor(private readonly places: EntryPlaces) {}

  writeTo(out: ByteSink): void {
    const { places } = this;
    encodeArray(out, places.length);
    for (let i = 0; i < places.length; i++) places.nodeAt(i).writeTo(out, places.placeAt(i));
  }
}

/** Null for an entry that was deleted meanwhile. */
export function entryOrNull(entry: StreamEntry | undefined): Reply {
  return entry === undefined ? null : entryReply(entry);
}

// IDs.

/**
 * Parses an ID `ms-seq`, or `ms` alone, whose sequence is then `missing`. Undefined for everything else. Signs, spaces and leading zeros are parsed as
 * by strtoull.
 */
export function parseId(text: string, missing: Uint64): StreamId | undefined {
  return parsePlainId(text, missing) ?? parseStrangeId(text, missing);
}

/** Halves with at most this many digits are safe integers. */
const SAFE_DIGITS = 15;
const DASH = 45;

/** Parses digits, or digits, a dash and digits, without making substrings, since nearly all IDs have this form. Undefined for all others. */
function parsePlainId(text: string, missing: Uint64): StreamId | undefined {
  const { length } = text;
  let ms = 0;
  let at = 0;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    ms = ms * 10 + digit;
  }
  if (at === 0 || at > SAFE_DIGITS) return undefined;
  if (at === length) return { ms, seq: missing };
  const seqAt = at + 1;
  if (text.charCodeAt(at) !== DASH || seqAt === length || length - seqAt > SAFE_DIGITS) return undefined;
  let seq = 0;
  for (at = seqAt; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    seq = seq * 10 + digit;
  }
  return { ms, seq };
}

function parseStrangeId(text: string, missing: Uint64): StreamId | undefined {
  if (text.length > ID_MAX_LENGTH) return undefined;
  const id = errors.cString(text);
  const dash = id.indexOf('-');
  const ms = parseUint64(dash === -1 ? id : id.slice(0, dash));
  if (ms === undefined) return undefined;
  const seq = dash === -1 ? missing : parseUint64(id.slice(dash + 1));
  return seq === undefined ? undefined : { ms, seq };
}

function parseUint64(text: string): Uint64 | undefined {
  const value = parseInteger(text);
  if (value !== undefined) return value < 0 ? undefined : value;
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return undefined;
  const size = BigInt(match[2]!);
  if (size > UINT64_MAX) return undefined;
  return uint64(match[1] === '-' ? BigInt.asUintN(64, -size) : size);
}

/** Parses an ID that names one entry: not `-`, not `+`. */
export function exactId(text: string, missing: Uint64 = 0): StreamId {
  const id = parseId(text, missing);
  if (id === undefined) throw errors.INVALID_STREAM_ID;
  return id;
}

/** Like {@link exactId}; also `-`, before all, and `+`, after all. */
export function idOrEnd(text: string, missing: Uint64 = 0): StreamId {
  if (text === '-') return ZERO_ID;
  return text === '+' ? MAX_ID : exactId(text, missing);
}

/** Parses the start of a range; `(` excludes the ID itself. */
export function rangeStart(text: string): StreamId {
  if (!isExclusive(text)) return idOrEnd(text, 0);
  const id = nextId(exactId(text.slice(1), 0));
  if (id === null) throw errors.INVALID_RANGE_START;
  return id;
}

/** Parses the end of a range; `(` excludes the ID itself. */
export function rangeEnd(text: string): StreamId {
  if (!isExclusive(text)) return idOrEnd(text, UINT64_MAX);
  const id = previousId(exactId(text.slice(1), UINT64_MAX));
  if (id === null) throw errors.INVALID_RANGE_END;
  return id;
}

function isExclusive(text: string): boolean {
  return text.length > 1 && text.startsWith('(');
}

// Trimming.

/** The options of XADD and XTRIM that say what to remove. */
export class TrimOptions {
  private keep: Trim['keep'] | null = null;
  private isApproximate = false;
  private limit: number | undefined;

  /** @param isObeyed see Session: `~` was replaced by the exact result, and its limit has no meaning any more */
  constructor(private readonly isObeyed: boolean) {}

  /** Parses one option at `argv[at]`; returns the position after it, or `at` if it is none of these. */
  read(argv: Argv, at: number): number {
    const more = argv.length - 1 - at;
    if (more > 0 && isWord(argv[at]!, 'MAXLEN')) return this.readKeep(argv, at, (text) => ({ most: maxLength(text) }));
    if (more > 0 && isWord(argv[at]!, 'MINID')) return this.readKeep(argv, at, (text) => ({ from: exactId(text) }));
    if (more > 0 && isWord(argv[at]!, 'LIMIT')) {
      this.limit = integer(argv[at + 1]!);
      if (this.limit < 0) throw errors.STREAM_LIMIT;
      return at + 2;
    }
    return at;
  }

  /** Returns what was parsed; null if nothing is to be removed. Throws if the options exclude each other. */
  finish(isXtrim: boolean): Trim | null {
    const { keep, isApproximate, limit } = this;
    if (keep === null && limit !== undefined && limit > 0) throw errors.LIMIT_WITHOUT_TRIM;
    if (keep === null && isXtrim) throw errors.XTRIM_WITHOUT_TRIM;
    if (this.isObeyed) return keep === null ? null : { keep, isApproximate, limit: undefined };
    if (limit !== undefined && !isApproximate) throw errors.LIMIT_WITHOUT_APPROXIMATION;
    return keep === null ? null : { keep, isApproximate, limit };
  }

  private readKeep(argv: Argv, at: number, parse: (text: string) => Trim['keep']): number {
    if (this.keep !== null) throw errors.MAXLEN_AND_MINID;
    const operator = argv.length - 1 - at >= 2 ? argv[at + 1]! : '';
    this.isApproximate = operator === '~';
    const valueAt = operator === '~' || operator === '=' ? at + 2 : at + 1;
    this.keep = parse(argv[valueAt]!);
    return valueAt + 1;
  }
}

const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Returns a request that trims approximately, up to argv[end], as one that repeats exactly what it has done: `=` instead of `~`, and the stream's current
 * length or first ID.
 */
export function exactTrim(argv: Argv, end: number, { keep, isApproximate }: Trim, stream: StreamValue): Argv {
  if (!isApproximate) return argv;
  const word = 'most' in keep ? 'MAXLEN' : 'MINID';
  const at = argv.findIndex((text, i) => i >= 2 && i < end && isWord(text, word));
  return [...argv.slice(0, at + 1), '=', 'most' in keep ? String(stream.size) : firstIdOf(stream), ...argv.slice(at + 3)];
}

/** For an empty stream an ID above all others. */
const firstIdOf = (stream: StreamValue): string => (stream.size === 0 ? `${MAX_UINT64}-${MAX_UINT64}` : formatId(stream.firstId));

function maxLength(text: string): number {
  const value = integer(text);
  if (value < 0) throw errors.STREAM_MAXLEN;
  return value;
}
