/**
 * RuledPolicy: the policy while rules are set. It passes the values of each decision, named as in the seam's expressions, to the owner of the rules, which
 * decides.
 */
import { WOULD_BLOCK } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { Policy, TextbookPolicy } from './policy.js';
import type { RuleValue } from './rule.js';
import type { ResultOf, SeamName } from './seams.js';

/** Instead of a token: the decision concerns no connection. */
const NO_TOKEN: Token = -1;

/** Makes a decision. `textbook` is the result without a rule. */
export type Decide = <S extends SeamName>(seam: S, token: Token, values: readonly RuleValue[], textbook: ResultOf<S>) => ResultOf<S>;

export class RuledPolicy implements Policy {
  /** The first client that was handled since the rules changed, as long as it is connected; 0: none. */
  serving: Token = 0;

  constructor(
    private readonly textbook: TextbookPolicy,
    private readonly decide: Decide,
    /**
     * The same for decisions that are repeated, or depend on when they are made, which a replay does not repeat: without an event, and if the rule fails the
     * textbook decides.
     */
    private readonly decideQuietly: Decide,
    private readonly isConnected: (token: Token) => boolean,
  ) {}

  serve(token: Token, isAgain: boolean): ResultOf<'serve'> {
    if (!this.isConnected(this.serving)) this.serving = 0;
    const decide = isAgain ? this.decideQuietly : this.decide;
    const result = decide('serve', token, [token, this.serving], this.textbook.serve());
    if (result === 'handle' && this.serving === 0) this.serving = token;
    return result;
  }

  readSize(token: Token, room: number): ResultOf<'read-size'> {
    return this.decide('read-size', token, [room], this.textbook.readSize(token, room));
  }

  afterRead(token: Token, result: number, size: number, isEdge: boolean, reads: number): ResultOf<'after-read'> {
    const values = [result === WOULD_BLOCK ? 'WouldBlock' : result, size, isEdge, reads];
    return this.decide('after-read', token, values, this.textbook.afterRead(token, result, size, isEdge, reads));
  }

  onEof(token: Token, waiting: number): ResultOf<'on-eof'> {
    return this.decide('on-eof', token, [waiting], this.textbook.onEof());
  }

  onPartial(token: Token, has: number, needs: number): ResultOf<'on-partial'> {
    return this.decide('on-partial', token, [has, needs], this.textbook.onPartial());
  }

  afterFrame(token: Token, frames: number): ResultOf<'after-frame'> {
    return this.decide('after-frame', token, [frames], this.textbook.afterFrame());
  }

  afterWrite(token: Token, taken: number, offered: number): ResultOf<'after-write'> {
    return this.decide('after-write', token, [taken, offered], this.textbook.afterWrite(token, taken));
  }

  interest(token: Token, waiting: number): ResultOf<'interest'> {
    return this.decide('interest', token, [waiting], this.textbook.interest(token, waiting));
  }

  afterAccept(listener: Token, accepted: number, isEdge: boolean): ResultOf<'after-accept'> {
    return this.decide('after-accept', listener, [accepted, isEdge], this.textbook.afterAccept(listener, accepted));
  }

  timers(ready: number): ResultOf<'timers'> {
    return this.decide('timers', NO_TOKEN, [ready], this.textbook.timers());
  }

  newToken(freed: Token): ResultOf<'new-token'> {
    return this.decide('new-token', NO_TOKEN, [freed], this.textbook.newToken());
  }

  onBlock(token: Token, timeoutMs: number, keys: number): ResultOf<'on-block'> {
    return this.decide('on-block', token, [timeoutMs, keys], this.textbook.onBlock());
  }

  expireRound(textbook: number, left: number, sampled: number, expired: number, usedUs: number, limitUs: number): ResultOf<'expire-round'> {
    return this.decide('expire-round', NO_TOKEN, [left, sampled, expired, Math.floor(usedUs), Math.floor(limitUs)], textbook);
  }

  readonly timeout = (nextMs: number): number => {
    const next = Math.ceil(nextMs);
    const wanted = this.decideQuietly('timeout', NO_TOKEN, [next], next);
    return wanted === next ? nextMs : wanted;
  };
}
