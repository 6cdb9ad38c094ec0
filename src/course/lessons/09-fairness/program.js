// Lesson 09: pipelining and fairness. docs/lessons/09-fairness.md explains it; `npx redis-lab course test 09` checks it.
import { Events, Interest, SystemError, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);

/** Requests of one client that are executed in one turn, at most. */
const BUDGET = 64;

/** What a read has come to: there are bytes, the socket is empty (WouldBlock), or the stream has ended. */
const [READ, EMPTY, ENDED] = ['read', 'empty', 'ended'];

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

/** Answers many requests by one write, and no client keeps the loop for itself. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;
  // task:
  /** Tokens of clients whose budget was used up: there may be more of them, of which no event tells. */
  #unfinished = new Set();
  // end of task

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

  /**
   * One turn of the loop.
   *
   * @param {number | null} timeoutMs how long to wait at most; null: until something is to be done
   */
  runOnce(timeoutMs = null) {
    // task: // Not yet: who has used up its budget must have its turn again, though no event tells of it.
    // task: this.#poll.poll(this.#events, timeoutMs);
    // task: for (const event of this.#events) {
    // task:   if (event.token === LISTENER) this.#acceptAll();
    // task:   else this.#handle(this.#clients.get(event.token));
    // task: }
    this.#poll.poll(this.#events, this.#unfinished.size > 0 ? 0 : timeoutMs);
    const due = this.#unfinished;
    this.#unfinished = new Set();
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else due.add(event.token);
    }
    // Each once, whether it is due by an event, by what was left, or by both.
    for (const token of due) this.#handle(this.#clients.get(token));
    // end of task
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
      if (this.#write(client)) this.#serve(client);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof ProtocolError)) throw error;
      this.#end(client);
    }
  }

  /**
   * Executes at most BUDGET requests, out of the decoder and, when that has no whole one, out of the socket; answers them by one write. After the end of the
   * stream, and the last reply, the client is ended.
   */
  #serve(client) {
    // task: throw new Error('#serve is not written yet');
    const replies = [];
    let state = READ;
    while (replies.length < BUDGET && state === READ) {
      const argv = client.decoder.next();
      if (argv === null) state = this.#fill(client);
      else replies.push(Buffer.from(execute(argv), 'latin1'));
    }
    client.waiting = Buffer.concat(replies);
    // Who does not take its replies has its turn when the socket is writable, and not before.
    if (!this.#write(client)) return;
    if (state === READ) this.#unfinished.add(client.token);
    else if (state === ENDED) this.#end(client);
    // end of task
  }

  /** One read, into the decoder. Returns READ, EMPTY or ENDED. */
  #fill(client) {
    const count = client.stream.read(this.#buffer);
    if (count === WouldBlock) return EMPTY;
    if (count === 0) return ENDED;
    client.decoder.feed(this.#buffer.subarray(0, count));
    return READ;
  }

  /** Writes what waits, as far as the socket takes it; returns true if nothing waits any more. */
  #write(client) {
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
  }

  #end(client) {
    this.#clients.delete(client.token);
    client.stream.close();
  }
}
