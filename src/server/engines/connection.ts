/**
 * The program of a thread with one connection: reads, decodes, executes and writes, blocking in each of these.
 *
 *   recv(2) ──▶ decode ──▶ execute, with the lock if it is about keys ──▶ send(2) ──▶ recv(2) …
 *
 * It ends with its connection: when the peer has ended it, after QUIT, or when another thread shuts the socket down.
 */
import { workerData } from 'node:worker_threads';
import { Lock } from '../arena/lock.js';
import { SharedKeyspace } from '../arena/keyspace.js';
import { SharedTable } from '../arena/shared-table.js';
import { QueryBuffer } from '../client/query-buffer.js';
import { protocolError } from '../errors.js';
import { monitorLine } from '../features/monitors.js';
import { BlockingStream, isPeerGone } from '../io/backends/blocking-sockets.js';
import { COMPLETE, INCOMPLETE, RequestDecoder } from '../resp/request-decoder.js';
import { Lane } from './lanes.js';
import type { ConnectionData } from './protocol.js';
import { ReplyBytes } from './reply-bytes.js';
import { Requests } from './requests.js';
import { NO_SINK, Sinks } from './sinks.js';
import { ownThreadId } from './switches.js';

const INPUT_BYTES = 16 * 1024;

/** Replies to a long pipeline are sent whenever they reach this size: while the peer does not read them, its thread waits. */
const MOST_REPLY_BYTES = 64 * 1024;

/** How long a sink sleeps before it checks whether its client is still connected. */
const LOOK_MS = 200;

class Connection {
  private readonly lane: Lane;
  private readonly stream: BlockingStream;
  private readonly lock: Lock;
  private readonly sinks: Sinks;
  private sink = NO_SINK;
  private readonly requests: Requests;
  private readonly decoder = new RequestDecoder();
  private readonly replies = new ReplyBytes();
  private readonly input = Buffer.allocUnsafeSlow(INPUT_BYTES);
  /** An incomplete request. */
  private readonly query = new QueryBuffer();

  constructor(data: ConnectionData) {
    const { memory } = data;
    this.lane = new Lane(data.lanes, data.lane);
    this.lane.isOf(ownThreadId());
    this.stream = new BlockingStream(data.fd);
    this.lock = new Lock(memory, this.lane);
    this.sinks = new Sinks(data.sinks);
    const executed = (argv: readonly string[]): void => {
      if (!this.sinks.isEmpty) this.sinks.propagate(`+${monitorLine(Date.now() * 1000, 0, data.peer, argv)}\r\n`);
    };
    this.requests = new Requests(data, new SharedKeyspace(new SharedTable(memory), this.lock, executed), () => this.openSink());
  }

  serve(): void {
    try {
      for (let goesOn = true; goesOn && !this.requests.isMonitor; ) goesOn = this.read();
      if (this.requests.isMonitor) this.listen();
    } catch (error) {
      if (!isPeerGone(error)) throw error;
    } finally {
      if (this.sink !== NO_SINK) this.locked(() => this.sinks.close(this.sink));
      this.stream.shutDown();
    }
  }

  /** Sends the commands of others, until the client is gone, or reads too slowly. What it sends is dropped. */
  private listen(): void {
    const { sinks, sink, stream, lane, input } = this;
    for (let count = 0; count !== -1; ) {
      lane.listens();
      count = sinks.take(sink, input, LOOK_MS);
      if (count === 0 && stream.dropInput()) return;
      lane.writes();
      if (count > 0) stream.write(input, 0, count);
    }
  }

  /** Makes the connection a sink, which gets the commands executed from here on. */
  private openSink(): boolean {
    this.sink = this.locked(() => this.sinks.open());
    return this.sink !== NO_SINK;
  }

  private locked<T>(work: () => T): T {
    this.lock.acquire();
    try {
      return work();
    } finally {
      this.lock.release();
    }
  }

  /** Waits for bytes and answers the requests in them. False: the connection is over. */
  private read(): boolean {
    const { query, lane, stream, decoder } = this;
    if (query.length > 0) query.makeRoom(decoder.missing);
    const [buffer, start, from] = query.length > 0 ? [query.bytes, query.start, query.end] : [this.input, 0, 0];
    lane.reads();
    const count = stream.read(buffer, from, buffer.length);
    lane.runs();
    if (count === 0) return false;
    const end = from + count;
    decoder.feed(buffer, start, end);
    const goesOn = this.answerAll();
    if (goesOn) query.keep(buffer, decoder.position, end, decoder.missing);
    this.flush();
    return goesOn;
  }

  private answerAll(): boolean {
    const { decoder, replies, requests, lane } = this;
    for (;;) {
      const status = decoder.next();
      if (status === INCOMPLETE) return true;
      const reply = status === COMPLETE ? requests.execute(decoder.argv) : protocolError(decoder.error);
      lane.executes();
      replies.add(reply, requests.version);
      if (status !== COMPLETE || requests.isOver) return false;
      if (requests.isMonitor) return true;
      if (replies.position > MOST_REPLY_BYTES) this.flush();
    }
  }

  private flush(): void {
    const { replies, lane, stream } = this;
    if (replies.position === 0) return;
    lane.writes();
    stream.write(replies.buffer, 0, replies.position);
    lane.runs();
    replies.clear();
  }
}

new Connection(workerData as ConnectionData).serve();
