/**
 * A probe: one question about a server, asked over its protocol.
 */
import type { Text } from '../shared/language.js';
import type { Target } from './target.js';

export type Result = 'pass' | 'fail' | 'cannot tell';

export interface Finding {
  readonly result: Result;
  /** The result, in short; safe to print. */
  readonly came: Text;
  /** What the result means, if it differs from the general meaning. */
  readonly means?: Text;
}

export interface Probe {
  readonly name: string;
  readonly asks: Text;
  /** What is sent, in short. */
  readonly sent: Text;
  /** What a pass, and a failure, means. */
  readonly pass: Text;
  readonly fail: Text;
  /** Where to read more. */
  readonly look: string;
  /** Run only once, with the longer timeouts: repeating it would tell no more. */
  readonly once?: true;
  /** It leaves a server exhausted: it is run last. */
  readonly exhausts?: true;
  /** It writes keys: it has to, or does so where that is allowed. */
  readonly writes?: true | 'if allowed';
  /** A command without which it cannot tell, as it is tried. */
  readonly needs?: readonly [command: string, ...argv: readonly string[]];
  /** Rejects with {@link Unexpected}, which is a failure: the expected reply did not come; or with {@link OwnLimit}. */
  run(target: Target): Promise<Finding>;
}

/** A text that is the same in each language: replies, names, numbers. */
export const same = (text: string): Text => ({ en: text, ko: text });

export const pass = (came: Text): Finding => ({ result: 'pass', came });
export const fail = (came: Text): Finding => ({ result: 'fail', came });
export const cannotTell = (came: Text): Finding => ({ result: 'cannot tell', came });

/** The result of a probe that needs to inspect the server's process. */
export const UNSEEN: Finding = cannotTell({ en: 'its process cannot be seen from here', ko: '여기서는 프로세스를 볼 수 없음' });

const NOT_THERE: Text = { en: 'The command, or this form of it, is not there yet.', ko: '이 명령, 또는 이 형식이 아직 없습니다.' };

/** The failure of a command that is answered with an error. */
export const missing = (came: Text): Finding => ({ result: 'fail', came, means: NOT_THERE });

/** A pass if `holds`, otherwise a failure. */
export const passIf = (holds: boolean, came: Text): Finding => (holds ? pass(came) : fail(came));
