/**
 * The library `cmsgpack` of scripts: converts Lua values to and from MessagePack. Called from Lua.
 *
 * Tables with the keys 1 to n become arrays, all others maps. Whole numbers become integers; others a float of 4 bytes where that is exact.
 */
import { type LuaMemory, type Pointer, TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkTextSlot, LuaError, type LuaState } from '../lua-state.js';
import { ByteWriter } from './byte-writer.js';

/** Tables nested deeper become nil. */
const MAX_NESTING = 16;
const INT64_EDGE = 2 ** 63;

function pack(lua: LuaState): number {
  const count = lua.top;
  if (count === 0) throw new ArgumentError(0, 'MessagePack pack needs input.');
  ByteWriter.push(lua, (out) => {
    const packer = new Packer(lua.memory, out);
    for (let i = 1; i <= count; i++) packer.value(lua.slot(i), 0);
  });
  return 1;
}

class Packer {
  constructor(
    private readonly memory: LuaMemory,
    private readonly out: ByteWriter,
  ) {}

  value(slot: Pointer, depth: number): void {
    const { memory, out } = this;
    const type = memory.type(slot);
    if (type === TYPE.string) this.text(slot);
    else if (type === TYPE.number) this.number(memory.number(slot));
    else if (type === TYPE.boolean) out.byte(memory.boolean(slot) ? 0xc3 : 0xc2);
    else if (type === TYPE.table && depth < MAX_NESTING) this.table(memory.pointer(slot), depth + 1);
    else out.byte(0xc0);
  }

  private text(slot: Pointer): void {
    const { memory, out } = this;
    const length = memory.textLength(slot);
    if (length < 32) out.byte(0xa0 | length);
    else this.sized(length, length <= 0xff ? 0xd9 : length <= 0xffff ? 0xda : 0xdb);
    out.copy(memory.textStart(slot), length);
  }

  /** Writes a tag and the length after it: one byte after the first tag of its kind, two after the next, four after the last. */
  private sized(length: number, tag: number): void {
    this.out.byte(tag);
    this.out.integer(length, tag === 0xd9 ? 1 : length <= 0xffff ? 2 : 4);
  }

  private number(value: number): void {
    const { out } = this;
    if (!Number.isInteger(value) || value >= INT64_EDGE || value < -INT64_EDGE) this.float(value);
    else if (value >= -32 && value <= 0x7f) out.byte(value & 0xff);
    else if (value >= 0) this.positive(value);
    else this.negative(value);
  }

  private float(value: number): void {
    const { out } = this;
    const isShort = Math.fround(value) === value;
    out.byte(isShort ? 0xca : 0xcb);
    if (isShort) out.float32(value);
    else out.float64(value);
  }

  private positive(value: number): void {
    if (value <= 0xff) this.tagged(0xcc, value, 1);
    else if (value <= 0xffff) this.tagged(0xcd, value, 2);
    else if (value <= 0xffffffff) this.tagged(0xce, value, 4);
    else this.long(0xcf, value);
  }

  private negative(value: number): void {
    if (value >= -128) this.tagged(0xd0, value, 1);
    else if (value >= -32768) this.tagged(0xd1, value, 2);
    else if (value >= -(2 ** 31)) this.tagged(0xd2, value, 4);
    else this.long(0xd3, value);
  }

  private tagged(tag: number, value: number, size: number): void {
    this.out.byte(tag);
    this.out.integer(value, size);
  }

  private long(tag: number, value: number): void {
    this.out.byte(tag);
    this.out.long(BigInt(value));
  }

  private table(table: Pointer, depth: number): void {
    const { memory } = this;
    const { count, isArray } = this.shape(table);
    if (isArray) {
      this.header(count, 0x90, 0xdc);
      for (let i = 1; i <= count; i++) this.value(memory.item(table, i), depth);
      return;
    }
    this.header(count, 0x80, 0xde);
    const positions = memory.arrayLength(table);
    const end = memory.entryCount(table);
    for (let entry = 0; entry < end; entry++) {
      const value = memory.value(table, entry);
      if (memory.type(value) === TYPE.nil) continue;
      if (entry < positions) this.number(entry + 1);
      else this.value(memory.key(table, entry), depth);
      this.value(value, depth);
    }
  }

  private header(count: number, fixed: number, long: number): void {
    if (count <= 15) this.out.byte(fixed | count);
    else this.sized(count, count <= 0xffff ? long : long + 1);
  }

  /** Returns the number of entries, and whether their keys are the numbers from 1 on. */
  private shape(table: Pointer): { count: number; isArray: boolean } {
    const { memory } = this;
    const positions = memory.arrayLength(table);
    let count = 0;
    let max = 0;
    let isArray = true;
    const end = memory.entryCount(table);
    for (let entry = 0; entry < end; entry++) {
      if (memory.type(memory.value(table, entry)) === TYPE.nil) continue;
      count++;
      const key = entry < positions ? entry + 1 : this.position(memory.key(table, entry));
      if (key > max) max = key;
      if (key === 0) isArray = false;
    }
    return { count, isArray: isArray && max === count };
  }

  /** Returns zero for a key that no array has. */
  private position(key: Pointer): number {
    const value = this.memory.type(key) === TYPE.number ? this.memory.number(key) : 0;
    return value > 0 && Number.isInteger(value) ? value : 0;
  }
}

/** An array or a map that is being filled. */
interface Container {
  /** Values still to be read; for a map keys and values. */
  missing: number;
  readonly isMap: boolean;
  /** For an array the next position, which is on the stack above the table. */
  index: number;
}

/** Enclosing containers are kept in an array of ours, so that no depth overflows JavaScript's stack. */
class Unpacker {
  private readonly memory: LuaMemory;
  private readonly origin: Pointer;
  private readonly end: Pointer;
  private at: Pointer;
  private readonly open: Container[] = [];
  /** The innermost one. */
  private innermost: Container | null = null;

  /** @param slot of the text, which must stay on the stack @param offset where to begin in it */
  constructor(
    private readonly lua: LuaState,
    slot: Pointer,
    offset: number,
  ) {
    this.memory = lua.memory;
    this.origin = this.memory.textStart(slot);
    this.at = this.origin + offset;
    this.end = this.origin + this.memory.textLength(slot);
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  get offset(): number {
    return this.at - this.origin;
  }

  /** Pushes the value at the position, and moves past it. */
  next(): void {
    do {
      this.makeRoom('too many return values at once; use unpack_one or unpack_limit instead.');
      const isWhole = this.begin(this.memory.bytes[this.take(1)]!);
      if (isWhole) while (this.deliver()) continue;
    } while (this.innermost !== null);
  }

  private makeRoom(complaint: string): void {
    if (!this.lua.hasRoom(1)) throw new LuaError(`stack overflow (${complaint})`);
  }

  /** Moves the value on top into the enclosing container. True if that is now complete. */
  private deliver(): boolean {
    const { lua, innermost: container } = this;
    if (container === null) return false;
    container.missing--;
    if (!container.isMap) lua.lua.lua_rawset(lua.current, -3);
    else if (container.missing % 2 === 0) this.setMember();
    if (container.missing === 0) {
      this.open.pop();
      this.innermost = this.open.length > 0 ? this.open[this.open.length - 1]! : null;
      return true;
    }
    if (!container.isMap) lua.pushNumber(++container.index);
    return false;
  }

  private setMember(): void {
    const { lua } = this;
    const key = lua.slot(-2);
    const type = this.memory.type(key);
    if (type === TYPE.nil) throw new LuaError('table index is nil', 'plain');
    if (type === TYPE.number && Number.isNaN(this.memory.number(key))) throw new LuaError('table index is NaN', 'plain');
    lua.lua.lua_rawset(lua.current, -3);
  }

  /** False: a container whose values follow. */
  private begin(tag: number): boolean {
    const { lua } = this;
    if (tag <= 0x7f) lua.pushNumber(tag);
    else if (tag <= 0x8f) return this.container(tag & 0x0f, true);
    else if (tag <= 0x9f) return this.container(tag & 0x0f, false);
    else if (tag <= 0xbf) this.text(tag & 0x1f);
    else if (tag >= 0xe0) lua.pushNumber(tag - 0x100);
    else return this.tagged(tag);
    return true;
  }

  private tagged(tag: number): boolean {
    const { lua } = this;
    switch (tag) {
      case 0xc0: lua.pushNil(); return true;
      case 0xc2: case 0xc3: lua.pushBoolean(tag === 0xc3); return true;
      case 0xd9: this.text(this.unsigned(1)); return true;
      case 0xda: this.text(this.unsigned(2)); return true;
      case 0xdb: this.text(this.unsigned(4)); return true;
      case 0xdc: return this.container(this.unsigned(2), false);
      case 0xdd: return this.container(this.unsigned(4), false);
      case 0xde: return this.container(this.unsigned(2), true);
      case 0xdf: return this.container(this.unsigned(4), true);
    }
    lua.pushNumber(this.numeral(tag));
    return true;
  }

  private numeral(tag: number): number {
    const { bytes } = this.memory;
    switch (tag) {
      case 0xca: return bytes.readFloatBE(this.take(4));
      case 0xcb: return bytes.readDoubleBE(this.take(8));
      case 0xcc: return this.unsigned(1);
      case 0xcd: return this.unsigned(2);
      case 0xce: return this.unsigned(4);
      // The original pushes it as a signed integer.
      case 0xcf: return Number(bytes.readBigInt64BE(this.take(8)));
      case 0xd0: return bytes.readInt8(this.take(1));
      case 0xd1: return bytes.readInt16BE(this.take(2));
      case 0xd2: return bytes.readInt32BE(this.take(4));
      case 0xd3: return Number(bytes.readBigInt64BE(this.take(8)));
      default: throw new LuaError('Bad data format in input.');
    }
  }

  /** Skips the next `count` bytes, and returns their position. */
  private take(count: number): Pointer {
    const start = this.at;
    if (count > this.end - start) throw new LuaError('Missing bytes in input.');
    this.at += count;
    return start;
  }

  private unsigned(size: number): number {
    const { bytes } = this.memory;
    let value = 0;
    for (let at = this.take(size), end = at + size; at < end; at++) value = value * 256 + bytes[at]!;
    return value;
  }

  private text(length: number): void {
    const start = this.take(length);
    const container = this.innermost;
    if (container !== null && container.isMap && container.missing % 2 === 0) this.lua.pushRepeated(start, length);
    else this.lua.pushBytes(start, length);
  }

  private container(count: number, isMap: boolean): boolean {
    this.lua.pushTable();
    if (!isMap) this.makeRoom('in function mp_decode_to_lua_array');
    if (count === 0) return true;
    this.innermost = { missing: isMap ? 2 * count : count, isMap, index: 1 };
    this.open.push(this.innermost);
    if (!isMap) this.lua.pushNumber(1);
    return false;
  }
}

/**
 * Unpacks values from the string that is the first argument.
 *
 * @param limit how many values; 0: all, if there is no offset either. With a limit or an offset, the offset of the rest is returned first, -1 if there is none.
 */
function unpackFrom(lua: LuaState, limit: number, offset: number): number {
  const length = lua.memory.textLength(checkTextSlot(lua, 1));
  // What the original calls the limit in this text is the length.
  if (offset < 0 || limit < 0) throw new LuaError(`Invalid request to unpack with offset of ${offset} and limit of ${length}.`);
  if (offset > length) throw new LuaError(`Start offset ${offset} greater than input length ${length}.`);
  const withRest = limit > 0 || offset > 0;
  const unpacker = new Unpacker(lua, lua.slot(1), offset);
  let count = 0;
  if (withRest) lua.pushNil();
  const rest = lua.top;
  while (!unpacker.isAtEnd && (!withRest || count < limit)) {
    unpacker.next();
    count++;
  }
  if (!withRest) return count;
  lua.pushNumber(unpacker.isAtEnd ? -1 : unpacker.offset);
  lua.lua.lua_replace(lua.current, rest);
  return count + 1;
}

const optional = (lua: LuaState, argument: number): number => (lua.type(argument) > TYPE.nil ? Math.trunc(checkNumber(lua, argument)) : 0);

/** Pushes the library's table. */
export function cmsgpackLibrary(lua: LuaState): void {
  lua.pushTable();
  const functions = {
    pack,
    unpack: (state: LuaState) => unpackFrom(state, 0, 0),
    unpack_one: (state: LuaState) => unpackFrom(state, 1, optional(state, 2)),
    unpack_limit: (state: LuaState) => unpackFrom(state, Math.trunc(checkNumber(state, 2)), optional(state, 3)),
  };
  for (const [name, run] of Object.entries(functions)) {
    lua.pushFunction(run);
    lua.setField(-2, name);
  }
  const about = {
    _NAME: 'cmsgpack',
    _VERSION: 'lua-cmsgpack 0.4.0',
    _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
    _DESCRIPTION: 'MessagePack C implementation for Lua',
  };
  for (const [name, text] of Object.entries(about)) {
    lua.pushText(text);
    lua.setField(-2, name);
  }
}
