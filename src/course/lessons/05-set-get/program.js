// Lesson 05: ECHO, SET, GET. docs/lessons/05-set-get.md explains it; `npx redis-lab course test 05` checks it.
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
  #values = new Map();

  /**
   * Executes a request: PING, ECHO text, SET key value, GET key, DEL key.
   *
   * @param {Buffer[]} argv its words; the first is the command, in any case of letters
   * @returns {string} the reply, in RESP, as latin1: one character is one byte
   */
  execute(argv) {
    // task: throw new Error('Store.execute is not written yet');
    const [command, ...words] = argv.map((word) => word.toString('latin1'));
    switch (command.toUpperCase()) {
      case 'PING':
        return '+PONG\r\n';
      case 'ECHO':
        return words.length === 1 ? bulk(words[0]) : wrongNumber(command);
      case 'SET':
        if (words.length !== 2) return wrongNumber(command);
        this.#values.set(words[0], words[1]);
        return '+OK\r\n';
      case 'GET':
        return words.length === 1 ? bulk(this.#values.get(words[0]) ?? null) : wrongNumber(command);
      case 'DEL':
        return words.length === 1 ? `:${this.#values.delete(words[0]) ? 1 : 0}\r\n` : wrongNumber(command);
      default:
        return `-ERR unknown command '${command.replace(/[\r\n]/g, ' ')}'\r\n`;
    }
    // end of task
  }
}

/** A bulk string; null is nil. Its length counts bytes. */
const bulk = (value) => (value === null ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`);
// task:

const wrongNumber = (command) => `-ERR wrong number of arguments for '${command.toLowerCase()}' command\r\n`;
// end of task

/** Answers requests out of one keyspace for everyone. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;
  #store = new Store();

  constructor(poll, listener) {
    this.#poll = poll;
    this.#listener = listener;
  }

  static bind(poll, address) {
    const listener = TcpListener.bind(poll, address);
    poll.register(listener, LISTENER, Interest.READABLE);
    return new Server(poll, listener);
  }

  /** Clients that are connected. */
  get size() {
    return this.#clients.size;
  }

  runOnce(timeoutMs = null) {
    this.#poll.poll(this.#events, timeoutMs);
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else this.#handle(this.#clients.get(event.token));
    }
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
      for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) client.stream.write(Buffer.from(this.#store.execute(argv), 'latin1'));
    }
  }

  #end(client) {
    this.#clients.delete(client.token);
    client.stream.close();
  }
}
