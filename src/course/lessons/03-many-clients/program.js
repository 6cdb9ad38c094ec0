// Lesson 03: many clients. docs/lessons/03-many-clients.md explains it; `npx redis-lab course test 03` checks it.
import { Events, Interest, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);

/** Echoes what its clients send; any number of them at the same time, on one thread. */
export class EchoServer {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → stream of every client that is connected. */
  #clients = new Map();
  #nextToken = 1;

  constructor(poll, listener) {
    this.#poll = poll;
    this.#listener = listener;
  }

  static bind(poll, address) {
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new EchoServer(poll, listener);
  }

  /** Clients that are connected. */
  get size() {
    return this.#clients.size;
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
      if (event.token === LISTENER) this.#acceptAll();
      else this.#echo(event.token);
    }
  }

  /** Until WouldBlock: the poll tells only once that a connection waits. */
  #acceptAll() {
    for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {
      const token = Token(this.#nextToken++);
      this.#clients.set(token, stream);
      this.#poll.register(stream, token, Interest.READABLE);
    }
  }

  #echo(token) {
    const stream = this.#clients.get(token);
    // An event that came before it in this turn may have closed it.
    if (stream === undefined) return;
    try {
      for (;;) {
        const count = stream.read(this.#buffer);
        if (count === WouldBlock) return;
        if (count === 0) return this.#end(token);
        stream.write(this.#buffer.subarray(0, count));
      }
    } catch {
      // ECONNRESET, EPIPE: this client is gone, the others are not.
      this.#end(token);
    }
  }

  #end(token) {
    this.#clients.get(token).close();
    this.#clients.delete(token);
    // end of task
  }
}
