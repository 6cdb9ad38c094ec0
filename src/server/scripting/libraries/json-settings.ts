/**
 * JsonSettings: the settings of one `cjson` table, which scripts change by functions such as cjson.encode_max_depth.
 *
 * They are stored in userdata, which is an upvalue of all functions of the table: so they are collected together with it.
 */
import type { LuaMemory, Pointer } from '../lua-memory.js';
import type { LuaState } from '../lua-state.js';

/** Upvalues count down from the globals: lua_upvalueindex(1). */
const UPVALUE = -10003;
const WORD_BYTES = 4;

/** What to do with NaN and Infinity: refuse, encode by name, or as null; in the order of their options. */
export const INVALID = { off: 0, on: 1, null: 2 } as const;

/** In the order in which they are stored, with lua-cjson 2.1.0's initial values; for switches 1 is on. */
const BEGINNING = {
  convertsSparse: 0,
  sparseRatio: 2,
  sparseSafe: 10,
  encodeDepth: 1000,
  decodeDepth: 1000,
  digits: 14,
  encodesInvalid: INVALID.off as number,
  decodesInvalid: 1,
  keepsBuffer: 1,
};
export type JsonSetting = keyof typeof BEGINNING;
const NAMES = Object.keys(BEGINNING) as JsonSetting[];
const PLACES = Object.fromEntries(NAMES.map((name, index) => [name, index * WORD_BYTES])) as { readonly [name in JsonSetting]: number };

export class JsonSettings {
  private constructor(
    private readonly memory: LuaMemory,
    private readonly at: Pointer,
  ) {}

  /** Pushes new settings. */
  static push(lua: LuaState): void {
    const settings = new JsonSettings(lua.memory, lua.lua.lua_newuserdata(lua.current, NAMES.length * WORD_BYTES));
    for (const name of NAMES) settings.set(name, BEGINNING[name]);
  }

  /** Returns the settings of the running function. */
  static of(lua: LuaState): JsonSettings {
    return new JsonSettings(lua.memory, lua.lua.lua_touserdata(lua.current, UPVALUE));
  }

  get(name: JsonSetting): number {
    return this.memory.word(this.at + PLACES[name]);
  }

  set(name: JsonSetting, value: number): void {
    this.memory.setWord(this.at + PLACES[name], value);
  }

  isOn(name: JsonSetting): boolean {
    return this.get(name) !== 0;
  }
}
