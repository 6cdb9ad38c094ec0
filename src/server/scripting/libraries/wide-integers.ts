/**
 * string.format and tonumber for whole numbers of 64 bits. Called from Lua, in front of Lua's own functions.
 *
 * Lua passes them to C as `long`, which has 32 bits in WebAssembly: %d of a time in milliseconds would be cut off. So a directive whose number does not fit is
 * formatted here, and becomes a %s with that text; all others, and errors, are left to Lua, and so is tonumber without a base.
 */
import { type Pointer, TYPE } from '../lua-memory.js';
import type { LuaState } from '../lua-state.js';

const MAX_INT32 = 0x7fffffff;
/** The shortest text of a wide number: -1, which is wide if it is printed unsigned. */
const WIDE_DIGITS = 2;
const LOOKS_NUMERIC = Uint8Array.from({ length: 256 }, (_, code) => (/[-+.0-9\s]/.test(String.fromCharCode(code)) ? 1 : 0));
const TWO_64 = 2n ** 64n;
const DIRECTIVE = /%(?:%|([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?([a-zA-Z]))/g;

interface Directive {
  readonly flags: string;
  readonly width: number;
  /** Null: not given. */
  readonly precision: number | null;
  readonly conversion: string;
}

/** Replaces both in the table of globals, which is on top of the stack. */
export function widenIntegers(lua: LuaState): void {
  replace(lua, 'tonumber', (state, original) => readsDigits(state) ? readInteger(state) : original(state.current));
  lua.getField(-1, 'string');
  replace(lua, 'format', (state, original) => {
    prepare(state);
    return original(state.current);
  });
  lua.pop();
}

/** Replaces a function in the table on top. */
function replace(lua: LuaState, name: string, run: (lua: LuaState, original: (state: Pointer) => number) => number): void {
  lua.getField(-1, name);
  const original = lua.lua.__indirect_function_table.get(lua.lua.lua_tocfunction(lua.current, -1));
  lua.pop();
  lua.pushFunction((state) => run(state, original));
  lua.setField(-2, name);
}

/** True for a valid base and a text. */
function readsDigits(lua: LuaState): boolean {
  const base = lua.top < 2 ? 10 : Math.trunc(lua.number(2));
  return base !== 10 && base >= 2 && base <= 36 && (lua.type(1) === TYPE.string || lua.type(1) === TYPE.number);
}

/** Converts like C's strtoul, for which -1 is the largest number. */
function readInteger(lua: LuaState): number {
  const base = Math.trunc(lua.number(2));
  const [, sign, start, rest = ''] = /^[ \t\n\v\f\r]*([-+]?)(0x(?=[\da-f]))?(.*)$/is.exec(lua.text(1)!)!;
  const text = (start !== undefined && base !== 16 ? start : '') + rest;
  let value = 0n;
  let at = 0;
  for (let digit = digitAt(text, 0, base); digit !== -1; digit = digitAt(text, ++at, base)) {
    // Beyond 64 bits it is already too large; a million digits would make a very long bigint.
    if (value < TWO_64) value = value * BigInt(base) + BigInt(digit);
  }
  if (at === 0 || !/^[ \t\n\v\f\r]*(\0|$)/.test(text.slice(at))) lua.pushNil();
  else lua.pushNumber(Number(value >= TWO_64 ? TWO_64 - 1n : sign === '-' ? BigInt.asUintN(64, -value) : value));
  return 1;
}

/** Returns -1 for no digit. */
function digitAt(text: string, at: number, base: number): number {
  const digit = at < text.length ? parseInt(text[at]!, 36) : NaN;
  return digit < base ? digit : -1;
}

/** True if there is an argument that Lua's own could cut off. Almost never, and then the directives need not be parsed. */
function mayBeWide(lua: LuaState): boolean {
  const { memory } = lua;
  for (let argument = lua.top; argument > 1; argument--) {
    const slot = lua.slot(argument);
    const type = memory.type(slot);
    if (type === TYPE.number && !(memory.number(slot) >= 0 && memory.number(slot) <= MAX_INT32)) return true;
    if (type === TYPE.string && memory.textLength(slot) >= WIDE_DIGITS && LOOKS_NUMERIC[memory.bytes[memory.textStart(slot)]!] === 1) return true;
  }
  return false;
}

/** Formats what Lua's own would cut off. */
function prepare(lua: LuaState): void {
  if (lua.type(1) !== TYPE.string || !mayBeWide(lua)) return;
  const format = lua.text(1)!;
  let argument = 1;
  const adapted = format.replace(DIRECTIVE, (directive, flags: string | undefined, width: string, precision: string | undefined, conversion: string) => {
    if (flags === undefined) return directive;
    argument++;
    if (!'diouxX'.includes(conversion)) return directive;
    // 0 for what is no number: Lua reports that error by itself.
    const value = lua.number(argument);
    if (fits(value, conversion)) return directive;
    lua.pushText(formatInteger(value, { flags, width: Number(width), precision: precision === undefined ? null : Number(precision), conversion }));
    lua.lua.lua_replace(lua.current, argument);
    return '%s';
  });
  if (adapted === format) return;
  lua.pushText(adapted);
  lua.lua.lua_replace(lua.current, 1);
}

const isSigned = (conversion: string): boolean => conversion === 'd' || conversion === 'i';

function fits(value: number, conversion: string): boolean {
  return isSigned(conversion) ? Math.trunc(value) >= -0x80000000 && Math.trunc(value) <= 0x7fffffff : value > -1 && value < 0x100000000;
}

/** Formats like printf of C on x86-64, where numbers out of range become the smallest one. */
function formatInteger(value: number, { flags, width, precision, conversion }: Directive): string {
  const integer = isSigned(conversion) ? toInt64(value) : toUint64(value);
  const magnitude = (integer < 0n ? -integer : integer).toString(conversion === 'o' ? 8 : conversion.toLowerCase() === 'x' ? 16 : 10);
  const digits = precision === 0 && integer === 0n ? '' : magnitude.padStart(precision ?? 1, '0');
  const prefix = isSigned(conversion) ? signOf(integer, flags) : baseOf(integer, digits, flags, conversion);
  const cased = conversion === 'X' ? digits.toUpperCase() : digits;
  if (flags.includes('-')) return (prefix + cased).padEnd(width);
  if (flags.includes('0') && precision === null) return prefix + cased.padStart(width - prefix.length, '0');
  return (prefix + cased).padStart(width);
}

function signOf(integer: bigint, flags: string): string {
  if (integer < 0n) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function baseOf(integer: bigint, digits: string, flags: string, conversion: string): string {
  if (!flags.includes('#')) return '';
  if (conversion === 'o') return digits.startsWith('0') ? '' : '0';
  return integer === 0n || conversion === 'u' ? '' : `0${conversion}`;
}

function toInt64(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** Converts like C to unsigned integers of 64 bits: from 2^63 on separately. */
export function toUint64(value: number): bigint {
  return BigInt.asUintN(64, value >= 2 ** 63 ? toInt64(value - 2 ** 63) + 2n ** 63n : toInt64(value));
}
