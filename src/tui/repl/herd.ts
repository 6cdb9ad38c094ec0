/**
 * `herd 8 50 exclusive`: has threads wait for one listener, and says whom its connections woke.
 */
import { runHerd } from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

const USAGE = 'herd [waiters] [connections] [exclusive], for example: herd 8 50 exclusive';

/** Rejects with what is wrong about the words, or with what the system refuses. */
export async function herd(words: readonly string[], texts: ConsoleTexts): Promise<readonly string[]> {
  const isExclusive = words.at(-1)?.toLowerCase() === 'exclusive';
  const numbers = isExclusive ? words.slice(0, -1) : words;
  if (numbers.length > 2 || !numbers.every((word) => /^\d+$/.test(word))) throw new Error(USAGE);
  const [waiters = 8, connections = 50] = numbers.map(Number);
  const { wakes, inVain, accepted } = await runHerd({ waiters, connections, isExclusive });
  return [texts.herd(connections, wakes, inVain), texts.herdAccepted(accepted.join(' '))];
}
