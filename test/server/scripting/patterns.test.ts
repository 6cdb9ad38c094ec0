/** Our functions of `string` beside Lua's own in the same engine: the same results, without superfluous work. */
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { replaceStringFunctions } from '../../../src/server/scripting/libraries/string.js';
import { GLOBALS, LuaState } from '../../../src/server/scripting/lua-state.js';
import { LuaEngine } from '../../../src/server/scripting/wasm.js';

const engine = new LuaEngine();
const theirs = new LuaState(engine);
const ours = new LuaState(engine);
ours.getField(GLOBALS, 'string');
replaceStringFunctions(ours);
ours.pop();

/** Returns the result of a chunk as text; for an error its message, without the position. */
function run(lua: LuaState, code: string): string | null {
  expect(lua.load(code, '=script')).toBe(true);
  lua.call(0, 1);
  const text = lua.text(-1);
  lua.pop();
  return text?.replace(/^script:\d+: /, '') ?? null;
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&').replaceAll('\0', '\\0')}'`;
const show = (call: string): string => `local t = {${call}} for i = 1, 9 do t[i] = tostring(t[i]) end return table.concat(t, '|')`;

const text = fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '%', '\0'), maxLength: 12 }), fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 60, maxLength: 90 }));
const pattern = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '-', '\0'), maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '-', '%a', '.', '*', '+', '?', '(', ')', '^', '$', '[ab]', '%1', '()', '\0'), maxLength: 6 }),
);
const replacement = fc.string({ unit: fc.constantFrom('x', '%0', '%1', '%2', '%%', '\0'), maxLength: 4 });

test('find, match, gmatch and gsub return the same as those of Lua', () => {
  fc.assert(
    fc.property(text, pattern, replacement, fc.integer({ min: -4, max: 6 }), fc.boolean(), (subject, wanted, other, from, isPlain) => {
      const args = `${quoted(subject)}, ${quoted(wanted)}`;
      for (const call of [
        `string.find(${args}, ${from}, ${isPlain})`,
        `string.match(${args}, ${from})`,
        `string.gsub(${args}, ${quoted(other)})`,
        `string.gsub(${args}, ${quoted(other)}, ${from})`,
        `string.gsub(${args}, function(a, b) return b or a end)`,
        `string.gsub(${args}, {a = 'x', ab = false, b = 7})`,
        `(function() local t = {} for a, b in string.gmatch(${args}) do t[#t + 1] = tostring(a) .. tostring(b) end return table.concat(t, ',') end)()`,
      ]) expect(run(ours, show(call)), call).toBe(run(theirs, show(call)));
    }),
    { numRuns: 500 },
  );
});

test('rep returns the same as that of Lua', () => {
  for (const [unit, count] of [['', 5], ['a', 0], ['a', -1], ['ab', 3], ['a', 1024], ['abc', 1000], ['x'.repeat(2000), 3]] as const) {
    const call = `return string.rep(${quoted(unit)}, ${count})`;
    expect(run(ours, call)).toBe(run(theirs, call));
  }
});

test('replacing takes as many calls into the engine for a long text as for a short one', () => {
  const calls = (length: number): number => {
    const pushed = vi.spyOn(ours, 'pushBytes');
    const block = vi.spyOn(ours, 'takeBlock');
    run(ours, `return (string.rep('ab ', ${length}):gsub('(a)(b)', '%2%1'))`);
    const count = pushed.mock.calls.length + block.mock.calls.length;
    vi.restoreAllMocks();
    return count;
  };
  expect(calls(2000)).toBe(calls(2));
});

test('a short string that is built repeatedly takes memory once', () => {
  run(ours, "return string.rep('x', 10)");
  const bytes = engine.memoryBytes;
  const block = vi.spyOn(ours, 'takeBlock');
  run(ours, "for i = 1, 100 do string.rep('x', i) end return ''");
  expect(new Set(block.mock.results.map(({ value }) => value as number)).size).toBe(1);
  expect(engine.memoryBytes).toBe(bytes);
  vi.restoreAllMocks();
});

test('steps that are counted together call the watch as often as single ones', () => {
  const [one, other] = [new LuaState(engine), new LuaState(engine)];
  const [single, together] = [vi.fn(), vi.fn()];
  [one.watch, other.watch] = [single, together];
  for (const count of [1, 99_998, 1, 1, 250_000, 0, 49_999, 100_000]) {
    for (let i = 0; i < count; i++) one.step();
    other.stepBy(count);
    expect([together.mock.calls.length, other.capture().steps]).toEqual([single.mock.calls.length, one.capture().steps]);
  }
});
