/** ScriptedPoll: the contract, and what only a simulated kernel can do. */
import { describe, expect, test } from 'vitest';
import { ScriptedPoll, type ScriptedOptions } from '../../../src/server/io/backends/scripted.js';
import { Events } from '../../../src/server/io/event.js';
import { READABLE, WRITABLE } from '../../../src/server/io/interest.js';
import { type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { describePoll } from './contract.js';
import { openSimulatedRemote, SimulatedPeer } from './simulated-peer.js';

describe.each([false, true])('batched sends: %s', (batchesSends) => describePoll('ScriptedPoll', (edgeTriggered) => {
  const clock = new ManualClock();
  const poll = new ScriptedPoll({ clock, edgeTriggered, batchesSends });
  return {
    poll,
    connect: async (address) => new SimulatedPeer(poll.connectClient(address)),
    openRemote: () => openSimulatedRemote(poll),
    nowMs: () => clock.nowMs,
    wakeDuringWait: () => poll.waker.wake(),
    hasFiles: false,
    close: async () => poll.close(),
  };
}));

describe('a simulated kernel', () => {
  function open(options: Partial<ScriptedOptions> = {}) {
    const clock = new ManualClock(0);
    const poll = new ScriptedPoll({ clock, ...options });
    const listener = poll.listen({ host: '127.0.0.1', port: 6379 }, 10);
    return { clock, poll, listener, events: new Events() };
  }

  function connected(options: Partial<ScriptedOptions> = {}) {
    const opened = open(options);
    const peer = opened.poll.connectClient();
    return { ...opened, peer, stream: opened.listener.accept() as TcpStream };
  }

  const readSizes = (stream: TcpStream, times: number) => Array.from({ length: times }, () => stream.read(Buffer.alloc(100), 0, 100));

  test('a wait that finds nothing moves the clock by its timeout', () => {
    const { poll, clock, events } = open();
    poll.wait(events, 250);
    expect(clock.nowMs).toBe(250);
    poll.wait(events, 0.2);
    expect(clock.nowMs).toBe(251);
  });

  test('a wait without a limit that finds nothing would sleep for ever, and reports that', () => {
    const { poll, clock, events } = open();
    poll.wait(events, -1);
    expect(poll.sleepsForever).toBe(true);
    expect(clock.nowMs).toBe(0);
    poll.waker.wake();
    poll.wait(events, -1);
    expect(poll.sleepsForever).toBe(false);
  });

  test('waits let no more time pass than allowed', () => {
    const { poll, clock, events } = open();
    poll.sleepLimitMs = 100;
    poll.wait(events, 70);
    poll.wait(events, 70);
    poll.wait(events, -1);
    expect(clock.nowMs).toBe(100);
  });

  test('a script sets how much each read returns; 0 is WouldBlock', () => {
    const { peer, stream } = connected();
    peer.readSizes.push(3, 0, 1);
    peer.send('0123456789');
    expect(readSizes(stream, 5)).toEqual([3, WOULD_BLOCK, 1, 6, WOULD_BLOCK]);
  });

  test('a script sets how much each write takes', () => {
    const { peer, stream } = connected();
    peer.writeSizes.push(2, 0);
    const bytes = Buffer.from('abcdef');
    expect([stream.write(bytes, 0, 6), stream.write(bytes, 2, 6), stream.write(bytes, 2, 6)]).toEqual([2, WOULD_BLOCK, 4]);
    expect(peer.receive()).toBe('abcdef');
  });

  test('a window takes no more than its size', () => {
    const { peer, stream } = connected();
    peer.setWindow(4);
    const bytes = Buffer.from('abcdef');
    expect([stream.write(bytes, 0, 6), stream.write(bytes, 4, 6)]).toEqual([4, WOULD_BLOCK]);
    expect(peer.receive(1)).toBe('a');
    expect(stream.write(bytes, 4, 6)).toBe(1);
  });

  test('the backlog is limited', () => {
    const { poll } = open();
    for (let i = 0; i <= 10; i++) poll.connectClient();
    expect(() => poll.connectClient()).toThrow('ECONNREFUSED');
  });

  test('without a free descriptor accept fails and the connection waits', () => {
    const { poll, listener } = open({ descriptorLimit: 1 });
    poll.connectClient();
    expect(() => listener.accept()).toThrow('EMFILE');
    poll.descriptorLimit = 2;
    expect(listener.accept()).not.toBe(WOULD_BLOCK);
  });

  test('descriptors are reused, the lowest first', () => {
    const { poll, listener } = open();
    const [first, second] = [0, 1].map(() => (poll.connectClient(), listener.accept() as TcpStream));
    first!.close();
    poll.connectClient();
    expect((listener.accept() as TcpStream).fd).toBe(first!.fd);
    expect(second!.fd).toBe(first!.fd + 1);
  });

  test('the same seed gives the same faults, another one others', () => {
    const run = (seed: number): number[] => {
      const { peer, stream } = connected({ seed, faults: { partial: 0.5, wouldBlock: 0.3 } });
      peer.send('x'.repeat(1000));
      return readSizes(stream, 30);
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  test('a wait that a signal ends returns nothing, and no time passes', () => {
    const { poll, clock, events, listener } = open({ seed: 2, faults: { interrupt: 0.999999 } });
    poll.register(listener, 0, READABLE);
    poll.connectClient();
    poll.wait(events, 50);
    expect(events.length).toBe(0);
    expect(clock.nowMs).toBe(0);
  });

  test('a connection to another server waits until the test establishes or refuses it', () => {
    const { poll, events } = open();
    const remote = poll.addRemote({ host: '192.0.2.1', port: 6379 });
    remote.answer = 'wait';
    const [first, second] = [2, 3].map((token) => {
      const stream = poll.connect(remote.address);
      poll.register(stream, token, READABLE | WRITABLE);
      return stream;
    });
    poll.wait(events, 0);
    expect(events.length).toBe(0);
    expect([first!.read(Buffer.alloc(1), 0, 1), first!.write(Buffer.from('x'), 0, 1)]).toEqual([WOULD_BLOCK, WOULD_BLOCK]);
    remote.accept()!.establish();
    remote.accept()!.refuse();
    poll.wait(events, 0);
    expect(events.tokens.slice(0, events.length)).toEqual([2, 3]);
    expect(first!.write(Buffer.from('x'), 0, 1)).toBe(1);
    expect(() => second!.read(Buffer.alloc(1), 0, 1)).toThrow('ECONNREFUSED');
  });

  test('a server that was never added refuses', () => {
    const { poll } = open();
    expect(() => poll.connect({ host: '192.0.2.7', port: 1 }).read(Buffer.alloc(1), 0, 1)).toThrow('ECONNREFUSED');
  });
});
