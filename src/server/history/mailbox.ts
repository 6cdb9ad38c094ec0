/**
 * Mailbox: the messages of a thread that never returns to its event loop: they are read between two pieces of work, or while it waits for them.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type ControlWords, holdLoop } from '../thread/control.js';
import type { CallOf, FromThread, ToThread } from './protocol.js';

export class Mailbox<C> {
  /** The thread must end. */
  isClosed = false;

  /** @param receive gets all messages but `close`. An error that it throws answers the call. */
  constructor(
    private readonly port: MessagePort,
    private readonly control: ControlWords,
    private readonly receive: (message: Exclude<ToThread<C>, { kind: 'close' }>) => void,
  ) {}

  readonly drain = (): void => {
    for (let received = receiveMessageOnPort(this.port); received !== undefined; received = receiveMessageOnPort(this.port)) {
      const message = received.message as ToThread<C>;
      if (message.kind === 'close') this.isClosed = true;
      else this.deliver(message);
    }
  };

  /** Reads messages until `isOver` or the thread must end; at most for `timeoutMs` (-1: no limit). */
  wait(isOver: () => boolean, timeoutMs = -1): void {
    holdLoop(this.control, timeoutMs, () => this.isClosed || isOver(), this.drain);
  }

  post(message: FromThread): void {
    this.port.postMessage(message);
  }

  answer({ id }: CallOf<C>, value: unknown): void {
    this.post({ kind: 'result', id, value });
  }

  refuse({ id }: CallOf<C>, error: unknown): void {
    this.post({ kind: 'error', id, message: error instanceof Error ? error.message : String(error) });
  }

  /** Delivers a message, possibly once more. */
  deliver(message: Exclude<ToThread<C>, { kind: 'close' }>): void {
    try {
      this.receive(message);
    } catch (error) {
      if (message.kind !== 'call') throw error;
      this.refuse(message, error);
    }
  }
}
