/**
 * A probe: one question to a server, asked over the wire.
 */
import type { Text } from '../shared/language.js';
import type { Target } from './target.js';

export type Result = 'pass' | 'fail' | 'cannot tell';

export interface Finding {
  readonly result: Result;
  /** What came of it, in short; safe to print. */
  readonly came: Text;
  /** What it means, where that is not what it means in general. */
  readonly means?: Text;
}

export interface Probe {
  readonly name: string;
  readonly asks: Text;
  /** What is sent, in short. */
  readonly sent: Text;
  /** What it means that it passes, and that it fails. */
  readonly pass: Text;
  readonly fail: Text;
  /** Where to read on. */
  readonly look: string;
  /** It is asked once only, with the longer patience: to ask again would tell no more. */
  readonly once?: true;
  /** It leaves a server exhausted: it is asked when all else is known. */
  readonly exhausts?: true;
  /** It writes keys: it has to, or does so where that is allowed. */
  readonly writes?: true | 'if allowed';
  /** A command without which it cannot tell, as it is tried. */
  readonly needs?: readonly [command: string, ...argv: readonly string[]];
  /** Rejects with {@link Unexpected}, which is a failure: what was asked for did not come; or with {@link OwnLimit}. */
  run(target: Target): Promise<Finding>;
}

/** What is the same in each language: replies, names, numbers. */
export const same = (text: string): Text => ({ en: text, ko: text });

export const pass = (came: Text): Finding => ({ result: 'pass', came });
export const fail = (came: Text): Finding => ({ result: 'fail', came });
export const cannotTell = (came: Text): Finding => ({ result: 'cannot tell', came });

/** Of a probe that must see the server's process. */
export const UNSEEN: Finding = cannotTell({ en: 'its process cannot be seen from here', ko: '여기서는 프로세스를 볼 수 없음' });

const NOT_THERE: Text = { en: 'The command, or this form of it, is not there yet.', ko: '이 명령, 또는 이 형식이 아직 없습니다.' };

/** A command that is answered with an error. */
export const missing = (came: Text): Finding => ({ result: 'fail', came, means: NOT_THERE });

/** A pass if it holds. */
export const passIf = (holds: boolean, came: Text): Finding => (holds ? pass(came) : fail(came));
