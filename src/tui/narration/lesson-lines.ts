/**
 * A lesson within a session in lines: input goes to it until it is over. Its runs have their own servers, and the lab goes on meanwhile.
 */
import type { Experiment } from '../state/learn/experiment.js';
import { teachInLines, type LinePorts } from '../learn/in-lines.js';

export class LessonLines {
  private answer: ((line: string | null) => void) | null = null;
  private rest: () => void = () => {};
  private hasLeft = false;
  isOver = false;
  /** Resolves when it asks for a line, or is over. */
  rested = this.nextRest();

  /** @param experiment null: lists the experiments first */
  constructor(experiment: Experiment | null, ports: Omit<LinePorts, 'ask'>) {
    void teachInLines(experiment, { ...ports, ask: () => this.ask() }).then(() => {
      this.isOver = true;
      this.rest();
    });
  }

  /** Passes input when it has asked. Resolves when it asks again, or is over. @param line null: there is no more input */
  give(line: string | null): Promise<void> {
    const { answer } = this;
    this.answer = null;
    this.rested = this.nextRest();
    answer?.(line);
    return this.rested;
  }

  /** Ends it, at the latest when it would ask for a line. */
  leave(): void {
    this.hasLeft = true;
    if (this.answer !== null) void this.give(null);
  }

  private ask(): Promise<string | null> {
    if (this.hasLeft) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.answer = resolve;
      this.rest();
    });
  }

  private nextRest(): Promise<void> {
    return new Promise((resolve) => {
      this.rest = resolve;
    });
  }
}
