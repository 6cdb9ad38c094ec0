/**
 * The library `cjson` of scripts, as lua-cjson 2.1.0: its functions and settings. Reached from Lua; json-writer.ts and json-parser.ts do the work.
 */
import { TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkText, checkTextSlot, type LuaState } from '../lua-state.js';
import { ByteWriter } from './byte-writer.js';
import { JsonParser } from './json-parser.js';
import { JsonSettings } from './json-settings.js';
import { JsonWriter } from './json-writer.js';

function integerBetween(lua: LuaState, argument: number, min: number, max: number): number {
  const value = Math.trunc(checkNumber(lua, argument));
  if (!(value >= min && value <= max)) throw new ArgumentError(argument, `expected integer between ${min} and ${max}`);
  return value;
}

const MAX_INT = 2147483647;
const MAX_DIGITS = 14;
const isGiven = (lua: LuaState, argument: number): boolean => lua.type(argument) > TYPE.nil;

function invalidNumbers(lua: LuaState, settings: JsonSettings): number {
  if (isGiven(lua, 1)) {
    if (lua.type(1) === TYPE.boolean) settings.encodesInvalid = lua.boolean(1) ? 'on' : 'off';
    else {
      const text = checkText(lua, 1);
      if (text !== 'null' && text !== 'on' && text !== 'off') throw new ArgumentError(1, `invalid option '${text}'`);
      settings.encodesInvalid = text;
    }
  }
  if (settings.encodesInvalid === 'null') lua.pushText('null');
  else lua.pushBoolean(settings.encodesInvalid === 'on');
  return 1;
}

function sparseArrays(lua: LuaState, settings: JsonSettings): number {
  if (isGiven(lua, 1)) settings.convertsSparse = lua.boolean(1);
  if (isGiven(lua, 2)) settings.sparseRatio = integerBetween(lua, 2, 0, MAX_INT);
  if (isGiven(lua, 3)) settings.sparseSafe = integerBetween(lua, 3, 0, MAX_INT);
  lua.pushBoolean(settings.convertsSparse);
  lua.pushNumber(settings.sparseRatio);
  lua.pushNumber(settings.sparseSafe);
  return 3;
}

function numberSetting(name: 'encodeDepth' | 'decodeDepth' | 'digits', max: number) {
  return (lua: LuaState, settings: JsonSettings): number => {
    if (isGiven(lua, 1)) settings[name] = integerBetween(lua, 1, 1, max);
    lua.pushNumber(settings[name]);
    return 1;
  };
}

function switchSetting(name: 'keepsBuffer' | 'decodesInvalid') {
  return (lua: LuaState, settings: JsonSettings): number => {
    if (isGiven(lua, 1)) settings[name] = lua.boolean(1);
    lua.pushBoolean(settings[name]);
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
  encode_keep_buffer: switchSetting('keepsBuffer'),
  encode_invalid_numbers: invalidNumbers,
  decode_invalid_numbers: switchSetting('decodesInvalid'),
};

/** Pushes the library's table, with settings of its own. */
export function cjsonLibrary(lua: LuaState): void {
  const settings = new JsonSettings();
  lua.pushTable();
  for (const [name, run] of Object.entries(FUNCTIONS)) {
    lua.pushFunction((state) => run(state, settings));
    lua.setField(-2, name);
  }
  lua.pushFunction((state) => {
    cjsonLibrary(state);
    return 1;
  });
  lua.setField(-2, 'new');
  lua.pushNull();
  lua.setField(-2, 'null');
  for (const [name, text] of [['_NAME', 'cjson'], ['_VERSION', '2.1.0']] as const) {
    lua.pushText(text);
    lua.setField(-2, name);
  }
}
