/**
 * ReplyLog: what one client has asked, and what it has got for each request, of a server whose trace and whose writes are listened to.
 *
 *   frame ──▶ a request      reply ──▶ how many of the next bytes belong to it      sent ──▶ bytes that have left
 *
 * Messages that come between replies (pub/sub, MONITOR) are parts of what a client gets for the request that came last.
 */
import { crc32 } from 'node:zlib';
import { Fifo } from '../../../shared/fifo.js';
import type { TraceBody } from '../../trace/events.js';

/** So much of what a client gets for a request is kept to be shown. */
const SHOWN_BYTES = 120;

export interface Exchange {
  /** At most 256 words of 1024 bytes; empty if it could not be understood. */
  readonly argv: readonly string[];
  /** Length of the request, and its first bytes. */
  readonly requestBytes: number;
  readonly raw: string;
  /** Which request of the whole server it is, from 1. */
  readonly number: number;
  /** What the client has got for it: the reply, and messages behind it. */
  readonly parts: Part[];
}

export interface Part {
  /** The turn in which its first byte has left. */
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
  /** The request of number n at n - 1. */
  readonly exchanges: Exchange[] = [];
  /** The last request that is answered, as far as bytes have left; 0: none. */
  answered = 0;
  /** Bytes that are encoded and have not left. */
  private readonly pending = new Fifo<{ readonly frame: number; left: number; part: Part | null }>();

  frame({ frame, argv, bytes, raw }: EventOf<'frame'>, number: number): void {
    this.exchanges[frame - 1] = { argv, requestBytes: bytes, raw, number, parts: [] };
  }

  reply({ frame, bytes }: EventOf<'reply'>): void {
    this.pending.push({ frame, left: bytes, part: null });
  }

  /** Bytes have left for the client in this turn. @param began told of each part that begins, by its request and its place there */
  sent(bytes: Buffer, turn: number, began: (frame: number, part: number) => void = () => {}): void {
    for (let at = 0; at < bytes.length; ) {
      const reply = this.pending.first;
      // A client that is refused is answered without a request.
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

  /** The next client has connected. */
  add(): ReplyLog {
    const log = new ReplyLog();
    this.all.push(log);
    return log;
  }

  /** The client was let in. */
  name(log: ReplyLog, token: number): void {
    log.token = token;
    this.byToken.set(token, log);
  }

  /** To be called with all events of the trace. */
  hear(event: TraceBody): void {
    if (event.kind === 'frame') this.byToken.get(event.token)?.frame(event, ++this.requests);
    else if (event.kind === 'reply') this.byToken.get(event.token)?.reply(event);
  }
}
