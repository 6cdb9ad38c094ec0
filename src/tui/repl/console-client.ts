/**
 * ConsoleClient: one client of the console, a real socket to the lab's own loop, with operations on its connection.
 *
 *   commands → Conversation.send → bytes → [ queue of writes, so that slices stay in order ] → socket
 *   socket → ReplyReader → Conversation.hear → events.heard
 *
 * Connects when something is to be sent, and again after the server has closed: like redis-cli, it then restores database and protocol of the old connection.
 */
import { createConnection, type Socket } from 'node:net';
import { encodeRequest, ReplyReader, type Address, type Reply } from '../../server/index.js';
import { Fifo } from '../../shared/fifo.js';
import { escapeBytes } from '../escape.js';
import type { Language } from '../../shared/language.js';
import { initialClient, type ReplClient } from '../state/repl-state.js';
import { CONSOLE_TEXTS, type ConsoleTexts } from './console-texts.js';
import { Conversation, type Hearing } from './conversation.js';
import { listOf } from './list-of.js';

export interface ConnectionEvents {
  /** A reply or a push to be shown. */
  heard(reply: Reply, kind: Exclude<Hearing, 'hidden'>, request: readonly string[] | null): void;
  /** A message of the console itself. */
  noted(text: string): void;
  /** {@link ConsoleClient.view} has changed. */
  changed(): void;
}

export interface ConnectionOptions {
  readonly address: Address;
  /** `` for the default client, which has no name. */
  readonly name: string;
  readonly password?: string;
  /** The language of the notes. */
  readonly language: Language;
  /** Time between two slices: long enough for the loop to read one before the next arrives. */
  readonly sliceIntervalMs?: number;
  /** A reply that takes longer makes the client `waiting`. */
  readonly patienceMs?: number;
}

/** Bytes to write, and how long to wait after them. */
interface Write {
  readonly bytes: string;
  readonly pauseMs: number;
  /** The last write: FIN follows. */
  readonly isLast: boolean;
}

/** An action for after the end of the connection. */
interface Deferred {
  /** The line as typed. */
  readonly argv: readonly string[];
  readonly act: () => void;
}

export class ConsoleClient {
  private readonly conversation = new Conversation();
  private socket: Socket | null = null;
  private reader = new ReplyReader();
  private isConnected = false;
  private isReadingPaused = false;
  /** FIN has been sent, or will be after the pending writes. */
  private isHalfClosed = false;
  private isWaiting = false;
  private readonly writes = new Fifo<Write>();
  private sliceTimer: NodeJS.Timeout | null = null;
  private patience: NodeJS.Timeout | null = null;
  /** Actions requested while a connection was ending: they need the next one. */
  private readonly deferred = new Fifo<Deferred>();
  /** The state to restore after the next connect. */
  private restore: { protocol: 2 | 3; db: number } = { protocol: 2, db: 0 };

  constructor(
    private readonly options: ConnectionOptions,
    private readonly events: ConnectionEvents,
  ) {}

  private get texts(): ConsoleTexts {
    return CONSOLE_TEXTS[this.options.language];
  }

  private listed(requests: readonly (readonly string[])[]): string {
    return listOf(requests.map(typed), this.texts.listed);
  }

  private get where(): string {
    const { address } = this.options;
    if ('path' in address) return `redis ${address.path}`;
    return address.port === 0 ? this.texts.nowhere : `${bracketed(address.host)}:${address.port}`;
  }

  get view(): ReplClient {
    const { db, protocol, inTransaction } = this.conversation;
    const { name } = this.options;
    const { socket } = this;
    const peer = this.isConnected && socket?.localPort !== undefined ? `${bracketed(socket.localAddress!)}:${socket.localPort}` : null;
    return {
      ...initialClient, name, address: this.where,
      peer, db, protocol, inTransaction, isReadingPaused: this.isReadingPaused, state: this.state,
      awaited: this.isWaiting ? this.conversation.awaited : null, behind: this.isWaiting ? Math.max(0, this.conversation.unanswered.length - 1) : 0,
    };
  }

  private get state(): ReplClient['state'] {
    if (this.socket === null) return 'closed';
    if (!this.isConnected) return 'connecting';
    if (this.isWaiting) return 'waiting';
    if (this.conversation.isMonitor) return 'monitor';
    return this.conversation.subscriptions > 0 ? 'subscribed' : 'ready';
  }

  /** True if a reply is due that may arrive soon. */
  get isBusy(): boolean {
    return this.isAwaited && !this.isWaiting;
  }

  /** True if a reply is due, however long it takes. */
  get isAwaited(): boolean {
    return this.conversation.isAwaited || this.deferred.length > 0;
  }

  /** True if not all requested bytes have been passed to the kernel. */
  get isSending(): boolean {
    const { socket, writes, sliceTimer } = this;
    if (this.deferred.length > 0) return true;
    return socket !== null && (!this.isConnected || writes.length > 0 || sliceTimer !== null || socket.writableLength > 0);
  }

  /** Null while there is no connection, and on a unix socket. */
  get traffic(): { readonly peer: string; readonly sentBytes: number; readonly receivedBytes: number | null } | null {
    const { peer } = this.view;
    const { socket } = this;
    return peer === null || socket === null ? null : { peer, sentBytes: socket.bytesWritten, receivedBytes: this.isReadingPaused ? null : socket.bytesRead };
  }

  get isClosed(): boolean {
    return this.socket === null;
  }

  connect(): void {
    if (this.socket !== null) return;
    const { address, password, name } = this.options;
    const socket = createConnection('path' in address ? { path: address.path } : { host: address.host, port: address.port, noDelay: true });
    this.socket = socket;
    this.reader = new ReplyReader();
    socket.on('connect', () => this.connected(socket));
    socket.on('data', (chunk) => this.read(socket, chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.failed(socket, error));
    socket.on('close', () => this.closed(socket));
    if (password !== undefined) this.sendHidden(['AUTH', password]);
    if (this.restore.protocol === 3) this.sendHidden(['HELLO', '3']);
    if (this.restore.db !== 0) this.sendHidden(['SELECT', String(this.restore.db)]);
    if (name !== '') this.sendHidden(['CLIENT', 'SETNAME', name]);
    this.restore = { protocol: 2, db: 0 };
    this.events.changed();
  }

  send(argv: readonly string[]): void {
    if (this.isEnding) return this.defer(argv, () => this.send(argv));
    this.connect();
    this.conversation.send(argv);
    this.write(encodeRequest(argv));
    this.watchPatience();
  }

  /** Sends the same bytes as {@link send}, `size` at a time. */
  slice(argv: readonly string[], size: number): void {
    if (this.isEnding) return this.defer(argv, () => this.slice(argv, size));
    this.connect();
    this.conversation.send(argv);
    const bytes = encodeRequest(argv);
    const pauseMs = this.options.sliceIntervalMs ?? 20;
    for (let at = 0; at < bytes.length; at += size) this.write(bytes.slice(at, at + size), pauseMs);
    this.watchPatience();
  }

  /** Sends exactly these bytes; what comes back belongs to no known request. */
  raw(bytes: string): void {
    if (this.isEnding) return this.defer(['raw'], () => this.raw(bytes));
    this.connect();
    this.write(bytes);
  }

  pauseReading(): void {
    if (this.isEnding) return this.defer(['pause-reading'], () => this.pauseReading());
    this.connect();
    this.isReadingPaused = true;
    this.socket!.pause();
    this.events.changed();
  }

  resumeReading(): void {
    this.isReadingPaused = false;
    this.socket?.resume();
    this.events.changed();
  }

  halfClose(): void {
    if (this.isEnding) return this.defer(['halfclose'], () => this.halfClose());
    this.connect();
    this.isHalfClosed = true;
    this.write('', 0, true);
  }

  /** Resets the connection (RST). A unix socket has no reset and is just closed. */
  reset(): void {
    const { socket } = this;
    if (socket === null) return;
    if ('path' in this.options.address) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** Leaves the client's special state: subscriptions, MONITOR, a reply that does not come. False if there is nothing to leave. */
  leave(): boolean {
    const { conversation, texts } = this;
    const unsent = this.deferred.length === 0 ? '' : `; ${texts.notSent(this.listed([...this.deferred].map(({ argv }) => argv)))}`;
    if (conversation.isAwaited) {
      const [, ...behind] = conversation.unanswered;
      const unanswered = behind.length === 0 ? '' : `; ${texts.unanswered(this.listed(behind))}`;
      this.reconnect(`${texts.leftCommand(conversation.awaited)}${unanswered}${unsent}`);
    } else if (unsent !== '') {
      this.reconnect(`${texts.leftEnding}${unsent}`);
    } else if (conversation.isMonitor) {
      this.reconnect(texts.leftMonitor);
    } else if (conversation.subscriptions > 0) {
      for (const name of conversation.farewells) this.send([name]);
    } else return false;
    return true;
  }

  close(): void {
    const { socket } = this;
    this.deferred.clear();
    this.forget();
    socket?.destroy();
  }

  /** True if bytes written now would not reach the server. */
  private get isEnding(): boolean {
    return this.socket !== null && (this.isHalfClosed || this.socket.destroyed);
  }

  /** Waits until the connection has ended; that takes for ever if the loop is held, so it counts as a reply that is due. */
  private defer(argv: readonly string[], act: () => void): void {
    this.deferred.push({ argv, act });
    this.watchPatience();
  }

  /** Each counts as awaited until it has been sent, so that nothing typed later overtakes it. */
  private runDeferred(): void {
    for (let left = this.deferred.length; left > 0 && !this.isEnding; left--) {
      this.deferred.first!.act();
      this.deferred.shift();
    }
  }

  private reconnect(why: string): void {
    const { socket } = this;
    this.deferred.clear();
    this.forget();
    socket?.destroy();
    this.events.noted(why);
    this.connect();
  }

  /** Sends a request of the console itself: the reply is not shown. @param argv a command that a client could send */
  sendUnseen(argv: readonly string[]): void {
    this.connect();
    this.sendHidden(argv);
  }

  private sendHidden(argv: readonly string[]): void {
    this.conversation.send(argv, true);
    this.write(encodeRequest(argv));
  }

  private connected(socket: Socket): void {
    if (socket !== this.socket) return;
    this.isConnected = true;
    this.writeNext();
    this.events.changed();
  }

  private read(socket: Socket, chunk: Buffer): void {
    if (socket !== this.socket) return;
    const before = JSON.stringify(this.view);
    this.reader.read(chunk, (reply) => {
      const hearing = this.conversation.hear(reply);
      if (hearing !== 'hidden') this.events.heard(reply, hearing, this.conversation.answeredRequest);
    });
    if (this.conversation.repliesDue === 0) this.endWaiting();
    if (this.reader.error !== null) {
      this.events.noted(this.texts.noResp(this.reader.error));
      socket.destroy();
    }
    if (JSON.stringify(this.view) !== before) this.events.changed();
  }

  private failed(socket: Socket, error: NodeJS.ErrnoException): void {
    if (socket !== this.socket) return;
    const { address } = this.options;
    if ('port' in address && address.port === 0) return this.events.noted(this.texts.nothingListens);
    const what = this.isConnected ? this.texts.broke : this.texts.notConnected(this.where);
    this.events.noted(`${what}: ${error.code ?? error.message}`);
  }

  private closed(socket: Socket): void {
    if (socket !== this.socket) return;
    const wasConnected = this.isConnected;
    const { unanswered } = this.conversation;
    const isNextWanted = this.deferred.length > 0;
    this.forget();
    const lost = unanswered.length === 0 ? '' : `; ${this.texts.noReply(this.listed(unanswered))}`;
    if (wasConnected) this.events.noted(`${this.texts.isClosed(!isNextWanted)}${lost}`);
    this.runDeferred();
    this.events.changed();
  }

  /** Discards the state of the old socket. */
  private forget(): void {
    this.socket = null;
    this.isConnected = false;
    this.isReadingPaused = false;
    this.isHalfClosed = false;
    this.writes.clear();
    if (this.sliceTimer !== null) clearTimeout(this.sliceTimer);
    this.sliceTimer = null;
    this.endWaiting();
    this.restore = this.conversation.restart();
  }

  private write(bytes: string, pauseMs = 0, isLast = false): void {
    this.writes.push({ bytes, pauseMs, isLast });
    if (this.sliceTimer === null) this.writeNext();
  }

  /** Writes up to the next pause. Bytes written before the connection is established would arrive in one piece, so they wait. */
  private writeNext(): void {
    this.sliceTimer = null;
    const { socket } = this;
    if (socket === null || !this.isConnected) return;
    for (let next = this.writes.shift(); next !== undefined; next = this.writes.shift()) {
      if (next.isLast) socket.end();
      else if (socket.writable) socket.write(next.bytes, 'latin1');
      if (next.pauseMs === 0) continue;
      this.sliceTimer = setTimeout(() => this.writeNext(), next.pauseMs);
      return;
    }
  }

  private watchPatience(): void {
    this.patience ??= setTimeout(() => {
      this.patience = null;
      if (this.conversation.repliesDue === 0 && this.deferred.length === 0) return;
      this.isWaiting = true;
      this.events.changed();
    }, this.options.patienceMs ?? 150);
  }

  private endWaiting(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
    this.isWaiting = false;
  }
}

/** A request in the form in which it may have been typed, safe to print. */
const typed = (argv: readonly string[]): string => escapeBytes(argv.join(' '));

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
