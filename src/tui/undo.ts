/**
 * Undo: reverts what keys have changed, on the screen and in the loop. The changes are recorded in the state (state/changes.ts).
 */
import { APP_TEXTS } from './app-texts.js';
import type { LabSession } from './lab-session.js';
import { inverseOf, isUndone, type Change } from './state/changes.js';
import type { Language } from '../shared/language.js';

export class Undo {
  constructor(private readonly session: LabSession) {}

  /** Records a change, made or about to be made, for undoing. Returns the text about it. */
  note(change: Change): string {
    this.session.act({ type: 'note-change', change });
    return change.kind === 'step' ? change.said : this.texts.canBeTakenBack(change.said);
  }

  /** Undoes the last change that is not undone yet. Returns the text about it. */
  takeBack(): string {
    const { session } = this;
    for (let change = this.last; change !== undefined; change = this.last) {
      if (change.kind === 'step') return this.texts.stepStays;
      if (change.kind === 'pace' && session.state.control.mode === 'history') return this.texts.onlyLive(change.said);
      session.act({ type: 'forget-change', inverse: inverseOf(change, session.state) });
      if (isUndone(change, session.state)) continue;
      this.revert(change);
      return this.texts.takenBack(change.said);
    }
    return this.texts.nothingToTakeBack;
  }

  /** The text typed among the panes was a word: undoes the changes of its letters. */
  takeBackTyped(): void {
    const { session } = this;
    for (const change of session.state.ui.typed.changes.toReversed()) this.revert(change);
    session.act({ type: 'forget-typed' });
  }

  private get texts(): (typeof APP_TEXTS)[Language] {
    return APP_TEXTS[this.session.state.ui.language];
  }

  private get last(): Change | undefined {
    return this.session.state.ui.changes.at(-1);
  }

  private revert(change: Change): void {
    const { session } = this;
    if (change.kind === 'pace') void session.setPace(change.before);
    else if (change.kind === 'breakpoints') void session.setBreakpoints(change.before);
    else session.act({ type: 'undo', change });
  }
}
