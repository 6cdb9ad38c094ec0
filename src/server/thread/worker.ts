/**
 * The program of a loop thread that is used through the library. The command line has its own, cli/thread.ts.
 */
import { runLoopThread } from './loop-thread.js';

runLoopThread();
