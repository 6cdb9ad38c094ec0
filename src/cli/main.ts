#!/usr/bin/env node
/**
 * The program: starts the loop's thread first, since that takes longest, and then reads the command line beside it.
 *
 *   main.js     starts thread.js ────────▶ loads loop-thread.js, waits for its options
 *      └▶ lab.js  flags, configuration ──▶ its options ──▶ listens
 *           └▶ run.js  the screen, if there is to be one; replay.js; check.js
 *
 * This file is small, because V8 compiles it at each start; the others use compiled code of earlier starts, see bundles.ts.
 */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { endUnused, startThread } from '../server/thread/start-thread.js';
import { Bundles, cacheFolder, type Use } from './bundles.js';
import { letGoOfLostTerminals } from './lost-terminal.js';
import type { Start } from './start.js';
import type { ThreadData } from './thread.js';

/** These commands start no server. */
const WITHOUT_SERVER = /^(?:-h|-v|--help|--version|replay|check|course|compare|--list|--check|--template|--reset|.*\.[cm]?[jt]s)$/;

const folder = cacheFolder(__BUILD__, process.env);
const args = process.argv.slice(2);

/** The engine of threads does not use it either. */
const hasNoLoop = args.some((arg, at) => arg === '--engine=threads' || (arg === 'threads' && args[at - 1] === '--engine'));

/** The likely use; the flags are parsed later. */
const use: Use = args.includes('--headless') ? 'headless' : args.includes('--screen-reader') ? 'lines' : 'screen';

function startLoopThread(): Worker {
  return startThread(join(__dirname, 'thread.js'), { folder, use } satisfies ThreadData);
}

async function main(): Promise<number> {
  let early = hasNoLoop || args.some((arg) => WITHOUT_SERVER.test(arg)) ? null : startLoopThread();
  // The reader of our output may leave first, and disks fill up: that is no reason to end.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  letGoOfLostTerminals();
  const bundles = new Bundles(folder, use);
  const start: Start = {
    takeThread() {
      const thread = early ?? startLoopThread();
      early = null;
      return thread;
    },
    isOver: () => bundles.keep(),
  };
  const { runCommandLine } = bundles.load(join(__dirname, 'lab.js')) as typeof import('./lab.js');
  const code = await runCommandLine(args, start);
  if (early !== null) await endUnused(early);
  return code;
}

// The thread of a server that did not end by itself must not keep the process alive.
main().then((code) => process.exit(code));
