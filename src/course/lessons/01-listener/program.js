// Lesson 01: a TCP listener. docs/lessons/01-listener.md explains it; `npx redis-lab course test 01` checks it.
import { Interest, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

/** The listener's name at the poll. */
export const LISTENER = Token(0);

export class Server {
  // task:
  #listener;

  constructor(listener) {
    this.#listener = listener;
  }

  // end of task
  /**
   * Binds to an address, and registers the listener with the poll under LISTENER, for READABLE.
   *
   * @param {import('redis-lab/poll').Poll} poll
   * @param {string} address as 127.0.0.1:7000
   * @returns {Server}
   */
  static bind(poll, address) {
    // task: throw new Error('Server.bind is not written yet');
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new Server(listener);
    // end of task
  }

  /**
   * Accepts one connection that waits.
   *
   * @returns {import('redis-lab/poll').TcpStream | null} null: no connection waits
   */
  acceptOne() {
    // task: throw new Error('acceptOne is not written yet');
    const stream = this.#listener.accept();
    return stream === WouldBlock ? null : stream;
    // end of task
  }
}
