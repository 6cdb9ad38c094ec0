/** Faults as typed, as objects, and invalid ones. */
import { describe, expect, test } from 'vitest';
import { checkFault, type Fault, FaultError, formatFault, parseFaultText } from '../../../src/server/faults/fault.js';
import { SEAM_NAMES } from '../../../src/server/rules/seams.js';
import { FAULT_NAMES, FAULTS } from '../../../src/server/faults/table.js';

const TYPED: readonly (readonly [text: string, fault: Fault])[] = [
  ['slice 1', { name: 'slice', bytes: 1 }],
  ['slice 1 on #3', { name: 'slice', bytes: 1, token: 3 }],
  ['slice 4096 on #3 next 2', { name: 'slice', bytes: 4096, token: 3, next: 2 }],
  ['latency 50ms', { name: 'latency', ms: 50 }],
  ['bandwidth 10240 on #3', { name: 'bandwidth', bytesPerSecond: 10240, token: 3 }],
  ['would-block 3', { name: 'would-block', times: 3 }],
  ['reset', { name: 'reset' }],
  ['reset 100 on #3', { name: 'reset', afterBytes: 100, token: 3 }],
  ['half-close 0', { name: 'half-close', afterBytes: 0 }],
  ['disk-full 1024 next 1', { name: 'disk-full', afterBytes: 1024, next: 1 }],
  ['slow-disk 200ms', { name: 'slow-disk', ms: 200 }],
  ['accept ENFILE next 2', { name: 'accept', code: 'ENFILE', next: 2 }],
  ['late-reply 2000ms on SET', { name: 'late-reply', ms: 2000, command: 'set' }],
  ['no-reply', { name: 'no-reply' }],
  ['error', { name: 'error' }],
  ['error "LOADING not yet" on GET', { name: 'error', reply: 'LOADING not yet', command: 'get' }],
  ['ignore-eof', { name: 'ignore-eof' }],
  ['eagain-is-an-error on #3', { name: 'eagain-is-an-error', token: 3 }],
  ["rule on-eof 'ignore'", { name: 'rule', seam: 'on-eof', expression: "'ignore'" }],
  ["rule after-frame on #3 frames < 2 ? 'next frame' : \"leave the rest\"", { name: 'rule', seam: 'after-frame', expression: "frames < 2 ? 'next frame' : \"leave the rest\"", token: 3 }],
  ['error LOADING on CONFIG|GET key user:* client app #7 next 3', { name: 'error', reply: 'LOADING', command: 'config|get', key: 'user:*', client: 'app', token: 7, next: 3 }],
];

test.each(TYPED)('%s', (text, fault) => {
  expect(parseFaultText(text)).toEqual(fault);
  expect(formatFault(fault)).toBe(text);
});

test.each([
  ['SLICE 4KB ON token 3', 'slice 4096 on #3'],
  ['error LOADING not yet on get user:*', 'error "LOADING not yet" on GET key user:*'],
  ['latency 1.5s', 'latency 1500ms'],
  ['latency 20', 'latency 20ms'],
  ['bandwidth 10kb', 'bandwidth 10240'],
  ['error ERR next 1', 'error ERR next 1'],
  ['error "a on b" on key "x y"', 'error "a on b" on key "x y"'],
  ["  RULE On-EOF ON #3   'ignore' ", "rule on-eof on #3 'ignore'"],
])('%s is another way to type %s', (text, shown) => {
  expect(formatFault(parseFaultText(text))).toBe(shown);
});

test.each(FAULT_NAMES)('the example of %s is a fault of that name, and formats to the same text', (name) => {
  const fault = parseFaultText(FAULTS[name].example);
  expect(fault.name).toBe(name);
  expect(parseFaultText(formatFault(fault))).toEqual(fault);
});

const names = FAULT_NAMES.join(', ');

describe('invalid faults are refused, with a list of the valid ones', () => {
  test.each([
    ['', `there is no fault ""; there are ${names}`],
    ['slize 1', `there is no fault slize; there are ${names}`],
    ['constructor', `there is no fault constructor; there are ${names}`],
    ['slice', 'slice: bytes must be a whole number from 1'],
    ['slice 0', 'slice: bytes must be a whole number from 1'],
    ['slice -1', 'slice: bytes must be a whole number from 1'],
    ['slice 1.5', 'slice: bytes must be a whole number from 1'],
    ['latency soon', 'latency: ms must be a whole number from 1'],
    ['latency 0', 'latency: ms must be a whole number from 1'],
    ['latency -5ms', 'latency: ms must be a whole number from 1'],
    ['would-block x', 'would-block: times must be a whole number from 1'],
    ['accept EPERM', 'accept: code must be one of EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED'],
    ['accept on #0', 'accept is set on listeners: it takes code, next, and no token'],
    ['no-reply 5', '5 is one word too many: no-reply [on [command] [key pattern] [client name] [#token]] [next number]'],
    ['slice 1 2', '2 is one word too many: slice bytes [on #token] [next number]'],
    ['slice 1 on GET', 'slice is set on connections: it takes bytes, token, next, and no command'],
    ['slice 1 on #x', 'slice: token must be a whole number from 0'],
    ['slice 1 on #-3', 'slice: token must be a whole number from 0'],
    ['slice 1 on #3 #4', 'two limits of one kind: token'],
    ['slice 1 on #3 next', 'next needs a value'],
    ['slice 1 next 0', 'slice: next must be a whole number from 1'],
    ['error "a\\r\\nb"', 'error: reply must be a line of text'],
    ['error "a', 'a quote is open, or something follows it without a space'],
    ['error on key', 'key needs a value'],
    ['ignore-eof 5', '5 is one word too many: ignore-eof [on #token]'],
    ['ignore-eof next 5', 'ignore-eof is set on rules: it takes token, and no next'],
    ['rule', `there is no seam without a name; there are ${SEAM_NAMES.join(', ')}`],
    ['rule on-eoff x', `there is no seam on-eoff; there are ${SEAM_NAMES.join(', ')}`],
    ['rule on-eof', "on-eof needs an expression, for example: 'close'"],
    ['rule on-eof on #3', "on-eof does not know on; there are waiting, numbers, texts in quotes, operators, and Math.min and the like"],
  ])('%s', (text, complaint) => {
    expect(() => parseFaultText(text)).toThrow(new FaultError(complaint));
  });

  test.each([
    [null, 'a fault is an object with a name, or a text: slice 1 on #3'],
    [{}, `there is no fault without a name; there are ${names}`],
    [{ name: 'slice', bytes: '1' }, 'slice: bytes must be a whole number from 1'],
    [{ name: 'slice', bytes: 1, key: 'k' }, 'slice is set on connections: it takes bytes, token, next, and no key'],
    [{ name: 'error', reply: 1 }, 'error: reply must be a line of text'],
    [{ name: 'error', client: 5 }, 'error: client must be a text'],
    [{ name: 'rule', seam: 5, expression: '1' }, `there is no seam without a name; there are ${SEAM_NAMES.join(', ')}`],
    [{ name: 'rule', seam: 'on-eof' }, 'rule: expression must be a text'],
    [{ name: 'rule', seam: 'on-eof', expression: "'ignore'", next: 1 }, 'rule is set on rules: it takes seam, expression, token, and no next'],
    [{ name: 'error', colour: 'red' }, 'error is set on requests: it takes reply, token, command, key, client, next, and no colour'],
  ])('%o', (asked, complaint) => {
    expect(() => checkFault(asked)).toThrow(new FaultError(complaint));
  });
});
