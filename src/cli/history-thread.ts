/**
 * The program of the threads of the command line's history: the same bundle as the library's, with cached compiled code.
 */
import { join } from 'node:path';
import { Bundles, cacheFolder } from './bundles.js';

const bundles = new Bundles(cacheFolder(__BUILD__, process.env), 'more');
const { runHistoryThread } = bundles.load(join(__dirname, '../server/history/history-thread.js')) as typeof import('../server/history/history-thread.js');
runHistoryThread(() => bundles.keep());
