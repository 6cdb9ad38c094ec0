/**
 * The contract of Poll, as one suite that runs for every backend, level- and edge-triggered.
 *
 * A backend brings a World: its poll, and the other end of the wire. Nothing sleeps: a test waits in the poll itself for what it has caused, and polls (timeout
 * 0) where nothing should be ready.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Events, READY_ERROR, READY_HUP, READY_READABLE, READY_READ_CLOSED, READY_WRITABLE, type Readiness } from '../../../src/server/io/event.js';
import { EDGE, LEVEL, READABLE, WRITABLE } from '../../../src/server/io/interest.js';
import { type Address, END_OF_FILE, NOTHING_FLUSHED, type Poll, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { FIRST_FREE, LISTENER, type Token, WAKER } from '../../../src/server/io/token.js';

/** A client, controlled by the test. Bytes are latin1. */
export interface Peer {
  /** Resolves once the bytes are on their way. */
  send(bytes: string): Promise<void>;
  /** Resolves with the next `count` bytes. */
  receive(count: number): Promise<string>;
  /** Resolves when the server's end is closed, in whatever way. */
  ended(): Promise<void>;
  /** Shuts down the sending side. */
  shutdown(): Promise<void>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Another server. */
export interface Remote {
  readonly address: Address;
  /** Resolves with the next connection. */
  accept(): Promise<Peer>;
  /** From now on connections are refused. */
  close(): Promise<void>;
}

export interface World {
  readonly poll: Poll;
  connect(address: Address): Promise<Peer>;
  /** Another server, to be connected to. */
  openRemote(): Promise<Remote>;
  /** Milliseconds, on the clock of the poll's waits. */
  nowMs(): number;
  /** Wakes while the poll waits. */
  wakeDuringWait(): Promise<void> | void;
  /** True if unix sockets have files. */
  readonly hasFiles: boolean;
  close(): Promise<void>;
}

/** So long that only a failing test ever waits for it. */
const PATIENCE_MS = 5000;
const CLIENT: Token = FIRST_FREE + 1;
const ANY_PORT: Address = { host: '127.0.0.1', port: 0 };

export interface Ready {
  readonly token: Token;
  readonly readiness: Readiness;
}

/** Returns what one wait brings, on a poll that blocks and on one that has to be driven. */
export async function waitFor(poll: Poll, timeoutMs: number): Promise<Ready[]> {
  const events = new Events();
  let turns = 0;
  const turn = (): number | null => {
    poll.wait(events, timeoutMs);
    return events.length > 0 || turns++ > 0 ? null : timeoutMs;
  };
  if (poll.drive === undefined) turn();
  else await poll.drive(turn);
  return events.tokens.slice(0, events.length).map((token, index) => ({ token, readiness: events.readiness[index]! }));
}

export async function waitUntilReady(poll: Poll): Promise<Ready[]> {
  return waitFor(poll, PATIENCE_MS);
}

export function describePoll(name: string, open: (edgeTriggered: boolean) => World): void {
  describe.each([
    { mode: 'level-triggered', edgeTriggered: false },
    { mode: 'edge-triggered', edgeTriggered: true },
  ])(`${name}, $mode`, ({ edgeTriggered }) => contract(() => open(edgeTriggered), edgeTriggered));
}

function contract(open: () => World, edgeTriggered: boolean): void {
  let world: World;
  let poll: Poll;
  let closeAfterwards: { close(): unknown }[];

  beforeEach(() => {
    world = open();
    poll = world.poll;
    closeAfterwards = [];
  });

  afterEach(async () => {
    for (const closable of closeAfterwards.reverse()) await closable.close();
    await world.close();
  });

  function closing<T extends { close(): unknown }>(closable: T): T {
    closeAfterwards.push(closable);
    return closable;
  }

  async function listen(address: Address = ANY_PORT): Promise<TcpListener> {
    const listener = closing(poll.listen(address, 128));
    poll.register(listener, LISTENER, READABLE);
    await poll.opened?.();
    return listener;
  }

  async function connect(listener: TcpListener): Promise<Peer> {
    return closing(await world.connect(listener.local));
  }

  /** A connected pair; the stream is registered as CLIENT for READABLE, and the listener is silent. */
  async function connected(address: Address = ANY_PORT): Promise<{ peer: Peer; stream: TcpStream }> {
    const listener = await listen(address);
    const peer = await connect(listener);
    await waitUntilReady(poll);
    const stream = closing(listener.accept() as TcpStream);
    expect(listener.accept()).toBe(WOULD_BLOCK);
    poll.register(stream, CLIENT, READABLE);
    return { peer, stream };
  }

  /** Waits until a set of bits is reported for CLIENT, through as many waits as that takes. */
  async function clientReady(bits: Readiness): Promise<void> {
    let seen = 0;
    while ((seen & bits) !== bits) {
      const ready = await waitUntilReady(poll);
      expect(ready, 'nothing became ready').not.toEqual([]);
      for (const { token, readiness } of ready) if (token === CLIENT) seen |= readiness;
    }
  }

  async function nothingReady(): Promise<void> {
    expect(await waitFor(poll, 0)).toEqual([]);
  }

  function read(stream: TcpStream, bytes = 64 * 1024): string | number {
    const buffer = Buffer.alloc(bytes);
    const count = stream.read(buffer, 0, bytes);
    return count > 0 ? buffer.latin1Slice(0, count) : count;
  }

  /** Writes until the kernel takes no more; returns what it took. */
  function fill(stream: TcpStream): string {
    const chunk = Buffer.from('0123456789abcdef'.repeat(4096), 'latin1');
    let written = '';
    for (;;) {
      const start = written.length % 16;
      const count = stream.write(chunk, start, chunk.length);
      if (count === WOULD_BLOCK) return written;
      written += chunk.latin1Slice(start, start + count);
    }
  }

  function errorOf(run: () => unknown): SystemError {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(SystemError);
      return error as SystemError;
    }
    throw new Error('expected a SystemError');
  }

  /** Calls repeatedly, letting the other end run in between, until it fails. */
  async function firstError(run: () => unknown): Promise<SystemError> {
    for (;;) {
      try {
        run();
      } catch (error) {
        expect(error).toBeInstanceOf(SystemError);
        return error as SystemError;
      }
      await new Promise(setImmediate);
    }
  }

  describe('listening', () => {
    test('port 0 becomes a real port, another one for each listener', async () => {
      const first = await listen();
      const second = closing(poll.listen(ANY_PORT, 128));
      await poll.opened?.();
      const ports = [first, second].map(({ local }) => ('port' in local ? local.port : 0));
      expect(ports[0]).toBeGreaterThan(0);
      expect(ports[1]).toBeGreaterThan(0);
      expect(ports[0]).not.toBe(ports[1]);
    });

    test('a port in use is a SystemError EADDRINUSE', async () => {
      const { local } = await listen();
      const again = async (): Promise<void> => {
        closing(poll.listen(local, 128));
        await poll.opened?.();
      };
      await expect(again()).rejects.toThrow(SystemError);
      await expect(again()).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
    });

    test('a listener is ready as soon as a client connects, and accepts until WouldBlock', async () => {
      const listener = await listen();
      expect(listener.accept()).toBe(WOULD_BLOCK);
      await nothingReady();
      await connect(listener);
      await connect(listener);
      expect(await waitUntilReady(poll)).toEqual([{ token: LISTENER, readiness: READY_READABLE }]);
      const accepted: TcpStream[] = [];
      // Two are on their way; a driven backend may be told of the second one a moment later.
      while (accepted.length < 2) {
        const stream = listener.accept();
        if (stream === WOULD_BLOCK) await waitUntilReady(poll);
        else accepted.push(closing(stream));
      }
      expect(listener.accept()).toBe(WOULD_BLOCK);
      expect(accepted[0]!.fd).not.toBe(accepted[1]!.fd);
      await nothingReady();
    });

    test('both addresses of a connection are known', async () => {
      const listener = await listen();
      await connect(listener);
      await waitUntilReady(poll);
      const stream = closing(listener.accept() as TcpStream);
      expect(stream.local).toEqual(listener.local);
      expect(stream.peer).toMatchObject({ host: '127.0.0.1' });
    });

    test('keepalive accepts every number of seconds', async () => {
      const { stream } = await connected();
      for (const seconds of [300, 1, 0x7fffffff, 0]) stream.setKeepAlive(seconds);
    });

    test('small writes arrive with and without TCP_NODELAY', async () => {
      const { peer, stream } = await connected();
      for (const isOn of [false, true]) {
        stream.setNoDelay(isOn);
        stream.write(Buffer.from('small'), 0, 5);
        expect(await peer.receive(5)).toBe('small');
      }
    });

    test('a closed listener releases its port', async () => {
      const listener = poll.listen(ANY_PORT, 128);
      await poll.opened?.();
      const { local } = listener;
      listener.close();
      await expect(world.connect(local)).rejects.toThrow('ECONNREFUSED');
    });
  });

  describe('connecting', () => {
    async function connecting(remote: Remote): Promise<TcpStream> {
      const stream = closing(poll.connect(remote.address));
      poll.register(stream, CLIENT, READABLE | WRITABLE);
      return stream;
    }

    test('returns at once, and WRITABLE reports when it is done', async () => {
      const remote = closing(await world.openRemote());
      const stream = await connecting(remote);
      expect(stream.peer).toEqual(remote.address);
      await clientReady(READY_WRITABLE);
      expect(read(stream)).toBe(WOULD_BLOCK);
      expect(stream.write(Buffer.from('hello'), 0, 5)).toBe(5);
      const peer = closing(await remote.accept());
      expect(await peer.receive(5)).toBe('hello');
      poll.reregister(stream, CLIENT, READABLE);
      await peer.send('welcome');
      await clientReady(READY_READABLE);
      expect(read(stream)).toBe('welcome');
    });

    test('an end that the other server closes is read as end of file', async () => {
      const remote = closing(await world.openRemote());
      const stream = await connecting(remote);
      await clientReady(READY_WRITABLE);
      const peer = closing(await remote.accept());
      await peer.shutdown();
      await clientReady(READY_READ_CLOSED);
      expect(read(stream)).toBe(END_OF_FILE);
    });

    test('a refused connection is ready with an error, which the first read throws', async () => {
      const remote = await world.openRemote();
      await remote.close();
      const stream = await connecting(remote);
      await clientReady(READY_WRITABLE | READY_ERROR);
      expect(errorOf(() => read(stream))).toMatchObject({ code: 'ECONNREFUSED' });
      expect(read(stream)).toBe(END_OF_FILE);
    });

    test('or the first write, if that comes first', async () => {
      const remote = await world.openRemote();
      await remote.close();
      const stream = await connecting(remote);
      await clientReady(READY_WRITABLE);
      expect(errorOf(() => stream.write(Buffer.from('x'), 0, 1))).toMatchObject({ code: 'ECONNREFUSED' });
      expect(errorOf(() => stream.write(Buffer.from('x'), 0, 1))).toMatchObject({ code: 'EPIPE' });
    });

    test('it may be given up before it is connected', async () => {
      const remote = closing(await world.openRemote());
      const stream = poll.connect(remote.address);
      poll.register(stream, CLIENT, READABLE | WRITABLE);
      stream.close();
      await nothingReady();
    });

    test('a host that is not an IP address is a RangeError', () => {
      expect(() => poll.connect({ host: 'example.invalid', port: 1 })).toThrow('not an IP address: example.invalid');
    });
  });

  describe('unix sockets', () => {
    const path = join(tmpdir(), `redis-lab-contract-${process.pid}-${edgeTriggered ? 'edge' : 'level'}.sock`);
    afterEach(() => rmSync(path, { force: true }));

    test('carry bytes like any other, and both ends have the name of the path', async () => {
      const { peer, stream } = await connected({ path });
      expect(stream.peer).toEqual({ path });
      expect(stream.local).toEqual({ path });
      stream.setKeepAlive(300);
      stream.setNoDelay(false);
      await peer.send('over the file system');
      await clientReady(READY_READABLE);
      expect(read(stream)).toBe('over the file system');
    });

    test('replace the file that an earlier run has left at the path', async () => {
      writeFileSync(path, '');
      const { stream } = await connected({ path });
      expect(read(stream)).toBe(WOULD_BLOCK);
    });
  });

  describe('reading', () => {
    test('nothing is WouldBlock', async () => {
      const { stream } = await connected();
      expect(read(stream)).toBe(WOULD_BLOCK);
      await nothingReady();
    });

    test('bytes arrive in order, in the given range', async () => {
      const { peer, stream } = await connected();
      await peer.send('hello');
      await clientReady(READY_READABLE);
      const buffer = Buffer.from('..........');
      expect(stream.read(buffer, 2, 5)).toBe(3);
      expect(stream.read(buffer, 5, 10)).toBe(2);
      expect(stream.read(buffer, 0, 10)).toBe(WOULD_BLOCK);
      expect(buffer.toString()).toBe('..hello...');
    });

    test('every byte value survives', async () => {
      const { peer, stream } = await connected();
      const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
      await peer.send(all);
      await clientReady(READY_READABLE);
      expect(read(stream)).toBe(all);
    });

    test('end of file comes after the last byte, and stays', async () => {
      const { peer, stream } = await connected();
      await peer.send('last');
      await peer.shutdown();
      await clientReady(READY_READABLE | READY_READ_CLOSED);
      expect(read(stream)).toBe('last');
      expect(read(stream)).toBe(END_OF_FILE);
      expect(read(stream)).toBe(END_OF_FILE);
    });

    test('a peer that has shut down its sending side can still be answered', async () => {
      const { peer, stream } = await connected();
      await peer.shutdown();
      await clientReady(READY_READ_CLOSED);
      expect(stream.write(Buffer.from('answer'), 0, 6)).toBe(6);
      expect(await peer.receive(6)).toBe('answer');
    });
  });

  describe('writing', () => {
    test('bytes are sent from the given range', async () => {
      const { peer, stream } = await connected();
      expect(stream.write(Buffer.from('..hello...'), 2, 7)).toBe(5);
      expect(await peer.receive(5)).toBe('hello');
    });

    test('the buffer belongs to the caller again as soon as write returns', async () => {
      const { peer, stream } = await connected();
      const buffer = Buffer.from('first');
      stream.write(buffer, 0, 5);
      buffer.write('again');
      stream.write(buffer, 0, 5);
      expect(await peer.receive(10)).toBe('firstagain');
    });

    test('a full buffer gives WouldBlock, and WRITABLE once the peer has read', async () => {
      const { peer, stream } = await connected();
      const written = fill(stream);
      poll.reregister(stream, CLIENT, READABLE | WRITABLE);
      await nothingReady();
      const received = peer.receive(written.length);
      await untilWritable(stream);
      const more = Buffer.from('more');
      expect(stream.write(more, 0, 4)).toBe(4);
      expect((await received) === written).toBe(true);
      expect(await peer.receive(4)).toBe('more');
    });

    /** The peer reads on this thread: the wait must give it time. */
    async function untilWritable(stream: TcpStream): Promise<void> {
      for (;;) {
        const ready = await waitFor(poll, 0);
        if (ready.some(({ token, readiness }) => token === CLIENT && (readiness & READY_WRITABLE) !== 0)) break;
        await new Promise(setImmediate);
      }
      poll.reregister(stream, CLIENT, READABLE);
    }

    test('what was written before close still arrives, and then the end', async () => {
      const { peer, stream } = await connected();
      stream.write(Buffer.from('farewell'), 0, 8);
      stream.close();
      closeAfterwards = closeAfterwards.filter((closable) => closable !== stream);
      expect(await peer.receive(8)).toBe('farewell');
      await peer.ended();
    });
  });

  describe('sending in batches', () => {
    const OTHER: Token = CLIENT + 1;

    /** Two connections, registered as CLIENT and OTHER. */
    async function connectedPair(): Promise<{ peer: Peer; stream: TcpStream }[]> {
      const listener = await listen();
      const peers = [await connect(listener), await connect(listener)];
      const streams: TcpStream[] = [];
      while (streams.length < 2) {
        await waitUntilReady(poll);
        for (let stream = listener.accept(); stream !== WOULD_BLOCK; stream = listener.accept()) streams.push(closing(stream));
      }
      streams.forEach((stream, index) => poll.register(stream, index === 0 ? CLIENT : OTHER, READABLE));
      return streams.map((stream, index) => ({ stream, peer: peers[index]! }));
    }

    const queue = (stream: TcpStream, bytes: string): boolean => poll.queue(stream, Buffer.from(`<${bytes}>`, 'latin1'), 1, bytes.length + 1);
    const write = (stream: TcpStream, bytes: string): number => stream.write(Buffer.from(`<${bytes}>`, 'latin1'), 1, bytes.length + 1);

    test('queued bytes are taken by the flush, or by the write that returns their result', async () => {
      const [one, other] = await connectedPair();
      expect(queue(one!.stream, '+ONE\r\n')).toBe(poll.batchesSends);
      expect(queue(other!.stream, '+OTHER\r\n')).toBe(poll.batchesSends);
      expect(poll.flush()).toEqual(poll.batchesSends ? { sends: 2, bytes: 14, short: 0 } : NOTHING_FLUSHED);
      if (poll.batchesSends) expect([await one!.peer.receive(6), await other!.peer.receive(8)]).toEqual(['+ONE\r\n', '+OTHER\r\n']);
      expect(write(one!.stream, '+ONE\r\n')).toBe(6);
      expect(write(other!.stream, '+OTHER\r\n')).toBe(8);
      // The next one is a write like any other.
      expect(write(one!.stream, '.')).toBe(1);
      expect(await one!.peer.receive(poll.batchesSends ? 1 : 7)).toBe(poll.batchesSends ? '.' : '+ONE\r\n.');
    });

    test('a single send is left to its write', async () => {
      const [one] = await connectedPair();
      queue(one!.stream, 'alone');
      expect(poll.flush()).toEqual(NOTHING_FLUSHED);
      expect(write(one!.stream, 'alone')).toBe(5);
      expect(await one!.peer.receive(5)).toBe('alone');
      expect(poll.flush()).toEqual(NOTHING_FLUSHED);
    });

    test('a stream has one send in a batch, and a write flushes what is queued', async () => {
      const [one, other] = await connectedPair();
      queue(one!.stream, 'first');
      expect(queue(one!.stream, 'second')).toBe(false);
      queue(other!.stream, 'other');
      expect(write(one!.stream, 'first')).toBe(5);
      expect(write(other!.stream, 'other')).toBe(5);
      expect([await one!.peer.receive(5), await other!.peer.receive(5)]).toEqual(['first', 'other']);
      expect(poll.flush()).toEqual(NOTHING_FLUSHED);
    });

    test.each([1024, 64 * 1024])('batch after batch of %i bytes until the kernel takes no more: all arrive in order, and those that did not fit are reported', async (bytes) => {
      const [one, other] = await connectedPair();
      const chunk = '0123456789abcdef'.repeat(bytes / 16);
      let taken = 0;
      for (let count = 1; count > 0;) {
        const offered = chunk.slice(taken % 16);
        queue(one!.stream, offered);
        queue(other!.stream, '.');
        const flushed = { ...poll.flush() };
        count = write(one!.stream, offered);
        if (poll.batchesSends) expect(flushed).toEqual({ sends: 2, bytes: Math.max(0, count) + 1, short: count < offered.length ? 1 : 0 });
        expect(write(other!.stream, '.')).toBe(1);
        await other!.peer.receive(1);
        if (count !== WOULD_BLOCK) taken += count;
      }
      poll.reregister(one!.stream, CLIENT, READABLE | WRITABLE);
      const received = await one!.peer.receive(taken);
      expect(received === '0123456789abcdef'.repeat(taken / 16 + 1).slice(0, taken)).toBe(true);
      await clientReady(READY_WRITABLE);
      expect(write(one!.stream, 'more')).toBe(4);
      expect(await one!.peer.receive(4)).toBe('more');
    });

    test('a connection that is broken is named by its write, and the others have theirs', async () => {
      const [one, other] = await connectedPair();
      await one!.peer.reset();
      await clientReady(READY_READABLE | READY_HUP);
      queue(one!.stream, 'lost');
      queue(other!.stream, 'kept');
      expect(poll.flush()).toEqual(poll.batchesSends ? { sends: 2, bytes: 4, short: 1 } : NOTHING_FLUSHED);
      expect(errorOf(() => write(one!.stream, 'lost'))).toMatchObject({ code: 'ECONNRESET', fd: one!.stream.fd });
      expect(write(other!.stream, 'kept')).toBe(4);
      expect(await other!.peer.receive(4)).toBe('kept');
      expect(errorOf(() => write(one!.stream, 'x')).code).toBe('EPIPE');
    });

    test('closing flushes what is queued', async () => {
      const [one, other] = await connectedPair();
      const isQueued = queue(one!.stream, 'last words');
      queue(other!.stream, 'alive');
      one!.stream.close();
      closeAfterwards = closeAfterwards.filter((closable) => closable !== one!.stream);
      if (isQueued) expect(await one!.peer.receive(10)).toBe('last words');
      expect(write(other!.stream, 'alive')).toBe(5);
      expect(await other!.peer.receive(5)).toBe('alive');
      await one!.peer.ended();
    });
  });

  describe('interest', () => {
    test('WRITABLE is reported only on request', async () => {
      const { stream } = await connected();
      await nothingReady();
      poll.reregister(stream, CLIENT, READABLE | WRITABLE);
      expect(await waitUntilReady(poll)).toEqual([{ token: CLIENT, readiness: READY_WRITABLE }]);
      poll.reregister(stream, CLIENT, READABLE);
      await nothingReady();
    });

    test('bytes are reported only on request, and as soon as it is made', async () => {
      const { peer, stream } = await connected();
      poll.reregister(stream, CLIENT, 0);
      await peer.send('unheard');
      await nothingReady();
      poll.reregister(stream, CLIENT, READABLE);
      await clientReady(READY_READABLE);
    });

    test('that the peer has sent its last byte is reported only with READABLE', async () => {
      const { peer, stream } = await connected();
      poll.reregister(stream, CLIENT, 0);
      await peer.shutdown();
      await nothingReady();
      poll.reregister(stream, CLIENT, READABLE);
      await clientReady(READY_READ_CLOSED);
    });

    test('a token can be changed', async () => {
      const { peer, stream } = await connected();
      poll.reregister(stream, CLIENT + 7, READABLE);
      await peer.send('x');
      expect(await waitUntilReady(poll)).toEqual([{ token: CLIENT + 7, readiness: READY_READABLE }]);
    });

    test('a token may be as large as a safe integer', async () => {
      const { peer, stream } = await connected();
      await peer.send('x');
      for (const token of [0x7fffffff, 0x80000000, 0xffffffff, 0x1_0000_0001, Number.MAX_SAFE_INTEGER]) {
        poll.reregister(stream, token, READABLE);
        expect(await waitUntilReady(poll)).toEqual([{ token, readiness: READY_READABLE }]);
      }
    });

    test('after deregister nothing is reported, until it is registered again', async () => {
      const { peer, stream } = await connected();
      await peer.send('x');
      await clientReady(READY_READABLE);
      poll.deregister(stream);
      await nothingReady();
      poll.register(stream, CLIENT, READABLE);
      await clientReady(READY_READABLE);
    });

    test('a closed source is no longer reported', async () => {
      const { peer, stream } = await connected();
      await peer.send('x');
      await clientReady(READY_READABLE);
      stream.close();
      closeAfterwards = closeAfterwards.filter((closable) => closable !== stream);
      await nothingReady();
    });

    test('registering twice and changing an unregistered source are errors', async () => {
      const { stream } = await connected();
      expect(errorOf(() => poll.register(stream, CLIENT, READABLE)).code).toBe('EEXIST');
      poll.deregister(stream);
      expect(errorOf(() => poll.reregister(stream, CLIENT, READABLE)).code).toBe('ENOENT');
      expect(errorOf(() => poll.deregister(stream)).code).toBe('ENOENT');
    });
  });

  describe('triggering', () => {
    test(edgeTriggered ? 'bytes left unread are reported once' : 'bytes left unread are reported again and again', async () => {
      const { peer, stream } = await connected();
      await peer.send('unread');
      await clientReady(READY_READABLE);
      expect(read(stream, 2)).toBe('un');
      for (let again = 0; again < 3; again++) expect(await waitFor(poll, 0)).toEqual(edgeTriggered ? [] : [{ token: CLIENT, readiness: READY_READABLE }]);
      expect(read(stream)).toBe('read');
      await nothingReady();
    });

    test('bytes that arrive later are reported in either mode', async () => {
      const { peer, stream } = await connected();
      await peer.send('one');
      await clientReady(READY_READABLE);
      await peer.send('two');
      let received = '';
      while (received.length < 6) {
        await clientReady(READY_READABLE);
        for (let bytes = read(stream); typeof bytes === 'string'; bytes = read(stream)) received += bytes;
      }
      expect(received).toBe('onetwo');
    });

    test('a source can have another triggering than the default of its poll', async () => {
      const { peer, stream } = await connected();
      poll.reregister(stream, CLIENT, READABLE | (edgeTriggered ? LEVEL : EDGE));
      await peer.send('12345');
      await clientReady(READY_READABLE);
      for (let again = 0; again < 3; again++) expect(await waitFor(poll, 0)).toEqual(edgeTriggered ? [{ token: CLIENT, readiness: READY_READABLE }] : []);
      // Re-registering reports readiness again, and then it is as with all others.
      poll.reregister(stream, CLIENT, READABLE);
      expect(await waitFor(poll, 0)).toEqual([{ token: CLIENT, readiness: READY_READABLE }]);
      expect(await waitFor(poll, 0)).toEqual(edgeTriggered ? [] : [{ token: CLIENT, readiness: READY_READABLE }]);
    });

    test(edgeTriggered ? 'room to write is reported once' : 'room to write is reported again and again', async () => {
      const { stream } = await connected();
      poll.reregister(stream, CLIENT, WRITABLE);
      await clientReady(READY_WRITABLE);
      expect(await waitFor(poll, 0)).toEqual(edgeTriggered ? [] : [{ token: CLIENT, readiness: READY_WRITABLE }]);
    });
  });

  describe('breaking', () => {
    test('a reset shows in the readiness and is thrown by the next read', async () => {
      const { peer, stream } = await connected();
      await peer.reset();
      await clientReady(READY_READABLE | READY_HUP);
      expect(errorOf(() => read(stream))).toMatchObject({ code: 'ECONNRESET', syscall: 'recv', fd: stream.fd });
      expect(read(stream)).toBe(END_OF_FILE);
      expect(errorOf(() => stream.write(Buffer.from('x'), 0, 1))).toMatchObject({ code: 'EPIPE', syscall: 'send' });
    });

    test('writing to a disconnected peer throws an error, and raises no signal', async () => {
      const { peer, stream } = await connected();
      await peer.close();
      await clientReady(READY_READ_CLOSED);
      // The first bytes are still sent; the reply to them shows that the peer is gone.
      stream.write(Buffer.from('anybody?'), 0, 8);
      const { code } = await firstError(() => stream.write(Buffer.from('x'), 0, 1));
      expect(['EPIPE', 'ECONNRESET']).toContain(code);
    });
  });

  describe('waiting', () => {
    test('a timeout of 0 returns at once', async () => {
      const beforeMs = world.nowMs();
      await nothingReady();
      expect(world.nowMs() - beforeMs).toBeLessThan(PATIENCE_MS);
    });

    test('a timeout passes in full, fractions rounded up', async () => {
      const beforeMs = world.nowMs();
      expect(await waitFor(poll, 4.5)).toEqual([]);
      // Node's own timers may be up to a millisecond early.
      expect(world.nowMs() - beforeMs).toBeGreaterThanOrEqual(poll.drive === undefined ? 4.5 : 3.5);
    });

    test('a wake ends a wait that has begun', async () => {
      await world.wakeDuringWait();
      expect(await waitUntilReady(poll)).toEqual([{ token: WAKER, readiness: READY_READABLE }]);
    });

    test('many wakes before one wait are one event, until the next wake', async () => {
      for (let i = 0; i < 5; i++) poll.waker.wake();
      expect(await waitUntilReady(poll)).toEqual([{ token: WAKER, readiness: READY_READABLE }]);
      poll.waker.acknowledge();
      await nothingReady();
      poll.waker.wake();
      expect(await waitUntilReady(poll)).toEqual([{ token: WAKER, readiness: READY_READABLE }]);
    });
  });
}
