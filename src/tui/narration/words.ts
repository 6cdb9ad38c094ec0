/**
 * The words of the narration: input besides commands of Redis and words of the console. Most correspond to a key of the screen; `help` lists all of them.
 *
 * Any other line goes to the console. None of the words is a command of Redis except `keys`, which is one if a pattern follows.
 */
import type { RunTarget, StepUnit } from '../../server/index.js';
import { parseRunTarget } from '../state/breakpoints.js';
import type { Text } from '../../shared/language.js';
import { PANE_IDS, type PaneId } from '../state/pane-id.js';

/** What can be printed: the panes, and the other face of the frames. */
export type Told = PaneId | 'commands';

export type Wish =
  | { readonly type: 'pause' | 'resume' | 'undo' | 'live' | 'oldest' | 'status' | 'help' }
  | { readonly type: 'step'; readonly unit: StepUnit }
  | { readonly type: 'run'; readonly target: RunTarget }
  /** Null: at full speed. */
  | { readonly type: 'slow'; readonly eventsPerSecond: number | null }
  | { readonly type: 'back' | 'forward'; readonly count: number; readonly unit: 'event' | 'turn' }
  /** In the syntax of the screen's prompt; null: only lists them. */
  | { readonly type: 'break'; readonly change: string | null }
  /** At most this many rows. */
  | { readonly type: 'tell'; readonly pane: Told; readonly limit: number }
  | { readonly type: 'explain'; readonly pane: Told }
  | { readonly type: 'narrate'; readonly isOn: boolean };

/** Why a line that begins with one of the words is invalid. */
export interface Complaint {
  readonly type: 'complaint';
  readonly text: string;
}

export interface Word {
  readonly name: string;
  /** Its arguments. */
  readonly arguments: string;
  readonly summary: Text;
  parse(rest: readonly string[]): Wish | NoWish;
}

/** `wrong`: not a valid form of the word. `console`: the console has that word, too, and the line is for it. */
type NoWish = 'wrong' | 'console';

const UNITS: readonly StepUnit[] = ['event', 'phase', 'command', 'turn'];

/** Rows of a pane by default. */
const ROWS = 10;
/** The maximum number of rows. */
export const MOST_ROWS = 200;

/** Events per second that a listener could still follow. */
const FASTEST = 100;

export const WORDS: readonly Word[] = [
  {
    name: 'pause',
    arguments: '',
    summary: {
      en: 'Stops the loop itself: clients wait, no key expires.',
      ko: '루프 자체를 멈춥니다. 클라이언트는 기다리고 키는 만료되지 않습니다.',
    },
    parse: alone({ type: 'pause' }),
  },
  {
    name: 'resume',
    arguments: '',
    summary: {
      en: 'Resumes the loop, at full speed.',
      ko: '최고 속도로 다시 실행합니다.',
    },
    parse: alone({ type: 'resume' }),
  },
  {
    name: 'step',
    arguments: '[event | phase | command | turn]',
    summary: {
      en: 'Lets a paused loop run for one of these, by default an event. In the history, moves forward by it.',
      ko: '멈춘 루프를 그만큼 진행하며, 지정하지 않으면 이벤트 하나입니다. 히스토리에서는 그 안에서 앞으로 갑니다.',
    },
    parse: parseStep,
  },
  {
    name: 'run',
    arguments: '[to #token | to command [key]]',
    summary: {
      en:
        'Lets the loop run to the next such request, and holds it before that executes: to #7, to DEL user:*. Without arguments, ' +
        'to the next one of any client, except those that client programs send by themselves when they connect.',
      ko:
        '지정한 다음 요청까지 루프를 실행하고 실행 직전에 멈춥니다: to #7, to DEL user:*. 지정하지 않으면 아무 클라이언트의 다음 요청이며, 클라이언트 프로그램이 접속할 때 스스로 보내는 것은 ' +
        '건너뜁니다.',
    },
    parse: parseRun,
  },
  {
    name: 'slow',
    arguments: 'number | off',
    summary: {
      en: 'Runs the loop at this number of events a second, and reports each event.',
      ko: '1초에 그만큼의 이벤트를 진행하며 하나하나 알립니다.',
    },
    parse: parseSlow,
  },
  {
    name: 'break',
    arguments: '[on condition | off [number]]',
    summary: {
      en:
        'Pauses automatically before such a command: on DEL, on key user:*, on token 7, on event expire, ' +
        'or after a slow one: on us>1000. Without arguments, lists the breakpoints.',
      ko: '지정한 명령 앞에서 저절로 멈춥니다: on DEL, on key user:*, on token 7, on event expire. 느린 명령 뒤는 on us>1000입니다. 지정하지 않으면 목록을 알려 줍니다.',
    },
    parse: parseBreak,
  },
  {
    name: 'undo',
    arguments: '',
    summary: {
      en: 'Undoes the last pause, resume, slow or break.',
      ko: '마지막 pause, resume, slow, break를 되돌립니다.',
    },
    parse: alone({ type: 'undo' }),
  },
  {
    name: 'back',
    arguments: '[number] [event | turn]',
    summary: {
      en: 'Moves back in the history by this much. Meanwhile the loop continues, or stays paused.',
      ko: '그만큼 이전의 과거를 보여 줍니다. 그동안 루프는 계속 실행되거나 멈춰 있습니다.',
    },
    parse: (rest) => parseWay('back', rest),
  },
  {
    name: 'forward',
    arguments: '[number] [event | turn]',
    summary: {
      en: 'Moves forward in the history by this much.',
      ko: '그 반대입니다.',
    },
    parse: (rest) => parseWay('forward', rest),
  },
  {
    name: 'oldest',
    arguments: '',
    summary: {
      en: 'Shows the oldest moment of the history.',
      ko: '히스토리에서 갈 수 있는 가장 오래된 순간을 보여 줍니다.',
    },
    parse: alone({ type: 'oldest' }),
  },
  {
    name: 'live',
    arguments: '',
    summary: {
      en: 'Returns to the present.',
      ko: '다시 현재를 보여 줍니다.',
    },
    parse: alone({ type: 'live' }),
  },
  {
    name: 'status',
    arguments: '',
    summary: {
      en: 'Shows what runs where, and whether time runs or stands still.',
      ko: '무엇이 어디서 실행되고 시간이 어떻게 흐르는지 알려 줍니다.',
    },
    parse: alone({ type: 'status' }),
  },
  {
    name: 'loop',
    arguments: '',
    summary: {
      en: 'Shows the last event, the times of the turn, and how long the loop may sleep.',
      ko: '방금 일어난 일, 턴의 시간이 쓰인 곳, 루프가 잠들 수 있는 시간을 알려 줍니다.',
    },
    parse: alone({ type: 'tell', pane: 'loop', limit: ROWS }),
  },
  {
    name: 'tokens',
    arguments: '[rows]',
    summary: {
      en: 'Shows the tokens that are registered with the poll, and their states.',
      ko: '폴러에 등록된 것과 각각이 하는 일을 알려 줍니다.',
    },
    parse: (rest) => parseTell('tokens', rest),
  },
  {
    name: 'readiness',
    arguments: '[rows]',
    summary: {
      en: 'Shows the tokens that were ready last, and the results.',
      ko: '마지막으로 준비된 토큰과 그 결과를 알려 줍니다.',
    },
    parse: (rest) => parseTell('readiness', rest),
  },
  {
    name: 'frames',
    arguments: '[rows]',
    summary: {
      en: 'Shows the last requests and replies.',
      ko: '마지막 요청과 응답을 알려 줍니다.',
    },
    parse: (rest) => parseTell('frames', rest),
  },
  {
    name: 'commands',
    arguments: '[rows]',
    summary: {
      en: 'Shows the times and the callers of each command.',
      ko: '명령마다 든 비용과 호출한 클라이언트를 알려 줍니다.',
    },
    parse: (rest) => parseTell('commands', rest),
  },
  {
    name: 'keyspace',
    arguments: '[rows]',
    summary: {
      en: 'Shows the keys of the database that the console has selected; `keys` alone does the same.',
      ko: '콘솔이 선택한 데이터베이스의 키를 알려 줍니다. `keys`만 입력해도 같습니다.',
    },
    parse: (rest) => parseTell('keyspace', rest),
  },
  {
    name: 'narrate',
    arguments: 'on | off',
    summary: {
      en: 'Sets whether actions of other clients are reported.',
      ko: '묻지 않아도 다른 클라이언트가 하는 일을 알릴지 정합니다.',
    },
    parse: parseNarrate,
  },
  {
    name: 'help',
    arguments: '[command | @group | word | lab | pane]',
    summary: {
      en: 'Explains a command of Redis, a word of the lab, the words of the console (lab), or the words of a pane.',
      ko: 'Redis 명령, lab의 단어, 콘솔의 단어(lab), 또는 창이 알려 주는 것을 설명합니다.',
    },
    parse: parseHelp,
  },
];

/** `keys` is a pane, `KEYS *` a command. */
const KEYS: Word = {
  name: 'keys',
  arguments: '',
  summary: { en: '', ko: '' },
  parse: (rest) => (rest.length === 0 ? { type: 'tell', pane: 'keyspace', limit: ROWS } : 'console'),
};

const BY_NAME: ReadonlyMap<string, Word> = new Map([...WORDS, KEYS].map((word) => [word.name, word]));

/** How it is written. */
export const usageOf = ({ name, arguments: rest }: Word): string => `${name} ${rest}`.trimEnd();

/** What a line asks of the narration; null: it goes to the console. */
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

/** From 1; null if it is not such a number. */
function countOf(word: string | undefined): number | null {
  const count = Number(word);
  return word !== undefined && Number.isSafeInteger(count) && count > 0 ? count : null;
}
