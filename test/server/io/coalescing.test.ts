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

/** A loop, and how long it sleeps. */
class Turns {
  /** How long the loop has slept before the last wait; 0: it has not. */
  sleptUs = 0;
  private readonly coalescing: Coalescing;
  private last = 0;

  /** @param clients which send by turns */
  constructor(
    public clients: number,
    us = 25,
  ) {
    this.coalescing = new Coalescing(us, (slept) => (this.sleptUs = slept));
    this.report(clients);
  }

  /** A turn whose wait reports a number of events, which may depend on how long the loop has slept before it. Returns that. */
  turn(reportedAfter: (sleptUs: number) => number): number {
    this.sleptUs = 0;
    this.coalescing.beforeWait();
    const reported = reportedAfter(this.sleptUs);
    this.coalescing.afterWait(reported);
    this.report(reported);
    return this.sleptUs;
  }

  /** @param brought number of events after a sleep of each length, and after none */
  closedLoop(turns: number, brought: { readonly [us: number]: number }): number[] {
    return Array.from({ length: turns }, () => this.turn((sleptUs) => brought[sleptUs]!));
  }

  private report(events: number): void {
    for (let i = 0; i < events; i++) this.coalescing.note(FIRST_FREE + (this.last++ % this.clients));
  }
}

/** Turns whose waits report these numbers of events. Returns for each whether the loop slept before it, which is for 25 µs if at all. */
function sleepsOf(reports: readonly number[], clients = 8): boolean[] {
  const turns = new Turns(clients);
  return reports.map((reported) => {
    const sleptUs = turns.turn(() => reported);
    expect([0, 25]).toContain(sleptUs);
    return sleptUs > 0;
  });
}

describe('the loop sleeps before a wait', () => {
  test('if the last one has reported few clients', () => {
    expect(sleepsOf([3, 5, 4, 6, 1, 5])).toEqual([false, true, false, false, false, true]);
  });

  test('not if it has reported none: nobody may be about to send', () => {
    expect(sleepsOf([0, 0, 1])).toEqual([false, false, false]);
    expect(sleepsOf([-1, 1])).toEqual([false, false]);
  });

  test('only with eight active clients and more', () => {
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

  test('longer, the more clients are active, if that brings as many times more together', () => {
    const brought = { 0: 1, 25: 4, 50: 8, 100: 16, 200: 32 };
    const slept = (clients: number): number[] => [...new Set(new Turns(clients).closedLoop(100, brought))];
    expect([7, 8, 23, 24, 63, 64, 127, 128, 1000].map(slept)).toEqual([[0], [0, 25], [0, 25], [0, 50], [0, 50], [0, 100], [0, 100], [0, 200], [0, 200]]);
  });

  test('shorter where the longer ones bring too few together, which are tried again ever more rarely', () => {
    const slept = new Turns(128).closedLoop(3000, { 0: 1, 25: 4, 50: 8, 100: 15, 200: 31 });
    const of = (us: number): number[] => slept.flatMap((each, turn) => (each === us ? [turn] : []));
    expect(of(200)).toEqual([1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047]);
    expect(of(100).length).toBeLessThan(15);
    expect(of(25)).toEqual([]);
    expect(of(50).length).toBeGreaterThan(1400);
  });

  test('not as long that nearly all of the active clients wait for it', () => {
    const slept = (brought: number): number => new Turns(8).closedLoop(100, { 0: 1, 25: brought }).filter((us) => us > 0).length;
    expect([3, 4, 6, 7, 8].map(slept)).toEqual([6, 50, 50, 6, 6]);
  });

  test('by what is usual for its length: waits that report five on average have no need of a sleep that brings four', () => {
    const turns = new Turns(64);
    const slept = turns.closedLoop(100, { 0: 5, 25: 5, 50: 8, 100: 15 });
    expect(slept.slice(50)).toContain(50);
    expect(slept.slice(50)).not.toContain(25);
  });

  test('never for more than a millisecond', () => {
    const longest = (us: number): number => {
      const turns = new Turns(500, us);
      return Math.max(...Array.from({ length: 100 }, () => turns.turn((sleptUs) => (sleptUs === 0 ? 1 : 99))));
    };
    expect([25, 200, 400, 600, 1000].map(longest)).toEqual([200, 800, 800, 600, 1000]);
  });

  test('no more once most clients have been silent for two thousand events', () => {
    const turns = new Turns(128);
    expect(turns.closedLoop(10, { 0: 1, 200: 32 })).toContain(200);
    turns.clients = 7;
    turns.closedLoop(2048, { 0: 1, 25: 1, 50: 1, 100: 1, 200: 1 });
    expect(new Set(turns.closedLoop(100, { 0: 1 }))).toEqual(new Set([0]));
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
      for (const peer of peers.slice(0, 6)) peer.write('x');
    });
    const poll = new EpollPoll(false, null, null, coalescing);
    poll.savesCalls = true;
    const made = await connected(poll, 8);
    ({ peers } = made);
    const events = new Events();
    const drain = (): number => {
      const buffer = Buffer.alloc(16);
      for (let i = 0; i < events.length; i++) expect(made.streams.get(events.tokens[i]!)!.read(buffer, 0, 16)).toBe(1);
      return events.length;
    };
    for (const peer of peers) {
      peer.write('x');
      poll.wait(events, 1000);
      expect({ slept, reported: drain() }).toEqual({ slept: 0, reported: 1 });
    }
    poll.wait(events, 1000);
    expect({ slept, reported: drain() }).toEqual({ slept: 1, reported: 6 });
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
  });

  test('sleeps about as long as it is told to', async () => {
    const poll = new EpollPoll(false, null, null, new Coalescing(1000));
    poll.savesCalls = true;
    const { peers, streams } = await connected(poll, 8);
    const events = new Events();
    for (const peer of peers) {
      peer.write('x');
      poll.wait(events, 1000);
      streams.get(events.tokens[0]!)!.read(Buffer.alloc(16), 0, 16);
    }
    peers[0]!.write('x');
    const before = process.hrtime.bigint();
    poll.wait(events, 1000);
    expect(Number(process.hrtime.bigint() - before)).toBeGreaterThanOrEqual(1_000_000);
    expect(events.length).toBe(1);
  });

  describePoll('EpollPoll that sleeps before waits', (edgeTriggered) => {
    const coalescing = new Coalescing(25);
    for (let i = 0; i < 8; i++) coalescing.note(FIRST_FREE + i);
    const poll = new EpollPoll(edgeTriggered, null, null, coalescing);
    poll.savesCalls = true;
    return worldOf(poll);
  });
});
