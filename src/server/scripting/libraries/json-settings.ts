/**
 * JsonSettings: what scripts may change of one `cjson` table, by functions such as cjson.encode_max_depth.
 *
 * They lie in userdata, which all functions of the table have as their upvalue: so they go when the collector takes the table.
 */
import type { LuaMemory, Pointer } from '../lua-memory.js';
import type { LuaState } from '../lua-state.js';

/** Upvalues count down from the globals: lua_upvalueindex(1). */
const UPVALUE = -10003;
const WORD_BYTES = 4;

/** NaN and Infinity: refused, encoded by their names, or as null; in the order of their options. */
export const INVALID = { off: 0, on: 1, null: 2 } as const;

/** In the order in which they lie, with the values that lua-cjson 2.1.0 begins with; of switches 1 is on. */
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

  /** Pushes new ones. */
  static push(lua: LuaState): void {
    const settings = new JsonSettings(lua.memory, lua.lua.lua_newuserdata(lua.current, NAMES.length * WORD_BYTES));
    for (const name of NAMES) settings.set(name, BEGINNING[name]);
  }

  /** Those of the function that runs. */
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
