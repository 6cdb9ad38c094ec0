/**
 * A client that hands out replies with their very bytes, for tests that compare two servers.
 *
 *     const [reply] = await client.exchange(encodeRequest(['GET', 'k']), 1);      reply.bytes === '$-1\r\n', reply.value === null
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { ReplyDecoder } from '../../src/server/resp/reply-decoder.js';
import type { Reply } from '../../src/server/resp/reply.js';
import { BROKEN, COMPLETE } from '../../src/server/resp/request-decoder.js';

export interface RawReply {
  readonly bytes: string;
  readonly value: Reply;
}

/** What stands in for a reply that does not come: the connection ended, its bytes are no RESP, or it took too long. */
export type Silence = 'closed' | 'broken' | 'timeout';

export class RawClient {
  /** Whole replies that nobody has asked for yet. */
  readonly unread: RawReply[] = [];
  /** Null as long as the connection is fine. */
  ended: 'closed' | 'broken' | null = null;
  private readonly decoder = new ReplyDecoder();
  /** `buffer[replyStart, …)` is the reply that is being decoded; the decoder has come to `position`. */
  private buffer: Buffer = Buffer.alloc(0);
  private replyStart = 0;
  private position = 0;
  private notify: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.end('closed'));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = createConnection(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends bytes as they are, latin1. */
  send(bytes: string): void {
    if (this.ended === null) this.socket.write(bytes, 'latin1');
  }

  /** Sends, and resolves with the next `count` replies, fewer if the connection ends or `timeoutMs` pass. */
  async exchange(bytes: string, count: number, timeoutMs = 10_000): Promise<RawReply[]> {
    this.send(bytes);
    await this.waitFor(() => this.unread.length >= count, timeoutMs);
    return this.unread.splice(0, count);
  }

  async next(timeoutMs = 10_000): Promise<RawReply | Silence> {
    const [reply] = await this.exchange('', 1, timeoutMs);
    return reply ?? this.ended ?? 'timeout';
  }

  /** Resolves once the server has closed the connection: true; or `timeoutMs` have passed: false. */
  async closedByServer(timeoutMs = 2_000): Promise<boolean> {
    await this.waitFor(() => false, timeoutMs);
    return this.ended === 'closed';
  }

  close(): void {
    this.socket.destroy();
  }

  private waitFor(enough: () => boolean, timeoutMs: number): Promise<void> {
    if (enough() || this.ended !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.notify = () => {};
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.notify = () => {
        if (enough() || this.ended !== null) done();
      };
    });
  }

  private receive(chunk: Buffer): void {
    const { decoder } = this;
    const rest = this.buffer.subarray(this.replyStart);
    this.position -= this.replyStart;
    this.replyStart = 0;
    this.buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    decoder.feed(this.buffer, this.position, this.buffer.length);
    let status = decoder.next();
    for (; status === COMPLETE; status = decoder.next()) {
      this.unread.push({ bytes: this.buffer.latin1Slice(this.replyStart, decoder.position), value: decoder.reply });
      this.replyStart = decoder.position;
    }
    this.position = decoder.position;
    if (status === BROKEN) {
      this.socket.destroy();
      this.end('broken');
    }
    this.notify();
  }

  private end(why: 'closed' | 'broken'): void {
    this.ended ??= why;
    this.notify();
  }
}

/** The replies that these bytes, latin1, consist of. */
export function parseReplies(bytes: string): RawReply[] {
  const decoder = new ReplyDecoder();
  const buffer = Buffer.from(bytes, 'latin1');
  const replies: RawReply[] = [];
  decoder.feed(buffer, 0, buffer.length);
  for (let start = 0; decoder.next() === COMPLETE; start = decoder.position) {
    replies.push({ bytes: buffer.latin1Slice(start, decoder.position), value: decoder.reply });
  }
  return replies;
}
