/**
 * LuaMemory: reads and writes Lua's values in place. Beside the path: used by lua-state.ts, conversion.ts and the libraries.
 *
 * Calls into WebAssembly cost more than reading a value, so types, numbers, strings and tables are read directly from the engine's memory, in the layout of
 * lobject.h and lstate.h of Lua 5.1, with pointers of 4 bytes. Written here is only what the garbage collector need not know: numbers, booleans, nil, and on
 * top of a stack pointers to values that something else keeps. Code that makes a string or a table, or stores one in another, uses Lua's own functions.
 *
 *   slot   (16)  0 value: double, pointer or boolean     8 type                        one place on a stack or in a table
 *   any          0 next     5 marks of the collector                                    strings, tables and functions
 *   string       8 hash     12 length     16 bytes …                                    a slot of type string points here
 *   table        7 log2 of the nodes     8 metatable     12 array     16 nodes     28 length of the array
 *   node   (32)  0 slot of the value     16 key     24 its type     28 next node        hash part of a table: an array of these, in chains
 *   closure      24 slots of the upvalues                                               a function of C or of ours
 *   state        8 top     12 base     16 shared     20 call                            pointers into its stack, and to the running call
 *   shared       0 table of strings: chains     8 their number     20 the current white  of all coroutines
 *   call         8 top                                                                  how far the stack may grow meanwhile
 */

/** An address in the engine's memory, in bytes; for example of a Lua state. */
export type Pointer = number;

/** Types as lua_type returns them, and as slots store them. */
export const TYPE = { nil: 0, boolean: 1, lightUserdata: 2, number: 3, string: 4, table: 5, function: 6 } as const;

/** Size of a slot. */
export const SLOT_BYTES = 16;
const TYPE_AT = 8;
const STRING_HASH = 8;
const STRING_LENGTH = 12;
const STRING_BYTES = 16;
const TABLE_LOG2_NODES = 7;
const TABLE_METATABLE = 8;
const TABLE_ARRAY = 12;
const TABLE_NODES = 16;
const TABLE_ARRAY_LENGTH = 28;
/** Size of a node, which begins with the slot of the value, and where in it the slot of the key is. */
export const NODE_BYTES = 32;
export const NODE_KEY = 16;
const NODE_NEXT = 28;
const CLOSURE_UPVALUES = 24;
const STATE_TOP = 8;
const STATE_BASE = 12;
const STATE_SHARED = 16;
const STATE_CALL = 20;
const SHARED_CHAIN_COUNT = 8;
const SHARED_WHITE = 20;
const MARKS = 5;
/** What is still to be collected has the white that is not the current one. */
const WHITES = 3;
const CALL_TOP = 8;

/**
 * Maximum length of cached strings. Strings in a script's text and its keys are read at every call. The bytes of the string
 * last read at an address are compared, since it may have been freed and replaced by another; up to this length that is faster
 * than making a new one.
 */
const MOST_REMEMBERED = 32;
const MOST_WORDS = MOST_REMEMBERED / 4;
const PLACES = 1024;
const NONE = 255;

export class LuaMemory {
  bytes = Buffer.alloc(0);
  private words = new Int32Array(0);
  private doubles = new Float64Array(0);
  private readonly remembered = new Array<string>(PLACES).fill('');
  /** The lengths of the remembered strings, and their bytes. */
  private readonly rememberedLengths = new Uint8Array(PLACES).fill(NONE);
  private readonly rememberedWords = new Int32Array(PLACES * MOST_WORDS);
  private readonly double = new Float64Array(1);
  private readonly halves = new Int32Array(this.double.buffer);

  /** Called when the memory has moved, as it does when it grows. */
  look(buffer: ArrayBuffer): void {
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }

  /** Reads a pointer or a length. */
  word(at: Pointer): number {
    return this.words[at >>> 2]!;
  }

  setWord(at: Pointer, value: number): void {
    this.words[at >>> 2] = value;
  }

  // Stacks. Code that pushes must have checked that there is room.

  top(state: Pointer): Pointer {
    return this.words[(state + STATE_TOP) >>> 2]!;
  }

  base(state: Pointer): Pointer {
    return this.words[(state + STATE_BASE) >>> 2]!;
  }

  /** True if the running function may push this many values. Otherwise Lua must be asked, which makes room. */
  hasRoom(state: Pointer, extra: number): boolean {
    return this.words[(this.words[(state + STATE_CALL) >>> 2]! + CALL_TOP) >>> 2]! - this.top(state) >= extra * SLOT_BYTES;
  }

  /** Drops the values above. */
  setTop(state: Pointer, top: Pointer): void {
    this.words[(state + STATE_TOP) >>> 2] = top;
  }

  pushNil(state: Pointer): void {
    this.push(state, TYPE.nil);
  }

  pushNumber(state: Pointer, value: number): void {
    this.doubles[this.push(state, TYPE.number) >>> 3] = value;
  }

  pushBoolean(state: Pointer, value: boolean): void {
    this.words[this.push(state, TYPE.boolean) >>> 2] = value ? 1 : 0;
  }

  /** Pushes a string, table or function that something else keeps alive, or light userdata. */
  pushPointer(state: Pointer, type: number, pointer: Pointer): void {
    this.words[this.push(state, type) >>> 2] = pointer;
  }

  private push(state: Pointer, type: number): Pointer {
    const slot = this.words[(state + STATE_TOP) >>> 2]!;
    this.words[(slot + TYPE_AT) >>> 2] = type;
    this.words[(state + STATE_TOP) >>> 2] = slot + SLOT_BYTES;
    return slot;
  }

  /** Returns the slot of an upvalue of the running C function, counted from 1: the function's own slot is below its stack. */
  upvalue(state: Pointer, index: number): Pointer {
    return this.word(this.base(state) - SLOT_BYTES) + CLOSURE_UPVALUES + (index - 1) * SLOT_BYTES;
  }

  /** Replaces a number. */
  setNumber(slot: Pointer, value: number): void {
    this.doubles[slot >>> 3] = value;
  }

  // Contents of a slot.

  type(slot: Pointer): number {
    return this.words[(slot + TYPE_AT) >>> 2]!;
  }

  number(slot: Pointer): number {
    return this.doubles[slot >>> 3]!;
  }

  boolean(slot: Pointer): boolean {
    return this.words[slot >>> 2] !== 0;
  }

  /** Returns the address of the string or table itself; for light userdata the value. */
  pointer(slot: Pointer): Pointer {
    return this.words[slot >>> 2]!;
  }

  textLength(slot: Pointer): number {
    return this.words[(this.pointer(slot) + STRING_LENGTH) >>> 2]!;
  }

  /** Returns the address of a string's bytes. They stay there as long as the string is in use. */
  textStart(slot: Pointer): Pointer {
    return this.pointer(slot) + STRING_BYTES;
  }

  text(slot: Pointer): string {
    const string = this.pointer(slot);
    const start = string + STRING_BYTES;
    const length = this.words[(string + STRING_LENGTH) >>> 2]!;
    if (length > MOST_REMEMBERED) return this.bytes.latin1Slice(start, start + length);
    const place = (string >>> 4) & (PLACES - 1);
    return this.isRemembered(place, start, length) ? this.remembered[place]! : this.remember(place, start, length);
  }

  /** Compares words of four bytes: strings begin at one. */
  private isRemembered(place: number, start: Pointer, length: number): boolean {
    if (this.rememberedLengths[place] !== length) return false;
    const { words, rememberedWords } = this;
    const whole = length >>> 2;
    const known = place * MOST_WORDS;
    const first = start >>> 2;
    for (let i = 0; i < whole; i++) if (words[first + i] !== rememberedWords[known + i]) return false;
    const rest = length & 3;
    // The bytes after the end are the upper ones.
    return rest === 0 || (words[first + whole]! ^ rememberedWords[known + whole]!) << (32 - 8 * rest) === 0;
  }

  private remember(place: number, start: Pointer, length: number): string {
    const first = start >>> 2;
    for (let i = 0; i * 4 < length; i++) this.rememberedWords[place * MOST_WORDS + i] = this.words[first + i]!;
    this.rememberedLengths[place] = length;
    return (this.remembered[place] = this.bytes.latin1Slice(start, start + length));
  }

  /** Returns the string of these bytes, of which there are at most 31; 0 if there is none, or one that is about to be collected. */
  findString(state: Pointer, start: Pointer, length: number): Pointer {
    const { words, bytes } = this;
    const shared = words[(state + STATE_SHARED) >>> 2]!;
    let hash = length;
    for (let at = start + length - 1; at >= start; at--) hash ^= (hash << 5) + (hash >>> 2) + bytes[at]!;
    const chain = hash & (words[(shared + SHARED_CHAIN_COUNT) >>> 2]! - 1);
    for (let string = words[(words[shared >>> 2]! >>> 2) + chain]!; string !== 0; string = words[string >>> 2]!) {
      if (words[(string + STRING_HASH) >>> 2] !== hash || words[(string + STRING_LENGTH) >>> 2] !== length) continue;
      let same = 0;
      while (same < length && bytes[string + STRING_BYTES + same] === bytes[start + same]) same++;
      if (same === length) return (bytes[string + MARKS]! & (bytes[shared + SHARED_WHITE]! ^ WHITES) & WHITES) === 0 ? string : 0;
    }
    return 0;
  }

  /** True if the slot has this string, which {@link text} then returns as this very object: for a key the one in the table of keys. */
  isText(slot: Pointer, text: string): boolean {
    if (this.type(slot) !== TYPE.string || this.textLength(slot) !== text.length || this.text(slot) !== text) return false;
    if (text.length <= MOST_REMEMBERED) this.remembered[(this.pointer(slot) >>> 4) & (PLACES - 1)] = text;
    return true;
  }

  // Tables. Entries are those of the array part and then the nodes, in the order of Lua's next; an entry with value nil does not count.

  arrayLength(table: Pointer): number {
    return this.words[(table + TABLE_ARRAY_LENGTH) >>> 2]!;
  }

  /** True if none of the tables has anything in it. @param noNodes see {@link nodes} */
  areEmpty(tables: readonly Pointer[], noNodes: Pointer): boolean {
    const { words } = this;
    const { length } = tables;
    let found = 0;
    for (let i = 0; i < length; i++) {
      const table = tables[i]! >>> 2;
      found |= words[table + TABLE_ARRAY_LENGTH / 4]! | (words[table + TABLE_NODES / 4]! ^ noNodes);
    }
    return found === 0;
  }

  hasMetatable(table: Pointer): boolean {
    return this.word(table + TABLE_METATABLE) !== 0;
  }

  /** Empties the first `count` items of the array part. */
  clearItems(table: Pointer, count: number): void {
    const start = this.word(table + TABLE_ARRAY);
    for (let i = this.arrayLength(table) - 1; i >= count; i--) this.words[(start + i * SLOT_BYTES + TYPE_AT) >>> 2] = TYPE.nil;
  }

  /** Returns the maximum number of entries. */
  entryCount(table: Pointer): number {
    return this.arrayLength(table) + this.nodeCount(table);
  }

  /** True if there is a hash part. A table without one points at an empty node that all share. */
  hasNodes(table: Pointer): boolean {
    return this.nodeCount(table) > 1 || this.type(this.node(table, 0)) !== TYPE.nil;
  }

  /** Returns the slot of an entry's value, which may be nil. */
  value(table: Pointer, entry: number): Pointer {
    const length = this.arrayLength(table);
    return entry < length ? this.word(table + TABLE_ARRAY) + entry * SLOT_BYTES : this.node(table, entry - length);
  }

  /** Returns the slot of the key of an entry in the hash part. In the array part keys are positions, counted from 1. */
  key(table: Pointer, entry: number): Pointer {
    return this.node(table, entry - this.arrayLength(table)) + NODE_KEY;
  }

  /** Returns the slot of table[index]; 0 if there is none. @param index 1 or more */
  item(table: Pointer, index: number): Pointer {
    if (index <= this.arrayLength(table)) return this.word(table + TABLE_ARRAY) + (index - 1) * SLOT_BYTES;
    // Hashes numbers as ltable.c does: the halves of the double, added.
    this.double[0] = index;
    const hash = (this.halves[0]! + this.halves[1]!) >>> 0;
    let node = this.node(table, hash % ((this.nodeCount(table) - 1) | 1));
    while (node !== 0 && !(this.type(node + NODE_KEY) === TYPE.number && this.number(node + NODE_KEY) === index)) node = this.word(node + NODE_NEXT);
    return node;
  }

  /** Returns the slot of table[name]; 0 if there is none. @param name the string, which is unique in a state */
  field(table: Pointer, name: Pointer): Pointer {
    let node = this.node(table, this.word(name + STRING_HASH) & (this.nodeCount(table) - 1));
    while (node !== 0 && !(this.pointer(node + NODE_KEY) === name && this.type(node + NODE_KEY) === TYPE.string)) node = this.word(node + NODE_NEXT);
    return node;
  }

  /** Returns the first slot of its array part. */
  items(table: Pointer): Pointer {
    return this.words[(table + TABLE_ARRAY) >>> 2]!;
  }

  /** Returns where its hash part is; the same for all tables without one. */
  nodes(table: Pointer): Pointer {
    return this.words[(table + TABLE_NODES) >>> 2]!;
  }

  private nodeCount(table: Pointer): number {
    return 1 << this.bytes[table + TABLE_LOG2_NODES]!;
  }

  private node(table: Pointer, index: number): Pointer {
    return this.nodes(table) + index * NODE_BYTES;
  }
}
