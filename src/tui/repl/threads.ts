/**
 * `threads 8 500`: has clients count on one key of a server with a thread for each of them, and says what its lock has cost.
 */
import { countOnThreads } from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

const USAGE = 'threads [clients] [commands], for example: threads 8 500';

/** Rejects with what is wrong about the words, or with what the system refuses. */
export async function threads(words: readonly string[], texts: ConsoleTexts): Promise<readonly string[]> {
  if (words.length > 2 || !words.every((word) => /^\d+$/.test(word))) throw new Error(USAGE);
  const [clients = 8, commands = 500] = words.map(Number);
  const { counted, lock, silentState, grownBytes } = await countOnThreads({ clients, commands });
  return [texts.threads(clients, counted, lock.acquisitions, lock.waits), texts.silentThread(silentState, Math.round(grownBytes / 2 ** 20))];
}
