/**
 * List: the value of a list. Reached from commands/list.ts.
 *
 *   short    one text of Redis's bytes (list-listpack.ts)     what is changed is copied
 *       │    ListChain, if it is changed again and again
 *       │ more than SHORT_ELEMENTS, or SHORT_TEXT_BYTES
 *       ▼
 *   long     ListChain: a chain of chunks                     O(1) at both ends
 *
 * Redis has a quicklist for both: the only encoding of lists in 7.0.
 */
import { ownText } from '../../../shared/own-text.js';
import type { ColumnReader, ColumnWriter } from '../columns.js';
import type { Collection, Frozen } from '../value.js';
import type { FrozenList } from './frozen-list.js';
import { LastChanged } from './last-changed.js';
import { ListChain, OPEN_MOST } from './list-chain.js';
import { CHUNK_MAX } from './list-chunk.js';
import { insertPacked, lastElement, pushPacked, replacePacked, slicePacked, withoutFirst, withoutLast } from './list-listpack.js';
import {
  elementAt, elementCount, elementEnd, elementText, elementTextBytes, elementTexts, EMPTY_LISTPACK, findElement, FIRST_ELEMENT, packElements,
} from './listpack-text.js';
import { TEXT_MAX } from './packed-texts.js';

/** Estimated bytes of a short list besides its elements: its fields, and the header of the text; and of an element besides its text. */
const SHORT_OVERHEAD = 64;
const SHORT_ELEMENT_OVERHEAD = 2;
/** The same of a long list: string header and place in a chunk; in a packed chunk a length, and a share of what the chunk takes. */
const LONG_OVERHEAD = 192;
const ELEMENT_OVERHEAD = 32;
const PACKED_ELEMENT_OVERHEAD = 2.25;

/** Lists of more elements or bytes are not packed into one text, which each change would copy. */
const SHORT_ELEMENTS = 64;
const SHORT_TEXT_BYTES = 1024;
/** So few bytes are copied for each change as fast as a chain is changed. */
const COPIED_BYTES = 48;

/** In captured state, instead of a listpack. */
const IN_CHAIN = 'chain';

const lastChanged = new LastChanged();

export class List implements Collection {
  /** Few fields, because there are many short lists. */
  private content: string | ListChain = EMPTY_LISTPACK;
  /** Bytes of the elements. */
  private textBytes = 0;

  get type(): 'list' {
    return 'list';
  }

  get encoding(): 'quicklist' {
    return 'quicklist';
  }

  get size(): number {
    const { content } = this;
    return typeof content === 'string' ? elementCount(content) : content.size;
  }

  /** Of the same elements always the same, whatever form they have at the moment. */
  get memoryBytes(): number {
    const { size, textBytes } = this;
    if (isShort(size, textBytes)) return SHORT_OVERHEAD + textBytes + size * SHORT_ELEMENT_OVERHEAD;
    // Chunks of long elements are not packed.
    const open = textBytes * CHUNK_MAX > size * TEXT_MAX ? size : Math.min(size, OPEN_MOST);
    return LONG_OVERHEAD + textBytes + open * ELEMENT_OVERHEAD + Math.ceil((size - open) * PACKED_ELEMENT_OVERHEAD);
  }

  /** The listpack, if the list is kept as one. */
  get packed(): string | null {
    return typeof this.content === 'string' ? this.content : null;
  }

  /** Adds `texts[first]`, `texts[first + 1]`, … one after the other at the front or back. */
  push(texts: readonly string[], first: number, atHead: boolean): void {
    for (let at = first; at < texts.length; at++) this.textBytes += texts[at]!.length;
    const content = this.growing(texts.length - first);
    if (typeof content === 'string') {
      this.content = pushPacked(content, texts, first, atHead);
      return;
    }
    if (atHead) for (let at = first; at < texts.length; at++) content.pushHead(texts[at]!);
    else for (let at = first; at < texts.length; at++) content.pushTail(texts[at]!);
    this.noteChain(content);
  }

  /** Adds the elements of a listpack, which is canonical and no part of a longer text, at the back. */
  pushListpack(listpack: string): void {
    const textBytes = elementTextBytes(listpack, 1);
    if (this.size > 0 || !isShort(elementCount(listpack), textBytes)) {
      this.push(elementTexts(listpack, 0, 1), 0, false);
      return;
    }
    this.content = listpack;
    this.textBytes = textBytes;
  }

  pushTail(value: string): void {
    this.textBytes += value.length;
    const content = this.growing(1);
    if (typeof content === 'string') {
      this.content = insertPacked(content, content.length - 1, value);
      return;
    }
    content.pushTail(value);
    this.noteChain(content);
  }

  pushHead(value: string): void {
    this.textBytes += value.length;
    const content = this.growing(1);
    if (typeof content === 'string') {
      this.content = insertPacked(content, FIRST_ELEMENT, value);
      return;
    }
    content.pushHead(value);
    this.noteChain(content);
  }

  /** The list must not be empty. What is stored elsewhere needs memory of its own: see {@link ownText}. */
  popHead(): string {
    const content = this.changing();
    const value = typeof content === 'string' ? elementText(content, FIRST_ELEMENT) : content.popHead();
    this.textBytes -= value.length;
    if (typeof content === 'string') this.content = withoutFirst(content, 1);
    else this.noteChain(content);
    return value;
  }

  /** The same at the back. */
  popTail(): string {
    const content = this.changing();
    const value = typeof content === 'string' ? elementText(content, lastElement(content)) : content.popTail();
    this.textBytes -= value.length;
    if (typeof content === 'string') this.content = withoutLast(content, 1);
    else this.noteChain(content);
    return value;
  }

  /** Returns the element at an index from 0 to size - 1. */
  get(index: number): string {
    const { content } = this;
    return typeof content === 'string' ? elementText(content, elementAt(content, index)) : content.get(index);
  }

  set(index: number, value: string): void {
    this.textBytes += value.length - this.get(index).length;
    const content = this.growing(0);
    if (typeof content === 'string') {
      this.content = replacePacked(content, elementAt(content, index), value);
      return;
    }
    content.set(index, value);
    this.noteChain(content);
  }

  /** Returns `count` elements from `start` on, all of which must exist. */
  slice(start: number, count: number): string[] {
    const { content } = this;
    return typeof content === 'string' ? slicePacked(content, start, count) : content.slice(start, count);
  }

  /** Inserts before or after the first element equal to `pivot`. False if there is none. */
  insert(pivot: string, value: string, after: boolean): boolean {
    if (typeof this.content === 'string' && findElement(this.content, pivot, 1) === -1) return false;
    this.textBytes += value.length;
    const content = this.growing(1);
    if (typeof content === 'string') {
      const at = findElement(content, pivot, 1);
      this.content = insertPacked(content, after ? elementEnd(content, at) : at, value);
      return true;
    }
    const isInserted = content.insert(pivot, value, after);
    if (!isInserted) this.textBytes -= value.length;
    this.noteChain(content);
    return isInserted;
  }

  /** Removes elements equal to `value`: the first `count`, for a negative count the last ones, for 0 all. Returns their number. */
  remove(value: string, count: number): number {
    if (typeof this.content === 'string' && findElement(this.content, value, 1) === -1) return 0;
    const content = this.open();
    const removed = content.remove(value, count);
    this.textBytes -= removed * value.length;
    this.noteChain(content);
    return removed;
  }

  /** Keeps `count` elements from `start` on; costs what it removes. */
  trim(start: number, count: number): void {
    const behind = this.size - start - count;
    this.dropHead(start);
    this.dropTail(behind);
  }

  dropHead(count: number): void {
    this.drop(count, true);
  }

  dropTail(count: number): void {
    this.drop(count, false);
  }

  private drop(count: number, atHead: boolean): void {
    if (count === 0) return;
    const content = this.changing();
    if (typeof content === 'string') {
      this.content = atHead ? withoutFirst(content, count) : withoutLast(content, count);
      this.textBytes = elementTextBytes(this.content, 1);
      return;
    }
    for (let left = count; left > 0; left--) this.textBytes -= (atHead ? content.popHead() : content.popTail()).length;
    this.noteChain(content);
  }

  /**
   * Returns indexes of elements equal to `value`, at most `limit`, after skipping the first `skip`; only the first `depth` elements are searched.
   * Backwards if `fromBack`, with indexes counted from the front.
   */
  indexesOf(value: string, skip: number, limit: number, depth: number, fromBack: boolean): number[] {
    const { content } = this;
    const chain = typeof content === 'string' ? opened(content) : content;
    return chain.indexesOf(value, skip, limit, depth, fromBack);
  }

  clone(): List {
    if (isShort(this.size, this.textBytes)) return this.packedCopy();
    const copy = new List();
    copy.content = (this.content as ListChain).clone();
    copy.textBytes = this.textBytes;
    return copy;
  }

  freeze(): Frozen {
    const { content } = this;
    if (isShort(this.size, this.textBytes)) return { value: this.packedCopy(), thaw() {} };
    const chain = content as ListChain;
    const frozen = chain.freeze();
    if (frozen === null) return { value: this.clone(), thaw() {} };
    return { value: new ListAsItWas(frozen, this.memoryBytes), thaw: () => chain.thaw() };
  }

  capture(to: ColumnWriter): void {
    const { content } = this;
    to.number(this.textBytes);
    if (isShort(this.size, this.textBytes)) {
      to.text(pack(content));
      return;
    }
    to.text(IN_CHAIN);
    (content as ListChain).capture(to);
  }

  restore(from: ColumnReader): void {
    this.textBytes = from.number();
    const listpack = from.text();
    this.content = listpack === IN_CHAIN ? ListChain.restore(from) : listpack;
  }

  /** Packs the elements if they are few enough: called when another list is changed. */
  close(): void {
    if (isShort(this.size, this.textBytes)) this.content = pack(this.content);
  }

  [Symbol.iterator](): Iterator<string> {
    const { content } = this;
    return typeof content === 'string' ? elementTexts(content, 0, 1)[Symbol.iterator]() : content[Symbol.iterator]();
  }

  /** Returns the elements in the form in which `more` are to be added, whose bytes are counted already. */
  private growing(more: number): string | ListChain {
    const { content } = this;
    if (typeof content !== 'string') return content;
    return isShort(elementCount(content) + more, this.textBytes) ? this.changing() : this.open();
  }

  /** Returns the elements in the form in which they are to be changed. */
  private changing(): string | ListChain {
    const { content } = this;
    if (typeof content !== 'string' || content.length <= COPIED_BYTES || !lastChanged.note(this)) return content;
    return this.open();
  }

  private open(): ListChain {
    const { content } = this;
    if (typeof content !== 'string') return content;
    const chain = opened(content);
    this.content = chain;
    return chain;
  }

  /** Called after each change of a chain: it is packed when another list is changed, if it is short. */
  private noteChain(chain: ListChain): void {
    if (isShort(chain.size, this.textBytes)) lastChanged.note(this);
    else lastChanged.forget(this);
  }

  private packedCopy(): List {
    const copy = new List();
    copy.content = pack(this.content);
    copy.textBytes = this.textBytes;
    return copy;
  }
}

function isShort(size: number, textBytes: number): boolean {
  return size <= SHORT_ELEMENTS && textBytes <= SHORT_TEXT_BYTES;
}

function pack(content: string | ListChain): string {
  return typeof content === 'string' ? content : packElements(content.slice(0, content.size));
}

function opened(listpack: string): ListChain {
  return ListChain.of(elementTexts(listpack, 0, 1).map(ownText));
}

class ListAsItWas extends List {
  constructor(
    private readonly elements: FrozenList,
    private readonly bytes: number,
  ) {
    super();
  }

  override get memoryBytes(): number {
    return this.bytes;
  }

  override get size(): number {
    return this.elements.size;
  }

  override get packed(): null {
    return null;
  }

  override slice(start: number, count: number): string[] {
    return this.elements.slice(start, count);
  }
}
