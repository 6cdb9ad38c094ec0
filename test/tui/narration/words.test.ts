import { expect, test } from 'vitest';
import { commandTable } from '../../../src/server/commands/index.js';
import { parseWish, WORDS } from '../../../src/tui/narration/words.js';

test.for([
  ['pause', { type: 'pause' }],
  ['  PAUSE ', { type: 'pause' }],
  ['step', { type: 'step', unit: 'event' }],
  ['step command', { type: 'step', unit: 'command' }],
  ['run', { type: 'run', target: {} }],
  ['run to #7', { type: 'run', target: { token: 7 } }],
  ['run to token 7', { type: 'run', target: { token: 7 } }],
  ['run to DEL user:*', { type: 'run', target: { command: 'del', key: 'user:*' } }],
  ['run to GET #7', { type: 'run', target: { command: 'get', token: 7 } }],
  ['undo', { type: 'undo' }],
  ['slow 5', { type: 'slow', eventsPerSecond: 5 }],
  ['slow off', { type: 'slow', eventsPerSecond: null }],
  ['back', { type: 'back', count: 1, unit: 'event' }],
  ['back 3', { type: 'back', count: 3, unit: 'event' }],
  ['back turn', { type: 'back', count: 1, unit: 'turn' }],
  ['forward 2 turns', { type: 'forward', count: 2, unit: 'turn' }],
  ['break', { type: 'break', change: null }],
  ['break on DEL user:*', { type: 'break', change: 'DEL user:*' }],
  ['break off 2', { type: 'break', change: '-2' }],
  ['break off', { type: 'break', change: '-*' }],
  ['frames', { type: 'tell', pane: 'frames', limit: 10 }],
  ['commands 3', { type: 'tell', pane: 'commands', limit: 3 }],
  ['help commands', { type: 'explain', pane: 'commands' }],
  ['tokens 50', { type: 'tell', pane: 'tokens', limit: 50 }],
  ['keyspace 1000000', { type: 'tell', pane: 'keyspace', limit: 200 }],
  ['keys', { type: 'tell', pane: 'keyspace', limit: 10 }],
  ['narrate off', { type: 'narrate', isOn: false }],
  ['help', { type: 'help' }],
  ['help readiness', { type: 'explain', pane: 'readiness' }],
] as const)('%s', ([line, wish]) => {
  expect(parseWish(line)).toEqual(wish);
});

test.for(['SET pause 1', 'KEYS *', 'keys user:*', 'help SET', 'help lab', '@a pause', 'raw "pause"', ''])('"%s" is for the console', (line) => {
  expect(parseWish(line)).toBe(null);
});

test.for([
  ['pause now', 'pause'],
  ['step twice', 'step [event | phase | command | turn]'],
  ['run #7', 'run [to #token | to command [key]]'],
  ['run to', 'run [to #token | to command [key]]'],
  ['run to event publish', 'run [to #token | to command [key]]'],
  ['slow', 'slow number | off'],
  ['slow 0', 'slow number | off'],
  ['slow 1e9', 'slow number | off'],
  ['back -1', 'back [number] [event | turn]'],
  ['break on', 'break [on condition | off [number]]'],
  ['frames many', 'frames [rows]'],
])('"%s" is not a valid form, and the valid ones are named', ([line, usage]) => {
  expect(parseWish(line!)).toEqual({ type: 'complaint', text: usage });
});

test('no word hides a command of Redis', () => {
  const commands = new Set([...commandTable().values()].map(({ name }) => name.toLowerCase()));
  expect(WORDS.map(({ name }) => name).filter((name) => commands.has(name))).toEqual([]);
});
