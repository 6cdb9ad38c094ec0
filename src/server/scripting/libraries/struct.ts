/**
 * The library `struct` of scripts: converts values to and from packed bytes, by a format like C's structures. Called from Lua.
 *
 *   >  <  !n    big endian, little endian (initially), alignment to at most n bytes (initially 1; 8 without n)
 *   b h l T iN  integers of 1, 2, 8, 8 and N bytes; upper case: without sign         x   a byte of padding
 *   f d         float, double                                                        s   text that ends with a zero byte
 *   cN          N bytes; c0: a whole string, or as many as the number before it says
 */
import { TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkText, LuaError, type LuaState } from '../lua-state.js';
import { toUint64 } from './wide-integers.js';

const MAX_INTEGER_BYTES = 32;
const MAX_ALIGNMENT = 8;
const SIZES: { readonly [option: string]: number } = { b: 1, B: 1, h: 2, H: 2, l: 8, L: 8, T: 8, f: 4, d: 8, x: 1 };

/** One item of a format: its option, size, and padding before it. */
class Format {
  isLittle = true;
  option = '';
  size = 0;
  private alignment = 1;
  private at = 0;

  constructor(private readonly text: string) {}

  /** Moves on to the next option; false at the end. */
  next(): boolean {
    if (this.at >= this.text.length) return false;
    this.option = this.text[this.at++]!;
    this.size = this.readSize();
    return true;
  }

  /** True for an item. Other options only change how the following ones are read. Throws for an unknown option. */
  isItem(): boolean {
    const { option } = this;
    if (option in SIZES || 'iIcs'.includes(option)) return true;
    if (option === '>' || option === '<') this.isLittle = option === '<';
    else if (option === '!') this.align(this.number(MAX_ALIGNMENT));
    else if (option !== ' ') throw new ArgumentError(1, `invalid format option '${option}'`);
    return false;
  }

  /** Returns the padding before the item, in bytes. */
  padding(position: number): number {
    if (this.size === 0 || this.option === 'c' || this.option === 's' || this.option === 'x') return 0;
    const step = Math.min(this.size, this.alignment);
    return (step - (position & (step - 1))) & (step - 1);
  }

  private align(alignment: number): void {
    if (alignment === 0 || (alignment & (alignment - 1)) !== 0) throw new LuaError(`alignment ${alignment} is not a power of 2`);
    this.alignment = alignment;
  }

  private readSize(): number {
    const { option } = this;
    if (option === 'c') return this.number(1);
    const size = SIZES[option] ?? (option === 'i' || option === 'I' ? this.number(4) : 0);
    if (size > MAX_INTEGER_BYTES) throw new LuaError(`integral size ${size} is larger than limit of ${MAX_INTEGER_BYTES}`);
    return size;
  }

  private number(otherwise: number): number {
    const digits = /^\d+/.exec(this.text.slice(this.at, this.at + 12))?.[0];
    if (digits === undefined) return otherwise;
    this.at += digits.length;
    if (Number(digits) > 0x7fffffff) throw new LuaError('integral size overflow');
    return Number(digits);
  }
}

function pack(lua: LuaState): number {
  const format = new Format(checkText(lua, 1));
  // A missing argument is reported as nil.
  lua.pushNil();
  let packed = '';
  let argument = 2;
  while (format.next()) {
    if (!format.isItem()) continue;
    packed += '\0'.repeat(format.padding(packed.length));
    if (format.option === 'x') packed += '\0';
    else packed += packOne(lua, format, argument++);
  }
  lua.pushText(packed);
  return 1;
}

function packOne(lua: LuaState, { option, size, isLittle }: Format, argument: number): string {
  if (option === 'f' || option === 'd') return ordered(floatBytes(checkNumber(lua, argument), size), isLittle);
  if (option !== 'c' && option !== 's') return ordered(integerBytes(checkNumber(lua, argument), size), isLittle);
  const text = checkText(lua, argument);
  if (option === 's') return `${text}\0`;
  if (text.length < size) throw new ArgumentError(argument + 1, 'string too short');
  return size === 0 ? text : text.slice(0, size);
}

/** Reorders little endian bytes as needed. */
const ordered = (bytes: Buffer, isLittle: boolean): string => (isLittle ? bytes : bytes.reverse()).latin1Slice();

function floatBytes(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

/** For integers longer than 8 bytes the upper ones are zero. */
function integerBytes(value: number, size: number): Buffer {
  let rest = toUint64(value);
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

function unpack(lua: LuaState): number {
  const format = new Format(checkText(lua, 1));
  const data = checkText(lua, 2);
  const start = lua.type(3) > TYPE.nil ? Math.trunc(checkNumber(lua, 3)) : 1;
  if (start === 0) throw new ArgumentError(3, 'offset must be 1 or greater');
  let position = start - 1;
  let count = 0;
  while (format.next()) {
    // A position before the first byte is, to C, far beyond the last one.
    if (position >= 0) position += format.padding(position);
    if (position < 0 || format.size > data.length - position || position > data.length) throw new ArgumentError(2, 'data string too short');
    if (!format.isItem()) continue;
    if (!lua.hasRoom(2)) throw new LuaError('stack overflow (too many results)');
    const read = unpackOne(lua, format, data, position, count);
    position += read.bytes;
    count += read.values;
  }
  lua.pushNumber(position + 1);
  return count + 1;
}

function unpackOne(lua: LuaState, { option, size, isLittle }: Format, data: string, position: number, count: number): { bytes: number; values: number } {
  if (option === 'x') return { bytes: size, values: 0 };
  if (option === 's') return unpackTerminated(lua, data, position);
  if (option === 'c') return unpackText(lua, size, data, position, count);
  const bytes = Buffer.from(data.slice(position, position + size), 'latin1');
  if (!isLittle) bytes.reverse();
  if (option === 'f' || option === 'd') lua.pushNumber(size === 4 ? bytes.readFloatLE() : bytes.readDoubleLE());
  else lua.pushNumber(readInteger(bytes, option === option.toLowerCase()));
  return { bytes: size, values: 1 };
}

function unpackTerminated(lua: LuaState, data: string, position: number): { bytes: number; values: number } {
  const end = data.indexOf('\0', position);
  if (end === -1) throw new LuaError('unfinished string in data');
  lua.pushText(data.slice(position, end));
  return { bytes: end - position + 1, values: 1 };
}

/** c0 takes the length from the number before it, which is then no result. */
function unpackText(lua: LuaState, size: number, data: string, position: number, count: number): { bytes: number; values: number } {
  let length = size;
  if (size === 0) {
    if (count === 0 || lua.type(-1) !== TYPE.number) throw new LuaError("format 'c0' needs a previous size");
    length = Math.trunc(lua.number(-1));
    lua.pop();
    if (!(length >= 0 && length <= data.length - position)) throw new ArgumentError(2, 'data string too short');
  }
  lua.pushText(data.slice(position, position + length));
  return { bytes: length, values: size === 0 ? 0 : 1 };
}

function readInteger(bytes: Buffer, isSigned: boolean): number {
  let value = 0n;
  for (let i = Math.min(bytes.length, 8) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return Number(isSigned ? BigInt.asIntN(Math.min(bytes.length, 8) * 8, value) : value);
}

function size(lua: LuaState): number {
  const format = new Format(checkText(lua, 1));
  let total = 0;
  while (format.next()) {
    if (format.option === 's') throw new ArgumentError(1, "option 's' has no fixed size");
    if (format.option === 'c' && format.size === 0) throw new ArgumentError(1, "option 'c0' has no fixed size");
    total += format.padding(total);
    // A letter that is no option is ignored here.
    if (!/[a-z\d]/i.test(format.option)) format.isItem();
    total += format.size;
  }
  lua.pushNumber(total);
  return 1;
}

/** Pushes the library's table. */
export function structLibrary(lua: LuaState): void {
  lua.pushTable();
  for (const [name, run] of Object.entries({ pack, unpack, size })) {
    lua.pushFunction(run);
    lua.setField(-2, name);
  }
}
