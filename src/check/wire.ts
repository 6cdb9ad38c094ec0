/**
 * A client of the server that is judged: sends bytes, takes replies, and never waits for longer than it is told. Byte strings are latin1.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest, quoteWord, type Reply, ReplyReader } from '../server/index.js';
import type { TcpAddress } from '../shared/address.js';

/** Something did not come, or came otherwise; the message says what, safe to print. */
export class Unexpected extends Error {}

/** How long a reply may take, in ms. */
export const PATIENCE_MS = 2000;

export class WireClient {
  /** Replies that nobody has asked for yet. */
  private readonly replies: Reply[] = [];
  private readonly reader = new ReplyReader();
  private waiting: (() => void) | null = null;
  private firstBytes = '';
  /** How it ended; null while it is open. */
  private ending: string | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly patienceMs: number,
  ) {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(error.code ?? error.message));
    socket.on('end', () => this.end('closed'));
    socket.on('close', () => this.end('closed'));
  }

  /** Rejects with {@link Unexpected}. @param patienceMs how long anything may take that is not given a time of its own */
  static open({ host, port }: TcpAddress, patienceMs = PATIENCE_MS): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
      const timer = setTimeout(() => fail('no connection within its time'), patienceMs);
      const fail = (why: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new Unexpected(`connect: ${why}`));
      };
      socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new WireClient(socket, patienceMs));
      });
    });
  }

  send(bytes: string): void {
    if (!this.socket.destroyed) this.socket.write(bytes, 'latin1');
  }

  /** Sends a command and resolves with its reply. */
  async ask(...argv: readonly string[]): Promise<Reply> {
    this.send(encodeRequest(argv));
    return this.next();
  }

  /** The next reply. Rejects with {@link Unexpected}: the time was over, the connection was closed, or the bytes are no RESP. */
  async next(patienceMs = this.patienceMs): Promise<Reply> {
    await this.when(() => this.replies.length > 0, patienceMs);
    return this.replies.shift()!;
  }

  /** The next `count` replies; one time limit for all. */
  async take(count: number, patienceMs = this.patienceMs): Promise<readonly Reply[]> {
    await this.when(() => this.replies.length >= count, patienceMs);
    return this.replies.splice(0, count);
  }

  /** Waits for `ms` milliseconds and returns what has come meanwhile; to find out that there is no reply. */
  async silence(ms: number): Promise<readonly Reply[]> {
    await sleep(ms);
    return this.replies.splice(0);
  }

  /** Resolves with true when the server has closed the connection, with false after the time. */
  async closes(patienceMs = this.patienceMs): Promise<boolean> {
    await this.poll(() => this.ending !== null, patienceMs);
    return this.ending !== null;
  }

  /** Stops reading: the server's output piles up. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends its own direction (FIN). */
  halfClose(): void {
    this.socket.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  /** The first bytes that came, if they are no RESP: what else speaks at this port. */
  get strange(): string | null {
    return this.firstBytes === '' || (this.reader.error === null && /^[-+:$*_#,(!=%~>|]/.test(this.firstBytes)) ? null : this.firstBytes;
  }

  /** Replies that have come, and were not asked for. */
  get pending(): number {
    return this.replies.length;
  }

  private receive(chunk: Buffer): void {
    if (this.firstBytes.length < 64) this.firstBytes += chunk.toString('latin1', 0, 64 - this.firstBytes.length);
    this.reader.read(chunk, (reply) => this.replies.push(reply));
    this.waiting?.();
  }

  private end(how: string): void {
    this.ending ??= how;
    this.waiting?.();
  }

  private async when(isThere: () => boolean, patienceMs: number): Promise<void> {
    await this.poll(() => isThere() || this.ending !== null || this.reader.error !== null, patienceMs);
    if (isThere()) return;
    if (this.reader.error !== null) throw new Unexpected(`no RESP: ${quoteWord(this.firstBytes)}`);
    if (this.ending !== null) throw new Unexpected(this.ending === 'closed' ? 'the connection was closed' : this.ending);
    throw new Unexpected(`no reply within ${patienceMs} ms`);
  }

  private poll(isOver: () => boolean, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting = null;
        resolve();
      };
      const timer = setTimeout(done, patienceMs);
      this.waiting = () => void (isOver() && done());
      this.waiting();
    });
  }
}

/** A reply as one short line, safe to print: `+OK`, `"text"`, `:1`, `nil`, `-ERR …`. */
export function show(reply: Reply): string {
  if (reply === null) return 'nil';
  if (typeof reply === 'string') return quoteWord(reply.length > 40 ? `${reply.slice(0, 40)}…` : reply);
  if (typeof reply === 'number' || typeof reply === 'bigint') return `:${reply}`;
  if (Array.isArray(reply)) return `an array of ${reply.length}`;
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
