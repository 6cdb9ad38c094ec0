/**
 * Access: when a key was last used, or how often it is used, in 24 bits as in Redis.
 *
 *   LRU   [      seconds, 24 bits      ]     wraps after 194 days
 *   LFU   [ minutes, 16 | counter, 8   ]     wraps after 45 days
 *
 * The counter grows with the logarithm of the number of uses, probabilistically, and shrinks with time (lfu-log-factor, lfu-decay-time). Both share the bits,
 * so after a change of policy they are meaningless for a while, in Redis too.
 */

const LRU_MAX = 0xffffff;
const MINUTES_MAX = 0xffff;
const COUNTER_MAX = 255;
/** The initial counter of a new key, so that it is not evicted at once (LFU_INIT_VAL). */
const COUNTER_INITIAL = 5;

/** Returns the clock of the LRU policies: seconds, modulo 2^24. */
export function lruClock(nowMs: number): number {
  return (nowMs / 1000) & LRU_MAX;
}

/** Returns milliseconds since the last use, with the resolution of the clock, a second. */
export function idleMs(access: number, nowMs: number): number {
  const now = lruClock(nowMs);
  return (now >= access ? now - access : now + LRU_MAX - access) * 1000;
}

/** Returns the bits of a key that was used this many seconds ago; beyond the range of the clock half the range ago, as in Redis. */
export function lruIdleFor(seconds: number, nowMs: number): number {
  const now = lruClock(nowMs);
  return seconds <= now ? now - seconds : (now + (LRU_MAX >> 1)) % LRU_MAX;
}

function minutes(nowMs: number): number {
  return (nowMs / 60_000) & MINUTES_MAX;
}

/** Returns the bits of a key that has just been created. */
export function lfuInitial(nowMs: number): number {
  return (minutes(nowMs) << 8) | COUNTER_INITIAL;
}

/** Returns the bits of a key with this counter, used just now. */
export function lfuWithCounter(counter: number, nowMs: number): number {
  return (minutes(nowMs) << 8) | counter;
}

/** Returns the current counter: one less for every `decayTime` minutes without use; 0 never decays. */
export function lfuCounter(access: number, nowMs: number, decayTime: number): number {
  const last = access >> 8;
  const now = minutes(nowMs);
  const elapsed = now >= last ? now - last : MINUTES_MAX - last + now;
  const periods = decayTime === 0 ? 0 : Math.floor(elapsed / decayTime);
  return Math.max(0, (access & COUNTER_MAX) - periods);
}

/** Returns the bits after one more use. `random` is evenly distributed in [0, 1). */
export function lfuTouched(access: number, nowMs: number, decayTime: number, logFactor: number, random: () => number): number {
  return (minutes(nowMs) << 8) | increased(lfuCounter(access, nowMs, decayTime), logFactor, random);
}

function increased(counter: number, logFactor: number, random: () => number): number {
  if (counter === COUNTER_MAX) return counter;
  const above = Math.max(0, counter - COUNTER_INITIAL);
  return random() < 1 / (above * logFactor + 1) ? counter + 1 : counter;
}
