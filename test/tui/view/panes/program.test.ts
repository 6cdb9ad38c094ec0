/** What panes say of a learner's program, and not of the lab's own server. */
import { expect, test } from 'vitest';
import { LANGUAGES } from '../../../../src/shared/language.js';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { reduce } from '../../../../src/tui/state/reduce.js';
import type { State } from '../../../../src/tui/state/state.js';
import { LOOP_OF_PROGRAM } from '../../../../src/tui/state/learn/glossary/index.js';
import { help } from '../../../../src/tui/view/help.js';
import { PANES, paneOf } from '../../../../src/tui/view/panes/index.js';
import { served } from '../../happened.js';
import { PROGRAM_VIEW } from '../../program-view.js';
import { PLAIN, stage } from '../../scene.js';

const lines = (state: State): string => paneOf(state, 'keyspace').lines!(state, 20, PLAIN).join('\n');

test.each([
  ['epoll_wait', '31 descriptors, in epoll_wait', '디스크립터 31개, epoll_wait 호출 중'],
  ['running', '31 descriptors, running', '디스크립터 31개, 실행 중'],
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
