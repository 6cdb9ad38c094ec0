/**
 * A probe: one question to a server, asked over the wire.
 */
import type { Text } from '../shared/language.js';
import type { Target } from './target.js';

export type Result = 'pass' | 'fail' | 'cannot tell';


export interface Finding {
  readonly result: Result;
  /** What was sent, in short. */
  readonly sent: string;
  /** What came of it, in short; safe to print. */
  readonly came: string;
}

export interface Probe {
  readonly name: string;
  readonly asks: Text;
  /** What it means that it passes, and that it fails. */
  readonly pass: Text;
  readonly fail: Text;
  /** Where to read on. */
  readonly look: string;
  /** It writes keys. */
  readonly writes?: true;
  /** A command without which it cannot tell, as it is tried. */
  readonly needs?: readonly [command: string, ...argv: readonly string[]];
  /** Rejects with {@link Unexpected}, which is a failure: what was asked for did not come. */
  run(target: Target): Promise<Finding>;
}

export const pass = (sent: string, came: string): Finding => ({ result: 'pass', sent, came });
export const fail = (sent: string, came: string): Finding => ({ result: 'fail', sent, came });
export const cannotTell = (sent: string, came: string): Finding => ({ result: 'cannot tell', sent, came });
