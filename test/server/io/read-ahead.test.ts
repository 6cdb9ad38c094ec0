/** ReadAhead: reads from many sockets in one system call, and what must not differ from reading each by recv(2). */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { READS_REMEMBERED, SLOT_BYTES } from '../../../src/server/io/backends/ahead.js';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { unreadBytes } from '../../../src/server/io/backends/kernel-queues.js';
import { openReadAhead } from '../../../src/server/io/backends/probe-reads.js';
import { openSendRing } from '../../../src/server/io/backends/probe-sends.js';
import { SendRing } from '../../../src/server/io/backends/send-ring.js';
import { Events, READY_READABLE } from '../../../src/server/io/event.js';
import { EDGE, READABLE, WRITABLE } from '../../../src/server/io/interest.js';
import { END_OF_FILE, MAX_BATCH, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { FIRST_FREE, LISTENER } from '../../../src/server/io/token.js';
import { describePoll } from './contract.js';
import { worldOf } from './net-world.js';

/** One for all polls, as for SendRing. */
const opened = process.platform === 'linux' ? openSendRing() : 'not Linux';
const sends = typeof opened === 'string' ? null : Object.assign(opened, { close: () => {} });
const reads = sends === null ? null : openReadAhead(sends.ring);

function openPoll(edgeTriggered: boolean): EpollPoll {
  const poll = new EpollPoll(edgeTriggered, sends, reads);
  poll.savesCalls = true;
  return poll;
}

interface Client {
  readonly token: number;
  readonly stream: TcpStream;
  readonly peer: Socket;
}

describe.runIf(reads !== null)('where io_uring is allowed', () => {
  let poll: EpollPoll;
  let listener: TcpListener;
  let clients: Client[];
  const events = new Events();

  beforeEach(() => {
    poll = openPoll(false);
    listener = poll.listen({ host: '127.0.0.1', port: 0 }, 512);
    poll.register(listener, LISTENER, READABLE);
    clients = [];
  });

  afterEach(() => {
    for (const { peer, token } of clients) {
      peer.destroy();
      if (!closed.has(token)) closeStream(token);
    }
    closed.clear();
    listener.close();
    poll.close();
    poll.waker.close();
  });

  afterAll(() => SendRing.prototype.close.call(sends));

  const closed = new Set<number>();
  const streamOf = (token: number): TcpStream => clients[token - FIRST_FREE]!.stream;
  const peerOf = (token: number): Socket => clients[token - FIRST_FREE]!.peer;

  function closeStream(token: number): void {
    closed.add(token);
    poll.deregister(streamOf(token));
    streamOf(token).close();
  }

  /** Returns the tokens of new clients. */
  async function connected(count: number, interest = READABLE): Promise<number[]> {
    const tokens: number[] = [];
    for (let i = 0; i < count; i++) {
      const peer = connect({ ...(listener.local as { host: string; port: number }), noDelay: true });
      peer.on('error', () => {});
      await once(peer, 'connect');
      let stream = listener.accept();
      for (; stream === WOULD_BLOCK; stream = listener.accept()) await nextTurn();
      const token = FIRST_FREE + clients.length;
      clients.push({ token, stream, peer });
      poll.register(stream, token, interest);
      tokens.push(token);
    }
    return tokens;
  }

  /** Sends, and returns once the kernel has the bytes. */
  async function send(token: number, bytes: string): Promise<void> {
    const { fd } = streamOf(token);
    const before = unreadBytes(fd);
    peerOf(token).write(bytes, 'latin1');
    while (unreadBytes(fd) < before + bytes.length) await nextTurn();
  }

  function wait(): Record<number, number> {
    poll.wait(events, 0);
    return Object.fromEntries(events.tokens.slice(0, events.length).map((token, i) => [token, events.readiness[i]!]));
  }

  function read(token: number, most = 64 * 1024): string | number {
    const buffer = Buffer.alloc(most + 3);
    const count = streamOf(token).read(buffer, 3, 3 + most);
    return count > 0 ? buffer.latin1Slice(3, 3 + count) : count;
  }

  test('what several streams have sent has left the kernel when the wait returns, and is what their next read returns', async () => {
    const [a, b, c] = (await connected(3)) as [number, number, number];
    await send(a, 'one');
    await send(b, 'x'.repeat(1000));
    expect(wait()).toEqual({ [a]: READY_READABLE, [b]: READY_READABLE });
    expect([a, b].map((token) => unreadBytes(streamOf(token).fd))).toEqual([0, 0]);
    expect([read(b), read(a), read(c)]).toEqual(['x'.repeat(1000), 'one', WOULD_BLOCK]);
    expect([read(a), read(b)]).toEqual([WOULD_BLOCK, WOULD_BLOCK]);
    expect(wait()).toEqual({});
  });

  test('a single stream is left to recv(2), and so are all while the loop is traced', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'one');
    wait();
    expect(unreadBytes(streamOf(a).fd)).toBe(3);
    await send(b, 'four');
    poll.savesCalls = false;
    expect(wait()).toEqual({ [a]: READY_READABLE, [b]: READY_READABLE });
    expect([a, b].map((token) => unreadBytes(streamOf(token).fd))).toEqual([3, 4]);
    expect([read(a), read(b)]).toEqual(['one', 'four']);
  });

  test('what nobody has read is reported again and again, and comes before what has arrived since', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'first');
    await send(b, 'other');
    wait();
    expect(read(b)).toBe('other');
    expect(wait()).toEqual({ [a]: READY_READABLE });
    expect(wait()).toEqual({ [a]: READY_READABLE });
    await send(a, 'second');
    await send(b, 'more');
    // The kernel reports it as well, but it is one event.
    expect(wait()).toEqual({ [a]: READY_READABLE, [b]: READY_READABLE });
    expect([read(a), read(a), read(a), read(b)]).toEqual(['first', 'second', WOULD_BLOCK, 'more']);
    expect(wait()).toEqual({});
  });

  test('a wait without limit returns at once for what has been read ahead', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'a');
    await send(b, 'b');
    wait();
    poll.wait(events, -1);
    expect(events.length).toBe(2);
  });

  test('a short read leaves the rest, which is reported again', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'abcdef');
    await send(b, 'b');
    wait();
    expect([read(a, 2), read(b)]).toEqual(['ab', 'b']);
    expect(wait()).toEqual({ [a]: READY_READABLE });
    expect([read(a, 2), wait(), read(a, 9), wait()]).toEqual(['cd', { [a]: READY_READABLE }, 'ef', {}]);
  });

  test('a stream that is not registered for READABLE is not reported until it is, and makes no wait return early', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'a');
    await send(b, 'b');
    wait();
    poll.reregister(streamOf(a), a, 0);
    expect(read(b)).toBe('b');
    expect(wait()).toEqual({});
    poll.reregister(streamOf(a), a, READABLE | WRITABLE);
    expect(wait()[a]! & READY_READABLE).toBe(READY_READABLE);
    expect(read(a)).toBe('a');
    poll.reregister(streamOf(a), a, READABLE);
    expect(wait()).toEqual({});
  });

  test('an edge-triggered stream is not read ahead, one that becomes edge-triggered keeps what was read', async () => {
    const [edge] = (await connected(1, READABLE | EDGE)) as [number];
    const [a, b] = (await connected(2)) as [number, number];
    for (const token of [edge, a, b]) await send(token, 'x');
    wait();
    expect([edge, a, b].map((token) => unreadBytes(streamOf(token).fd))).toEqual([1, 0, 0]);
    poll.reregister(streamOf(a), a, READABLE | EDGE);
    expect([read(edge), read(b)]).toEqual(['x', 'x']);
    expect(wait()).toEqual({ [a]: READY_READABLE });
    // What was read ahead comes before what the edge of this wait reports.
    await send(a, 'y');
    expect(wait()).toEqual({ [a]: READY_READABLE });
    expect([read(a), read(a), read(a)]).toEqual(['x', 'y', WOULD_BLOCK]);
  });

  test('the end is seen after the bytes before it, and an end that was read ahead is not lost', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'last');
    await send(b, 'b');
    wait();
    peerOf(a).end();
    while ((wait()[a]! & ~READY_READABLE) === 0) await nextTurn();
    expect([read(a), read(a), read(a)]).toEqual(['last', END_OF_FILE, END_OF_FILE]);
    expect(read(b)).toBe('b');
  });

  test('bytes that were read ahead are there after a reset, which then is the error of the next read', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'last');
    await send(b, 'b');
    wait();
    peerOf(a).resetAndDestroy();
    while ((wait()[a]! & ~READY_READABLE) === 0) await nextTurn();
    expect(read(a)).toBe('last');
    expect(() => read(a)).toThrow(new SystemError('recv', 104, 'ECONNRESET', streamOf(a).fd));
    expect(read(b)).toBe('b');
  });

  test('what is larger than a slot arrives whole and in order, and is read by recv(2) until several reads have been small', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    const large = Array.from({ length: 3 * SLOT_BYTES }, (_, i) => String.fromCharCode(i % 251)).join('');
    await send(a, large);
    await send(b, 'b');
    wait();
    expect(read(b)).toBe('b');
    expect(read(a)).toBe(large.slice(0, SLOT_BYTES));
    await send(b, 'b');
    expect(wait()).toEqual({ [a]: READY_READABLE, [b]: READY_READABLE });
    expect(unreadBytes(streamOf(a).fd)).toBe(2 * SLOT_BYTES);
    expect([read(a), read(b)]).toEqual([large.slice(SLOT_BYTES), 'b']);
    for (let i = 0; i < READS_REMEMBERED; i++) {
      await send(a, 'small');
      await send(b, 'b');
      wait();
      expect(unreadBytes(streamOf(a).fd)).toBe(5);
      expect([read(a), read(b)]).toEqual(['small', 'b']);
    }
    await send(a, 'small');
    await send(b, 'b');
    wait();
    expect([a, b].map((token) => unreadBytes(streamOf(token).fd))).toEqual([0, 0]);
    expect([read(a), read(b)]).toEqual(['small', 'b']);
  });

  test('what was read ahead is taken without a copy: all that is left of it, and only if it is not too much', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    const taken = (token: number, most = SLOT_BYTES): string | null => {
      const piece = streamOf(token).takeRead!(most);
      return piece === null ? null : piece.buffer.latin1Slice(piece.start, piece.end);
    };
    await send(a, 'first');
    await send(b, 'other');
    expect(taken(a)).toBe(null);
    wait();
    expect([taken(a, 4), taken(a, 5), taken(a), read(a)]).toEqual([null, 'first', null, WOULD_BLOCK]);
    expect([read(b, 2), taken(b)]).toEqual(['ot', 'her']);
    expect(wait()).toEqual({});
    // What no one has taken is kept by the next wait, and what has been read of it already is not taken again.
    await send(a, 'second');
    await send(b, 'b');
    wait();
    expect([read(a, 3), taken(b)]).toEqual(['sec', 'b']);
    expect(wait()).toEqual({ [a]: READY_READABLE });
    expect([taken(a), read(a)]).toEqual(['ond', WOULD_BLOCK]);
    // Neither an end of file nor an error is a piece.
    peerOf(a).end();
    peerOf(b).resetAndDestroy();
    await expect.poll(() => Object.keys(wait())).toHaveLength(2);
    expect([taken(a), taken(b), read(a)]).toEqual([null, null, END_OF_FILE]);
  });

  test('what has been taken stays as it is during waits that read nothing ahead', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'first');
    await send(b, 'other');
    wait();
    const piece = streamOf(a).takeRead!(SLOT_BYTES)!;
    poll.savesCalls = false;
    await send(a, 'again');
    expect(wait()).toEqual({ [a]: READY_READABLE, [b]: READY_READABLE });
    expect([read(a), read(b)]).toEqual(['again', 'other']);
    expect(piece.buffer.latin1Slice(piece.start, piece.end)).toBe('first');
  });

  test('nothing of a closed stream is left for the one that gets its descriptor or its token', async () => {
    const [a, b] = (await connected(2)) as [number, number];
    await send(a, 'old');
    await send(b, 'b');
    wait();
    const { fd } = streamOf(a);
    closeStream(a);
    expect(read(b)).toBe('b');
    const [next] = (await connected(1)) as [number];
    expect(streamOf(next).fd).toBeGreaterThanOrEqual(fd);
    expect(wait()).toEqual({});
    expect(read(next)).toBe(WOULD_BLOCK);
  });

  test('more streams than slots: all are read, each its own bytes', async () => {
    const tokens = await connected(MAX_BATCH + 20);
    for (let round = 0; round < 3; round++) {
      for (const token of tokens) await send(token, `${round}:${token}`);
      expect(Object.keys(wait())).toHaveLength(tokens.length);
      expect(tokens.filter((token) => unreadBytes(streamOf(token).fd) > 0)).toHaveLength(20);
      expect(tokens.map((token) => read(token))).toEqual(tokens.map((token) => `${round}:${token}`));
      expect(wait()).toEqual({});
    }
  });

  test('streams that the kernel cannot read report their own errors', () => {
    const stream = { fd: -1, token: 1, interest: 0, ahead: null, largeReads: 0 };
    const other = { ...stream, token: 2 };
    for (const each of [stream, other]) {
      reads!.register(each, each.token, READABLE, false);
      reads!.add(each.token);
    }
    reads!.submit();
    expect([stream, other].map(({ ahead }) => (ahead as { result: number } | null)?.result)).toEqual([-9, -9]);
    for (const each of [stream, other]) {
      reads!.deregister(each);
      each.ahead = null;
    }
    expect(reads!.keepUnread()).toBe(false);
  });

  test('between queueing sends and the flush nothing is read ahead, and all bytes arrive', async () => {
    const tokens = await connected(3);
    for (const token of tokens) await send(token, `request ${token}`);
    for (const token of tokens) expect(poll.queue(streamOf(token), Buffer.from(`reply ${token}`), 0, 7)).toBe(true);
    wait();
    expect(tokens.filter((token) => unreadBytes(streamOf(token).fd) > 0)).toEqual(tokens);
    expect(poll.flush()).toEqual({ sends: 3, bytes: 21, short: 0 });
    wait();
    expect(tokens.filter((token) => unreadBytes(streamOf(token).fd) > 0)).toEqual([]);
    expect(tokens.map((token) => read(token))).toEqual(tokens.map((token) => `request ${token}`));
  });

  describePoll('EpollPoll that reads ahead and batches sends', (edgeTriggered) => worldOf(openPoll(edgeTriggered)));
});
