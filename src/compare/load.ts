/**
 * The program that makes the load, in its own process: a number of clients, each of which sends a request, waits for its reply, and sends the next one.
 *
 *   connect ──▶ PING ──▶ every client is answered, or will not be ──▶ go ──▶ SET, GET, SET, GET … for some seconds ──▶ result
 *
 * It is an event loop on epoll, to use as little processor time as possible, which the server would lack.
 */
import { once } from 'node:events';
import { encodeRequest, type LockCounters, type Reply, ReplyReader } from '../server/index.js';
import { connectStream, EpollPoll } from '../server/io/backends/epoll.js';
import { Events } from '../server/io/event.js';
import { READABLE, WRITABLE } from '../server/io/interest.js';
import { END_OF_FILE, type TcpStream, WOULD_BLOCK } from '../server/io/poll.js';
import { FIRST_FREE } from '../server/io/token.js';
import { seededRandom } from '../shared/random.js';
import { Latencies } from './latencies.js';
import type { FromLoad, LoadOptions, LoadResult, ToLoad } from './protocol.js';

/** How long the first reply may take; no server takes longer. */
const START_MS = 20_000;
/** How long to wait for late replies at the end, and for the reply to INFO. */
const LATE_MS = 3000;

const SEED = 1;
const input = Buffer.allocUnsafeSlow(64 * 1024);

class LoadClient {
  isServed = false;
  private readonly reader = new ReplyReader();
  private sentMs = 0;
  private isConnected = false;

  constructor(
    private readonly stream: TcpStream,
    /** Called with each reply, and the ms since its request was sent. */
    private readonly answered: (client: LoadClient, reply: Reply, ms: number) => void,
  ) {}

  /** Reads what has arrived. The first readiness means that it is connected; then it sends PING. Throws SystemError. */
  ready(poll: EpollPoll, token: number): void {
    if (!this.isConnected) {
      this.isConnected = true;
      poll.reregister(this.stream, token, READABLE);
      this.send(encodeRequest(['PING']));
      return;
    }
    const count = this.stream.read(input, 0, input.length);
    if (count === WOULD_BLOCK) return;
    if (count === END_OF_FILE) throw new Error('the server has closed a connection');
    this.reader.read(input.subarray(0, count), this.take);
  }

  /** Sends a short request: an empty socket takes all of it. */
  send(request: string): void {
    const bytes = Buffer.from(request, 'latin1');
    this.sentMs = performance.now();
    if (this.stream.write(bytes, 0, bytes.length) !== bytes.length) throw new Error('a request was not sent whole');
  }

  private readonly take = (reply: Reply): void => this.answered(this, reply, performance.now() - this.sentMs);
}

/** Reads propagated commands, and drops them. */
class SinkClient {
  /** The server has confirmed that it is a sink. */
  isTold = false;
  hasEnded = false;
  private isConnected = false;

  constructor(private readonly stream: TcpStream) {}

  ready(poll: EpollPoll, token: number): void {
    if (!this.isConnected) {
      this.isConnected = true;
      poll.reregister(this.stream, token, READABLE);
      const bytes = Buffer.from(encodeRequest(['MONITOR']));
      this.stream.write(bytes, 0, bytes.length);
      return;
    }
    const count = this.stream.read(input, 0, input.length);
    if (count > 0) this.isTold = true;
    if (count !== END_OF_FILE) return;
    this.hasEnded = true;
    poll.deregister(this.stream);
  }
}

class Load {
  private readonly poll = new EpollPoll();
  private readonly events = new Events();
  private readonly clients: readonly LoadClient[];
  private sinks: readonly SinkClient[] = [];
  private readonly random = seededRandom(SEED);
  private readonly value: string;
  private served = 0;
  private lastServedMs = performance.now();
  private isMeasuring = false;
  private latencies = new Latencies();
  private errors = 0;
  private sent = 0;
  private lastReply: Reply = null;
  /** Requests of the measurement that are not answered yet. */
  private open = 0;

  constructor(private readonly options: LoadOptions) {
    this.value = 'x'.repeat(options.valueBytes);
    this.clients = Array.from({ length: options.clients }, (_, i) => {
      const stream = connectStream({ host: '127.0.0.1', port: options.port });
      this.poll.register(stream, FIRST_FREE + i, READABLE | WRITABLE);
      return new LoadClient(stream, (client, reply, ms) => this.answered(client, reply, ms));
    });
  }

  /** Waits until every client has been answered, or no further one will be. */
  start(): void {
    const { clients, quietMs } = this.options;
    const endMs = performance.now() + START_MS;
    while (this.served < clients && performance.now() < endMs) {
      if (this.served > 0 && performance.now() - this.lastServedMs > quietMs) break;
      this.turn(50);
    }
    if (this.served === 0) throw new Error(`no client was answered within ${START_MS / 1000} s`);
  }

  /** Waits until every sink is confirmed, or no further one will be. */
  openSinks(): void {
    const { sinks, port, clients, quietMs } = this.options;
    this.sinks = Array.from({ length: sinks }, (_, i) => {
      const stream = connectStream({ host: '127.0.0.1', port });
      this.poll.register(stream, FIRST_FREE + clients + i, READABLE | WRITABLE);
      return new SinkClient(stream);
    });
    this.until(() => this.sinks.every(({ isTold, hasEnded }) => isTold || hasEnded), quietMs);
  }

  run(): LoadResult {
    const before = this.lock();
    const cpuBefore = process.cpuUsage();
    const startMs = performance.now();
    const endMs = startMs + this.options.seconds * 1000;
    this.isMeasuring = true;
    for (const client of this.clients) if (client.isServed) this.sendNext(client);
    for (let leftMs = endMs - performance.now(); leftMs > 0; leftMs = endMs - performance.now()) this.turn(leftMs);
    this.isMeasuring = false;
    const elapsedMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    const { count: requests } = this.latencies;
    const latencyUs = this.latencies.summary();
    this.until(() => this.open === 0);
    const ownLoad = (user + system) / 1000 / elapsedMs;
    const sinksLeft = this.sinks.filter(({ isTold, hasEnded }) => isTold && !hasEnded).length;
    return { served: this.served, sinksLeft, requests, errors: this.errors, elapsedMs, latencyUs, lock: difference(before, this.lock()), ownLoad };
  }

  private turn(timeoutMs: number): void {
    const { poll, events } = this;
    poll.wait(events, timeoutMs);
    for (let i = 0; i < events.length; i++) {
      const token = events.tokens[i]!;
      (this.clients[token - FIRST_FREE] ?? this.sinks[token - FIRST_FREE - this.clients.length])?.ready(poll, token);
    }
  }

  private until(isOver: () => boolean, mostMs = LATE_MS): void {
    const endMs = performance.now() + mostMs;
    while (!isOver() && performance.now() < endMs) this.turn(50);
  }

  private answered(client: LoadClient, reply: Reply, ms: number): void {
    this.lastReply = reply;
    if (!client.isServed) {
      client.isServed = true;
      this.served++;
      this.lastServedMs = performance.now();
      return;
    }
    this.open--;
    if (!this.isMeasuring) return;
    this.latencies.add(ms * 1000);
    if (isError(reply)) this.errors++;
    this.sendNext(client);
  }

  private sendNext(client: LoadClient): void {
    const key = `key:${Math.floor(this.random() * this.options.keys)}`;
    this.open++;
    client.send(encodeRequest(this.sent++ % 2 === 0 ? ['SET', key, this.value] : ['GET', key]));
  }

  /** The server's INFO. */
  private lock(): LockCounters | null {
    this.open++;
    this.clients.find(({ isServed }) => isServed)!.send(encodeRequest(['INFO']));
    this.until(() => this.open === 0);
    const text = typeof this.lastReply === 'string' ? this.lastReply : '';
    const field = (name: string): number => Number(new RegExp(`\\b${name}:(\\d+)`).exec(text)?.[1] ?? Number.NaN);
    const counters = { acquisitions: field('lock_acquisitions'), waits: field('lock_waits'), waitedUs: field('lock_waited_usec') };
    return Number.isNaN(counters.acquisitions) ? null : counters;
  }
}

const isError = (reply: Reply): boolean => typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === 'error';

function difference(before: LockCounters | null, after: LockCounters | null): LockCounters | null {
  if (before === null || after === null) return null;
  return { acquisitions: after.acquisitions - before.acquisitions, waits: after.waits - before.waits, waitedUs: after.waitedUs - before.waitedUs };
}

const say = (message: FromLoad): void => void process.send!(message);

async function hear<K extends ToLoad['kind']>(kind: K): Promise<Extract<ToLoad, { kind: K }>> {
  const [message] = (await once(process, 'message')) as [ToLoad];
  if (message.kind !== kind) throw new Error(`expected ${kind}, got ${message.kind}`);
  return message as Extract<ToLoad, { kind: K }>;
}

async function main(): Promise<void> {
  const load = new Load((await hear('start')).options);
  load.start();
  load.openSinks();
  say({ kind: 'ready' });
  await hear('go');
  say({ kind: 'result', result: load.run() });
}

// The parent process may have ended.
process.on('disconnect', () => process.exit(0));
main().catch((error: Error) => say({ kind: 'failed', message: error.message }));
