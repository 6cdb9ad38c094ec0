/**
 * A small client for tests that compare replies exactly: it keeps apart what a client library would hide.
 *
 *   bulk → 'text'   integer → 1   +OK → { simple: 'OK' }   -ERR … → { error: 'ERR …' }   *… → […]   %… → { map: [[key, value], …] }
 *   $-1 → null   *-1 → { null: 'array' }   _ → { null: 'resp3' }   ~ → { set: […] }   > → { push: […] }   , → { double: '1.5' }   # → true
 *   = → { verbatim: 'txt:…' }   ( → { big: '…' }
 *
 * All bytes are latin1. An attribute stands before its reply as { attribute: […], reply }.
 */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export type Wire =
  | string
  | number
  | bigint
  | boolean
  | null
  | Wire[]
  | { simple: string }
  | { error: string }
  | { null: 'array' | 'resp3' }
  | { double: string }
  | { big: string }
  | { verbatim: string }
  | { map: [Wire, Wire][] }
  | { set: Wire[] }
  | { push: Wire[] }
  | { attribute: [Wire, Wire][]; reply: Wire };

export class RespClient implements AsyncDisposable {
  private buffer = '';
  private readonly replies: Wire[] = [];
  private readonly waiting: { resolve: (reply: Wire) => void; reject: (error: Error) => void }[] = [];
  private ended = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => this.receive(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      for (const { reject } of this.waiting.splice(0)) reject(new Error('the connection was closed'));
    });
  }

  /** @param to a port of 127.0.0.1, or the path of a unix socket */
  static async connect(to: number | string): Promise<RespClient> {
    const socket = typeof to === 'number' ? createConnection(to, '127.0.0.1') : createConnection(to);
    await once(socket, 'connect');
    return new RespClient(socket);
  }

  /** Sends one command and resolves with its reply. */
  call(...argv: string[]): Promise<Wire> {
    this.raw(request(argv));
    return this.next();
  }

  /** Sends bytes as they are. */
  raw(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  /** The next reply or push. Rejects if the connection closes first. */
  next(): Promise<Wire> {
    const reply = this.replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.ended) return Promise.reject(new Error('the connection was closed'));
    return new Promise((resolve, reject) => void this.waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private receive(data: string): void {
    this.buffer += data;
    for (;;) {
      const parsed = parse(this.buffer, 0);
      if (parsed === null) return;
      this.buffer = this.buffer.slice(parsed.end);
      const waiter = this.waiting.shift();
      if (waiter === undefined) this.replies.push(parsed.value);
      else waiter.resolve(parsed.value);
    }
  }
}

/** A command as a RESP array of bulk strings. */
export function request(argv: readonly string[]): string {
  return `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

interface Parsed {
  readonly value: Wire;
  readonly end: number;
}

/** One reply from `text[at…]`, or null if it is not all there. */
export function parse(text: string, at: number): Parsed | null {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd === -1) return null;
  const line = text.slice(at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (text[at]) {
    case '+':
      return { value: { simple: line }, end };
    case '-':
      return { value: { error: line }, end };
    case ':':
      return { value: Number.isSafeInteger(Number(line)) ? Number(line) : BigInt(line), end };
    case '_':
      return { value: { null: 'resp3' }, end };
    case '#':
      return { value: line === 't', end };
    case ',':
      return { value: { double: line }, end };
    case '(':
      return { value: { big: line }, end };
    case '$':
      return line === '-1' ? { value: null, end } : blob(text, end, Number(line), (bytes) => bytes);
    case '=':
      return blob(text, end, Number(line), (bytes) => ({ verbatim: bytes }));
    case '*':
      return line === '-1' ? { value: { null: 'array' }, end } : items(text, end, Number(line), (values) => values);
    case '~':
      return items(text, end, Number(line), (values) => ({ set: values }));
    case '>':
      return items(text, end, Number(line), (values) => ({ push: values }));
    case '%':
      return items(text, end, Number(line) * 2, (values) => ({ map: pairs(values) }));
    case '|': {
      const attribute = items(text, end, Number(line) * 2, (values) => values);
      const reply = attribute === null ? null : parse(text, attribute.end);
      return reply === null ? null : { value: { attribute: pairs(attribute!.value as Wire[]), reply: reply.value }, end: reply.end };
    }
    default:
      throw new Error(`no reply begins like this: ${JSON.stringify(text.slice(at, at + 40))}`);
  }
}

function blob(text: string, start: number, length: number, wrap: (bytes: string) => Wire): Parsed | null {
  const end = start + length;
  return text.length < end + 2 ? null : { value: wrap(text.slice(start, end)), end: end + 2 };
}

function items(text: string, start: number, count: number, wrap: (values: Wire[]) => Wire): Parsed | null {
  const values: Wire[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const item = parse(text, at);
    if (item === null) return null;
    values.push(item.value);
    at = item.end;
  }
  return { value: wrap(values), end: at };
}

function pairs(values: readonly Wire[]): [Wire, Wire][] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}
