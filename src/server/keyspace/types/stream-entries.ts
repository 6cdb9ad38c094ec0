/**
 * The entries of a stream's node: what each contains, in the order in which they were added. Used by StreamNode, which knows the names that they share, and
 * which of them are deleted.
 *
 *   OpenEntries     numbers [ 0 0 | 0 1 | 3 0 ]               for each entry: milliseconds after those of the node, and its sequence
 *                   texts   [ 21 C | 22 C | door open by me ]
 *                   begins  [ 0 1 | 2 1 | 4 0 ]               for each entry: where its texts begin, and 1 if it has the names of the node, so that only its
 *                                                             values are kept; null while all have: then all have the same number of texts
 *
 *   PackedEntries   bytes   0 0 3 · 0 1 0 · 1 5 8 · 2 3 5 6 10 14 16 18 · 21C22Cdooropenbyme
 *                                                             the same as one text: milliseconds, sequences, begins, where each text ends, texts
 *
 * An open node is the one to which entries are added. All others are packed: a range that starts somewhere among a million entries then reads two objects, the
 * PackedEntries and its text, of which each entry is found without reading those before it, and the garbage collector has nothing to follow.
 *
 * A text of 13 characters or more that is taken out of a packed node keeps all of it in memory as long as it is used (V8's sliced strings); see
 * shared/own-text.ts.
 */
import { type ByteSink, encodeBulk, encodePart } from '../../resp/encoder.js';
import type { Int64 } from './int64.js';
import { TEXT_MAX } from './packed-texts.js';
import type { Uint64 } from './stream-id.js';

/** Most entries, and most texts, of a packed node. */
const COUNT_MAX = 10_000;
/** Bytes of the place at which a text ends; of TEXT_MAX or less. */
const END_BYTES = 2;

export interface StreamEntries {
  readonly count: number;
  readonly textCount: number;
  /** Returns the milliseconds of an entry after those of the node, as a signed integer that wraps around. */
  msAfter(at: number): Int64;
  seq(at: number): Uint64;
  /** Returns where the texts of an entry begin. */
  start(at: number): number;
  sharesNames(at: number): boolean;
  texts(from: number, end: number): string[];
  /** Encodes a text as a bulk string. */
  writeText(out: ByteSink, index: number): void;
}

export class OpenEntries implements StreamEntries {
  private numbers: Int64[] = [];
  private allTexts: string[] = [];
  /** Two for each entry: where its texts begin, and 1 if it shares the names. */
  private begins: number[] | null = null;

  /** @param nameCount number of names of the node */
  constructor(private readonly nameCount: number) {}

  get count(): number {
    return this.numbers.length >>> 1;
  }

  get textCount(): number {
    return this.allTexts.length;
  }

  msAfter(at: number): Int64 {
    return this.numbers[2 * at]!;
  }

  seq(at: number): Uint64 {
    return this.numbers[2 * at + 1]!;
  }

  start(at: number): number {
    return this.begins === null ? at * this.nameCount : this.begins[2 * at]!;
  }

  sharesNames(at: number): boolean {
    return this.begins === null || this.begins[2 * at + 1] === 1;
  }

  texts(from: number, end: number): string[] {
    return this.allTexts.slice(from, end);
  }

  writeText(out: ByteSink, index: number): void {
    encodeBulk(out, this.allTexts[index]!);
  }

  /** Adds an entry. Its texts follow by {@link addText}. */
  add(msAfter: Int64, seq: Uint64, sharesNames: boolean): void {
    if (!sharesNames && this.begins === null) this.begins = this.equalBegins();
    if (this.begins !== null) this.begins.push(this.allTexts.length, sharesNames ? 1 : 0);
    this.numbers.push(msAfter, seq);
  }

  addText(text: string): void {
    this.allTexts.push(text);
  }

  clone(): OpenEntries {
    const copy = new OpenEntries(this.nameCount);
    copy.numbers = this.numbers.slice();
    copy.allTexts = this.allTexts.slice();
    copy.begins = this.begins === null ? null : this.begins.slice();
    return copy;
  }

  /**
   * Returns the same entries packed, after which these are not used any more; null, with nothing changed, if they are too many or their texts too long for it,
   * or if a number is not of 32 bits.
   */
  pack(): PackedEntries | null {
    const { numbers, allTexts, begins, count, nameCount } = this;
    const msBytes = widthOf(numbers, 0);
    const seqBytes = widthOf(numbers, 1);
    if (count > COUNT_MAX || allTexts.length > COUNT_MAX || msBytes === -1 || seqBytes === -1) return null;
    let characters = 0;
    for (let at = 0; at < allTexts.length; at++) characters += allTexts[at]!.length;
    if (characters > TEXT_MAX) return null;
    const head = new BytesWriter(count * (msBytes + seqBytes + (begins === null ? 0 : BEGIN_BYTES)) + allTexts.length * END_BYTES);
    head.everySecond(numbers as number[], 0, msBytes);
    head.everySecond(numbers as number[], 1, seqBytes);
    if (begins !== null) for (let at = 0; at < begins.length; at += 2) head.pair(begins[at]! * 2 + begins[at + 1]!);
    let end = 0;
    for (let at = 0; at < allTexts.length; at++) head.pair((end += allTexts[at]!.length));
    const textCount = allTexts.length;
    // Joined, not added: V8 then writes the characters at once, and does not keep the parts.
    allTexts.unshift(head.finish());
    return new PackedEntries(allTexts.join(''), count, textCount, msBytes, seqBytes, begins === null ? nameCount : -1);
  }

  /** Returns the begins of entries that all share the names. */
  private equalBegins(): number[] {
    const begins: number[] = [];
    for (let at = 0; at < this.count; at++) begins.push(at * this.nameCount, 1);
    return begins;
  }
}

/** Never changes. Numbers begin with their lowest byte. */
export class PackedEntries implements StreamEntries {
  private readonly seqAt: number;
  private readonly beginsAt: number;
  private readonly endsAt: number;
  private readonly textsAt: number;

  /**
   * @param msBytes bytes of each number of milliseconds: 0 if all are zero
   * @param nameCount number of texts of each entry if all share the names; otherwise -1, and each entry has a begin
   */
  constructor(
    private readonly bytes: string,
    readonly count: number,
    readonly textCount: number,
    private readonly msBytes: number,
    private readonly seqBytes: number,
    private readonly nameCount: number,
  ) {
    this.seqAt = count * msBytes;
    this.beginsAt = this.seqAt + count * seqBytes;
    this.endsAt = this.beginsAt + (nameCount === -1 ? count * BEGIN_BYTES : 0);
    this.textsAt = this.endsAt + textCount * END_BYTES;
  }

  msAfter(at: number): number {
    return numberAt(this.bytes, at * this.msBytes, this.msBytes);
  }

  seq(at: number): number {
    return numberAt(this.bytes, this.seqAt + at * this.seqBytes, this.seqBytes);
  }

  start(at: number): number {
    return this.nameCount === -1 ? this.begin(at) >>> 1 : at * this.nameCount;
  }

  sharesNames(at: number): boolean {
    return this.nameCount !== -1 || (this.begin(at) & 1) === 1;
  }

  texts(from: number, end: number): string[] {
    const texts: string[] = [];
    let start = this.textAt(from);
    for (let index = from; index < end; index++) {
      const behind = this.textAt(index + 1);
      texts.push(this.bytes.slice(start, behind));
      start = behind;
    }
    return texts;
  }

  writeText(out: ByteSink, index: number): void {
    encodePart(out, this.bytes, this.textAt(index), this.textAt(index + 1));
  }

  /** @param nameCount number of names of the node */
  unpack(nameCount: number): OpenEntries {
    const open = new OpenEntries(nameCount);
    const texts = this.texts(0, this.textCount);
    for (let at = 0; at < this.count; at++) {
      open.add(this.msAfter(at), this.seq(at), this.sharesNames(at));
      const end = at + 1 === this.count ? this.textCount : this.start(at + 1);
      for (let index = this.start(at); index < end; index++) open.addText(texts[index]!);
    }
    return open;
  }

  /** Returns where a text begins, which is where the one before it ends. */
  private textAt(index: number): number {
    return index === 0 ? this.textsAt : this.textsAt + numberAt(this.bytes, this.endsAt + (index - 1) * END_BYTES, END_BYTES);
  }

  private begin(at: number): number {
    return numberAt(this.bytes, this.beginsAt + at * BEGIN_BYTES, BEGIN_BYTES);
  }
}

/** Bytes of a begin: twice the number of the first text, of COUNT_MAX or less, plus 1 if the entry shares the names. */
const BEGIN_BYTES = 2;

function numberAt(bytes: string, at: number, width: number): number {
  if (width === 1) return bytes.charCodeAt(at);
  if (width === 0) return 0;
  const low = bytes.charCodeAt(at) + (bytes.charCodeAt(at + 1) << 8);
  return width === 2 ? low : low + (bytes.charCodeAt(at + 2) + (bytes.charCodeAt(at + 3) << 8)) * 0x10000;
}

/** Returns how many bytes each second number needs, from one on: 0 if all are zero, -1 if one is not an integer from 0 to 2^32 - 1. */
function widthOf(numbers: readonly Int64[], first: number): number {
  let bits = 0;
  for (let at = first; at < numbers.length; at += 2) {
    const number = numbers[at]!;
    if (typeof number !== 'number' || number >>> 0 !== number) return -1;
    bits |= number;
  }
  if (bits === 0) return 0;
  return bits >>> 8 === 0 ? 1 : bits >>> 16 === 0 ? 2 : 4;
}

/** A block in which the numbers of a node are written before they become a text. */
let block = Buffer.allocUnsafeSlow(1024);

class BytesWriter {
  private at = 0;

  /** @param size number of bytes that will be written */
  constructor(size: number) {
    if (size > block.length) block = Buffer.allocUnsafeSlow(size);
  }

  /** Writes each second number, from `first` on, in `width` bytes. */
  everySecond(numbers: readonly number[], first: number, width: number): void {
    for (let shift = 0; shift < 8 * width; shift += 8) {
      for (let i = first, at = this.at + shift / 8; i < numbers.length; i += 2, at += width) block[at] = numbers[i]! >>> shift;
    }
    this.at += (numbers.length >>> 1) * width;
  }

  /** Writes a number in two bytes. */
  pair(value: number): void {
    block[this.at] = value;
    block[this.at + 1] = value >>> 8;
    this.at += 2;
  }

  /** Returns the bytes as a text. */
  finish(): string {
    return block.latin1Slice(0, this.at);
  }
}
