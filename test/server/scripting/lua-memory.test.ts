/** Reading the engine's memory gives the same results as Lua's own functions. */
import { describe, expect, test } from 'vitest';
import { type Pointer, TYPE } from '../../../src/server/scripting/lua-memory.js';
import { LuaState } from '../../../src/server/scripting/lua-state.js';
import { LuaEngine } from '../../../src/server/scripting/wasm.js';

/** Returns a state whose stack has the results of a chunk. */
function run(code: string): LuaState {
  const lua = new LuaState(new LuaEngine());
  if (!lua.load(code, '=test') || !lua.call(0, -1)) throw new Error(lua.text(-1)!);
  return lua;
}

const shown = ({ memory }: LuaState, slot: Pointer): string => {
  const type = memory.type(slot);
  if (type === TYPE.string) return JSON.stringify(memory.text(slot));
  return type === TYPE.number ? String(memory.number(slot)) : type === TYPE.boolean ? String(memory.boolean(slot)) : `type ${type}`;
};

/** Returns keys and values of the table at the bottom of the stack, in the order of lua_next. */
function walked(lua: LuaState): string[] {
  const pairs: string[] = [];
  lua.pushNil();
  while (lua.lua.lua_next(lua.current, 1) !== 0) {
    pairs.push(`${shown(lua, lua.slot(-2))} = ${shown(lua, lua.slot(-1))}`);
    lua.pop();
  }
  return pairs;
}

/** The same, read from memory. */
function read(lua: LuaState): string[] {
  const { memory } = lua;
  const table = memory.pointer(lua.slot(1));
  const pairs: string[] = [];
  for (let entry = 0; entry < memory.entryCount(table); entry++) {
    const value = memory.value(table, entry);
    if (memory.type(value) === TYPE.nil) continue;
    pairs.push(`${entry < memory.arrayLength(table) ? entry + 1 : shown(lua, memory.key(table, entry))} = ${shown(lua, value)}`);
  }
  return pairs;
}

const GROWN = `
math.randomseed(SEED)
local t = {}
for i = 1, 300 do
  local kind, key = math.random(4), math.random(60)
  if kind == 1 then t[key] = i elseif kind == 2 then t['key' .. key] = 'value' .. i elseif kind == 3 then t[key - 30.5] = i % 2 == 0 else t[math.random(2) == 1 and key or 'key' .. key] = nil end
end
return t`;

const TABLES: readonly (readonly [name: string, code: string])[] = [
  ['an empty table', 'return {}'],
  ['an array', "return {1, 'two', true, false, 5.5}"],
  ['an array with holes', 'local t = {1, 2, 3, 4, 5} t[2] = nil t[5] = nil return t'],
  ['an array that was filled from its end', 'local t = {} for i = 40, 1, -1 do t[i] = i end return t'],
  ['an object', "return {a = 1, b = 'x', c = true}"],
  ['both', "return {1, 2, a = 'b', [100] = 3, [-1] = 4, [0.5] = 5, [2^40] = 6}"],
  ['a table whose keys are gone', 'local t = {a = 1, b = 2, 3} t.a = nil t.b = nil return t'],
  ...Array.from({ length: 20 }, (_, seed) => [`a table grown at random, ${seed}`, GROWN.replace('SEED', String(seed))] as const),
];

describe.each(TABLES)('%s', (_name, code) => {
  test('has the entries of next, in their order', () => {
    const lua = run(code);
    expect(read(lua)).toEqual(walked(lua));
  });

  test('has the values that Lua returns by position and by name', () => {
    const lua = run(code);
    const { memory } = lua;
    const table = memory.pointer(lua.slot(1));
    for (let i = 1; i <= 70; i++) {
      lua.lua.lua_rawgeti(lua.current, 1, i);
      const item = memory.item(table, i);
      expect(item === 0 ? 'type 0' : shown(lua, item)).toBe(shown(lua, lua.slot(-1)));
      lua.getField(1, `key${i}`);
      const field = memory.field(table, lua.name(`key${i}`));
      expect(field === 0 ? 'type 0' : shown(lua, field)).toBe(shown(lua, lua.slot(-1)));
      lua.pop(2);
    }
  });

  test('has nodes if something in it has no place in the array part', () => {
    const lua = run(code);
    const table = lua.memory.pointer(lua.slot(1));
    if (read(lua).length > lua.memory.arrayLength(table)) expect(lua.memory.hasNodes(table)).toBe(true);
    if (!lua.memory.hasNodes(table)) expect(lua.memory.entryCount(table)).toBe(lua.memory.arrayLength(table) + 1);
  });
});

describe('strings', () => {
  test.each(['', 'a', '\0\xff\0', 'x'.repeat(32), 'y'.repeat(33), 'z'.repeat(100_000)])('%# are read byte for byte', (text) => {
    const lua = run('return nil');
    lua.pushText(text);
    expect(lua.memory.text(lua.slot(-1))).toBe(text);
    expect(lua.memory.textLength(lua.slot(-1))).toBe(text.length);
  });

  test('of two at the same address that differ in one byte, the later one is read', () => {
    const lua = run('return nil');
    lua.pushText('0'.repeat(32));
    const { memory } = lua;
    const slot = lua.slot(-1);
    const start = memory.textStart(slot);
    for (let length = 0; length <= 32; length++) {
      memory.setWord(start - 4, length);
      for (let at = 0; at < 32; at++) {
        memory.bytes[start + at] ^= 1;
        expect(memory.text(slot)).toBe(memory.bytes.latin1Slice(start, start + length));
      }
    }
  });

  test('is compared with a text byte for byte', () => {
    const lua = run('return nil');
    lua.pushText('a text\xff');
    const slot = lua.slot(-1);
    expect(['a text\xff', 'a text', 'a text\xfe', 'b text\xff', ''].map((text) => lua.memory.isText(slot, text))).toEqual([true, false, false, false, false]);
    expect(lua.memory.isText(lua.slot(1), 'nil')).toBe(false);
  });

  test('are found among those of Lua if they are in use, and only then', () => {
    const lua = run('kept = {} for i = 1, 500 do kept[i] = "text " .. i end for i = 501, 1000 do local dropped = "text " .. i end collectgarbage() return nil');
    const { memory } = lua;
    const block = lua.takeBlock();
    const found = Array.from({ length: 1000 }, (_, i) => {
      const spelled = `text ${i + 1}`;
      memory.bytes.latin1Write(spelled, block);
      const string = memory.findString(lua.current, block, spelled.length);
      if (string !== 0) memory.pushPointer(lua.current, TYPE.string, string);
      const text = string === 0 ? null : lua.text(-1);
      if (string !== 0) lua.pop();
      return text;
    });
    expect(found).toEqual(Array.from({ length: 1000 }, (_, i) => (i < 500 ? `text ${i + 1}` : null)));
  });

  test('a string at the address of an earlier one is not mistaken for it', () => {
    const lua = run('return nil');
    for (let i = 0; i < 5_000; i++) {
      lua.pushText(`text number ${i}`);
      expect(lua.memory.text(lua.slot(-1))).toBe(`text number ${i}`);
      lua.pop();
    }
  });
});

test('Lua reads what was pushed by writing to memory', () => {
  const lua = run('return function(a, b, c, d, e) return type(a) .. type(b) .. tostring(c) .. tostring(d) .. e end');
  const [number, name] = [0.1, 'kept'];
  lua.pushValue(1);
  lua.pushNil();
  lua.pushNumber(number);
  lua.pushBoolean(true);
  lua.pushBoolean(false);
  lua.pushName(name);
  expect(lua.call(5, 1)).toBe(true);
  expect(lua.text(-1)).toBe('nilnumbertruefalsekept');
});
