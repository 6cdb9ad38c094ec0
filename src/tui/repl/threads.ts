/**
 * `threads 8 500`: lets clients count on one key of a server with a thread for each of them, and reports what its lock has cost.
 */
import { countOnThreads } from '../../server/index.js';
import type { ConsoleTexts } from './console-texts.js';

const USAGE = 'threads [clients] [commands], for example: threads 8 500';

/** The error of startThreads where such sockets do not exist. */
const NOT_HERE = /^threads need the sockets of Linux/;

/** Rejects with an error in the words, or an error of the system. If there can be no threads, a note says so, which is no error. */
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
