/**
 * The library `cmsgpack` of scripts: Lua values to and from MessagePack. Reached from Lua.
 *
 * Tables with the keys 1 to n become arrays, all others maps. Whole numbers become integers; others a float of 4 bytes where that loses nothing.
 */
import { TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkText, LuaError, type LuaState } from '../lua-state.js';

/** Tables below this become nil. */
const MAX_NESTING = 16;
const DECODE_SLOTS = 3;
const INT64_EDGE = 2 ** 63;

function pack(lua: LuaState): number {
  const count = lua.top;
  if (count === 0) throw new ArgumentError(0, 'MessagePack pack needs input.');
  const parts: string[] = [];
  for (let i = 1; i <= count; i++) {
    if (!lua.hasRoom(1)) throw new LuaError('in function MessagePack pack');
    lua.pushValue(i);
    encode(lua, parts, 0);
  }
  lua.pushText(parts.join(''));
  return 1;
}

/** Takes the value on top off the stack. */
function encode(lua: LuaState, parts: string[], depth: number): void {
  const type = lua.type(-1);
  if (type === TYPE.string) encodeText(parts, lua.text(-1)!);
  else if (type === TYPE.number) encodeNumber(parts, lua.number(-1));
  else if (type === TYPE.boolean) parts.push(lua.boolean(-1) ? '\xc3' : '\xc2');
  else if (type === TYPE.table && depth < MAX_NESTING) encodeTable(lua, parts, depth);
  else parts.push('\xc0');
  lua.pop();
}

function encodeText(parts: string[], text: string): void {
  const { length } = text;
  if (length < 32) parts.push(String.fromCharCode(0xa0 | length));
  else if (length <= 0xff) parts.push('\xd9', bigEndian(length, 1));
  else if (length <= 0xffff) parts.push('\xda', bigEndian(length, 2));
  else parts.push('\xdb', bigEndian(length, 4));
  parts.push(text);
}

function bigEndian(value: number, size: number): string {
  let bytes = '';
  for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) bytes += String.fromCharCode(Math.floor(value / 2 ** shift) & 0xff);
  return bytes;
}

function encodeNumber(parts: string[], value: number): void {
  if (!Number.isInteger(value) || value >= INT64_EDGE || value < -INT64_EDGE) return encodeFloat(parts, value);
  if (value >= 0) encodePositive(parts, value);
  else encodeNegative(parts, value);
}

function encodePositive(parts: string[], value: number): void {
  if (value <= 0x7f) parts.push(String.fromCharCode(value));
  else if (value <= 0xff) parts.push('\xcc', bigEndian(value, 1));
  else if (value <= 0xffff) parts.push('\xcd', bigEndian(value, 2));
  else if (value <= 0xffffffff) parts.push('\xce', bigEndian(value, 4));
  else parts.push('\xcf', longBytes(value));
}

function encodeNegative(parts: string[], value: number): void {
  if (value >= -32) parts.push(String.fromCharCode(value & 0xff));
  else if (value >= -128) parts.push('\xd0', bigEndian(value + 2 ** 8, 1));
  else if (value >= -32768) parts.push('\xd1', bigEndian(value + 2 ** 16, 2));
  else if (value >= -(2 ** 31)) parts.push('\xd2', bigEndian(value + 2 ** 32, 4));
  else parts.push('\xd3', longBytes(value));
}

function longBytes(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(value)));
  return bytes.latin1Slice();
}

function encodeFloat(parts: string[], value: number): void {
  const isShort = Math.fround(value) === value;
  const bytes = Buffer.alloc(isShort ? 4 : 8);
  if (isShort) bytes.writeFloatBE(value);
  else bytes.writeDoubleBE(value);
  parts.push(isShort ? '\xca' : '\xcb', bytes.latin1Slice());
}

function encodeTable(lua: LuaState, parts: string[], depth: number): void {
  if (!lua.hasRoom(DECODE_SLOTS)) throw new LuaError('in function table_is_an_array');
  const { count, isArray } = shape(lua);
  if (isArray) {
    parts.push(header(count, 0x90, 0xdc));
    for (let i = 1; i <= count; i++) {
      lua.lua.lua_rawgeti(lua.current, -1, i);
      encode(lua, parts, depth + 1);
    }
    return;
  }
  parts.push(header(count, 0x80, 0xde));
  lua.pushNil();
  while (lua.lua.lua_next(lua.current, -2) !== 0) {
    lua.pushValue(-2);
    encode(lua, parts, depth + 1);
    encode(lua, parts, depth + 1);
  }
}

/** How many entries, and are their keys the numbers from 1 on? */
function shape(lua: LuaState): { count: number; isArray: boolean } {
  let count = 0;
  let max = 0;
  let isArray = true;
  lua.pushNil();
  while (lua.lua.lua_next(lua.current, -2) !== 0) {
    lua.pop();
    count++;
    const key = lua.type(-1) === TYPE.number ? lua.number(-1) : 0;
    if (key > 0 && Number.isInteger(key)) max = Math.max(max, key);
    else isArray = false;
  }
  return { count, isArray: isArray && max === count };
}

function header(count: number, fixed: number, long: number): string {
  if (count <= 15) return String.fromCharCode(fixed | count);
  return count <= 0xffff ? String.fromCharCode(long) + bigEndian(count, 2) : String.fromCharCode(long + 1) + bigEndian(count, 4);
}

class Decoder {
  private readonly bytes: Buffer;

  constructor(
    private readonly lua: LuaState,
    text: string,
    public at: number,
  ) {
    this.bytes = Buffer.from(text, 'latin1');
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Pushes the value at the position, and moves behind it. */
  decode(): void {
    const { lua } = this;
    if (!lua.hasRoom(DECODE_SLOTS)) throw new LuaError('in function mp_decode_to_lua_type');
    const tag = this.bytes[this.take(1)]!;
    if (tag <= 0x7f) lua.pushNumber(tag);
    else if (tag <= 0x8f) this.map(tag & 0x0f);
    else if (tag <= 0x9f) this.array(tag & 0x0f);
    else if (tag <= 0xbf) this.text(tag & 0x1f);
    else if (tag >= 0xe0) lua.pushNumber(tag - 0x100);
    else this.tagged(tag);
  }

  private tagged(tag: number): void {
    const { lua, bytes } = this;
    switch (tag) {
      case 0xc0: return lua.pushNil();
      case 0xc2: case 0xc3: return lua.pushBoolean(tag === 0xc3);
      case 0xd9: return this.text(this.unsigned(1));
      case 0xda: return this.text(this.unsigned(2));
      case 0xdb: return this.text(this.unsigned(4));
      case 0xca: return lua.pushNumber(bytes.readFloatBE(this.take(4)));
      case 0xcb: return lua.pushNumber(bytes.readDoubleBE(this.take(8)));
      case 0xcc: return lua.pushNumber(this.unsigned(1));
      case 0xcd: return lua.pushNumber(this.unsigned(2));
      case 0xce: return lua.pushNumber(this.unsigned(4));
      case 0xcf: return lua.pushNumber(Number(bytes.readBigUInt64BE(this.take(8))));
      case 0xd0: return lua.pushNumber(bytes.readInt8(this.take(1)));
      case 0xd1: return lua.pushNumber(bytes.readInt16BE(this.take(2)));
      case 0xd2: return lua.pushNumber(bytes.readInt32BE(this.take(4)));
      case 0xd3: return lua.pushNumber(Number(bytes.readBigInt64BE(this.take(8))));
      case 0xdc: return this.array(this.unsigned(2));
      case 0xdd: return this.array(this.unsigned(4));
      case 0xde: return this.map(this.unsigned(2));
      case 0xdf: return this.map(this.unsigned(4));
      default: throw new LuaError('Bad data format in input.');
    }
  }

  /** The position of the next `count` bytes, which are passed. */
  private take(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) throw new LuaError('Missing bytes in input.');
    this.at += count;
    return start;
  }

  private unsigned(size: number): number {
    return this.bytes.readUIntBE(this.take(size), size);
  }

  private text(length: number): void {
    const start = this.take(length);
    this.lua.pushText(this.bytes.latin1Slice(start, start + length));
  }

  private array(count: number): void {
    this.lua.pushTable();
    for (let i = 1; i <= count; i++) {
      this.decode();
      this.lua.lua.lua_rawseti(this.lua.current, -2, i);
    }
  }

  private map(count: number): void {
    const { lua } = this;
    lua.pushTable();
    for (let i = 0; i < count; i++) {
      this.decode();
      this.decode();
      if (lua.type(-2) === TYPE.nil || Number.isNaN(lua.type(-2) === TYPE.number ? lua.number(-2) : 0)) {
        throw new LuaError(lua.type(-2) === TYPE.nil ? 'table index is nil' : 'table index is NaN');
      }
      lua.lua.lua_rawset(lua.current, -3);
    }
  }
}

/** @param limit how many values; 0: all. Where there is a limit or an offset, the offset of the rest comes first, -1 if there is none. */
function unpackFrom(lua: LuaState, limit: number, offset: number): number {
  const text = checkText(lua, 1);
  // What the original calls the limit in this text is the length.
  if (offset < 0 || limit < 0) throw new LuaError(`Invalid request to unpack with offset of ${offset} and limit of ${text.length}.`);
  if (offset > text.length) throw new LuaError(`Start offset ${offset} greater than input length ${text.length}.`);
  const withRest = limit > 0 || offset > 0;
  const decoder = new Decoder(lua, text, offset);
  let count = 0;
  if (withRest) lua.pushNil();
  const rest = lua.top;
  while (!decoder.isAtEnd && (limit === 0 || count < limit)) {
    decoder.decode();
    count++;
  }
  if (!withRest) return count;
  lua.pushNumber(decoder.isAtEnd ? -1 : decoder.at);
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
  const about = { _NAME: 'cmsgpack', _VERSION: 'lua-cmsgpack 0.4.0', _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo', _DESCRIPTION: 'MessagePack C implementation for Lua' };
  for (const [name, text] of Object.entries(about)) {
    lua.pushText(text);
    lua.setField(-2, name);
  }
}
