/**
 * The program of both threads of a history that is used through the library. The command line has its own, cli/history-thread.ts.
 */
import { runHistoryThread } from './history-thread.js';

runHistoryThread();
