/** Scripts as clients see them: long scripts, broken ones, and what they leave unchanged. Replies compared with redis-server are in the transcripts. */
import { describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const ENDLESS = 'while true do end';
const BUSY = '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n';
/** Time stands still in the simulation, so every script counts as slow from its first check of the clock. */
const IMPATIENT = { 'busy-reply-threshold': 0 };

function two(lab: Lab): [LabClient, LabClient] {
  return [lab.connect(), lab.connect()];
}

const evaluate = (client: LabClient, script: string, ...args: string[]): string => client.ask('EVAL', script, '0', ...args);

describe('a script that runs long', () => {
  test('other clients get BUSY, and may end the script', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', ENDLESS, '0');
    other.sendCommand('PING');
    other.sendCommand('SCRIPT', 'KILL');
    lab.settle();
    expect(other.receive()).toBe(`${BUSY}+OK\r\n`);
    expect(runner.receive()).toMatch(/^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\.\r\n$/);
    expect(other.ask('PING')).toBe('+PONG\r\n');
  });

  test('it cannot catch its own end', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', `while true do pcall(function() ${ENDLESS} end) end`, '0');
    other.sendCommand('SCRIPT', 'KILL');
    lab.settle();
    expect(runner.receive()).toContain('Script killed by user');
  });

  test('it cannot be ended after it has written', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', "redis.call('SET','k','v') for i = 1, 300000 do end return 1", '0');
    other.sendCommand('SCRIPT', 'KILL');
    lab.settle();
    expect(other.receive()).toMatch(/^-UNKILLABLE /);
    expect(runner.receive()).toBe(':1\r\n');
  });

  test('later requests of the same read are executed after it, in order', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', 'for i = 1, 300000 do end return 1', '0');
    runner.sendCommand('ECHO', 'behind');
    other.sendCommand('ECHO', 'a request that is read meanwhile');
    lab.settle();
    expect(runner.receive()).toBe(':1\r\n$6\r\nbehind\r\n');
    expect(other.receive()).toBe(BUSY);
  });

  test.each([false, true])('requests that its own client sends meanwhile are read afterwards (edge-triggered: %j)', (edgeTriggered) => {
    using lab = simulate({ settings: IMPATIENT, edgeTriggered });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', 'for i = 1, 300000 do end return 1', '0');
    other.sendCommand('PING');
    lab.turn();
    runner.sendCommand('PING');
    lab.settle();
    expect(runner.receive()).toBe(':1\r\n+PONG\r\n');
  });

  test('SHUTDOWN NOSAVE ends it and the server, a plain SHUTDOWN does not', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', "redis.call('SET','k','v') while true do end", '0');
    other.sendCommand('SHUTDOWN');
    other.sendCommand('SHUTDOWN', 'NOSAVE');
    lab.turn();
    expect(other.receive()).toBe(BUSY);
    expect(lab.server.loop.isStopped).toBe(true);
    // No connection is accepted any more, although the turn in which the script ran has only just ended.
    expect(lab.server.listeners).toEqual([]);
  });

  test('a function is ended by FUNCTION KILL only, and shows in FUNCTION STATS', () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.ask('FUNCTION', 'LOAD', `#!lua name=lib\nredis.register_function('endless', function() ${ENDLESS} end)`);
    runner.sendCommand('FCALL', 'endless', '0');
    for (const argv of [['PING'], ['SCRIPT', 'KILL'], ['FUNCTION', 'STATS'], ['FUNCTION', 'KILL']]) other.sendCommand(...argv);
    lab.settle();
    const replies = other.receive();
    expect(replies.match(/-BUSY [^\r]*FUNCTION KILL/g)).toHaveLength(2);
    expect(replies).toContain('$14\r\nrunning_script\r\n*6\r\n$4\r\nname\r\n$7\r\nendless\r\n');
    expect(replies.endsWith('+OK\r\n')).toBe(true);
    expect(runner.receive()).toContain('script: endless, on @user_function:2.');
  });

  test('a library whose code does not return is not loaded', () => {
    using lab = simulate();
    const client = lab.connect();
    // The code of a library may run for half a second; time moves with each reading.
    lab.clock.readUs = () => (lab.clock.nowUs += 300_000);
    expect(client.ask('FUNCTION', 'LOAD', `#!lua name=lib\n${ENDLESS}`)).toBe('-ERR Error registering functions: ERR FUNCTION LOAD timeout\r\n');
  });
});

describe('a script and time', () => {
  test('no key expires while it runs', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(evaluate(client, "redis.call('SET','k','v','PX',1) for i = 1, 300000 do end return redis.call('GET','k')")).toBe('$1\r\nv\r\n');
    lab.advance(2);
    expect(client.ask('GET', 'k')).toBe('$-1\r\n');
  });
});

describe('what a script may break', () => {
  test.each([
    ['strings', "local all = {} while true do all[#all + 1] = ('x'):rep(1e7) .. #all end"],
    ['one string', "local all = 'x' while true do all = all .. all end"],
    ['a billion copies', "return #('x'):rep(1e9)"],
    ['more copies than there are addresses', "return #('xxxxxxxxxx'):rep(1e9)"],
    ['a replacement that grows', "return #(('x'):rep(1e5):gsub('x', ('y'):rep(1e5)))"],
    ['an escaped string of cjson', "return #cjson.encode(('\\0'):rep(1e8))"],
  ])('memory used up by %s is an error; then the engine is a fresh one, and what was loaded is there again', { timeout: 60_000 }, (_by, script) => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 'still here' end)");
    const sha = client.ask('SCRIPT', 'LOAD', 'return 7').split('\r\n')[1]!;
    expect(evaluate(client, script)).toContain('not enough memory');
    expect(client.ask('EVALSHA', sha, '0')).toBe(':7\r\n');
    expect(client.ask('FCALL', 'f', '0')).toBe('$10\r\nstill here\r\n');
  });

  test.each(['-2, 2147483647', '0, 2147483647', '-2147483648, -2', '-2147483648'])('unpack of a range that overflows is an error of Lua: %s', (range) => {
    using lab = simulate();
    expect(evaluate(lab.connect(), `return {unpack({1, 2, 3}, ${range})}`)).toContain('too many results to unpack');
    expect(lab.log).toEqual([]);
  });

  test('running out of memory can be caught', () => {
    using lab = simulate();
    expect(evaluate(lab.connect(), "local ok, complaint = pcall(string.rep, 'x', 1e9) return complaint")).toBe('$17\r\nnot enough memory\r\n');
  });

  test.each(['string.find(text, pattern)', 'string.match(text, pattern)', 'string.gmatch(text, pattern)()', "string.gsub(text, pattern, '')"])('a pattern that would take years can be killed: %s', (search) => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', `local text = ('a'):rep(40) local pattern = ('a?'):rep(40) .. text return ${search}`, '0');
    other.sendCommand('PING');
    other.sendCommand('SCRIPT', 'KILL');
    lab.settle();
    expect(other.receive()).toBe(`${BUSY}+OK\r\n`);
    expect(runner.receive()).toMatch(/^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on @user_script:1\.\r\n$/);
    expect(evaluate(runner, 'return 1')).toBe(':1\r\n');
  });

  test('a script that catches the end of a killed search gets no further', { timeout: 60_000 }, () => {
    using lab = simulate({ settings: IMPATIENT });
    const [runner, other] = two(lab);
    runner.sendCommand('EVAL', "while true do pcall(string.find, ('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40)) end", '0');
    other.sendCommand('SCRIPT', 'KILL');
    lab.settle();
    expect(runner.receive()).toContain('Script killed by user');
  });

  test('a pattern with thousands of items is an error', () => {
    using lab = simulate();
    expect(evaluate(lab.connect(), "return string.find(('a'):rep(5000), ('a?'):rep(5000) .. 'b')")).toContain('pattern too complex');
  });

  test.each([
    ['pcall', 'local function f() return pcall(f) end return f()'],
    ['coroutines', 'local function f() return coroutine.wrap(f)() end return f()'],
    ['gsub', "local function f() return (('x'):gsub('x', f)) end return f()"],
    ['metamethods', 'local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]'],
    ['sort', 'local function f() table.sort({1, 2}, f) end return f()'],
    ['cjson', 'cjson.encode_max_depth(2^31 - 1) local t = {} t.t = t return cjson.encode(t)'],
    ['the error handler', "return xpcall(error, function() error('again') end)"],
    ['brackets', "return loadstring('return ' .. ('('):rep(1e5))()"],
  ])('nesting without end by %s ends in an error, and the engine lives on', (_by, script) => {
    using lab = simulate();
    const client = lab.connect();
    expect(evaluate(client, script)).toMatch(/^(-|\$|\*|:)/);
    expect(evaluate(client, 'return 1')).toBe(':1\r\n');
    expect(lab.log.filter((line) => line.includes('engine is replaced'))).toEqual([]);
  });

  test('endless recursion is an error of Lua', () => {
    using lab = simulate();
    expect(evaluate(lab.connect(), 'local function f() return 1 + f() end return f()')).toContain('stack overflow');
  });

  test('a table that contains itself is an array a thousand deep, and then an error', () => {
    using lab = simulate();
    const reply = evaluate(lab.connect(), 'local t = {} t[1] = t return t');
    expect(reply).toBe(`${'*1\r\n'.repeat(1001)}-ERR reached lua stack limit\r\n`);
  });

  test('an error without a text, which crashes redis-server, is an error', () => {
    using lab = simulate();
    expect(evaluate(lab.connect(), 'error({})')).toMatch(/^-ERR unknown error script: /);
  });

  test.each([
    'redis.x = 1', "redis['x'] = 1", 'local r = redis r.x = 1', 'local f = redis.call redis.x = f', '(nil or redis).x = 1', '(redis and redis).x = redis.call', 'string.x = string.sub',
    'for _, library in pairs({redis, string}) do library.x = redis.call end', 'local function f() redis.x = redis.call end f()', "loadstring('redis.x = redis.call')()",
    "getmetatable('').__index.x = 1", "for _, v in pairs(getmetatable('')) do v.x = 1 end", 'coroutine.wrap(function() redis.x = redis.call end)()', 'x = 1', 'redis.x, x = 1, 1',
    'redis = redis.call', 'KEYS = {redis.call}', "_G['\\0redis'].x = 1", "rawget(_G, '\\0redis').x = 1", 'redis.call.x.y = 1', 'function redis.x() return redis.call end',
  ])('cannot change a global or a library: %s', (script) => {
    using lab = simulate();
    const client = lab.connect();
    expect(evaluate(client, script)).toMatch(/^-ERR .*(Attempt to modify a readonly table|nonexistent global variable|attempt to index)/);
    expect(evaluate(client, `return {type(redis.x), type(string.x), type(rawget(_G, 'x')), type(redis), #KEYS, ('a'):upper()}`)).toBe(
      '*6\r\n$3\r\nnil\r\n$3\r\nnil\r\n$3\r\nnil\r\n$5\r\ntable\r\n:0\r\n$1\r\nA\r\n');
  });

  test.each([
    ["return redis.call('ECHO', 'redis')", '$5\r\nredis\r\n'],
    ["local t = {redis = 'field'} return t.redis .. redis.sha1hex('')", '$45\r\nfieldda39a3ee5e6b4b0d3255bfef95601890afd80709\r\n'],
    ["local t = {} t.string = string.upper('a') return t.string .. 'string'", '$7\r\nAstring\r\n'],
    ["local r = redis return {r.call == redis.call and 1, r == _G.redis and 1, r == redis and 1}", '*3\r\n:1\r\n:1\r\n:1\r\n'],
    ["return (function() return redis.call('ECHO', redis.sha1hex('') == 'redis' and 1 or 'no') end)()", '$2\r\nno\r\n'],
    ["return (KEYS[1] or redis).sha1hex('') == redis.sha1hex('') and 'same'", '$4\r\nsame\r\n'],
    ["local n = 0 for k in pairs(_G) do if k:find('%z') then n = n + 1 end end return n", ':0\r\n'],
    [`return {${'1, '.repeat(600)} redis.sha1hex('') ~= nil and math.floor(2.5)}`, `*601\r\n${':1\r\n'.repeat(600)}:2\r\n`],
    ['return redis.nothing', '$-1\r\n'],
  ])('reads the globals that it names: %s', (script, reply) => {
    using lab = simulate();
    expect(evaluate(lab.connect(), script)).toBe(reply);
  });

  test('what a script stores in global tables is not visible to the next script', () => {
    using lab = simulate();
    const client = lab.connect();
    for (const script of ["rawset(string, 'x', 1)", '_G.x = 1', 'cjson.encode = nil', 'setmetatable(redis, {})']) {
      expect(evaluate(client, script)).toContain('Attempt to modify a readonly table');
    }
    expect(evaluate(client, "return {type(string.x), type(rawget(_G, 'x')), type(cjson.encode)}")).toBe('*3\r\n$3\r\nnil\r\n$3\r\nnil\r\n$8\r\nfunction\r\n');
  });

  test.each([
    'KEYS[2] = nil', "KEYS[9] = 'more'", "KEYS.x = 'field'", 'setmetatable(KEYS, {__index = function() return 1 end})', 'table.insert(KEYS, 1)', 'table.remove(KEYS)', 'KEYS[1] = {KEYS}',
    'KEYS[1], KEYS[2] = KEYS[2], KEYS[1]',
  ])('what it does to KEYS is gone with it: %s', (script) => {
    using lab = simulate();
    const client = lab.connect();
    const look = 'local t = {} for k, v in pairs(KEYS) do t[#t + 1] = k t[#t + 1] = v end return {#KEYS, #ARGV, type(KEYS[4]), t}';
    for (const keys of [['a', 'b', 'c'], ['d'], [], ['e', 'f']]) {
      client.ask('EVAL', script, '2', 'x', 'y', 'z');
      const pairs = keys.flatMap((key, index) => [`:${index + 1}`, '$1', key]);
      expect(client.ask('EVAL', look, String(keys.length), ...keys, 'arg').split('\r\n')).toEqual(['*4', `:${keys.length}`, ':1', '$3', 'nil', `*${keys.length * 2}`, ...pairs, '']);
    }
  });

  test('what table.insert puts into global tables is removed after the script', () => {
    using lab = simulate();
    const client = lab.connect();
    const scribble = 'table.insert(redis, 1) table.insert(_G, 5, 1) table.insert(string, 70000, 1)';
    evaluate(client, scribble);
    expect(evaluate(client, 'return {#redis, #_G, #string}')).toBe('*3\r\n:0\r\n:0\r\n:0\r\n');
  });

  test.each(['loadstring(ARGV[1])', "load(function() local piece = table.remove(ARGV, 1) return piece end)"])('precompiled code is refused: %s', (loader) => {
    using lab = simulate();
    const client = lab.connect();
    const code = evaluate(client, 'return string.dump(function() return 1 end)').replace(/^\$\d+\r\n|\r\n$/g, '');
    expect(evaluate(client, `local made, complaint = ${loader} return tostring(made) .. complaint`, code)).toContain("unexpected symbol near 'char(27)'");
    expect(evaluate(client, code)).toContain("unexpected symbol near 'char(27)'");
  });

  test('methods of strings cannot be removed', () => {
    using lab = simulate();
    const client = lab.connect();
    for (const script of ["getmetatable('').__index = nil", "getmetatable('').x = 1", 'getmetatable(_G).__index = nil']) expect(evaluate(client, script)).toContain('readonly table');
    expect(evaluate(client, "return ('x'):upper()")).toBe('$1\r\nX\r\n');
  });

  test('files, processes and the environment are out of reach', () => {
    using lab = simulate();
    const client = lab.connect();
    for (const name of ['io', 'os', 'require', 'package', 'dofile', 'loadfile', 'debug']) {
      expect(evaluate(client, `return ${name}`)).toContain(`nonexistent global variable '${name}'`);
    }
  });
});

describe('a script and other parts of the server', () => {
  test('MONITOR shows its commands as those of lua', () => {
    using lab = simulate();
    const [client, monitor] = two(lab);
    monitor.ask('MONITOR');
    evaluate(client, "return redis.call('GET', 'k')");
    expect(monitor.receive()).toMatch(/ \[0 lua\] "GET" "k"\r\n$/);
  });

  test('INFO counts scripts and libraries, and their memory', () => {
    using lab = simulate();
    const client = lab.connect();
    const figure = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(client.ask('INFO', 'memory'))![1]);
    expect(['used_memory_vm_total', 'used_memory_scripts', 'number_of_cached_scripts'].map(figure)).toEqual([0, 0, 0]);
    client.ask('SCRIPT', 'LOAD', 'return 1');
    client.ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() end)\nredis.register_function('g', function() end)");
    expect(['number_of_cached_scripts', 'number_of_functions', 'number_of_libraries'].map(figure)).toEqual([1, 2, 1]);
    expect(figure('used_memory_vm_eval') + figure('used_memory_vm_functions')).toBe(figure('used_memory_vm_total'));
    expect(figure('used_memory_scripts_eval')).toBeGreaterThan('return 1'.length);
    client.ask('SCRIPT', 'FLUSH');
    client.ask('FUNCTION', 'FLUSH');
    expect(['used_memory_vm_total', 'used_memory_scripts', 'number_of_cached_scripts'].map(figure)).toEqual([0, 0, 0]);
  });

  test('SLOWLOG keeps its commands without an address', () => {
    using lab = simulate({ settings: { 'slowlog-log-slower-than': 0 } });
    const client = lab.connect();
    evaluate(client, "return redis.call('GET', 'k')");
    expect(client.ask('SLOWLOG', 'GET', '2')).toContain('$3\r\nGET\r\n$1\r\nk\r\n$3\r\n?:0\r\n');
  });

  test('if it reads anything, its declared keys are tracked for the client, and no others', () => {
    using lab = simulate();
    const [client, other] = two(lab);
    client.ask('HELLO', '3');
    client.ask('CLIENT', 'TRACKING', 'ON');
    client.ask('EVAL_RO', 'return KEYS[1]', '1', 'declared');
    expect(lab.server.tracking.counts.keys).toBe(0);
    client.ask('EVAL', "return redis.call('GET', 'read')", '1', 'declared');
    other.ask('SET', 'read', 'v');
    expect(client.receive()).toBe('');
    other.ask('SET', 'declared', 'v');
    expect(client.receive()).toContain('declared');
  });

  test('MONITOR shows it before the commands it calls, also if it fails', () => {
    using lab = simulate();
    const [client, monitor] = two(lab);
    client.ask('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return redis.call('GET', 'k') end)");
    monitor.ask('MONITOR');
    const shown = (...argv: string[]): string[] => {
      client.ask(...argv);
      return Array.from(monitor.receive().matchAll(/\] "([^"]*)"/g), ([, name]) => name!);
    };
    expect(shown('EVAL', "return redis.call('GET', 'k')", '0')).toEqual(['EVAL', 'GET']);
    expect(shown('EVAL_RO', "return redis.call('SET', 'k', '')", '0')).toEqual(['EVAL_RO']);
    expect(shown('EVAL', 'no Lua', '0')).toEqual(['EVAL']);
    expect(shown('EVAL', 'return 1', 'none')).toEqual(['EVAL']);
    expect(shown('EVALSHA', 'f'.repeat(40), '0')).toEqual(['EVALSHA']);
    expect(shown('EVALSHA_RO', 'f', '0')).toEqual(['EVALSHA_RO']);
    expect(shown('FCALL', 'f', '0')).toEqual(['FCALL', 'GET']);
    expect(shown('FCALL_RO', 'f', '0')).toEqual(['FCALL_RO']);
  });

  test('may call commands denied to scripts if DEBUG allows it, but none that would remove its engine', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    client.ask('DEBUG', 'SET-DISABLE-DENY-SCRIPTS', '1');
    expect(evaluate(client, "return redis.call('DEBUG', 'PROTOCOL', 'integer')")).toBe(':12345\r\n');
    for (const words of ["'SCRIPT', 'FLUSH'", "'FUNCTION', 'FLUSH'", "'EVAL', 'return 1', '0'"]) expect(evaluate(client, `return redis.call(${words})`)).toContain('not allowed from script');
    client.ask('DEBUG', 'SET-DISABLE-DENY-SCRIPTS', '0');
    expect(evaluate(client, "return redis.call('DEBUG', 'PROTOCOL', 'integer')")).toContain('not allowed from script');
  });

  test('gets the members of a set in order', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SADD', 's', 'c', 'a', 'b');
    expect(evaluate(client, "return table.concat(redis.call('SORT', 's', 'BY', 'nosort'))")).toBe('$3\r\nabc\r\n');
    expect(evaluate(client, "return table.concat(redis.call('SORT_RO', 's', 'BY', 'nosort', 'DESC'))")).toBe('$3\r\ncba\r\n');
  });

  test('it wakes clients that wait for its keys', () => {
    using lab = simulate();
    const [client, waiter] = two(lab);
    waiter.sendCommand('BLPOP', 'list', '0');
    lab.settle();
    evaluate(client, "return redis.call('RPUSH', 'list', 'a')");
    expect(waiter.receive()).toBe('*2\r\n$4\r\nlist\r\n$1\r\na\r\n');
  });

  test('its log lines are those of the server', () => {
    using lab = simulate();
    evaluate(lab.connect(), "redis.log(redis.LOG_WARNING, 'from', 'Lua')");
    expect(lab.log).toContain('warning: from Lua');
  });
});
