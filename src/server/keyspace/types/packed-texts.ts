/**
 * PackedTexts: a short sequence of texts that is read now and then and seldom changed, kept as one text.
 *
 *   text      alphabetagamma
 *   lengths   5 4 5             a character for each, whose code is the length
 *
 * An array takes 32 bytes for each short text besides its characters: the header of a string, padding, and a place in the array. Here it is one. Redis packs
 * such sequences as listpacks for the same reason; V8 reads one text out of a longer one without copying.
 *
 * A text of 13 characters or more that is read from here keeps the whole sequence in memory as long as it is used (V8's sliced strings): see {@link ownText}.
 */

/** Above this many characters in all, the texts are long enough that packing saves nothing worth its cost. */
const TEXT_MAX = 16_384;

export class PackedTexts {
  private constructor(
    private readonly text: string,
    private readonly lengths: string,
  ) {}

  /** Packs `texts[start … end-1]`. Returns null if they are too long for it. */
  static of(texts: readonly string[], start: number, end: number): PackedTexts | null {
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

  get count(): number {
    return this.lengths.length;
  }

  at(index: number): string {
    const { lengths } = this;
    let from = 0;
    for (let before = 0; before < index; before++) from += lengths.charCodeAt(before);
    return this.text.slice(from, from + lengths.charCodeAt(index));
  }

  /** Writes the texts `start … end-1` into an array, from `to` on. */
  copyTo(target: string[], to: number, start = 0, end = this.count): void {
    const { text, lengths } = this;
    let from = 0;
    for (let before = 0; before < start; before++) from += lengths.charCodeAt(before);
    for (let index = start; index < end; index++) {
      const behind = from + lengths.charCodeAt(index);
      target[to++] = text.slice(from, behind);
      from = behind;
    }
  }

  /** Returns the same texts with another one at `index`; null if they are too long for it then. */
  with(index: number, value: string): PackedTexts | null {
    const { text, lengths } = this;
    const replaced = lengths.charCodeAt(index);
    if (text.length + value.length - replaced > TEXT_MAX) return null;
    let from = 0;
    for (let before = 0; before < index; before++) from += lengths.charCodeAt(before);
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
}

/** Returns the same text with memory of its own, to be stored elsewhere: it may be part of a longer one. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').latin1Slice();
}
