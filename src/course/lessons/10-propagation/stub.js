// Lesson 10: write propagation. docs/lessons/10-propagation.md explains it; `npx redis-lab course test 10` checks it.
//
// This program works, with one client or two: a task for each connection, and a lock around what they share. Make an event loop of it.
import { Events, Interest, SystemError, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);

/** Bytes that are no request. */
export class ProtocolError extends Error {}

/** Bytes in, requests out; keeps what is not whole. Each client has one of its own. */
export class Decoder {
  #bytes = Buffer.alloc(0);

  /** @param {Buffer} bytes what a read has brought; they are copied, because the read buffer is used again */
  feed(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  /**
   * Takes the next request out of what was fed.
   *
   * @returns {Buffer[] | null} its words; null: it is not whole yet, and nothing is taken
   * @throws {ProtocolError}
   */
  next() {
    const bytes = this.#bytes;
    let end = bytes.indexOf('\r\n');
    if (bytes.length > 0 && bytes[0] !== 0x2a) throw new ProtocolError("expected '*'");
    if (end === -1) return null;
    const words = [];
    let at = end + 2;
    for (let left = Number(bytes.toString('latin1', 1, end)); left > 0; left--) {
      end = bytes.indexOf('\r\n', at);
      if (end === -1) return null;
      if (bytes[at] !== 0x24) throw new ProtocolError("expected '$'");
      const start = end + 2;
      const stop = start + Number(bytes.toString('latin1', at + 1, end));
      // The word and its CR LF must be here: a length says how much to wait for.
      if (bytes.length < stop + 2) return null;
      words.push(bytes.subarray(start, stop));
      at = stop + 2;
    }
    this.#bytes = bytes.subarray(at);
    return words;
  }
}

/** A bulk string; null is nil. Its length counts bytes. */
const bulk = (value) => (value === null ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`);

/** A request as it is sent to a sink. */
const request = (words) => `*${words.length}\r\n${words.map(bulk).join('')}`;

/** How many words a request has, by its command. */
const LENGTHS = new Map([['PING', 1], ['GET', 2], ['SET', 3], ['DEL', 2], ['INCR', 2]]);

/** The keyspace. Knows nothing of clients. */
class Database {
  #values = new Map();

  /**
   * PING, GET key, SET key value, DEL key, INCR key.
   *
   * @param {string[]} words latin1
   * @returns {{ reply: string, isChanged: boolean }} isChanged: the keyspace is another now, so the request is to be propagated
   */
  execute(words) {
    const [command, key, value] = [words[0].toUpperCase(), words[1], words[2]];
    if (words.length !== LENGTHS.get(command)) return { reply: '-ERR unknown command, or wrong number of arguments\r\n', isChanged: false };
    switch (command) {
      case 'PING':
        return { reply: '+PONG\r\n', isChanged: false };
      case 'GET':
        return { reply: bulk(this.#values.get(key) ?? null), isChanged: false };
      case 'SET':
        this.#values.set(key, value);
        return { reply: '+OK\r\n', isChanged: true };
      case 'DEL': {
        const isChanged = this.#values.delete(key);
        return { reply: `:${isChanged ? 1 : 0}\r\n`, isChanged };
      }
      default: {
        const number = Number(this.#values.get(key) ?? 0) + 1;
        if (!Number.isSafeInteger(number)) return { reply: '-ERR value is not an integer or out of range\r\n', isChanged: false };
        this.#values.set(key, String(number));
        return { reply: `:${number}\r\n`, isChanged: true };
      }
    }
  }

  /** The requests that make an empty keyspace the same as this one. */
  snapshot() {
    return [...this.#values].map(([key, value]) => request(['SET', key, value])).join('');
  }
}

/** Something that runs until it has to wait, and then goes on where it was: what a thread, a goroutine or an async function is elsewhere. */
class Task {
  #steps;
  #ready;

  /** @param {Task[]} ready where tasks stand that can go on */
  constructor(ready) {
    this.#ready = ready;
  }

  /** @param body a generator function */
  start(body) {
    this.#steps = body(this);
    this.resume();
  }

  /** It need not wait any more. */
  resume() {
    this.#ready.push(this);
  }

  /** Goes on, up to the next wait (yield). */
  run() {
    this.#steps.next();
  }
}

/** One task holds it; others wait for it, in order. */
class Lock {
  #isHeld = false;
  #queue = [];

  get waiting() {
    return this.#queue.length;
  }

  *acquire(task) {
    while (this.#isHeld) {
      this.#queue.push(task);
      yield;
    }
    this.#isHeld = true;
  }

  release() {
    this.#isHeld = false;
    this.#queue.shift()?.resume();
  }
}

/** A task for each connection. What they share is behind a lock. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;
  /** Tasks that can go on. */
  #ready = [];
  /** Around the database and the sinks. */
  #lock = new Lock();
  #database = new Database();
  /** Clients that have sent SYNC: every write is sent to them. */
  #sinks = new Set();

  constructor(poll, listener) {
    this.#poll = poll;
    this.#listener = listener;
  }

  static bind(poll, address) {
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new Server(poll, listener);
  }

  /** Clients that are connected, sinks as well. */
  get size() {
    return this.#clients.size;
  }

  /** Tasks that wait for the lock. */
  get waitingForLock() {
    return this.#lock.waiting;
  }

  /** One turn: waits for sockets, wakes the tasks that wait for them, and lets each run up to its next wait. */
  runOnce(timeoutMs = null) {
    this.#poll.poll(this.#events, timeoutMs);
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else this.#wake(this.#clients.get(event.token), event);
    }
    for (let task = this.#ready.shift(); task !== undefined; task = this.#ready.shift()) task.run();
  }

  #wake(client, event) {
    if (client === undefined) return;
    if (event.isReadable) {
      client.reader?.resume();
      client.reader = null;
    }
    if (event.isWritable) {
      client.writer?.resume();
      client.writer = null;
    }
  }

  #acceptAll() {
    for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {
      const token = Token(this.#nextToken++);
      const client = { token, stream, decoder: new Decoder(), reader: null, writer: null };
      this.#clients.set(token, client);
      this.#poll.register(stream, token, Interest.READABLE | Interest.WRITABLE);
      new Task(this.#ready).start((task) => this.#serve(task, client));
    }
  }

  /** The task of a connection. */
  *#serve(task, client) {
    try {
      for (;;) {
        const words = yield* this.#receive(task, client);
        if (words === null) break;
        yield* this.#lock.acquire(task);
        const reply = yield* this.#execute(task, client, words);
        this.#lock.release();
        yield* this.#send(task, client, reply);
      }
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof ProtocolError)) throw error;
    }
    yield* this.#lock.acquire(task);
    this.#sinks.delete(client);
    this.#lock.release();
    this.#clients.delete(client.token);
    client.stream.close();
  }

  /** With the lock. A write is propagated before the next one may start: so all sinks get the writes in one order. */
  *#execute(task, client, words) {
    if (words[0].toUpperCase() === 'SYNC') {
      this.#sinks.add(client);
      yield* this.#send(task, client, this.#database.snapshot());
      return '';
    }
    const { reply, isChanged } = this.#database.execute(words);
    if (isChanged) for (const sink of this.#sinks) yield* this.#send(task, sink, request(words));
    return reply;
  }

  /** Waits for the next request; null: the client has ended. */
  *#receive(task, client) {
    for (;;) {
      const argv = client.decoder.next();
      if (argv !== null) return argv.map((word) => word.toString('latin1'));
      const count = client.stream.read(this.#buffer);
      if (count === 0) return null;
      if (count === WouldBlock) {
        client.reader = task;
        yield;
      } else {
        client.decoder.feed(this.#buffer.subarray(0, count));
      }
    }
  }

  /** Writes all of it, and waits while the socket takes nothing. */
  *#send(task, client, text) {
    let bytes = Buffer.from(text, 'latin1');
    while (bytes.length > 0) {
      const taken = client.stream.write(bytes);
      if (taken === WouldBlock) {
        client.writer = task;
        yield;
      } else {
        bytes = bytes.subarray(taken);
      }
    }
  }
}
