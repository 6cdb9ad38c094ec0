/**
 * A learner: plays an experiment of the lab in a pseudo-terminal by keys alone, from the question to the sources, and notes what the screen shows at each step.
 *
 * Of each step the column of the experiment is noted, and the keys in the footer; at moments of the past also what the panes show, as far as it is the same each
 * time. Figures that a run has measured are noted as zeros.
 */
import { parsePlaceholders } from '../../src/tui/learn/placeholders.js';
import type { Language } from '../../src/shared/language.js';
import { inLanguage, type Bookmark, type Choice, type Experiment, type Localized } from '../../src/tui/state/learn/experiment.js';
import { takesNumbers } from '../../src/tui/state/learn/lesson.js';
import { LESSON_TEXTS } from '../../src/tui/state/learn/lesson-texts.js';
import type { PaneId } from '../../src/tui/state/pane-id.js';
import { insideOf, layoutOf, type Layout } from '../../src/tui/view/layout.js';
import { KEYS, Lab } from './lab.js';

/** On a busy machine a loop that spins without need leaves little to the screen. */
const PATIENCE_MS = 300_000;

/** What is said once a run has come to something. */
interface Came {
  readonly texts: readonly (Localized | string)[];
  /** Figures stand in it. */
  readonly isMeasured?: boolean;
  readonly panes?: readonly PaneId[];
  readonly isSo?: () => boolean;
  /** Those that are noted; left out: all of the experiment. */
  readonly rows?: () => readonly string[];
}

export class Learner implements Disposable {
  private readonly lab: Lab;
  private readonly layout: Layout;
  private readonly steps: string[] = [];

  constructor(
    private readonly experiment: Experiment,
    private readonly language: Language,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ) {
    this.lab = new Lab({ args: ['learn', experiment.name, '--port', '0', '--lang', language], columns, rows });
    this.layout = layoutOf({ width: columns, height: rows }, { focus: 'repl', isZoomed: false, beside: experiment.panes })!;
  }

  /**
   * Answers wrongly, goes to each moment and to the first event that the explanation leads to, chooses every line that does not mend, types one, and mends.
   * Resolves with what was noted. Rejects when a text of the experiment is not on the screen in full.
   */
  async play(): Promise<string> {
    const { answers, question, explain, break: broken, mend, sources } = this.experiment;
    await this.see('predict', { texts: [question, ...answers.map(({ text }) => text)] });
    const wrong = answers.findIndex(({ isRight }) => !isRight);
    const said = [this.texts.youSaid(this.in(answers[wrong]!.text)), this.texts.notAsItIs, answers.find(({ isRight }) => isRight)!.text];
    await this.press(String(wrong + 1), 'step', { texts: [...said, this.texts.moments, ...this.experiment.bookmarks.map(({ says }) => says)] });
    await this.walk(said);
    await this.press('Enter', 'why', { texts: [explain], isMeasured: true, isSo: () => !this.isInPast });
    if (/\{[a-z-]+\.[a-zA-Z]/.test(explain.en)) await this.follow();
    await this.press('Enter', 'break', { texts: [this.texts.breakIt, ...broken.lines], isSo: () => !this.isInPast });
    await this.press('Enter', 'broken', { texts: ['RED', broken.says], isMeasured: true });
    await this.press('Enter', 'mend', { texts: [mend.question, ...mend.choices.map((choice) => this.shown(choice)), ...(mend.typed === null ? [] : [mend.typed.prompt])] });
    await this.mend();
    await this.press('Enter', 'sources', { texts: [this.texts.sources, ...sources.map(({ text, where }) => `${text} (${where})`)] });
    return `${this.steps.join('\n\n')}\n`;
  }

  [Symbol.dispose](): void {
    this.lab.close();
  }

  /** To each moment, in the order of the run. */
  private async walk(said: Came['texts']): Promise<void> {
    let left = this.experiment.bookmarks;
    const isAt = ({ says }: Bookmark): boolean => this.lesson.includes(`▶${squeezed(this.in(says))}`);
    for (let i = 1; left.length > 0; i++) {
      const isSo = (): boolean => left.some((one) => isAt(one) && (one.type === 'line' || this.isInPast));
      const isLine = left.every(({ type }) => type === 'line');
      // All others have been noted before.
      const rows = (): readonly string[] => (isLine ? this.lessonRows() : this.rowsOf(`▶${this.in(left.find(isAt)!.says)}`));
      await this.press('→', `moment ${i}`, { texts: said, isMeasured: isLine, isSo, rows, panes: isLine ? [] : this.experiment.panes });
      left = left.filter((one) => !isAt(one));
    }
  }

  /** The first part of the explanation that leads to an event. */
  private async follow(): Promise<void> {
    const texts = [this.experiment.explain];
    // The text has been noted before.
    const rows = (): readonly string[] => [];
    await this.press('→', 'why, a part chosen', { texts, rows, isSo: () => /Enter (?:shows it|그 순간 보기)/.test(this.lab.footer) });
    await this.press('Enter', 'why, its event', { texts, rows, isSo: () => this.isInPast });
  }

  private async mend(): Promise<void> {
    const { choices, typed } = this.experiment.mend;
    const keyOf = (index: number): string => `${index + 1}${takesNumbers(this.experiment) ? ' Enter' : ''}`;
    for (const [i, choice] of choices.entries()) {
      if (!choice.isRight) await this.press(keyOf(i), 'missed', { texts: [this.shown(choice), 'RED', choice.says], isMeasured: true });
    }
    // One that is not the line of a choice, which stands there already.
    const wrong = typed?.wrong.find((one) => choices.every(({ lines }) => !lines.includes(typed.line.replace('{typed}', one))));
    if (wrong !== undefined) await this.typeLine(wrong, 'missed', 'RED');
    // Who learns in Korean types the line that mends, where one can be typed.
    if (typed !== null && this.language === 'ko') return this.typeLine(typed.solutions[0]!, 'done', 'GREEN');
    const right = choices.findIndex(({ isRight }) => isRight);
    const { says } = choices[right]!;
    await this.press(keyOf(right), 'done', { texts: [this.shown(choices[right]!), 'GREEN', says, this.texts.finished], isMeasured: true });
  }

  private async typeLine(typed: string, step: string, verdict: string): Promise<void> {
    this.lab.type(`${typed}${KEYS.enter}`);
    const line = this.experiment.mend.typed!.line.replace('{typed}', typed);
    await this.see(`${step}, by ${typed}`, { texts: [line, verdict], isMeasured: true });
  }

  /** As the list of choices has it. */
  private shown({ shows, lines, scenario }: Choice): string {
    return shows === null ? [...lines, ...(scenario ?? [])].flat().join('; ') : this.in(shows);
  }

  private async press(key: string, step: string, came: Came): Promise<void> {
    for (const one of key.split(' ')) this.lab.type({ Enter: KEYS.enter, '→': KEYS.right }[one] ?? one);
    await this.see(`${step} (${key})`, came);
  }

  private async see(step: string, { texts, isMeasured = false, panes = [], isSo = () => true, rows = () => this.lessonRows() }: Came): Promise<void> {
    const patterns = texts.map((text) => pattern(typeof text === 'string' ? text : this.in(text)));
    const isThere = (): boolean => isSo() && patterns.every((one) => one.test(this.lesson));
    await this.lab.terminal.until(isThere, PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${step}: ${patterns.filter((one) => !one.test(this.lesson)).join('\n')}\n${error.message}`);
    });
    const noted = [
      `== ${step}`,
      ...rows().map((row) => (isMeasured ? masked(row) : row)),
      ...panes.flatMap((pane) => this.noted(pane)),
      // What the log warns of stands in the place of the keys.
      ...[this.lab.footer.trim()].filter((footer) => /^(?:1-|Enter|←)/.test(footer)).map((footer) => `-- ${footer}`),
    ];
    this.steps.push(noted.map((row) => row.trimEnd()).join('\n'));
  }

  /** What a pane shows, as far as it is the same each time. */
  private noted(id: PaneId): readonly string[] {
    const rows = NOTED[id](this.pane(id));
    return rows.length === 0 ? [] : [`-- ${id}`, ...rows.map(masked)];
  }

  private get isInPast(): boolean {
    return this.lab.header.includes('HISTORY');
  }

  /** The column of the experiment, as one text without spaces. */
  private get lesson(): string {
    return squeezed(this.lessonRows().join(''));
  }

  private lessonRows(): readonly string[] {
    const rows = this.pane('repl');
    const end = rows.findIndex((row) => /^─{30}/.test(row));
    const shown = rows.slice(0, end === -1 ? undefined : end);
    return shown.slice(0, shown.findLastIndex((row) => row.trim() !== '') + 1);
  }

  /** Those in which a text stands. */
  private rowsOf(text: string): readonly string[] {
    const rows = this.lessonRows();
    const at = rows.findIndex((_, y) => squeezed(rows.slice(y).join('')).startsWith(squeezed(text)));
    const count = rows.findIndex((_, y) => squeezed(rows.slice(at, y).join('')).length >= squeezed(text).length) - at;
    return rows.slice(at, count < 0 ? undefined : at + count);
  }

  private pane(id: PaneId): readonly string[] {
    const { places, frame } = this.layout;
    const place = places.find(({ pane }) => pane === id)!;
    const { width, height } = insideOf(place, frame);
    const left = place.x + (frame === 'box' ? 1 : 0);
    return Array.from({ length: height }, (_, y) => this.lab.terminal.cells(place.y + 1 + y, left, left + width));
  }

  private in(text: Localized): string {
    return inLanguage(text, this.language);
  }

  private get texts(): (typeof LESSON_TEXTS)[Language] {
    return LESSON_TEXTS[this.language];
  }
}

/** Of a pane, by its rows. Looks at the server wake the loop, so that the waker's rows are not the same each time; ages and places in long lists are not either. */
const NOTED: { readonly [pane in PaneId]: (rows: readonly string[]) => readonly string[] } = {
  // The line of the loop at which it stands.
  loop: (rows) => rows.filter((row) => row.startsWith('▶')),
  // The console's clients with a name of their own: state and interest.
  tokens: (rows) => rows.flatMap((row) => /^\s*#\d+\s+(?:\d+\s+)?[a-z]\w*\s+\S.*?\s{2,}[RWe]+(?=\s)/.exec(row)?.[0] ?? []),
  // The token of this moment, and the first thing that came of it.
  readiness: (rows) => rows.filter((row) => /#\d/.test(row) && !row.includes('WAKER')).slice(-1).map((row) => row.replace(/^\s*\d+/, '').replace(/ ·.*|….*/, '')),
  frames: () => [],
  keyspace: () => [],
  repl: () => [],
};

const squeezed = (text: string): string => text.replace(/\s+/g, '');

const masked = (row: string): string => row.replace(/\d/g, '0');

/**
 * What has to be the same: the column of the experiment, without line breaks and the width of figures. Which goals a broken loop misses, and what the panes and
 * the footer show at that instant, depends on how fast the machine is; it is kept to be read.
 */
export function comparable(noted: string): readonly string[] {
  return noted.split(/^(?=== )/m).map((step) => {
    const column = step.replace(/^-- [^]*/m, '');
    const told = /^== (?:broken|missed)/.test(step) ? column.replace(/^- [^]*/m, '') : column;
    const figures = squeezed(told).replace(/0[0,.]*(?:µs|ms|s|초)?/g, '0');
    return figures.replace(new RegExp(`0(${PARTICLES.join('|')})`, 'g'), (_, form: string) => `0${inEitherForm(form)}`);
  });
}

/** Korean particles of which a figure decides the form. */
const PARTICLES = ['은', '는', '이', '가', '을', '를', '과', '와', '으로', '로'];
const inEitherForm = (particle: string): string => `(?:${PARTICLES.slice(PARTICLES.indexOf(particle) & ~1).slice(0, 2).join('|')})`;

/** Of a text that is whole, whatever a run has filled in. */
function pattern(text: string): RegExp {
  const literal = (part: string): string => squeezed(part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const particle = new RegExp(`^(?:${PARTICLES.join('|')})(?![가-힣])`);
  const behind = (part: string, i: number): string => {
    const form = i === 0 ? undefined : particle.exec(part)?.[0];
    return form === undefined ? literal(part) : `${inEitherForm(form)}${literal(part.slice(form.length))}`;
  };
  return new RegExp(parsePlaceholders(text).map((part, i) => (typeof part === 'string' ? behind(part, i) : '.+?')).join(''), 'u');
}
