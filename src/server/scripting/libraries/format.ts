/**
 * string.format for whole numbers of 64 bits. Reached from Lua, in front of Lua's own.
 *
 * Lua hands them to C's printf as `long`, which has 32 bits in WebAssembly: %d of a time in milliseconds would be cut off. So a directive whose
 * number does not fit is written here, and becomes a %s with that text; all others are left to Lua, errors among them.
 */
import { TYPE } from '../lua-memory.js';
import type { LuaState } from '../lua-state.js';

const DIRECTIVE = /%(?:%|([-+ #0]*)(\d{0,2})(?:\.(\d{0,2}))?([a-zA-Z]))/g;

interface Directive {
  readonly flags: string;
  readonly width: number;
  /** Null: none was given. */
  readonly precision: number | null;
  readonly conversion: string;
}

/** Replaces `format` in the table of the library `string`, which is on top of the stack. */
export function widenFormat(lua: LuaState): void {
  lua.getField(-1, 'format');
  const original = lua.lua.__indirect_function_table.get(lua.lua.lua_tocfunction(lua.current, -1));
  lua.pop();
  lua.pushFunction((state) => {
    prepare(state);
    return original(state.current);
  });
  lua.setField(-2, 'format');
}

/** Writes what Lua's own would cut off. */
function prepare(lua: LuaState): void {
  if (lua.type(1) !== TYPE.string) return;
  const format = lua.text(1)!;
  let argument = 1;
  const adapted = format.replace(DIRECTIVE, (directive, flags: string | undefined, width: string, precision: string | undefined, conversion: string) => {
    if (flags === undefined) return directive;
    argument++;
    if (!'diouxX'.includes(conversion)) return directive;
    // Of what is no number, 0: Lua complains of it by itself.
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

/** As printf of C on x86-64, where what is out of range becomes the smallest number. */
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

/** From 2^63 on the upper half is converted by itself. */
function toUint64(value: number): bigint {
  return BigInt.asUintN(64, value >= 2 ** 63 ? toInt64(value - 2 ** 63) + 2n ** 63n : toInt64(value));
}
