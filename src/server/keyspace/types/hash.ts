/**
 * HashValue: the value of a hash. Reached from commands/hash.ts.
 *
 *   listpack    [ field | value | field | value | … ]   one flat list in the order of insertion, searched from the start
 *       │ a field or value longer than hash-max-listpack-value, or more fields than hash-max-listpack-entries
 *       ▼
 *   hashtable   Dict: field → value, in dense slots      O(1)
 *
 * A small list is faster than a table as well as smaller. In both forms fields have positions 0 … size-1, as random picks and SCAN need. A position is valid
 * until the next removal.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { Dict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import type { EncodingLimits } from './limits.js';

/** Estimated bytes of a hash besides its fields. */
const HASH_OVERHEAD = 96;
/** Estimated bytes of a field and its value besides their texts. */
const LIST_ENTRY_OVERHEAD = 48;
const DICT_ENTRY_OVERHEAD = 76;

/** In captured state, instead of the length of the list. */
const IN_DICT = -1;

export class HashValue implements Collection {
  readonly type = 'hash';
  /** Fields at even places, each followed by its value; empty once the hash is a dict. */
  private list: string[] = [];
  private dict: Dict<string> | null = null;
  private textBytes = 0;

  constructor(private readonly seed: HashSeed) {}

  /** Its hash table, as {@link Dict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get encoding(): 'listpack' | 'hashtable' {
    return this.dict === null ? 'listpack' : 'hashtable';
  }

  get size(): number {
    return this.dict === null ? this.list.length / 2 : this.dict.size;
  }

  get memoryBytes(): number {
    return HASH_OVERHEAD + this.textBytes + this.size * (this.dict === null ? LIST_ENTRY_OVERHEAD : DICT_ENTRY_OVERHEAD);
  }

  get(field: string): string | undefined {
    if (this.dict !== null) return this.dict.get(field);
    const at = this.findInList(field);
    return at === -1 ? undefined : this.list[at + 1];
  }

  has(field: string): boolean {
    return this.dict !== null ? this.dict.has(field) : this.findInList(field) !== -1;
  }

  /**
   * Becomes a dict at once if one of `texts[first …]` is too long for a list, as in Redis before it sets several fields
   * (hashTypeTryConversion): even if the long one is the last, and even if nothing is added in the end.
   */
  prepareFor(texts: readonly string[], first: number, limits: EncodingLimits): void {
    if (this.dict !== null) return;
    const longest = limits['hash-max-listpack-value'];
    for (let at = first; at < texts.length; at++) {
      if (texts[at]!.length > longest) return this.toDict();
    }
  }

  /** True if the field is new. */
  set(field: string, value: string, limits: EncodingLimits): boolean {
    if (this.dict === null) {
      const longest = limits['hash-max-listpack-value'];
      if (field.length <= longest && value.length <= longest) return this.setInList(field, value, limits['hash-max-listpack-entries']);
      this.toDict();
    }
    return this.setInDict(field, value);
  }

  /** False if the field did not exist. */
  delete(field: string): boolean {
    return this.dict === null ? this.deleteFromList(field) : this.deleteFromDict(this.dict, field);
  }

  fieldAt(position: number): string {
    return this.dict === null ? this.list[position * 2]! : this.dict.keyAt(position);
  }

  valueAt(position: number): string {
    return this.dict === null ? this.list[position * 2 + 1]! : this.dict.valueAt(position);
  }

  /** One step of HSCAN; returns the next cursor. A list is returned whole, as in Redis. */
  scan(cursor: number, count: number, visit: (position: number) => void): number {
    if (this.dict !== null) return this.dict.scan(cursor, count, visit);
    for (let position = 0; position < this.size; position++) visit(position);
    return 0;
  }

  clone(): HashValue {
    const copy = new HashValue(this.seed);
    copy.list = this.list.slice();
    copy.textBytes = this.textBytes;
    copy.dict = this.dict?.clone() ?? null;
    return copy;
  }

  freeze(): Frozen {
    return freezeDict(this, this.dict, (frozen) => new FrozenHash(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const { list, dict } = this;
    to.number(this.textBytes);
    to.number(dict === null ? list.length : IN_DICT);
    if (dict === null) return to.texts(list);
    dict.capture(to);
    for (let slot = 0; slot < dict.size; slot++) to.text(dict.valueAt(slot));
  }

  restore(from: ColumnReader): void {
    this.textBytes = from.number();
    const length = from.number();
    if (length !== IN_DICT) {
      this.list = from.texts(length);
      return;
    }
    const dict = (this.dict = new Dict<string>(this.seed));
    dict.restore(from);
    for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, from.text());
  }

  /** Returns the place of a field in the list, or -1. */
  private findInList(field: string): number {
    const { list } = this;
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] === field) return at;
    }
    return -1;
  }

  private setInList(field: string, value: string, most: number): boolean {
    const { list } = this;
    const at = this.findInList(field);
    this.textBytes += value.length;
    if (at === -1) {
      this.textBytes += field.length;
      list.push(field, value);
    } else {
      this.textBytes -= list[at + 1]!.length;
      list[at + 1] = value;
    }
    // Checked also after replacing a value: the limit may have been lowered meanwhile.
    if (list.length > most * 2) this.toDict();
    return at === -1;
  }

  private setInDict(field: string, value: string): boolean {
    const dict = this.dict!;
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

  private deleteFromList(field: string): boolean {
    const at = this.findInList(field);
    if (at === -1) return false;
    this.textBytes -= field.length + this.list[at + 1]!.length;
    this.list.splice(at, 2);
    return true;
  }

  private deleteFromDict(dict: Dict<string>, field: string): boolean {
    const slot = dict.find(field);
    if (slot === -1) return false;
    this.textBytes -= field.length + dict.valueAt(slot).length;
    dict.removeSlot(slot);
    return true;
  }

  private toDict(): void {
    const dict = new Dict<string>(this.seed);
    for (let at = 0; at < this.list.length; at += 2) dict.add(this.list[at]!, this.list[at + 1]!);
    this.dict = dict;
    this.list = [];
  }
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
