/**
 * The request decoder: decodes the bytes of a connection into whole requests, in whatever chunks the bytes arrive.
 *
 * Called by client/connection.ts after every read; passes an argv to dispatch. It works in place: `feed` names a range of a buffer, `next` takes one request
 * from it, and the caller keeps what remains when `next` returns INCOMPLETE, and feeds it again with more bytes after it. Finished arguments are never decoded
 * twice.
 *
 *   *2 CRLF     $4 CRLF     ECHO CRLF     $2 CRLF    hi CRLF         multibulk: array of bulk strings
 *   └ remaining └ bulkLength └ argv[0]    └ …        └ argv[1] → COMPLETE
 *
 *   ECHO "hi" CRLF                                                   inline: a line of words, for telnet
 *
 * Limits and error texts are those of Redis 7.0's processMultibulkBuffer and processInlineBuffer. As there, the bytes after a CR and after an argument are
 * skipped unchecked, and a NUL hides the end of its line: the connection waits until the line is too long. Unlike there, the result never depends on the chunks
 * in which the bytes arrived.
 */
import { constants } from 'node:buffer';
import { ownText } from '../../shared/own-text.js';
import { DIGEST, digestString } from './digest-strings.js';
import { digitsOf } from './encoder.js';
import { splitInline } from './inline.js';
import { LARGE_BYTES, LENT_AT, LENT_BYTES, type LentArgument, lend, settle } from './lent-argument.js';
import { memberPlace, type MemberTable, removesMembers } from './member-table.js';
import { followers, PREFETCHED_AT } from './prefetch.js';
import type { ReadRequest } from './request-run.js';
import { MAX_SHORT, shortString } from './short-strings.js';

export const INCOMPLETE = 0;
export const COMPLETE = 1;
/** The bytes violate the protocol; {@link RequestDecoder.error} says how. The connection cannot continue. */
export const BROKEN = 2;
export type DecodeStatus = typeof INCOMPLETE | typeof COMPLETE | typeof BROKEN;

/** Maximum length of an inline request, of a count and of a length (PROTO_INLINE_MAX_SIZE). */
const MAX_LINE = 64 * 1024;

const CR = 13;
const LF = 10;
const ASTERISK = 42;
const DOLLAR = 36;
const MINUS = 45;

/** Results of {@link RequestDecoder.findLineEnd}: not received yet; not found although the line is longer than MAX_LINE. */
const NO_LINE_END = -1;
const TOO_LONG = -2;

/** No argument can be longer, since it becomes one string: 24 bytes less than the 512 MiB that Redis allows by default. */
const MAX_STRING_LENGTH = constants.MAX_STRING_LENGTH;

/** {@link parseLength} found no decimal integer. */
const NOT_A_NUMBER = Number.MIN_SAFE_INTEGER;

/** Comparing the bytes of a longer key takes longer than making a string of them. */
const MAX_INTERNED = 64;

/** Length and first letter of `EVALSHA`, after which comes a digest. No command that is followed by a key has both. */
const EVALSHA = 7;
const LOWER_E = 101;
const LOWER_CASE = 0x20;

/** Makes strings of bytes that are probably keys; existing keys already have theirs. */
export interface KeyInterner {
  /** Returns the latin1 string of these bytes. */
  intern(bytes: Buffer, start: number, length: number): string;
  /** True if the string that `intern` returned last is an existing key. */
  readonly wasInterned: boolean;
  /** False if no key has a collection; if true, one may have. */
  readonly hasCollections: boolean;
  /** Returns the members of a key's collection, if they are in a table. */
  membersOf(key: string): MemberTable | null;
}

const UNKNOWN = -1;

const NO_KEYS: KeyInterner = {
  intern: (bytes, start, length) => bytes.latin1Slice(start, start + length),
  wasInterned: false,
  hasCollections: false,
  membersOf: () => null,
};

/** An incomplete request: the part that is no longer in the caller's buffer. */
export interface DecoderState {
  /** The complete arguments. */
  readonly argv: readonly string[];
  /** Number of arguments still to come. */
  readonly remaining: number;
  readonly expectsKey: boolean;
  /** -1: the length of the next one has not arrived. */
  readonly bulkLength: number;
  readonly earlierBytes: number;
}

export class RequestDecoder implements ReadRequest {
  /** The request that `next` has just completed; a new array each time, so it may be kept. */
  argv: string[] = [];
  /** Why `next` returned BROKEN: the text after `Protocol error: `. */
  error = '';
  /** The first byte of the fed range that has not been used yet. */
  position = 0;
  /** proto-max-bulk-len. */
  maxBulkLength = 512 * 1024 * 1024;
  /** The existing keys: an argument that names one needs no new string, and no second hash. */
  keys: KeyInterner = NO_KEYS;
  /** False before AUTH: then requests must be small, so that unauthenticated clients cannot make the server allocate much. */
  authenticated = true;

  /** Gets a large argument that is lent; null: none is lent. */
  borrower: { lent: LentArgument | null } | null = null;

  /** The fed range is a part of it. */
  buffer: Buffer = EMPTY;
  private end = 0;
  /** Arguments still to come in the current request; 0 between requests. */
  private remaining = 0;
  private filled = 0;
  /** All arguments at key positions have been existing keys so far. */
  private expectsKey = false;
  /** Length of the argument being read; -1 while its `$` line has not arrived. */
  private bulkLength = -1;
  /** Bytes of the current request in ranges that were fed before. */
  private earlierBytes = 0;
  private requestStart = 0;
  /** The previous command name; connections mostly repeat one, and the same string object is found faster. */
  private lastName = '';
  /** Which argument of {@link lastName} is a member: see {@link memberPlace}; {@link UNKNOWN} until that is needed. */
  private memberAt = UNKNOWN;
  /** A key of the range that has no table of members: they are not asked for again. */
  private keyWithoutTable = '';
  /** Arguments that begin before this position need no prefetch. */
  private prefetchedTo = 0;

  feed(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.position = start;
    this.requestStart = start;
    this.prefetchedTo = start;
    this.keyWithoutTable = '';
    this.end = end;
  }

  /** Bytes that the current request, or the one just completed, has used so far. */
  get requestBytes(): number {
    return this.earlierBytes + this.position - this.requestStart;
  }

  get exactStart(): number {
    const { buffer, requestStart, argv } = this;
    if (this.earlierBytes > 0 || buffer[requestStart] !== ASTERISK) return -1;
    const lent = this.borrower?.lent;
    // Counts and lengths are exact, see parseLength. What is skipped unchecked may be anything.
    let at = requestStart + 2 + digitsOf(argv.length);
    if (buffer[at] !== LF) return -1;
    for (let i = 0; i < argv.length; i++) {
      const length = i === LENT_AT && lent?.argv === argv ? lent.bytes.length : argv[i]!.length;
      at += 3 + digitsOf(length);
      if (buffer[at] !== LF) return -1;
      at += length + 2;
      if (buffer[at - 1] !== CR || buffer[at] !== LF) return -1;
    }
    return requestStart;
  }

  /** Bytes of the range that have not been used yet. */
  get unusedBytes(): number {
    return this.end - this.position;
  }

  /** Between two feeds: bytes of an incomplete request, without those that the caller keeps. */
  get heldBytes(): number {
    return this.remaining === 0 ? 0 : this.earlierBytes;
  }

  /** At INCOMPLETE: how many more bytes the argument being read needs after those in the range; at least 1. */
  get missing(): number {
    return this.bulkLength < 0 ? 1 : Math.max(1, this.bulkLength + 2 - (this.end - this.position));
  }

  next(): DecodeStatus {
    // Empty requests (`*0`, `*-1`, an empty line) are skipped without a reply, hence the loop.
    while (this.remaining === 0) {
      this.earlierBytes = 0;
      this.requestStart = this.position;
      if (this.position === this.end) return INCOMPLETE;
      if (this.buffer[this.position] === ASTERISK) {
        const status = this.readCount();
        if (status !== COMPLETE) return status;
      } else {
        const status = this.readInline();
        if (status !== COMPLETE || this.argv.length > 0) return status;
      }
    }
    while (this.remaining > 0) {
      const status = this.readArgument();
      if (status !== COMPLETE) return status;
    }
    return COMPLETE;
  }

  /** Drops the current request, and the rest of the range with it. */
  drop(): void {
    this.position = this.end;
    this.remaining = 0;
    this.bulkLength = -1;
    this.earlierBytes = 0;
  }

  /** Called between two feeds. Returns null between two requests. */
  capture(): DecoderState | null {
    const { remaining, expectsKey, bulkLength, earlierBytes } = this;
    return remaining === 0 ? null : { argv: this.argv.slice(0, this.filled), remaining, expectsKey, bulkLength, earlierBytes };
  }

  /** Must be followed by a feed of what the caller had kept. */
  restore({ argv, remaining, expectsKey, bulkLength, earlierBytes }: DecoderState): void {
    this.begin(argv.length + remaining, 0);
    for (const argument of argv) this.argv[this.filled++] = argument;
    this.remaining = remaining;
    this.expectsKey = expectsKey;
    this.lastName = '';
    this.memberAt = UNKNOWN;
    this.bulkLength = bulkLength;
    this.earlierBytes = earlierBytes;
  }

  private readCount(): DecodeStatus {
    const short = this.shortCount();
    if (short > 0) return this.begin(short, this.position + 4);
    const lineEnd = this.findLineEnd();
    if (lineEnd < 0) return lineEnd === TOO_LONG ? this.broken('too big mbulk count string') : INCOMPLETE;
    const count = parseLength(this.buffer, this.position + 1, lineEnd);
    if (count === NOT_A_NUMBER || count > 0x7fffffff) return this.brokenLine(lineEnd, 'invalid multibulk length', 'too big mbulk count string');
    if (count > 10 && !this.authenticated) return this.broken('unauthenticated multibulk length');
    return this.begin(Math.max(0, count), lineEnd + 2);
  }

  /** Reads `*1` to `*9`, with which nearly all requests begin; 0 for any other beginning. */
  private shortCount(): number {
    const { buffer, position } = this;
    if (position + 4 > this.end || buffer[position + 2] !== CR) return 0;
    const digit = buffer[position + 1]! - 48;
    return digit > 0 && digit <= 9 ? digit : 0;
  }

  private begin(count: number, position: number): DecodeStatus {
    this.position = position;
    this.remaining = count;
    this.filled = 0;
    this.expectsKey = true;
    // A claimed count allocates nothing by itself: the array grows with the arguments that actually arrive.
    this.argv = count <= 16 ? new Array<string>(count) : [];
    return COMPLETE;
  }

  private readArgument(): DecodeStatus {
    if (this.bulkLength === -1 && !this.readShortHeader()) {
      const status = this.readBulkLength();
      if (status !== COMPLETE) return status;
    }
    const start = this.position;
    const end = start + this.bulkLength;
    if (end + 2 > this.end) return this.incomplete();
    if (this.bulkLength >= LENT_BYTES && this.canLend()) this.borrower!.lent = lend(this.argv, this.buffer.subarray(start, end), this.mayAdopt(end));
    else this.argv[this.filled] = this.readText(start, end);
    this.filled++;
    this.remaining--;
    this.position = end + 2;
    this.bulkLength = -1;
    return COMPLETE;
  }

  /** True for the value of SET. */
  private canLend(): boolean {
    return this.borrower !== null && this.filled === LENT_AT && this.argv[0]!.length === 3 && this.argv[0]!.toLowerCase() === 'set';
  }

  /**
   * True for a large last argument if nothing is behind it, since then the caller keeps nothing of the buffer, and does not use it again; and if it is nearly
   * all of the buffer, since the rest stays in memory as well.
   */
  private mayAdopt(end: number): boolean {
    const { bulkLength, buffer } = this;
    return bulkLength >= LARGE_BYTES && this.remaining === 1 && end + 2 === this.end && buffer.length - bulkLength <= bulkLength / 8;
  }

  /** Reads `$7` or `$16`, with which nearly all arguments begin. False, with nothing read, for any other beginning. */
  private readShortHeader(): boolean {
    const { buffer, position } = this;
    if (position + 5 > this.end || buffer[position] !== DOLLAR) return false;
    const first = buffer[position + 1]! - 48;
    if (first < 0 || first > 9) return false;
    if (buffer[position + 2] === CR) {
      this.bulkLength = first;
      this.position = position + 4;
      return true;
    }
    const second = buffer[position + 2]! - 48;
    if (first === 0 || second < 0 || second > 9 || buffer[position + 3] !== CR) return false;
    this.bulkLength = first * 10 + second;
    this.position = position + 5;
    return true;
  }

  private readBulkLength(): DecodeStatus {
    if (this.position === this.end) return this.incomplete();
    const lineEnd = this.findLineEnd();
    if (lineEnd < 0) return lineEnd === TOO_LONG ? this.broken('too big bulk count string') : this.incomplete();
    if (this.buffer[this.position] !== DOLLAR) return this.brokenLine(lineEnd, this.unexpectedByte(), 'too big bulk count string');
    const length = parseLength(this.buffer, this.position + 1, lineEnd);
    if (length < 0 || length > this.maxBulkLength || length > MAX_STRING_LENGTH) {
      return this.brokenLine(lineEnd, 'invalid bulk length', 'too big bulk count string');
    }
    if (length > 16384 && !this.authenticated) return this.broken('unauthenticated bulk length');
    this.position = lineEnd + 2;
    this.bulkLength = length;
    return COMPLETE;
  }

  private readInline(): DecodeStatus {
    const lineEnd = this.findNewline();
    if (lineEnd === TOO_LONG) return this.broken('too big inline request');
    if (lineEnd === NO_LINE_END) return INCOMPLETE;
    const hasReturn = lineEnd > this.position && this.buffer[lineEnd - 1] === CR;
    const words = splitInline(this.buffer.latin1Slice(this.position, hasReturn ? lineEnd - 1 : lineEnd));
    if (words === null) return this.broken('unbalanced quotes in request');
    this.position = lineEnd + 1;
    this.argv = words.map(ownText);
    return COMPLETE;
  }

  /** Returns the index of the LF that ends an inline request. */
  private findNewline(): number {
    const { buffer, position, end } = this;
    const near = Math.min(end, position + 64);
    for (let at = position; at < near; at++) {
      if (buffer[at] === LF) return at;
      if (buffer[at] === 0) return this.noLineEnd();
    }
    const line = buffer.subarray(near, Math.min(end, position + MAX_LINE + 1));
    const newline = line.indexOf(LF);
    if (newline === -1) return this.noLineEnd();
    const nul = line.indexOf(0);
    return nul !== -1 && nul < newline ? this.noLineEnd() : near + newline;
  }

  /** Returns the index of the CR that ends the line at `position`, once the LF after it has arrived as well. */
  private findLineEnd(): number {
    const { buffer, end } = this;
    // Counts and lengths are a few digits; searching byte by byte is faster than a call into native code.
    const near = Math.min(end, this.position + 24);
    for (let at = this.position; at < near; at++) {
      if (buffer[at] === CR) return at + 1 < end ? at : NO_LINE_END;
    }
    return near === end ? NO_LINE_END : this.findFarLineEnd(near);
  }

  private findFarLineEnd(near: number): number {
    const { buffer, position, end } = this;
    const at = buffer.subarray(near, Math.min(end, position + MAX_LINE + 1)).indexOf(CR);
    if (at === -1) return this.noLineEnd();
    return near + at + 1 < end ? near + at : NO_LINE_END;
  }

  private noLineEnd(): typeof NO_LINE_END | typeof TOO_LONG {
    return this.end - this.position > MAX_LINE ? TOO_LONG : NO_LINE_END;
  }

  private readText(start: number, end: number): string {
    if (this.filled === 0) return this.readName(start, end);
    const length = end - start;
    if (length <= MAX_SHORT) return shortString(this.buffer, start, end);
    if (length > MAX_INTERNED) return this.buffer.latin1Slice(start, end);
    if (this.filled > 1 && this.keys.hasCollections && this.isMember()) return this.readMember(start, length);
    return this.expectsKey && (this.filled & 1) === 1 ? this.readKey(start, length) : this.buffer.latin1Slice(start, end);
  }

  /** True if the argument being read may be in a table of members. */
  private isMember(): boolean {
    if (this.memberAt === UNKNOWN) this.memberAt = memberPlace(this.argv[0]!);
    return this.filled === this.memberAt && this.argv[1] !== this.keyWithoutTable;
  }

  /** A member that exists already has its string in the table, like a key. */
  private readMember(start: number, length: number): string {
    const { buffer } = this;
    const members = this.keys.membersOf(this.argv[1]!);
    if (members === null) {
      this.keyWithoutTable = this.argv[1]!;
      return buffer.latin1Slice(start, start + length);
    }
    if (start >= this.prefetchedTo && members.isLarge && this.memberAt === PREFETCHED_AT) this.prefetch(members, start, length);
    return members.intern(buffer, start, length);
  }

  /** Prefetches the members of the next requests after the one that begins at `start`. */
  private prefetch(members: MemberTable, start: number, length: number): void {
    const { buffer, requestStart, end } = this;
    if (this.earlierBytes > 0 || start + length + 2 >= end) return;
    const requestEnd = this.skipShort(start + length + 2, this.remaining - 1);
    if (requestEnd === -1) return;
    const step = requestEnd - requestStart;
    const count = followers(buffer, requestStart, start, step, end);
    this.prefetchedTo = start + count * step;
    // Members that are added need little of what is read: no more of them in this range.
    if (count > 0 && members.prefetch(buffer, start + step, step, count, length, removesMembers(this.argv[0]!)) * 2 < count) this.prefetchedTo = end;
  }

  /** Returns where the next `count` arguments end, of less than a hundred bytes each; -1 if others are there. */
  private skipShort(at: number, count: number): number {
    const { buffer } = this;
    for (let left = count; left > 0; left--) {
      const hasOne = buffer[at + 2] === CR;
      if (!hasOne && buffer[at + 3] !== CR) return -1;
      const length = parseLength(buffer, at + 1, hasOne ? at + 2 : at + 3);
      if (length < 0) return -1;
      at += (hasOne ? 6 : 7) + length;
    }
    return at;
  }

  /** A key is the first argument and, if there are several, usually every other one; these are looked up until one is not found. */
  private readKey(start: number, length: number): string {
    const { keys, buffer } = this;
    if (length === DIGEST && this.filled === 1 && isEvalsha(this.argv[0]!)) return digestString(buffer, start);
    const key = keys.intern(buffer, start, length);
    this.expectsKey = keys.wasInterned;
    return key;
  }

  private readName(start: number, end: number): string {
    const { buffer, lastName } = this;
    const length = end - start;
    if (length === lastName.length) {
      let i = 0;
      while (i < length && lastName.charCodeAt(i) === buffer[start + i]) i++;
      if (i === length) return lastName;
    }
    const name = buffer.latin1Slice(start, end);
    // A name longer than any command is not worth keeping, least of all a very long one.
    if (length <= 32) this.lastName = name;
    this.memberAt = UNKNOWN;
    return name;
  }

  /** Remembers what this range has contributed, since the rest will be fed as another range. */
  private incomplete(): DecodeStatus {
    if (this.borrower !== null) this.endLoan(this.borrower);
    this.earlierBytes += this.position - this.requestStart;
    this.requestStart = this.position;
    return INCOMPLETE;
  }

  /** The rest of the request comes when the bytes are no longer there. */
  private endLoan(borrower: { lent: LentArgument | null }): void {
    if (borrower.lent !== null) settle(borrower.lent);
    borrower.lent = null;
  }

  /** An invalid line; with a NUL in it, it is not a line yet. Checked only here, since valid lines have none. */
  private brokenLine(lineEnd: number, error: string, errorIfTooLong: string): DecodeStatus {
    if (!this.buffer.subarray(this.position, lineEnd).includes(0)) return this.broken(error);
    return this.noLineEnd() === TOO_LONG ? this.broken(errorIfTooLong) : this.incomplete();
  }

  /** An error is one line, so a line break shows as a space. */
  private unexpectedByte(): string {
    const byte = this.buffer[this.position]!;
    return `expected '$', got '${byte === CR || byte === LF ? ' ' : String.fromCharCode(byte)}'`;
  }

  private broken(error: string): DecodeStatus {
    this.error = error;
    return BROKEN;
  }
}

const EMPTY = Buffer.alloc(0);

/** Parses a decimal integer with an optional minus, as string2ll does: no plus, no leading zeros, no spaces, 64 bits. */
function parseLength(buffer: Buffer, start: number, end: number): number {
  let at = start;
  const negative = buffer[at] === MINUS;
  if (negative) at++;
  const digits = end - at;
  if (digits <= 0 || digits > 15) return digits > 0 && negative ? parseHugeNegative(buffer, start, end) : NOT_A_NUMBER;
  if (buffer[at] === 48 && (digits > 1 || negative)) return NOT_A_NUMBER;
  let value = 0;
  for (; at < end; at++) {
    const digit = buffer[at]! - 48;
    if (digit < 0 || digit > 9) return NOT_A_NUMBER;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** Every negative count means an empty request, so any one within 64 bits is accepted. */
function parseHugeNegative(buffer: Buffer, start: number, end: number): number {
  if (end - start > 20) return NOT_A_NUMBER;
  const text = buffer.latin1Slice(start, end);
  return /^-[1-9]\d*$/.test(text) && BigInt(text) >= -(2n ** 63n) ? -1 : NOT_A_NUMBER;
}

const isEvalsha = (name: string): boolean => name.length === EVALSHA && (name.charCodeAt(0) | LOWER_CASE) === LOWER_E;
