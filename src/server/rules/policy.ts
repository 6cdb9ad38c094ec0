/**
 * Policy: the decisions of the loop at its seams (seams.ts). Parts of the server ask the policy in force; nearly always that is the textbook's, whose methods
 * are short enough to be inlined. Setting a rule replaces it by another policy: see ruled-policy.ts.
 */
import { WOULD_BLOCK } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { ResultOf } from './seams.js';

/** Limit for a token that stays ready, edge-triggered: then the others are served. */
const READS_PER_EVENT = 16;

/** A limit so that a flood of connections does not keep the clients waiting (MAX_ACCEPTS_PER_CALL). */
const ACCEPTS_PER_EVENT = 1000;

export interface Policy {
  /** @param isAgain it was skipped before */
  serve(token: Token, isAgain: boolean): ResultOf<'serve'>;
  readSize(token: Token, room: number): ResultOf<'read-size'>;
  /** @param result bytes, or {@link WOULD_BLOCK} */
  afterRead(token: Token, result: number, size: number, isEdge: boolean, reads: number): ResultOf<'after-read'>;
  onEof(token: Token, waiting: number): ResultOf<'on-eof'>;
  onPartial(token: Token, has: number, needs: number): ResultOf<'on-partial'>;
  afterFrame(token: Token, frames: number): ResultOf<'after-frame'>;
  afterWrite(token: Token, taken: number, offered: number): ResultOf<'after-write'>;
  interest(token: Token, waiting: number): ResultOf<'interest'>;
  afterAccept(listener: Token, accepted: number, isEdge: boolean): ResultOf<'after-accept'>;
  newToken(freed: Token): ResultOf<'new-token'>;
  timers(ready: number): ResultOf<'timers'>;
  onBlock(token: Token, timeoutMs: number, keys: number): ResultOf<'on-block'>;
  /** @param textbook what the expire cycle would do; the rule may give more than `left` */
  expireRound(textbook: number, left: number, sampled: number, expired: number, usedUs: number, limitUs: number): ResultOf<'expire-round'>;
  /**
   * Returns the timeout. Null: the loop sleeps until its nearest timer is due, and no clock is read for the decision. `nextMs` has fractions, -1: there is no
   * timer; the same for the result.
   */
  readonly timeout: ((nextMs: number) => number) | null;
}

export class TextbookPolicy implements Policy {
  readonly timeout = null;

  serve(): ResultOf<'serve'> {
    return 'handle';
  }

  readSize(_token: Token, room: number): ResultOf<'read-size'> {
    return room;
  }

  afterRead(_token: Token, result: number, _size: number, isEdge: boolean, reads: number): ResultOf<'after-read'> {
    return result === WOULD_BLOCK || !isEdge ? 'wait' : reads < READS_PER_EVENT ? 'read again' : 'yield';
  }

  onEof(): ResultOf<'on-eof'> {
    return 'close';
  }

  onPartial(): ResultOf<'on-partial'> {
    return 'keep';
  }

  afterFrame(): ResultOf<'after-frame'> {
    return 'next frame';
  }

  afterWrite(_token: Token, taken: number): ResultOf<'after-write'> {
    return taken;
  }

  interest(_token: Token, waiting: number): ResultOf<'interest'> {
    return waiting > 0 ? 'read and write' : 'read';
  }

  afterAccept(_listener: Token, accepted: number): ResultOf<'after-accept'> {
    return accepted < ACCEPTS_PER_EVENT ? 'accept again' : 'yield';
  }

  timers(): ResultOf<'timers'> {
    return 'after the clients';
  }

  newToken(): ResultOf<'new-token'> {
    return 'new';
  }

  onBlock(): ResultOf<'on-block'> {
    return 'park';
  }

  expireRound(textbook: number): ResultOf<'expire-round'> {
    return textbook;
  }
}

/** The policy of one server. */
export class PolicyInForce {
  readonly textbook = new TextbookPolicy();
  current: Policy = this.textbook;
}
