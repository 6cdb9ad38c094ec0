/**
 * ListpackEditor: the bytes of a listpack that is being changed. The same changes as in listpack-text.ts, but however many there are, a new text is made only
 * when it is asked for.
 */
import {
  FIRST_ELEMENT, integerElementBytes, lengthBytes, LISTPACK_END, LISTPACK_OVERHEAD, textElementBytes, writeElement, writeHeader, writeInteger, writeTextHead,
} from '../rdb/listpack.js';
import { parseInt64 } from './int64.js';

const INITIAL_BYTES = 4096;
/** A larger block is given back when another listpack is opened. */
const KEPT_BYTES = 2 ** 16;

const SOUGHT = Buffer.alloc(9);

export class ListpackEditor {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Its bytes, with header and end. */
  length = LISTPACK_OVERHEAD;
  /** Number of elements. */
  count = 0;
  /** The place that was found last: the next one sought is often the same, or the one behind it. */
  private found = FIRST_ELEMENT;

  /** @param step elements are sought among those with the numbers 0, step, 2 · step, … */
  constructor(private readonly step: number) {}

  open(listpack: string, count: number): void {
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.length = 0;
    this.grow(listpack.length);
    this.length = listpack.length;
    this.count = count;
    this.found = FIRST_ELEMENT;
    // Of an empty one all is written in the end.
    if (count > 0) this.bytes.latin1Write(listpack, 0);
    else this.bytes[FIRST_ELEMENT] = LISTPACK_END;
  }

  /** Returns the listpack as it is now. */
  text(): string {
    writeHeader(this.bytes, this.length, this.count);
    return this.bytes.latin1Slice(0, this.length);
  }

  /** Returns where an element ends. */
  endOf(at: number): number {
    const { bytes } = this;
    const first = bytes[at]!;
    if (first < 0x80) return at + 2;
    if (first < 0xc0) return at + (first & 0x3f) + 2;
    const content = longBytes(bytes, at, first);
    return at + content + lengthBytes(content);
  }

  /** Returns the place of an element equal to `text`, or -1. */
  find(text: string): number {
    const integer = parseInt64(text);
    const head = integer === null ? writeTextHead(SOUGHT, 0, text.length) : writeInteger(SOUGHT, 0, integer);
    const content = integer === null ? text : '';
    const { found } = this;
    let at = this.findBetween(found, this.length - 1, head, content);
    if (at === -1 && found !== FIRST_ELEMENT) at = this.findBetween(FIRST_ELEMENT, found, head, content);
    if (at !== -1) this.found = at;
    return at;
  }

  /** @param head number of bytes in SOUGHT, before the content */
  private findBetween(from: number, end: number, head: number, content: string): number {
    const { bytes, step } = this;
    const sought = SOUGHT[0];
    for (let at = from; at < end; ) {
      if (bytes[at] === sought && this.holds(at, head, content)) return at;
      for (let left = step; left > 0; left--) {
        const first = bytes[at]!;
        at = first < 0xc0 ? at + 2 + (first < 0x80 ? 0 : first & 0x3f) : this.endOf(at);
      }
    }
    return -1;
  }

  replace(at: number, text: string): void {
    const integer = parseInt64(text);
    const end = this.endOf(at);
    const newEnd = at + (integer === null ? textElementBytes(text.length) : integerElementBytes(integer));
    if (newEnd !== end) this.move(end, newEnd);
    if (at < this.found) this.found = FIRST_ELEMENT;
    writeElement(this.bytes, at, text, integer);
  }

  /** Adds an element behind all others. */
  append(text: string): void {
    this.grow(text.length + 10);
    const end = writeElement(this.bytes, this.length - 1, text, parseInt64(text));
    this.bytes[end] = LISTPACK_END;
    this.length = end + 1;
    this.count++;
  }

  /** Removes this element and those behind it, `count` in all. */
  remove(at: number, count: number): void {
    let end = at;
    for (let left = count; left > 0; left--) end = this.endOf(end);
    this.move(end, at);
    this.count -= count;
    this.found = FIRST_ELEMENT;
  }

  /** Compares contents from the end: names often begin alike. */
  private holds(at: number, head: number, content: string): boolean {
    const { bytes } = this;
    for (let i = 1; i < head; i++) if (bytes[at + i] !== SOUGHT[i]) return false;
    for (let i = content.length - 1; i >= 0; i--) if (bytes[at + head + i] !== content.charCodeAt(i)) return false;
    return true;
  }

  /** Moves all that follows. */
  private move(from: number, to: number): void {
    this.grow(to - from);
    this.bytes.copyWithin(to, from, this.length);
    this.length += to - from;
  }

  private grow(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow((this.length + more) * 2);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/** Returns the bytes of encoding and content of an element that is not of the two shortest kinds. */
function longBytes(bytes: Buffer, at: number, first: number): number {
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + (((first & 0x0f) << 8) | bytes[at + 1]!);
  if (first === 0xf0) return 5 + bytes.readUInt32LE(at + 1);
  return first === 0xf4 ? 9 : first - 0xf1 + 3;
}
