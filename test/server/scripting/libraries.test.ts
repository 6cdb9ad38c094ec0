/** The libraries of scripts besides Lua's own functions; expected results are those of redis-server 7.0.15. */
import { describe, expect, test } from 'vitest';
import { simulate } from '../simulation/harness.js';

/** Returns the result of a Lua expression as text; for an error its text without the script's position. */
function evaluate(expression: string, ...args: string[]): string {
  using lab = simulate();
  const reply = lab.connect().ask('EVAL', `local function show(...) local t = {...} for i = 1, select('#', ...) do t[i] = tostring(t[i]) end return table.concat(t, ' ') end return show(${expression})`, '0', ...args);
  return reply.startsWith('-') ? reply.replace(/^-ERR (user_script:1: )?| script: .*\r\n$/g, '') : reply.slice(reply.indexOf('\n') + 1, -2);
}

describe('cjson', () => {
  test.each([
    ['cjson.encode({1, 2, {a = true}})', '[1,2,{"a":true}]'],
    ['cjson.encode({})', '{}'],
    ['cjson.encode({[1] = 1, [3] = 3})', '[1,null,3]'],
    ["cjson.encode('a/b\\n\\0\\127')", '"a\\/b\\n\\u0000\\u007f"'],
    ['cjson.encode(1/3)', '0.33333333333333'],
    ['cjson.encode({[1] = 1, [100] = 1})', 'Cannot serialise table: excessively sparse array'],
    ['cjson.encode(0/0)', 'Cannot serialise number: must not be NaN or Inf'],
    ['cjson.encode({[true] = 1})', 'Cannot serialise boolean: table key must be a number or string'],
    [String.raw`cjson.decode('["\\u00e9\\ud83d\\ude00"]')[1]`, '\xc3\xa9\xf0\x9f\x98\x80'],
    ["cjson.decode('[1,')", 'Expected value but found T_END at character 4'],
    ["cjson.decode('{a}')", 'Expected object key string but found invalid token at character 2'],
    ["cjson.decode('[null]')[1] == cjson.null", 'true'],
  ])('%s', (expression, text) => expect(evaluate(expression)).toBe(text));

  test.each([14, 9, 3, 1])('writes numbers with %i digits like string.format', (digits) => {
    using lab = simulate();
    const script = `
      cjson.encode_number_precision(ARGV[1])
      local wrong = {}
      local function check(x)
        local expected = string.format('%.' .. ARGV[1] .. 'g', x)
        if cjson.encode(x) ~= expected then wrong[#wrong + 1] = expected .. ' ' .. cjson.encode(x) end
      end
      for _, x in ipairs{0, -0, 1.15, 1.005, 0.001, 0.0001, 0.5, 95, 99.999, 999.95, 1e14, 1e15, 99999999999999, 123456789012.345, 2^31, 2^31 - 1, 2^53, 1e300} do check(x) check(-x) end
      math.randomseed(1)
      for i = 1, 1000 do
        local x = math.random(0, 10 ^ math.random(0, 15))
        check(x) check(-x / 10 ^ math.random(0, 6)) check(x / 1000 + math.random(2)) check(math.random())
      end
      return wrong`;
    expect(lab.connect().ask('EVAL', script, '0', String(digits))).toBe('*0\r\n');
  });

  test('keys that repeat are those of their objects, whichever was read before', () => {
    const objects = Array.from({ length: 400 }, (_, i) => ({ [`k${i % 90}`]: i, [`${i % 90}k`]: [{ [`k${i % 7}`]: null, '': i }], [`long ${'key '.repeat(6)}${i % 3}`]: i }));
    const script = `
      local wrong = 0
      for i, object in ipairs(cjson.decode(ARGV[1])) do
        local n = i - 1
        local inner = object[n % 90 .. 'k'][1]
        local isRight = object['k' .. n % 90] == n and object['long ' .. ('key '):rep(6) .. n % 3] == n and inner['k' .. n % 7] == cjson.null and inner[''] == n
        if not isRight then wrong = wrong + 1 end
      end
      return wrong`;
    using lab = simulate();
    expect(lab.connect().ask('EVAL', script, '0', JSON.stringify(objects))).toBe(':0\r\n');
  });

  test('escapes each byte as redis-server does', () => {
    const script = "local t = {} for i = 0, 255 do t[i] = string.char(i) end return cjson.encode(table.concat(t, '', 0))";
    using lab = simulate();
    const shorts = new Map([['\b', 'b'], ['\t', 't'], ['\n', 'n'], ['\f', 'f'], ['\r', 'r'], ['"', '"'], ['/', '/'], ['\\', '\\']]);
    const expected = Array.from({ length: 256 }, (_, code) => {
      const char = String.fromCharCode(code);
      const short = shorts.get(char);
      return short !== undefined ? `\\${short}` : code < 32 || code === 127 ? `\\u${code.toString(16).padStart(4, '0')}` : char;
    }).join('');
    expect(lab.connect().ask('EVAL', script, '0')).toBe(`$${expected.length + 2}\r\n"${expected}"\r\n`);
  });
});

describe('cmsgpack', () => {
  test.each([
    ['cmsgpack.pack(1, -1, 300)', '\x01\xff\xcd\x01\x2c'],
    ["cmsgpack.pack('a', {1, 2}, {b = true}, nil)", '\xa1a\x92\x01\x02\x81\xa1b\xc3\xc0'],
    ['cmsgpack.pack(1.5)', '\xca\x3f\xc0\x00\x00'],
    ['cmsgpack.pack(0.1)', '\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a'],
    ["cmsgpack.unpack('\\1\\161a\\192')", '1 a nil'],
    ["cmsgpack.unpack_one('\\1\\2')", '1 1'],
    ["cmsgpack.unpack_limit('\\1\\2\\3', 2)", '2 1 2'],
    ["cmsgpack.unpack_one('\\1', 1)", '-1'],
    ["cmsgpack.unpack('\\205')", 'Missing bytes in input.'],
    ["cmsgpack.unpack('\\193')", 'Bad data format in input.'],
    ['cmsgpack.pack()', "bad argument #0 to 'pack' (MessagePack pack needs input.)"],
  ])('%s', (expression, text) => expect(evaluate(expression)).toBe(text));

  test.each(['{}', '{1,{2,{3}}}', "{a='x',b={c=-5}}", '2^53', '-2^40', "string.rep('x', 70000)"])('%s comes back as it was', (value) => {
    expect(evaluate(`cjson.encode({cmsgpack.unpack(cmsgpack.pack(${value}))}) == cjson.encode({${value}})`)).toBe('true');
  });
});

test('a key whose value was nil, which Lua may drop, is read again', () => {
  const keys = Array.from({ length: 1500 }, (_, i) => `key${10 + (i % 50)}`);
  const packed = `\xdc\x0b\xb8${keys.map((key, i) => `\x81\xa5${key}\xc0\x81\xa5${key}\xcd${String.fromCharCode(i >> 8, i & 255)}`).join('')}`;
  const script = `
    collectgarbage('setpause', 0) collectgarbage('setstepmul', 10000)
    local wrong, t = 0, cmsgpack.unpack(ARGV[1])
    for i = 0, 1499 do if t[2 * i + 2]['key' .. 10 + i % 50] ~= i then wrong = wrong + 1 end end
    collectgarbage('setpause', 200) collectgarbage('setstepmul', 200)
    return {#t, wrong}`;
  using lab = simulate();
  expect(lab.connect().ask('EVAL', script, '0', packed)).toBe('*2\r\n:3000\r\n:0\r\n');
});

describe('struct', () => {
  test.each([
    ["struct.pack('>I2<I2', 1, 1)", '\x00\x01\x01\x00'],
    ["struct.pack('!4bi', 1, 2)", '\x01\x00\x00\x00\x02\x00\x00\x00'],
    ["struct.pack('sc2', 'ab', 'cde')", 'ab\x00cd'],
    ["struct.pack('i3', -2)", '\xfe\xff\xff'],
    ["struct.unpack('bB', '\\255\\255')", '-1 255 3'],
    ["struct.unpack('Bc0', '\\2abc')", 'ab 4'],
    ["struct.unpack('s', 'ab\\0c')", 'ab 4'],
    ["struct.unpack('i4', 'ab')", "bad argument #2 to 'unpack' (data string too short)"],
    ["struct.pack('z', 1)", "bad argument #1 to 'pack' (invalid format option 'z')"],
    ["struct.pack('!3', 1)", 'alignment 3 is not a power of 2'],
    ["struct.size('!bd')", '16'],
  ])('%s', (expression, text) => expect(evaluate(expression)).toBe(text));
});

describe('bit', () => {
  test.each([
    ['bit.tobit(0xffffffff)', '-1'],
    ['bit.tobit(2.5)', '2'],
    ['bit.band(0xff, 0x0f, 3)', '3'],
    ['bit.lshift(1, 33)', '2'],
    ['bit.arshift(-8, 1)', '-4'],
    ['bit.rol(0x12345678, 12)', '1164411171'],
    ['bit.bswap(0x12345678)', '2018915346'],
    ['bit.tohex(255, 4)', '00ff'],
    ['bit.tohex(-1, -8)', 'FFFFFFFF'],
    ["bit.tobit('x')", "bad argument #1 to 'tobit' (number expected, got string)"],
  ])('%s', (expression, text) => expect(evaluate(expression)).toBe(text));
});

describe('patterns', () => {
  test.each([
    ["string.find('hello world', 'l+')", '3 4'],
    ["string.find('a.b', '.', 2, true)", '2 2'],
    ["string.find('key=value', '(%w+)=(%w+)')", '1 9 key value'],
    ["string.find('abc', '()b()')", '2 2 2 3'],
    ["string.find('hello', 'xyz')", 'nil'],
    ["string.find('hello', '', 10)", '6 5'],
    ["string.find('hello', 'l', -2)", '4 4'],
    ["string.match('f(a(b)c)d', '%b()')", '(a(b)c)'],
    ["string.match('THE (quick) fox', '%f[%l]%a+')", 'quick'],
    ["string.match('abab', '(ab)%1')", 'ab'],
    ["string.match('[[x]]', '%[%[(.-)%]%]')", 'x'],
    ["string.match('a-z', '[a%-z]+')", 'a-z'],
    ["string.match('hello', '.-l')", 'hel'],
    ["string.gsub('hello world', '(%w+)', '<%1>')", '<hello> <world> 2'],
    ["string.gsub('hello', '', '-')", '-h-e-l-l-o- 6'],
    ["string.gsub('abc', '%w', {a = '1', b = 2})", '12c 3'],
    ["string.gsub('abc', '%w', function(c) return (c:gsub('.', '%0%0')) end)", 'aabbcc 3'],
    ["string.gsub('a b', '%s*$', '')", 'a b 1'],
    ["(function() local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end return table.concat(t, ' ') end)()", 'a1 b2'],
    ["string.find('a', '[a')", "malformed pattern (missing ']')"],
    ["string.find('a', '%')", "malformed pattern (ends with '%')"],
    ["string.find('a', '(')", 'unfinished capture'],
    ["string.find('a', '%1')", 'invalid capture index'],
    ["string.gsub('abc', '%w', {a = {}})", 'invalid replacement value (a table)'],
    ["string.gsub('a', 'a')", "bad argument #3 to 'gsub' (string/function/table expected)"],
    ["('ab'):rep(3)", 'ababab'],
    ["('ab'):rep(-1)", ''],
  ])('%s', (expression, text) => expect(evaluate(expression)).toBe(text));

  test('a failed replacement has no effect', () => {
    expect(evaluate("pcall(string.gsub, 'abc', '%w', function() error('inside') end)")).toBe('false user_script:1: inside');
  });
});
