// Lesson 07: writing. docs/lessons/07-writing.md explains it; `npx redis-lab course test 07` checks it.
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

/**
 * Executes a request.
 *
 * @param {Buffer[]} argv its words; the first is the command, in any case of letters
 * @returns {string} the reply, in RESP
 */
export function execute(argv) {
  const command = argv[0].toString().toUpperCase();
  if (command === 'PING') return '+PONG\r\n';
  if (command === 'ECHO' && argv.length === 2) return `$${argv[1].length}\r\n${argv[1].toString('latin1')}\r\n`;
  return '-ERR unknown command\r\n';
}

/** Answers requests; who does not take its replies is not read from either. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;

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
      this.#clients.set(token, { token, stream, decoder: new Decoder(), waiting: Buffer.alloc(0), isArmed: false });
      this.#poll.register(stream, token, Interest.READABLE);
    }
  }

  /** What a client does wrong ends this client; what is wrong in this program ends the loop. */
  #handle(client) {
    if (client === undefined) return;
    try {
      if (this.#write(client)) this.#read(client);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof ProtocolError)) throw error;
      this.#end(client);
    }
  }

  /** Reads, executes and answers, as long as the client takes its replies. */
  #read(client) {
    for (;;) {
      const count = client.stream.read(this.#buffer);
      if (count === WouldBlock) return;
      if (count === 0) return this.#end(client);
      client.decoder.feed(this.#buffer.subarray(0, count));
      const replies = [client.waiting];
      for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) replies.push(Buffer.from(execute(argv), 'latin1'));
      client.waiting = Buffer.concat(replies);
      if (!this.#write(client)) return;
    }
  }

  /**
   * Writes what waits, as far as the socket takes it. WRITABLE is asked for while something is left, and no longer: client.isArmed says
   * whether it is.
   *
   * @returns {boolean} true if nothing waits any more
   */
  #write(client) {
    // task: throw new Error('#write is not written yet');
    while (client.waiting.length > 0) {
      const taken = client.stream.write(client.waiting);
      if (taken === WouldBlock) break;
      client.waiting = client.waiting.subarray(taken);
    }
    const isArmed = client.waiting.length > 0;
    if (isArmed !== client.isArmed) {
      client.isArmed = isArmed;
      this.#poll.reregister(client.stream, client.token, isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE);
    }
    return !isArmed;
    // end of task
  }

  #end(client) {
    this.#clients.delete(client.token);
    client.stream.close();
  }
}
