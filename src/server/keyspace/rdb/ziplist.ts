/**
 * Ziplists and zipmaps, which Redis wrote before it had listpacks: read by RESTORE, never written.
 *
 *   ziplist   [ bytes, 4 | offset of the last, 4 | entries, 2 | entry … | 0xff ]     numbers are little-endian
 *   entry     length of the one before (1 byte, or 0xfe and 4), encoding, content
 *   zipmap    [ size, 1 | length, field, length, bytes unused, value, unused … | 0xff ]
 */
import { ByteReader, CorruptDump } from './bytes.js';

/** Returns the entries of a ziplist. Throws CorruptDump if the bytes are inconsistent. */
export function readZiplist(text: string): string[] {
  const bytes = new ByteReader(text);
  const size = bytes.uint(4);
  const lastAt = bytes.uint(4);
  const count = bytes.uint(2);
  if (size !== text.length) throw new CorruptDump('ziplist size');
  const entries: string[] = [];
  let previous = 0;
  let start = 10;
  while (bytes.peek() !== 0xff) {
    const at = bytes.at;
    if (readPrevious(bytes) !== previous) throw new CorruptDump('length of the entry before');
    entries.push(readEntry(bytes));
    previous = bytes.at - at;
    start = at;
  }
  bytes.skip(1);
  if (bytes.left > 0 || lastAt !== start || (count !== 0xffff && count !== entries.length)) throw new CorruptDump('ziplist header');
  return entries;
}

function readPrevious(bytes: ByteReader): number {
  const first = bytes.byte();
  return first === 0xfe ? bytes.uint(4) : first;
}

function readEntry(bytes: ByteReader): string {
  const first = bytes.byte();
  switch (first >> 6) {
    case 0:
      return bytes.text(first & 0x3f);
    case 1:
      return bytes.text(((first & 0x3f) << 8) | bytes.byte());
    case 2:
      return bytes.text(bytes.uint32BigEndian());
    default:
      return readInteger(bytes, first);
  }
}

function readInteger(bytes: ByteReader, first: number): string {
  switch (first) {
    case 0xc0:
      return String(bytes.int(2));
    case 0xd0:
      return String(bytes.int(4));
    case 0xe0:
      return String(bytes.int64());
    case 0xf0:
      return String(bytes.int(3));
    case 0xfe:
      return String(bytes.int(1));
  }
  // 0 to 12, encoded in the first byte itself.
  if (first < 0xf1 || first > 0xfd) throw new CorruptDump('ziplist encoding');
  return String((first & 0x0f) - 1);
}

/** Returns alternating fields and values. */
export function readZipmap(text: string): string[] {
  const bytes = new ByteReader(text);
  bytes.skip(1);
  const flat: string[] = [];
  while (bytes.peek() !== 0xff) {
    flat.push(bytes.text(readPrevious(bytes)));
    const length = readPrevious(bytes);
    const unused = bytes.byte();
    flat.push(bytes.text(length));
    bytes.skip(unused);
  }
  bytes.skip(1);
  if (bytes.left > 0) throw new CorruptDump('bytes behind a zipmap');
  return flat;
}
