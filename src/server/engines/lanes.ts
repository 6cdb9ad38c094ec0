/**
 * Lanes: what each thread of a connection is doing, in memory that all threads share. Written by the thread itself, with plain stores, and read by all.
 *
 *   [ state, descriptor, commands, lock waits, thread id ] [ … ] …      one lane for each possible thread
 */
import type { LockObserver } from '../arena/lock.js';

/** Maximum number of threads; further connections wait to be accepted. */
export const MOST_THREADS = 64;

/** The states; the index is the number in a lane. */
export const LANE_STATES = [
  'free', 'starting', 'blocked in recv', 'running', 'waiting for the lock', 'holding the lock', 'blocked in send', 'listening',
] as const;
export type LaneState = (typeof LANE_STATES)[number];

const FREE = 0;
const STARTING = 1;
const READING = 2;
const RUNNING = 3;
const WAITING = 4;
const HOLDING = 5;
const WRITING = 6;
const LISTENING = 7;

/** Words of a lane: its state, its descriptor, and these. */
const WORDS = 5;
const STATE = 0;
const COMMANDS = 2;
const WAITS = 3;
const THREAD_ID = 4;

export interface LaneView {
  readonly index: number;
  readonly state: LaneState;
  readonly fd: number;
  readonly commands: number;
  readonly lockWaits: number;
  /** The kernel's thread ID; 0: it has not begun yet. */
  readonly threadId: number;
}

export function createLanes(): SharedArrayBuffer {
  return new SharedArrayBuffer(MOST_THREADS * WORDS * 4);
}

/** Returns the lanes in use. */
export function viewLanes(lanes: SharedArrayBuffer): readonly LaneView[] {
  return Array.from({ length: MOST_THREADS }, (_, index) => new Lane(lanes, index).view()).filter(({ state }) => state !== 'free');
}

export class Lane implements LockObserver {
  private readonly words: Int32Array;

  constructor(
    lanes: SharedArrayBuffer,
    private readonly index: number,
  ) {
    this.words = new Int32Array(lanes, index * WORDS * 4, WORDS);
  }

  begin(fd: number): void {
    this.words.set([STARTING, fd, 0, 0, 0]);
  }

  /** Must be called by the thread itself. */
  isOf(threadId: number): void {
    this.words[THREAD_ID] = threadId;
  }

  end(): void {
    this.words[STATE] = FREE;
  }

  reads(): void {
    this.words[STATE] = READING;
  }

  runs(): void {
    this.words[STATE] = RUNNING;
  }

  writes(): void {
    this.words[STATE] = WRITING;
  }

  /** Marks a sink that has executed nothing. */
  listens(): void {
    this.words[STATE] = LISTENING;
  }

  waits(): void {
    this.words[STATE] = WAITING;
    this.words[WAITS]!++;
  }

  holds(): void {
    this.words[STATE] = HOLDING;
  }

  released(): void {
    this.words[STATE] = RUNNING;
  }

  executes(): void {
    this.words[COMMANDS]!++;
  }

  view(): LaneView {
    const [state = FREE, fd = -1, commands = 0, lockWaits = 0, threadId = 0] = this.words;
    return { index: this.index, state: LANE_STATES[state]!, fd, commands: commands >>> 0, lockWaits, threadId };
  }
}
