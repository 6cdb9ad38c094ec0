/**
 * Lessons on the screen: what a LessonGuide needs of the lab, with the lab's own server and console as the stage.
 */
import type { RedisLabServer, TraceBatch } from '../../server/index.js';
import type { LabSession } from '../lab-session.js';
import type { Console } from '../repl/host.js';
import type { LessonEntry, LessonList } from '../state/learn/lesson.js';
import type { ReplClient, ReplLine } from '../state/repl-state.js';
import { Collector } from './collector.js';
import { FIRST_MINUTE_NAME, LessonGuide } from './lesson-guide.js';
import { bundledExperiments, loadExperiment } from './library.js';
import { doneExperiments, rememberDone } from './progress.js';
import { RESET, type Stage } from './stage.js';

export interface LessonPorts {
  readonly server: RedisLabServer;
  readonly session: LabSession;
  readonly console: Console;
  startFirstMinute(): void;
  /** The state has changed. */
  changed(): void;
}

/** Events per batch while a scenario runs: more than the screen requests, but few enough for it to keep up. */
const EVENT_BUDGET = 4000;

export class LessonsOnScreen {
  readonly guide: LessonGuide;
  private stage: LabStage | null = null;
  private endTrace: (() => Promise<void>) | null = null;

  constructor(private readonly ports: LessonPorts) {
    const { session } = ports;
    this.guide = new LessonGuide({
      language: session.state.ui.language,
      isPresenting: session.state.ui.isPresenting,
      lesson: () => session.state.lesson,
      show: (lesson) => {
        session.act({ type: 'begin' });
        session.act({ type: 'teach', lesson });
        ports.changed();
      },
      list: listOf,
      load: loadExperiment,
      done: rememberDone,
      startFirstMinute: () => ports.startFirstMinute(),
      prepare: () => this.prepare(),
      mended: () => ports.server.faults.clear(),
      release: () => this.release(),
      cleanUp: () => this.cleanUp(),
      visit: async (event) => (await session.showEvent(event)) === null,
      showLive: () => session.showLive(),
    });
  }

  heard(batch: TraceBatch): void {
    this.stage?.collector.heard(batch);
  }

  sees(clients: readonly ReplClient[]): void {
    this.stage?.collector.sees(clients);
  }

  private async prepare(): Promise<Stage> {
    const { server, session, console } = this.ports;
    await session.resume();
    if (session.state.control.breakpoints.length > 0) await session.setBreakpoints([]);
    await this.reset();
    this.endTrace ??= await server.trace(() => {}, { budget: EVENT_BUDGET });
    this.stage = new LabStage(server, console);
    this.stage.collector.sees(session.state.repl.clients);
    return this.stage;
  }

  /** The screen requests fewer events, so that a spinning loop leaves the main thread free for keys. */
  private async release(): Promise<void> {
    this.stage = null;
    await this.endTrace?.();
    this.endTrace = null;
  }

  private async cleanUp(): Promise<void> {
    await this.release();
    await this.reset();
  }

  /** Also ends what a cancelled scenario has left waiting. */
  private async reset(): Promise<void> {
    const { repl } = this.ports.console;
    repl.play(RESET);
    await repl.settled();
  }
}

class LabStage implements Stage {
  readonly collector = new Collector();

  constructor(
    readonly server: RedisLabServer,
    private readonly lab: Console,
  ) {}

  get console(): Stage['console'] {
    return this.lab.repl;
  }

  listen(said: (lines: readonly ReplLine[]) => void): () => void {
    return this.lab.listen(said);
  }
}

function listOf(): LessonList {
  const done = doneExperiments();
  const title = { en: 'Watch one command, in slow motion', ko: '명령 하나를 느리게 지켜보기' };
  const firstMinute: LessonEntry = { name: FIRST_MINUTE_NAME, number: null, title, isDone: false };
  const entries = bundledExperiments().map(({ name, number, title }) => ({ name, number, title, isDone: done.has(name) }));
  const next = entries.findIndex(({ isDone }) => !isDone);
  return { type: 'list', entries: [firstMinute, ...entries], selected: next + 1 };
}
