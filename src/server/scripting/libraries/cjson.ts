/**
 * The library `cjson` of scripts, as lua-cjson 2.1.0: its functions and settings. Called from Lua; json-writer.ts and json-parser.ts do the work.
 */
import { TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkText, checkTextSlot, type LuaState } from '../lua-state.js';
import { ByteWriter } from './byte-writer.js';
import { JsonParser } from './json-parser.js';
import { type JsonSetting, JsonSettings } from './json-settings.js';
import { JsonWriter } from './json-writer.js';

function integerBetween(lua: LuaState, argument: number, min: number, max: number): number {
  const value = Math.trunc(checkNumber(lua, argument));
  if (!(value >= min && value <= max)) throw new ArgumentError(1, `expected integer between ${min} and ${max}`);
  return value;
}

const MAX_INT = 2147483647;
const MAX_DIGITS = 14;
const isGiven = (lua: LuaState, argument: number): boolean => lua.type(argument) > TYPE.nil;

/** Missing arguments are nil. */
function takeArguments(lua: LuaState, count: number): void {
  if (lua.top > count) throw new ArgumentError(count + 1, 'found too many arguments');
  lua.truncate(count);
}

const SWITCH = ['off', 'on'];
const INVALID_NUMBERS = ['off', 'on', 'null'];

/** Sets a choice from an argument, if there is one, and pushes the current one: a boolean where possible. */
function choose(lua: LuaState, settings: JsonSettings, argument: number, name: JsonSetting, options: readonly string[]): void {
  if (isGiven(lua, argument)) settings.set(name, lua.type(argument) === TYPE.boolean ? Number(lua.boolean(argument)) : optionAt(lua, argument, options));
  const chosen = settings.get(name);
  if (chosen < SWITCH.length) lua.pushBoolean(chosen === 1);
  else lua.pushText(options[chosen]!);
}

function optionAt(lua: LuaState, argument: number, options: readonly string[]): number {
  const text = checkText(lua, argument);
  const index = options.indexOf(text);
  if (index === -1) throw new ArgumentError(argument, `invalid option '${text}'`);
  return index;
}

function sparseArrays(lua: LuaState, settings: JsonSettings): number {
  takeArguments(lua, 3);
  choose(lua, settings, 1, 'convertsSparse', SWITCH);
  if (isGiven(lua, 2)) settings.set('sparseRatio', integerBetween(lua, 2, 0, MAX_INT));
  if (isGiven(lua, 3)) settings.set('sparseSafe', integerBetween(lua, 3, 0, MAX_INT));
  lua.pushNumber(settings.get('sparseRatio'));
  lua.pushNumber(settings.get('sparseSafe'));
  return 3;
}

function numberSetting(name: JsonSetting, max: number) {
  return (lua: LuaState, settings: JsonSettings): number => {
    takeArguments(lua, 1);
    if (isGiven(lua, 1)) settings.set(name, integerBetween(lua, 1, 1, max));
    lua.pushNumber(settings.get(name));
    return 1;
  };
}

function choiceSetting(name: JsonSetting, options = SWITCH) {
  return (lua: LuaState, settings: JsonSettings): number => {
    takeArguments(lua, 1);
    choose(lua, settings, 1, name, options);
    return 1;
  };
}

function encode(lua: LuaState, settings: JsonSettings): number {
  if (lua.top !== 1) throw new ArgumentError(1, 'expected 1 argument');
  ByteWriter.push(lua, (out) => new JsonWriter(lua, settings, out).write(lua.slot(1)));
  return 1;
}

function decode(lua: LuaState, settings: JsonSettings): number {
  if (lua.top !== 1) throw new ArgumentError(1, 'expected 1 argument');
  new JsonParser(lua, checkTextSlot(lua, 1), settings).parse();
  return 1;
}

const FUNCTIONS = {
  encode,
  decode,
  encode_sparse_array: sparseArrays,
  encode_max_depth: numberSetting('encodeDepth', MAX_INT),
  decode_max_depth: numberSetting('decodeDepth', MAX_INT),
  encode_number_precision: numberSetting('digits', MAX_DIGITS),
  encode_keep_buffer: choiceSetting('keepsBuffer'),
  encode_invalid_numbers: choiceSetting('encodesInvalid', INVALID_NUMBERS),
  decode_invalid_numbers: choiceSetting('decodesInvalid'),
};

const ABOUT = { _NAME: 'cjson', _VERSION: '2.1.0' };

/** Pushes the library's table. */
export function cjsonLibrary(lua: LuaState): void {
  const functions = Object.entries(FUNCTIONS).map(([name, run]) => [name, lua.callback((state) => run(state, JsonSettings.of(state)))] as const);
  const another = lua.callback((state) => {
    pushLibrary(state, functions, another);
    return 1;
  });
  pushLibrary(lua, functions, another);
}

/** Pushes a table with settings of its own. @param another cjson.new */
function pushLibrary(lua: LuaState, functions: readonly (readonly [name: string, callback: number])[], another: number): void {
  lua.pushTable();
  JsonSettings.push(lua);
  for (const [name, callback] of functions) {
    lua.pushValue(-1);
    lua.lua.lua_pushcclosure(lua.current, callback, 1);
    lua.setField(-3, name);
  }
  lua.pop();
  lua.lua.lua_pushcclosure(lua.current, another, 0);
  lua.setField(-2, 'new');
  lua.pushNull();
  lua.setField(-2, 'null');
  for (const [name, text] of Object.entries(ABOUT)) {
    lua.pushText(text);
    lua.setField(-2, name);
  }
}
