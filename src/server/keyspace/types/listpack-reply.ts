/**
 * ListpackReply: elements of a listpack as a reply that is encoded from its bytes: no text is made of each element. A listpack never changes, so the reply
 * stays valid.
 */
import {
  type ByteSink, encodeArray, encodeBulk, encodeDigits, encodeMap, encodePart, HEADER_BYTES, type RespVersion, SHORT, writeShortBulk,
} from '../../resp/encoder.js';
import type { InPlace } from '../../resp/reply.js';
import { elementEnd, elementText, FIRST_ELEMENT } from './listpack-text.js';

export class ListpackReply implements InPlace {
  readonly type = 'in-place';

  /**
   * The elements with the numbers first, first + step, …: `count` of them, all of which must exist.
   * @param isMap keys and values in alternation
   */
  constructor(
    private readonly listpack: string,
    private readonly first: number,
    private readonly step: 1 | 2,
    private readonly count: number,
    private readonly isMap = false,
  ) {}

  writeTo(out: ByteSink, version: RespVersion): void {
    const { listpack, step, count } = this;
    if (this.isMap) encodeMap(out, count / 2, version);
    else encodeArray(out, count);
    let at = FIRST_ELEMENT;
    for (let left = this.first; left > 0; left--) at = elementEnd(listpack, at);
    // Short texts are written where there is room, and the sink is called for the others only.
    let { buffer, position } = out;
    for (let left = count; left > 0; left--) {
      const first = listpack.charCodeAt(at);
      const length = first & 0x3f;
      if (first >= 0x80 && first < 0xc0 && length <= SHORT && position + length + HEADER_BYTES + 2 <= buffer.length) {
        position = writeShortBulk(buffer, position, listpack, at + 1, length);
      } else {
        out.position = position;
        encodeElement(out, listpack, at);
        ({ buffer, position } = out);
      }
      at = elementEnd(listpack, at);
      if (step === 2 && left > 1) at = elementEnd(listpack, at);
    }
    out.position = position;
  }
}

function encodeElement(out: ByteSink, listpack: string, at: number): void {
  const first = listpack.charCodeAt(at);
  if (first < 0x80) encodeDigits(out, first);
  else if (first < 0xc0) encodePart(out, listpack, at + 1, at + 1 + (first & 0x3f));
  else encodeBulk(out, elementText(listpack, at));
}
