/** The library `bit` of scripts: Mike Pall's BitOp, bitwise operations on numbers of 32 bits. Called from Lua. */
import { checkNumber, type LuaState } from '../lua-state.js';

/** Adding this rounds to the nearest even integer, and leaves its lower 32 bits in the lower half of the double: BitOp's conversion. */
const ROUNDING = 6755399441055744;
const halves = new Int32Array(2);
const double = new Float64Array(halves.buffer);
const ALL_DIGITS = 8;

function toBits(lua: LuaState, argument: number): number {
  double[0] = checkNumber(lua, argument) + ROUNDING;
  return halves[0]!;
}

const fold = (combine: (left: number, right: number) => number) => (lua: LuaState): number => {
  let bits = toBits(lua, 1);
  for (let i = 2; i <= lua.top; i++) bits = combine(bits, toBits(lua, i));
  return answer(lua, bits);
};

const shift = (move: (bits: number, by: number) => number) => (lua: LuaState): number => answer(lua, move(toBits(lua, 1), toBits(lua, 2) & 31));

function answer(lua: LuaState, bits: number): number {
  lua.pushNumber(bits | 0);
  return 1;
}

const swapBytes = (bits: number): number => (bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24);

/** Returns the lower digits; upper case for a negative number of them. */
function toHex(lua: LuaState): number {
  const bits = toBits(lua, 1) >>> 0;
  const wanted = lua.top >= 2 ? toBits(lua, 2) : ALL_DIGITS;
  const count = Math.min(Math.abs(wanted), ALL_DIGITS);
  const digits = count === 0 ? '' : bits.toString(16).padStart(ALL_DIGITS, '0').slice(-count);
  lua.pushText(wanted < 0 ? digits.toUpperCase() : digits);
  return 1;
}

const FUNCTIONS = {
  tobit: (lua: LuaState) => answer(lua, toBits(lua, 1)),
  bnot: (lua: LuaState) => answer(lua, ~toBits(lua, 1)),
  bswap: (lua: LuaState) => answer(lua, swapBytes(toBits(lua, 1))),
  band: fold((left, right) => left & right),
  bor: fold((left, right) => left | right),
  bxor: fold((left, right) => left ^ right),
  lshift: shift((bits, by) => bits << by),
  rshift: shift((bits, by) => bits >>> by),
  arshift: shift((bits, by) => bits >> by),
  rol: shift((bits, by) => (bits << by) | (bits >>> (32 - by))),
  ror: shift((bits, by) => (bits >>> by) | (bits << (32 - by))),
  tohex: toHex,
};

/** Pushes the library's table. */
export function bitLibrary(lua: LuaState): void {
  lua.pushTable();
  for (const [name, run] of Object.entries(FUNCTIONS)) {
    lua.pushFunction(run);
    lua.setField(-2, name);
  }
}
