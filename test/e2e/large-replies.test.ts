/** Replies that refer to the value at a key: what waits for a slow reader stays as it was, whatever happens to the key meanwhile. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createServer } from 'redis-lab';

const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const request = (...argv: string[]): string => `*${argv.length}\r\n${argv.map(bulk).join('')}`;

/** Far more than the sockets' buffers take. */
const GETS = 200;
const SIZE = 40_000;

interface Step {
  readonly change: readonly string[];
  readonly reply: string;
  /** What GET finds afterwards. */
  readonly value: string | null;
}

const a = 'a'.repeat(SIZE);
const b = 'b'.repeat(SIZE);

const STEPS: readonly Step[] = [
  { change: ['SET', 'k', a], reply: OK, value: a },
  { change: ['SET', 'k', b], reply: OK, value: b },
  { change: ['APPEND', 'k', 'more'], reply: `:${SIZE + 4}\r\n`, value: `${b}more` },
  { change: ['SETRANGE', 'k', '1', 'range'], reply: `:${SIZE + 4}\r\n`, value: `brange${b.slice(6)}more` },
  { change: ['SETBIT', 'k', '1', '0'], reply: ':1\r\n', value: `"range${b.slice(6)}more` },
  { change: ['SET', 'k', a], reply: OK, value: a },
  { change: ['SET', 'k', a.slice(1000), 'EX', '100'], reply: OK, value: a.slice(1000) },
  { change: ['DEL', 'k'], reply: ':1\r\n', value: null },
];

const requests = STEPS.map(({ change }) => request(...change) + request('GET', 'k').repeat(GETS)).join('');
const replies = STEPS.map(({ reply, value }) => reply + (value === null ? '$-1\r\n' : bulk(value)).repeat(GETS)).join('');

const FAULTS = [{ faults: [] }, { faults: ['slice 3000'] }, { faults: ['slice 100000', 'would-block 1'] }];

test.each(FAULTS)('each GET has the value of its time: faults $faults', async ({ faults }) => {
  await using server = await createServer({ port: 0 });
  for (const fault of faults) await server.faults.add(fault);
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  const received: Buffer[] = [];
  socket.write(requests);
  // The server answers all of it before anything is read.
  await new Promise((resolve) => setTimeout(resolve, 300));
  let length = 0;
  for await (const part of socket) {
    received.push(part as Buffer);
    length += (part as Buffer).length;
    if (length >= replies.length) break;
  }
  expect(Buffer.concat(received).toString('latin1') === replies).toBe(true);
});

test('a dense HyperLogLog that a client reads slowly is counted and changed meanwhile', async () => {
  await using server = await createServer({ port: 0, 'hll-sparse-max-bytes': 0 });
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  const elements = Array.from({ length: 150 }, (_, i) => String(i));
  // GETRANGE copies, so each pair must be the same.
  const rest = request('GET', 'k') + request('GETRANGE', 'k', '0', '-1') + request('PFCOUNT', 'k');
  socket.write(elements.map((element) => request('PFADD', 'k', element) + rest).join(''));
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.write(request('ECHO', 'end'));
  let text = '';
  for await (const part of socket) {
    text += (part as Buffer).toString('latin1');
    if (text.endsWith(bulk('end'))) break;
  }
  const header = '$12304\r\n';
  const values = text.split(header).slice(1).map((each) => each.slice(0, 12304));
  expect(values).toHaveLength(2 * elements.length);
  for (let i = 0; i < values.length; i += 2) expect(values[i] === values[i + 1]).toBe(true);
  expect(new Set(values).size).toBeGreaterThan(100);
});

test('a client that goes away leaves the value to others', async () => {
  await using server = await createServer({ port: 0 });
  const gone = connect({ port: server.port, host: '127.0.0.1' });
  gone.write(request('SET', 'k', a) + request('GET', 'k').repeat(500));
  await once(gone, 'readable');
  gone.destroy();
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  socket.write(request('SET', 'k', b) + request('GET', 'k'));
  const expected = OK + bulk(b);
  let text = '';
  for await (const part of socket) {
    text += (part as Buffer).toString('latin1');
    if (text.length >= expected.length) break;
  }
  expect(text === expected).toBe(true);
});
