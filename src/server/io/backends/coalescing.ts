/**
 * Coalescing: a short sleep before a wait, so that one wait reports several ready clients instead of one client each.
 *
 *   without   wait ─▶ 7   recv send   wait ─▶ 9   recv send   wait ─▶ 12   recv send
 *   with      sleep   wait ─▶ 7 9 12   their reads in one call, their sends in one call
 *
 * Network cards coalesce interrupts in the same way, and for the same reason (`ethtool -C`, rx-usecs and adaptive-rx): waking up, waiting and bringing code and
 * data back into the caches costs as much for one client as for many. The price is latency: what arrives during the sleep is answered that much later. So the
 * loop sleeps only while many clients are active and waits report few of them, and as long as it helps. The more clients are active, the longer it may sleep:
 *
 *   sleep        25 µs   50 µs   100 µs   200 µs      --coalesce-us, and 2, 4 and 8 times as long
 *   must bring   4       8       16       32          clients together
 *   of           8       24      64       128         active ones
 *
 * The longest sleep that may help is tried. After one that has not brought enough clients together, or nearly all of them, who then have waited for nothing,
 * one of that length is tried 1, 3, 7 … turns later, and shorter ones until then.
 */
import type { Token } from '../token.js';
import * as libc from './libc.js';

const prctl = libc.foreign('int prctl(int option, unsigned long argument)');
const nanosleep = libc.foreign('int nanosleep(void *request, void *rest)');
const PR_SET_TIMERSLACK = 29;

/** What the shortest sleep must bring together. A sleep that is a multiple of it must bring as many times more. */
const ENOUGH = 4;
/**
 * The longest sleep first: how many times as long as the shortest, and how many clients must be active. If hardly more are than it must bring together, all of
 * them may be waiting for this server: then it only delays their replies. 100 µs with 50 clients save more work, but the 99th percentile of latency grows.
 */
const SLEEPS = [
  { multiple: 8, clients: 128 },
  { multiple: 4, clients: 64 },
  { multiple: 2, clients: 24 },
  { multiple: 1, clients: 8 },
];
/** A sleep that brings together more of the active clients than this has been too long: hardly anybody was left to send something. */
const NEARLY_ALL = 3 / 4;
/** No sleep is longer, in microseconds: EpollPoll.wait does not ask for one if a timer is due within that time. */
const LONGEST_SLEEP_US = 1000;
/** Waits that on average report this share of what a sleep must bring need none: clients whose requests or replies are large come together anyway. */
const USUALLY_ENOUGH = 3 / 4;
/** The average is of about this number of waits. */
const WAITS = 16;
/** The longest break between two sleeps that do not help, in turns: then the 99th percentile of latency does not show them. */
const LONGEST_BREAK = 1023;

/** Sleeps for this number of microseconds, at most 1000. */
export type Sleep = (us: number) => void;

/** Sleeps of one length. */
class Length {
  /** Turns without one: how many are left, and how many there were last time. */
  left = 0;
  private lastBreak = 0;

  /** @param enough what it must bring together @param clients how many must be active */
  constructor(
    readonly us: number,
    readonly enough: number,
    readonly clients: number,
  ) {}

  /** @param reported number of events of the wait after such a sleep @param active number of active clients */
  slept(reported: number, active: number): void {
    const hasHelped = reported >= this.enough && reported <= NEARLY_ALL * active;
    this.lastBreak = hasHelped ? 0 : Math.min(2 * this.lastBreak + 1, LONGEST_BREAK);
    this.left = this.lastBreak;
  }
}

export class Coalescing {
  private readonly active = new ActiveClients();
  /** The longest first. */
  private readonly lengths: readonly Length[];
  private reported = 0;
  /** Average number of events of waits without a sleep before them, in which the latest count most. */
  private usual = 0;
  /** Null: the loop has not slept before the wait. */
  private slept: Length | null = null;

  /** @param us length of the shortest sleep in microseconds, more than 0 */
  constructor(
    us: number,
    private readonly sleep: Sleep = preciseSleep,
  ) {
    const lengths = SLEEPS.map(({ multiple, clients }) => new Length(us * multiple, ENOUGH * multiple, clients));
    this.lengths = lengths.filter((length) => length.us <= LONGEST_SLEEP_US);
  }

  /** Called before a wait that may block. Sleeps if that is likely to bring several clients together. */
  beforeWait(): void {
    if (this.reported <= 0) return;
    const length = this.helpful();
    if (length === null) return;
    this.sleep(length.us);
    this.slept = length;
  }

  /** Returns the longest sleep that may help; null if none may. */
  private helpful(): Length | null {
    const { lengths, reported, usual } = this;
    const active = this.active.count;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (active < length.clients || reported >= length.enough || usual >= USUALLY_ENOUGH * length.enough) continue;
      if (length.left === 0) return length;
      length.left--;
    }
    return null;
  }

  /** Called after each wait. @param reported number of events; -1: a signal has ended the wait */
  afterWait(reported: number): void {
    this.reported = reported;
    if (this.slept !== null) {
      this.slept.slept(reported, this.active.count);
      this.slept = null;
    } else if (reported > 0) this.usual += (reported - this.usual) / WAITS;
  }

  /** Called for each client that a wait has reported. */
  note(token: Token): void {
    this.active.note(token);
  }
}

/** Clients whose tokens differ in the lower bits; more are not told apart. */
const PLACES = 1024;
/** Events after which the clients are counted anew. */
const EVENTS = 1024;

/** How many clients have sent something lately: the number of different ones among the last thousand events or so. */
class ActiveClients {
  /** For the lower bits of a token, the number of the count in which it was seen last. */
  private readonly seen = new Int32Array(PLACES);
  private counts = 1;
  private events = 0;
  private current = 0;
  private previous = 0;

  get count(): number {
    return Math.max(this.current, this.previous);
  }

  note(token: Token): void {
    const place = token % PLACES;
    if (this.seen[place] !== this.counts) {
      this.seen[place] = this.counts;
      this.current++;
    }
    if (++this.events === EVENTS) this.countAnew();
  }

  private countAnew(): void {
    this.previous = this.current;
    this.current = 0;
    this.events = 0;
    this.counts = (this.counts + 1) | 0;
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
