#!/usr/bin/env node
/**
 * The command line: flags and a configuration file in, an exit code out. Loads the server only when there is something to serve.
 */
import { toBytes } from '../server/config/bytes.js';
import { parseCommandLine } from './command-line.js';
import { keepCompiledCode } from './compile-cache.js';
import { letGoOfLostTerminals } from './lost-terminal.js';

async function main(): Promise<number> {
  // Whoever reads our output may leave first, and disks fill up: that is no reason to end.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  letGoOfLostTerminals();
  const args = process.argv.slice(2).map(toBytes);
  if (args[0] === 'replay') return (await import('./replay.js')).replay(args.slice(1));
  const request = await parseCommandLine(args);
  if (request.kind === 'text') {
    process.stdout.write(request.text);
    return 0;
  }
  if (request.kind === 'complaint') {
    (await import('./complain.js')).complain(request.complaint);
    return 1;
  }
  keepCompiledCode();
  if (request.run.headless) return (await import('./serve.js')).serve(request.run);
  return (await import('./run.js')).runLab(request.run);
}

// The thread of a server that did not end by itself must not keep the process alive.
process.exit(await main());
