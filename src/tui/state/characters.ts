/**
 * Characters as a user sees them, which may consist of several code points: grapheme clusters, see Unicode Standard Annex #29. The cursor moves over them, and
 * rows are cut between them.
 */

/**
 * ASCII except control characters, ESC of colours, and the arrows, boxes, blocks and shapes that the screen itself draws: each is a cluster of its own, and has
 * the same width in every terminal.
 */
export const PLAIN = /^[\x1b\x20-\x7e\u2190-\u2193\u2500-\u25cc…µ·×]*$/;

/**
 * An `Intl.Segmenter` that is created only for text that is not plain: creating the first one of a process takes 15 ms, and the first frame does not need it.
 * The packages under Ink use it, too (scripts/build.mjs).
 */
export class LazySegmenter {
  private readonly create: () => Intl.Segmenter;
  private segmenter: Intl.Segmenter | null = null;

  /** Parameters of `Intl.Segmenter`, whose granularity must be that of graphemes, as by default. */
  constructor(...parameters: ConstructorParameters<typeof Intl.Segmenter>) {
    this.create = () => new globalThis.Intl.Segmenter(...parameters);
  }

  segment(text: string): Segments {
    if (PLAIN.test(text)) return new PlainSegments(text);
    this.segmenter ??= this.create();
    return this.segmenter.segment(text);
  }
}

/** What the screen and its packages use of `Intl.Segments`. */
export interface Segments extends Iterable<Segment> {
  /** The cluster that contains the code unit at `index`; undefined outside of the text. */
  containing(index?: number): Segment | undefined;
}

type Segment = Pick<Intl.SegmentData, 'segment' | 'index'>;

class PlainSegments implements Segments {
  constructor(private readonly text: string) {}

  containing(index = 0): Segment | undefined {
    return index >= 0 && index < this.text.length ? { segment: this.text.charAt(index), index } : undefined;
  }

  *[Symbol.iterator](): Generator<Segment> {
    for (let index = 0; index < this.text.length; index++) yield { segment: this.text.charAt(index), index };
  }
}

export const CHARACTERS = new LazySegmenter('en', { granularity: 'grapheme' });
