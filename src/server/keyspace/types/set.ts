/**
 * SetValue: the value of a set. Reached from commands/set.ts, and from sorted-set commands that take sets as input.
 *
 *   intset      one text  [ -3 | 7 | 12 | 900 ]      sorted; only canonical integers, at most set-max-intset-entries
 *       │       OpenIntset for more than PACKED_MOST, and for the set that is changed again and again
 *       │ the first other member, or one too many
 *       ▼
 *   hashtable   an array of up to FEW_MEMBERS, searched from the start
 *       │ one more
 *       ▼
 *   hashtable   SetDict   members in dense slots     O(1) each way
 *
 * The array has the order of the slots: a new member comes last, and the last one takes the place of one that is removed.
 *
 * In all forms members have positions 0 … size-1, as random picks and SCAN need. A position is valid until the next
 * removal.
 */
import { type ColumnReader, type ColumnWriter, emptyTexts } from '../columns.js';
import { SetDict } from '../dict.js';
import { freezeDict, type FrozenDict } from '../frozen-dict.js';
import type { HashSeed } from '../hash.js';
import type { Collection, Frozen } from '../value.js';
import { parseInt64, type Int64 } from './int64.js';
import { EMPTY_INTSET, findInIntset, insertIntoIntset, intsetAt, intsetBytes, intsetIntegers, intsetSize, readIntset, removeFromIntset } from './intset.js';
import { LastChanged } from './last-changed.js';
import type { EncodingLimits } from './limits.js';
import { OpenIntset, PACKED_MOST } from './open-intset.js';

/** Bytes of a set besides its members: three fields, and the header of the text or table. */
const SET_OVERHEAD = 64;
/** Estimated bytes of the SetDict itself. */
const DICT_OVERHEAD = 800;
/** Estimated bytes of a member besides its text: slot, hash, index entry, string header; in an array only its place and the header. */
const MEMBER_OVERHEAD = 44;
const ARRAY_MEMBER_OVERHEAD = 28;
const ARRAY_OVERHEAD = 32;

/** So few members are found one by one as fast as in a table, which alone takes the memory of as many. */
const FEW_MEMBERS = 16;

/** In captured state, instead of the bytes of an intset. */
const IN_ARRAY = 'array';
const IN_DICT = 'dict';

/** An intset of up to this many characters is copied for each change as fast as an array is changed. */
const SHORT_INTSET = 12;

const lastChanged = new LastChanged();

export class SetValue implements Collection {
  /** The integers, or the members. One field, because there are many small sets. */
  private content: string | OpenIntset | string[] | SetDict = EMPTY_INTSET;
  private textBytes = 0;

  constructor(private readonly seed: HashSeed) {}

  /** @param intset see intset.ts */
  static ofIntset(intset: string, limits: EncodingLimits, seed: HashSeed): SetValue {
    const set = new SetValue(seed);
    set.setIntset(intset, limits['set-max-intset-entries']);
    return set;
  }

  get type(): 'set' {
    return 'set';
  }

  /** Its hash table, as {@link SetDict.chains} counts it; null while it has none. */
  get chains(): number[] | null {
    return this.dict?.chains() ?? null;
  }

  get table(): SetDict | null {
    const { content } = this;
    return content instanceof SetDict ? content : null;
  }

  get encoding(): 'intset' | 'hashtable' {
    const { content } = this;
    return typeof content === 'string' || content instanceof OpenIntset ? 'intset' : 'hashtable';
  }

  get size(): number {
    const { content } = this;
    if (content instanceof SetDict) return content.size;
    if (typeof content === 'string') return intsetSize(content);
    return content instanceof OpenIntset ? content.integers.length : content.length;
  }

  get memoryBytes(): number {
    const { content } = this;
    if (content instanceof SetDict) return SET_OVERHEAD + DICT_OVERHEAD + content.size * MEMBER_OVERHEAD + this.textBytes;
    if (typeof content === 'string') return SET_OVERHEAD + content.length * 2;
    if (content instanceof OpenIntset) return SET_OVERHEAD + 2 + content.dataBytes;
    return SET_OVERHEAD + ARRAY_OVERHEAD + content.length * ARRAY_MEMBER_OVERHEAD + this.textBytes;
  }

  /** The intset in one text; null if the set is a hash table. */
  get intset(): string | null {
    const { content } = this;
    if (typeof content === 'string') return content;
    return content instanceof OpenIntset ? content.pack() : null;
  }

  has(member: string): boolean {
    return this.find(member) >= 0;
  }

  /** False if the member already existed. */
  add(member: string, limits: EncodingLimits): boolean {
    const { content } = this;
    if (content instanceof SetDict) return this.addToDict(content, member);
    if (Array.isArray(content)) return this.addToArray(content, member);
    const value = parseInt64(member);
    if (value !== null) return this.addInteger(content, value, limits['set-max-intset-entries']);
    this.toHashtable(content);
    return this.add(member, limits);
  }

  /** False if the member did not exist. */
  delete(member: string): boolean {
    const position = this.find(member);
    if (position < 0) return false;
    this.removePosition(position);
    return true;
  }

  memberAt(position: number): string {
    const { content } = this;
    if (content instanceof SetDict) return content.keyAt(position);
    if (typeof content === 'string') return String(intsetAt(content, position));
    return content instanceof OpenIntset ? String(content.integers[position]) : content[position]!;
  }

  /** Removes and returns the member at a position. */
  removeAt(position: number): string {
    const member = this.memberAt(position);
    this.removePosition(position);
    return member;
  }

  /** Returns all members, in an array that belongs to the caller. */
  members(): string[] {
    const { content } = this;
    if (content instanceof SetDict) return content.keysBetween(0, content.size);
    return Array.isArray(content) ? content.slice() : integersOf(content).map(String);
  }

  /** One step of SSCAN; returns the next cursor. An intset is returned whole, as in Redis. */
  scan(cursor: number, count: number, visit: (member: string) => void): number {
    const { dict } = this;
    if (dict !== null) return dict.scan(cursor, count, (slot) => visit(dict.keyAt(slot)));
    for (const member of this.members()) visit(member);
    return 0;
  }

  clone(): SetValue {
    const { content } = this;
    const copy = new SetValue(this.seed);
    copy.textBytes = this.textBytes;
    if (content instanceof SetDict) copy.content = content.clone();
    else if (Array.isArray(content)) copy.content = content.slice();
    else copy.setIntset(this.intset!, Infinity);
    return copy;
  }

  freeze(): Frozen {
    const dict = this.content instanceof SetDict ? this.content : null;
    return freezeDict(this, dict, (frozen) => new FrozenSet(this.seed, frozen));
  }

  capture(to: ColumnWriter): void {
    const { content, intset } = this;
    if (intset !== null) return to.text(intsetBytes(intset).latin1Slice());
    to.text(content instanceof SetDict ? IN_DICT : IN_ARRAY);
    to.number(this.textBytes);
    if (content instanceof SetDict) return content.capture(to);
    to.number(this.size);
    to.texts(content as string[]);
  }

  restore(from: ColumnReader): void {
    const text = from.text();
    if (text !== IN_DICT && text !== IN_ARRAY) return this.setIntset(readIntset(text)!, Infinity);
    this.textBytes = from.number();
    if (text === IN_ARRAY) {
      this.content = from.texts(from.number());
      return;
    }
    const dict = (this.content = new SetDict(this.seed));
    dict.restore(from);
    for (let slot = 0; slot < dict.size; slot++) dict.setValue(slot, null);
  }

  /** The table of members, made for the call if they are in an array; null for integers. */
  private get dict(): SetDict | null {
    const { content } = this;
    if (content instanceof SetDict) return content;
    return Array.isArray(content) ? this.hashed(content) : null;
  }

  private hashed(members: readonly string[]): SetDict {
    const dict = new SetDict(this.seed);
    for (const member of members) dict.add(member, null);
    return dict;
  }

  private addToArray(members: string[], member: string): boolean {
    if (members.includes(member)) return false;
    this.textBytes += member.length;
    const { length } = members;
    if (length === FEW_MEMBERS) {
      const dict = (this.content = this.hashed(members));
      dict.add(member, null);
      return true;
    }
    // Not pushed: V8 would make room for 17 more.
    const grown = emptyTexts(length + 1);
    for (let at = 0; at < length; at++) grown[at] = members[at]!;
    grown[length] = member;
    this.content = grown;
    return true;
  }

  private addToDict(dict: SetDict, member: string): boolean {
    if (dict.find(member) !== -1) return false;
    dict.addMissed(member, null);
    this.textBytes += member.length;
    return true;
  }

  private addInteger(content: string | OpenIntset, value: Int64, most: number): boolean {
    const found = findInteger(content, value);
    if (found >= 0) return false;
    const changing = this.changing(content);
    if (typeof changing === 'string') this.setIntset(insertIntoIntset(changing, -found - 1, value), most);
    else {
      changing.insert(-found - 1, value);
      if (changing.integers.length > most) this.toHashtable(changing);
    }
    return true;
  }

  /** Returns the integers in the form in which they are to be changed. */
  private changing(content: string | OpenIntset): string | OpenIntset {
    if (typeof content === 'string') {
      if (content.length <= SHORT_INTSET) return content;
    } else if (content.integers.length > PACKED_MOST) {
      lastChanged.forget(this);
      return content;
    }
    const isOpen = lastChanged.note(this);
    if (typeof content !== 'string' || !isOpen) return content;
    return (this.content = OpenIntset.of(content));
  }

  /** Packs the integers if they are few enough: called when another set is changed. */
  close(): void {
    const { content } = this;
    if (content instanceof OpenIntset && content.integers.length <= PACKED_MOST) this.content = content.pack();
  }

  /** Takes over an intset, in the form that fits the number of its integers. */
  private setIntset(intset: string, most: number): void {
    const size = intsetSize(intset);
    if (size > most) this.toHashtable(intset);
    else this.content = size > PACKED_MOST ? OpenIntset.of(intset) : intset;
  }

  /** Returns the position of a member; a negative number if it does not exist. */
  private find(member: string): number {
    const { content } = this;
    if (content instanceof SetDict) return content.find(member);
    if (Array.isArray(content)) return content.indexOf(member);
    const value = parseInt64(member);
    return value === null ? -1 : findInteger(content, value);
  }

  private removePosition(position: number): void {
    const { content } = this;
    if (typeof content === 'string' || content instanceof OpenIntset) {
      const changing = this.changing(content);
      if (typeof changing === 'string') this.content = removeFromIntset(changing, position);
      else changing.removeAt(position);
      return;
    }
    this.textBytes -= this.memberAt(position).length;
    if (content instanceof SetDict) content.removeSlot(position);
    else {
      const last = content.pop()!;
      if (position < content.length) content[position] = last;
    }
  }

  private toHashtable(content: string | OpenIntset): void {
    lastChanged.forget(this);
    const members = integersOf(content).map(String);
    for (const member of members) this.textBytes += member.length;
    this.content = members.length <= FEW_MEMBERS ? members : this.hashed(members);
  }
}

function findInteger(content: string | OpenIntset, value: Int64): number {
  return typeof content === 'string' ? findInIntset(content, value) : content.find(value);
}

function integersOf(content: string | OpenIntset): Int64[] {
  return typeof content === 'string' ? intsetIntegers(content) : content.integers;
}

class FrozenSet extends SetValue {
  constructor(
    seed: HashSeed,
    private readonly frozen: FrozenDict<null>,
  ) {
    super(seed);
  }

  override get intset(): null {
    return null;
  }

  override memberAt(position: number): string {
    return this.frozen.keyAt(position);
  }
}
