/**
 * PackedTexts: a short sequence of texts that is read now and then and seldom changed, kept as one text.
 *
 *   text      alphabetagamma
 *   lengths   5 4 5             a character for each, whose code is the length; another object for them made LINDEX a fifth slower
 *
 * An array takes 32 bytes for each short text besides its characters: the header of a string, padding, and a place in the array. Here it is one. Redis packs
 * such sequences as listpacks for the same reason; V8 reads one text out of a longer one without copying.
 *
 * A text of 13 characters or more that is read from here keeps the whole sequence in memory as long as it is used (V8's sliced strings); see
 * shared/own-text.ts.
 */
/** Most texts of a sequence: their lengths are passed to one function, each as an argument. */
const COUNT_MAX = 10_000;
/** Above this many characters in all, the texts are long enough that packing saves nothing worth its cost. */
export const TEXT_MAX = 16_384;

export class PackedTexts {
  /** Where the last search ended, so that one text after the other is read without adding up all lengths again. */
  private lastIndex = 0;
  private lastFrom = 0;

  private constructor(
    private readonly text: string,
    private readonly lengths: string,
  ) {}

  /** Packs `texts[start … end-1]`. Returns null if they are too long or too many for it. */
  static of(texts: readonly string[], start = 0, end = texts.length): PackedTexts | null {
    if (end - start > COUNT_MAX) return null;
    const lengths = new Array<number>(end - start);
    let total = 0;
    for (let at = start; at < end; at++) {
      const { length } = texts[at]!;
      lengths[at - start] = length;
      total += length;
    }
    if (total > TEXT_MAX) return null;
    return new PackedTexts((end - start === texts.length ? texts : texts.slice(start, end)).join(''), String.fromCharCode(...lengths));
  }

  at(index: number): string {
    const from = this.find(index);
    return this.text.slice(from, from + this.lengths.charCodeAt(index));
  }

  /** Writes the texts `start … end-1` into an array, from `to` on. */
  copyTo(target: string[], to: number, start: number, end: number): void {
    const { text, lengths } = this;
    let from = this.find(start);
    for (let index = start; index < end; index++) {
      const behind = from + lengths.charCodeAt(index);
      target[to++] = text.slice(from, behind);
      from = behind;
    }
    this.lastIndex = end;
    this.lastFrom = from;
  }

  /** Returns the same texts with another one at `index`; null if they are too long for it then. */
  with(index: number, value: string): PackedTexts | null {
    const { text, lengths } = this;
    const replaced = lengths.charCodeAt(index);
    if (text.length + value.length - replaced > TEXT_MAX) return null;
    const from = this.find(index);
    // Joined, not added: V8 then writes the characters at once, and the old text is free.
    return new PackedTexts(
      [text.slice(0, from), value, text.slice(from + replaced)].join(''),
      [lengths.slice(0, index), String.fromCharCode(value.length), lengths.slice(index + 1)].join(''),
    );
  }

  /** Returns the first place of a text equal to `value`, or -1. */
  indexOf(value: string): number {
    const { text, lengths } = this;
    if (!text.includes(value)) return -1;
    let from = 0;
    for (let index = 0; index < lengths.length; index++) {
      const length = lengths.charCodeAt(index);
      if (length === value.length && text.startsWith(value, from)) return index;
      from += length;
    }
    return -1;
  }

  /** Returns where a text begins. */
  private find(index: number): number {
    const { lengths } = this;
    let at = this.lastIndex;
    let from = this.lastFrom;
    if (index < at) at = from = 0;
    for (; at < index; at++) from += lengths.charCodeAt(at);
    this.lastIndex = at;
    this.lastFrom = from;
    return from;
  }
}
