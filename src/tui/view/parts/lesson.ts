/**
 * An experiment in the column of the REPL: the question, the results, the explanation, and the repair. The transcript of the console continues below.
 */
import { inLanguage, type FilledPart, type Judged, type Localized } from '../../state/learn/experiment.js';
import { LESSON_TEXTS } from '../../state/learn/lesson-texts.js';
import { leading, type LessonEntry, type LessonList, type LessonStep, type OpenLesson, type Outcome, type Tried } from '../../state/learn/lesson.js';
import type { Language } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Size } from '../pane.js';
import { fit, truncate, width as widthOf } from '../text.js';
import type { Style, Theme } from '../theme.js';
import { wrapStyled, type StyledPart } from './styled-wrap.js';

/** Minimum size for an experiment. */
const LEAST = { width: 38, height: 20 };
/** Rows that the console keeps: the line, its status, and something of its transcript. */
const CONSOLE_ROWS = 4;

/** Maximum number of goals that are listed as not met. */
const MOST_MISSED = 2;

interface View {
  readonly language: Language;
  /** There are keys that a run would delete. */
  readonly hasKeys: boolean;
  readonly theme: Theme;
  readonly width: number;
}

/** `pipeline: predict`, for the title of the pane. */
export function lessonTitle({ experiment, step }: OpenLesson, language: Language): string {
  return `${experiment.name}: ${LESSON_TEXTS[language].steps[step.at]}`;
}

/** Rows of exactly `width` columns, at most as many as leave room for the console. */
export function lessonRows(lesson: OpenLesson, { ui: { language }, model }: State, theme: Theme, { width, height }: Size): readonly string[] {
  const view = { language, theme, width, hasKeys: model.keyspace.databases.some(({ keys }) => keys > 0) };
  const isTooSmall = width < LEAST.width || height < LEAST.height;
  const lines = isTooSmall ? [theme.warn(truncate(LESSON_TEXTS[language].tooSmall, width))] : linesOf(lesson, view);
  const rows = lines.slice(0, Math.max(0, height - CONSOLE_ROWS)).map((line) => `${line}${' '.repeat(Math.max(0, width - widthOf(line)))}`);
  return [...rows, theme.dim(theme.glyphs.barEmpty.repeat(width))];
}

function linesOf(lesson: OpenLesson, view: View): readonly string[] {
  const { experiment, step } = lesson;
  const texts = LESSON_TEXTS[view.language];
  switch (step.at) {
    case 'predict':
      return [
        ...paragraph(experiment.question, view, view.theme.strong), '', ...numbered(experiment.answers.map(({ text }) => text), view),
        ...(view.hasKeys ? ['', ...plainLines(texts.empties, view, view.theme.warn)] : []),
      ];
    case 'running':
      return [...predictedLines(lesson, view), '', ...plainLines(texts.running[step.what], view, view.theme.strong)];
    case 'step':
      return stepLines(lesson, step, view);
    case 'explain':
      return explainLines(lesson, step, view);
    case 'break':
      return breakLines(lesson, view);
    case 'broken':
      return [...outcomeLines(step.outcome, view)];
    case 'mend':
      return mendLines(lesson, view);
    case 'missed':
      return triedLines(step.tried, view);
    case 'done':
      return [...triedLines(step.tried, view), '', ...plainLines(texts.finished, view, view.theme.good)];
    case 'sources':
      return sourceLines(lesson, view);
    case 'failed':
      return [...plainLines(texts.failed, view, view.theme.bad), ...plainLines(view.theme.visible(toBytes(step.why)), view)];
  }
}

function predictedLines({ experiment, predicted }: OpenLesson, view: View): readonly string[] {
  const answer = predicted === null ? undefined : experiment.answers[predicted];
  return answer === undefined ? [] : plainLines(LESSON_TEXTS[view.language].youSaid(inLanguage(answer.text, view.language)), view);
}

function stepLines(lesson: OpenLesson, step: LessonStep & { readonly at: 'step' }, view: View): readonly string[] {
  const { theme } = view;
  const texts = LESSON_TEXTS[view.language];
  const isRight = lesson.predicted !== null && lesson.experiment.answers[lesson.predicted]!.isRight;
  const right = lesson.experiment.answers.find((answer) => answer.isRight)!;
  const answer = inLanguage(right.text, view.language);
  const what = lesson.predicted === null ? `${answer[0]!.toUpperCase()}${answer.slice(1)}` : `${texts.notAsItIs} ${answer}`;
  return [
    ...predictedLines(lesson, view),
    ...plainLines(isRight ? texts.asItIs : `${what}.`, view, theme.strong),
    '',
    ...plainLines(lesson.moments.length === 0 ? texts.noMoments : texts.moments, view, theme.dim),
    ...lesson.moments.flatMap(({ says, at }, i) => {
      const isShown = i === step.shown;
      const arrow = isShown && step.isThere ? theme.glyphs.arrow : ' ';
      const line = isShown && typeof at === 'string' ? item(' ', theme.visible(toBytes(at)), view, theme.strong) : [];
      return [...item(arrow, inLanguage(says, view.language), view, isShown ? theme.highlight : plain), ...line];
    }),
  ];
}

function explainLines({ explanation }: OpenLesson, { selected }: LessonStep & { readonly at: 'explain' }, view: View): readonly string[] {
  return wrapStyled(styled(explanation, view.theme, selected === null ? null : leading(explanation)[selected]!.event), view.width);
}

function breakLines({ experiment }: OpenLesson, view: View): readonly string[] {
  const { lines, scenario } = experiment.break;
  const shown = [...lines, ...(scenario ?? []).flat()];
  return [...plainLines(LESSON_TEXTS[view.language].breakIt, view, view.theme.strong), '', ...shown.flatMap((line) => codeLines(line, view))];
}

function mendLines({ experiment }: OpenLesson, view: View): readonly string[] {
  const { question, choices, typed } = experiment.mend;
  const texts = LESSON_TEXTS[view.language];
  const shown = choices.map(({ shows, lines, scenario }) => shows ?? { en: [...lines, ...(scenario ?? [])].flat().join('; ') });
  return [
    ...paragraph(question, view, view.theme.strong),
    ...numbered(shown, view),
    ...(typed === null ? [] : ['', ...plainLines(`${texts.orType} ${typed.line.replace('{typed}', '')}`, view, view.theme.dim)]),
    ...(typed === null ? [] : paragraph(typed.prompt, view, view.theme.dim)),
  ];
}

const triedLines = ({ text, outcome }: Tried, view: View): readonly string[] => [...codeLines(text, view), ...outcomeLines(outcome, view)];

/** RED or GREEN, the explanation, and the goals that are not met. */
function outcomeLines({ judged, says }: Outcome, view: View): readonly string[] {
  const { theme } = view;
  const verdict = [{ text: `${LESSON_TEXTS[view.language].verdicts[judged.verdict]} `, style: verdictStyle(judged, theme) }];
  return [...wrapStyled([...verdict, ...styled(says, theme, null)], view.width), ...missedLines(judged, view)];
}

function missedLines({ goals }: Judged, view: View): readonly string[] {
  const missed = goals.filter(({ verdict }) => verdict !== 'green').slice(0, MOST_MISSED);
  return missed.flatMap(({ says, seen }) => item('-', `${inLanguage(says, view.language)}: ${seen[view.language]}`, view, view.theme.bad));
}

function verdictStyle({ verdict }: Judged, { good, bad, warn, strong }: Theme): Style {
  const style = { green: good, red: bad, unjudged: warn }[verdict];
  return (text) => strong(style(text));
}

function sourceLines({ experiment }: OpenLesson, view: View): readonly string[] {
  const sources = experiment.sources.flatMap(({ text, where }) => item('-', `${text} (${where})`, view));
  return [...plainLines(LESSON_TEXTS[view.language].sources, view, view.theme.strong), ...sources];
}

const plain: Style = (text) => text;

/** Highlights the parts that come from the run, and the selected part more strongly. */
function styled(parts: readonly FilledPart[], { visible, strong, highlight }: Theme, selected: FilledPart['event']): readonly StyledPart[] {
  let isFound = false;
  return parts.map(({ text, event, isFilled }) => {
    const isSelected = selected !== null && event === selected && !isFound;
    isFound ||= isSelected;
    return { text: isFilled ? visible(toBytes(text)) : text, style: isSelected ? highlight : isFilled ? strong : plain };
  });
}

const plainLines = (text: string, { width }: View, style: Style = plain): readonly string[] => wrapStyled([{ text, style }], width);

const paragraph = (text: Localized, view: View, style: Style = plain): readonly string[] => plainLines(inLanguage(text, view.language), view, style);

/** As it is typed. */
function codeLines(line: string, { theme, width }: View): readonly string[] {
  return wrapStyled([{ text: theme.typed(toBytes(line)), style: theme.strong }], width);
}

function numbered(texts: readonly Localized[], view: View): readonly string[] {
  return texts.flatMap((text, i) => item(String(i + 1), inLanguage(text, view.language), view));
}

/** A mark, and the text beside it. */
function item(mark: string, text: string, { width }: View, style: Style = plain): readonly string[] {
  return wrapStyled([{ text, style }], width - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`);
}

/** The list of experiments, as rows of exactly `width` columns; those around the selected one if there are more than fit. */
export function listRows({ entries, selected }: LessonList, language: Language, theme: Theme, { width, height }: Size): readonly string[] {
  const first = Math.max(0, Math.min(selected - Math.floor(height / 2), entries.length - height));
  return entries.slice(first, first + height).map((entry, i) => {
    const text = fit(` ${entryText(entry, language)}`, width);
    return first + i === selected ? theme.highlight(text) : entry.isDone ? theme.dim(text) : text;
  });
}

function entryText({ number, name, title, isDone }: LessonEntry, language: Language): string {
  const done = isDone ? LESSON_TEXTS[language].done : '';
  return `${fit(number === null ? '' : String(number), 2, 'right')}  ${fit(name, 14)} ${fit(done, 5)} ${inLanguage(title, language)}`;
}
