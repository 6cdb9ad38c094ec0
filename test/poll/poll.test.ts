/** `redis-lab/poll`: what a program sees of a poll, on the simulated kernel and on the real backends. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Events, Interest, Poll, simulateKernel, SystemError, TcpListener, type TcpStream, Token, type TraceEvent, Waker, WouldBlock } from '../../src/poll/index.js';

const POLLERS = process.platform === 'linux' ? (['epoll', 'portable'] as const) : (['portable'] as const);
const SERVER = Token(0);
const CLIENT = Token(1);
/** Only a failing test waits for so long. */
const PATIENCE_MS = 10_000;

/** Tokens of the sources that are ready, as soon as there is one. */
async function tokensReady(poll: Poll, events: Events): Promise<number[]> {
  const endMs = performance.now() + PATIENCE_MS;
  do {
    poll.poll(events, 0);
    // The clients live in this thread.
    if (events.isEmpty) await new Promise((resolve) => setTimeout(resolve, 1));
  } while (events.isEmpty && performance.now() < endMs);
  return [...events].map(({ token }) => token);
}

/** What an event says of it. */
const result = (event: TraceEvent): string => {
  switch (event.kind) {
    case 'accept':
      return `accept ${typeof event.client === 'string' && event.client.startsWith('fd') ? 'a stream' : event.client}`;
    case 'read':
    case 'write':
      return `${event.kind} ${event.token} ${event.result}`;
    case 'ready':
    case 'connect':
    case 'disconnect':
      return `${event.kind} ${event.token}`;
    case 'interest':
      return `interest ${event.before} ${event.after}`;
    default:
      return event.kind;
  }
};

test('a listener without its poll gets an error that names the missing call', () => {
  const bind = TcpListener.bind as unknown as (address: string) => TcpListener;
  expect(() => bind('127.0.0.1:0')).toThrow('TcpListener.bind(poll, address): a listener belongs to a poll, which comes first');
});

test('objects that are not sources cannot be registered, such as WouldBlock', () => {
  const poll = new Poll({ backend: simulateKernel().backend });
  const register = (source: unknown) => () => poll.register(source as TcpStream, CLIENT, Interest.READABLE);
  expect(register(WouldBlock)).toThrow('a source is a TcpListener or a TcpStream, and not Symbol(WouldBlock)');
  expect(register(null)).toThrow('and not null');
});

describe.each(POLLERS)('%s', (poller) => {
  function open(trigger: 'edge' | 'level' = 'edge'): { poll: Poll; listener: TcpListener; trace: TraceEvent[] } {
    const trace: TraceEvent[] = [];
    const poll = new Poll({ poller, trigger, trace: (event) => trace.push(event) });
    onTestFinished(() => poll.close());
    const listener = TcpListener.bind(poll, '127.0.0.1:0');
    onTestFinished(() => listener.close());
    poll.register(listener, SERVER, Interest.READABLE);
    return { poll, listener, trace };
  }

  test('a client is accepted, read, answered and closed, and the trace has these events', async () => {
    const { poll, listener, trace } = open();
    const events = new Events();
    const socket = connect(listener.localAddress.port, '127.0.0.1');
    socket.end('hello');
    expect(await tokensReady(poll, events)).toEqual([SERVER]);
    const stream = listener.accept() as TcpStream;
    expect(listener.accept()).toBe(WouldBlock);
    expect(stream.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    poll.register(stream, CLIENT, Interest.READABLE);
    const buffer = Buffer.alloc(100);
    let text = '';
    for (let isOver = false; !isOver; ) {
      expect(await tokensReady(poll, events)).toEqual([CLIENT]);
      for (let count = stream.read(buffer); count !== WouldBlock && !isOver; count = isOver ? WouldBlock : stream.read(buffer)) {
        text += buffer.toString('latin1', 0, count);
        isOver = count === 0;
      }
    }
    expect(text).toBe('hello');
    expect(stream.write('bye')).toBe(3);
    stream.close();
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('bye');
    const told = trace.map(result).filter((each) => !['wait', 'poll', 'read 1 WouldBlock', 'ready 1'].includes(each));
    expect(told).toEqual(['ready 0', 'accept a stream', 'accept WouldBlock', 'connect 1', 'read 1 5', 'read 1 EOF', 'write 1 3', 'disconnect 1']);
    expect(trace.map(({ seq }) => seq)).toEqual(trace.map((_, at) => at + 1));
  });

  test.each(['edge', 'level'] as const)('%s-triggered: unread bytes are reported again, or not', async (trigger) => {
    const { poll, listener } = open(trigger);
    const events = new Events();
    const socket = connect(listener.localAddress.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await tokensReady(poll, events);
    const stream = listener.accept() as TcpStream;
    onTestFinished(() => stream.close());
    poll.register(stream, CLIENT, Interest.READABLE);
    socket.write('0123456789');
    expect(await tokensReady(poll, events)).toContain(CLIENT);
    expect(stream.read(Buffer.alloc(4))).toBe(4);
    poll.poll(events, 0);
    expect([...events].map(({ token }) => token)).toEqual(trigger === 'level' ? [CLIENT] : []);
    // Registering anew makes it news.
    poll.reregister(stream, Token(7), Interest.READABLE);
    expect(await tokensReady(poll, events)).toEqual([7]);
  });

  test('WRITABLE is reported at once after registering for it, and not after deregistering', async () => {
    const { poll, listener, trace } = open();
    const events = new Events();
    const socket = connect(listener.localAddress.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await tokensReady(poll, events);
    const stream = listener.accept() as TcpStream;
    onTestFinished(() => stream.close());
    poll.register(stream, CLIENT, Interest.READABLE);
    poll.reregister(stream, CLIENT, Interest.READABLE | Interest.WRITABLE);
    expect(await tokensReady(poll, events)).toEqual([CLIENT]);
    expect([...events].map(({ isReadable, isWritable, isReadClosed, isError }) => ({ isReadable, isWritable, isReadClosed, isError }))).toEqual([
      { isReadable: false, isWritable: true, isReadClosed: false, isError: false },
    ]);
    poll.deregister(stream);
    poll.poll(events, 0);
    expect(events.length).toBe(0);
    expect(trace.map(result)).toContain('interest 1 3');
  });

  test('a poll without anything ready blocks for its time; a waker in another thread ends it', () => {
    const { poll } = open();
    const events = new Events();
    const startMs = performance.now();
    poll.poll(events, 30);
    expect(events.isEmpty).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThan(25);
    const { handle } = new Waker(poll, Token(9));
    const url = new URL('../../dist/poll/index.js', import.meta.url).href;
    const program = `import(${JSON.stringify(url)}).then(({ Waker }) => Waker.wake(require('node:worker_threads').workerData))`;
    const thread = new Worker(program, { eval: true, workerData: handle });
    poll.poll(events, PATIENCE_MS);
    expect([...events].map(({ token }) => token)).toEqual([9]);
    onTestFinished(async () => void (await thread.terminate()));
    poll.poll(events, 0);
    expect(events.isEmpty).toBe(true);
  });

  test('an address that is taken, a source registered twice or not at all: the error that the kernel has for it', () => {
    const { poll, listener } = open();
    const { port } = listener.localAddress;
    expect(() => TcpListener.bind(poll, `127.0.0.1:${port}`)).toThrow(expect.objectContaining({ name: 'SystemError', code: 'EADDRINUSE', address: { host: '127.0.0.1', port } }));
    expect(() => poll.register(listener, Token(3), Interest.READABLE)).toThrow(SystemError);
    poll.deregister(listener);
    expect(() => poll.deregister(listener)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

test('on the simulated kernel nothing takes time, and a client is moved by hand', () => {
  const kernel = simulateKernel({ seed: 3 });
  const poll = new Poll({ backend: kernel.backend });
  const listener = TcpListener.bind(poll, { host: '127.0.0.1', port: 7000 });
  poll.register(listener, SERVER, Interest.READABLE);
  const events = new Events();
  poll.poll(events, 60_000);
  expect({ isEmpty: events.isEmpty, nowMs: kernel.nowMs }).toEqual({ isEmpty: true, nowMs: 60_000 });
  const peer = kernel.connect('127.0.0.1:7000');
  poll.poll(events);
  expect([...events].map(({ token }) => token)).toEqual([SERVER]);
  const stream = listener.accept() as TcpStream;
  poll.register(stream, CLIENT, Interest.READABLE);
  peer.send('PING\r\n');
  poll.poll(events);
  const buffer = Buffer.alloc(10);
  expect(stream.read(buffer)).toBe(6);
  expect(stream.read(buffer)).toBe(WouldBlock);
  stream.write('+PONG\r\n');
  expect(peer.receive()).toBe('+PONG\r\n');
});

test('invalid arguments are refused, with the valid ones', () => {
  expect(() => Token(-1)).toThrow('a token is a whole number from 0 to 2^48, and not -1');
  expect(() => new Poll({ poller: 'kqueue' as never })).toThrow('poller: auto, epoll or portable, and not kqueue');
  expect(() => new Poll({ trigger: 'both' as never })).toThrow('trigger: edge or level, and not both');
  const kernel = simulateKernel();
  const poll = new Poll({ backend: kernel.backend });
  expect(() => TcpListener.bind(poll, 'localhost')).toThrow('an address is host:port, as 127.0.0.1:7000 or [::1]:7000, and not "localhost"');
  const listener = TcpListener.bind(poll, '127.0.0.1:7000');
  expect(() => poll.register(listener, Token(0), 0)).toThrow('an interest is Interest.READABLE, Interest.WRITABLE, or both joined by |, and not 0');
  expect(() => poll.poll(new Events(), -1)).toThrow('a timeout is a number of milliseconds from 0 on, or null, and not -1');
  expect(new Waker(poll, Token(1)).handle).toBeDefined();
  expect(() => new Waker(poll, Token(2))).toThrow('the poll has a waker already');
});
