/**
 * FirstMinuteGuide: the effects of the first minute. It runs lines in the console, slows the loop down, and finds the results in the trace.
 *
 *   keys, batches of the trace, looks at the busy loop ──▶ guide ──▶ lines of the console, the loop's pace, what is shown
 */
import type { TraceBatch, TraceEvent } from '../../server/index.js';
import type { Busy } from '../state/state.js';
import { spell, type Key } from '../terminal/key.js';
import { ANSWERS, BUSY_SECONDS, FIRST_COMMAND, FIRST_MINUTE, WATCH_SPEED, type Answer, type FirstMinute } from '../state/learn/first-minute.js';
import type { Language } from '../../shared/language.js';

export interface GuideHost {
  readonly language: Language;
  /** How another client connects to the server: `redis-cli -p 6379`. */
  readonly connect: string;
  /** The state of the first minute; null: it is not shown, or over. */
  minute(): FirstMinute | null;
  show(minute: FirstMinute | null): void;
  /** Adds a line to the transcript. */
  say(text: string): void;
  /** Runs a line in the console, as if it had been typed. */
  run(line: string): void;
  /** Resolves when the console awaits no reply. */
  answered(): Promise<void>;
  /** Events per second; null: at full speed. Resolves when the loop has applied it. */
  slow(eventsPerSecond: number | null): Promise<void>;
  /** True if the console has the focus and its line is empty. */
  isLineEmpty(): boolean;
  /** True if nothing has happened except what the guide has requested. */
  isFresh(): boolean;
  /** Shows the moment after an event of the trace. Resolves with false if it is not stored. */
  visit(event: TraceEvent): Promise<boolean>;
  /** Moves from the shown moment to the next or previous event. */
  walk(direction: 'back' | 'forward'): void;
  showLive(): void;
}

/** @ben and @ann. */
const CLIENTS = 2;

export class FirstMinuteGuide {
  private isFresh = false;
  private turn = 0;
  /** The command that kept the loop busy. */
  private culprit: { readonly token: number; readonly turn: number; readonly busyUs: number } | null = null;
  private waitedMs = 0;
  /** The event at which the first waiting client was found ready. */
  private becameReady: TraceEvent | null = null;
  /** The first command has been executed. */
  private isExecuted = false;
  /** The clients whose first request is known to have been executed. */
  private readonly greeted = new Set<number>();
  private hasComputed = false;

  constructor(private readonly host: GuideHost) {}

  start(): void {
    this.isFresh = false;
    this.isExecuted = false;
    this.culprit = null;
    this.becameReady = null;
    this.waitedMs = 0;
    this.greeted.clear();
    this.hasComputed = false;
    this.host.show({ step: 'invitation' });
  }

  /** At a first start: active until the user does something. */
  startFresh(): void {
    this.start();
    this.isFresh = true;
  }

  /** True if the key was handled by the guide. */
  press(key: Key): boolean {
    const spelled = spell(key);
    switch (this.step) {
      case 'invitation':
        return this.pressAtInvitation(key, spelled);
      case 'question':
        return this.pressAtQuestion(key, spelled);
      case 'explained':
      case 'visiting':
        return this.pressAtEnd(key, spelled);
      default:
        return false;
    }
  }

  /** Call it after anything that may have started something else. */
  look(): void {
    if (this.isFresh && this.step === 'invitation' && !this.host.isFresh()) this.host.show(null);
  }

  heard({ events, droppedCommands }: TraceBatch): void {
    this.look();
    for (const event of events) this.follow(event);
    if (this.step === 'running' && !this.hasComputed && (this.greeted.size >= CLIENTS || droppedCommands > 0)) this.compute();
  }

  busy(busy: Busy | null): void {
    if (this.step !== 'running' || busy === null) return;
    for (const [token, { kind, waitedMs }] of busy.waiting) {
      if (kind === 'bytes' && token !== busy.activity.token) this.waitedMs = Math.max(this.waitedMs, waitedMs);
    }
  }

  private pressAtInvitation(key: Key, spelled: string): boolean {
    if (spelled === 'enter' && this.host.isLineEmpty()) {
      void this.watch();
      return true;
    }
    if (types(key)) this.host.show(null);
    return false;
  }

  private pressAtQuestion(key: Key, spelled: string): boolean {
    const answer = ANSWERS[Number(spelled) - 1] ?? ANSWERS['abc'.indexOf(spelled)];
    if (answer !== undefined) {
      this.experiment(answer);
      return true;
    }
    if (types(key) || spelled === 'escape') this.host.show(null);
    return spelled === 'escape';
  }

  private pressAtEnd(key: Key, spelled: string): boolean {
    const direction = spelled === 'left' ? 'back' : spelled === 'right' ? 'forward' : null;
    if (direction !== null && this.host.isLineEmpty()) {
      if (this.step === 'visiting') this.host.walk(direction);
      else if (this.becameReady !== null) void this.visit(this.becameReady);
      return true;
    }
    if (types(key)) {
      this.host.showLive();
      this.host.show(null);
    }
    return false;
  }

  private async visit(event: TraceEvent): Promise<void> {
    if (await this.host.visit(event)) this.host.show({ step: 'visiting' });
  }

  private async watch(): Promise<void> {
    this.host.show({ step: 'watching' });
    this.say('watching');
    await this.host.slow(WATCH_SPEED);
    this.host.run(FIRST_COMMAND);
  }

  private experiment(answer: Answer): void {
    this.host.show({ step: 'running', answer });
    this.say('running');
    // Connected before the loop is busy, so that their requests wait at separate tokens; see compute().
    this.host.run('@ben PING');
    this.host.run('@ann PING');
  }

  /** Once the trace has reported both clients: a busy loop reports nothing, and the Tokens pane is to know their names meanwhile. */
  private compute(): void {
    this.hasComputed = true;
    this.host.run(`@ann busy ${BUSY_SECONDS}`);
    this.host.run('@ben PING');
    this.host.run('GET greeting');
  }

  private follow(event: TraceEvent): void {
    if (event.kind === 'turn-begin') this.turn = event.turn;
    const minute = this.host.minute();
    if (minute?.step === 'watching') this.followFirst(event);
    if (minute?.step === 'running') this.followExperiment(event, minute.answer);
  }

  /** The first command is over when its reply has been written. */
  private followFirst(event: TraceEvent): void {
    if (event.kind === 'execute' && event.command === 'set') this.isExecuted = true;
    if (event.kind !== 'write' || !this.isExecuted) return;
    void this.host.slow(null);
    this.say('watched');
    this.host.show({ step: 'question' });
  }

  private followExperiment(event: TraceEvent, answer: Answer): void {
    if (event.kind === 'execute' && event.command === 'ping') this.greeted.add(event.token);
    if (event.kind === 'execute' && event.elapsedUs > (BUSY_SECONDS * 1e6) / 2) {
      this.culprit = { token: event.token, turn: this.turn, busyUs: event.elapsedUs };
    }
    if (this.culprit === null) return;
    if (event.kind === 'ready' && event.token !== this.culprit.token) this.becameReady ??= event;
    if (event.kind === 'reply' && event.token !== this.culprit.token) void this.explain(answer, this.culprit);
  }

  private async explain(answer: Answer, { turn, busyUs }: { readonly turn: number; readonly busyUs: number }): Promise<void> {
    this.host.show({ step: 'explained', answer, evidence: { turn, busyUs, waitedMs: this.waitedMs } });
    await this.host.answered();
    this.host.say(this.texts.yourTurn(this.host.connect));
  }

  private say(what: 'watching' | 'watched' | 'running'): void {
    this.host.say(this.texts[what]);
  }

  private get step(): FirstMinute['step'] | null {
    return this.host.minute()?.step ?? null;
  }

  private get texts(): (typeof FIRST_MINUTE)[Language] {
    return FIRST_MINUTE[this.host.language];
  }

}

/** True if the key inserts text into a line. */
const types = ({ text, ctrl, alt, name }: Key): boolean => name === 'paste' || (text !== '' && !ctrl && !alt);
