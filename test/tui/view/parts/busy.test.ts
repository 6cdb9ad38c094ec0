import { expect, test } from 'vitest';
import { busySentences, pauseNotice, waitingSentences } from '../../../../src/tui/view/parts/busy.js';
import { visible } from '../../../../src/tui/view/text.js';
import { busy, bytes, connections, executing } from '../../busy.js';

const WORDING = { language: 'en', isEmulated: false, isListener: (token: number) => token === 0, isWaker: (token: number) => token === 1, visible } as const;

test('the client that keeps the loop busy is named with the command and the time so far', () => {
  expect(busySentences(busy(executing(3, 'eval', 2140)), WORDING)[0]).toBe('token 3 has been executing EVAL for 2.1 s: no other client is served');
  expect(busySentences(busy(executing(3, 'eval', 6140, { servesOthers: true })), WORDING)[0]).toBe('token 3 has been executing EVAL for 6.1 s: it is past busy-reply-threshold, so others are told BUSY');
  expect(busySentences(busy(executing(3, 'config|get', 300)), WORDING)[0]).toContain('executing CONFIG GET for 0.3 s');
});

test('the 38 columns of a pane at 80×24 still say what happens to others', () => {
  const ways = busySentences(busy(executing(3, 'eval', 6140, { servesOthers: true })), WORDING);
  expect(ways.find((way) => way.length <= 38)).toBe('token 3: EVAL 6.1 s, others get BUSY');
});

test('a turn of many short commands is described as such, and so is one in another phase', () => {
  expect(busySentences(busy(executing(3, 'get', 0, { turnMs: 400 })), WORDING)[0]).toBe('the loop has been busy with one turn for 0.4 s, and executes GET for token 3');
  expect(busySentences(busy(executing(3, '', 500, { phase: 'decode', command: null })), WORDING)[0]).toBe('the loop has been busy with one turn for 0.5 s, and decodes requests for token 3');
  expect(busySentences(busy(executing(3, '', 500, { phase: 'timers', token: null, command: null })), WORDING)[0]).toBe('the loop has been busy with one turn for 0.5 s, and runs timers');
  expect(busySentences(busy(executing(3, '', 900, { phase: 'collect', token: null, command: null })), WORDING)[0]).toBe('the loop has been busy with one turn for 0.9 s, and collects garbage');
});

test('each form is shorter than the one before', () => {
  for (const ways of [busySentences(busy(executing(3, 'eval', 2140)), WORDING), busySentences(busy(executing(3, 'eval', 6140, { servesOthers: true })), WORDING), busySentences(busy(executing(3, 'get', 0, { turnMs: 400 })), WORDING), waitingSentences(busy(executing(3, 'eval', 1), [[4, bytes(1, 1)], [0, connections(2, 1)]]), 'en')]) {
    const lengths = ways.map((way) => way.length);
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  }
});

test('waiting clients are counted', () => {
  const activity = executing(3, 'eval', 1);
  expect(waitingSentences(busy(activity), 'en')).toEqual([]);
  expect(waitingSentences(busy(activity, [[4, bytes(14, 100)]]), 'en')[0]).toBe('1 client has sent something and waits');
  expect(waitingSentences(busy(activity, [[4, bytes(14, 100)], [5, bytes(1, 0)], [0, connections(2, 0)]]), 'en')).toEqual([
    '2 clients have sent something and wait, 2 connections wait to be accepted', '2 clients and 2 connections wait', '4 wait',
  ]);
});

test('a pause shows when the loop will be held', () => {
  expect(pauseNotice(busy(executing(3, 'debug', 1)), WORDING)).toBe('BUSY: will hold as soon as DEBUG ends');
  expect(pauseNotice(busy(executing(3, 'eval', 1)), WORDING)).toBe('BUSY: will hold as soon as EVAL ends, or inside of it, once it is past busy-reply-threshold');
  expect(pauseNotice(busy(executing(3, 'fcall', 1, { servesOthers: true })), WORDING)).toBe('BUSY: will hold inside of FCALL');
  expect(pauseNotice(busy(executing(3, '', 1, { phase: 'timers', command: null })), WORDING)).toBe('BUSY: will hold as soon as the loop gets to its next event');
});
