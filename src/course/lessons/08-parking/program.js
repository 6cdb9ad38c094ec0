// Lesson 08: parking. docs/lessons/08-parking.md explains it; `npx redis-lab course test 08` checks it.
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

/** What BLPOP brings: the key and the value. */
const pair = (key, value) => `*2\r\n${bulk(key)}${bulk(value)}`;

/** What BLPOP brings when its time is over. */
const NOTHING_CAME = '*-1\r\n';

const wrongNumber = (command) => `-ERR wrong number of arguments for '${command.toLowerCase()}' command\r\n`;

/** Lists, and clients that wait for what others push. */
export class Server {
  #poll;
  #listener;
  #events = new Events();
  #buffer = Buffer.alloc(4096);
  /** Token → client. */
  #clients = new Map();
  #nextToken = 1;
  #now;
  /** Key → values, the oldest first. A list that has become empty is deleted. */
  #lists = new Map();
  /** { client, key, dueMs } of each client that waits for a push, in order of arrival. dueMs is Infinity if it waits without a limit. */
  #parked = [];
  /** Tokens of clients that are parked no more: what they have asked meanwhile is still to be executed. */
  #resumed = [];

  constructor(poll, listener, now) {
    this.#poll = poll;
    this.#listener = listener;
    this.#now = now;
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

  /** Clients that wait for a push. */
  get parked() {
    return this.#parked.length;
  }

  /**
   * One turn of the loop.
   *
   * @param {number | null} timeoutMs how long to wait at most; null: until something is to be done
   */
  runOnce(timeoutMs = null) {
    // task: // Not yet: the poll sleeps on when the time of a parked client is over.
    // task: this.#poll.poll(this.#events, timeoutMs);
    this.#poll.poll(this.#events, this.#timeout(timeoutMs));
    // end of task
    for (const event of this.#events) {
      if (event.token === LISTENER) this.#acceptAll();
      else this.#handle(this.#clients.get(event.token));
    }
    // task:
    this.#timeOut();
    // end of task
    // Their requests lie in their decoders, read long ago: no event tells of them.
    for (let token = this.#resumed.shift(); token !== undefined; token = this.#resumed.shift()) this.#handle(this.#clients.get(token));
  }

  #acceptAll() {
    for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {
      const token = Token(this.#nextToken++);
      this.#clients.set(token, { token, stream, decoder: new Decoder(), waiting: Buffer.alloc(0), isArmed: false, isParked: false });
      this.#poll.register(stream, token, Interest.READABLE);
    }
  }

  /** PING, RPUSH key value…, LPOP key, BLPOP key seconds. Returns the reply; null: there is none yet. */
  #execute(client, argv) {
    const [command, key, ...words] = argv.map((word) => word.toString('latin1'));
    switch (command.toUpperCase()) {
      case 'PING':
        return '+PONG\r\n';
      case 'RPUSH':
        return words.length > 0 ? this.#push(key, words) : wrongNumber(command);
      case 'LPOP':
        return key !== undefined && words.length === 0 ? bulk(this.#pop(key)) : wrongNumber(command);
      case 'BLPOP':
        return words.length === 1 ? this.#popOrPark(client, key, Number(words[0])) : wrongNumber(command);
      default:
        return `-ERR unknown command '${command.replace(/[\r\n]/g, ' ')}'\r\n`;
    }
  }

  /** Appends; the reply is how long the list is now. Then those who have waited for it are served. */
  #push(key, values) {
    const list = this.#lists.get(key) ?? [];
    list.push(...values);
    this.#lists.set(key, list);
    const reply = `:${list.length}\r\n`;
    this.#serve(key);
    return reply;
  }

  /** Takes the oldest value; null: there is none. */
  #pop(key) {
    const list = this.#lists.get(key);
    if (list === undefined) return null;
    const value = list.shift();
    if (list.length === 0) this.#lists.delete(key);
    return value;
  }

  /**
   * BLPOP: the reply if the list has a value; otherwise the client is parked (client.isParked), and null.
   *
   * @param {number} seconds how long it waits at most; 0: without limit
   */
  #popOrPark(client, key, seconds) {
    if (!(seconds >= 0)) return '-ERR timeout is not a float or out of range\r\n';
    // task: throw new Error('#popOrPark is not written yet');
    const value = this.#pop(key);
    if (value !== null) return pair(key, value);
    client.isParked = true;
    this.#parked.push({ client, key, dueMs: seconds === 0 ? Infinity : this.#now() + seconds * 1000 });
    return null;
    // end of task
  }

  /** After a push: each value goes to the client that has waited longest for this key. */
  #serve(key) {
    // task: // Not yet: waiting clients continue to wait.
    for (;;) {
      const at = this.#parked.findIndex((each) => each.key === key);
      if (at === -1 || !this.#lists.has(key)) return;
      const [{ client }] = this.#parked.splice(at, 1);
      this.#resume(client, pair(key, this.#pop(key)));
    }
    // end of task
  }

  // task:
  /** Those whose time is over get NOTHING_CAME. */
  #timeOut() {
    const nowMs = this.#now();
    const late = this.#parked.filter(({ dueMs }) => dueMs <= nowMs);
    this.#parked = this.#parked.filter(({ dueMs }) => dueMs > nowMs);
    for (const { client } of late) this.#resume(client, NOTHING_CAME);
  }

  /** Not longer than until the time of the next parked client is over. */
  #timeout(mostMs) {
    const dueMs = Math.min(...this.#parked.map((each) => each.dueMs));
    const timeoutMs = Math.min(mostMs ?? Infinity, Math.max(0, dueMs - this.#now()));
    return timeoutMs === Infinity ? null : timeoutMs;
  }

  // end of task
  /** A client that was parked has its reply, and goes on at the end of this turn. */
  #resume(client, reply) {
    client.isParked = false;
    client.waiting = Buffer.concat([client.waiting, Buffer.from(reply, 'latin1')]);
    this.#resumed.push(client.token);
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

  /** Executes, answers and reads on, as long as the client takes its replies. A parked client is read from as well: it may leave. */
  #read(client) {
    for (;;) {
      this.#executeAll(client);
      if (!this.#write(client)) return;
      const count = client.stream.read(this.#buffer);
      if (count === WouldBlock) return;
      if (count === 0) return this.#end(client);
      client.decoder.feed(this.#buffer.subarray(0, count));
    }
  }

  /** Each whole request; those behind one that is parked wait for its reply. */
  #executeAll(client) {
    const replies = [client.waiting];
    while (!client.isParked) {
      const argv = client.decoder.next();
      if (argv === null) break;
      const reply = this.#execute(client, argv);
      if (reply !== null) replies.push(Buffer.from(reply, 'latin1'));
    }
    client.waiting = Buffer.concat(replies);
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
    // task: // Not yet: the client may be among those who wait.
    this.#parked = this.#parked.filter((each) => each.client !== client);
    // end of task
  }
}
