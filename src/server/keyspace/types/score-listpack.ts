/**
 * Small sorted sets as Redis's listpacks: members and scores in the order of the scores, and among equal scores in the order of the members' bytes. Used by
 * SortedSetValue. The text is never changed (listpack-text.ts); what changes a set returns another one.
 *
 *   "…header… | member | score | member | score | 0xff"      a whole score as an integer, another as %.17g prints it
 *
 * Members are searched for from the start, as in Redis. Places are offsets of members.
 */
import { formatDouble } from '../../resp/double.js';
import { FIRST_ELEMENT, ListpackWriter } from '../rdb/listpack.js';
import type { Int64 } from './int64.js';
import { integerElement, spliced, textElement } from './listpack-splice.js';
import { elementCount, elementEnd, elementInteger, elementText, findElement, hasRepeated } from './listpack-text.js';

/** Within LLONG_MAX / 2, as in double2ll. */
const MAX_INTEGER_SCORE = 2 ** 62;

const WRITER = new ListpackWriter();

type Visit = (member: string, score: number) => void;

export function packedSize(listpack: string): number {
  return elementCount(listpack) / 2;
}

/** Returns the place of a member, or -1. */
export function findMember(listpack: string, member: string): number {
  return findElement(listpack, member, 2);
}

/** Returns the score of the member at a place. */
export function packedScore(listpack: string, place: number): number {
  return scoreElement(listpack, elementEnd(listpack, place));
}

function scoreElement(listpack: string, at: number): number {
  const first = listpack.charCodeAt(at);
  if (first < 0x80) return first;
  if (first >= 0xc0 && first < 0xe0) return ((((first & 0x1f) << 8) | listpack.charCodeAt(at + 1)) << 19) >> 19;
  const integer = elementInteger(listpack, at);
  return integer === null ? parseScore(elementText(listpack, at)) : Number(integer);
}

function parseScore(text: string): number {
  if (text === 'inf') return Infinity;
  return text === '-inf' ? -Infinity : Number(text);
}

/** Returns how many members are before a place. */
export function rankOf(listpack: string, place: number): number {
  let rank = 0;
  for (let at = FIRST_ELEMENT; at < place; at = next(listpack, at)) rank++;
  return rank;
}

/** Returns how many members come before a boundary: see {@link ScoreTree.countBefore}. */
export function packedCountBefore(listpack: string, isBefore: (score: number, member: string) => boolean): number {
  const end = listpack.length - 1;
  let count = 0;
  for (let at = FIRST_ELEMENT; at < end; count++) {
    const place = elementEnd(listpack, at);
    if (!isBefore(scoreElement(listpack, place), elementText(listpack, at))) break;
    at = elementEnd(listpack, place);
  }
  return count;
}

/** Returns how many members have a score below `limit`, or `orEqual` to it. */
export function packedCountBelow(listpack: string, limit: number, orEqual: boolean): number {
  const end = listpack.length - 1;
  let count = 0;
  for (let at = FIRST_ELEMENT; at < end; count++) {
    const place = elementEnd(listpack, at);
    const score = scoreElement(listpack, place);
    if (!(score < limit || (orEqual && score === limit))) break;
    at = elementEnd(listpack, place);
  }
  return count;
}

/** Visits `count` members from the one of rank `start` on, up or down; stops at the end. */
export function visitPacked(listpack: string, start: number, count: number, reverse: boolean, visit: Visit): void {
  if (reverse) {
    for (const at of placesDown(listpack, start, count)) visit(elementText(listpack, at), packedScore(listpack, at));
    return;
  }
  const end = listpack.length - 1;
  let left = count;
  for (let at = placeOf(listpack, start); at < end && left > 0; left--) {
    const score = elementEnd(listpack, at);
    visit(elementText(listpack, at), scoreElement(listpack, score));
    at = elementEnd(listpack, score);
  }
}

/** Returns the members that {@link visitPacked} visits. */
export function packedMembers(listpack: string, start: number, count: number, reverse: boolean): string[] {
  if (reverse) return placesDown(listpack, start, count).map((at) => elementText(listpack, at));
  const end = listpack.length - 1;
  const found: string[] = [];
  for (let at = placeOf(listpack, start); at < end && found.length < count; at = next(listpack, at)) found.push(elementText(listpack, at));
  return found;
}

/** Returns the listpack with another member. */
export function insertPacked(listpack: string, score: number, member: string): string {
  const text = scoreText(score);
  const at = placeFor(listpack, score, text, member);
  return spliced(listpack, at, at, textElement(member) + scoreBytes(score, text), 2);
}

/** Returns the listpack without the member at a place. */
export function removePacked(listpack: string, place: number): string {
  return spliced(listpack, place, next(listpack, place), '', -2);
}

/** Returns the listpack with another score for the member at a place. */
export function movePacked(listpack: string, place: number, score: number): string {
  const old = elementEnd(listpack, place);
  const behind = elementEnd(listpack, old);
  const member = elementText(listpack, place);
  // Where it belongs is behind or before its present place, in which it does not count itself.
  const text = scoreText(score);
  const at = placeFor(listpack, score, text, member);
  if (at === place || at === behind) return spliced(listpack, old, behind, scoreBytes(score, text), 0);
  return insertPacked(removePacked(listpack, place), score, member);
}

/** Returns the listpack of members in order. */
export function packScores(visitAll: (visit: Visit) => void): string {
  visitAll((member, score) => {
    WRITER.text(member);
    if (isWhole(score)) WRITER.integer(wholeScore(score));
    else WRITER.text(formatDouble(score));
  });
  return WRITER.finishText();
}

/** Returns how many scores are not whole. */
export function fractionCount(listpack: string): number {
  let count = 0;
  for (let at = FIRST_ELEMENT; at < listpack.length - 1; ) {
    const place = elementEnd(listpack, at);
    if (elementInteger(listpack, place) === null) count++;
    at = elementEnd(listpack, place);
  }
  return count;
}

/** True if the members and scores of unknown origin in a listpack without inconsistencies are in the order in which they are kept, no member twice. */
export function areInOrder(listpack: string, readScore: (text: string) => number): boolean {
  const end = listpack.length - 1;
  let last = -Infinity;
  let lastPlace = -1;
  for (let at = FIRST_ELEMENT; at < end; ) {
    const place = elementEnd(listpack, at);
    const integer = elementInteger(listpack, place);
    const score = integer === null ? readScore(elementText(listpack, place)) : Number(integer);
    // NaN is in no order; a whole score as text is not as it is kept, and may be a negative zero.
    if (!(score >= last) || (integer === null && isWhole(score))) return false;
    if (score === last && lastPlace !== -1 && elementText(listpack, at) <= elementText(listpack, lastPlace)) return false;
    lastPlace = at;
    last = score;
    at = elementEnd(listpack, place);
  }
  return !hasRepeated(listpack, 2);
}

function next(listpack: string, at: number): number {
  return elementEnd(listpack, elementEnd(listpack, at));
}

/** Returns the place of the member of a rank; the end if there is none. */
function placeOf(listpack: string, rank: number): number {
  const end = listpack.length - 1;
  let at = FIRST_ELEMENT;
  for (let left = rank; left > 0 && at < end; left--) at = next(listpack, at);
  return at;
}

/** Returns the places of `count` members, from the one of rank `start` down. */
function placesDown(listpack: string, start: number, count: number): number[] {
  const first = Math.max(start - count + 1, 0);
  const places: number[] = [];
  let at = placeOf(listpack, first);
  for (let rank = first; rank <= start; rank++) {
    places.push(at);
    at = next(listpack, at);
  }
  return places.reverse();
}

/** Returns the place of the first member that does not come before (score, member). @param text see {@link scoreText} */
function placeFor(listpack: string, score: number, text: string, member: string): number {
  const end = listpack.length - 1;
  const point = pointOf(text, 0, text.length);
  let at = FIRST_ELEMENT;
  while (at < end) {
    const place = elementEnd(listpack, at);
    const order = point === -1 ? 0 : compareDigits(listpack, place, text, point);
    if (order > 0) break;
    if (order === 0) {
      const there = scoreElement(listpack, place);
      if (there > score || (there === score && elementText(listpack, at) >= member)) break;
    }
    at = elementEnd(listpack, place);
  }
  return at;
}

/** Number of characters of a decimal, besides the point, that are digits which doubles keep. */
const KEPT_CHARACTERS = 16;

/**
 * Compares the score at a place with another one by their first digits: below 0 if it is smaller. Converting it to a number takes several times as long.
 * Returns 0 if they do not decide, and for all but positive decimals without an exponent. @param point where it is in `text`
 */
function compareDigits(listpack: string, place: number, text: string, point: number): number {
  const first = listpack.charCodeAt(place);
  if (first < 0x80 || first >= 0xc0) return 0;
  const length = first & 0x3f;
  const other = pointOf(listpack, place + 1, length);
  if (other === -1) return 0;
  if (other !== point) return other - point;
  for (let i = 0; i < KEPT_CHARACTERS && i < length && i < text.length; i++) {
    const difference = listpack.charCodeAt(place + 1 + i) - text.charCodeAt(i);
    // One apart, they may be the same score: 0.3, of another origin, is written 0.29999999999999999 here.
    if (difference !== 0) return Math.abs(difference) === 1 ? 0 : difference;
  }
  return 0;
}

/** Returns the number of digits before the point; -1 for what is no positive decimal with a point, or has an exponent or leading zeros. */
function pointOf(text: string, from: number, length: number): number {
  let point = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(from + i);
    if (code === 46 && point === -1) point = i;
    else if (code < 48 || code > 57) return -1;
  }
  return point > 1 && text.charCodeAt(from) === 48 ? -1 : point;
}

export function isWhole(score: number): boolean {
  return Number.isInteger(score) && Math.abs(score) <= MAX_INTEGER_SCORE;
}

/** The sign of -0 is lost, as in Redis's zzlInsertAt. */
function wholeScore(score: number): Int64 {
  return Math.abs(score) > Number.MAX_SAFE_INTEGER ? BigInt(score) : score + 0;
}

/** Returns a score that is not whole as its element contains it, else an empty text. */
function scoreText(score: number): string {
  return isWhole(score) ? '' : formatDouble(score);
}

function scoreBytes(score: number, text: string): string {
  return text === '' ? integerElement(wholeScore(score)) : textElement(text);
}
