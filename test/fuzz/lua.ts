/**
 * Small Lua programs for EVAL and FUNCTION LOAD: what the grammar's commands make of their replies inside Lua, what values become on their way
 * out, and the libraries. Deterministic as far as Lua is: no addresses, no order of tables with several names.
 */
import type { Likeness } from '../support/compare-replies.js';
import type { FuzzCommand } from './generate.js';
import type { Random } from './random.js';

/** Makes a command of the grammar; if `isExact`, one whose reply is compared byte for byte. */
export type MakeCommand = (isExact: boolean) => FuzzCommand;

export interface LuaScript {
  readonly code: string;
  readonly likeness: Likeness;
}

const NUMBERS = ['0', '1', '-1', '2', '3.99', '-3.99', '1e15', '1e100', '2^53', '2^53+1', '1/3', '0.1', '100', '-0', '1/0', '-1/0', '1e17', '12345678901234567890', '2^31', '-2^31', '2^32+5', '255', '65536.5'];
const STRINGS = ['', 'a', 'abc', '10', '3.5', '0x10', ' 1 ', '1e3', 'hello world', '\x00\xff\r\n', 'b\nc', '%d', '\xc3\xa9', 'x'.repeat(50), '"\\/\b', 'nil'];
const PATTERNS = ['a', '.', '%a+', '(%w)(%w)', '^h', 'o$', '[^a-c]', '%d*', '(', '%', 'l-', '%bxy', '()', '[a'];
const FORMATS = ['%d', '%5.2f', '%s', '%q', '%x', '%g', '%c', '%i', '%5s|', '%-5s|', '%.3s', '%%', '%e', '%o', '%y', '%', '%.14g', '%+d', '%u'];
const STRUCTS = ['b', 'B', 'h', '>H', '<i4', '>I2', 'l', 'd', 'f', 's', 'c0', 'c3', 'i3', 'bxb', '!4bi4', 'Bc0', '>I8', 'z', 'i99', '', '<d>d'];
const JSONS = ['[]', '{}', '[1,2,3]', '{"a":1}', '{"a":[{"b":null}]}', '"x"', '1', '-1.5e3', 'true', 'null', '[null,true,false]', '"\\u00e9\\n\\ud83d\\ude00"', '[1e400]', '{"1":2}', '[[[[]]]]', '[0.1,1e20,123456789012345678]', '', '[1,]', '{"a"}', '"\\ud83d"', '[01]', 'nan', '[-]', '"\t"'];
const PACKED = ['\x01', '\xc0', '\xc3', '\x93\x01\x02\x03', '\x81\xa1a\x01', '\xa3abc', '\xcb\x3f\xf0\0\0\0\0\0\0', '\xcf\xff\xff\xff\xff\xff\xff\xff\xff', '\xd3\xff\xff\xff\xff\xff\xff\xff\xfe', '\xda\0\x02hi', '\x94\x01', '\xdc\0\x01\x05', '\xca\x3f\x80\0\0', '', '\xc1', '\xd9\x01a', '\x01\x02\x03', '\xe0', '\xff\x7f'];

/** A string as Lua writes it. */
export function quoteLua(text: string): string {
  return `"${text.replace(/[^ -~]|["\\]/g, (char) => `\\${String(char.charCodeAt(0)).padStart(3, '0')}`)}"`;
}

const string = (random: Random): string => (random.chance(0.2) ? `ARGV[${random.between(1, 3)}]` : quoteLua(random.pick(STRINGS)));
const number = (random: Random): string => random.pick(NUMBERS);
const scalar = (random: Random): string => (random.chance(0.15) ? random.pick(['nil', 'true', 'false']) : random.chance(0.5) ? number(random) : string(random));
const quoted = (random: Random, texts: readonly string[]): string => quoteLua(random.pick(texts));

function table(random: Random, depth: number): string {
  const inner = (): string => value(random, depth - 1);
  switch (random.below(9)) {
    case 0:
      return `{ok=${string(random)}}`;
    case 1:
      return `{err=${random.chance(0.9) ? quoteLua(random.pick(['ERR bad', 'bad', 'WRONG kind of thing', '', '-ERR x', 'two\r\nlines'])) : scalar(random)}}`;
    case 2:
      return `{double=${number(random)}}`;
    case 3:
      return `{map={[${string(random)}]=${inner()}}}`;
    case 4:
      return `{set={[${random.pick(['"m"', '1'])}]=true}}`;
    case 5:
      return `{big_number=${quoteLua(random.pick(['12345678901234567890', '-1', 'x\r\ny', '']))}}`;
    case 6:
      return `{verbatim_string={format=${quoteLua(random.pick(['txt', 'mkd', 'x']))},string=${string(random)}}}`;
    default:
      return `{${Array.from({ length: random.below(4) }, inner).join(', ')}}`;
  }
}

/** Any value, as an expression. */
function value(random: Random, depth = 2): string {
  return depth > 0 && random.chance(0.45) ? table(random, depth) : scalar(random);
}

/** Arrays, and objects of one name. */
function plainValue(random: Random, depth = 3): string {
  if (depth === 0 || random.chance(0.5)) return scalar(random);
  if (random.chance(0.3)) return `{[${random.pick(['"k"', '1', '2', '"1"'])}]=${plainValue(random, depth - 1)}}`;
  return `{${Array.from({ length: random.below(4) }, () => plainValue(random, depth - 1)).join(', ')}}`;
}

type Expression = (random: Random) => string;

const LIBRARIES: readonly Expression[] = [
  (r) => `cjson.encode(${plainValue(r)})`,
  (r) => `cjson.encode(cjson.decode(${quoted(r, JSONS)}))`,
  (r) => `cjson.decode(${quoted(r, JSONS)})`,
  (r) => `cjson.decode(cjson.encode(${plainValue(r)}))`,
  (r) => `cmsgpack.pack(${plainValue(r)}, ${plainValue(r)})`,
  (r) => `{cmsgpack.unpack(cmsgpack.pack(${plainValue(r)}, ${plainValue(r)}))}`,
  (r) => `{cmsgpack.unpack(${quoted(r, PACKED)})}`,
  (r) => `{cmsgpack.unpack_one(${quoted(r, PACKED)}, ${r.pick(['0', '1', '3', '-1'])})}`,
  (r) => `{cmsgpack.unpack_limit(${quoted(r, PACKED)}, ${r.pick(['0', '1', '2'])}, ${r.pick(['0', '1', '9'])})}`,
  (r) => `struct.pack(${quoted(r, STRUCTS)}, ${scalar(r)}, ${scalar(r)})`,
  (r) => `{struct.unpack(${quoted(r, STRUCTS)}, ${quoted(r, PACKED)}${r.chance(0.3) ? `, ${r.between(-1, 4)}` : ''})}`,
  (r) => `{struct.unpack(${r.pick(['">I2s"', '"<i4b"', '"Bc0"'])}, struct.pack(${r.pick(['">I2s"', '"<i4b"'])}, ${number(r)}, ${scalar(r)}))}`,
  (r) => `bit.${r.pick(['band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror'])}(${number(r)}, ${number(r)})`,
  (r) => `bit.${r.pick(['bnot', 'tobit', 'tohex', 'bswap'])}(${scalar(r)})`,
  (r) => `bit.tohex(${number(r)}, ${r.pick(['4', '-4', '0', '20'])})`,
];

const LANGUAGE: readonly Expression[] = [
  (r) => `string.format(${quoted(r, FORMATS)}, ${scalar(r)})`,
  (r) => `string.rep(${string(r)}, ${r.pick(['0', '1', '3', '-1'])})`,
  (r) => `string.sub(${string(r)}, ${r.between(-4, 4)}, ${r.between(-4, 4)})`,
  (r) => `{string.find(${string(r)}, ${quoted(r, PATTERNS)})}`,
  (r) => `{string.gsub(${string(r)}, ${quoted(r, PATTERNS)}, ${r.pick(['"x"', '"%0%0"', '"%1"', '"%9"'])})}`,
  (r) => `{string.match(${string(r)}, ${quoted(r, PATTERNS)})}`,
  (r) => `{string.byte(${string(r)}, 1, -1)}`,
  (r) => `tostring(${scalar(r)})`,
  (r) => `tonumber(${scalar(r)})`,
  (r) => `tonumber(${string(r)}, ${r.pick(['2', '16', '36', '1', '37'])})`,
  (r) => `table.concat({${scalar(r)}, ${scalar(r)}}, ${string(r)})`,
  (r) => `math.${r.pick(['floor', 'ceil', 'abs', 'sqrt', 'fmod', 'max', 'min'])}(${number(r)}, ${number(r)})`,
  (r) => `${scalar(r)} ${r.pick(['+', '-', '*', '/', '%', '^', '..', '==', '<', '<='])} ${scalar(r)}`,
  (r) => `#${r.chance(0.5) ? string(r) : `{${scalar(r)}, ${scalar(r)}}`}`,
  (r) => `select(${r.pick(['"#"', '1', '-1', '2', '0'])}, ${scalar(r)}, ${scalar(r)})`,
  (r) => `{unpack({${scalar(r)}, ${scalar(r)}, ${scalar(r)}}, ${r.between(0, 2)}, ${r.between(0, 4)})}`,
  (r) => `type(${value(r)})`,
  (r) => r.pick(['x', 'KEYS.n', 'redis.nothing', 'string', '#KEYS', '#ARGV', 'KEYS', 'ARGV', '_VERSION', 'os.time', 'loadstring("return 1")()', 'redis.REDIS_VERSION', 'redis.REDIS_VERSION_NUM', 'redis.LOG_WARNING', 'redis.REPL_ALL']),
  (r) => `redis.sha1hex(${scalar(r)})`,
  (r) => `redis.status_reply(${scalar(r)})`,
  (r) => `redis.error_reply(${r.pick(['"X y"', '"word"', '""', '"-ERR z"', 'nil', '{}', '1'])})`,
  (r) => `redis.acl_check_cmd(${r.pick(['"get"', '"GET", "k"', '"nosuch"', '"set","k","v"', '', '1'])})`,
  (r) => r.pick(['redis.replicate_commands()', 'redis.set_repl(redis.REPL_ALL)', 'redis.set_repl(99)', 'redis.setresp(3)', 'redis.setresp(4)', 'redis.setresp()', 'redis.log(1)', 'redis.log(9, "x")']),
  (r) => `redis.${r.pick(['call', 'pcall'])}(${r.pick(['', '"nosuch"', '"GET"', '{}', 'nil', '"SET", "s1", {}', '"SET", "s1", nil', '"GET", true', '"MULTI"', '"SUBSCRIBE", "a"', '"EVAL", "return 1", 0', '"PUBLISH", "c1", "m"', '"BLPOP", "l1", 0', '"HELLO", 3', '"CLIENT", "GETNAME"', '"OBJECT", "NOSUCH", "k"'])})`,
];

const STATEMENTS: readonly string[] = ['error("oops")', 'error({err="ERR mine"})', 'error({err="MINE text", source="x"})', 'error()', 'x = 1', 'redis.x = 1', 'string.rep = nil', 'local x = nil + 1', 'local t = {} ; t.a.b = 1', 'if then', 'return', 'for i = 1, 3 do redis.pcall("INCR", "s1") end return redis.call("GET", "s1")', 'setmetatable(_G, nil)', 'KEYS[1] = "other" return KEYS', 'return redis.call(unpack(ARGV))', 'local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(50)', 'print("x")', 'return redis.error_reply("A b"), 2'];

/** A call of a command of the grammar; some of its words are numbers of Lua, or KEYS and ARGV. */
function call(random: Random, { argv }: FuzzCommand, how = random.pick(['call', 'pcall'])): string {
  // Not offsets, which would make strings of megabytes, nor counts of picks that are random, nor scores that have to stay equal, nor places.
  const isFixed = /^(SETBIT|SETRANGE|BITFIELD|[A-Z]+RAND(MEMBER|FIELD)|[A-Z]*SCAN)$/.test(argv[0]!) || argv.some((word) => /^[yg]\d$/.test(word));
  const words = argv.map((word, i) => {
    if (isFixed) return quoteLua(word);
    if (i > 0 && random.chance(0.05)) return random.pick(['KEYS[1]', 'ARGV[1]', 'ARGV[2]']);
    if (i > 0 && random.chance(0.04)) return number(random);
    return quoteLua(word);
  });
  return `redis.${how}(${words.join(', ')})`;
}

function expression(random: Random, make: MakeCommand): string {
  const kind = random.next();
  if (kind < 0.35) return call(random, make(true));
  if (kind < 0.55) return random.pick(LIBRARIES)(random);
  return kind < 0.8 ? random.pick(LANGUAGE)(random) : value(random);
}

/** @param isExact whether its reply must be comparable byte for byte */
export function luaScript(random: Random, make: MakeCommand, isExact = false): LuaScript {
  const { code, likeness } = body(random, make, isExact);
  const setup = random.chance(0.1) ? 'redis.setresp(3) ' : '';
  return { code: `${setup}${code}`, likeness: setup !== '' && likeness === 'exact' ? 'unordered' : likeness };
}

function body(random: Random, make: MakeCommand, isExact: boolean): LuaScript {
  const exact = (code: string): LuaScript => ({ code, likeness: 'exact' });
  switch (random.below(9)) {
    case 0:
    case 1: {
      const command = make(isExact);
      return { code: `return ${call(random, command)}`, likeness: command.likeness };
    }
    case 2:
      return exact(`${call(random, make(true))}\nreturn ${expression(random, make)}`);
    case 3:
      return exact(`return {${Array.from({ length: random.between(1, 4) }, () => expression(random, make)).join(', ')}}`);
    case 4:
      return exact(`local r = ${call(random, make(true), 'pcall')}\nif type(r) == "table" and r.err then return {r.err, ${random.pick(['r.ignore_error_stats_update', 'r.line', 'type(r.source)'])}} end\nreturn r`);
    case 5:
      return exact(`local r = {pcall(function() return ${expression(random, make)} end)}\nif type(r[2]) == "table" then return {type(r[2]), r[2].err, r[2]} end\nreturn r`);
    case 6:
      return exact(`${random.chance(0.5) ? `${call(random, make(true))} ` : ''}${random.pick(STATEMENTS)}`);
    default:
      return exact(`return ${expression(random, make)}`);
  }
}

const FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys', 'nonsense'];

/** For EVAL: now and then with flags, which change what the script may do. */
export function evalScript(random: Random, make: MakeCommand, isExact = false): LuaScript {
  const { code, likeness } = luaScript(random, make, isExact);
  if (random.chance(0.85)) return { code, likeness };
  const flags = random.chance(0.3) ? random.pick(['', ' flags=', ' name=x', ' flags=no-writes name=x']) : ` flags=${random.pick(FLAGS)}${random.chance(0.2) ? `,${random.pick(FLAGS)}` : ''}`;
  return { code: `#!${random.chance(0.95) ? 'lua' : 'js'}${flags}\n${code}`, likeness };
}

/** For FUNCTION LOAD: `lib1` mostly registers `f1` and `f2`, and so on, so that libraries collide now and then. */
export function luaLibrary(random: Random, make: MakeCommand): string {
  const one = (name: string): string => {
    const callback = `function(keys, args) local KEYS, ARGV = keys, args ${luaScript(random, make, true).code} end`;
    if (random.chance(0.5)) return `redis.register_function('${name}', ${callback})`;
    const flags = random.chance(0.5) ? '' : `, flags={${random.chance(0.9) ? `'${random.pick(FLAGS.slice(0, 4))}'` : random.pick(["'nonsense'", '1'])}}`;
    const description = random.chance(0.3) ? ", description='what it does'" : '';
    return `redis.register_function{function_name='${name}', callback=${callback}${flags}${description}}`;
  };
  const number = random.between(1, 3);
  const names = random.chance(0.85) ? [`f${number}`, `f${number}a`] : ['f1', random.pick(['f2', 'f 3', 'f1', ''])];
  const head = random.chance(0.95) ? `#!lua name=lib${number}` : random.pick(['#!lua', '#!lua name=', '#!lua name=a-b', '#!js name=lib1', '', '#!lua name=lib1 name=lib2', '#!lua name=lib1 flags=no-writes']);
  const extra = random.chance(0.1) ? `\n${random.pick(['return 1', 'redis.call("GET", "k")', 'local x = 1', 'y = 1', 'error("while loading")', 'if then', 'redis.register_function("f9")', 'redis.register_function("f9", 1)', 'redis.log(1)'])}` : '';
  return `${head}\n${names.slice(0, random.between(1, 2)).map(one).join('\n')}${extra}`;
}
