import { expect, test, vi } from 'vitest';
import { CHUNK_BYTES, LARGE_CHUNK_BYTES, OutputBuffer } from '../../../src/server/client/output-buffer.js';
import { MAX_PIECES, type Piece, type Poll, WOULD_BLOCK, type TcpStream } from '../../../src/server/io/poll.js';
import { ByteString } from '../../../src/server/keyspace/value.js';
import { Bytes } from '../../../src/server/resp/reply.js';
import { Fifo } from '../../../src/shared/fifo.js';
import { seededRandom } from '../../../src/shared/random.js';

/** Takes at most `limit` bytes a write. */
function receiver(limit: number): TcpStream & { received: string } {
  const stream = {
    received: '',
    write(from: Buffer, start: number, end: number): number {
      const count = Math.min(limit, end - start);
      stream.received += from.latin1Slice(start, start + count);
      return count === 0 ? WOULD_BLOCK : count;
    },
  };
  return stream as TcpStream & { received: string };
}

function write(output: OutputBuffer, text: string): void {
  output.reserve(text.length);
  output.position += output.buffer.latin1Write(text, output.position);
}

/** Once. */
function send(output: OutputBuffer, stream: TcpStream): void {
  output.drop(output.writeTo(stream, output.offered));
}

test('any part of what waits can be read, also when a part of the oldest chunk was sent', () => {
  const output = new OutputBuffer();
  let waiting = '';
  for (let i = 0; i < 300; i++) {
    const text = `<${i}>`.repeat(1 + ((i * 37) % 90)) + (i === 150 ? 'x'.repeat(40_000) : '');
    write(output, text);
    waiting += text;
  }
  const stream = receiver(1000);
  send(output, stream);
  waiting = waiting.slice(1000);
  expect(output.length).toBe(waiting.length);
  for (let at = 0; at < waiting.length; at += 997) {
    const part = output.peek(at, 5);
    expect(part.length).toBeGreaterThan(0);
    expect(waiting.slice(at, at + part.length)).toBe(part);
  }
  while (output.length > 0) send(output, stream);
  expect(stream.received.slice(1000)).toBe(waiting);
  expect([output.capacity, output.extraChunks]).toEqual([0, 0]);
});

test('output that outgrows its chunk moves to a larger one, and is offered to the socket together', () => {
  const output = new OutputBuffer();
  write(output, 'a'.repeat(CHUNK_BYTES));
  expect([output.isLarge, output.capacity]).toEqual([false, CHUNK_BYTES]);
  write(output, 'b');
  expect([output.isLarge, output.capacity, output.offered, output.extraChunks]).toEqual([true, LARGE_CHUNK_BYTES, CHUNK_BYTES + 1, 0]);
  output.drop(CHUNK_BYTES + 1);
  expect([output.isLarge, output.capacity]).toEqual([false, 0]);
});

test('what was sent is not moved', () => {
  const output = new OutputBuffer();
  const stream = receiver(16_000);
  write(output, 'a'.repeat(16_000) + 'b'.repeat(384));
  send(output, stream);
  write(output, 'c'.repeat(LARGE_CHUNK_BYTES - 384));
  expect([output.length, output.offered, output.peek(383, 3)]).toEqual([LARGE_CHUNK_BYTES, LARGE_CHUNK_BYTES, 'bcc']);
  const [chunk] = output.capture()!.chunks;
  expect(Buffer.from(chunk!.bytes).toString()).toBe(`${'b'.repeat(384)}${'c'.repeat(LARGE_CHUNK_BYTES - 384)}`);
  while (output.length > 0) send(output, stream);
  expect(stream.received).toBe(`${'a'.repeat(16_000)}${'b'.repeat(384)}${'c'.repeat(LARGE_CHUNK_BYTES - 384)}`);
});

test('what does not fit into a large chunk gets one more, or one of its own', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 10; i++) write(output, String(i).repeat(16_000));
  expect([output.extraChunks, output.capacity]).toEqual([1, 2 * LARGE_CHUNK_BYTES]);
  output.drop(5 * 16_000);
  expect([output.offered, output.peek(0, 1), output.peek(64_000, 1)]).toEqual([5 * 16_000, '5', '9']);
  output.clear();
  write(output, 'x');
  write(output, 'y'.repeat(200_000));
  expect([output.extraChunks, output.capacity, output.length]).toEqual([1, CHUNK_BYTES + 200_000, 200_001]);
  output.clear();
});

test('reading the newest reply costs the same after a thousand chunks', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 2000; i++) write(output, 'x'.repeat(LARGE_CHUNK_BYTES / 2));
  write(output, 'y'.repeat(10));
  const at = vi.spyOn(Fifo.prototype, 'at');
  expect(output.peek(output.length - 10, 10)).toBe('yyyyyyyyyy');
  expect(output.peek(output.length - 11, 10)).toBe('x');
  expect(at.mock.calls.length).toBeLessThan(5);
  at.mockRestore();
  expect(output.capacity).toBe(1001 * LARGE_CHUNK_BYTES);
  output.clear();
});

/** Takes pieces, at most as many bytes a write as `limit` returns. */
function gatherer(limit: () => number): TcpStream & { received: string; writes: number } {
  const stream = {
    received: '',
    writes: 0,
    write: (from: Buffer, start: number, end: number): number => stream.writePieces([{ buffer: from, start, end }], end - start),
    writePieces(pieces: readonly Piece[], bytes: number): number {
      expect(pieces.length).toBeLessThanOrEqual(MAX_PIECES);
      const all = pieces.map(({ buffer, start, end }) => buffer.latin1Slice(start, end)).join('');
      expect(all.length).toBeGreaterThanOrEqual(bytes);
      const count = Math.min(limit(), bytes);
      stream.received += all.slice(0, count);
      stream.writes++;
      return count === 0 ? WOULD_BLOCK : count;
    },
  };
  return stream as unknown as TcpStream & { received: string; writes: number };
}

test('a value that is referred to is sent with what is around it by one write, and its memory is counted as if it were copied', () => {
  const account = { clients: 0, onDrop: null };
  const output = new OutputBuffer(account, true);
  const value = new Bytes(Buffer.from('v'.repeat(20_000)));
  write(output, 'before');
  output.refer(value);
  write(output, 'between');
  output.refer(value);
  write(output, 'after');
  const all = `before${'v'.repeat(20_000)}between${'v'.repeat(20_000)}after`;
  expect([output.length, output.offered, output.extraChunks, output.isLarge]).toEqual([all.length, all.length, 2, true]);
  expect([output.capacity, account.clients, value.readers]).toEqual([CHUNK_BYTES + 40_000, 40_000, 2]);
  expect(output.peek(0, 8)).toBe('beforevv');
  expect(output.peek(20_004, 11)).toBe('vvbetweenvv');
  const [first, ...others] = output.capture()!.chunks;
  expect(Buffer.from(first!.bytes).toString()).toBe('before');
  expect(others.map(({ bytes }) => bytes.length)).toEqual([20_000, 7, 20_000, 5]);
  const copy = new OutputBuffer();
  copy.restore(output.capture()!);
  expect([copy.length, copy.peek(20_006, 7)]).toEqual([all.length, 'between']);
  const stream = gatherer(() => 20_008);
  send(output, stream);
  expect([output.length, value.readers, account.clients]).toEqual([all.length - 20_008, 1, 20_000]);
  send(output, stream);
  expect([stream.received, stream.writes]).toEqual([all.slice(0, 40_016), 2]);
  send(output, stream);
  expect([stream.received, output.length, output.capacity, account.clients, value.readers]).toEqual([all, 0, 0, 0, 0]);
});

test('what is queued for a batch of sends is what the write offers: bytes of one piece, or of several', () => {
  const output = new OutputBuffer(undefined, true);
  const queued: string[] = [];
  const textOf = ({ buffer, start, end }: Piece): string => buffer.latin1Slice(start, end);
  const poll = {
    queue: (_: TcpStream, buffer: Buffer, start: number, end: number) => queued.push(textOf({ buffer, start, end })) > 0,
    queuePieces: (_: TcpStream, pieces: readonly Piece[], bytes: number) => queued.push(pieces.map(textOf).join('').slice(0, bytes)) > 0,
  } as unknown as Poll;
  const stream = gatherer(() => Infinity);
  const queueAndWrite = (bytes: number): void => {
    expect(output.queueTo(poll, stream, bytes)).toBe(bytes > 0);
    if (bytes > 0) output.drop(output.writeTo(stream, bytes));
  };
  const value = new Bytes(Buffer.from('v'.repeat(20_000)));
  write(output, 'before');
  output.refer(value);
  write(output, 'after');
  queueAndWrite(0);
  queueAndWrite(2);
  queueAndWrite(output.offered - 2);
  queueAndWrite(output.offered);
  expect(queued).toEqual(['be', `fore${'v'.repeat(20_000)}aft`, 'er']);
  expect([stream.received, output.length]).toEqual([queued.join(''), 0]);
  // Where the poll queues no pieces, the write sends them.
  output.refer(value);
  write(output, '.');
  expect(output.queueTo({ queue: poll.queue } as Poll, stream, output.offered)).toBe(false);
  expect(output.queueTo({ queue: poll.queue } as Poll, stream, 20_000)).toBe(true);
  output.clear();
});

test('output that is dropped refers to nothing any more', () => {
  const output = new OutputBuffer({ clients: 0, onDrop: null }, true);
  const value = new Bytes(Buffer.alloc(20_000));
  for (let i = 0; i < 3; i++) output.refer(value);
  expect(value.readers).toBe(3);
  output.clear();
  expect([value.readers, output.length, output.capacity]).toEqual([0, 0, 0]);
});

test.each([1, 2, 3])('texts and values in any order arrive as they were when they were written, however little each write takes: seed %i', (seed) => {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const account = { clients: 0, onDrop: null };
  const output = new OutputBuffer(account, true);
  const stream = gatherer(() => (below(4) === 0 ? 0 : below(3) === 0 ? below(50) : below(200_000)));
  const strings = [0, 1, 2].map((i) => new ByteString(String(i).repeat(13_000 + i)));
  let waiting = '';
  /** Offers at most this many bytes, of which the stream may take fewer. */
  const sendSome = (bytes: number): void => {
    stream.received = '';
    const taken = output.writeTo(stream, bytes);
    if (taken === WOULD_BLOCK) return;
    output.drop(taken);
    expect(waiting.startsWith(stream.received)).toBe(true);
    waiting = waiting.slice(taken);
  };
  for (let step = 0; step < 400; step++) {
    const string = strings[below(3)]!;
    switch (below(8)) {
      case 0:
      case 1:
      case 2: {
        output.refer(string.asReply());
        waiting += string.toString();
        break;
      }
      case 3:
        string.write(below(13_000), `<${step}>`);
        break;
      case 4:
        string.overwrite(Buffer.from(String(step % 10).repeat(11_000 + below(2000))));
        break;
      default: {
        const text = `[${step}]`.repeat(below(20) === 0 ? below(20_000) : below(30));
        write(output, text);
        waiting += text;
      }
    }
    expect(output.length).toBe(waiting.length);
    const at = below(output.length);
    expect(waiting.startsWith(output.peek(at, 20), at)).toBe(true);
    if (output.length > 0 && below(2) === 0) sendSome(1 + below(output.offered));
  }
  while (output.length > 0) sendSome(output.offered);
  expect([output.capacity, output.extraChunks, account.clients]).toEqual([0, 0, 0]);
  expect(strings.map((string) => string.asReply().readers)).toEqual([0, 0, 0]);
});
