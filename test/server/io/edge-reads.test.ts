/** EdgeReads: an edge-triggered stream that a short read has emptied is not asked again, and nothing that arrives is missed. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { unreadBytes } from '../../../src/server/io/backends/kernel-queues.js';
import { openReadAhead } from '../../../src/server/io/backends/probe-reads.js';
import { openSendRing } from '../../../src/server/io/backends/probe-sends.js';
import { SendRing } from '../../../src/server/io/backends/send-ring.js';
import { Events, READY_READABLE, READY_READ_CLOSED } from '../../../src/server/io/event.js';
import { LEVEL, READABLE, WRITABLE } from '../../../src/server/io/interest.js';
import { END_OF_FILE, type TcpListener, type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { FIRST_FREE } from '../../../src/server/io/token.js';
import { seededRandom } from '../../../src/shared/random.js';
import { describePoll } from './contract.js';
import { worldOf } from './net-world.js';

const isLinux = process.platform === 'linux';
const opened = isLinux ? openSendRing() : 'not Linux';
const sends = typeof opened === 'string' ? null : Object.assign(opened, { close: () => {} });
const reads = sends === null ? null : openReadAhead(sends.ring);

afterAll(() => {
  if (sends !== null) SendRing.prototype.close.call(sends);
});

function openPoll(hasRing: boolean): EpollPoll {
  const poll = hasRing ? new EpollPoll(true, sends, reads) : new EpollPoll(true);
  poll.savesCalls = true;
  return poll;
}

const BOTH = READY_READABLE | READY_READ_CLOSED;
const TOKEN = FIRST_FREE;

describe.runIf(isLinux).each([false, ...(reads === null ? [] : [true])])('with a ring: %s', (hasRing) => {
  let poll: EpollPoll;
  let listener: TcpListener;
  let peer: Socket;
  let stream: TcpStream;
  const events = new Events();

  async function open(): Promise<[TcpStream, Socket]> {
    const socket = connect({ ...(listener.local as { host: string; port: number }), noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    for (;;) {
      const accepted = listener.accept();
      if (accepted !== WOULD_BLOCK) return [accepted, socket];
      await nextTurn();
    }
  }

  beforeEach(async () => {
    poll = openPoll(hasRing);
    listener = poll.listen({ host: '127.0.0.1', port: 0 }, 512);
    [stream, peer] = await open();
    poll.register(stream, TOKEN, READABLE);
  });

  afterEach(() => {
    peer.destroy();
    poll.deregister(stream);
    stream.close();
    listener.close();
    poll.close();
    poll.waker.close();
  });

  /** Sends, and returns once the kernel has the bytes. */
  async function send(bytes: string): Promise<void> {
    const before = unreadBytes(stream.fd);
    peer.write(bytes, 'latin1');
    while (unreadBytes(stream.fd) < before + bytes.length) await nextTurn();
  }

  /** The peer sends its last byte. Another poll tells when the kernel knows. */
  async function end(): Promise<void> {
    const witness = new EpollPoll(false);
    witness.register(stream, TOKEN, READABLE);
    const seen = new Events();
    peer.end();
    while (seen.length === 0 || (seen.readiness[0]! & READY_READ_CLOSED) === 0) {
      witness.wait(seen, 0);
      await nextTurn();
    }
    witness.close();
    witness.waker.close();
  }

  function wait(): number[] {
    poll.wait(events, 0);
    return events.readiness.slice(0, events.length);
  }

  function read(room = 100): string | number {
    const buffer = Buffer.alloc(room);
    const count = stream.read(buffer, 0, room);
    return count > 0 ? buffer.latin1Slice(0, count) : count;
  }

  test('after a short read the kernel is not asked: what has arrived meanwhile is another edge', async () => {
    await send('hello');
    expect(wait()).toEqual([READY_READABLE]);
    expect(read()).toBe('hello');
    await send('more');
    expect(read()).toBe(WOULD_BLOCK);
    expect(wait()).toEqual([READY_READABLE]);
    expect(read()).toBe('more');
    expect([wait(), read()]).toEqual([[], WOULD_BLOCK]);
  });

  test('while the loop is traced each read asks the kernel', async () => {
    poll.savesCalls = false;
    await send('hello');
    wait();
    expect(read()).toBe('hello');
    await send('more');
    expect(read()).toBe('more');
  });

  test('a read that has brought all that it asked for is followed by another one', async () => {
    await send('hello');
    wait();
    expect([read(2), read(2)]).toEqual(['he', 'll']);
    await send('more');
    expect(read(5)).toBe('omore');
    await send('!');
    expect(read(2)).toBe('!');
    expect(read()).toBe(WOULD_BLOCK);
  });

  test('WOULD_BLOCK is returned once; then, and in a later turn, the kernel is asked', async () => {
    await send('hello');
    wait();
    expect(read()).toBe('hello');
    await send('more');
    expect([read(), read()]).toEqual([WOULD_BLOCK, 'more']);
    await send('again');
    wait();
    expect(read()).toBe('again');
    poll.wait(events, 0);
    await send('later');
    expect(read()).toBe('later');
  });

  test('an end behind the bytes, which no other edge reports, is read at once', async () => {
    await send('hello');
    await end();
    expect(wait()).toEqual([BOTH]);
    expect([read(), read()]).toEqual(['hello', END_OF_FILE]);
  });

  test('an end that comes after the wait is another edge', async () => {
    await send('hello');
    expect(wait()).toEqual([READY_READABLE]);
    await end();
    expect([read(), read()]).toEqual(['hello', WOULD_BLOCK]);
    expect(wait()).toEqual([BOTH]);
    expect(read()).toBe(END_OF_FILE);
  });

  test('a stream that has become level-triggered is asked, and so is one that waits for WRITABLE as well', async () => {
    poll.reregister(stream, TOKEN, READABLE | LEVEL);
    await send('hello');
    wait();
    expect(read()).toBe('hello');
    await send('more');
    expect(read()).toBe('more');
    poll.reregister(stream, TOKEN, READABLE | WRITABLE);
    await send('hello');
    wait();
    expect(read()).toBe('hello');
    await send('more');
    expect(read()).toBe('more');
  });

  test('bytes that arrive at any time between waits and reads all arrive, in order', async () => {
    const random = seededRandom(7);
    let sent = '';
    let received = '';
    let isReported = false;
    for (let i = 0; i < 3000; i++) {
      const what = random();
      if (what < 0.4) {
        const bytes = String.fromCharCode(97 + (i % 26)).repeat(1 + Math.floor(random() * 20));
        sent += bytes;
        peer.write(bytes, 'latin1');
        if (random() < 0.7) await nextTurn();
      } else if (what < 0.6) {
        isReported ||= wait().length > 0;
      } else if (isReported) {
        const result = read(1 + Math.floor(random() * 30));
        if (typeof result === 'string') received += result;
        else isReported = false;
      }
    }
    await new Promise<void>((done) => peer.write('.', 'latin1', () => done()));
    while (!received.endsWith('.')) {
      if (wait().length > 0) for (let result = read(); result !== WOULD_BLOCK; result = read()) received += result;
      await nextTurn();
    }
    expect(received).toBe(`${sent}.`);
  });
});

describe.runIf(isLinux)('as any poll', () => {
  describePoll('EpollPoll that knows when an edge is drained', (edgeTriggered) => {
    const contracted = new EpollPoll(edgeTriggered);
    contracted.savesCalls = true;
    return worldOf(contracted);
  });
});
