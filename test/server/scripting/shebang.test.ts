import { describe, expect, test } from 'vitest';
import { parseShebang } from '../../../src/server/scripting/shebang.js';

describe('the first line of a script', () => {
  test('a script without one has no flags', () => expect(parseShebang('return 1')).toBeNull());

  test.each([
    ['#!lua\nreturn 1', []],
    ['#!lua flags=\nreturn 1', []],
    ['#!lua flags=no-writes\nreturn 1', ['no-writes']],
    ['#!lua "flags=no-writes"\nreturn 1', ['no-writes']],
    ['#!lua flags=no-writes,allow-oom  flags=allow-stale\nreturn 1', ['no-writes', 'allow-oom', 'allow-stale']],
  ])('%j has the flags %j', (code, flags) => expect([...parseShebang(code)!]).toEqual(flags));

  test.each([
    ['#!lua', 'ERR Invalid script shebang'],
    ['#!js\n', 'ERR Unexpected engine in script shebang: #!js'],
    ['#!lua "flags=no-writes\n', 'ERR Invalid engine in script shebang'],
    ['#!lua name=a\n', 'ERR Unknown lua shebang option: name=a'],
    ['#!lua flags=fast\n', 'ERR Unexpected flag in script shebang: fast'],
    ['#!lua flags=no-writes,\n', 'ERR Unexpected flag in script shebang: '],
  ])('%j is refused', (code, text) => expect(() => parseShebang(code)).toThrow(expect.objectContaining({ text })));
});
