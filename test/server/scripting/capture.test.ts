/** Scripts and functions as data: after they were captured, serialized and restored in another server, they behave as in the original. */
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { captureScripting, restoreScripting, scriptingOf, type ScriptingState } from '../../../src/server/scripting/scripting.js';
import { LuaEngine } from '../../../src/server/scripting/wasm.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import { Random } from '../../fuzz/random.js';
import { type Lab, type LabClient, simulate, type SimulationOptions } from '../simulation/harness.js';

const evaluate = (client: LabClient, script: string, ...args: string[]): string => client.ask('EVAL', script, '0', ...args);
const library = (name: string, code: string): string => `#!lua name=${name}\n${code}`;
const COUNTER = "local n = 0 redis.register_function('count', function(keys, args) n = n + (args[1] or 1) return n end)";

/** Returns a client of a fresh server with the scripts and functions of another one. */
function copy(lab: Lab, options: SimulationOptions = {}): { readonly lab: Lab; readonly client: LabClient } {
  const other = simulate({ ...options, seed: lab.seed });
  restoreScripting(other.server, deserialize(serialize(captureScripting(lab.server))) as ScriptingState | null);
  return { lab: other, client: other.connect() };
}

/** Returns where two captures differ: a failing comparison of the whole would print megabytes. */
function differences(one: unknown, other: unknown, path = 'state'): string[] {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0 ? [] : [`${path}: bytes`];
  if (!isObject(one) || !isObject(other)) return Object.is(one, other) ? [] : [`${path}: ${shown(one)}, ${shown(other)}`];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) => differences(one[key], other[key], `${path}.${key}`));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const shown = (value: unknown): string => (value instanceof Uint8Array ? `${value.length} bytes` : String(value));
const differencesOf = (one: Lab, other: Lab): string[] => differences(captureScripting(one.server), captureScripting(other.server));

/** Sends the same request to both, and returns the reply, which must be equal. */
function askBoth(one: LabClient, other: LabClient, ...argv: string[]): string {
  const reply = one.ask(...argv);
  expect({ argv, reply: other.ask(...argv) }).toEqual({ argv, reply });
  return reply;
}

test('without a script there is nothing to capture', () => {
  using lab = simulate();
  lab.connect().ask('PING');
  expect(captureScripting(lab.server)).toBeNull();
  lab.connect().ask('INFO', 'memory');
  expect(captureScripting(lab.server)).toMatchObject({ scripts: [], engine: null, evaluator: null });
  restoreScripting(lab.server, null);
  expect(copy(lab).client.ask('SCRIPT', 'EXISTS', 'a'.repeat(40))).toBe('*1\r\n:0\r\n');
});

describe('a restored server', () => {
  test('has scripts by SHA1, and compiled ones with their state in Lua', () => {
    using lab = simulate();
    const client = lab.connect();
    const known = client.ask('SCRIPT', 'LOAD', 'return {KEYS[1], ARGV[1]}').slice(5, 45);
    evaluate(client, '#!lua flags=no-writes\nreturn 1');
    const { client: other } = copy(lab);
    expect(askBoth(client, other, 'SCRIPT', 'EXISTS', known, 'b'.repeat(40))).toBe('*2\r\n:1\r\n:0\r\n');
    expect(askBoth(client, other, 'EVALSHA', known, '1', 'k', 'a')).toBe('*2\r\n$1\r\nk\r\n$1\r\na\r\n');
    expect(askBoth(client, other, 'EVAL', '#!lua flags=no-writes\nreturn redis.call("SET", "k", "v")', '0')).toContain('Write commands are not allowed');
    expect(askBoth(client, other, 'EVALSHA', 'b'.repeat(40), '0')).toContain('NOSCRIPT');
    expect(askBoth(client, other, 'SCRIPT', 'FLUSH')).toBe('+OK\r\n');
    expect(askBoth(client, other, 'SCRIPT', 'EXISTS', known)).toBe('*1\r\n:0\r\n');
    expect(askBoth(client, other, 'EVAL', 'return {KEYS[1], ARGV[1]}', '1', 'k', 'a')).toContain('$1\r\nk');
  });

  test('has the upvalues of functions, separately for each library', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    client.ask('FUNCTION', 'LOAD', library('two', COUNTER.replace("'count'", "'Count2'")));
    for (let i = 0; i < 5; i++) client.ask('FCALL', 'count', '0', '3');
    client.ask('FCALL', 'count2', '0');
    const { client: other } = copy(lab);
    expect(askBoth(client, other, 'FCALL', 'count', '0')).toBe(':16\r\n');
    expect(askBoth(client, other, 'FCALL', 'COUNT2', '0')).toBe(':2\r\n');
    // From here on they are independent.
    expect(client.ask('FCALL', 'count', '0')).toBe(':17\r\n');
    expect(other.ask('FCALL', 'count', '0', '100')).toBe(':116\r\n');
  });

  test('lists, dumps, deletes, replaces and restores libraries in the same way', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    const flagged = "redis.register_function{function_name='read', callback=function() return 1 end, flags={'no-writes'}, description='reads'}";
    client.ask('FUNCTION', 'LOAD', library('two', flagged));
    const { client: other } = copy(lab);
    expect(askBoth(client, other, 'FUNCTION', 'LIST', 'WITHCODE')).toContain('reads');
    askBoth(client, other, 'FUNCTION', 'STATS');
    const dump = askBoth(client, other, 'FUNCTION', 'DUMP').replace(/^\$\d+\r\n/, '').slice(0, -2);
    expect(askBoth(client, other, 'FCALL_RO', 'read', '0')).toBe(':1\r\n');
    expect(askBoth(client, other, 'FUNCTION', 'LOAD', library('three', COUNTER))).toContain('already exists');
    askBoth(client, other, 'FUNCTION', 'LOAD', 'REPLACE', library('one', COUNTER));
    expect(askBoth(client, other, 'FCALL', 'count', '0')).toBe(':1\r\n');
    askBoth(client, other, 'FUNCTION', 'DELETE', 'one');
    expect(askBoth(client, other, 'FUNCTION', 'RESTORE', dump, 'FLUSH')).toBe('+OK\r\n');
    expect(askBoth(client, other, 'FCALL', 'count', '0')).toBe(':1\r\n');
    expect(askBoth(client, other, 'FUNCTION', 'FLUSH')).toBe('+OK\r\n');
    askBoth(client, other, 'FUNCTION', 'LIST');
  });

  test('finds the first of two functions whose names differ only in case', () => {
    using lab = simulate();
    const client = lab.connect();
    const both = "redis.register_function('F', function() return 'F' end) redis.register_function('f', function() return 'f' end)";
    client.ask('FUNCTION', 'LOAD', library('one', both));
    expect(askBoth(client, copy(lab).client, 'FCALL', 'f', '0')).toBe('$1\r\nF\r\n');
  });

  test('continues the sequence of math.random', () => {
    using lab = simulate();
    const client = lab.connect();
    const draw = 'local t = {} for i = 1, 20 do t[i] = math.random(1000000) end return t';
    evaluate(client, draw);
    askBoth(client, copy(lab).client, 'EVAL', draw, '0');
    evaluate(client, 'math.randomseed(-77)');
    askBoth(client, copy(lab).client, 'EVAL', draw, '0');
  });

  test('has the initial settings of cjson, protocol version and globals for every script', () => {
    using lab = simulate();
    const client = lab.connect();
    evaluate(client, "cjson.encode_number_precision(3) cjson.encode_sparse_array(true, 1, 1) redis.setresp(3) redis.call('HSET', 'h', 'a', '1')");
    client.ask('FLUSHALL');
    const { client: other } = copy(lab);
    expect(askBoth(client, other, 'EVAL', 'return {cjson.encode({1/3, 5}), cjson.encode({[1]=1, [9]=2}), cjson.new().encode(1/3)}', '0')).toContain('[0.333,5]');
    expect(askBoth(client, other, 'EVAL', "redis.call('HSET', 'h', 'a', '1') return redis.call('HGETALL', 'h')", '0')).toBe('*2\r\n$1\r\na\r\n$1\r\n1\r\n');
    const typed = "redis.setresp(3) local m = redis.call('HGETALL', 'h') return m.map.a";
    expect(askBoth(client, other, 'EVAL', typed, '0')).toBe('$1\r\n1\r\n');
    expect(askBoth(client, other, 'EVAL', 'return nothing', '0')).toContain("nonexistent global variable 'nothing'");
    expect(askBoth(client, other, 'EVAL', 'x = 1', '0')).toContain('readonly table');
    expect(askBoth(client, other, 'EVAL', 'string.rep = nil', '0')).toContain('readonly table');
    expect(askBoth(client, other, 'EVAL', "return ('x'):rep(3) .. #KEYS", '0')).toContain('xxx0');
  });

  test('reports errors with their place, and protects tables in the same way', () => {
    using lab = simulate();
    const client = lab.connect();
    evaluate(client, 'return 1');
    const { client: other } = copy(lab);
    for (const script of [
      "\n\nreturn redis.call('NOSUCH')", "return {pcall(redis.call, 'SET')}", 'error({err = "MINE x"})', 'local x = nil + 1', 'table.insert(string, 5) return #string',
      'local t = {} for k in pairs(string) do t[#t + 1] = k end return t', 'return tostring(print)', 'return {tostring(string), tostring({}), tostring(function() end)}',
      "return {loadstring('\\27Lua')}", "return load(function() return nil end) ~= nil", 'return {string.find("a.b", "%.")}', "local t = {} for w in ('a b c'):gmatch('%a') do t[#t + 1] = w end return t",
    ]) askBoth(client, other, 'EVAL', script, '0');
  });

  test('remembers DEBUG SET-DISABLE-DENY-SCRIPTS', () => {
    const settings = { 'enable-debug-command': 'yes' } as const;
    using lab = simulate({ settings });
    const client = lab.connect();
    client.ask('DEBUG', 'SET-DISABLE-DENY-SCRIPTS', '1');
    expect(askBoth(client, copy(lab, { settings }).client, 'EVAL', "return redis.call('DEBUG', 'PROTOCOL', 'integer')", '0')).toBe(':12345\r\n');
  });

  test('counts the memory of scripts and of Lua as before', () => {
    using lab = simulate();
    const client = lab.connect();
    evaluate(client, "local t = {} for i = 1, 1000 do t[i] = 'text ' .. i end return #t");
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    const { lab: other } = copy(lab);
    const used = ({ server }: Lab): readonly number[] => {
      const { keptBytes, stateBytes, libraries } = scriptingOf(server);
      return [keptBytes, stateBytes, libraries.keptBytes, libraries.stateBytes, server.keyspace.memory.scripts];
    };
    expect(used(other)).toEqual(used(lab));
    expect(used(lab).every((bytes) => bytes > 0)).toBe(true);
  });

  test('has an engine that can be broken and replaced', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    client.ask('FCALL', 'count', '0');
    const { client: other } = copy(lab);
    // More memory than an engine may keep after a script.
    const greedy = "local s = ('x'):rep(2^20) local t = {} for i = 1, 300 do t[i] = s .. i end return #t";
    expect(askBoth(client, other, 'EVAL', greedy, '0')).toBe(':300\r\n');
    expect(askBoth(client, other, 'FCALL', 'count', '0')).toBe(':1\r\n');
  });

  test('ends a script that runs too long, and replies BUSY meanwhile', () => {
    const settings = { 'busy-reply-threshold': 0 };
    using lab = simulate({ settings });
    const client = lab.connect();
    evaluate(client, 'return 1');
    client.ask('FUNCTION', 'LOAD', library('one', "redis.register_function('endless', function() while true do end end)"));
    const { lab: other, client: runner } = copy(lab, { settings });
    const bystander = other.connect();
    runner.sendCommand('EVAL', 'while true do end', '0');
    for (const argv of [['PING'], ['SCRIPT', 'KILL']]) bystander.sendCommand(...argv);
    other.settle();
    expect(bystander.receive()).toMatch(/^-BUSY .*\r\n\+OK\r\n$/);
    expect(runner.receive()).toContain('killed by user');
    runner.sendCommand('FCALL', 'endless', '0');
    bystander.sendCommand('FUNCTION', 'KILL');
    other.settle();
    expect(bystander.receive()).toBe('+OK\r\n');
    expect(runner.receive()).toContain('script: endless, on @user_function:2.');
  });

  test('checks the clock after as many steps and instructions as the original', () => {
    using lab = simulate();
    const client = lab.connect();
    const steps = "return ('a'):rep(30000):find('b+$')";
    evaluate(client, steps);
    evaluate(client, 'for i = 1, 70000 do end');
    const { lab: other, client: one } = copy(lab);
    const looks = (of: Lab, run: () => void): number => {
      let count = 0;
      const { clock } = of;
      const read = clock.readUs.bind(clock);
      clock.readUs = () => (count++, read());
      run();
      clock.readUs = read;
      return count;
    };
    for (const script of [steps, steps, steps, steps, 'for i = 1, 70000 do end', 'for i = 1, 70000 do end']) {
      expect(looks(other, () => void evaluate(one, script))).toBe(looks(lab, () => void evaluate(client, script)));
    }
  });
});

describe('a capture', () => {
  test('is refused while a script runs', () => {
    using lab = simulate({ settings: { 'busy-reply-threshold': 0 } });
    const client = lab.connect();
    const [runner, other] = [lab.connect(), lab.connect()];
    evaluate(client, 'return 1');
    runner.sendCommand('EVAL', 'while true do end', '0');
    other.sendCommand('SCRIPT', 'KILL');
    let refusal: unknown = null;
    lab.server.hooks.monitor = () => {
      try {
        captureScripting(lab.server);
      } catch (error) {
        refusal ??= error;
      }
    };
    lab.settle();
    expect(refusal).toEqual(new Error('Scripts cannot be captured while one runs'));
  });

  test('does not change with what runs after it', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    const state = captureScripting(lab.server);
    const bytes = serialize(state);
    for (let i = 0; i < 50; i++) client.ask('FCALL', 'count', '0');
    evaluate(client, "local t = {} for i = 1, 10000 do t[i] = 'x' .. i end");
    client.ask('FUNCTION', 'LOAD', library('two', COUNTER.replace('count', 'other')));
    expect(serialize(state).equals(bytes)).toBe(true);
  });

  test('shares the engine with the previous one if no script has run, and otherwise the equal pieces', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    evaluate(client, 'return 1');
    const [first, second] = [captureScripting(lab.server)!.engine!, captureScripting(lab.server)!.engine!];
    client.ask('SET', 'k', 'v');
    client.ask('INFO', 'everything');
    // Compared with ===, because a failure would print the whole memory.
    expect(second === first).toBe(true);
    expect(captureScripting(lab.server)!.engine === first).toBe(true);
    for (const argv of [['EVAL', 'return 1', '0'], ['SCRIPT', 'LOAD', 'return 2'], ['FCALL', 'count', '0'], ['FUNCTION', 'LOAD', library('two', COUNTER.replace('count', 'c'))], ['FUNCTION', 'DELETE', 'two'], ['SCRIPT', 'FLUSH']]) {
      const before = captureScripting(lab.server)!.engine!;
      client.ask(...argv);
      const after = captureScripting(lab.server)!.engine!;
      expect({ argv, isSame: after === before }).toEqual({ argv, isSame: false });
      const shared = after.memory.pieces.filter((piece, index) => piece !== null && piece === before.memory.pieces[index]);
      expect({ argv, shares: shared.length > 0 }).toEqual({ argv, shares: true });
    }
  });

  test('is small, and leaves out what was never used', () => {
    using lab = simulate();
    const client = lab.connect();
    evaluate(client, 'return 1');
    expect(serialize(captureScripting(lab.server)).length).toBeLessThan(300_000);
    evaluate(client, "local s = ('\\0'):rep(2^20) local t = {} for i = 1, 20 do t[i] = s .. '' end return #s");
    const { memory } = captureScripting(lab.server)!.engine!;
    expect(memory.pieces.filter((piece) => piece === null).length).toBeGreaterThan(10);
    expect(memory.heapEnd).toBeLessThan(memory.bytes);
  });

  test('of a restored server equals the one that it was restored from', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', library('one', COUNTER));
    evaluate(client, "local s = ('x'):rep(2^20) return #(s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s)");
    client.ask('SCRIPT', 'FLUSH');
    const { lab: other } = copy(lab);
    expect(differencesOf(lab, other)).toEqual([]);
  });
});

describe('the engine', () => {
  test('is captured up to the end of its heap', () => {
    const engine = new LuaEngine();
    for (const bytes of [10, 100_000, 20_000_000]) {
      const block = engine.lua.malloc(bytes);
      const { heapEnd, bytes: all } = engine.capture().memory;
      expect(heapEnd).toBeGreaterThanOrEqual(block + bytes);
      expect(heapEnd).toBeLessThan(block + bytes + 200_000);
      expect(heapEnd).toBeLessThanOrEqual(all);
      engine.touch();
    }
  });

  test('of another build is refused', () => {
    using lab = simulate();
    evaluate(lab.connect(), 'return 1');
    const state = captureScripting(lab.server)!;
    using other = simulate();
    const { lua, ...evaluator } = state.evaluator!;
    for (const callbacks of [lua.callbacks.slice(1), [...lua.callbacks, 0]]) {
      const changed = { ...state, evaluator: { ...evaluator, lua: { ...lua, callbacks } } };
      expect(() => restoreScripting(other.server, changed)).toThrow('The Lua engine was captured by another build, which had other functions');
    }
  });
});

/** `node scripts/campaign.mjs CAPTURES` tries more. */
const SCENARIOS = Number(process.env.CAPTURES ?? 10);

test(`${SCENARIOS} random histories of scripts and functions: the copy replies as the original, and ends with the same memory`, () => {
  const templates = ['scripts', 'functions'].flatMap(familyTemplates);
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    using lab = simulate({ seed });
    const random = new Random(seed);
    const client = lab.connect();
    for (let i = random.below(150); i > 0; i--) client.ask(...generate(random, random.pick(templates)).argv);
    client.ask('FLUSHALL');
    const { lab: other, client: one } = copy(lab);
    for (let i = 0; i < 150; i++) {
      const { argv, likeness } = generate(random, random.pick(templates));
      const [reply, copied] = [client.ask(...argv), one.ask(...argv)];
      if (likeness === 'exact') expect({ seed, argv, reply: copied }).toEqual({ seed, argv, reply });
    }
    expect({ seed, differences: differencesOf(lab, other) }).toEqual({ seed, differences: [] });
  }
});
