/**
 * Transcript: what each client has sent and received, collected from the trace of a live or simulated server.
 *
 *   connect, frame, execute, reply, park, unpark, disconnect ──▶ TranscriptRecorder ──▶ Transcript, as data and as text
 *
 * It is limited: beyond a limit the oldest entries are dropped and counted. A word of a request is kept up to 1024 bytes, a reply up to 512.
 */
import { Fifo } from '../shared/fifo.js';
import type { TraceBody } from '../server/index.js';
import { isIntroduction } from '../server/trace/stepping.js';

export type TranscriptEntry =
  | { readonly kind: 'connect' | 'disconnect'; readonly token: number; readonly atMs: number; readonly text: string }
  | { readonly kind: 'request'; readonly token: number; readonly atMs: number; readonly argv: readonly string[] }
  /** `raw` is the beginning of the reply as RESP, one character a byte; `bytes` is its whole length. */
  | { readonly kind: 'reply'; readonly token: number; readonly atMs: number; readonly raw: string; readonly bytes: number };

export interface TranscriptClient {
  readonly token: number;
  readonly peer: string;
  readonly isOpen: boolean;
  /** Requests that are not answered yet: of a client that waits for a key, or is held back by a pause. */
  readonly pending: readonly (readonly string[])[];
  /**
   * How often the client has sent something after it had been answered: a pipeline counts once, if the server reads all of it before a reply to it is sent.
   * What client programs send by themselves when they connect does not count.
   */
  readonly roundTrips: number;
}

export interface Transcript {
  readonly clients: readonly TranscriptClient[];
  readonly entries: readonly TranscriptEntry[];
  /** Number of older entries that were dropped. */
  readonly forgotten: number;
  /** One line for each entry; control characters are escaped. */
  toString(): string;
}

interface Client {
  readonly token: number;
  readonly peer: string;
  isOpen: boolean;
  readonly pending: Map<number, readonly string[]>;
  /** The request for which it is parked. */
  parkedFrame: number | null;
  lastFrame: number;
  /** True if everything it has sent so far was answered. */
  isAnswered: boolean;
  beginsTrip: boolean;
  roundTrips: number;
}

const LIMIT_BYTES = 16 * 1024 * 1024;
/** Fixed size of an entry, in addition to its text. */
const ENTRY_BYTES = 100;

/** From this number on, disconnected clients are dropped. */
const MOST_CLIENTS = 10_000;

export class TranscriptRecorder {
  private readonly clients = new Map<number, Client>();
  private readonly entries = new Fifo<TranscriptEntry>();
  private bytes = 0;
  private forgotten = 0;

  constructor(private readonly limitBytes = LIMIT_BYTES) {}

  /** @param atMs time on the server's clock */
  hear(event: TraceBody, atMs: number): void {
    if (event.kind === 'connect') return this.connected(event.token, event.peer, atMs);
    const client = 'token' in event ? this.clients.get(event.token) : undefined;
    if (client !== undefined) this.heardOf(client, event, atMs);
  }

  read(): Transcript {
    const clients = Array.from(this.clients.values(), ({ token, peer, isOpen, pending, roundTrips }) => ({
      token, peer, isOpen, pending: [...pending.values()], roundTrips,
    }));
    const entries = [...this.entries];
    return { clients, entries, forgotten: this.forgotten, toString: () => entries.map(lineOf).join('\n') };
  }

  private connected(token: number, peer: string, atMs: number): void {
    if (this.clients.size >= MOST_CLIENTS) this.forgetOneClosed();
    this.clients.set(token, {
      token, peer, isOpen: true, pending: new Map(), parkedFrame: null, lastFrame: 0, isAnswered: true, beginsTrip: false, roundTrips: 0,
    });
    this.add({ kind: 'connect', token, atMs, text: peer });
  }

  private forgetOneClosed(): void {
    for (const { token, isOpen } of this.clients.values()) if (!isOpen) return void this.clients.delete(token);
  }

  private heardOf(client: Client, event: TraceBody, atMs: number): void {
    const { token } = client;
    switch (event.kind) {
      case 'read':
        if (typeof event.result !== 'number' || !client.isAnswered) return;
        client.beginsTrip = true;
        client.isAnswered = false;
        return;
      case 'write':
        if (typeof event.result === 'number') client.isAnswered = true;
        return;
      case 'frame':
        return this.asked(client, event.frame, event.argv, atMs);
      case 'park':
        client.parkedFrame = client.lastFrame;
        return;
      case 'execute':
        if (client.parkedFrame !== event.frame) client.pending.delete(event.frame);
        return;
      case 'unpark':
        if (client.parkedFrame !== null) client.pending.delete(client.parkedFrame);
        client.parkedFrame = null;
        return;
      case 'reply':
        client.pending.delete(event.frame);
        return this.add({ kind: 'reply', token, atMs, raw: event.raw, bytes: event.bytes });
      case 'disconnect':
        client.isOpen = false;
        client.pending.clear();
        return this.add({ kind: 'disconnect', token, atMs, text: event.why });
    }
  }

  private asked(client: Client, frame: number, argv: readonly string[], atMs: number): void {
    client.lastFrame = frame;
    client.pending.set(frame, argv);
    if (client.beginsTrip && !isIntroduction(argv)) {
      client.roundTrips++;
      client.beginsTrip = false;
    }
    this.add({ kind: 'request', token: client.token, atMs, argv });
  }

  private add(entry: TranscriptEntry): void {
    this.entries.push(entry);
    this.bytes += bytesOf(entry);
    for (let first = this.entries.first; this.bytes > this.limitBytes && first !== undefined; first = this.entries.first) {
      this.entries.shift();
      this.forgotten++;
      this.bytes -= bytesOf(first);
    }
  }
}

function bytesOf(entry: TranscriptEntry): number {
  switch (entry.kind) {
    case 'request':
      return entry.argv.reduce((bytes, word) => bytes + word.length, ENTRY_BYTES);
    case 'reply':
      return ENTRY_BYTES + entry.raw.length;
    default:
      return ENTRY_BYTES + entry.text.length;
  }
}

/** `1.500 s  #2 > SET k v` */
function lineOf(entry: TranscriptEntry): string {
  const place = `${(entry.atMs / 1000).toFixed(3)} s  #${entry.token}`;
  switch (entry.kind) {
    case 'connect':
      return `${place} connects from ${escaped(entry.text)}`;
    case 'disconnect':
      return `${place} is gone: ${escaped(entry.text)}`;
    case 'request':
      return `${place} > ${showRequest(entry.argv)}`;
    case 'reply':
      return `${place} < ${escaped(entry.raw.replace(/\r\n$/, ''))}${entry.raw.length < entry.bytes ? `… ${entry.bytes} bytes` : ''}`;
  }
}

/** A request in one line, with control characters escaped. */
export function showRequest(argv: readonly string[]): string {
  return argv.map((word) => (/^[!#-~]+$/.test(word) ? word : quoted(word))).join(' ');
}

/** A byte string in quotes, as in JSON. */
const quoted = (text: string): string => JSON.stringify(text).replace(/[\x7f-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);

/** The same without the quotes around it. */
const escaped = (text: string): string => quoted(text).slice(1, -1).replaceAll('\\"', '"');
