/** What panes say of a learner's program, and not of the lab's own server. */
import { expect, test } from 'vitest';
import { LANGUAGES } from '../../../../src/shared/language.js';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { reduce } from '../../../../src/tui/state/reduce.js';
import type { State } from '../../../../src/tui/state/state.js';
import { LOOP_OF_PROGRAM } from '../../../../src/tui/state/learn/glossary/index.js';
import { help } from '../../../../src/tui/view/help.js';
import { PANES, paneOf } from '../../../../src/tui/view/panes/index.js';
import { programPane } from '../../../../src/tui/view/panes/program.js';
import { sourceRows } from '../../../../src/tui/view/panes/source.js';
import { width } from '../../../../src/tui/view/text.js';
import { served } from '../../happened.js';
import { PROGRAM_VIEW } from '../../program-view.js';
import { PLAIN, stage } from '../../scene.js';

const lines = (state: State): string => paneOf(state, 'keyspace').lines!(state, 20, PLAIN).join('\n');

test.each([
  ['epoll_wait', '31 descriptors, in epoll_wait', '디스크립터 31개, epoll_wait 호출 중'],
  ['running', '31 descriptors, running', '디스크립터 31개, 실행 중'],
  ['stopped', '31 descriptors, stopped', '디스크립터 31개, 정지됨'],
  ['held', '31 descriptors, held by the lab', '디스크립터 31개, lab이 멈춰 둠'],
])('the program pane names what the process does: %s', (syscall, english, korean) => {
  using scene = stage();
  const state = reduce(scene.state, { type: 'see-program', program: { ...PROGRAM_VIEW, process: { ...PROGRAM_VIEW.process!, syscall } } });
  expect(lines(state)).toContain(english);
  expect(lines({ ...state, ui: { ...state.ui, language: 'ko' } })).toContain(korean);
});

test('the connection of the REPL has its name in the tokens of a program', () => {
  using scene = stage();
  scene.connect();
  scene.connect();
  scene.lab.settle();
  scene.look();
  const [own, other] = scene.state.model.tokens.rows.sorted().filter(({ kind }) => kind === 'client');
  const state: State = { ...scene.state, repl: { ...scene.state.repl, clients: [{ ...scene.state.repl.clients[0]!, name: '', peer: own!.peer }] } };
  const rowOf = (shown: State, token: number): string => PANES.tokens.lines!(shown, 20, PLAIN).find((line) => line.startsWith(`token #${token},`))!;
  const watched = reduce(state, { type: 'see-program', program: PROGRAM_VIEW });
  expect(rowOf(watched, own!.token)).toContain('name REPL');
  expect(rowOf(watched, other!.token)).not.toContain('name');
  expect(rowOf(state, own!.token)).not.toContain('name');
});

test.each(LANGUAGES)('the help of the loop pane speaks of the loop of the program, in %s', (language) => {
  const view = { pane: PANES.loop, language, search: '', chapter: LOOP_OF_PROGRAM };
  const page = help(view, 0, PLAIN, { width: 110, height: 60 }).join(' ').replaceAll(/\s+/g, ' ');
  for (const text of [LOOP_OF_PROGRAM.about[language], ...LOOP_OF_PROGRAM.entries.flatMap((entry) => entry[language])]) expect(page).toContain(text);
  expect(page).not.toMatch(/write pending replies|보류된 응답/);
});

test('the time between two calls of a program is not called the execution of a command', () => {
  using scene = stage();
  const state: State = { ...scene.state, model: { ...scene.state.model, loop: served(812, 0).reduce(reduceModel, initialModel).loop } };
  const drawn = (shown: State): string => PANES.loop.lines!(shown, 20, PLAIN).join(' ');
  expect(drawn(state)).toContain('execute ');
  expect(drawn(reduce(state, { type: 'see-program', program: PROGRAM_VIEW }))).toMatch(/^(?!.*execute ).*program \d/s);
});

test.each([
  ['loops/my\nloop.js', 'my\\nloop.js'],
  ['\x1b[31mred.js', '\\x1b[31mred.js'],
  [Buffer.from('내 루프.js').latin1Slice(), '내 루프.js'],
])('the title of the program pane has the file %j as visible characters', (file, expected) => {
  using scene = stage();
  expect(programPane.badge(reduce(scene.state, { type: 'see-program', program: { ...PROGRAM_VIEW, file } }), 40)).toBe(expected);
});

const FLAG = '🇰🇷';
const DECOMPOSED = 'e\u0301'.repeat(30);

/** The line of the last call in a source of one line, without its gutter. */
function lineInSight(line: string, columns: number): string {
  using scene = stage();
  const sources = new Map([[0, { name: 'a.js', lines: [Buffer.from(line).latin1Slice()] }]]);
  const watched = reduce(scene.state, { type: 'see-program', program: { ...PROGRAM_VIEW, sources } });
  const { model } = watched;
  const source = { file: 0, line: 1, column: line.indexOf('poll.poll') + 1 };
  const state: State = { ...watched, model: { ...model, loop: { ...model.loop, source } } };
  const [, row = ''] = sourceRows(state, { theme: PLAIN, size: { width: columns, height: 2 }, isFocused: false }, 2) ?? [];
  expect(width(row)).toBe(columns);
  return row.slice('▶ 1 '.length);
}

test.each([
  ['한글'.repeat(10), /^…(?:한|글)+poll\.poll\(/],
  [`x${'한글'.repeat(10)}`, /^…(?:한|글)+poll\.poll\(/],
  [FLAG.repeat(12), new RegExp(`^…(?:${FLAG})+poll\\.poll\\(`, 'u')],
  [DECOMPOSED, /^…(?:e\u0301)+poll\.poll\(/],
  ['\t', /^\\tpoll\.poll\(events/],
  ['한', /^한poll\.poll\(events, 1000\)/],
  ['', /^poll\.poll\(events, 1000\)/],
])('the call after %j is in sight, with whole characters before it', (before, expected) => {
  for (const columns of [38, 37, 24, 21, 20, 5, 4]) {
    const shown = lineInSight(`${before}poll.poll(events, 1000); // 한국어 주석 ${FLAG.repeat(9)}`, columns);
    if (columns >= 37) expect(shown).toMatch(expected);
  }
});

test('a line of a megabyte is shown from its call', () => {
  const half = '한'.repeat(2 ** 17);
  expect(lineInSight(`${half}poll.poll(events, 1000);${half}`, 38)).toMatch(/^…한+poll\.poll\(events/);
});
