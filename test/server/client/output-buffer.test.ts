import { expect, test, vi } from 'vitest';
import { CHUNK_BYTES, LARGE_CHUNK_BYTES, OutputBuffer } from '../../../src/server/client/output-buffer.js';
import { WOULD_BLOCK, type TcpStream } from '../../../src/server/io/poll.js';
import { Fifo } from '../../../src/shared/fifo.js';

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

test('reading the newest reply costs the same after ten thousand chunks', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 20_000; i++) write(output, 'x'.repeat(LARGE_CHUNK_BYTES / 2));
  write(output, 'y'.repeat(10));
  const at = vi.spyOn(Fifo.prototype, 'at');
  expect(output.peek(output.length - 10, 10)).toBe('yyyyyyyyyy');
  expect(output.peek(output.length - 11, 10)).toBe('x');
  expect(at.mock.calls.length).toBeLessThan(5);
  at.mockRestore();
  expect(output.capacity).toBe(10_001 * LARGE_CHUNK_BYTES);
  output.clear();
});
