import { expect, test, vi } from 'vitest';
import { CHUNK_BYTES, OutputBuffer } from '../../../src/server/client/output-buffer.js';
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

test('large replies behind others share chunks, and are offered to the socket together; small ones do not claim so much', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 10; i++) write(output, String(i).repeat(16_000));
  expect([output.extraChunks, output.capacity]).toEqual([2, CHUNK_BYTES + 2 * 80 * 1024]);
  output.drop(16_000);
  expect([output.offered, output.peek(0, 1), output.peek(64_000, 1)]).toEqual([5 * 16_000, '1', '5']);
  output.clear();
  for (let i = 0; i < 10; i++) write(output, 'x'.repeat(5000));
  expect(output.capacity).toBe(4 * CHUNK_BYTES);
  output.clear();
});

test('reading the newest reply costs the same after ten thousand chunks', () => {
  const output = new OutputBuffer();
  for (let i = 0; i < 20_000; i++) write(output, 'x'.repeat(CHUNK_BYTES / 2));
  write(output, 'y'.repeat(10));
  const at = vi.spyOn(Fifo.prototype, 'at');
  expect(output.peek(output.length - 10, 10)).toBe('yyyyyyyyyy');
  expect(output.peek(output.length - 11, 10)).toBe('x');
  expect(at.mock.calls.length).toBeLessThan(5);
  at.mockRestore();
  expect(output.capacity).toBe(10_001 * CHUNK_BYTES);
  output.clear();
});
