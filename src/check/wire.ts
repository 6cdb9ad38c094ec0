/**
 * A client of the tested server: sends bytes, receives replies, and never waits longer than a given time. Byte strings are latin1.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest, quoteWord, type Reply, ReplyReader } from '../server/index.js';
import type { TcpAddress } from '../shared/address.js';
import type { Text } from '../shared/language.js';

export type Trouble = 'refused' | 'no connection' | 'closed' | 'no reply' | 'no RESP' | 'too much' | 'error reply' | 'not now';

/** A reply did not come, or a different one came; the text says what, safe to print. */
export class Unexpected extends Error {
  constructor(
    readonly trouble: Trouble,
    readonly text: Text,
  ) {
    super(text.en);
  }

  /** The same error, with where it happened. */
  at(where: Text): Unexpected {
    return new Unexpected(this.trouble, { en: `${where.en}: ${this.text.en}`, ko: `${where.ko}: ${this.text.ko}` });
  }

  /** The same error, with what was received before. */
  behind(came: string): Unexpected {
    return new Unexpected(this.trouble, { en: `${came}, then ${this.text.en}`, ko: `${came}, 그 뒤 ${this.text.ko}` });
  }
}

/** This side has run out of a resource, which says nothing about the server. */
export class OwnLimit extends Error {
  constructor(readonly text: Text) {
    super(text.en);
  }
}

/** How long a reply may take, in ms. */
export const PATIENCE_MS = 2000;

/** How long to wait for a server. */
export interface Patience {
  readonly ms: number;
  /** Time so far in which the server could not run: it does not count. */
  starvedMs(): number;
}

const PATIENCE: Patience = { ms: PATIENCE_MS, starvedMs: () => 0 };
/** Factor for connecting: if the backlog is full, the kernel retries after 1 s and after 3 s. */
const CONNECT_PATIENCE = 2;

/** Limit of unrequested bytes that are kept. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_REPLIES = 100_000;

/** Less starved time is not worth waiting for. */
const LEAST_STARVED_MS = 100;

/** Errors of connect(2) and socket(2) that concern this side. */
const OWN_LIMITS: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EAGAIN'];

/** Errors that say nothing about how a server is written. */
const REFUSED = /^(?:NOPERM|READONLY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|MOVED|ASK) /;

export class WireClient {
  /** Replies that were not requested yet. */
  private readonly replies: Reply[] = [];
  private readonly reader = new ReplyReader();
  private waiting: (() => void) | null = null;
  private firstBytes = '';
  private receivedBytes = 0;
  /** Bytes received since a reply was taken. */
  private untakenBytes = 0;
  private isDiscarding = false;
  /** How it ended; null while it is open. */
  private ending: Unexpected | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly patience: Patience,
  ) {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(new Unexpected('closed', troubleOf(error))));
    socket.on('end', () => this.end(closed()));
    socket.on('close', () => this.end(closed()));
  }

  /** Connects. Rejects with {@link Unexpected}, or with {@link OwnLimit}. @param patience timeout of everything without its own */
  static open({ host, port }: TcpAddress, patience = PATIENCE): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
      const connectMs = CONNECT_PATIENCE * patience.ms;
      const timer = setTimeout(() => fail(new Unexpected('no connection', noConnection(connectMs))), connectMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      socket.once('error', (error: NodeJS.ErrnoException) => fail(connectError(error)));
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new WireClient(socket, patience));
      });
    });
  }

  /** Sends; what is long better as bytes, which are not copied and must not change meanwhile. @param taken is called when the kernel has taken all, or never */
  send(bytes: string | Uint8Array, taken?: () => void): void {
    if (this.socket.destroyed) return;
    const done = taken === undefined ? undefined : (error?: Error | null): void => void (error == null && taken());
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1', done);
    else this.socket.write(bytes, done);
  }

  /** Sends a command and resolves with its reply. Rejects as {@link next} does, and if the server refuses because of its state, its role, or the user. */
  async ask(...argv: readonly string[]): Promise<Reply> {
    this.send(encodeRequest(argv));
    const reply = await this.next();
    if (isError(reply) && REFUSED.test(reply.text)) throw new Unexpected('not now', { en: `${argv[0]}: ${show(reply)}`, ko: `${argv[0]}: ${show(reply)}` });
    return reply;
  }

  /** Resolves with the next reply. Rejects with {@link Unexpected}: timeout, connection closed, or bytes that are not RESP. */
  async next(patienceMs = this.patience.ms): Promise<Reply> {
    await this.wait(() => this.isOver(1), patienceMs);
    if (this.replies.length === 0) throw this.trouble(patienceMs);
    return this.taken(1)[0]!;
  }

  /** The next `count` replies; the timeout starts again with each reply. Rejects as {@link next} does. */
  async take(count: number, patienceMs = this.patience.ms): Promise<readonly Reply[]> {
    for (let had = -1; !this.isOver(count) && this.receivedBytes > had; ) {
      had = this.receivedBytes;
      await this.wait(() => this.isOver(count), patienceMs);
    }
    if (this.replies.length >= count) return this.taken(count);
    throw this.trouble(patienceMs).behind(`${this.replies.length} / ${count}`);
  }

  /** Waits for `ms` milliseconds and returns the replies received meanwhile; to find out that there is none. */
  async silence(ms: number): Promise<readonly Reply[]> {
    await sleep(ms);
    return this.taken(this.replies.length);
  }

  /** Resolves with true when the server has closed the connection, with false after the timeout. */
  async closes(patienceMs = this.patience.ms): Promise<boolean> {
    await this.wait(() => this.ending !== null, patienceMs);
    return this.ending !== null;
  }

  /** From now on received bytes are dropped: there are too many replies to decode them. */
  discard(): void {
    this.isDiscarding = true;
  }

  /** How it ended; null while it is open. */
  get ended(): Unexpected | null {
    return this.ending;
  }

  /** Stops reading, so that the server's output accumulates. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Shuts down its own direction (FIN). */
  halfClose(): void {
    this.socket.end();
  }

  /** Resets the connection (RST). */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  /** The first bytes received, if they are not RESP: the port speaks another protocol. */
  get strange(): string | null {
    return this.firstBytes === '' || (this.reader.error === null && /^[-+:$*_#,(!=%~>|]/.test(this.firstBytes)) ? null : this.firstBytes;
  }

  /** Number of replies received that were not requested. */
  get pending(): number {
    return this.replies.length;
  }

  /** The port of this side. */
  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  /** Bytes that were sent, and that the kernels of both sides have not taken. */
  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  private receive(chunk: Buffer): void {
    if (this.ending !== null) return;
    if (this.isDiscarding) return;
    if (this.firstBytes.length < 64) this.firstBytes += chunk.toString('latin1', 0, 64 - this.firstBytes.length);
    this.receivedBytes += chunk.length;
    this.untakenBytes += chunk.length;
    this.reader.read(chunk, (reply) => this.replies.push(reply));
    if (this.reader.error !== null) this.end(this.notResp(this.reader.error));
    else if (this.untakenBytes > MOST_BYTES || this.replies.length > MOST_REPLIES) this.end(new Unexpected('too much', TOO_MUCH));
    this.waiting?.();
  }

  private notResp(error: string): Unexpected {
    const what = this.strange === null ? error : quoteWord(this.firstBytes);
    return new Unexpected('no RESP', { en: `what is no RESP: ${what}`, ko: `RESP가 아닌 것: ${what}` });
  }

  private end(how: Unexpected): void {
    this.ending ??= how;
    if (how.trouble !== 'closed') this.socket.destroy();
    this.waiting?.();
  }

  private taken(count: number): readonly Reply[] {
    this.untakenBytes = 0;
    return this.replies.splice(0, count);
  }

  private isOver(count: number): boolean {
    return this.replies.length >= count || this.ending !== null;
  }

  private trouble(patienceMs: number): Unexpected {
    return this.ending ?? new Unexpected('no reply', { en: `no reply within ${patienceMs} ms`, ko: `${patienceMs} ms 안에 응답이 없음` });
  }

  private wait(isOver: () => boolean, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting = null;
        resolve();
      };
      let timer: NodeJS.Timeout;
      let starvedMs = this.patience.starvedMs();
      const expire = (): void => {
        const moreMs = this.patience.starvedMs() - starvedMs;
        starvedMs += moreMs;
        // If this process was late itself, received bytes are read first.
        if (moreMs < LEAST_STARVED_MS) setImmediate(done);
        else timer = setTimeout(expire, moreMs);
      };
      timer = setTimeout(expire, patienceMs);
      this.waiting = () => void (isOver() && done());
      this.waiting();
    });
  }
}

const noConnection = (ms: number): Text => ({ en: `no connection within ${ms} ms`, ko: `${ms} ms 안에 연결되지 않음` });

const TOO_MUCH: Text = { en: 'more and more data that was not requested', ko: '요청하지 않은 것이 끝없이 옴' };

const closed = (): Unexpected => new Unexpected('closed', { en: 'the connection was closed', ko: '연결이 닫힘' });

/** The error's code: Node's messages repeat the address. */
const troubleOf = ({ code, message }: NodeJS.ErrnoException): Text => {
  const what = code ?? message;
  return what === 'ECONNRESET' ? { en: 'the connection was reset (ECONNRESET)', ko: '연결이 리셋됨(ECONNRESET)' } : { en: what, ko: what };
};

function connectError(error: NodeJS.ErrnoException): Error {
  if (error.code === 'ECONNREFUSED') return new Unexpected('refused', { en: 'nothing listens there (ECONNREFUSED)', ko: '그곳에서 듣는 서버가 없음(ECONNREFUSED)' });
  if (!OWN_LIMITS.includes(error.code ?? '')) return new Unexpected('no connection', troubleOf(error));
  return new OwnLimit({ en: `check itself can open no more connections (${error.code})`, ko: `check가 연결을 더 열 수 없음(${error.code})` });
}

/** A reply as one short line, safe to print: `+OK`, `"text"`, `:1`, `nil`, `-ERR …`, `*2` for an array of two. */
export function show(reply: Reply): string {
  if (reply === null || (typeof reply === 'object' && 'type' in reply && reply.type === 'null-array')) return 'nil';
  if (typeof reply === 'string') return quoteWord(reply.length > 40 ? `${reply.slice(0, 40)}…` : reply);
  if (typeof reply === 'number' || typeof reply === 'bigint') return `:${reply}`;
  if (Array.isArray(reply)) return `*${reply.length}`;
  if (typeof reply === 'object' && 'type' in reply && 'text' in reply) {
    const sign = reply.type === 'error' || reply.type === 'bulk-error' ? '-' : reply.type === 'simple' ? '+' : '';
    return printable(`${sign}${reply.text}`);
  }
  return 'type' in Object(reply) ? (reply as { type: string }).type : String(reply);
}

const printable = (text: string): string => text.slice(0, 80).replace(/[^ -~]/g, '?');

export const isError = (reply: Reply): reply is Reply & { readonly text: string } =>
  typeof reply === 'object' && reply !== null && 'type' in reply && (reply.type === 'error' || reply.type === 'bulk-error');

export const isPong = (reply: Reply): boolean => textOf(reply)?.toUpperCase() === 'PONG';

/** The words of a status, or of a bulk string. */
export function textOf(reply: Reply): string | null {
  if (typeof reply === 'string') return reply;
  return typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === 'simple' ? (reply as { text: string }).text : null;
}
