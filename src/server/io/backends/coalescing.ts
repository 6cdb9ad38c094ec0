/**
 * Coalescing: a short sleep before a wait, so that one wait reports several ready clients instead of one client each.
 *
 *   without   wait ─▶ 7   recv send   wait ─▶ 9   recv send   wait ─▶ 12   recv send
 *   with      sleep   wait ─▶ 7 9 12   their reads in one call, their sends in one call
 *
 * Network cards coalesce interrupts in the same way, and for the same reason (`ethtool -C`, rx-usecs and adaptive-rx): waking up, waiting and bringing code and
 * data back into the caches costs as much for one client as for many. The price is latency: what arrives during the sleep is answered that much later. So the
 * loop sleeps only where many clients are connected and waits report few of them, and as long as it helps: after a sleep that has not brought enough clients
 * together, the next is tried 1, 3, 7 … turns later.
 */
import * as libc from './libc.js';

const prctl = libc.foreign('int prctl(int option, unsigned long argument)');
const nanosleep = libc.foreign('int nanosleep(void *request, void *rest)');
const PR_SET_TIMERSLACK = 29;

/** With fewer streams all of them may be waiting for this server: then the sleep only delays their replies. */
const MIN_STREAMS = 8;
/** A wait that reports this number of events is worth its call: a sleep that led to it has helped, and the next wait needs none. */
const ENOUGH = 4;
/** Waits that report as many on average need no sleep: clients whose requests or replies are large come together by themselves. */
const USUALLY_ENOUGH = 3;
/** The average is of about this number of waits. */
const WAITS = 16;
/** The longest break between two sleeps that do not help, in turns: then the 99th percentile of latency does not show them. */
const LONGEST_BREAK = 1023;

/** Sleeps for this number of microseconds, at most 1000. */
export type Sleep = (us: number) => void;

export class Coalescing {
  /** Number of streams that are registered. */
  streams = 0;
  private reported = 0;
  /** Average number of events of waits without a sleep before them, in which the latest count most. */
  private usual = 0;
  private hasSlept = false;
  /** Turns without a sleep: how many are left, and how many there were last time. */
  private left = 0;
  private lastBreak = 0;

  /** @param us length of a sleep in microseconds, more than 0 */
  constructor(
    private readonly us: number,
    private readonly sleep: Sleep = preciseSleep,
  ) {}

  /** Called before a wait that may block. Sleeps if that is likely to bring several clients together. */
  beforeWait(): void {
    if (this.streams < MIN_STREAMS || this.reported <= 0 || this.reported >= ENOUGH || this.usual >= USUALLY_ENOUGH) return;
    if (this.left > 0) {
      this.left--;
      return;
    }
    this.sleep(this.us);
    this.hasSlept = true;
  }

  /** Called after each wait. @param reported number of events; -1: a signal has ended the wait */
  afterWait(reported: number): void {
    this.reported = reported;
    if (!this.hasSlept) {
      if (reported > 0) this.usual += (reported - this.usual) / WAITS;
      return;
    }
    this.hasSlept = false;
    this.lastBreak = reported >= ENOUGH ? 0 : Math.min(2 * this.lastBreak + 1, LONGEST_BREAK);
    this.left = this.lastBreak;
  }
}

/** struct timespec, two longs in 32-bit words, the lower ones first: seconds, nanoseconds. */
const timeWords = new Int32Array(2 * libc.LONG_WORDS);
const NANOSECONDS = libc.LONG_WORDS;
/** The same memory: koffi passes a Buffer in half the time. */
const timeBytes = Buffer.from(timeWords.buffer);

/** Of this thread: each has a copy of this module. */
let isPrecise = false;

/** Without a timer slack of its own the thread would sleep 50 µs longer, see prctl(2). */
function preciseSleep(us: number): void {
  if (!isPrecise) {
    prctl(PR_SET_TIMERSLACK, 1);
    isPrecise = true;
  }
  timeWords[NANOSECONDS] = us * 1000;
  nanosleep(timeBytes, null);
}
