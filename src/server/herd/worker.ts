/**
 * The program of a waiter: an event loop with one source, the listener that all waiters share.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { EpollPoll, SharedListener } from '../io/backends/epoll.js';
import { Events } from '../io/event.js';
import { READABLE } from '../io/interest.js';
import { type TcpStream, WOULD_BLOCK } from '../io/poll.js';
import { LISTENER } from '../io/token.js';
import { ACCEPTED, FOUND, type HerdThreadData, STOP_WORD, WAKES, wordsOf } from './counters.js';

/** How long a waiter sleeps before it checks whether it must end. */
const LOOK_MS = 100;

const { index, fd, local, isExclusive, shared } = workerData as HerdThreadData;
const words = wordsOf(index);
const listener = new SharedListener(fd, local);
const poll = new EpollPoll();
if (isExclusive) poll.registerExclusive(listener, LISTENER);
else poll.register(listener, LISTENER, READABLE);
parentPort!.postMessage('waiting');

const events = new Events();
const sleepsBefore = sleeps();
let timeouts = 0;
while (Atomics.load(shared, STOP_WORD) === 0) {
  poll.wait(events, LOOK_MS);
  if (events.length === 0) {
    timeouts++;
    continue;
  }
  const accepted = acceptAll();
  if (accepted > 0) shared[words + FOUND]!++;
  shared[words + ACCEPTED]! += accepted;
}
shared[words + WAKES] = sleeps() - sleepsBefore - timeouts;
poll.close();

/**
 * Returns how often this thread has slept and was woken, as the kernel counts it. A wait that finds nothing continues to sleep in the kernel, so the loop
 * itself sees only some of its wakes.
 */
function sleeps(): number {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))![1]);
}

/** Accepts until WouldBlock, as a loop does. Returns the number of connections. They are closed at the end, upon which the client opens the next one. */
function acceptAll(): number {
  const streams: TcpStream[] = [];
  for (let stream = listener.accept(); stream !== WOULD_BLOCK; stream = listener.accept()) streams.push(stream);
  for (const stream of streams) stream.close();
  return streams.length;
}
