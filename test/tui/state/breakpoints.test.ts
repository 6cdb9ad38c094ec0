import { expect, test } from 'vitest';
import { changeBreakpoints, formatBreakpoint, parseBreakpoint } from '../../../src/tui/state/breakpoints.js';

test.each([
  ['DEL', { command: 'del' }, 'DEL'],
  ['  del  user:* ', { command: 'del', key: 'user:*' }, 'DEL key user:*'],
  ['key a?b', { key: 'a?b' }, 'key a?b'],
  ['token 7', { token: 7 }, 'token 7'],
  ['event expire', { kind: 'expire' }, 'event expire'],
  ['expire', { command: 'expire' }, 'EXPIRE'],
  ['us>1000', { longerThanUs: 1000 }, 'us>1000'],
  ['µs > 1000', { longerThanUs: 1000 }, 'us>1000'],
  ['get token 3 µs>5', { command: 'get', token: 3, longerThanUs: 5 }, 'GET token 3 us>5'],
  ['#7', { token: 7 }, 'token 7'],
  ['cmd:SORT err', { command: 'sort', error: true }, 'SORT err'],
  ['user:* us>5', { key: 'user:*', longerThanUs: 5 }, 'key user:* us>5'],
  ['ms>2', { longerThanUs: 2000 }, 'us>2000'],
  ['GET "a b"', { command: 'get', key: 'a b' }, 'GET key a b'],
  ['key é*', { key: '\xc3\xa9*' }, 'key \xc3\xa9*'],
])('%j is a breakpoint, and reads as %j', (text, breakpoint, formatted) => {
  expect(parseBreakpoint(text)).toEqual({ breakpoint });
  expect(formatBreakpoint(breakpoint as never)).toBe(formatted);
});

test.each([
  ['', 'a command'],
  ['key', 'a pattern'],
  ['token x', 'a number'],
  ['event nothing', 'one of turn-begin'],
  ['us>', 'a number'],
  ['get a b', 'one word too many'],
  ['cmd:', 'needs a command'],
  ['err err', 'twice'],
  ['#x', 'number of a token'],
  ['GET "a', 'a quote is open'],
])('%j is none: %s', (text, error) => {
  expect(parseBreakpoint(text)).toEqual({ error: { en: expect.stringContaining(error), ko: expect.stringMatching(/\p{Script=Hangul}/u) } });
});

test('they are added at the end, and deleted by number or all at once', () => {
  const both = [{ command: 'del' }, { token: 7 }];
  expect(changeBreakpoints([both[0]!], 'token 7', [])).toEqual({ breakpoints: both });
  expect(changeBreakpoints(both, '-1', [])).toEqual({ breakpoints: [both[1]] });
  expect(changeBreakpoints(both, '-*', [])).toEqual({ breakpoints: [] });
  expect(changeBreakpoints(both, '-3', [])).toMatchObject({ error: { en: 'there are 2' } });
});

test('a command that does not exist would never stop anything: that is said while the commands are known', () => {
  expect(changeBreakpoints([], 'dell k', ['DEL', 'GET'])).toMatchObject({ error: { en: 'there is no command DELL' } });
  expect(changeBreakpoints([], 'del k', ['DEL', 'GET'])).toEqual({ breakpoints: [{ command: 'del', key: 'k' }] });
  expect(changeBreakpoints([], 'dell k', [])).toEqual({ breakpoints: [{ command: 'dell', key: 'k' }] });
});
