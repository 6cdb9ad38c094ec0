/**
 * The program of the command line's loop threads: the same bundle as the library's, with cached compiled code.
 */
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { Bundles, cacheFolder, type Use } from './bundles.js';

export interface ThreadData {
  /** Where compiled code is kept; null: nowhere. */
  readonly folder: string | null;
  readonly use: Use;
}

/** Forks and the servers of experiments are started without data. */
const { folder, use } = (workerData as ThreadData | null) ?? { folder: cacheFolder(__BUILD__, process.env), use: 'more' };
const bundles = new Bundles(folder, use);
const { runLoopThread } = bundles.load(join(__dirname, '../server/thread/loop-thread.js')) as typeof import('../server/thread/loop-thread.js');
runLoopThread(() => bundles.keep());
