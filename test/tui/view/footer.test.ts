/** The prompt in the footer, with text of more than one byte a character. */
import { expect, test } from 'vitest';
import { bundledExperiments } from '../../../src/tui/learn/library.js';
import type { Experiment } from '../../../src/tui/state/learn/experiment.js';
import { openLesson, type LessonStep } from '../../../src/tui/state/learn/lesson.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState, reduce } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';
import { footer, promptColumn } from '../../../src/tui/view/footer.js';
import { PANES } from '../../../src/tui/view/panes/index.js';
import { width } from '../../../src/tui/view/text.js';
import { PLAIN } from '../scene.js';
import { PROGRAM_VIEW } from '../program-view.js';

function typed(text: string): State {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel);
  const open = reduce(reduce(fresh, { type: 'focus', pane: 'keyspace' }), { type: 'open-prompt', kind: 'filter' });
  return reduce(open, { type: 'type-prompt', text, error: null });
}

test('a filter is shown as it was typed, with the cursor after it', () => {
  const state = typed('é漢*');
  expect(footer(state, PANES.keyspace, PLAIN, 80)).toMatch(/^ filter: é漢\* /);
  expect(promptColumn(state, PLAIN, 80)).toBe(width(' filter: é漢*'));
});

test('what is too long shows its end, whole characters of it', () => {
  const line = footer(typed('漢'.repeat(60)), PANES.keyspace, PLAIN, 60);
  expect(line).toMatch(/^ filter: …漢+ *$/);
  expect(width(line)).toBe(60);
});

test('the cursor within a text that is too long is visible, with some of the text after it', () => {
  const text = Array.from({ length: 120 }, (_, i) => String(i % 10)).join('');
  for (const cursor of [0, 1, 30, 60, 119, 120]) {
    const state = reduce(typed(text), { type: 'type-prompt', text, error: null, cursor });
    const line = footer(state, PANES.keyspace, PLAIN, 60);
    const column = promptColumn(state, PLAIN, 60)!;
    expect(width(line)).toBe(60);
    expect(column).toBeLessThan(60);
    if (cursor < 120) expect(line[column]).toBe(text[cursor]);
    if (cursor > 0) expect(line[column - 1]).toBe(text[cursor - 1]);
  }
});

test('control characters of a paste are shown, not obeyed', () => {
  expect(footer(typed('a\x1b]0;owned\x07\u009b'), PANES.keyspace, PLAIN, 80)).toContain('a\\x1b]0;owned\\a\\xc2\\x9b');
});

test('in Korean the keys are named in Korean, and the row has its width', () => {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel, 'ko');
  for (const state of [fresh, reduce(fresh, { type: 'focus', pane: 'loop' }), reduce(fresh, { type: 'open-prompt', kind: 'breakpoint' }), reduce(fresh, { type: 'ask-to-leave', isLeaving: true })]) {
    for (const columns of [40, 80, 120]) {
      const line = footer(state, PANES[state.ui.focus], PLAIN, columns);
      expect(width(line)).toBe(columns);
      expect(line).toMatch(/\p{Script=Hangul}/u);
      expect(line).not.toMatch(/[a-z]{2,} [a-z]{2,} [a-z]{2,}/);
    }
  }
});

test('an experiment names as many digits as there are answers, and lines to choose from', () => {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel);
  const named = (experiment: Experiment, step: LessonStep): string | undefined => {
    const state = reduce(reduce(fresh, { type: 'begin' }), { type: 'teach', lesson: { ...openLesson(experiment), step } });
    return /\b1-\d/.exec(footer(state, PANES.repl, PLAIN, 80))?.[0];
  };
  const experiments = bundledExperiments();
  expect(experiments.map((one) => named(one, { at: 'predict' }))).toEqual(experiments.map(({ answers }) => `1-${answers.length}`));
  expect(experiments.map((one) => named(one, { at: 'mend' }))).toEqual(experiments.map(({ mend }) => `1-${mend.choices.length}`));
});

test('a warning leaves room for the keys of an experiment', () => {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel);
  const teach = reduce(reduce(fresh, { type: 'begin' }), { type: 'teach', lesson: { ...openLesson(bundledExperiments()[0]!), step: { at: 'predict' } } });
  const line = footer(reduce(teach, { type: 'notice', text: 'Slow script detected: still in execution after 105 milliseconds. You can try killing it' }), PANES.repl, PLAIN, 80);
  expect(width(line)).toBe(80);
  expect(line).toMatch(/^ Slow script detected: still .*… +1-\d/);
});

test.each(['en', 'ko'] as const)('while a loop is held, 80 columns name the ways back, out and to the help, in %s', (language) => {
  const fresh = initialState({ addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '' }, initialModel, language);
  const onLoop = reduce(fresh, { type: 'focus', pane: 'loop' });
  const own: State = { ...onLoop, control: { ...onLoop.control, mode: 'paused' } };
  for (const state of [own, reduce(own, { type: 'see-program', program: PROGRAM_VIEW })]) {
    const line = footer(state, PANES.loop, PLAIN, 80);
    expect(width(line)).toBe(80);
    for (const key of ['Space', 'e', 't', '←', '?', 'q']) expect(` ${line}`).toContain(`  ${key} `);
  }
});
