/**
 * Counting: clients of an engine of threads, each of which increments the same key, and one that is connected and sends nothing.
 *
 *   client 1 ── INCR n, INCR n … ──▶ its thread ─┐
 *   client 2 ── INCR n, INCR n … ──▶ its thread ─┼─▶ one lock ──▶ n
 *   silent                           its thread, blocked in recv
 */
import { connect, type Socket } from 'node:net';
import type { LockCounters } from '../arena/lock.js';
import { encodeRequest } from '../resp/request-encoder.js';
import type { LaneState } from './lanes.js';
import type { ThreadsServer } from './threads.js';

export const MOST_CLIENTS = 32;
export const MOST_COMMANDS = 10_000;

export interface CountingOptions {
  /** 1 to {@link MOST_CLIENTS}. */
  readonly clients: number;
  /** Per client; 1 to {@link MOST_COMMANDS}. */
  readonly commands: number;
}

export interface CountingResult {
  /** The value of the key at the end. */
  readonly counted: number;
  readonly lock: LockCounters;
  /** What the thread of the silent client is doing. */
  readonly silentState: LaneState;
  /** By how much the resident memory of this process has grown with the threads. */
  readonly grownBytes: number;
}

/** Runs the clients, and closes the server at the end. Rejects with a RangeError for numbers that are out of range. */
export async function countOn(server: ThreadsServer, { clients, commands }: CountingOptions): Promise<CountingResult> {
  const sockets: Socket[] = [];
  try {
    checkCount('clients', clients, MOST_CLIENTS);
    checkCount('commands', commands, MOST_COMMANDS);
    const before = process.memoryUsage.rss();
    const open = (): Socket => {
      const socket = connect(server.port, '127.0.0.1');
      sockets.push(socket);
      return socket;
    };
    // The first thread has the first lane.
    await ask(open(), 'PING', 1);
    const counting = Array.from({ length: clients }, open);
    await Promise.all(counting.map((socket) => ask(socket, 'INCR', commands)));
    const grownBytes = process.memoryUsage.rss() - before;
    const { lock } = server;
    const silentState = server.view()[0]!.state;
    const counted = Number(/\d+(?=\r\n$)/.exec(await ask(counting[0]!, 'GET', 1))![0]);
    return { counted, lock, silentState, grownBytes };
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.close();
  }
}

function checkCount(what: string, count: number, most: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most) throw new RangeError(`${what}: a whole number from 1 to ${most}`);
}

const REQUESTS = { PING: encodeRequest(['PING']), INCR: encodeRequest(['INCR', 'n']), GET: encodeRequest(['GET', 'n']) };

/** Number of lines of each reply: a bulk string has two. */
const LINES = { PING: 1, INCR: 1, GET: 2 };

/** Sends a request several times at once, and resolves with all bytes of the replies. */
function ask(socket: Socket, request: keyof typeof REQUESTS, times: number): Promise<string> {
  socket.write(REQUESTS[request].repeat(times));
  return new Promise((resolve, reject) => {
    let text = '';
    let lines = 0;
    const receive = (chunk: string): void => {
      text += chunk;
      lines += chunk.split('\n').length - 1;
      if (lines < times * LINES[request]) return;
      socket.off('data', receive).off('error', reject);
      resolve(text);
    };
    socket.setEncoding('latin1').on('data', receive).on('error', reject);
  });
}
