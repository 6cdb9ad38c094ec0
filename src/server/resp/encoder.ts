/**
 * The encoder: writes replies as RESP2 or RESP3 directly into an output buffer.
 *
 * Reached from dispatch for every reply. Nothing is allocated on the way: lengths and integers are written digit by
 * digit, short strings byte by byte, because a call into native code costs more than copying two dozen bytes.
 *
 * Source of the formats: Redis's protocol specification, RESP versions 2 and 3.
 */
import type { ByteSink, RespVersion } from './byte-sink.js';
import { formatDouble } from './double.js';
import type { Bytes, Double, Reply } from './reply.js';

export type { ByteSink, RespVersion };

const CR = 13;
const LF = 10;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const BILLION = 1e9;

/**
 * Longer strings are copied by native code. Measured: both ways take the same time at about 32 bytes; from Node 22 on, where the native function is called
 * without converting its arguments (20 ns instead of 90), at about 8.
 */
export const SHORT = Number(process.versions.node.split('.')[0]) < 22 ? 32 : 8;

/** The minimum size of a value to which an output refers instead of copying it: below that, two more pieces of memory cost a send as much as the copy. */
export const REFERRED_BYTES = 12 * 1024;

/** Type byte, sign, at most 20 digits, CRLF. */
export const HEADER_BYTES = 24;

export function encode(out: ByteSink, reply: Reply, version: RespVersion): void {
  switch (typeof reply) {
    case 'string':
      return encodeBulk(out, reply);
    case 'number':
      return encodeHeader(out, 58 /* : */, reply);
    case 'bigint':
      return encodeRaw(out, `:${reply}\r\n`);
    case 'boolean':
      return encodeRaw(out, version === 3 ? (reply ? '#t\r\n' : '#f\r\n') : reply ? ':1\r\n' : ':0\r\n');
  }
  if (reply === null) return encodeRaw(out, version === 3 ? '_\r\n' : '$-1\r\n');
  if (isArray(reply)) return encodeItems(out, 42 /* * */, reply.length, reply, version);
  switch (reply.type) {
    case 'simple':
      return encodeRaw(out, reply.wire);
    case 'error':
      return encodeRaw(out, `-${oneLine(reply.text)}\r\n`);
    case 'bulk-error':
      return version === 3 ? encodeBulkError(out, reply.text) : encodeRaw(out, `-${oneLine(reply.text)}\r\n`);
    case 'double':
      return encodeDouble(out, reply, version);
    case 'map':
      return version === 3
        ? encodeItems(out, 37 /* % */, reply.flat.length / 2, reply.flat, version)
        : encodeItems(out, 42, reply.flat.length, reply.flat, version);
    case 'set':
      return encodeItems(out, version === 3 ? 126 /* ~ */ : 42, reply.members.length, reply.members, version);
    case 'push':
      return encodeItems(out, version === 3 ? 62 /* > */ : 42, reply.items.length, reply.items, version);
    case 'sequence':
      for (const each of reply.replies) encode(out, each, version);
      return;
    case 'bytes':
      return encodeBytes(out, reply);
    case 'in-place':
      return reply.writeTo(out, version);
    case 'verbatim':
      return version === 3 ? encodeVerbatim(out, reply.format, reply.text) : encodeBulk(out, reply.text);
    case 'bignumber':
      return version === 3 ? encodeRaw(out, `(${reply.digits}\r\n`) : encodeBulk(out, reply.digits);
    case 'attribute':
      if (version === 3) encodeItems(out, 124 /* | */, reply.flat.length / 2, reply.flat, version);
      return encode(out, reply.reply, version);
    case 'versioned':
      return encode(out, reply.reply, reply.version);
    case 'null-array':
      return encodeRaw(out, version === 3 ? '_\r\n' : '*-1\r\n');
    case 'none':
      return;
  }
}

const isArray: (reply: Reply) => reply is readonly Reply[] = Array.isArray;

function encodeItems(out: ByteSink, type: number, length: number, items: readonly Reply[], version: RespVersion): void {
  encodeHeader(out, type, length);
  for (let i = 0; i < items.length; i++) {
    if (typeof items[i] === 'string') i = encodeShortTexts(out, items, i);
    if (i < items.length) encode(out, items[i]!, version);
  }
}

/**
 * Writes the short strings from `items[i]` on, as {@link encodeBulk} does with one, as far as they fit into the buffer. Returns the number of the item behind
 * them. Buffer and position are read and set once for all, and the sink is not called.
 */
function encodeShortTexts(out: ByteSink, items: readonly Reply[], i: number): number {
  const { buffer } = out;
  const end = buffer.length - HEADER_BYTES - 2;
  let at = out.position;
  for (; i < items.length; i++) {
    const text = items[i]!;
    if (typeof text !== 'string' || text.length > SHORT || at + text.length > end) break;
    at = writeShortBulk(buffer, at, text, 0, text.length);
  }
  out.position = at;
  return i;
}

/**
 * Writes `count` of the texts as bulk strings: from `texts[from]` on, or with a step of -1 backwards from there. As in {@link encodeShortTexts} the sink is
 * called for long texts only, and when the buffer is full.
 */
export function encodeTexts(out: ByteSink, texts: readonly string[], from: number, count: number, step: 1 | -1): void {
  let { buffer, position } = out;
  for (let left = count, i = from; left > 0; left--, i += step) {
    const text = texts[i]!;
    if (text.length <= SHORT && position + text.length + HEADER_BYTES + 2 <= buffer.length) {
      position = writeShortBulk(buffer, position, text, 0, text.length);
    } else {
      out.position = position;
      encodeBulk(out, text);
      ({ buffer, position } = out);
    }
  }
  out.position = position;
}

/** Writes a part of a text, of at most {@link SHORT} characters, as a bulk string. There must be room. Returns its end. */
export function writeShortBulk(buffer: Buffer, at: number, text: string, from: number, length: number): number {
  buffer[at++] = 36; // $
  if (length >= 10) buffer[at++] = ZERO + ((length / 10) | 0);
  buffer[at] = ZERO + (length % 10);
  buffer[at + 1] = CR;
  buffer[at + 2] = LF;
  at = writeShort(buffer, at + 3, text, from, from + length);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  return at + 2;
}

/** Text from a client in an error must not end the line early, and start a reply of its own. */
function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text;
}

function encodeBulkError(out: ByteSink, text: string): void {
  encodeHeader(out, 33 /* ! */, text.length);
  encodeRaw(out, text);
  encodeRaw(out, '\r\n');
}

function encodeDouble(out: ByteSink, { value, text }: Double, version: RespVersion): void {
  // Most scores are small integers, of which no string needs to be made. The printed form of 0 depends on its sign.
  if (text === null && (value | 0) === value && value !== 0) return encodeWhole(out, value, version);
  if (text === null && ((value * 8) | 0) === value * 8 && value !== 0) return encodeEighths(out, value, version);
  const printed = text ?? formatDouble(value);
  if (version === 3) encodeRaw(out, `,${printed}\r\n`);
  else encodeBulk(out, printed);
}

/** Writes a double that is a multiple of 1/8 below 2^28, but no integer: its one to three decimals are exact. */
function encodeEighths(out: ByteSink, value: number, version: RespVersion): void {
  const size = Math.abs(value);
  const whole = size | 0;
  const thousandths = (size - whole) * 1000;
  const decimals = thousandths % 100 === 0 ? 1 : thousandths % 10 === 0 ? 2 : 3;
  const length = (value < 0 ? 1 : 0) + digitsOf(whole) + 1 + decimals;
  out.reserve(HEADER_BYTES + length + 2);
  const { buffer } = out;
  let at = out.position;
  if (version === 3) buffer[at++] = 44; // ,
  else at = writeHeader(buffer, at, 36 /* $ */, length);
  if (value < 0) buffer[at++] = MINUS;
  at = writeInteger(buffer, at, whole);
  buffer[at] = POINT;
  at = writeDigits(buffer, at + 1, decimals === 1 ? thousandths / 100 : decimals === 2 ? thousandths / 10 : thousandths, decimals);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  out.position = at + 2;
}

/** Writes a double that is an integer of 32 bits. */
function encodeWhole(out: ByteSink, value: number, version: RespVersion): void {
  if (version === 3) return encodeHeader(out, 44 /* , */, value);
  const length = value < 0 ? 1 + digitsOf(-value) : digitsOf(value);
  out.reserve(HEADER_BYTES + length + 2);
  const { buffer } = out;
  const at = writeInteger(buffer, writeHeader(buffer, out.position, 36 /* $ */, length), value);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  out.position = at + 2;
}

function encodeVerbatim(out: ByteSink, format: string, text: string): void {
  encodeHeader(out, 61 /* = */, text.length + 4);
  encodeRaw(out, `${format}:`);
  encodeRaw(out, text);
  encodeRaw(out, '\r\n');
}

/** Writes the header of an array. */
export function encodeArray(out: ByteSink, length: number): void {
  encodeHeader(out, 42 /* * */, length);
}

/** Writes the header of a map, in RESP2 of an array of keys and values. @param pairs their number */
export function encodeMap(out: ByteSink, pairs: number, version: RespVersion): void {
  if (version === 3) encodeHeader(out, 37 /* % */, pairs);
  else encodeArray(out, pairs * 2);
}

/** Writes an integer of 32 bits as a bulk string. */
export function encodeDigits(out: ByteSink, value: number): void {
  encodeWhole(out, value, 2);
}

/** Writes a part of a text as a bulk string, without making a text of it if it is short. */
export function encodePart(out: ByteSink, text: string, from: number, to: number): void {
  const length = to - from;
  out.reserve(HEADER_BYTES + length + 2);
  const { buffer } = out;
  let at = writeHeader(buffer, out.position, 36 /* $ */, length);
  if (length > SHORT) at += buffer.latin1Write(text.slice(from, to), at, length);
  else at = writeShort(buffer, at, text, from, to);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  out.position = at + 2;
}

/** Writes two safe integers that are not negative as one bulk string, with a minus sign between: the ID of a stream's entry. */
export function encodePair(out: ByteSink, one: number, other: number): void {
  const length = digitsOf(one) + 1 + digitsOf(other);
  out.reserve(HEADER_BYTES + length + 2);
  const { buffer } = out;
  let at = writeInteger(buffer, writeHeader(buffer, out.position, 36 /* $ */, length), one);
  buffer[at] = MINUS;
  at = writeInteger(buffer, at + 1, other);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  out.position = at + 2;
}

export function encodeBulk(out: ByteSink, text: string): void {
  const { length } = text;
  out.reserve(HEADER_BYTES + length + 2);
  const { buffer } = out;
  const at = writeLatin1(buffer, writeHeader(buffer, out.position, 36 /* $ */, length), text);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  out.position = at + 2;
}

function encodeBytes(out: ByteSink, reply: Bytes): void {
  const { bytes } = reply;
  if (out.canRefer === true && bytes.length >= REFERRED_BYTES) {
    encodeHeader(out, 36, bytes.length);
    out.refer!(reply);
    return encodeRaw(out, '\r\n');
  }
  out.reserve(HEADER_BYTES + bytes.length + 2);
  encodeHeader(out, 36 /* $ */, bytes.length);
  out.buffer.set(bytes, out.position);
  out.position += bytes.length;
  encodeRaw(out, '\r\n');
}

/** Writes bytes that are already RESP. */
function encodeRaw(out: ByteSink, text: string): void {
  out.reserve(text.length);
  out.position = writeLatin1(out.buffer, out.position, text);
}

function encodeHeader(out: ByteSink, type: number, value: number): void {
  out.reserve(HEADER_BYTES);
  out.position = writeHeader(out.buffer, out.position, type, value);
}

function writeHeader(buffer: Buffer, at: number, type: number, value: number): number {
  buffer[at] = type;
  at = writeInteger(buffer, at + 1, value);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  return at + 2;
}

function writeLatin1(buffer: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > SHORT) return at + buffer.latin1Write(text, at, length);
  return writeShort(buffer, at, text, 0, length);
}

/** Four at a time: a quarter less for 20 characters. */
function writeShort(buffer: Buffer, at: number, text: string, from: number, to: number): number {
  let i = from;
  for (; i + 4 <= to; i += 4, at += 4) {
    buffer[at] = text.charCodeAt(i);
    buffer[at + 1] = text.charCodeAt(i + 1);
    buffer[at + 2] = text.charCodeAt(i + 2);
    buffer[at + 3] = text.charCodeAt(i + 3);
  }
  for (; i < to; i++) buffer[at++] = text.charCodeAt(i);
  return at;
}

/** Writes the decimal digits of a safe integer. */
function writeInteger(buffer: Buffer, start: number, value: number): number {
  let at = start;
  if (value < 0) {
    buffer[at++] = MINUS;
    value = -value;
  }
  if (value < 10) {
    buffer[at] = ZERO + value;
    return at + 1;
  }
  // Above 2^31 integer arithmetic is slower: what is in front of the last nine digits is written first.
  if (value > 0x7fffffff) {
    const front = Math.floor(value / BILLION);
    return writeDigits(buffer, writeInteger(buffer, at, front), (value - front * BILLION) | 0, 9);
  }
  return writeDigits(buffer, at, value, digitsOf(value));
}

/** Writes the last `digits` digits of an integer of 31 bits. */
function writeDigits(buffer: Buffer, at: number, value: number, digits: number): number {
  let left = digits;
  // Two at a time, as each division waits for the one before it.
  for (; left >= 2; left -= 2) {
    const rest = (value / 100) | 0;
    const two = value - rest * 100;
    const ten = (two * 103) >> 10;
    buffer[at + left - 1] = ZERO + two - ten * 10;
    buffer[at + left - 2] = ZERO + ten;
    value = rest;
  }
  if (left === 1) buffer[at] = ZERO + value;
  return at + digits;
}

/** Returns the number of decimal digits of a safe integer from 0 on. */
export function digitsOf(value: number): number {
  // Thirteen are the milliseconds of unix time, in nearly all IDs of streams.
  if (value > 0x7fffffff) return value >= 1e12 && value < 1e13 ? 13 : 9 + digitsOf(Math.floor(value / BILLION));
  if (value < 10) return 1;
  return (
    value < 100 ? 2
    : value < 1000 ? 3
    : value < 10000 ? 4
    : value < 100000 ? 5
    : value < 1000000 ? 6
    : value < 10000000 ? 7
    : value < 100000000 ? 8
    : value < 1000000000 ? 9
    : 10
  );
}
