/** The screen in Korean: in the main situations no English sentence is left on it, each row has its width, and no text is cut. */
import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../../src/shared/language.js';
import { PANE_IDS } from '../../../src/tui/state/pane-id.js';
import { reduce, type Action } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';
import { parseBreakpoint } from '../../../src/tui/state/breakpoints.js';
import { width as widthOf } from '../../../src/tui/view/text.js';
import { busy, bytes, connections, executing } from '../busy.js';
import { drawScreen } from '../draw-screen.js';
import { eventAt } from '../happened.js';
import { stage, type Scene } from '../scene.js';

const SIZES = [{ width: 80, height: 24 }, { width: 120, height: 40 }];

/** Clients that have asked for something, one that waits, one that has sent half a request. */
function served(scene: Scene): State {
  const [one, other, third] = [scene.connect(), scene.connect(), scene.connect()];
  one.ask('CLIENT', 'SETNAME', 'app');
  one.ask('SET', 'greeting', 'hello', 'EX', '60');
  one.ask('HSET', 'user', 'name', 'ann', 'age', '7');
  other.send('BLPOP jobs 30\r\n');
  third.send('*2\r\n$3\r\nDEL');
  scene.lab.settle();
  scene.advance(1500);
  one.ask('GET', 'greeting');
  scene.look({ commands: true });
  return scene.state;
}

const begun: Action = { type: 'begin' };
const at = (pane: (typeof PANE_IDS)[number]): Action => ({ type: 'focus', pane });
const acted = (...actions: Action[]) => (state: State): State => actions.reduce(reduce, state);
const controlled = (control: Partial<State['control']>) => (state: State): State => ({ ...state, control: { ...state.control, ...control } });
const HELD = eventAt(0, { kind: 'frame', token: 3, frame: 2, bytes: 24, argv: ['DEL', 'greeting'], raw: '' });
const MOMENT = { turn: 3, event: 2 } as const;
const frameOf = (state: State): string => String(state.model.frames.rows.items().find(({ kind }) => kind === 'request')!.seq);

/** By name; each from a lab that has served some clients. */
const SITUATIONS: { readonly [name: string]: (state: State) => State } = {
  welcome: (state) => state,
  live: acted(begun),
  'live, among the panes': acted(begun, at('tokens')),
  slow: (state) => controlled({ mode: 'slow', eventsPerSecond: 5 })(acted(begun, at('loop'))(state)),
  held: (state) => controlled({ mode: 'paused', heldAt: HELD })(acted(begun, at('loop'))(state)),
  'held, in the console': (state) => controlled({ mode: 'paused', heldAt: HELD })(acted(begun)(state)),
  stepping: (state) => controlled({ mode: 'stepping', stepping: 'turn' })(acted(begun, at('loop'))(state)),
  'running to a request': (state) => controlled({ mode: 'stepping', stepping: { token: 2, command: 'del' } })(acted(begun, at('loop'))(state)),
  history: (state) => controlled({ mode: 'history', moment: MOMENT, position: { at: 3, of: 12 } })(acted(begun, at('loop'))(state)),
  busy: (state) => controlled({ busy: busy(executing(2, 'eval', 2140), [[3, bytes(14, 800)], [0, connections(2, 300)]]) })(acted(begun)(state)),
  breakpoints: acted(begun, at('loop'), { type: 'set-breakpoints', breakpoints: [{ command: 'del' }] }, { type: 'open-prompt', kind: 'breakpoint' }),
  'a wrong breakpoint': acted(begun, at('loop'), { type: 'open-prompt', kind: 'breakpoint' }, { type: 'type-prompt', text: 'us>', error: (parseBreakpoint('us>') as { error: { en: string; ko: string } }).error }),
  'a filter without a match': acted(begun, at('readiness'), { type: 'open-prompt', kind: 'filter' }, { type: 'type-prompt', text: 'zzz', error: null }),
  leaving: acted(begun, { type: 'ask-to-leave', isLeaving: true }),
  'an open frame': (state) => acted(begun, at('frames'), { type: 'open-row', rows: [frameOf(state)], length: 1, offset: 0 })(state),
  commands: acted(begun, at('frames'), { type: 'turn', face: 'commands', filter: '' }),
  'a conversation': acted(begun, at('tokens'), { type: 'open-row', rows: ['2'], length: null, offset: 0 }),
  'a frozen table': acted(begun, at('tokens'), { type: 'select', by: 1, rows: ['2', '3', '4'], length: null, offset: 0 }),
  ...Object.fromEntries(PANE_IDS.map((id) => [`the help of ${id}`, acted(begun, at(id), { type: 'open-help' })])),
  'a search in the help': acted(begun, { type: 'open-help' }, { type: 'open-prompt', kind: 'word' }, { type: 'type-prompt', text: 'wakker', error: null }),
  ...Object.fromEntries(PANE_IDS.map((id) => [`${id}, zoomed`, acted(begun, at(id), { type: 'toggle-zoom' })])),
  'the first minute': (state) => ({ ...state, firstMinute: { step: 'question' } }),
};

/** Words that stay English: of the code, of the wire, of tables. */
const TERMS = new Set(
  ('accept array bulk by calls client cmd command conn cycle decode del edge-triggered embstr encoding epoll err event execute executing expire fd frame half have idle in int integer key last ' +
    'level-triggered listening listpack max ms name no of output out parked peer poll query read ready redis-lab reply request size state string time timers tok token ttl type us value wait waiting ' +
    'waits write wrote').split(' '),
);
/** What the clients of these situations have sent. */
const SENT = new Set(['greeting', 'hello', 'user', 'ann', 'age', 'app', 'jobs', 'hash']);

/** Three English words in a row that are no terms only; the last one may be cut. */
function sentencesIn(row: string): readonly string[] {
  const runs = row.match(/(?<![A-Za-z])[A-Za-z]?[a-z'-]+(?: [a-z'-]+){2,}/g) ?? [];
  return runs.filter((run) => run.split(' ').filter((word) => !TERMS.has(word) && ![...SENT].some((sent) => sent.startsWith(word))).length > 0);
}

function drawn(name: string, language: (typeof LANGUAGES)[number], size: (typeof SIZES)[number]): string[] {
  using scene = stage();
  const state = served(scene);
  const inLanguage: State = { ...state, ui: { ...state.ui, language }, repl: { ...state.repl, client: { ...state.repl.client, address: '127.0.0.1:6379', state: 'ready' } } };
  return drawScreen(SITUATIONS[name]!(inLanguage), size);
}

describe.each(SIZES)('at $width×$height', (size) => {
  test.each(Object.keys(SITUATIONS))('%s', (name) => {
    const rows = drawn(name, 'ko', size);
    expect(rows.map(widthOf).filter((columns) => columns > size.width)).toEqual([]);
    expect(rows.join('')).toMatch(/\p{Script=Hangul}/u);
    expect(rows.flatMap(sentencesIn)).toEqual([]);
  });
});

test('the English screen has sentences, which this would find', () => {
  const found = Object.keys(SITUATIONS).map((name) => [name, drawn(name, 'en', SIZES[0]!).flatMap(sentencesIn).length] as const);
  expect(found.filter(([, count]) => count === 0)).toEqual([]);
});
