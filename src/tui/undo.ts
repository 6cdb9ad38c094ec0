/**
 * Undo: takes back what keys have changed, on the screen and in the loop. What was changed is known from the state (state/changes.ts); this is how it is done.
 */
import type { LabSession } from './lab-session.js';
import { inverseOf, isUndone, type Change } from './state/changes.js';

export class Undo {
  constructor(private readonly session: LabSession) {}

  /** A key has changed, or is about to change, something: it can be taken back from now on. Returns what to say of it. */
  note(change: Change): string {
    this.session.act({ type: 'note-change', change });
    return change.kind === 'step' ? change.said : `${change.said} · u takes it back`;
  }

  /** Takes back the last change that is not undone already. Returns what to say of it. */
  takeBack(): string {
    const { session } = this;
    for (let change = this.last; change !== undefined; change = this.last) {
      if (change.kind === 'step') return 'a step cannot be taken back: the history shows what was before it';
      const isPast = session.state.control.mode === 'history';
      if (change.kind === 'pace' && isPast) return `this is the history: ${change.said} is taken back from the live loop only`;
      session.act({ type: 'forget-change', inverse: inverseOf(change, session.state) });
      if (isUndone(change, session.state)) continue;
      this.revert(change);
      return `taken back: ${change.said}`;
    }
    return 'there is nothing to take back';
  }

  /** What was typed among the panes was a word: whatever its letters have changed is taken back. */
  takeBackTyped(): void {
    const { session } = this;
    for (const change of session.state.ui.typed.changes.toReversed()) this.revert(change);
    session.act({ type: 'forget-typed' });
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
