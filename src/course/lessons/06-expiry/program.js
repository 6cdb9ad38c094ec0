// Lesson 06: expiry, lazy and active. docs/lessons/06-expiry.md explains it; `npx redis-lab course test 06` checks it.
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

/** The keyspace, and the commands on it. Values are byte strings. */
export class Store {
  /** Key → { value, dueMs }; dueMs is null, or the time at which the key is over. */
  #entries = new Map();
  #now;

  /** @param {() => number} now the time, in ms */
  constructor(now) {
    this.#now = now;
  }

  /** Keys that take memory, also those that are over. */
  get size() {
    return this.#entries.size;
  }

  /**
   * Deletes every key that is over.
   *
   * @returns {number} how many there were
   */
  deleteDue() {
    // task: throw new Error('deleteDue is not written yet');
    const nowMs = this.#now();
    let count = 0;
    for (const [key, { dueMs }] of this.#entries) {
      if (dueMs !== null && dueMs <= nowMs && this.#entries.delete(key)) count++;
    }
    return count;
    // end of task
  }

  /** @returns {number | null} when the next key is over, in ms; null: none ever is */
  nextDueMs() {
    // task: throw new Error('nextDueMs is not written yet');
    let next = null;
    for (const { dueMs } of this.#entries.values()) if (dueMs !== null && (next === null || dueMs < next)) next = dueMs;
    return next;
    // end of task
  }

  /** PING, ECHO text, SET key value [PX ms], GET key, DEL key. */
  execute(argv) {
    const [command, ...words] = argv.map((word) => word.toString('latin1'));
    switch (command.toUpperCase()) {
      case 'PING':
        return '+PONG\r\n';
      case 'ECHO':
        return words.length === 1 ? bulk(words[0]) : wrongNumber(command);
      case 'SET':
        return this.#set(words);
      case 'GET':
        return words.length === 1 ? bulk(this.#find(words[0])) : wrongNumber(command);
      case 'DEL':
        if (words.length !== 1) return wrongNumber(command);
        return `:${this.#find(words[0]) !== null && this.#entries.delete(words[0]) ? 1 : 0}\r\n`;
      default:
        return `-ERR unknown command '${command.replace(/[\r\n]/g, ' ')}'\r\n`;
    }
  }

  // task: /** SET key value, or SET key value PX ms. */
  // task: #set(words) {
  // task:   throw new Error('#set is not written yet');
  #set([key, value, option, ms, ...more]) {
    if (value === undefined || more.length > 0) return wrongNumber('set');
    if (option === undefined) this.#entries.set(key, { value, dueMs: null });
    else if (option.toUpperCase() === 'PX' && /^[1-9]\d*$/.test(ms)) this.#entries.set(key, { value, dueMs: this.#now() + Number(ms) });
    else return '-ERR syntax error\r\n';
    return '+OK\r\n';
  // end of task
  }

  /** The value; null: there is none, or it is over. Who looks for a key that is over deletes it. */
  #find(key) {
    // task: throw new Error('#find is not written yet');
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.dueMs === null || entry.dueMs > this.#now()) return entry.value;
    this.#entries.delete(key);
    return null;
    // end of task
  }
}

/** A bulk string; null is nil. Its length counts bytes. */
const bulk = (value) => (value === null ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`);

const wrongNumber = (command) => `-ERR wrong number of arguments for '${command.toLowerCase()}' command\r\n`;

/** Answers requests; keys with a time to live are gone when it is over. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;
  #now;
  /** The keyspace. */
  store;

  constructor(poll, listener, now) {
    this.#poll = poll;
    this.#listener = listener;
    this.#now = now;
    this.store = new Store(now);
  }

  /** @param {() => number} now the time, in ms */
  static bind(poll, address, now = () => performance.now()) {
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new Server(poll, listener, now);
  }

  /** Clients that are connected. */
  get size() {
    return this.#clients.size;
  }

  /**
   * One turn of the loop.
   *
   * @param {number | null} timeoutMs how long to wait at most; null: until something is to be done
   */
  runOnce(timeoutMs = null) {
    // task: // Not yet: the poll continues to sleep when a key expires, and the key is not deleted.
    // task: this.#poll.poll(this.#events, timeoutMs);
    this.#poll.poll(this.#events, this.#timeout(timeoutMs));
    // end of task
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else this.#handle(this.#clients.get(event.token));
    }
    // task:
    this.store.deleteDue();
  }

  /** Not longer than until the next key is over. */
  #timeout(mostMs) {
    const dueMs = this.store.nextDueMs();
    const leftMs = dueMs === null ? Infinity : Math.max(0, dueMs - this.#now());
    const timeoutMs = Math.min(mostMs ?? Infinity, leftMs);
    return timeoutMs === Infinity ? null : timeoutMs;
    // end of task
  }

  #acceptAll() {
    for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {
      const token = Token(this.#nextToken++);
      this.#clients.set(token, { token, stream, decoder: new Decoder() });
      this.#poll.register(stream, token, Interest.READABLE);
    }
  }

  /** What a client does wrong ends this client; what is wrong in this program ends the loop. */
  #handle(client) {
    if (client === undefined) return;
    try {
      this.#read(client);
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
      for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) client.stream.write(Buffer.from(this.store.execute(argv), 'latin1'));
    }
  }

  #end(client) {
    this.#clients.delete(client.token);
    client.stream.close();
  }
}
