/** The same bytes for redis-cli on a terminal and for our formatter: what is printed must be the same. And what redis-cli leaves open: control characters, and length. */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import * as pty from '@lydell/node-pty';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplyReader, type Reply } from '../../../src/server/index.js';
import { formatInvalidation, formatReply, formatText } from '../../../src/tui/repl/format-reply.js';
import { quoteBytes } from '../../../src/tui/escape.js';
import { splitLine } from '../../../src/tui/state/repl/words.js';
import { toBytes } from '../../../src/tui/state/typed-text.js';
import { visibleInAscii } from '../../../src/tui/view/text.js';

function decode(bytes: string): Reply {
  const replies: Reply[] = [];
  new ReplyReader().read(Buffer.from(bytes, 'latin1'), (reply) => replies.push(reply));
  if (replies.length !== 1) throw new Error(`${replies.length} replies in ${JSON.stringify(bytes)}`);
  return replies[0]!;
}

const numbered = (count: number): string => `*${count}\r\n${Array.from({ length: count }, (_, i) => `:${i}\r\n`).join('')}`;

const REPLIES: readonly string[] = [
  '+OK\r\n',
  '-ERR what is that\r\n',
  ':1\r\n',
  ':-9223372036854775808\r\n',
  '$-1\r\n',
  '*-1\r\n',
  '_\r\n',
  '$0\r\n\r\n',
  '$5\r\nhello\r\n',
  '$13\r\na"b\\\n\r\t\x07\b\x00\x1b\x7f\xe9\r\n',
  '$14\r\n\xf0\x9f\x91\x8b "\xc3\xa9\\" \xe2\x80\xae\r\n',
  '$3\r\n\xf0\x9f\x91\r\n',
  '*0\r\n',
  '%0\r\n',
  '~0\r\n',
  '#t\r\n',
  '#f\r\n',
  ',1.5\r\n',
  ',inf\r\n',
  ',-inf\r\n',
  ',0.10000000000000001\r\n',
  '=8\r\ntxt:abcd\r\n',
  '*2\r\n$1\r\na\r\n$1\r\nb\r\n',
  '*3\r\n:1\r\n*2\r\n$1\r\na\r\n*1\r\n$-1\r\n*0\r\n',
  '*1\r\n*1\r\n*1\r\n:1\r\n',
  '*2\r\n*2\r\n:1\r\n:2\r\n-ERR no\r\n',
  numbered(9),
  numbered(10),
  numbered(11),
  `*2\r\n${numbered(12)}${numbered(2)}`,
  '%2\r\n+name\r\n+lab\r\n+proto\r\n:3\r\n',
  '%1\r\n+modules\r\n*0\r\n',
  '%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+b\r\n%1\r\n+c\r\n:3\r\n',
  `%10\r\n${Array.from({ length: 10 }, (_, i) => `$1\r\n${i}\r\n*2\r\n:${i}\r\n+x\r\n`).join('')}`,
  '~2\r\n$1\r\na\r\n$1\r\nb\r\n',
  '*2\r\n%1\r\n+k\r\n~1\r\n+v\r\n,2.25\r\n',
  '%1\r\n*2\r\n:1\r\n:2\r\n+v\r\n',
  '%1\r\n+k\r\n*1\r\n*1\r\n:1\r\n',
  '%1\r\n+k\r\n*1\r\n*2\r\n:1\r\n:2\r\n',
  '%1\r\n+k\r\n%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n',
  '%1\r\n+k\r\n=7\r\ntxt:a\nb\r\n',
];

const redisCli = ((): boolean => {
  try {
    return execFileSync('redis-cli', ['--version'], { encoding: 'utf8' }).includes(' 7.0.');
  } catch {
    return false;
  }
})();

/**
 * What redis-cli prints on a terminal if a server answers these replies, one after another. The shell keeps the terminal open behind it: what was printed
 * just before everybody has left a terminal may be lost.
 */
async function printedByRedisCli(replies: readonly string[]): Promise<readonly string[]> {
  const left = [...replies];
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write(left.shift()!, 'latin1')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const script = `for i in $(seq ${replies.length}); do redis-cli -p ${port} ANY; printf '\\001'; done; read -r _`;
  const terminal = pty.spawn('sh', ['-c', script], { cols: 500, rows: 50, encoding: null });
  let printed = '';
  await new Promise<void>((resolve) => {
    terminal.onData((chunk) => {
      printed += Buffer.from(chunk).toString('latin1');
      if (printed.split('\x01').length > replies.length) resolve();
    });
  });
  terminal.kill();
  server.close();
  return printed.split('\x01', replies.length).map((text) => text.replace(/\r\n$/, ''));
}

// Where redis-cli 7.0 is not installed there is nothing to compare with; the table of expected lines below stands on its own.
describe.runIf(redisCli)('beside redis-cli', () => {
  test('every reply is printed as it prints them', async () => {
    const printed = await printedByRedisCli(REPLIES);
    expect(REPLIES.map((bytes) => formatReply(decode(bytes)).map((line) => visibleInAscii(toBytes(line), Infinity)).join('\r\n'))).toEqual(printed);
  }, 60_000);
});

test.each([
  ['+OK\r\n', ['OK']],
  ['*0\r\n', ['(empty array)']],
  ['*3\r\n:1\r\n*2\r\n$1\r\na\r\n*1\r\n$-1\r\n*0\r\n', ['1) (integer) 1', '2) 1) "a"', '   2) 1) (nil)', '3) (empty array)']],
  ['%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+b\r\n:3\r\n', ['1# a => ', '   1) (integer) 1', '   2) (integer) 2', '2# b => (integer) 3']],
  ['~1\r\n+x\r\n', ['1~ x']],
  ['>2\r\n+x\r\n:1\r\n', ['1) x', '2) (integer) 1']],
  ['!5\r\nERR x\r\n', ['(error) ERR x']],
  ['(12345678901234567890\r\n', ['(bignumber) 12345678901234567890']],
  ['|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n', ['1| ttl => (integer) 5', '"a"']],
  ['=9\r\ntxt:a\nb\x1bc\r\n', ['a', 'b\\x1bc']],
  ['-ERR \x1b[31m \xc3\xa9 \xe9\r\n', ['(error) ERR \\x1b[31m \\xc3\\xa9 \\xe9']],
  ['+\xc3\xa9\xe2\x80\xae\r\n', ['é\\xe2\\x80\\xae']],
])('%j is printed as %j', (bytes, lines) => {
  expect(formatReply(decode(bytes))).toEqual(lines);
});

test('an invalidation has a line of its own', () => {
  expect(formatInvalidation(decode('>2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n'))).toBe('-> invalidate: "a", "b"');
  expect(formatInvalidation(decode('>2\r\n$10\r\ninvalidate\r\n_\r\n'))).toBe(null);
  expect(formatInvalidation(decode('*2\r\n$10\r\ninvalidate\r\n*0\r\n'))).toBe(null);
});

test('text for people is printed line by line, without quotes', () => {
  expect(formatText('# Server\r\nredis_version:7\r\n\x1b[2J\r\n')).toEqual(['# Server', 'redis_version:7', '\\x1b[2J']);
});

test('what is too long is cut, and how much is said', () => {
  expect(formatReply(decode(numbered(1000)), { lines: 2, bytes: 10 })).toEqual(['   1) (integer) 0', '   2) (integer) 1', '... 998 more lines not shown']);
  expect(formatReply(decode('%2\r\n+a\r\n*2\r\n:1\r\n:2\r\n+b\r\n:3\r\n'), { lines: 1, bytes: 10 })).toEqual(['1# a => ', '... 3 more lines not shown']);
  expect(formatReply('abcdefghijkl', { lines: 1, bytes: 10 })).toEqual(['"abcdefghij"... 2 more bytes not shown']);
  expect(formatText('a\nb\nc', { lines: 1, bytes: 10 })).toEqual(['a', '... 2 more lines not shown']);
});

const anyReply = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof({ depthSize: 'small' }, fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1')), fc.integer(), fc.constant(null), fc.boolean(), fc.array(tie('reply'), { maxLength: 12 })),
})).reply;

test('whatever comes: no line holds a control character, and the lines are never more than allowed', () => {
  fc.assert(fc.property(anyReply, fc.integer({ min: 1, max: 6 }), (reply, lines) => {
    const all = formatReply(reply, { lines: 1e6, bytes: 1e6 });
    const cut = formatReply(reply, { lines, bytes: 1e6 });
    expect(all.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(cut).toEqual(all.length <= lines ? all : [...all.slice(0, lines), `... ${all.length - lines} more line${all.length - lines === 1 ? '' : 's'} not shown`]);
  }));
});

test('quoting is undone by the server: every byte survives', () => {
  const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  expect(quoteBytes(every)).toMatch(/^[ -~]*$/);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    const bytes = toBytes(text);
    expect(splitLine(quoteBytes(bytes))).toEqual([bytes]);
    expect(splitLine(visibleInAscii(toBytes(quoteBytes(bytes)), Infinity))).toEqual([bytes]);
  }));
});
