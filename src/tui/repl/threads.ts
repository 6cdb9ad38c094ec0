/**
 * `threads 8 500`: has clients count on one key of a server with a thread for each of them, and says what its lock has cost.
 */
import { countOnThreads } from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

const USAGE = 'threads [clients] [commands], for example: threads 8 500';

/** How startThreads refuses where there are no such sockets. */
const NOT_HERE = /^threads need the sockets of Linux/;

/** Rejects with what is wrong about the words, or with what the system refuses. Where there are no threads to show, that is said, and is no error. */
export async function threads(words: readonly string[], texts: ConsoleTexts): Promise<readonly string[]> {
  if (words.length > 2 || !words.every((word) => /^\d+$/.test(word))) throw new Error(USAGE);
  const [clients = 8, commands = 500] = words.map(Number);
  if (process.platform !== 'linux') return [texts.noThreads];
  const result = await countOnThreads({ clients, commands }).catch((error: Error) => {
    if (NOT_HERE.test(error.message)) return null;
    throw error;
  });
  if (result === null) return [texts.noThreads];
  const { counted, lock, silentState, grownBytes } = result;
  return [texts.threads(clients, counted, lock.acquisitions, lock.waits), texts.silentThread(silentState, Math.round(grownBytes / 2 ** 20))];
}
