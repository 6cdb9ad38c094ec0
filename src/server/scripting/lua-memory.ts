/**
 * LuaMemory: Lua's values, read where they lie. Beside the path: used by lua-state.ts, conversion.ts and the libraries.
 *
 * A call into WebAssembly for every question about a value costs more than the answer, so types, numbers, strings and tables are read from the
 * engine's memory as lobject.h and lstate.h of Lua 5.1 lay them out, with pointers of 4 bytes. What is written here is what the garbage collector
 * need not be told: numbers, booleans, nil, and on top of a stack pointers to values that something else keeps. Whatever makes a string or a table, or
 * stores one in another, goes through Lua's own functions.
 *
 *   slot   (16)  0 value: double, pointer or boolean     8 type                        one place on a stack or in a table
 *   string       8 hash     12 length     16 bytes …                                    a slot of type string points here
 *   table        7 log2 of the nodes     8 metatable     12 array     16 nodes     28 length of the array
 *   node   (32)  0 slot of the value     16 key     24 its type     28 next node        hash part of a table: an array of these, in chains
 *   closure      24 slots of the upvalues                                               a function of C or of ours
 *   state        8 top     12 base                                                      pointers into its stack
 */

/** A position in the engine's memory; of a Lua state, of bytes. */
export type Pointer = number;

/** What lua_type answers, and what a slot says of its value. */
export const TYPE = { nil: 0, boolean: 1, lightUserdata: 2, number: 3, string: 4, table: 5, function: 6 } as const;

/** One value's place. */
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
const NODE_BYTES = 32;
const NODE_KEY = 16;
const NODE_NEXT = 28;
const CLOSURE_UPVALUES = 24;
const STATE_TOP = 8;
const STATE_BASE = 12;

/**
 * The greatest length at which a string is remembered. Strings of a script's text and its keys are asked for at every call. The string
 * last found at an address is compared byte by byte, since it may be gone and another in its place; up to this length that costs less
 * than making it anew.
 */
const MOST_REMEMBERED = 32;
const PLACES = 1024;

export class LuaMemory {
  bytes = Buffer.alloc(0);
  private words = new Int32Array(0);
  private doubles = new Float64Array(0);
  private readonly remembered = new Array<string>(PLACES).fill('');
  private readonly double = new Float64Array(1);
  private readonly halves = new Int32Array(this.double.buffer);

  /** The memory has moved, as it does when it grows. */
  look(buffer: ArrayBuffer): void {
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
  }

  /** A pointer, or a length. */
  word(at: Pointer): number {
    return this.words[at >>> 2]!;
  }

  setWord(at: Pointer, value: number): void {
    this.words[at >>> 2] = value;
  }

  // A stack. Who pushes has made sure that there is room.

  top(state: Pointer): Pointer {
    return this.words[(state + STATE_TOP) >>> 2]!;
  }

  base(state: Pointer): Pointer {
    return this.words[(state + STATE_BASE) >>> 2]!;
  }

  /** Values above it are gone. */
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

  /** A string, table or function that something else keeps alive; light userdata. */
  pushPointer(state: Pointer, type: number, pointer: Pointer): void {
    this.words[this.push(state, type) >>> 2] = pointer;
  }

  private push(state: Pointer, type: number): Pointer {
    const slot = this.words[(state + STATE_TOP) >>> 2]!;
    this.words[(slot + TYPE_AT) >>> 2] = type;
    this.words[(state + STATE_TOP) >>> 2] = slot + SLOT_BYTES;
    return slot;
  }

  /** The slot of an upvalue of the C function that runs, counted from 1: its own slot is below its stack. */
  upvalue(state: Pointer, index: number): Pointer {
    return this.word(this.base(state) - SLOT_BYTES) + CLOSURE_UPVALUES + (index - 1) * SLOT_BYTES;
  }

  /** Where a number was, another one. */
  setNumber(slot: Pointer, value: number): void {
    this.doubles[slot >>> 3] = value;
  }

  // What is in a slot.

  type(slot: Pointer): number {
    return this.words[(slot + TYPE_AT) >>> 2]!;
  }

  number(slot: Pointer): number {
    return this.doubles[slot >>> 3]!;
  }

  boolean(slot: Pointer): boolean {
    return this.words[slot >>> 2] !== 0;
  }

  /** Where the string or table itself is; of light userdata the value. */
  pointer(slot: Pointer): Pointer {
    return this.words[slot >>> 2]!;
  }

  textLength(slot: Pointer): number {
    return this.words[(this.pointer(slot) + STRING_LENGTH) >>> 2]!;
  }

  /** Where the bytes of a string begin. They stay there as long as the string is in use. */
  textStart(slot: Pointer): Pointer {
    return this.pointer(slot) + STRING_BYTES;
  }

  text(slot: Pointer): string {
    const string = this.pointer(slot);
    const start = string + STRING_BYTES;
    const length = this.words[(string + STRING_LENGTH) >>> 2]!;
    if (length > MOST_REMEMBERED) return this.bytes.latin1Slice(start, start + length);
    const place = (string >>> 4) & (PLACES - 1);
    const known = this.remembered[place]!;
    if (known.length === length) {
      let same = 0;
      while (same < length && known.charCodeAt(same) === this.bytes[start + same]) same++;
      if (same === length) return known;
    }
    return (this.remembered[place] = this.bytes.latin1Slice(start, start + length));
  }

  // Tables. Entries are those of the array part and then the nodes, in the order of Lua's next; an entry whose value is nil is none.

  arrayLength(table: Pointer): number {
    return this.words[(table + TABLE_ARRAY_LENGTH) >>> 2]!;
  }

  hasMetatable(table: Pointer): boolean {
    return this.word(table + TABLE_METATABLE) !== 0;
  }

  /** Leaves the first `count` items of the array part. */
  clearItems(table: Pointer, count: number): void {
    const start = this.word(table + TABLE_ARRAY);
    for (let i = this.arrayLength(table) - 1; i >= count; i--) this.words[(start + i * SLOT_BYTES + TYPE_AT) >>> 2] = TYPE.nil;
  }

  /** How many entries there can be. */
  entryCount(table: Pointer): number {
    return this.arrayLength(table) + this.nodeCount(table);
  }

  /** Is there anything beyond the array part? A table without nodes points at an empty one that all share. */
  hasNodes(table: Pointer): boolean {
    return this.nodeCount(table) > 1 || this.type(this.node(table, 0)) !== TYPE.nil;
  }

  /** The slot of an entry's value, which may be nil. */
  value(table: Pointer, entry: number): Pointer {
    const length = this.arrayLength(table);
    return entry < length ? this.word(table + TABLE_ARRAY) + entry * SLOT_BYTES : this.node(table, entry - length);
  }

  /** The slot of the key of an entry beyond the array part. Within it keys are positions, counted from 1. */
  key(table: Pointer, entry: number): Pointer {
    return this.node(table, entry - this.arrayLength(table)) + NODE_KEY;
  }

  /** The slot of table[index]; 0 if there is none. @param index 1 or more */
  item(table: Pointer, index: number): Pointer {
    if (index <= this.arrayLength(table)) return this.word(table + TABLE_ARRAY) + (index - 1) * SLOT_BYTES;
    // As ltable.c hashes numbers: the halves of the double, added.
    this.double[0] = index;
    const hash = (this.halves[0]! + this.halves[1]!) >>> 0;
    let node = this.node(table, hash % ((this.nodeCount(table) - 1) | 1));
    while (node !== 0 && !(this.type(node + NODE_KEY) === TYPE.number && this.number(node + NODE_KEY) === index)) node = this.word(node + NODE_NEXT);
    return node;
  }

  /** The slot of table[name]; 0 if there is none. @param name the string, of which there is only one in a state */
  field(table: Pointer, name: Pointer): Pointer {
    let node = this.node(table, this.word(name + STRING_HASH) & (this.nodeCount(table) - 1));
    while (node !== 0 && !(this.pointer(node + NODE_KEY) === name && this.type(node + NODE_KEY) === TYPE.string)) node = this.word(node + NODE_NEXT);
    return node;
  }

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
