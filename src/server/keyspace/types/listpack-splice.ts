/**
 * ListpackSplice: changes of a ListpackText (listpack-text.ts), each of which returns another text. Used for small sorted sets and lists; a collection that is
 * changed several times in succession takes another form meanwhile (last-changed.ts).
 */
import { FIRST_ELEMENT, ListpackWriter } from '../rdb/listpack.js';
import { type Int64, parseInt64 } from './int64.js';
import { elementCount } from './listpack-text.js';

const WRITER = new ListpackWriter();

/** Replaces the bytes [from, to) by `elements`; V8 keeps the parts of a sum, `join` writes all characters at once. @param change of the number of elements */
export function spliced(listpack: string, from: number, to: number, elements: string, change: number): string {
  const bytes = listpack.length - (to - from) + elements.length;
  const count = elementCount(listpack) + change;
  const header = String.fromCharCode(bytes & 255, (bytes >> 8) & 255, (bytes >> 16) & 255, bytes >>> 24, count & 255, count >> 8);
  return [header, listpack.slice(FIRST_ELEMENT, from), elements, listpack.slice(to)].join('');
}

/** Returns the bytes of the element for a text. */
export function textElement(text: string): string {
  const integer = parseInt64(text);
  if (integer !== null) return integerElement(integer);
  if (text.length < 64) return String.fromCharCode(0x80 | text.length) + text + String.fromCharCode(text.length + 1);
  WRITER.text(text);
  return writtenElement();
}

/** Returns the bytes of the element for an integer. */
export function integerElement(value: Int64): string {
  if (typeof value !== 'number' || value > 0x7fffffff || value < -0x80000000) {
    WRITER.integer(value);
    return writtenElement();
  }
  const low = value & 255;
  if (value >= 0 && value <= 127) return String.fromCharCode(low, 1);
  if (value >= -4096 && value <= 4095) return String.fromCharCode(0xc0 | ((value >> 8) & 0x1f), low, 2);
  if (value >= -0x8000 && value <= 0x7fff) return String.fromCharCode(0xf1, low, (value >> 8) & 255, 3);
  if (value >= -0x800000 && value <= 0x7fffff) return String.fromCharCode(0xf2, low, (value >> 8) & 255, (value >> 16) & 255, 4);
  return String.fromCharCode(0xf3, low, (value >> 8) & 255, (value >> 16) & 255, value >>> 24, 5);
}

function writtenElement(): string {
  return WRITER.finishText().slice(FIRST_ELEMENT, -1);
}
