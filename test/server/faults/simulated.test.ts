/** Faults on simulated servers: what clients get, what the trace tells, and that a recording holds what they have made of it. */
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
  test('slice: reads and writes move at most so many bytes, of one connection, and no byte is lost', () => {
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
});

test('an error instead of a command, for a command, a key, a name, so many times', () => {
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

test('what does not exist is refused by name; connections to come may be named from the start', () => {
  using lab = simulate();
  expect(() => lab.faults.add('slice 1 on #2')).toThrow('there is no connection #2; nobody is connected');
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

test('what is taken away is injected no more; numbers are not used twice', () => {
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
