/**
 * SetValue: the value of a set. Reached from commands/set.ts, and from sorted-set commands that take sets as input.
 *
 *   intset      integers  [ -3 | 7 | 12 | 900 ]      sorted; only canonical integers, at most set-max-intset-entries
 *       │ the first other member, or one too many
 *       ▼
 *   hashtable   Dict      members in dense slots     O(1) each way
 *
 * In both forms members have positions 0 … size-1, as random picks and SCAN need. A position is valid until the next
 * removal.
 */
import type { ColumnReader, ColumnWriter } from '../columns.js';
import { Dict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import { parseInt64, type Int64 } from './int64.js';
import type { EncodingLimits } from './limits.js';

/** Estimated bytes of a set besides its members. */
const SET_OVERHEAD = 96;
/** Estimated bytes of a member in the dict besides its text: slot, hash, index entry, string header. */
const MEMBER_OVERHEAD = 44;
const INTEGER_BYTES = 8;

/** In captured state, instead of the number of integers. */
const IN_DICT = -1;

export class SetValue implements Collection {
  readonly type = 'set';
  /** The sorted integers; null once the set is a dict. */
  private integers: Int64[] | null = [];
  private dict: Dict<null> | null = null;
  private textBytes = 0;

  constructor(private readonly seed: HashSeed) {}

  /** Its hash table, as {@link Dict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get encoding(): 'intset' | 'hashtable' {
    return this.dict === null ? 'intset' : 'hashtable';
  }

  get size(): number {
    return this.dict === null ? this.integers!.length : this.dict.size;
  }

  get memoryBytes(): number {
    return SET_OVERHEAD + (this.dict === null ? this.integers!.length * INTEGER_BYTES : this.dict.size * MEMBER_OVERHEAD + this.textBytes);
  }

  has(member: string): boolean {
    if (this.dict !== null) return this.dict.has(member);
    const value = parseInt64(member);
    return value !== null && this.findInteger(value) >= 0;
  }

  /** False if the member already existed. */
  add(member: string, limits: EncodingLimits): boolean {
    if (this.dict !== null) return this.addText(member);
    const value = parseInt64(member);
    if (value !== null) return this.addInteger(value, limits['set-max-intset-entries']);
    this.toDict();
    return this.addText(member);
  }

  /** False if the member did not exist. */
  delete(member: string): boolean {
    if (this.dict === null) {
      const value = parseInt64(member);
      const position = value === null ? -1 : this.findInteger(value);
      if (position < 0) return false;
      this.integers!.splice(position, 1);
      return true;
    }
    const slot = this.dict.find(member);
    if (slot === -1) return false;
    this.removeSlot(slot);
    return true;
  }

  memberAt(position: number): string {
    return this.dict === null ? String(this.integers![position]) : this.dict.keyAt(position);
  }

  /** Removes and returns the member at a position. */
  removeAt(position: number): string {
    const member = this.memberAt(position);
    if (this.dict === null) this.integers!.splice(position, 1);
    else this.removeSlot(position);
    return member;
  }

  /** Returns all members, in an array that belongs to the caller. */
  members(): string[] {
    return this.dict === null ? this.integers!.map(String) : this.dict.keysBetween(0, this.dict.size);
  }

  /** One step of SSCAN; returns the next cursor. An intset is returned whole, as in Redis. */
  scan(cursor: number, count: number, visit: (member: string) => void): number {
    const { dict } = this;
    if (dict !== null) return dict.scan(cursor, count, (slot) => visit(dict.keyAt(slot)));
    for (const value of this.integers!) visit(String(value));
    return 0;
  }

  clone(): SetValue {
    const copy = new SetValue(this.seed);
    copy.integers = this.integers?.slice() ?? null;
    copy.textBytes = this.textBytes;
    copy.dict = this.dict?.clone() ?? null;
    return copy;
  }

  freeze(): Frozen {
    return freezeDict(this, this.dict, (frozen) => new FrozenSet(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const { integers, dict } = this;
    to.number(this.textBytes);
    to.number(dict === null ? integers!.length : IN_DICT);
    if (dict === null) for (const integer of integers!) to.integer(integer);
    else dict.capture(to);
  }

  restore(from: ColumnReader): void {
    this.textBytes = from.number();
    const length = from.number();
    if (length !== IN_DICT) {
      for (let left = length; left > 0; left--) this.integers!.push(from.integer());
      return;
    }
    this.integers = null;
    const dict = (this.dict = new Dict<null>(this.seed));
    dict.restore(from);
    for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, null);
  }

  private addText(member: string): boolean {
    const dict = this.dict!;
    if (dict.find(member) !== -1) return false;
    dict.addMissed(member, null);
    this.textBytes += member.length;
    return true;
  }

  private addInteger(value: Int64, most: number): boolean {
    const integers = this.integers!;
    const found = this.findInteger(value);
    if (found >= 0) return false;
    const position = -found - 1;
    if (position === integers.length) integers.push(value);
    else integers.splice(position, 0, value);
    if (integers.length > most) this.toDict();
    return true;
  }

  private removeSlot(slot: number): void {
    const dict = this.dict!;
    this.textBytes -= dict.keyAt(slot).length;
    dict.removeSlot(slot);
  }

  /** Returns the position of an integer, or -1 minus the position where it belongs. */
  private findInteger(value: Int64): number {
    const integers = this.integers!;
    let low = 0;
    let high = integers.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const there = integers[middle]!;
      if (there === value) return middle;
      if (there < value) low = middle + 1;
      else high = middle - 1;
    }
    return -low - 1;
  }

  private toDict(): void {
    const integers = this.integers!;
    this.dict = new Dict(this.seed);
    this.integers = null;
    for (const value of integers) this.addText(String(value));
  }
}

class FrozenSet extends SetValue {
  constructor(
    seed: HashSeed,
    private readonly frozen: FrozenDict<null>,
  ) {
    super(seed);
  }

  override memberAt(position: number): string {
    return this.frozen.keyAt(position);
  }
}
