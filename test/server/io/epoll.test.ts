/** EpollPoll: the contract, on the kernel itself, and what only this backend guarantees. */
import { once } from 'node:events';
import { constants } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { NOT_SENT, SENT_LATER } from '../../../src/server/io/backends/queued-send.js';
import { MAX_BATCH, MAX_PIECES, type Piece, type SystemError, type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { openSendRing } from '../../../src/server/io/backends/probe-sends.js';
import { SendRing } from '../../../src/server/io/backends/send-ring.js';
import { describePoll, type Peer, type World } from './contract.js';
import { connectSocket, openSocketRemote } from './net-world.js';

/** Writes to the eventfd from another thread, once this one has signalled that it begins to wait. */
const WAKE_FROM_THREAD = `
  const { workerData, parentPort } = require('node:worker_threads');
  parentPort.postMessage('up');
  Atomics.wait(workerData.flag, 0, 0);
  require('node:fs').writeSync(workerData.fd, new BigUint64Array([1n]));
`;

function open(edgeTriggered: boolean, ring: SendRing | null = null): World {
  const poll = new EpollPoll(edgeTriggered, ring);
  let worker: Worker | null = null;
  return {
    poll,
    connect: connectSocket,
    openRemote: openSocketRemote,
    nowMs: () => performance.now(),
    async wakeDuringWait() {
      const flag = new Int32Array(new SharedArrayBuffer(4));
      worker = new Worker(WAKE_FROM_THREAD, { eval: true, workerData: { flag, fd: poll.waker.fd } });
      await once(worker, 'message');
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
    hasFiles: true,
    async close() {
      await worker?.terminate();
      poll.close();
      poll.waker.close();
    },
  };
}

describe.runIf(process.platform === 'linux')('on Linux', () => describePoll('EpollPoll', (edgeTriggered) => open(edgeTriggered)));

/** Whether io_uring is allowed here; a string says why not. */
const probed = process.platform === 'linux' ? openSendRing() : 'not Linux';
/** One for all polls: while a ring goes, the kernel interrupts waits of the thread that had it, as a signal does. */
const keepRing = (ring: SendRing): SendRing => Object.assign(ring, { close: () => {} });

describe.runIf(typeof probed !== 'string')('where io_uring is allowed', () => {
  afterAll(() => SendRing.prototype.close.call(probed));
  describePoll('EpollPoll with batched sends', (edgeTriggered) => open(edgeTriggered, keepRing(probed as SendRing)));

  test('rings come and go, and each works: no view is left of memory that was given back', () => {
    for (let i = 0; i < 50; i++) {
      const ring = openSendRing();
      expect(ring).toBeInstanceOf(SendRing);
      (ring as SendRing).close();
    }
  });

  test('what is queued in a ring that is closed was not sent', () => {
    const ring = openSendRing() as SendRing;
    const send = { fd: -1, sent: NOT_SENT };
    expect(ring.add(send, Buffer.from('x'), 0, 1)).toBe(true);
    expect(send.sent).toBe(SENT_LATER);
    ring.close();
    expect(send.sent).toBe(NOT_SENT);
    expect(ring.add(send, Buffer.from('x'), 0, 1)).toBe(false);
    expect(ring.submit().sends).toBe(0);
  });

  test('where the kernel takes no entry all sends are left to write, and the next batch is as if there had been none', () => {
    const ring = openSendRing() as SendRing;
    const { ring: inner } = ring as unknown as { ring: { fd: number } };
    const { fd } = inner;
    const submitThree = (): { flushed: object; sent: number[] } => {
      const sends = [0, 1, 2].map(() => ({ fd: -1, sent: NOT_SENT }));
      for (const send of sends) ring.add(send, Buffer.from('nobody'), 0, 6);
      const flushed = { ...ring.submit() };
      return { flushed, sent: sends.map(({ sent }) => sent) };
    };
    try {
      for (let round = 0; round < 100; round++) {
        inner.fd = -1;
        expect(submitThree()).toEqual({ flushed: { sends: 0, bytes: 0, short: 0 }, sent: Array(3).fill(NOT_SENT) });
        inner.fd = fd;
        expect(submitThree()).toEqual({ flushed: { sends: 3, bytes: 0, short: 3 }, sent: Array(3).fill(-constants.errno.EBADF) });
      }
    } finally {
      inner.fd = fd;
      ring.close();
    }
  });

  test('a batch takes a limited number of sends, and each reports its own result', () => {
    const ring = openSendRing() as SendRing;
    try {
      for (let round = 0; round < 3; round++) {
        const sends = Array.from({ length: MAX_BATCH + 1 }, () => ({ fd: -1, sent: NOT_SENT }));
        const added = sends.map((send) => ring.add(send, Buffer.from('nobody'), 0, 6));
        expect(added.filter((isAdded) => isAdded)).toHaveLength(MAX_BATCH);
        expect(ring.submit()).toEqual({ sends: MAX_BATCH, bytes: 0, short: MAX_BATCH });
        expect(new Set(sends.map(({ sent }) => sent))).toEqual(new Set([-constants.errno.EBADF, NOT_SENT]));
      }
    } finally {
      ring.close();
    }
  });

  describe('without being copied', () => {
    const openPairs = (count: number): Promise<Pairs> => connectPairs(count, new EpollPoll(false, keepRing(probed as SendRing)));

    test('large bytes are queued, of which nothing is collected or reused before they are sent', async () => {
      const { poll, pairs } = await openPairs(2);
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const sizes = [5000, 200_000];
      for (let round = 0; round < 20; round++) {
        for (const [i, { stream }] of pairs.entries()) {
          const large = Buffer.allocUnsafeSlow(10 + sizes[i]!).fill(65 + round + i);
          expect(poll.queue(stream, large, 10, large.length)).toBe(true);
        }
        collect();
        const others = sizes.map((size) => Buffer.allocUnsafeSlow(10 + size).fill('-'));
        expect(poll.flush()).toMatchObject({ sends: 2, bytes: 205_000, short: 0 });
        for (const [i, { stream, peer }] of pairs.entries()) {
          expect(stream.write(others[i]!, 10, 10 + sizes[i]!)).toBe(sizes[i]);
          expect((await peer.receive(sizes[i]!)) === String.fromCharCode(65 + round + i).repeat(sizes[i]!)).toBe(true);
        }
      }
    });

    test('pieces are queued: all of them, some of them, and none where there is no room', async () => {
      const { poll, pairs } = await openPairs(24);
      const texts = Array.from({ length: MAX_PIECES }, (_, i) => String.fromCharCode(48 + i).repeat(1 + ((i * 53) % 400)));
      const pieces = texts.map((text, i) => pieceOf(text, i % 3));
      const all = texts.join('');
      for (let round = 0; round < 3; round++) {
        const bytesOf = (i: number): number => (i % 4 === 0 ? 70 * (round + 1) : all.length - i);
        const queued = pairs.filter(({ stream }, i) => poll.queuePieces(stream, pieces, bytesOf(i))).length;
        expect(queued).toBeGreaterThanOrEqual(1024 / MAX_PIECES);
        expect(queued).toBeLessThan(pairs.length);
        expect(poll.flush()).toMatchObject({ sends: queued, short: 0 });
        for (const [i, { stream, peer }] of pairs.entries()) {
          expect(stream.writePieces!(pieces, bytesOf(i))).toBe(bytesOf(i));
          expect(await peer.receive(bytesOf(i))).toBe(all.slice(0, bytesOf(i)));
        }
      }
    });

    test('pieces of which the kernel takes a part or none, and of a broken connection, have the results of their writes', async () => {
      const { poll, pairs } = await openPairs(2);
      const [one, other] = pairs as [Pair, Pair];
      const large = pieceOf('0123456789abcdef'.repeat(2 ** 20));
      const bytes = 8 + 2 * (large.end - large.start);
      const pieces = [pieceOf('<header>'), large, large];
      const queueBoth = (): void => {
        expect(poll.queuePieces(one.stream, pieces, bytes)).toBe(true);
        expect(poll.queuePieces(other.stream, [pieceOf('a'), pieceOf('b')], 2)).toBe(true);
      };
      let taken = 0;
      // The kernel passes bytes on to the peer's buffer meanwhile.
      for (let count = 1, rounds = 1; count > 0; rounds++) {
        queueBoth();
        const flushed = { ...poll.flush() };
        count = one.stream.writePieces!(pieces, bytes);
        expect(count).toBeLessThan(bytes);
        expect(flushed).toEqual({ sends: 2, bytes: Math.max(0, count) + 2, short: 1 });
        expect(other.stream.writePieces!([pieceOf('a'), pieceOf('b')], 2)).toBe(2);
        expect(await other.peer.receive(2)).toBe('ab');
        if (count === WOULD_BLOCK) break;
        if (rounds === 1) expect((await one.peer.receive(count)) === `<header>${'0123456789abcdef'.repeat(2 ** 21)}`.slice(0, count)).toBe(true);
        else taken += count;
      }
      expect((await one.peer.receive(taken)).length).toBe(taken);
      await one.peer.reset();
      queueBoth();
      expect(poll.flush()).toMatchObject({ sends: 2, bytes: 2, short: 1 });
      expect(() => one.stream.writePieces!(pieces, bytes)).toThrow(expect.objectContaining({ code: 'ECONNRESET', syscall: 'send', fd: one.stream.fd }));
      expect(other.stream.writePieces!([pieceOf('a'), pieceOf('b')], 2)).toBe(2);
      expect(await other.peer.receive(2)).toBe('ab');
    });
  });
});

interface Pair {
  stream: TcpStream;
  peer: Peer;
}
interface Pairs {
  poll: EpollPoll;
  pairs: Pair[];
}

/** All is closed at the end of the test. */
async function connectPairs(count: number, poll = new EpollPoll()): Promise<Pairs> {
  const listener = poll.listen({ host: '127.0.0.1', port: 0 }, 50);
  const pairs: Pair[] = [];
  onTestFinished(async () => {
    for (const { peer, stream } of pairs) {
      await peer.close();
      stream.close();
    }
    listener.close();
    poll.close();
    poll.waker.close();
  });
  while (pairs.length < count) {
    const peer = await connectSocket(listener.local);
    pairs.push({ peer, stream: listener.accept() as TcpStream });
  }
  return { poll, pairs };
}

const pieceOf = (text: string, before = 0): Piece => {
  const buffer = Buffer.from(`${'-'.repeat(before)}${text}---`, 'latin1');
  return { buffer, start: before, end: before + text.length };
};

describe.runIf(process.platform === 'linux')('pieces', () => {
  const pair = async (): Promise<Pair> => (await connectPairs(1)).pairs[0]!;

  test('are sent as one write of their bytes, short and long, from any range, and as many bytes of them as are asked for', async () => {
    const { stream, peer } = await pair();
    const texts = Array.from({ length: MAX_PIECES }, (_, i) => String.fromCharCode(48 + i).repeat((i * 53) % 400));
    const pieces = texts.map((text, i) => pieceOf(text, i % 3));
    const all = texts.join('');
    for (const bytes of [1, 100, all.length - 200, all.length]) {
      expect(stream.writePieces!(pieces, bytes)).toBe(bytes);
      expect(await peer.receive(bytes)).toBe(all.slice(0, bytes));
    }
    const { buffer } = pieceOf('x'.repeat(1000));
    expect(stream.writePieces!([{ buffer, start: 0, end: 500 }, pieceOf('|'), { buffer, start: 500, end: 1000 }], 1001)).toBe(1001);
    expect(await peer.receive(1001)).toBe(`${'x'.repeat(500)}|${'x'.repeat(500)}`);
  });

  test('of which the kernel takes a part return its size, and then WouldBlock; a broken connection throws', async () => {
    const { stream, peer } = await pair();
    const large = pieceOf('0123456789abcdef'.repeat(2 ** 20));
    const bytes = 8 + 2 * (large.end - large.start);
    const taken = stream.writePieces!([pieceOf('<header>'), large, large], bytes);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(bytes);
    let more = 0;
    for (let count = 0; count !== WOULD_BLOCK; count = stream.writePieces!([large], 1000)) more += count;
    expect((await peer.receive(taken + more)).startsWith('<header>0123456789abcdef0123')).toBe(true);
    await peer.reset();
    let code = '';
    while (code === '') {
      try {
        stream.writePieces!([pieceOf('a'), pieceOf('b')], 2);
        await new Promise(setImmediate);
      } catch (error) {
        expect(error).toMatchObject({ syscall: 'sendmsg', fd: stream.fd });
        ({ code } = error as SystemError);
      }
    }
    expect(['EPIPE', 'ECONNRESET']).toContain(code);
  });
});
