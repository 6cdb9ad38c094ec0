/**
 * The follower's thread: keeps the tape, replays it behind the live loop, and takes the checkpoints, so that the loop never stalls for one. It knows where each
 * turn is on the tape, and finds the route to a destination.
 *
 *   tape ──▶ replay, turn by turn ──▶ index of turns
 *                    └── from time to time ──▶ checkpoints          both drop their oldest part, see checkpoints.ts
 */
import { serialize } from 'node:v8';
import type { MessagePort } from 'node:worker_threads';
import { Replay, type RecordingHead } from '../recording/replay.js';
import type { TapeSource } from '../recording/tape.js';
import type { ControlWords } from '../thread/control.js';
import { answerAt } from './ask.js';
import { Checkpoints, DENSE_MS } from './checkpoints.js';
import { Mailbox } from './mailbox.js';
import type { HistoryRange } from './moment.js';
import type { CallOf, FollowerCalls, ToThread } from './protocol.js';
import { RouteFinder } from './route-finder.js';
import { TapeStore } from './tape-store.js';
import { lastBorder, stateAt, stateBefore } from './fork-state.js';
import { TurnIndex } from './turn-index.js';

/** Messages are read, and memory is checked, at least once per this much work. */
const SLICE_MS = 5;
const SLICE_BYTES = 2 ** 16;
/** How often the range is reported. */
const TELL_MS = 50;
/** A checkpoint is due after this share of the budget at the latest, however quickly it was replayed. */
const TAPE_SHARE = 1 / 8;
/** Maximum size of the part of the tape that waits to be replayed. */
const BACKLOG_BYTES = 2 ** 26;
/** Taking a checkpoint may take at most this share of the time that replaying the stretch before it took. */
const CAPTURE_SHARE = 1 / 2;

/** Created with the tape's first bytes. */
interface Following {
  readonly replay: Replay;
  readonly checkpoints: Checkpoints;
  readonly index: TurnIndex;
}

export class FollowerThread implements TapeSource {
  private readonly mailbox: Mailbox<FollowerCalls>;
  private tape = new TapeStore();
  private head: RecordingHead | null = null;
  private budget = 0;
  private isWhole = false;
  private following: Following | null = null;
  /** Calls that arrived before there was anything to answer from. */
  private readonly early: CallOf<FollowerCalls>[] = [];
  /** How long replaying the tape has taken so far, and how long the last checkpoint took. */
  private workMs = 0;
  private captureMs = 0;
  private sliceStartMs = 0;
  /** Why there is no history any more. */
  private off: string | null = null;
  private toldMs = -Infinity;
  private told: HistoryRange | null = null;

  constructor(port: MessagePort, control: ControlWords) {
    this.mailbox = new Mailbox(port, control, (message) => this.receive(message));
  }

  /** Runs until the thread must end. */
  run(): void {
    this.mailbox.wait(() => this.head !== null && this.tape.end > 0);
    if (!this.mailbox.isClosed) this.follow(new Replay(this.head!, this));
    // The server has ended, or the replay has; the history can still be visited.
    while (!this.mailbox.isClosed) this.mailbox.wait(() => false, this.tell());
  }

  /** Returns bytes of the tape. At its end the follower waits here for more, in the middle of its turn, as the live loop waits. */
  from(offset: number, mayWait: boolean): Buffer | null {
    for (;;) {
      const bytes = this.tape.from(offset);
      if (bytes !== null || !mayWait || this.isWhole || this.mailbox.isClosed) return bytes;
      this.endSlice();
      this.answerEarly();
      this.mailbox.wait(() => this.tape.end > offset, this.tell());
      this.sliceStartMs = performance.now();
    }
  }

  private follow(replay: Replay): void {
    const { server } = replay;
    const { turnNumber: turn } = server.loop;
    const beginning = { turn, unixMs: server.clock.nowMs, commands: server.stats.commandsProcessed, tapeOffset: 0, workMs: 0, state: null };
    const following = (this.following = { replay, index: new TurnIndex(), checkpoints: new Checkpoints(beginning) });
    following.index.add(beginning);
    this.sliceStartMs = performance.now();
    for (let sliceEnd = SLICE_BYTES; this.off === null && replay.turn() && !this.mailbox.isClosed; ) {
      following.index.add({ turn: server.loop.turnNumber, unixMs: server.clock.nowMs, commands: server.stats.commandsProcessed });
      if (performance.now() - this.sliceStartMs < SLICE_MS && replay.position < sliceEnd) continue;
      this.endSlice();
      this.keepWithinBudget(following);
      this.mailbox.drain();
      this.tell();
      this.sliceStartMs = performance.now();
      sliceEnd = replay.position + SLICE_BYTES;
    }
    const { divergence } = replay.result();
    this.answerEarly();
    if (this.isWhole) this.followed(divergence?.message ?? null);
    else if (divergence !== null) this.turnOff(`a replay diverged (${divergence.message})`);
  }

  private endSlice(): void {
    this.workMs += performance.now() - this.sliceStartMs;
  }

  /** Called between two turns: takes a checkpoint if one is due, and drops what exceeds the budget. */
  private keepWithinBudget({ replay, checkpoints, index }: Following): void {
    const { budget, tape } = this;
    const { newest } = checkpoints;
    const gapMs = this.workMs - newest.workMs;
    const isDue = gapMs >= Math.max(DENSE_MS, this.captureMs / CAPTURE_SHARE) || replay.position - newest.tapeOffset > budget * TAPE_SHARE;
    if (isDue && replay.canBeContinued) this.capture(replay, checkpoints);
    const { usedBytes } = replay.server.keyspace;
    const fits = usedBytes <= budget && checkpoints.fit(budget, replay.position);
    if (!fits) return this.turnOff(`the dataset (${mb(usedBytes)}) does not fit into a history of ${mb(budget)}`);
    const isBehind = !this.isWhole && tape.end - replay.position > BACKLOG_BYTES;
    if (isBehind) return this.turnOff(`more than ${mb(BACKLOG_BYTES)} of what happened were waiting to be followed`);
    tape.forgetBefore(checkpoints.oldest.tapeOffset);
    index.forgetBefore(checkpoints.oldest.turn);
  }

  private capture(replay: Replay, checkpoints: Checkpoints): void {
    const startMs = performance.now();
    const checkpoint = replay.capture();
    const bytes = serialize(checkpoint);
    const state = new SharedArrayBuffer(bytes.length);
    new Uint8Array(state).set(bytes);
    const { turn, unixMs, tapeOffset } = checkpoint;
    checkpoints.add({ turn, unixMs, tapeOffset, commands: replay.server.stats.commandsProcessed, workMs: this.workMs, state });
    this.captureMs = performance.now() - startMs;
  }

  /** Reports that a whole tape was replayed. A recording of another build is shown as far as this one behaves the same. */
  private followed(divergence: string | null): void {
    this.tell(true);
    this.mailbox.post({ kind: 'followed', divergence });
  }

  /** Drops everything. */
  private turnOff(why: string): void {
    this.off = `going back is off: ${why}`;
    this.tell(true);
    this.following = null;
    this.tape = new TapeStore();
  }

  private receive(message: ToThread<FollowerCalls>): void {
    switch (message.kind) {
      case 'begin':
        this.head = message.head;
        this.budget = message.budget;
        this.isWhole = message.isWhole;
        return;
      case 'tape':
        if (this.off === null) this.tape.append(message.bytes);
        return;
      case 'call':
        if (this.following === null && this.off === null) return void this.early.push(message);
        return this.mailbox.answer(message, this.answer(message));
    }
  }

  /** Answers early calls at the end of the tape: everything recorded when they were made has been replayed by then. */
  private answerEarly(): void {
    for (const call of this.early.splice(0)) this.mailbox.deliver(call);
  }

  private answer({ method, argument }: CallOf<FollowerCalls>): unknown {
    if (this.off !== null) throw new Error(this.off);
    if (this.following === null || this.head === null) throw new Error('the history has not begun yet');
    const { index, checkpoints } = this.following;
    const finder = new RouteFinder(this.head, this.tape, index, checkpoints, this.range(this.following));
    switch (method) {
      case 'ask':
        return answerAt(finder, argument as FollowerCalls['ask']['argument']);
      case 'stateBefore':
        return stateBefore(finder, argument as FollowerCalls['stateBefore']['argument']);
      case 'stateAt':
        return stateAt(finder, argument as FollowerCalls['stateAt']['argument']);
      case 'lastBorder':
        return lastBorder(finder, argument as FollowerCalls['lastBorder']['argument']);
      case 'route': {
        const { to, before } = argument as FollowerCalls['route']['argument'];
        return finder.find(to, before);
      }
    }
  }

  private range({ replay: { server }, checkpoints }: Following): HistoryRange {
    const { oldest } = checkpoints;
    return {
      oldest: { turn: oldest.turn + 1, event: 1 },
      newest: { turn: Math.max(oldest.turn + 1, server.loop.turnNumber), event: 1 },
      oldestMs: oldest.unixMs,
      newestMs: server.clock.nowMs,
      oldestCommand: oldest.commands + 1,
      newestCommand: server.stats.commandsProcessed,
      bytes: this.tape.bytes + checkpoints.bytes,
      isWhole: this.isWhole,
      off: this.off,
    };
  }

  /** Reports to the main thread how far the history reaches. Returns in how many ms to report again; -1: nothing has changed. */
  private tell(isUrgent = false): number {
    if (this.following === null) return -1;
    const range = this.range(this.following);
    if (this.told !== null && range.newest.turn === this.told.newest.turn && range.bytes === this.told.bytes && range.off === this.told.off) return -1;
    const leftMs = this.toldMs + TELL_MS - performance.now();
    if (leftMs > 0 && !isUrgent) return leftMs;
    this.toldMs = performance.now();
    this.told = range;
    this.mailbox.post({ kind: 'range', range });
    return -1;
  }
}

const mb = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;
