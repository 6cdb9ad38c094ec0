/** Coalescing: when the loop sleeps before a wait, and that the clients of a poll that does are served as by any other. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { Coalescing } from '../../../src/server/io/backends/coalescing.js';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { Events } from '../../../src/server/io/event.js';
import { READABLE } from '../../../src/server/io/interest.js';
import { type TcpListener, type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { FIRST_FREE, LISTENER } from '../../../src/server/io/token.js';
import { describePoll } from './contract.js';
import { worldOf } from './net-world.js';

/** Turns whose waits report these numbers of events. Returns for each whether the loop slept before it. */
function sleepsOf(reports: readonly number[], streams = 8): boolean[] {
  let slept = 0;
  const coalescing = new Coalescing(25, (us) => {
    expect(us).toBe(25);
    slept++;
  });
  coalescing.streams = streams;
  return reports.map((reported) => {
    const before = slept;
    coalescing.beforeWait();
    coalescing.afterWait(reported);
    return slept > before;
  });
}

describe('the loop sleeps before a wait', () => {
  test('if the last one has reported few clients', () => {
    expect(sleepsOf([3, 5, 4, 8, 1, 5])).toEqual([false, true, false, false, false, true]);
  });

  test('not if it has reported none: nobody may be about to send', () => {
    expect(sleepsOf([0, 0, 1])).toEqual([false, false, false]);
    expect(sleepsOf([-1, 1])).toEqual([false, false]);
  });

  test('only with eight connections and more', () => {
    expect(sleepsOf([1, 5], 7)).toEqual([false, false]);
    expect(sleepsOf([1, 5], 8)).toEqual([false, true]);
  });

  test('as long as that brings four clients together; otherwise after 1, 3, 7 … 1,023 turns', () => {
    const sleeps = sleepsOf(Array.from({ length: 10_000 }, () => 1));
    const at = sleeps.flatMap((isSleep, turn) => (isSleep ? [turn] : []));
    const gaps = at.slice(1).map((turn, i) => turn - at[i]! - 1);
    expect(gaps.slice(0, 12)).toEqual([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023]);
  });

  test('not while waits report three and more on average anyway', () => {
    const bursts = Array.from({ length: 200 }, (_, turn) => (turn % 4 === 0 ? 1 : 6));
    const sleeps = sleepsOf([...bursts, ...Array.from({ length: 16 }, () => 1)]);
    expect(sleeps.slice(60, 200)).not.toContain(true);
    // It takes some waits of a single client until the average is below three.
    expect(sleeps.slice(200).indexOf(true)).toBeGreaterThan(5);
  });

  test('and at once again after one that did', () => {
    expect(sleepsOf([1, 3, 3, 4, 1, 3, 3, 4])).toEqual([false, true, false, true, false, true, false, true]);
  });
});

describe.runIf(process.platform === 'linux')('EpollPoll', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0).reverse()) close();
  });

  /** A poll with this number of connected streams, and their peers. */
  async function connected(poll: EpollPoll, count: number): Promise<{ streams: Map<number, TcpStream>; peers: Socket[] }> {
    const listener: TcpListener = poll.listen({ host: '127.0.0.1', port: 0 }, 64);
    poll.register(listener, LISTENER, READABLE);
    const port = (listener.local as { port: number }).port;
    const peers = await Promise.all(Array.from({ length: count }, async () => {
      const peer = connect(port, '127.0.0.1');
      await once(peer, 'connect');
      return peer;
    }));
    const streams = new Map<number, TcpStream>();
    for (const peer of peers) {
      const stream = listener.accept();
      if (stream === WOULD_BLOCK) throw new Error('a connection is missing');
      poll.register(stream, FIRST_FREE + streams.size, READABLE);
      streams.set(FIRST_FREE + streams.size, stream);
      closing.push(() => (stream.close(), peer.destroy()));
    }
    closing.push(() => (listener.close(), poll.close(), poll.waker.close()));
    return { streams, peers };
  }

  test('sleeps where it may, and what arrives meanwhile is reported by the same wait', async () => {
    let peers: Socket[] = [];
    let slept = 0;
    const coalescing = new Coalescing(25, () => {
      slept++;
      // A socket that can take the bytes does so within the call.
      for (const peer of peers) peer.write('x');
    });
    const poll = new EpollPoll(false, null, null, coalescing);
    poll.savesCalls = true;
    const made = await connected(poll, 8);
    ({ peers } = made);
    expect(coalescing.streams).toBe(8);
    const events = new Events();
    const drain = (): number => {
      const buffer = Buffer.alloc(16);
      for (let i = 0; i < events.length; i++) expect(made.streams.get(events.tokens[i]!)!.read(buffer, 0, 16)).toBe(1);
      return events.length;
    };
    peers[0]!.write('x');
    poll.wait(events, 1000);
    expect({ slept, reported: drain() }).toEqual({ slept: 0, reported: 1 });
    poll.wait(events, 1000);
    expect({ slept, reported: drain() }).toEqual({ slept: 1, reported: 8 });
    // It must not sleep: a timer is due; it only looks; it is traced; the last wait reported many.
    poll.wait(events, 0);
    expect(slept).toBe(1);
    for (const { timeoutMs, savesCalls } of [{ timeoutMs: 0, savesCalls: true }, { timeoutMs: 0.5, savesCalls: true }, { timeoutMs: 10, savesCalls: false }]) {
      peers[0]!.write('x');
      poll.wait(events, 1000);
      expect(drain()).toBe(1);
      poll.savesCalls = savesCalls;
      poll.wait(events, timeoutMs);
      poll.savesCalls = true;
      expect({ timeoutMs, slept }).toEqual({ timeoutMs, slept: 1 });
    }
    for (const [token, stream] of made.streams) if (token > FIRST_FREE) poll.deregister(stream);
    expect(coalescing.streams).toBe(1);
  });

  test('sleeps about as long as it is told to', async () => {
    const poll = new EpollPoll(false, null, null, new Coalescing(1000));
    poll.savesCalls = true;
    const { peers, streams } = await connected(poll, 8);
    const events = new Events();
    peers[0]!.write('x');
    poll.wait(events, 1000);
    streams.get(events.tokens[0]!)!.read(Buffer.alloc(16), 0, 16);
    peers[0]!.write('x');
    const before = process.hrtime.bigint();
    poll.wait(events, 1000);
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(1_000_000);
    expect(events.length).toBe(1);
  });

  describePoll('EpollPoll that sleeps before waits', (edgeTriggered) => {
    const coalescing = new Coalescing(25);
    coalescing.streams = 8;
    const poll = new EpollPoll(edgeTriggered, null, null, coalescing);
    poll.savesCalls = true;
    return worldOf(poll);
  });
});
