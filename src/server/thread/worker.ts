/**
 * The program of a loop thread that a library has asked for. The command line has one of its own, cli/thread.ts.
 */
import { runLoopThread } from './loop-thread.js';

runLoopThread();
