#!/usr/bin/env node
/**
 * The command line: reads flags, then starts the server.
 */
import { Command, InvalidArgumentError } from 'commander';
import { serve } from './serve.js';

const program = new Command('redis-lab')
  .description('A playground that makes an event loop visible: a Redis-compatible server that calls epoll from TypeScript.')
  .version(__VERSION__)
  .option('--headless', 'run the server without the screen')
  .option('--port <port>', 'TCP port to listen on', parsePort, 6379);

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('must be a number from 0 to 65535');
  return port;
}

program.parse();
process.exitCode = await serve({ port: program.opts<{ port: number }>().port });
