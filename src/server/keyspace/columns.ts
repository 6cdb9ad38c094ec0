/**
 * Columns: values as data. Each part of a value writes its texts, numbers and words behind those of all others, and reads them back in the same order.
 *
 *   texts     [ key | field | value | field | value | key | element | … ]
 *   numbers   [ 2 | 96 | … ]                            sizes, scores, times, halves of stream IDs
 *   words     [ hash | hash | place | place | … ]       tables of a Dict, as they lie
 *   bigints   [ … ]                                     integers that no number holds
 *
 * Flat, because an object for each value would cost ten times as much to serialize. Strings are shared with the live values, as they never change; everything
 * else is copied.
 */
import type { Int64 } from './types/int64.js';
import type { StreamId } from './types/stream-id.js';

export interface ColumnsState {
  readonly texts: readonly string[];
  readonly numbers: Float64Array;
  readonly words: Int32Array;
  readonly bigints: readonly bigint[];
}

export class ColumnWriter {
  private readonly textColumn: string[] = [];
  private readonly numberColumn: number[] = [];
  private readonly bigints: bigint[] = [];
  private wordColumn = new Int32Array(0);
  private wordCount = 0;

  text(text: string): void {
    this.textColumn.push(text);
  }

  texts(texts: readonly string[]): void {
    for (const text of texts) this.textColumn.push(text);
  }

  /** Not for NaN, which stands for an integer among the bigints. */
  number(number: number): void {
    this.numberColumn.push(number);
  }

  numbers(numbers: readonly number[]): void {
    for (const number of numbers) this.numberColumn.push(number);
  }

  integer(integer: Int64): void {
    if (typeof integer === 'number') return void this.numberColumn.push(integer);
    this.numberColumn.push(Number.NaN);
    this.bigints.push(integer);
  }

  id({ ms, seq }: StreamId): void {
    this.integer(ms);
    this.integer(seq);
  }

  words(words: Int32Array): void {
    const end = this.wordCount + words.length;
    if (end > this.wordColumn.length) {
      const grown = new Int32Array(Math.max(end, this.wordColumn.length * 2));
      grown.set(this.wordColumn);
      this.wordColumn = grown;
    }
    this.wordColumn.set(words, this.wordCount);
    this.wordCount = end;
  }

  finish(): ColumnsState {
    return { texts: this.textColumn, numbers: new Float64Array(this.numberColumn), words: this.wordColumn.slice(0, this.wordCount), bigints: this.bigints };
  }
}

export class ColumnReader {
  private textAt = 0;
  private numberAt = 0;
  private wordAt = 0;
  private bigintAt = 0;

  constructor(private readonly columns: ColumnsState) {}

  text(): string {
    return this.columns.texts[this.textAt++]!;
  }

  texts(count: number): string[] {
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
}
