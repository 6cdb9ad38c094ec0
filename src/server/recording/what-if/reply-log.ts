/**
 * ReplyLog: the requests of one client, and what it received for each, collected from the server's trace and writes.
 *
 *   frame ──▶ a request      reply ──▶ how many of the next bytes belong to it      sent ──▶ bytes that were sent
 *
 * Messages between replies (pub/sub, MONITOR) are parts of what a client receives for its last request.
 */
import { crc32 } from 'node:zlib';
import { Fifo } from '../../../shared/fifo.js';
import type { TraceBody } from '../../trace/events.js';

/** How much of what a client receives for a request is kept to be shown. */
const SHOWN_BYTES = 120;

export interface Exchange {
  /** At most 256 words of 1024 bytes; empty if it could not be decoded. */
  readonly argv: readonly string[];
  /** Length of the request, and its first bytes. */
  readonly requestBytes: number;
  readonly raw: string;
  /** The number of the request among all of the server, from 1. */
  readonly number: number;
  /** What the client received for it: the reply, and messages after it. */
  readonly parts: Part[];
}

export interface Part {
  /** The turn in which its first byte was sent. */
  readonly turn: number;
  bytes: number;
  hash: number;
  /** Its beginning. */
  shown: string;
}

type EventOf<K extends TraceBody['kind']> = Extract<TraceBody, { kind: K }>;

export class ReplyLog {
  /** Its token; 0: it was refused. */
  token = 0;
  /** Request number n is at n - 1. */
  readonly exchanges: Exchange[] = [];
  /** The last request whose answer was sent; 0: none. */
  answered = 0;
  /** Encoded bytes that are not sent yet. */
  private readonly pending = new Fifo<{ readonly frame: number; left: number; part: Part | null }>();

  frame({ frame, argv, bytes, raw }: EventOf<'frame'>, number: number): void {
    this.exchanges[frame - 1] = { argv, requestBytes: bytes, raw, number, parts: [] };
  }

  reply({ frame, bytes }: EventOf<'reply'>): void {
    this.pending.push({ frame, left: bytes, part: null });
  }

  /** Called when bytes were sent to the client in this turn. @param began called for each part that begins, with its request and its index there */
  sent(bytes: Buffer, turn: number, began: (frame: number, part: number) => void = () => {}): void {
    for (let at = 0; at < bytes.length; ) {
      const reply = this.pending.first;
      // A refused client is answered without a request.
      if (reply === undefined) return;
      const some = bytes.subarray(at, at + reply.left);
      add((reply.part ??= this.begin(reply.frame, turn, began)), some);
      at += some.length;
      reply.left -= some.length;
      if (reply.left > 0) return;
      this.pending.shift();
      this.answered = Math.max(this.answered, reply.frame);
    }
  }

  private begin(frame: number, turn: number, began: (frame: number, part: number) => void): Part {
    const { parts } = (this.exchanges[frame - 1] ??= { argv: [], requestBytes: 0, raw: '', number: 0, parts: [] });
    const part = { turn, bytes: 0, hash: 0, shown: '' };
    began(frame, parts.length);
    parts.push(part);
    return part;
  }
}

function add(part: Part, bytes: Buffer): void {
  part.bytes += bytes.length;
  part.hash = crc32(bytes, part.hash);
  if (part.shown.length < SHOWN_BYTES) part.shown += bytes.toString('latin1', 0, SHOWN_BYTES - part.shown.length);
}

/** The logs of all clients of a server, in the order in which they were accepted. */
export class ReplyLogs {
  readonly all: ReplyLog[] = [];
  private readonly byToken = new Map<number, ReplyLog>();
  private requests = 0;

  /** Adds the next client. */
  add(): ReplyLog {
    const log = new ReplyLog();
    this.all.push(log);
    return log;
  }

  /** Called when the client was admitted. */
  name(log: ReplyLog, token: number): void {
    log.token = token;
    this.byToken.set(token, log);
  }

  /** Must be called with all events of the trace. */
  hear(event: TraceBody): void {
    if (event.kind === 'frame') this.byToken.get(event.token)?.frame(event, ++this.requests);
    else if (event.kind === 'reply') this.byToken.get(event.token)?.reply(event);
  }
}
