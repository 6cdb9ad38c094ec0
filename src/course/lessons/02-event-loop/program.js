// Lesson 02: the event loop. docs/lessons/02-event-loop.md explains it; `npx redis-lab course test 02` checks it.
import { Events, Interest, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);
const CLIENT = Token(1);

/** Echoes what its client sends; one client at a time, the others wait in the backlog. */
export class EchoServer {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** The client that is served; null: none. */
  #client = null;

  constructor(poll, listener) {
    this.#poll = poll;
    this.#listener = listener;
  }

  static bind(poll, address) {
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new EchoServer(poll, listener);
  }

  /**
   * One turn of the loop: waits once, and handles every event that came.
   *
   * @param {number | null} timeoutMs how long to wait at most; null: without limit
   */
  runOnce(timeoutMs = null) {
    // task: throw new Error('runOnce is not written yet');
    this.#poll.poll(this.#events, timeoutMs);
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#accept();
      else this.#echo();
    }
  }

  #accept() {
    if (this.#client !== null) return;
    const stream = this.#listener.accept();
    if (stream === WouldBlock) return;
    this.#client = stream;
    this.#poll.register(stream, CLIENT, Interest.READABLE);
  }

  /** Reads until WouldBlock: what is left in the socket is not reported again. */
  #echo() {
    for (;;) {
      const count = this.#client.read(this.#buffer);
      if (count === WouldBlock) return;
      if (count === 0) return this.#end();
      this.#client.write(this.#buffer.subarray(0, count));
    }
  }

  #end() {
    this.#client.close();
    this.#client = null;
    // A connection may have waited meanwhile; that was reported once already.
    this.#accept();
    // end of task
  }
}
