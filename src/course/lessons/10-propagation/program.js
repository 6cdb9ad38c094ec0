// Lesson 10: write propagation. docs/lessons/10-propagation.md explains it; `npx redis-lab course test 10` checks it.
import { Events, Interest, SystemError, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);

/** Bytes that may wait for one client. A client that leaves more is dropped: memory has an end. */
const MOST_WAITING = 1024 * 1024;

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

/**
 * Owns all state. It gets one event after another, and knows clients by their number only: no socket, no lock, and no wait.
 *
 *   { kind: 'ClientConnect', id }
 *   { kind: 'ClientRequest', id, argv }       argv: Buffer[], as a decoder gives it
 *   { kind: 'Replication', request }          a write, for every sink
 *   { kind: 'ClientDisconnect', id }
 */
export class Handler {
  #send;
  #publish;
  #database = new Database();
  /** Number of a client → whether it is a sink. */
  #isSink = new Map();

  /**
   * @param {{ send(id: number, text: string): void, publish(event: object): void }} out send: bytes (latin1) for a client; publish: an event that comes next
   */
  constructor({ send, publish }) {
    this.#send = send;
    this.#publish = publish;
  }

  handle(event) {
    switch (event.kind) {
      case 'ClientConnect':
        this.#isSink.set(event.id, false);
        break;
      case 'ClientRequest':
        this.#send(event.id, this.#execute(event));
        break;
      case 'Replication':
        for (const [id, isSink] of this.#isSink) if (isSink) this.#send(id, event.request);
        break;
      case 'ClientDisconnect':
        this.#isSink.delete(event.id);
    }
  }

  #execute({ id, argv }) {
    const words = argv.map((word) => word.toString('latin1'));
    if (words[0].toUpperCase() === 'SYNC') {
      this.#isSink.set(id, true);
      return this.#database.snapshot();
    }
    const { reply, isChanged } = this.#database.execute(words);
    if (isChanged) this.#publish({ kind: 'Replication', request: request(words) });
    return reply;
  }
}

/** The loop: makes events of what sockets bring, and bytes in sockets of what the handler sends. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. The token is the number by which the handler knows it. */
  #clients = new Map();
  #nextToken = 1;
  /** Events that are to be handled. */
  #queue = [];
  /** Clients to whom something was sent in this turn. */
  #touched = new Set();
  #handler = new Handler({ send: (id, text) => this.#send(id, text), publish: (event) => this.#queue.push(event) });

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

  runOnce(timeoutMs = null) {
    this.#poll.poll(this.#events, timeoutMs);
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else this.#attend(this.#clients.get(event.token), (client) => this.#flush(client) && this.#read(client));
    }
    for (const client of this.#touched) this.#attend(client, () => this.#flush(client));
    this.#touched.clear();
  }

  /** An event, and what it publishes, before anything else happens. */
  #emit(event) {
    this.#queue.push(event);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#handler.handle(next);
  }

  /** From the handler. Nothing is written yet, so nothing can fail here, and no client waits. */
  #send(id, text) {
    const client = this.#clients.get(id);
    if (client === undefined || text === '') return;
    client.waiting = Buffer.concat([client.waiting, Buffer.from(text, 'latin1')]);
    this.#touched.add(client);
  }

  #acceptAll() {
    for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {
      const token = Token(this.#nextToken++);
      this.#clients.set(token, { token, stream, decoder: new Decoder(), waiting: Buffer.alloc(0), isArmed: false });
      this.#poll.register(stream, token, Interest.READABLE);
      this.#emit({ kind: 'ClientConnect', id: token });
    }
  }

  /** Does it for a client that is still connected. An error ends only this client. */
  #attend(client, does) {
    if (client === undefined || this.#clients.get(client.token) !== client) return;
    try {
      does(client);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof ProtocolError)) throw error;
      this.#end(client);
    }
  }

  #read(client) {
    for (;;) {
      const count = client.stream.read(this.#buffer);
      if (count === WouldBlock) return;
      if (count === 0) return this.#end(client);
      client.decoder.feed(this.#buffer.subarray(0, count));
      for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) this.#emit({ kind: 'ClientRequest', id: client.token, argv });
      if (!this.#flush(client)) return;
    }
  }

  /** Writes what waits, as far as the socket takes it; returns true if nothing waits any more. A client that leaves too much is ended. */
  #flush(client) {
    while (client.waiting.length > 0) {
      const taken = client.stream.write(client.waiting);
      if (taken === WouldBlock) break;
      client.waiting = client.waiting.subarray(taken);
    }
    if (client.waiting.length > MOST_WAITING) {
      this.#end(client);
      return false;
    }
    const isArmed = client.waiting.length > 0;
    if (isArmed !== client.isArmed) {
      client.isArmed = isArmed;
      this.#poll.reregister(client.stream, client.token, isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE);
    }
    return !isArmed;
  }

  #end(client) {
    this.#clients.delete(client.token);
    client.stream.close();
    this.#emit({ kind: 'ClientDisconnect', id: client.token });
  }
}
