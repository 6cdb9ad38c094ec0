/** Faults on simulated servers: what clients get, what the trace reports, and that a recording contains their effects. */
import { describe, expect, test } from 'vitest';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { simulate } from '../simulation/harness.js';

const MODES = [
  { mode: 'level-triggered', edgeTriggered: false },
  { mode: 'edge-triggered', edgeTriggered: true },
];

const ofKind = <K extends TraceBody['kind']>(events: readonly TraceBody[], kind: K): Extract<TraceBody, { kind: K }>[] =>
  events.filter((event): event is Extract<TraceBody, { kind: K }> => event.kind === kind);

describe.each(MODES)('$mode', ({ edgeTriggered }) => {
  test('slice: reads and writes of one connection move at most this many bytes, and no byte is lost', () => {
    using lab = simulate({ edgeTriggered });
    const [sliced, other] = [lab.connect(), lab.connect()];
    const events = lab.record();
    lab.faults.add({ name: 'slice', bytes: 3, token: 2 });
    expect(sliced.ask('SET', 'key', 'a value')).toBe('+OK\r\n');
    expect(other.ask('GET', 'key')).toBe('$7\r\na value\r\n');
    expect(sliced.ask('GET', 'key')).toBe('$7\r\na value\r\n');
    const moved = [...ofKind(events, 'read'), ...ofKind(events, 'write')].filter(({ token, result }) => token === 2 && typeof result === 'number');
    expect(Math.max(...moved.map(({ result }) => result as number))).toBe(3);
    expect(ofKind(events, 'read').filter(({ token, result }) => token === 3 && typeof result === 'number')).toHaveLength(1);
    const injected = ofKind(events, 'fault');
    expect(injected[0]).toEqual({ kind: 'fault', token: 2, id: 1, fault: 'slice 3 on #2', effect: 'read of 3 B' });
    expect(lab.faults.list()).toEqual([{ id: 1, fault: { name: 'slice', bytes: 3, token: 2 }, text: 'slice 3 on #2', injections: injected.length }]);
  });

  test('latency: a token is reported this much later than the kernel does, and the loop sleeps until then', () => {
    using lab = simulate({ edgeTriggered });
    const [late, other] = [lab.connect(), lab.connect()];
    const events = lab.record();
    lab.faults.add({ name: 'latency', ms: 50, token: 2 });
    expect(late.ask('PING')).toBe('');
    expect(other.ask('PING')).toBe('+PONG\r\n');
    lab.advance(49);
    expect(late.take()).toBe('');
    expect(ofKind(events, 'poll').length).toBeLessThan(20);
    lab.advance(1);
    expect(late.take()).toBe('+PONG\r\n');
    expect(ofKind(events, 'fault')).toEqual([{ kind: 'fault', token: 2, id: 1, fault: 'latency 50ms on #2', effect: 'reported 50 ms later' }]);
    expect(late.ask('PING')).toBe('');
    lab.faults.clear();
    expect(late.receive()).toBe('+PONG\r\n');
    expect(late.ask('PING')).toBe('+PONG\r\n');
  });

  test('latency: a client that leaves meanwhile is closed when that is reported', () => {
    using lab = simulate({ edgeTriggered });
    const late = lab.connect();
    lab.faults.add({ name: 'latency', ms: 50 });
    late.send('PING\r\n');
    late.close();
    lab.settle();
    expect(lab.server.sessions.size).toBe(1);
    lab.advance(60);
    lab.advance(60);
    expect(lab.server.sessions.size).toBe(0);
    // One that the server closes while it is held.
    const killed = lab.connect();
    killed.send('PING\r\n');
    lab.settle();
    [...lab.server.sessions.values()][0]!.transport.close('timeout');
    lab.advance(60);
    expect(killed.isClosedByServer).toBe(true);
  });

  test('bandwidth: a request of 1000 bytes takes a second at 1 kB a second, and its reply as long; time is all that is lost', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    lab.faults.add({ name: 'bandwidth', bytesPerSecond: 1000 });
    client.sendCommand('ECHO', 'x'.repeat(1000));
    lab.advance(900);
    expect(client.take()).toBe('');
    lab.advance(300);
    expect(client.take().length).toBeGreaterThan(0);
    lab.advance(500);
    expect(client.take().length).toBeLessThan(600);
    lab.advance(1000);
    expect(client.take().endsWith('x\r\n')).toBe(true);
  });

  test('would-block: this many refusals before each read and each write that moves bytes', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    lab.faults.add({ name: 'would-block', times: 3 });
    const events = lab.record();
    expect(client.ask('PING')).toBe('+PONG\r\n');
    const firstResults = (kind: 'read' | 'write'): unknown[] => ofKind(events, kind).slice(0, 4).map(({ result }) => result);
    expect(firstResults('read')).toEqual(['WouldBlock', 'WouldBlock', 'WouldBlock', 14]);
    expect(firstResults('write')).toEqual(['WouldBlock', 'WouldBlock', 'WouldBlock', 7]);
    expect(ofKind(events, 'fault')[0]).toMatchObject({ fault: 'would-block 3', effect: 'read: WouldBlock' });
  });

  test('reset: after this many bytes in both directions the connection breaks, also if nothing more is sent', () => {
    using lab = simulate({ edgeTriggered });
    const [client, other] = [lab.connect(), lab.connect()];
    const events = lab.record();
    lab.faults.add('reset 30 on #2 next 1');
    expect(client.ask('PING')).toBe('+PONG\r\n');
    client.sendCommand('PING');
    lab.settle();
    expect(client.isClosedByServer).toBe(true);
    expect(client.peer.wasResetByServer).toBe(true);
    expect(ofKind(events, 'read').at(-1)).toMatchObject({ token: 2, result: 'ECONNRESET' });
    expect(ofKind(events, 'disconnect')).toEqual([{ kind: 'disconnect', token: 2, why: 'ECONNRESET' }]);
    expect(lab.faults.list()).toEqual([]);
    lab.faults.add('reset on #3');
    lab.settle();
    expect(other.isClosedByServer).toBe(true);
    // And future ones.
    lab.faults.add('reset');
    expect(lab.connect().isClosedByServer).toBe(true);
  });

  test('half-close: after this many bytes the server reads EOF', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    const events = lab.record();
    lab.faults.add('half-close 14');
    // Edge-triggered, the read that finds the end is in the same event: the reply is sent before it closes.
    expect(client.ask('PING')).toBe('+PONG\r\n');
    expect(client.isClosedByServer).toBe(true);
    expect(ofKind(events, 'read').map(({ result }) => result)).toEqual([14, 'EOF']);
    expect(ofKind(events, 'fault')).toEqual([
      { kind: 'fault', token: 2, id: 1, fault: 'half-close 14', effect: 'read: EOF' },
    ]);
  });

  test('accept: fails this many times; the connection waits in the backlog, or is lost', () => {
    using lab = simulate({ edgeTriggered });
    lab.faults.add('accept next 2');
    const waits = lab.connect();
    expect(lab.server.sessions.size).toBe(0);
    lab.advance(150);
    expect(lab.server.sessions.size).toBe(0);
    lab.advance(100);
    expect(waits.ask('PING')).toBe('+PONG\r\n');
    const events = lab.record();
    lab.faults.add('accept ECONNABORTED next 1');
    const lost = lab.connectLater();
    expect(lab.connect().ask('PING')).toBe('+PONG\r\n');
    expect(lost.peer.wasResetByServer).toBe(true);
    expect(ofKind(events, 'fault')).toEqual([{ kind: 'fault', token: 0, id: 2, fault: 'accept ECONNABORTED next 1', effect: 'accept: ECONNABORTED' }]);
  });

  test('faults together: no byte is lost, and the loop comes to rest', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    for (const fault of ['slice 7', 'latency 5', 'bandwidth 20kb', 'would-block 2']) lab.faults.add(fault);
    client.sendCommand('ECHO', 'y'.repeat(500));
    let received = '';
    for (let i = 0; i < 100; i++) {
      lab.advance(50);
      received += client.take();
    }
    expect(received).toBe(`$500\r\n${'y'.repeat(500)}\r\n`);
    lab.faults.clear();
    expect(client.ask('PING')).toBe('+PONG\r\n');
  });
});

test('faults also apply to the write to a client that is refused when it is accepted', () => {
  using lab = simulate({ settings: { maxclients: 1 } });
  lab.faults.add('bandwidth 1kb');
  lab.faults.add('half-close');
  lab.faults.add('reset 10kb');
  lab.connectLater();
  lab.connectLater();
  lab.settle();
  lab.connectLater();
  lab.advance(1000);
  expect(lab.server.sessions.size).toBe(0);
});

test('late-reply: the command is executed now and answered later; what is sent meanwhile waits', () => {
  using lab = simulate();
  const [client, other] = [lab.connect(), lab.connect()];
  const events = lab.record();
  lab.faults.add('late-reply 2s on SET next 1');
  expect(client.ask('SET', 'k', 'v')).toBe('');
  expect(client.ask('GET', 'k')).toBe('');
  expect(other.ask('GET', 'k')).toBe('$1\r\nv\r\n');
  lab.advance(1999);
  expect(client.take()).toBe('');
  lab.advance(1);
  expect(client.receive()).toBe('+OK\r\n$1\r\nv\r\n');
  expect(client.ask('SET', 'k', 'w')).toBe('+OK\r\n');
  expect(ofKind(events, 'fault')).toEqual([{ kind: 'fault', token: 2, id: 1, fault: 'late-reply 2000ms on SET next 1', effect: 'reply 2000 ms late to set' }]);
  // A client that leaves meanwhile is closed, and its reply dropped.
  lab.faults.add('late-reply 2s');
  client.ask('PING');
  client.close();
  lab.advance(5000);
  expect(lab.server.sessions.size).toBe(1);
});

test('no-reply: the command is executed and not answered, until the fault is removed', () => {
  using lab = simulate();
  const [client, other] = [lab.connect(), lab.connect()];
  const fault = lab.faults.add('no-reply on INCR #2 next 1');
  expect(client.ask('INCR', 'n')).toBe('');
  expect(other.ask('INCR', 'n')).toBe(':2\r\n');
  lab.advance(60_000);
  client.sendCommand('PING');
  expect(client.receive()).toBe('');
  expect(lab.faults.list()).toEqual([]);
  expect(lab.faults.remove(fault.id)).toBe(false);
  lab.faults.clear();
  expect(client.receive()).toBe(':1\r\n+PONG\r\n');
  lab.faults.add('no-reply');
  expect(client.ask('BLPOP', 'q', '1')).toBe('');
  lab.advance(1000);
  expect(client.receive()).toBe('*-1\r\n');
});

test('an error instead of a command, for a command, a key, a name, this many times', () => {
  using lab = simulate();
  const client = lab.connect();
  const events = lab.record();
  lab.faults.add('error "LOADING not yet" on GET user:* client app next 2');
  expect(client.ask('GET', 'user:1')).toBe('$-1\r\n');
  client.ask('CLIENT', 'SETNAME', 'app');
  expect(client.ask('GET', 'other')).toBe('$-1\r\n');
  expect(client.ask('SET', 'user:1', 'x')).toBe('+OK\r\n');
  expect(client.ask('GET', 'user:1')).toBe('-LOADING not yet\r\n');
  expect(lab.faults.list()).toMatchObject([{ injections: 1 }]);
  expect(client.ask('GET', 'user:2')).toBe('-LOADING not yet\r\n');
  expect(client.ask('GET', 'user:1')).toBe('$1\r\nx\r\n');
  expect(lab.faults.list()).toEqual([]);
  expect(lab.server.hooks.faults).toBe(null);
  const text = 'error "LOADING not yet" on GET key user:* client app next 2';
  expect(ofKind(events, 'fault')[0]).toEqual({ kind: 'fault', token: 2, id: 1, fault: text, effect: 'error reply to get' });
});

test('a container means all of its subcommands, and inside MULTI an error fails the transaction', () => {
  using lab = simulate();
  const client = lab.connect();
  const fault = lab.faults.add({ name: 'error', command: 'config' });
  expect(client.ask('CONFIG', 'GET', 'port')).toBe('-ERR injected fault\r\n');
  lab.faults.remove(fault.id);
  expect(client.ask('CONFIG', 'GET', 'port')).toMatch(/^\*2/);
  lab.faults.add({ name: 'error', command: 'set' });
  client.ask('MULTI');
  expect(client.ask('SET', 'k', 'v')).toBe('-ERR injected fault\r\n');
  expect(client.ask('EXEC')).toMatch(/^-EXECABORT/);
});

test('what does not exist is refused by name; future connections may be named from the start', () => {
  using lab = simulate();
  expect(() => lab.faults.add('slice 1 on #2')).toThrow('there is no connection #2; no client is connected');
  lab.connect();
  lab.connect();
  expect(() => lab.faults.add('slice 1 on #9')).toThrow('there is no connection #9; there are #2, #3');
  expect(() => lab.faults.add('error on GETT')).toThrow('there is no command GETT');
  expect(() => lab.faults.add('error on "CONFIG|GETT"')).toThrow('there is no command CONFIG|GETT');
  expect(lab.faults.list()).toEqual([]);
  expect(lab.faults.add('slice 1 on #4', true).id).toBe(1);
  expect(lab.connect().ask('PING')).toBe('+PONG\r\n');
  expect(lab.faults.list()[0]!.injections).toBeGreaterThan(10);
});

test('removed faults are no longer injected; numbers are not reused', () => {
  using lab = simulate();
  const client = lab.connect();
  lab.faults.add({ name: 'error' });
  lab.faults.add({ name: 'slice', bytes: 1 });
  lab.faults.clear();
  expect(lab.faults.remove(1)).toBe(false);
  const events = lab.record();
  expect(client.ask('PING')).toBe('+PONG\r\n');
  expect(ofKind(events, 'fault')).toEqual([]);
  expect(lab.faults.add({ name: 'slice', bytes: 1 }).id).toBe(3);
});
