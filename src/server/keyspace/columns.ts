/**
 * Columns: values as data. Each part of a value appends its texts, numbers and words to those of all others, and reads them back in the same order.
 *
 *   texts     [ field | value | field | value | element | … ] [ … ]    in chunks
 *   numbers   [ 2 | 96 | … ]                            sizes, scores, times, halves of stream IDs
 *   words     [ hash | hash | place | place | … ]       tables of a Dict, as stored
 *   bigints   [ … ]                                     integers beyond the range of a number
 *
 * Flat, because an object for each value would cost ten times as much to serialize. Strings are shared with the live values, as they never change; everything
 * else is copied.
 */
import type { Int64 } from './types/int64.js';
import type { StreamId } from './types/stream-id.js';

export interface ColumnsState {
  readonly texts: readonly (readonly string[])[];
  readonly numbers: Float64Array;
  readonly words: Int32Array;
  readonly bigints: readonly bigint[];
}

const TEXTS_IN_CHUNK = 8192;

const filling: string[] = [];

/**
 * Returns an array of empty strings that V8 knows to have no holes. `new Array(n)` and the result of `deserialize` might have some: such an array takes twice
 * as long to serialize, and code that reads both kinds is slower. Only arrays built by push, and slices of them, certainly have none.
 */
export function emptyTexts(count: number): string[] {
  while (filling.length < count) filling.push('');
  return filling.slice(0, count);
}

export class ColumnWriter {
  private readonly chunks: string[][] = [];
  private chunk: string[] = [];
  private textAt = TEXTS_IN_CHUNK;
  private numberColumn = new Float64Array(64);
  private numberAt = 0;
  private wordColumn = new Int32Array(64);
  private wordAt = 0;
  private readonly bigints: bigint[] = [];

  text(text: string): void {
    if (this.textAt === TEXTS_IN_CHUNK) this.addChunk();
    this.chunk[this.textAt++] = text;
  }

  texts(texts: readonly string[]): void {
    for (let at = 0; at < texts.length; at++) this.text(texts[at]!);
  }

  /** Writes a number; not NaN, which stands for an integer among the bigints. */
  number(number: number): void {
    if (this.numberAt === this.numberColumn.length) this.growNumbers();
    this.numberColumn[this.numberAt++] = number;
  }

  numbers(numbers: readonly number[]): void {
    for (let at = 0; at < numbers.length; at++) this.number(numbers[at]!);
  }

  integer(integer: Int64): void {
    if (typeof integer === 'number') return this.number(integer);
    this.number(Number.NaN);
    this.bigints.push(integer);
  }

  id({ ms, seq }: StreamId): void {
    this.integer(ms);
    this.integer(seq);
  }

  words(words: Int32Array): void {
    const end = this.wordAt + words.length;
    if (end > this.wordColumn.length) {
      const grown = new Int32Array(Math.max(end, this.wordColumn.length * 2));
      grown.set(this.wordColumn);
      this.wordColumn = grown;
    }
    this.wordColumn.set(words, this.wordAt);
    this.wordAt = end;
  }

  /** Returns what was written, which belongs to the caller from now on. */
  finish(): ColumnsState {
    if (this.textAt < TEXTS_IN_CHUNK) this.chunks[this.chunks.length - 1] = this.chunk.slice(0, this.textAt);
    return { texts: this.chunks, numbers: this.numberColumn.slice(0, this.numberAt), words: this.wordColumn.slice(0, this.wordAt), bigints: this.bigints };
  }

  private addChunk(): void {
    this.chunk = emptyTexts(TEXTS_IN_CHUNK);
    this.chunks.push(this.chunk);
    this.textAt = 0;
  }

  private growNumbers(): void {
    const grown = new Float64Array(this.numberColumn.length * 2);
    grown.set(this.numberColumn);
    this.numberColumn = grown;
  }
}

export class ColumnReader {
  private nextChunk = 0;
  private chunk: readonly string[] = [];
  private textAt = 0;
  private numberAt = 0;
  private wordAt = 0;
  private bigintAt = 0;

  constructor(private readonly columns: ColumnsState) {}

  text(): string {
    if (this.textAt === this.chunk.length) this.takeChunk();
    return this.chunk[this.textAt++]!;
  }

  /** Reads texts into an array that belongs to the caller. */
  texts(count: number): string[] {
    const end = this.textAt + count;
    if (end <= this.chunk.length) {
      const texts = this.chunk.slice(this.textAt, end);
      this.textAt = end;
      return texts;
    }
    const texts: string[] = [];
    for (let left = count; left > 0; left--) texts.push(this.text());
    return texts;
  }

  number(): number {
    return this.columns.numbers[this.numberAt++]!;
  }

  numbers(count: number): number[] {
    const numbers: number[] = [];
    for (let left = count; left > 0; left--) numbers.push(this.number());
    return numbers;
  }

  integer(): Int64 {
    const number = this.number();
    return Number.isNaN(number) ? this.columns.bigints[this.bigintAt++]! : number;
  }

  id(): StreamId {
    return { ms: this.integer(), seq: this.integer() };
  }

  words(count: number): Int32Array<ArrayBuffer> {
    const start = this.wordAt;
    this.wordAt += count;
    return new Int32Array(this.columns.words.subarray(start, this.wordAt));
  }

  private takeChunk(): void {
    const texts = this.columns.texts[this.nextChunk++]!;
    const chunk = emptyTexts(texts.length);
    for (let at = 0; at < texts.length; at++) chunk[at] = texts[at]!;
    this.chunk = chunk;
    this.textAt = 0;
  }
}
