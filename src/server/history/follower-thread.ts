/**
 * The follower's thread: keeps the tape, lives through it behind the live loop, and so knows which turn is where; it finds the way to a destination.
 */
import type { MessagePort } from 'node:worker_threads';
import type { RecordingHead } from '../recording/replay.js';
import { Replay } from '../recording/replay.js';
import type { TapeSource } from '../recording/tape.js';
import type { ControlWords } from '../thread/control.js';
import { answerAt } from './ask.js';
import { Mailbox } from './mailbox.js';
import type { HistoryRange, Moment } from './moment.js';
import type { CallOf, FollowerCalls, ToThread } from './protocol.js';
import { RouteFinder } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { TurnIndex } from './turn-index.js';

/** Messages are taken so often, whatever there is to do. */
const SLICE_MS = 5;
/** The range is told so often. */
const TELL_MS = 50;

export class FollowerThread implements TapeSource {
  private readonly mailbox: Mailbox<FollowerCalls>;
  private readonly tape = new TapeStore();
  private readonly index = new TurnIndex();
  private head: RecordingHead | null = null;
  private replay: Replay | null = null;
  private startMs = 0;
  /** Why there is no history any more. */
  private off: string | null = null;
  private toldMs = 0;
  private told: HistoryRange | null = null;

  constructor(port: MessagePort, control: ControlWords) {
    this.mailbox = new Mailbox(port, control, (message) => this.receive(message));
  }

  /** Until the thread is to end. */
  run(): void {
    this.mailbox.wait(() => this.head !== null && this.tape.end > 0);
    if (this.mailbox.isClosed) return;
    const replay = (this.replay = new Replay(this.head!, this));
    this.startMs = replay.server.clock.nowMs;
    this.mark();
    for (let sliceEndMs = 0; replay.turn() && !this.mailbox.isClosed; ) {
      this.mark();
      if (performance.now() < sliceEndMs) continue;
      this.mailbox.drain();
      this.tell();
      sliceEndMs = performance.now() + SLICE_MS;
    }
    const { divergence } = replay.result();
    if (divergence !== null) this.off = `the history does not repeat itself: ${divergence.message}`;
    // The server has ended, or what has come of it; its past can still be visited.
    while (!this.mailbox.isClosed) this.mailbox.wait(() => false, this.tell());
  }

  /** The follower has come to the end of the tape: it waits there for more, in the middle of its turn, as the live loop waits. */
  from(offset: number, mayWait: boolean): Buffer | null {
    for (;;) {
      const bytes = this.tape.from(offset);
      if (bytes !== null || !mayWait || this.mailbox.isClosed) return bytes;
      this.mailbox.wait(() => this.tape.end > offset, this.tell());
    }
  }

  private receive(message: ToThread<FollowerCalls>): void {
    switch (message.kind) {
      case 'begin':
        this.head = message.head;
        return;
      case 'tape':
        return this.tape.append(message.bytes);
      case 'call':
        return this.mailbox.answer(message, this.answer(message));
    }
  }

  private answer({ method, argument }: CallOf<FollowerCalls>): unknown {
    if (this.replay === null || this.head === null) throw new Error('the history has not begun yet');
    const finder = new RouteFinder(this.head, this.tape, this.index, this.range(this.replay));
    if (method === 'ask') return answerAt(finder, argument as FollowerCalls['ask']['argument']);
    const { to, before } = argument as FollowerCalls['route']['argument'];
    return finder.find(to, before);
  }

  private mark(): void {
    const { loop, clock, stats } = this.replay!.server;
    this.index.add({ turn: loop.turnNumber, unixMs: clock.nowMs, commands: stats.commandsProcessed });
  }

  private range({ server }: Replay): HistoryRange {
    const oldest: Moment = { turn: 1, event: 1 };
    const newest: Moment = { turn: Math.max(1, server.loop.turnNumber), event: 1 };
    return {
      oldest,
      newest,
      oldestMs: this.startMs,
      newestMs: server.clock.nowMs,
      bytes: this.tape.bytes,
      commands: server.stats.commandsProcessed,
      off: this.off,
    };
  }

  /** Tells the main thread how far the history reaches. Returns in how many ms it is to be told again; -1: there is nothing new. */
  private tell(): number {
    if (this.replay === null) return -1;
    const range = this.range(this.replay);
    if (this.told !== null && range.newest.turn === this.told.newest.turn && range.bytes === this.told.bytes && range.off === this.told.off) return -1;
    const leftMs = this.toldMs + TELL_MS - performance.now();
    if (leftMs > 0) return leftMs;
    this.toldMs = performance.now();
    this.told = range;
    this.mailbox.post({ kind: 'range', range });
    return -1;
  }
}
