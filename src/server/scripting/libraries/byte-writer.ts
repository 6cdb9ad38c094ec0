/**
 * ByteWriter: builds a string in the engine's own memory, from where Lua takes it in one piece. Used by cjson and cmsgpack.
 *
 * The memory moves when it grows, so `bytes` must be read again after {@link reserve}.
 */
import { BLOCK_BYTES, type LuaState, LuaError } from '../lua-state.js';
import type { LuaMemory, Pointer } from '../lua-memory.js';

/** Longer texts are copied by native code. */
const SHORT = 32;
const MAX_INT = 2 ** 31 - 1;
/** As many as a safe integer has. */
const MOST_DIGITS = 16;
const ZERO = 48;
/** For converting numbers to bytes. */
const eightBytes = new DataView(new ArrayBuffer(8));

export class ByteWriter {
  /** Where the next byte goes. */
  at: Pointer;
  private start: Pointer;
  private end: Pointer;
  private readonly memory: LuaMemory;

  private constructor(private readonly lua: LuaState) {
    this.memory = lua.memory;
    this.start = lua.takeBlock();
    if (this.start === 0) throw new LuaError('not enough memory', 'plain');
    this.at = this.start;
    this.end = this.start + BLOCK_BYTES;
  }

  /** Calls `write`, and pushes what it has written as a string. */
  static push(lua: LuaState, write: (out: ByteWriter) => void): void {
    const out = new ByteWriter(lua);
    try {
      write(out);
      lua.lua.lua_pushlstring(lua.current, out.start, out.at - out.start);
    } finally {
      lua.giveBlock(out.start, out.end - out.start);
    }
  }

  get bytes(): Buffer {
    return this.memory.bytes;
  }

  /** Makes room for this many bytes after {@link at}. */
  reserve(count: number): void {
    if (this.at + count <= this.end) return;
    const used = this.at - this.start;
    const size = Math.max(used + count, 2 * (this.end - this.start));
    const start = this.lua.lua.realloc(this.start, size);
    if (start === 0) throw new LuaError('not enough memory', 'plain');
    this.start = start;
    this.at = start + used;
    this.end = start + size;
  }

  byte(value: number): void {
    this.reserve(1);
    this.memory.bytes[this.at++] = value;
  }

  /** The previous byte, which must exist. */
  get last(): number {
    return this.memory.bytes[this.at - 1]!;
  }

  text(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { bytes } = this.memory;
    if (length > SHORT) bytes.latin1Write(text, this.at, length);
    else for (let i = 0; i < length; i++) bytes[this.at + i] = text.charCodeAt(i);
    this.at += length;
  }

  /** Copies bytes that are already in the engine's memory. */
  copy(start: Pointer, length: number): void {
    this.reserve(length);
    const { bytes } = this.memory;
    if (length > SHORT) bytes.copyWithin(this.at, start, start + length);
    else for (let i = 0; i < length; i++) bytes[this.at + i] = bytes[start + i]!;
    this.at += length;
  }

  /** Writes an integer of 0 or more in decimal. @param least a power of ten: smaller integers get zeros in front, up to as many digits */
  decimal(value: number, least: number): void {
    this.reserve(MOST_DIGITS);
    let count = least === 1 ? 1 : least === 10 ? 2 : 3;
    for (let limit = least * 10; limit <= value; limit *= 10) count++;
    const { bytes } = this.memory;
    let at = this.at + count;
    this.at = at;
    let rest = value;
    // Integers of 32 bits are divided faster.
    for (; rest > MAX_INT; count--) {
      const tenth = Math.floor(rest / 10);
      bytes[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    for (let small = rest | 0; count > 0; count--) {
      const tenth = (small / 10) | 0;
      bytes[--at] = ZERO + small - tenth * 10;
      small = tenth;
    }
  }

  /** Writes the lower `size` bytes of an integer, the highest first. @param size 1, 2 or 4 */
  integer(value: number, size: number): void {
    this.reserve(size);
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) this.memory.bytes[this.at++] = (value >>> shift) & 0xff;
  }

  long(value: bigint): void {
    eightBytes.setBigInt64(0, BigInt.asIntN(64, value));
    this.eight();
  }

  float64(value: number): void {
    eightBytes.setFloat64(0, value);
    this.eight();
  }

  float32(value: number): void {
    eightBytes.setFloat32(0, value);
    this.integer(eightBytes.getInt32(0), 4);
  }

  private eight(): void {
    this.integer(eightBytes.getInt32(0), 4);
    this.integer(eightBytes.getInt32(4), 4);
  }
}
