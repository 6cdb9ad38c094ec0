/**
 * ListpackText: a listpack (rdb/listpack.ts has its format) as one text, a character for each byte. The form in which small collections are kept.
 *
 *   "…header… | field | value | field | value | 0xff"      never changed: a change (listpack-editor.ts) makes another text
 *
 * A text has a header of 16 bytes, a Buffer one of more than 100; it is compared and walked without a call into C++, and a copy or a snapshot shares it. These
 * are Redis's bytes exactly (integers as such, each element in its shortest form), so that they go into DUMP and RDB files as they are, and two elements are
 * equal if their bytes are. Places are offsets of elements.
 *
 * An element of 13 characters or more that is read from here keeps the whole listpack in memory as long as it is used (V8's sliced strings): fine for a reply;
 * what is stored goes through shared/own-text.ts.
 */
import { COUNT_UNKNOWN, FIRST_ELEMENT, integerElementBytes, lengthBytes, LISTPACK_END, ListpackWriter, readListpack, writeInteger } from '../rdb/listpack.js';
import { parseInt64, type Int64 } from './int64.js';

export { FIRST_ELEMENT };

/** A listpack longer than this is better not made: every change copies it. Redis's limit is 1 GiB, more than a text can have. */
export const LISTPACK_MAX_BYTES = 2 ** 28;

const WRITER = new ListpackWriter();

export const EMPTY_LISTPACK = WRITER.finishText();

/** Returns the number of elements. */
export function elementCount(listpack: string): number {
  const count = listpack.charCodeAt(4) | (listpack.charCodeAt(5) << 8);
  return count === COUNT_UNKNOWN ? countByWalking(listpack) : count;
}

function countByWalking(listpack: string): number {
  let count = 0;
  for (let at = FIRST_ELEMENT; at < listpack.length - 1; at = elementEnd(listpack, at)) count++;
  return count;
}

/** Returns where an element ends, and the next one begins; there is none at `listpack.length - 1`. */
export function elementEnd(listpack: string, at: number): number {
  const first = listpack.charCodeAt(at);
  if (first < 0x80) return at + 2;
  if (first < 0xc0) return at + (first & 0x3f) + 2;
  const bytes = longBytes(listpack, at, first);
  return at + bytes + lengthBytes(bytes);
}

/** Returns the bytes of encoding and content of an element that is not of the two shortest kinds. */
function longBytes(listpack: string, at: number, first: number): number {
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + (((first & 0x0f) << 8) | listpack.charCodeAt(at + 1));
  if (first === 0xf0) return 5 + uint32(listpack, at + 1);
  return first === 0xf4 ? 9 : first - 0xf1 + 3;
}

/** Returns an element as a text. */
export function elementText(listpack: string, at: number): string {
  const first = listpack.charCodeAt(at);
  if (first >= 0x80 && first < 0xc0) return listpack.slice(at + 1, at + 1 + (first & 0x3f));
  if (first < 0xe0 || first > 0xf0) return String(integerAt(listpack, at, first));
  const content = at + (first === 0xf0 ? 5 : 2);
  return listpack.slice(content, at + longBytes(listpack, at, first));
}

/** Returns the elements with the numbers first, first + step, …, in an array that belongs to the caller. */
export function elementTexts(listpack: string, first: number, step: number): string[] {
  const texts: string[] = [];
  const end = listpack.length - 1;
  for (let at = skip(listpack, FIRST_ELEMENT, first); at < end; at = skip(listpack, at, step)) texts.push(elementText(listpack, at));
  return texts;
}

/** Returns the bytes of the elements with the numbers 0, step, 2 · step, … as texts, together. */
export function elementTextBytes(listpack: string, step: number): number {
  const end = listpack.length - 1;
  let sum = 0;
  for (let at = FIRST_ELEMENT; at < end; at = skip(listpack, at, step)) {
    const first = listpack.charCodeAt(at);
    sum += first >= 0x80 && first < 0xc0 ? first & 0x3f : elementText(listpack, at).length;
  }
  return sum;
}

/** Returns an element as an integer; null if it is a string. */
export function elementInteger(listpack: string, at: number): Int64 | null {
  const first = listpack.charCodeAt(at);
  return first < 0x80 || (first >= 0xc0 && first < 0xe0) || first > 0xf0 ? integerAt(listpack, at, first) : null;
}

function integerAt(listpack: string, at: number, first: number): Int64 {
  if (first < 0x80) return first;
  switch (first) {
    case 0xf1:
      return ((listpack.charCodeAt(at + 1) | (listpack.charCodeAt(at + 2) << 8)) << 16) >> 16;
    case 0xf2:
      return ((listpack.charCodeAt(at + 1) | (listpack.charCodeAt(at + 2) << 8) | (listpack.charCodeAt(at + 3) << 16)) << 8) >> 8;
    case 0xf3:
      return uint32(listpack, at + 1) | 0;
    case 0xf4:
      return int64(listpack, at + 1);
    default: {
      const bits = ((first & 0x1f) << 8) | listpack.charCodeAt(at + 1);
      return bits >= 0x1000 ? bits - 0x2000 : bits;
    }
  }
}

function uint32(text: string, at: number): number {
  return (text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24)) >>> 0;
}

/** A number where that is exact. */
function int64(text: string, at: number): Int64 {
  const low = uint32(text, at);
  const high = uint32(text, at + 4) | 0;
  const value = high * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

let lastListpack = EMPTY_LISTPACK;
let lastIndex = 0;
let lastOffset = FIRST_ELEMENT;

/** Returns the place of an element by its number. The last one is remembered, so that one after the other is found without walking from the start. */
export function elementAt(listpack: string, index: number): number {
  if (listpack !== lastListpack || index < lastIndex) {
    lastListpack = listpack;
    lastIndex = 0;
    lastOffset = FIRST_ELEMENT;
  }
  for (; lastIndex < index; lastIndex++) lastOffset = elementEnd(listpack, lastOffset);
  return lastOffset;
}

/** Returns the place of an element equal to `text`, or -1. @param step looks only at elements 0, step, 2 · step, … */
export function findElement(listpack: string, text: string, step: number): number {
  const integer = parseInt64(text);
  if (integer !== null) return findInteger(listpack, integer, step);
  return text.length < 64 ? findShortText(listpack, text, step) : findLongText(listpack, text, step);
}

/** Its length is in the first byte. */
function findShortText(listpack: string, text: string, step: number): number {
  const { length } = text;
  const end = listpack.length - 1;
  for (let at = FIRST_ELEMENT; at < end; ) {
    const first = listpack.charCodeAt(at);
    if (first === (0x80 | length) && holds(listpack, at + 1, text)) return at;
    at = first >= 0xc0 ? elementEnd(listpack, at) : first < 0x80 ? at + 2 : at + (first & 0x3f) + 2;
    if (step > 1) at = skip(listpack, at, step - 1);
  }
  return -1;
}

/** Compared from the end: names often begin alike. */
function holds(listpack: string, at: number, text: string): boolean {
  for (let i = text.length - 1; i >= 0; i--) {
    if (listpack.charCodeAt(at + i) !== text.charCodeAt(i)) return false;
  }
  return true;
}

function findLongText(listpack: string, text: string, step: number): number {
  const content = text.length < 4096 ? 2 : 5;
  const end = listpack.length - 1;
  for (let at = FIRST_ELEMENT; at < end; ) {
    const first = listpack.charCodeAt(at);
    const isOfKind = content === 5 ? first === 0xf0 : first >= 0xe0 && first < 0xf0;
    if (isOfKind && longBytes(listpack, at, first) === content + text.length && listpack.startsWith(text, at + content)) return at;
    at = skip(listpack, at, step);
  }
  return -1;
}

const SOUGHT = Buffer.alloc(9);

/** Integers have one encoding each: the bytes are compared. */
function findInteger(listpack: string, integer: Int64, step: number): number {
  const length = writeInteger(SOUGHT, 0, integer);
  const end = listpack.length - 1;
  for (let at = FIRST_ELEMENT; at < end; ) {
    let same = 0;
    while (same < length && listpack.charCodeAt(at + same) === SOUGHT[same]) same++;
    if (same === length) return at;
    at = skip(listpack, at, step);
  }
  return -1;
}

/** Up to this many, elements are compared with each other where they are: first by a mark, made of three of their bytes. */
const COMPARED_MAX = 32;
const PLACES = new Int32Array(COMPARED_MAX);
const MARKS = new Int32Array(COMPARED_MAX);

/** True if two of the elements 0, step, 2 · step, … are equal. */
export function hasRepeated(listpack: string, step: number): boolean {
  if (elementCount(listpack) > COMPARED_MAX * step) return hasRepeatedText(listpack, step);
  let count = 0;
  for (let at = FIRST_ELEMENT; at < listpack.length - 1; count++) {
    const next = elementEnd(listpack, at);
    const mark = listpack.charCodeAt(at) | (listpack.charCodeAt(at + 1) << 8) | (listpack.charCodeAt(next - 2) << 16);
    for (let before = 0; before < count; before++) if (MARKS[before] === mark && isSame(listpack, PLACES[before]!, at)) return true;
    PLACES[count] = at;
    MARKS[count] = mark;
    at = skip(listpack, next, step - 1);
  }
  return false;
}

function hasRepeatedText(listpack: string, step: number): boolean {
  const seen = new Set<string>();
  for (let at = FIRST_ELEMENT; at < listpack.length - 1; at = skip(listpack, at, step)) {
    const { size } = seen;
    if (seen.add(elementText(listpack, at)).size === size) return true;
  }
  return false;
}

function skip(listpack: string, at: number, count: number): number {
  for (let left = count; left > 0; left--) at = elementEnd(listpack, at);
  return at;
}

function isSame(listpack: string, one: number, other: number): boolean {
  if (listpack.charCodeAt(one) !== listpack.charCodeAt(other)) return false;
  for (let i = elementEnd(listpack, one) - one - 1; i > 0; i--) {
    if (listpack.charCodeAt(one + i) !== listpack.charCodeAt(other + i)) return false;
  }
  return true;
}

/** Returns a listpack of these elements. */
export function packElements(texts: readonly string[]): string {
  for (let at = 0; at < texts.length; at++) WRITER.text(texts[at]!);
  return WRITER.finishText();
}

/**
 * Returns a listpack of unknown origin as it is if its bytes are those that would be written here; other encodings of the same elements are written anew.
 * Throws CorruptDump if the bytes are inconsistent. The text must be its own, not a part of another.
 */
export function checkListpack(bytes: string): string {
  return isCanonical(bytes) ? bytes : packElements(readListpack(bytes));
}

function isCanonical(bytes: string): boolean {
  const end = bytes.length - 1;
  if (end < FIRST_ELEMENT || uint32(bytes, 0) !== bytes.length || bytes.charCodeAt(end) !== LISTPACK_END) return false;
  let count = 0;
  let at = FIRST_ELEMENT;
  for (; at < end; count++) {
    const next = canonicalEnd(bytes, at, end);
    if (next === -1) return false;
    at = next;
  }
  return at === end && Math.min(count, COUNT_UNKNOWN) === (bytes.charCodeAt(4) | (bytes.charCodeAt(5) << 8));
}

/** Returns the end of the element, or -1 if it reaches beyond `end` or is not in its shortest form. */
function canonicalEnd(bytes: string, at: number, end: number): number {
  const first = bytes.charCodeAt(at);
  if (first > 0xf4) return -1;
  const length = first < 0x80 ? 1 : first < 0xc0 ? 1 + (first & 0x3f) : longBytes(bytes, at, first);
  const width = lengthBytes(length);
  if (at + length + width > end || !isLengthAt(bytes, at + length, length, width)) return -1;
  const integer = elementInteger(bytes, at);
  const isShortest = integer !== null ? integerElementBytes(integer) === length + 1 : isShortestText(bytes, at, first, length);
  return isShortest ? at + length + width : -1;
}

function isLengthAt(bytes: string, at: number, length: number, width: number): boolean {
  if (width === 1) return bytes.charCodeAt(at) === length;
  for (let i = 0; i < width; i++) {
    if (bytes.charCodeAt(at + i) !== ((Math.floor(length / 2 ** (7 * (width - 1 - i))) & 127) | (i === 0 ? 0 : 128))) return false;
  }
  return true;
}

/** A string that is an integer has to be written as one. */
function isShortestText(bytes: string, at: number, first: number, length: number): boolean {
  if (first === 0xf0) return length >= 5 + 4096;
  if (first >= 0xe0) return length >= 2 + 64;
  const start = bytes.charCodeAt(at + 1);
  // Not a digit and no minus: not looked at further.
  return length === 1 || length > 21 || start > 57 || (start < 48 && start !== 45) || parseInt64(bytes.slice(at + 1, at + length)) === null;
}
