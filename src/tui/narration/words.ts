/**
 * The words of the narration: what can be typed beside commands of Redis and the words of the console. Most stand for a key of the
 * screen; `help` tells all of them.
 *
 * A line that begins with none of them is the console's. No command of Redis is among them but `keys`, which is one as soon as a pattern follows.
 */
import type { RunTarget, StepUnit } from '../../server/index.js';
import { parseRunTarget } from '../state/breakpoints.js';
import { PANE_IDS, type PaneId } from '../state/pane-id.js';

/** What can be told: the panes, and the other face of the frames. */
export type Told = PaneId | 'commands';

export type Wish =
  | { readonly type: 'pause' | 'resume' | 'undo' | 'live' | 'oldest' | 'status' | 'help' }
  | { readonly type: 'step'; readonly unit: StepUnit }
  | { readonly type: 'run'; readonly target: RunTarget }
  /** Null: at full speed. */
  | { readonly type: 'slow'; readonly eventsPerSecond: number | null }
  | { readonly type: 'back' | 'forward'; readonly count: number; readonly unit: 'event' | 'turn' }
  /** In the words of the screen's prompt; null: they are only to be listed. */
  | { readonly type: 'break'; readonly change: string | null }
  /** At most so many rows. */
  | { readonly type: 'tell'; readonly pane: Told; readonly limit: number }
  | { readonly type: 'explain'; readonly pane: Told }
  | { readonly type: 'narrate'; readonly isOn: boolean };

/** Why a line that begins with one of the words is none of its forms. */
export interface Complaint {
  readonly type: 'complaint';
  readonly text: string;
}

export interface Word {
  readonly name: string;
  /** What may follow it. */
  readonly arguments: string;
  readonly summary: string;
  parse(rest: readonly string[]): Wish | NoWish;
}

/** `wrong`: this is none of the word's forms. `console`: the console has that word, too, and this line is for it. */
type NoWish = 'wrong' | 'console';

const UNITS: readonly StepUnit[] = ['event', 'phase', 'command', 'turn'];

/** Rows of a pane if nobody says how many. */
const ROWS = 10;
/** The most that can be asked for. */
export const MOST_ROWS = 200;

/** Events a second that somebody could still follow. */
const FASTEST = 100;

export const WORDS: readonly Word[] = [
  { name: 'pause', arguments: '', summary: 'Stops the loop itself: clients wait, no key expires.', parse: alone({ type: 'pause' }) },
  { name: 'resume', arguments: '', summary: 'Lets it run, at full speed.', parse: alone({ type: 'resume' }) },
  {
    name: 'step',
    arguments: '[event | phase | command | turn]',
    summary: 'Lets a paused loop go on by one of these; by an event if nothing is said. In the history it goes forward there.',
    parse: parseStep,
  },
  {
    name: 'run',
    arguments: '[to #token | to command [key]]',
    summary:
      'Lets the loop run to the next such request, and holds it before that executes: to #7, to DEL user:*. Without more it is ' +
      'the next one of any client; what client programs send by themselves when they connect is passed.',
    parse: parseRun,
  },
  { name: 'slow', arguments: 'number | off', summary: 'So many events a second, each of them told.', parse: parseSlow },
  {
    name: 'break',
    arguments: '[on condition | off [number]]',
    summary:
      'Pauses by itself before such a command: on DEL, on key user:*, on token 7, on event expire, ' +
      'or behind a slow one: on us>1000. Without more it tells which there are.',
    parse: parseBreak,
  },
  { name: 'undo', arguments: '', summary: 'Takes back the last pause, resume, slow or break.', parse: alone({ type: 'undo' }) },
  {
    name: 'back',
    arguments: '[number] [event | turn]',
    summary: 'Shows what was, that much earlier. The loop goes on meanwhile, or stays paused.',
    parse: (rest) => parseWay('back', rest),
  },
  { name: 'forward', arguments: '[number] [event | turn]', summary: 'The other way.', parse: (rest) => parseWay('forward', rest) },
  { name: 'oldest', arguments: '', summary: 'As far back as the history goes.', parse: alone({ type: 'oldest' }) },
  { name: 'live', arguments: '', summary: 'Shows now again.', parse: alone({ type: 'live' }) },
  { name: 'status', arguments: '', summary: 'What runs where, and what time does.', parse: alone({ type: 'status' }) },
  {
    name: 'loop',
    arguments: '',
    summary: 'What just happened, where the time of the turn went, how long the loop may sleep.',
    parse: alone({ type: 'tell', pane: 'loop', limit: ROWS }),
  },
  { name: 'tokens', arguments: '[rows]', summary: 'What is registered with the poll, and what each of it does.', parse: (rest) => parseTell('tokens', rest) },
  { name: 'readiness', arguments: '[rows]', summary: 'Which tokens were ready last, and what came of it.', parse: (rest) => parseTell('readiness', rest) },
  { name: 'frames', arguments: '[rows]', summary: 'The last requests and replies.', parse: (rest) => parseTell('frames', rest) },
  { name: 'commands', arguments: '[rows]', summary: 'What each command has cost, and who has called it.', parse: (rest) => parseTell('commands', rest) },
  {
    name: 'keyspace',
    arguments: '[rows]',
    summary: 'The keys of the database that the console has selected; `keys` alone does the same.',
    parse: (rest) => parseTell('keyspace', rest),
  },
  { name: 'narrate', arguments: 'on | off', summary: 'Whether to tell what others do while nobody asks.', parse: parseNarrate },
  {
    name: 'help',
    arguments: '[command | @group | word | lab | pane]',
    summary: 'Explains a command of Redis, a word of the lab, the words of the console (lab), or what a pane tells.',
    parse: parseHelp,
  },
];

/** `keys` is a pane, `KEYS *` a command. */
const KEYS: Word = {
  name: 'keys',
  arguments: '',
  summary: '',
  parse: (rest) => (rest.length === 0 ? { type: 'tell', pane: 'keyspace', limit: ROWS } : 'console'),
};

const BY_NAME: ReadonlyMap<string, Word> = new Map([...WORDS, KEYS].map((word) => [word.name, word]));

/** How it is written. */
export const usageOf = ({ name, arguments: rest }: Word): string => `${name} ${rest}`.trimEnd();

/** What a line asks of the narration; null: it is the console's. */
export function parseWish(line: string): Wish | Complaint | null {
  const [name = '', ...rest] = line.trim().split(/\s+/);
  const word = BY_NAME.get(name.toLowerCase());
  const wish = word?.parse(rest) ?? 'console';
  if (wish === 'wrong') return { type: 'complaint', text: usageOf(word!) };
  return wish === 'console' ? null : wish;
}

function alone(wish: Wish): Word['parse'] {
  return (rest) => (rest.length === 0 ? wish : 'wrong');
}

function parseStep([unit = 'event', ...rest]: readonly string[]): Wish | NoWish {
  return rest.length === 0 && isUnit(unit) ? { type: 'step', unit } : 'wrong';
}

function parseRun([to, ...rest]: readonly string[]): Wish | NoWish {
  if (to === undefined) return { type: 'run', target: {} };
  const parsed = to === 'to' ? parseRunTarget(rest.join(' ')) : null;
  return parsed === null || 'error' in parsed ? 'wrong' : { type: 'run', target: parsed.target };
}

const isUnit = (word: string): word is StepUnit => (UNITS as readonly string[]).includes(word);

function parseSlow([speed = '', ...rest]: readonly string[]): Wish | NoWish {
  if (rest.length > 0) return 'wrong';
  if (speed === 'off') return { type: 'slow', eventsPerSecond: null };
  const eventsPerSecond = countOf(speed);
  return eventsPerSecond === null || eventsPerSecond > FASTEST ? 'wrong' : { type: 'slow', eventsPerSecond };
}

function parseBreak([way, ...rest]: readonly string[]): Wish | NoWish {
  if (way === undefined) return { type: 'break', change: null };
  if (way === 'on' && rest.length > 0) return { type: 'break', change: rest.join(' ') };
  if (way !== 'off' || rest.length > 1) return 'wrong';
  return { type: 'break', change: `-${rest[0] ?? '*'}` };
}

/** `back`, `back 3`, `back turn`, `back 2 turns` */
function parseWay(type: 'back' | 'forward', rest: readonly string[]): Wish | NoWish {
  const [count, units] = countOf(rest[0]) === null ? [1, rest] : [countOf(rest[0])!, rest.slice(1)];
  const unit = (units[0] ?? 'event').replace(/s$/, '');
  return units.length <= 1 && (unit === 'event' || unit === 'turn') ? { type, count, unit } : 'wrong';
}

function parseTell(pane: Told, [rows, ...rest]: readonly string[]): Wish | NoWish {
  const limit = rows === undefined ? ROWS : countOf(rows);
  return limit === null || rest.length > 0 ? 'wrong' : { type: 'tell', pane, limit: Math.min(limit, MOST_ROWS) };
}

function parseNarrate([way, ...rest]: readonly string[]): Wish | NoWish {
  return rest.length === 0 && (way === 'on' || way === 'off') ? { type: 'narrate', isOn: way === 'on' } : 'wrong';
}

/** The console explains commands and its own words. */
function parseHelp([topic, ...rest]: readonly string[]): Wish | NoWish {
  if (topic === undefined) return { type: 'help' };
  const pane = ([...PANE_IDS, 'commands'] as const).find((id) => id === topic.toLowerCase());
  return pane === undefined || rest.length > 0 ? 'console' : { type: 'explain', pane };
}

/** From 1; null if it is no such number. */
function countOf(word: string | undefined): number | null {
  const count = Number(word);
  return word !== undefined && Number.isSafeInteger(count) && count > 0 ? count : null;
}
