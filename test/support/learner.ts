/**
 * A learner: plays an experiment of the lab in a pseudo-terminal, by keys alone, and keeps a frame of each step.
 */
import type { Bookmark, Experiment, Localized } from '../../src/tui/state/learn/experiment.js';
import { inLanguage } from '../../src/tui/state/learn/experiment.js';
import { LESSON_TEXTS } from '../../src/tui/state/learn/lesson-texts.js';
import { parsePlaceholders } from '../../src/tui/learn/placeholders.js';
import type { Language } from '../../src/shared/language.js';
import { insideOf, layoutOf, type Layout } from '../../src/tui/view/layout.js';
import type { PaneId } from '../../src/tui/state/pane-id.js';
import { KEYS, type Lab } from './lab.js';

/** What the screen showed at one step. */
export interface LessonFrame {
  /** `predict`, `moment 2`, `mend 3`. */
  readonly step: string;
  /** Keys that led here from the frame before. */
  readonly keys: string;
  /** All of the screen. */
  readonly rows: readonly string[];
  readonly panes: { readonly [pane: string]: readonly string[] };
}

export class Learner {
  readonly frames: LessonFrame[] = [];
  private readonly layout: Layout;

  constructor(private readonly lab: Lab, private readonly experiment: Experiment, private readonly language: Language) {
    const { columns, rows } = lab.terminal.size;
    this.layout = layoutOf({ width: columns, height: rows }, { focus: 'repl', isZoomed: false, beside: experiment.panes })!;
  }

  /** From the question to the sources. A wrong answer first, and every choice, the right one last. */
  async play(): Promise<void> {
    const { answers, question, bookmarks, explain, break: broken, mend, sources } = this.experiment;
    await this.see('predict', '', [question, ...answers.map(({ text }) => text)]);
    const wrong = answers.findIndex(({ isRight }) => !isRight);
    const right = answers.find(({ isRight }) => isRight)!;
    this.lab.type(String(wrong + 1));
    const said = [this.texts.youSaid(this.in(answers[wrong]!.text)), this.texts.notAsItIs, right.text];
    await this.see('step', String(wrong + 1), said);
    let moments = bookmarks.filter(({ type }) => type === 'event');
    const isAt = ({ says }: Bookmark): boolean => this.lesson.includes(`▶${squeezed(this.in(says))}`);
    for (let i = 1; moments.length > 0; i++) {
      this.lab.type(KEYS.right);
      await this.see(`moment ${i}`, '→', said, () => this.lab.header.includes('HISTORY') && moments.some(isAt));
      moments = moments.filter((one) => !isAt(one));
    }
    this.lab.type(KEYS.enter);
    await this.see('explain', 'Enter', [explain], () => this.lab.header.includes('LIVE'));
    this.lab.type(KEYS.enter);
    await this.see('break', 'Enter', [this.texts.breakIt, ...broken.lines]);
    this.lab.type(KEYS.enter);
    await this.see('broken', 'Enter', ['RED', broken.says]);
    this.lab.type(KEYS.enter);
    await this.see('mend', 'Enter', [mend.question]);
    const order = mend.choices.map((choice, i) => ({ choice, key: String(i + 1) })).toSorted((a, b) => Number(a.choice.isRight) - Number(b.choice.isRight));
    for (const { choice, key } of order) {
      this.lab.type(key);
      await this.see(choice.isRight ? 'done' : 'missed', key, [choice.isRight ? 'GREEN' : 'RED', choice.says]);
    }
    this.lab.type(KEYS.enter);
    await this.see('sources', 'Enter', [this.texts.sources, ...sources.map(({ text }) => text)]);
  }

  /** The column of the experiment, as one text without spaces. */
  private get lesson(): string {
    const rows = this.pane('repl');
    const end = rows.findIndex((row) => /^[─░·-]{30}/.test(row));
    return squeezed(rows.slice(0, end === -1 ? undefined : end).join(''));
  }

  private pane(id: PaneId): readonly string[] {
    const { places, frame } = this.layout;
    const place = places.find(({ pane }) => pane === id)!;
    const { width, height } = insideOf(place, frame);
    const left = place.x + (frame === 'box' ? 1 : 0);
    return Array.from({ length: height }, (_, y) => this.lab.terminal.cells(place.y + 1 + y, left, left + width));
  }

  private async see(step: string, keys: string, texts: readonly (Localized | string)[], isSo: () => boolean = () => true): Promise<void> {
    const patterns = texts.map((text) => pattern(typeof text === 'string' ? text : this.in(text)));
    try {
    await this.lab.terminal.until(() => isSo() && patterns.every((one) => one.test(this.lesson)), 120_000);
    } catch (e) { console.log('MISSING', step, this.experiment.name, patterns.filter((one) => !one.test(this.lesson)), this.lesson); throw e; }
    this.frames.push({ step, keys, rows: this.lab.terminal.rows(), panes: Object.fromEntries(this.layout.places.map(({ pane }) => [pane, this.pane(pane)])) });
  }

  private in(text: Localized): string {
    return inLanguage(text, this.language);
  }

  private get texts(): (typeof LESSON_TEXTS)[Language] {
    return LESSON_TEXTS[this.language];
  }
}

const squeezed = (text: string): string => text.replace(/\s+/g, '');

/** Of a text that is whole, whatever a run has filled in. */
function pattern(text: string): RegExp {
  const literal = (part: string): string => squeezed(part).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(parsePlaceholders(text).map((part) => (typeof part === 'string' ? literal(part) : '.+?')).join(''), 'u');
}
