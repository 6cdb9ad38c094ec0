/**
 * The program of the accepting thread: takes a slot, waits in accept(2), passes the descriptor on, and repeats.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BlockingAcceptor } from '../io/backends/blocking-sockets.js';
import { SystemError } from '../io/poll.js';
import type { AcceptorData, FromAcceptor } from './protocol.js';
import { Slots } from './slots.js';

/** After a failure, for example for want of descriptors, the next attempt would fail as well. */
const REST_MS = 100;

const { listeners, slots: shared } = workerData as AcceptorData;
const acceptor = new BlockingAcceptor(listeners);
const slots = new Slots(shared);
const tell = (message: FromAcceptor): void => parentPort!.postMessage(message);

while (slots.take()) {
  const isOver = acceptOne();
  if (isOver) break;
}

/** Accepts one connection. True: the listeners were shut down. */
function acceptOne(): boolean {
  try {
    const accepted = acceptor.accept();
    if (accepted === null) return true;
    tell({ kind: 'accepted', ...accepted });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    tell({ kind: 'failed', message: error.message });
    slots.give();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REST_MS);
  }
  return false;
}
