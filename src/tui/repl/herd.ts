/**
 * `herd 8 50 exclusive`: lets threads wait for one listener, and reports which of them its connections woke.
 */
import { HERD_LIMITS, runHerd } from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

/** Rejects with an error in the words, or an error of the system. */
export async function herd(words: readonly string[], texts: ConsoleTexts): Promise<readonly string[]> {
  const isExclusive = words.at(-1)?.toLowerCase() === 'exclusive';
  const numbers = isExclusive ? words.slice(0, -1) : words;
  const [waiters = 8, connections = 50, ...more] = numbers.map((word) => (/^\d+$/.test(word) ? Number(word) : 0));
  const isWithin = waiters >= 1 && waiters <= HERD_LIMITS.waiters && connections >= 1 && connections <= HERD_LIMITS.connections;
  if (!isWithin || more.length > 0) throw new Error(texts.herdUsage(HERD_LIMITS.waiters, HERD_LIMITS.connections));
  const { wakes, inVain, accepted } = await runHerd({ waiters, connections, isExclusive });
  return [texts.herd(connections, wakes, inVain), texts.herdAccepted(accepted.join(' '))];
}
