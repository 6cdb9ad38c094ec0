import { expect, test } from 'vitest';
import { GOTO_USAGE, parseGoTo, type GoTo, type TimeRange } from '../../../src/tui/state/goto.js';

const at = (hours: number, minutes: number, seconds = 0, ms = 0, day = 29): number => new Date(2026, 10, day, hours, minutes, seconds, ms).getTime();

/** From ten to twelve on one day. */
const RANGE: TimeRange = { oldestMs: at(10, 0), newestMs: at(12, 3, 7, 250), nowMs: at(12, 3, 7, 250) };

const parse = (line: string, range = RANGE): ReturnType<typeof parseGoTo> => parseGoTo(line.split(' '), range, 4);

test.each<[string, GoTo]>([
  ['now', 'now'],
  ['oldest', { to: 'oldest' }],
  ['turn 120', { to: { turn: 120 } }],
  ['TURN 120.7', { to: { turn: 120, event: 7 } }],
  ['command 5', { to: { command: 5 } }],
  ['12:03:07.250', { to: { unixMs: at(12, 3, 7, 250) } }],
  ['12:03:07.2', { to: { unixMs: at(12, 3, 7, 200) } }],
  ['time 11:59', { to: { unixMs: at(11, 59) } }],
  // Read from the screen a moment after the newest event.
  ['12:03:30', { to: { unixMs: at(12, 3, 30) } }],
  ['change user:7', { changeOf: { db: 4, key: 'user:7' } }],
])('goto %s', (line, way) => {
  expect(parse(line)).toEqual(way);
});

test('a time up to now is of today, also when nothing has happened since', () => {
  expect(parse('12:40', { ...RANGE, nowMs: at(12, 41) })).toEqual({ to: { unixMs: at(12, 40) } });
  expect(parse('12:40', { ...RANGE, nowMs: at(12, 20) })).toMatchObject({ error: { en: '12:40 is not kept: the history reaches from 10:00:00.000 to 12:03:07.250' } });
});

test('a time of day is the last one like it: of yesterday, if the history reaches back so far', () => {
  expect(parse('23:30')).toMatchObject({ error: { en: '23:30 is not kept: the history reaches from 10:00:00.000 to 12:03:07.250' } });
  expect(parse('23:30', { ...RANGE, oldestMs: at(22, 0, 0, 0, 28) })).toEqual({ to: { unixMs: at(23, 30, 0, 0, 28) } });
  expect(parse('9:59')).toMatchObject({ error: { en: '9:59 is not kept: the history reaches from 10:00:00.000 to 12:03:07.250' } });
});

test.each([
  '', 'nowhere', 'turn', 'turn x', 'turn -1', 'turn 1.2.3', 'command 1.5', 'turn 1 2', 'week 3',
])('goto %j gets an error that shows the valid forms', (line) => {
  expect(parse(line)).toMatchObject({ error: { en: GOTO_USAGE } });
});

test.each(['24:00', '12:60', '12:00:60', '1:2', '12:03:07.2500', 'a:b'])('%j is not a time of day', (line) => {
  expect(parse(line)).toMatchObject({ error: { en: expect.stringContaining(`${line} is not a time of day`) as string } });
});
