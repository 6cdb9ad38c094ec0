import { describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const NIL_ARRAY = '*-1\r\n';
const pair = (key: string, value: string): string => `*2\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`;
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

function clients(lab: Lab, count: number): LabClient[] {
  return Array.from({ length: count }, () => lab.connect());
}

/** Connects a client that at once sends a command that blocks. */
function waiting(lab: Lab, ...argv: string[]): LabClient {
  const client = lab.connect();
  expect(client.ask(...argv)).toBe('');
  return client;
}

describe('a parked client', () => {
  test('is served by a push', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '0');
    expect(lab.connect().ask('RPUSH', 'k', 'a', 'b')).toBe(':2\r\n');
    expect(client.receive()).toBe(pair('k', 'a'));
    expect(lab.connect().ask('LRANGE', 'k', '0', '-1')).toBe(`*1\r\n${bulk('b')}`);
  });

  test.each([
    ['its time is over', (lab: Lab) => lab.advance(1000)],
    ['it is served', (lab: Lab) => lab.connect().ask('RPUSH', 'k', 'a')],
    ['it is unblocked', (lab: Lab) => lab.connect().ask('CLIENT', 'UNBLOCK', `${[...lab.server.sessions.keys()][0]!}`)],
  ])('is a client without a request once %s', (_, release) => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '1');
    const [session] = lab.server.sessions.values();
    expect(session!.suspended).toMatchObject({ argv: ['BLPOP', 'k', '1'] });
    release(lab);
    expect(client.receive()).not.toBe('');
    expect(session!.suspended).toBe(null);
  });

  test('waits in a queue: first come, first served', () => {
    using lab = simulate();
    const [first, second] = [waiting(lab, 'BLPOP', 'k', '0'), waiting(lab, 'BRPOP', 'k', '0')];
    const pusher = lab.connect();
    pusher.ask('RPUSH', 'k', 'a');
    expect([first.receive(), second.receive()]).toEqual([pair('k', 'a'), '']);
    pusher.ask('RPUSH', 'k', 'b');
    expect(second.receive()).toBe(pair('k', 'b'));
  });

  test('one push serves as many as it has elements for', () => {
    using lab = simulate();
    const parked = [waiting(lab, 'BLPOP', 'k', '0'), waiting(lab, 'BRPOP', 'k', '0'), waiting(lab, 'BLPOP', 'k', '0')];
    lab.connect().ask('RPUSH', 'k', 'a', 'b');
    expect(parked.map((client) => client.receive())).toEqual([pair('k', 'a'), pair('k', 'b'), '']);
  });

  test('with several keys is served from the one that became ready first, also inside a transaction', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k1', 'k2', '0');
    const pusher = lab.connect();
    pusher.ask('MULTI');
    pusher.ask('RPUSH', 'k2', 'two');
    pusher.ask('RPUSH', 'k1', 'one');
    pusher.ask('EXEC');
    expect(client.receive()).toBe(pair('k2', 'two'));
  });

  test('is not served if the transaction takes the element away again', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '0');
    const pusher = lab.connect();
    pusher.ask('MULTI');
    pusher.ask('RPUSH', 'k', 'a');
    pusher.ask('DEL', 'k');
    pusher.ask('EXEC');
    expect(client.receive()).toBe('');
    pusher.ask('RPUSH', 'k', 'b');
    expect(client.receive()).toBe(pair('k', 'b'));
  });

  test('ignores a key of another type', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '0');
    const other = lab.connect();
    other.ask('SET', 'k', 'v');
    expect(client.receive()).toBe('');
    other.ask('DEL', 'k');
    other.ask('LPUSH', 'k', 'v');
    expect(client.receive()).toBe(pair('k', 'v'));
  });

  test('may name a key twice', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', 'k', '0');
    lab.connect().ask('LPUSH', 'k', 'a', 'b');
    expect(client.receive()).toBe(pair('k', 'b'));
    expect(lab.server.blocking.size).toBe(0);
  });

  test('continues with what it has sent meanwhile', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '0');
    client.sendCommand('PING');
    client.sendCommand('BLPOP', 'k', '0');
    expect(client.receive()).toBe('');
    const pusher = lab.connect();
    pusher.ask('RPUSH', 'k', 'a');
    expect(client.receive()).toBe(`${pair('k', 'a')}+PONG\r\n`);
    pusher.ask('RPUSH', 'k', 'b');
    expect(client.receive()).toBe(pair('k', 'b'));
  });

  test('leaves the queue when it disconnects, and takes nothing', () => {
    using lab = simulate();
    waiting(lab, 'BLPOP', 'k', '0').close();
    const other = lab.connect();
    expect(other.ask('RPUSH', 'k', 'a')).toBe(':1\r\n');
    expect(other.ask('LLEN', 'k')).toBe(':1\r\n');
    expect(lab.server.keyspace.listener).toBeNull();
  });

  test.each([
    ['BRPOPLPUSH', 'k', 'to', '0'],
    ['BLMOVE', 'k', 'to', 'RIGHT', 'LEFT', '0'],
  ])('%s %s %s moves as soon as it can', (...argv) => {
    using lab = simulate();
    const client = waiting(lab, ...argv);
    lab.connect().ask('RPUSH', 'k', 'a');
    expect(client.receive()).toBe(bulk('a'));
    expect(lab.connect().ask('LRANGE', 'to', '0', '-1')).toBe(`*1\r\n${bulk('a')}`);
  });

  test('BLMPOP takes several', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLMPOP', '0', '2', 'x', 'k', 'RIGHT', 'COUNT', '2');
    lab.connect().ask('RPUSH', 'k', 'a', 'b', 'c');
    expect(client.receive()).toBe(`*2\r\n${bulk('k')}*2\r\n${bulk('c')}${bulk('b')}`);
  });

  test('a chain of moves passes an element on, client by client', () => {
    using lab = simulate();
    const last = waiting(lab, 'BLPOP', 'c', '0');
    const middle = waiting(lab, 'BLMOVE', 'b', 'c', 'LEFT', 'LEFT', '0');
    const first = waiting(lab, 'BLMOVE', 'a', 'b', 'LEFT', 'LEFT', '0');
    lab.connect().ask('RPUSH', 'a', 'ball');
    expect([first, middle, last].map((client) => client.receive())).toEqual([bulk('ball'), bulk('ball'), pair('c', 'ball')]);
    expect(lab.connect().ask('EXISTS', 'a', 'b', 'c')).toBe(':0\r\n');
  });

  test('a move to a key of another type is an error, and the element stays for the next one', () => {
    using lab = simulate();
    lab.connect().ask('SET', 'to', 'text');
    const mover = waiting(lab, 'BLMOVE', 'k', 'to', 'LEFT', 'LEFT', '0');
    const popper = waiting(lab, 'BLPOP', 'k', '0');
    lab.connect().ask('RPUSH', 'k', 'a');
    expect(mover.receive()).toBe('-WRONGTYPE Operation against a key holding the wrong kind of value\r\n');
    expect(popper.receive()).toBe(pair('k', 'a'));
  });

  test.each([
    ['RENAME', 'other', 'k'],
    ['COPY', 'other', 'k'],
  ])('is served by %s', (...argv) => {
    using lab = simulate();
    const other = lab.connect();
    other.ask('RPUSH', 'other', 'a');
    const client = waiting(lab, 'BLPOP', 'k', '0');
    other.ask(...argv);
    expect(client.receive()).toBe(pair('k', 'a'));
  });

  test('is served by SWAPDB', () => {
    using lab = simulate();
    const [other] = clients(lab, 1) as [LabClient];
    other.ask('SELECT', '1');
    other.ask('RPUSH', 'k', 'a');
    const client = waiting(lab, 'BLPOP', 'k', '0');
    other.ask('SWAPDB', '0', '1');
    expect(client.receive()).toBe(pair('k', 'a'));
  });
});

describe('time', () => {
  test.each([
    [['BLPOP', 'k', '0.1'], NIL_ARRAY],
    [['BLMOVE', 'k', 'l', 'LEFT', 'LEFT', '0.1'], NIL_ARRAY],
    [['BRPOPLPUSH', 'k', 'l', '0.1'], NIL_ARRAY],
    [['BLMPOP', '0.1', '1', 'k', 'LEFT'], NIL_ARRAY],
  ])('%j answers nil when its time is over', (argv, expected) => {
    using lab = simulate();
    const client = waiting(lab, ...argv);
    lab.advance(99);
    expect(client.receive()).toBe('');
    lab.advance(2);
    expect(client.receive()).toBe(expected);
    expect(client.ask('PING')).toBe('+PONG\r\n');
    expect(lab.server.blocking.size).toBe(0);
  });

  test('a client that was served has no timer left', () => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', '1');
    lab.connect().ask('RPUSH', 'k', 'a');
    expect(client.receive()).toBe(pair('k', 'a'));
    expect(client.ask('BLPOP', 'k', '5')).toBe('');
    lab.advance(2000);
    expect(client.receive()).toBe('');
  });

  test.each([
    ['x', 'timeout is not a float or out of range'],
    ['nan', 'timeout is not a float or out of range'],
    ['', 'timeout is not a float or out of range'],
    ['-1', 'timeout is negative'],
    ['-0.001', 'timeout is negative'],
    ['inf', 'timeout is negative'],
    ['1e300', 'timeout is negative'],
    ['9223372036854776', 'timeout is negative'],
  ])('a timeout of %j is an error: %s', (timeout, error) => {
    using lab = simulate();
    expect(lab.connect().ask('BLPOP', 'k', timeout)).toBe(`-ERR ${error}\r\n`);
  });

  test.each(['1e-400', '0x1p-3', '0.0000001'])('a timeout of %s is short, but not for ever', (timeout) => {
    using lab = simulate();
    const client = waiting(lab, 'BLPOP', 'k', timeout);
    lab.advance(200);
    expect(client.receive()).toBe(NIL_ARRAY);
  });
});

describe('without waiting', () => {
  test('inside a transaction blocking commands reply as if they had timed out', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    for (const argv of [['BLPOP', 'k', '0'], ['BLMOVE', 'k', 'l', 'LEFT', 'LEFT', '0'], ['BLMPOP', '0', '1', 'k', 'LEFT'], ['BRPOPLPUSH', 'k', 'l', '0']]) client.ask(...argv);
    expect(client.ask('EXEC')).toBe('*4\r\n*-1\r\n$-1\r\n*-1\r\n$-1\r\n');
  });

  test('CLIENT UNBLOCK ends the wait, with nil or with an error', () => {
    using lab = simulate();
    const one = waiting(lab, 'BLPOP', 'k', '0');
    const two = waiting(lab, 'BLPOP', 'k', '0');
    const [first, second] = [...lab.server.sessions.values()];
    expect(lab.server.blocking.unblock(first!, 'timeout')).toBe(true);
    expect(lab.server.blocking.unblock(second!, 'error')).toBe(true);
    expect(lab.server.blocking.unblock(second!, 'error')).toBe(false);
    expect(one.receive()).toBe(NIL_ARRAY);
    expect(two.receive()).toBe('-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
  });
});

describe('the trace', () => {
  test('shows which client is parked on which keys, until when, and why it continues', () => {
    using lab = simulate();
    const events = lab.record();
    const client = lab.connect();
    client.ask('BLPOP', 'a', 'b', '0.5');
    lab.connect().ask('RPUSH', 'b', 'x');
    client.ask('BLPOP', 'a', '0.5');
    lab.advance(600);
    const told = events.filter((event) => event.kind === 'park' || event.kind === 'unpark');
    expect(told).toMatchObject([
      { kind: 'park', keys: ['a', 'b'], deadlineMs: 1_700_000_000_500 },
      { kind: 'unpark', keys: ['a', 'b'], why: 'ready' },
      { kind: 'park', keys: ['a'] },
      { kind: 'unpark', keys: ['a'], why: 'timeout' },
    ]);
  });
});

test('the keyspace has no listener while no client waits', () => {
  using lab = simulate();
  const client = waiting(lab, 'BLPOP', 'k', '0.1');
  expect(lab.server.keyspace.listener).not.toBeNull();
  lab.advance(200);
  expect(client.receive()).toBe(NIL_ARRAY);
  expect(lab.server.keyspace.listener).toBeNull();
});

test.each([
  [['BLPOP', 'a', 'b', '0.5']],
  [['BRPOP', 'a', '0']],
  [['BLMOVE', 'a', 'b', 'RIGHT', 'LEFT', '1']],
  [['BRPOPLPUSH', 'a', 'b', '1']],
  [['BLMPOP', '2', '2', 'a', 'b', 'RIGHT', 'COUNT', '3']],
  [['BZPOPMIN', 'a', '1']],
  [['BZPOPMAX', 'a', 'b', '1']],
  [['BZMPOP', '1', '1', 'a', 'MAX']],
  [['XREAD', 'COUNT', '2', 'BLOCK', '10', 'STREAMS', 's', 't', '$', '5-1']],
  [['XREADGROUP', 'GROUP', 'g', 'c', 'NOACK', 'BLOCK', '10', 'STREAMS', 's', '>']],
  [['WAIT', '1', '30']],
])('%j: what its client waits for can be made again from what is kept of the request', (argv) => {
  using lab = simulate();
  lab.connect().ask('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM');
  lab.connect().ask('XADD', 's', '7-7', 'f', 'v');
  lab.connect().ask('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>');
  waiting(lab, ...argv);
  const session = [...lab.server.sessions.values()].at(-1)!;
  const parked = session.waiting!;
  expect(parked.argv).not.toContain('$');
  const again = session.suspended!.command.declaration.waitFor!(parked.argv, session);
  expect({ ...again, serve: null }).toEqual({ ...parked.request, serve: null });
});

test('a key that becomes ready outside of a command has no effect on the next command', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM');
  const reader = waiting(lab, 'XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>');
  client.ask('PEXPIRE', 's', '50');
  lab.advance(300);
  expect(reader.receive()).toContain('-UNBLOCKED');
  expect(lab.server.dispatcher.hasUnfinished).toBe(false);
});
