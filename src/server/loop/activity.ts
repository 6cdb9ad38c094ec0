/**
 * Activity: what the loop is doing, in a few words of memory that another thread reads while this one is too busy to report it.
 *
 *   row of a turn         TURN    its number
 *                         TOKEN   whose handler runs
 *                         STATE   | count of requests, 17 bits | number of the command, 11 bits | phase, 4 bits |
 *   a second such row     of the turn within it (see EventLoop.turnWithin): the first one still shows what takes so long
 *   WITHIN                the outer STATE when the last turn within began
 *
 * The words are written by plain stores: one for a command, which takes some 2 ns (`npm run bench -- activity`), where an atomic store
 * takes 10 ns and a reading of the clock 48. So they hold no time, and the reader may see one word of a turn and another of the next: it reads ten times a
 * second, and trusts what it has seen twice (thread/activity-watch.ts).
 */

/** The phases; the index is the number in STATE. Encoding a reply is part of executing; collecting garbage is named where a timer does it. */
export const ACTIVITY_PHASES = ['wait', 'write', 'accept', 'messages', 'read', 'decode', 'execute', 'timers', 'trace', 'collect'] as const;
export type ActivityPhase = (typeof ACTIVITY_PHASES)[number];

export const WAITING = 0;
export const WRITING = 1;
export const ACCEPTING = 2;
export const TAKING_MESSAGES = 3;
export const READING = 4;
export const DECODING = 5;
export const EXECUTING = 6;
export const RUNNING_TIMERS = 7;
export const SENDING_TRACE = 8;
export const COLLECTING_GARBAGE = 9;

export const TURN = 0;
export const TOKEN = 1;
export const STATE = 2;
export const ROW_WORDS = 3;
/** Index of the word behind both rows. */
export const WITHIN = 2 * ROW_WORDS;

export const PHASE_MASK = 0xf;
export const COMMAND_SHIFT = 4;
export const COMMAND_MASK = 0x7ff;
const ONE_REQUEST = 1 << 15;

export type ActivityWords = Int32Array<SharedArrayBuffer>;

export function createActivityWords(): ActivityWords {
  return new Int32Array(new SharedArrayBuffer((WITHIN + 1) * Int32Array.BYTES_PER_ELEMENT));
}

/** The writing side, used on the loop thread. */
export class Activity {
  private row: ActivityWords;
  /** Requests so far, shifted to their place in STATE. */
  private count = 0;
  private readonly outer: ActivityWords;
  private readonly inner: ActivityWords;

  /** @param words of {@link createActivityWords}; by default words that no other thread reads */
  constructor(private readonly words: ActivityWords = createActivityWords()) {
    this.outer = words.subarray(0, ROW_WORDS);
    this.inner = words.subarray(ROW_WORDS, 2 * ROW_WORDS);
    this.row = this.outer;
  }

  beginsTurn(turn: number): void {
    this.row[TURN] = turn;
    this.row[STATE] = WRITING;
  }

  /** Called before the handler of a token runs. */
  handles(token: number): void {
    this.row[TOKEN] = token;
    this.row[STATE] = READING;
  }

  /** Sets the phase. @param phase one of the constants above */
  is(phase: number): void {
    this.row[STATE] = phase;
  }

  /** Called before a request is executed. @param command its number (see Command.number); 0: unknown command */
  executes(command: number): void {
    this.count = (this.count + ONE_REQUEST) | 0;
    this.row[STATE] = EXECUTING | (command << COMMAND_SHIFT) | this.count;
  }

  /** Called when a turn within the running one begins. */
  entersTurnWithin(turn: number): void {
    this.words[WITHIN] = this.outer[STATE]!;
    this.row = this.inner;
    this.beginsTurn(turn);
  }

  leavesTurnWithin(): void {
    this.row[STATE] = WAITING;
    this.row = this.outer;
  }
}
