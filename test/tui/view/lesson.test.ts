/** Experiments in the column of the REPL: nothing is cut on the smallest terminal, in either language. */
import { expect, test } from 'vitest';
import { bundledExperiments } from '../../../src/tui/learn/library.js';
import { parsePlaceholders } from '../../../src/tui/learn/placeholders.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState } from '../../../src/tui/state/reduce.js';
import { inLanguage, type Experiment, type FilledPart, type Localized } from '../../../src/tui/state/learn/experiment.js';
import { LANGUAGES, type Language } from '../../../src/shared/language.js';
import { openLesson, type Lesson, type LessonStep, type OpenLesson, type Outcome } from '../../../src/tui/state/learn/lesson.js';
import type { State } from '../../../src/tui/state/state.js';
import { insideOf, layoutOf } from '../../../src/tui/view/layout.js';
import { lessonRows, listRows } from '../../../src/tui/view/parts/lesson.js';
import { wrapStyled } from '../../../src/tui/view/parts/styled-wrap.js';
import { width } from '../../../src/tui/view/text.js';
import { createTheme } from '../../../src/tui/view/theme.js';

const THEME = createTheme({ palette: 'plain', ascii: false });
const SERVER = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '0' } as const;

const layout = layoutOf({ width: 80, height: 24 }, { focus: 'repl', isZoomed: false, beside: ['loop', 'frames'] })!;
const SIZE = insideOf(layout.places.find(({ pane }) => pane === 'repl')!, layout.frame);
/** Rows of the console below, with the line between the two. */
const CONSOLE_ROWS = 4;

/** As long as lines of the transcript that are moments. */
const LINE = '50 connections woke threads 123 times, 123 times in vain';

/** As long as what a run fills in. */
const filled = (text: Localized, language: Language): readonly FilledPart[] =>
  parsePlaceholders(inLanguage(text, language)).map((part) => ({ text: typeof part === 'string' ? part : part.type === 'between' ? '123 ms' : '#123', event: null, isFilled: typeof part !== 'string' }));

function outcome({ goals }: Experiment, says: Localized, language: Language, verdict: 'red' | 'green'): Outcome {
  return { judged: { verdict, goals: goals.map(({ says: goal }) => ({ says: goal, verdict, seen: { en: '12, must be 123', ko: '12, 목표 123' } })) }, says: filled(says, language) };
}

function stepsOf(experiment: Experiment, language: Language): readonly (readonly [string, LessonStep])[] {
  const { mend, break: broken } = experiment;
  const tried = mend.choices.map(({ lines, says, isRight }) => ({ text: lines.join('; '), isRight, outcome: outcome(experiment, says, language, isRight ? 'green' : 'red') }));
  return [
    ['predict', { at: 'predict' }],
    ['running', { at: 'running', what: 'run' }],
    ['step', { at: 'step', shown: 0, isThere: true }],
    ['explain', { at: 'explain', selected: null, isShown: false }],
    ['break', { at: 'break' }],
    ['broken', { at: 'broken', outcome: outcome(experiment, broken.says, language, 'red') }],
    ['mend', { at: 'mend' }],
    ...tried.map((one, i): readonly [string, LessonStep] => [`mend ${i + 1}`, { at: one.isRight ? 'done' : 'missed', tried: one }]),
    ['sources', { at: 'sources' }],
  ];
}

test.each(bundledExperiments().flatMap((experiment) => LANGUAGES.map((language) => [experiment.name, language, experiment] as const)))('%s in %s fits at 80x24', (_, language, experiment) => {
  const lesson: OpenLesson = {
    ...openLesson(experiment), predicted: experiment.answers.findIndex(({ isRight }) => !isRight),
    moments: experiment.bookmarks.map(({ type, says }) => ({ says, at: type === 'line' ? LINE : { turn: 1, event: { kind: 'turn-begin', turn: 1, seq: 1, atUs: 1 } } })),
    explanation: filled(experiment.explain, language),
  };
  const tooLong: string[] = [];
  for (const [name, step] of stepsOf(experiment, language)) {
    const rows = lessonRows({ ...lesson, step }, stateOf(language), THEME, { ...SIZE, height: 100 });
    expect(rows.map(width)).toEqual(rows.map(() => SIZE.width));
    if (rows.length - 1 > SIZE.height - CONSOLE_ROWS) tooLong.push(`${name}: ${rows.length - 1} rows, and there is room for ${SIZE.height - CONSOLE_ROWS}`);
  }
  expect(tooLong).toEqual([]);
});

const stateOf = (language: Language): State => initialState(SERVER, initialModel, language);

test.each(LANGUAGES)('the list in %s has every title in full at 80 columns', (language) => {
  const entries = bundledExperiments().map(({ name, number, title }) => ({ name, number, title, isDone: true }));
  const lesson: Lesson & { type: 'list' } = { type: 'list', entries, selected: 0 };
  const rows = listRows(lesson, language, THEME, { width: 78, height: 20 });
  expect(rows.filter((row) => row.includes('…'))).toEqual([]);
});

test('styles are kept where lines are broken, and what is glued together stays together', () => {
  const mark = (text: string): string => `<${text}>`;
  const plain = (text: string): string => text;
  expect(wrapStyled([{ text: 'turn ', style: plain }, { text: '27', style: mark }, { text: ', and more', style: plain }], 8)).toEqual(['turn <27>,', 'and more']);
  expect(wrapStyled([{ text: 'abcdefgh ij', style: mark }], 4)).toEqual(['<abcd>', '<efgh>', '<ij>']);
  expect(wrapStyled([], 4)).toEqual([]);
});
