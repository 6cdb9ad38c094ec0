/**
 * HashValue: the value of a hash. Reached from commands/hash.ts.
 *
 *   listpack    "… | field | value | field | value | …"   one text of Redis's bytes (listpack-text.ts), in the order of insertion, searched from the start
 *       │ a field or value longer than hash-max-listpack-value, or more fields than hash-max-listpack-entries
 *       ▼
 *   hashtable   HashDict: field → value, in dense slots    O(1)
 *
 * A small listpack is as fast as a table, takes a fraction of its memory, and is loaded and saved as it is. In both forms fields have positions 0 … size-1,
 * as random picks and SCAN need. A position is valid until the next removal.
 *
 * There may be millions of small hashes, so this class has two fields only.
 */
import { ownText } from '../../../shared/own-text.js';
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { HashDict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import type { EncodingLimits } from './limits.js';
import { ListpackEditor } from './listpack-editor.js';
import {
  elementAt, elementCount, elementEnd, elementText, elementTexts, EMPTY_LISTPACK, findElement, FIRST_ELEMENT, LISTPACK_MAX_BYTES,
} from './listpack-text.js';

/** Bytes of a hash with a listpack besides the listpack's: its object, and the header of a text. */
const LISTPACK_OVERHEAD = 56;
/** Estimated bytes of a hash with a table besides its fields, and of a field and its value besides their texts. */
const TABLE_OVERHEAD = 96;
const TABLE_ENTRY_OVERHEAD = 76;

/** In captured state, instead of the bytes in a table. */
const IN_LISTPACK = -1;

/**
 * The hash with a listpack that was changed last, and its bytes. They become its text when that is asked for, or when another hash is changed: commands that
 * change one hash again and again make no text each time.
 */
const EDITOR = new ListpackEditor(2);
let edited: HashValue | null = null;
/** True if the bytes were changed since its text was made. */
let isTextOld = false;

class FieldTable {
  /** Bytes of its fields and values. */
  textBytes = 0;

  constructor(readonly dict: HashDict) {}

  /** True if the field is new. */
  set(field: string, value: string): boolean {
    const { dict } = this;
    const slot = dict.find(field);
    this.textBytes += value.length;
    if (slot !== -1) {
      this.textBytes -= dict.valueAt(slot).length;
      dict.setValue(slot, value);
      return false;
    }
    this.textBytes += field.length;
    dict.addMissed(field, value);
    return true;
  }

  delete(field: string): boolean {
    const { dict } = this;
    const slot = dict.find(field);
    if (slot === -1) return false;
    this.textBytes -= field.length + dict.valueAt(slot).length;
    dict.removeSlot(slot);
    return true;
  }

  clone(): FieldTable {
    const copy = new FieldTable(this.dict.clone());
    copy.textBytes = this.textBytes;
    return copy;
  }
}

export class HashValue implements Collection {
  /** The listpack, or what follows it: see {@link current}. */
  private content: string | FieldTable = EMPTY_LISTPACK;

  constructor(private readonly seed: HashSeed) {}

  /** Returns a hash of the fields and values in a listpack: canonical, complete, no field twice, and no part of a longer text. */
  static ofListpack(listpack: string, limits: EncodingLimits, seed: HashSeed): HashValue {
    const hash = new HashValue(seed);
    hash.content = listpack;
    if (elementCount(listpack) > limits['hash-max-listpack-entries'] * 2) hash.toTable();
    return hash;
  }

  /** Gives the hash that is edited its text, if it has changed. */
  private static makeText(): void {
    if (isTextOld) edited!.content = EDITOR.text();
    isTextOld = false;
  }

  get type(): 'hash' {
    return 'hash';
  }

  /** Its bytes; null if it has a table. */
  get listpack(): string | null {
    const content = this.current();
    return typeof content === 'string' ? content : null;
  }

  private get dict(): HashDict | null {
    return typeof this.content === 'string' ? null : this.content.dict;
  }

  /** Its hash table, as {@link HashDict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get table(): HashDict | null {
    return this.dict;
  }

  get encoding(): 'listpack' | 'hashtable' {
    return typeof this.content === 'string' ? 'listpack' : 'hashtable';
  }

  get size(): number {
    const { content } = this;
    if (typeof content !== 'string') return content.dict.size;
    return (edited === this ? EDITOR.count : elementCount(content)) / 2;
  }

  get memoryBytes(): number {
    const { content } = this;
    if (typeof content === 'string') return LISTPACK_OVERHEAD + (((edited === this ? EDITOR.length : content.length) + 7) & ~7);
    return TABLE_OVERHEAD + content.textBytes + content.dict.size * TABLE_ENTRY_OVERHEAD;
  }

  get(field: string): string | undefined {
    const content = this.current();
    if (typeof content !== 'string') return content.dict.get(field);
    const at = findElement(content, field, 2);
    return at === -1 ? undefined : elementText(content, elementEnd(content, at));
  }

  has(field: string): boolean {
    const { content } = this;
    if (typeof content !== 'string') return content.dict.has(field);
    return (edited === this ? EDITOR.find(field) : findElement(content, field, 2)) !== -1;
  }

  /** True if the field is new. */
  set(field: string, value: string, limits: EncodingLimits): boolean {
    const { content } = this;
    if (typeof content !== 'string') return content.set(field, value);
    const longest = limits['hash-max-listpack-value'];
    if (field.length > longest || value.length > longest) return this.toTable().set(field, value);
    if (edited !== this) this.edit(content);
    if (EDITOR.length + field.length + value.length > LISTPACK_MAX_BYTES) return this.toTable().set(field, value);
    const at = EDITOR.find(field);
    isTextOld = true;
    if (at === -1) {
      EDITOR.append(field);
      EDITOR.append(value);
    } else EDITOR.replace(EDITOR.endOf(at), value);
    // Checked also after replacing a value: the limit may have been lowered meanwhile.
    if (EDITOR.count > limits['hash-max-listpack-entries'] * 2) this.toTable();
    return at === -1;
  }

  /**
   * Sets the fields at `texts[first]`, `texts[first + 2]`, … to the values behind them; returns how many are new. It becomes a table at once if one of the
   * texts is too long for a listpack, as in Redis (hashTypeTryConversion): even if the long one is the last, and even if nothing is added in the end.
   */
  setAll(texts: readonly string[], first: number, limits: EncodingLimits): number {
    if (typeof this.content === 'string' && hasLonger(texts, first, limits['hash-max-listpack-value'])) this.toTable();
    let added = 0;
    for (let at = first; at < texts.length; at += 2) {
      if (this.set(texts[at]!, texts[at + 1]!, limits)) added++;
    }
    return added;
  }

  /** False if the field did not exist. */
  delete(field: string): boolean {
    const { content } = this;
    if (typeof content !== 'string') return content.delete(field);
    const at = edited === this ? EDITOR.find(field) : findElement(content, field, 2);
    if (at === -1) return false;
    if (edited !== this) this.edit(content);
    isTextOld = true;
    EDITOR.remove(at, 2);
    return true;
  }

  fieldAt(position: number): string {
    const content = this.current();
    return typeof content === 'string' ? elementText(content, elementAt(content, position * 2)) : content.dict.keyAt(position);
  }

  valueAt(position: number): string {
    const content = this.current();
    return typeof content === 'string' ? elementText(content, elementAt(content, position * 2 + 1)) : content.dict.valueAt(position);
  }

  /** Returns all fields, all values, or each field followed by its value, in an array that belongs to the caller. */
  texts(withFields: boolean, withValues: boolean): string[] {
    const content = this.current();
    if (typeof content === 'string') return elementTexts(content, withFields ? 0 : 1, withFields && withValues ? 1 : 2);
    const texts: string[] = [];
    const { dict } = content;
    for (let slot = 0; slot < dict.size; slot++) {
      if (withFields) texts.push(dict.keyAt(slot));
      if (withValues) texts.push(dict.valueAt(slot));
    }
    return texts;
  }

  /** One step of HSCAN; returns the next cursor. A listpack is returned whole, as in Redis. */
  scan(cursor: number, count: number, visit: (position: number) => void): number {
    const { dict, size } = this;
    if (dict !== null) return dict.scan(cursor, count, visit);
    for (let position = 0; position < size; position++) visit(position);
    return 0;
  }

  /** A listpack never changes, so copies share it. */
  clone(): HashValue {
    const copy = new HashValue(this.seed);
    const content = this.current();
    copy.content = typeof content === 'string' ? content : content.clone();
    return copy;
  }

  freeze(): Frozen {
    return freezeDict(this, this.dict, (frozen) => new FrozenHash(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const content = this.current();
    if (typeof content === 'string') {
      to.number(IN_LISTPACK);
      to.text(content);
      return;
    }
    const { dict, textBytes } = content;
    to.number(textBytes);
    dict.capture(to);
    for (let slot = 0; slot < dict.size; slot++) to.text(dict.valueAt(slot));
  }

  restore(from: ColumnReader): void {
    const textBytes = from.number();
    if (textBytes === IN_LISTPACK) {
      this.content = from.text();
      return;
    }
    const dict = new HashDict(this.seed);
    dict.restore(from);
    for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, from.text());
    this.content = new FieldTable(dict);
    this.content.textBytes = textBytes;
  }

  /** Returns the content as it is now. */
  private current(): string | FieldTable {
    if (edited === this) HashValue.makeText();
    return this.content;
  }

  /** Takes the place of the hash that was edited before. */
  private edit(listpack: string): void {
    HashValue.makeText();
    edited = this;
    EDITOR.open(listpack, elementCount(listpack));
  }

  /** Only for a hash that has none. */
  private toTable(): FieldTable {
    const listpack = this.current() as string;
    if (edited === this) edited = null;
    const table = (this.content = new FieldTable(new HashDict(this.seed)));
    for (let at = FIRST_ELEMENT; at < listpack.length - 1; ) {
      const valueAt = elementEnd(listpack, at);
      table.set(ownText(elementText(listpack, at)), ownText(elementText(listpack, valueAt)));
      at = elementEnd(listpack, valueAt);
    }
    return table;
  }
}

function hasLonger(texts: readonly string[], first: number, longest: number): boolean {
  for (let at = first; at < texts.length; at++) {
    if (texts[at]!.length > longest) return true;
  }
  return false;
}

class FrozenHash extends HashValue {
  constructor(
    seed: HashSeed,
    private readonly frozen: FrozenDict<string>,
  ) {
    super(seed);
  }

  override fieldAt(position: number): string {
    return this.frozen.keyAt(position);
  }

  override valueAt(position: number): string {
    return this.frozen.valueAt(position);
  }
}
