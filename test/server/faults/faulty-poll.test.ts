/** FaultyPoll keeps the contract of Poll, with and without faults, and its faults behave as if the kernel had caused them. */
import { expect, test } from 'vitest';
import { ScriptedPoll } from '../../../src/server/io/backends/scripted.js';
import { FaultyPoll } from '../../../src/server/faults/faulty-poll.js';
import { Events } from '../../../src/server/io/event.js';
import { READABLE } from '../../../src/server/io/interest.js';
import { type TcpStream, WOULD_BLOCK } from '../../../src/server/io/poll.js';
import { wireFault } from '../../../src/server/faults/wire-fault.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { openSimulatedRemote, SimulatedPeer } from '../io/simulated-peer.js';
import { describePoll } from '../io/contract.js';

for (const isSet of [false, true]) {
  describePoll(`FaultyPoll, ${isSet ? 'with a fault that is never injected' : 'without faults'}`, (edgeTriggered) => {
    const clock = new ManualClock();
    const kernel = new ScriptedPoll({ clock, edgeTriggered });
    const poll = new FaultyPoll(kernel, clock);
    if (isSet) poll.add(wireFault(1, { name: 'slice', bytes: 2 ** 30 }));
    return {
      poll,
      connect: async (address) => new SimulatedPeer(kernel.connectClient(address)),
      openRemote: () => openSimulatedRemote(kernel),
      nowMs: () => clock.nowMs,
      wakeDuringWait: () => poll.waker.wake(),
      hasFiles: false,
      close: async () => poll.close(),
    };
  });
}

/** Returns how often the poll reports a connection to which 5 bytes are sent, then one more; each report is followed by one read of at most 2 bytes. */
function wakesBySlices(edgeTriggered: boolean): readonly [first: number, afterOneMore: number] {
  const clock = new ManualClock();
  const kernel = new ScriptedPoll({ clock, edgeTriggered });
  const poll = new FaultyPoll(kernel, clock);
  const listener = poll.listen({ host: '127.0.0.1', port: 0 }, 1);
  const peer = kernel.connectClient(listener.local);
  const stream = listener.accept() as TcpStream;
  poll.register(stream, 2, READABLE);
  poll.add(wireFault(1, { name: 'slice', bytes: 2 }));
  const wakesFor = (bytes: string): number => {
    peer.send(bytes);
    let wakes = 0;
    for (const events = new Events(); ; wakes++) {
      poll.wait(events, 0);
      if (events.length === 0) return wakes;
      if (stream.read(Buffer.alloc(16), 0, 16) === WOULD_BLOCK) throw new Error('woken in vain');
    }
  };
  return [wakesFor('12345'), wakesFor('6')];
}

test('level-triggered, what a slice has left in the socket is reported until it is read', () => {
  expect(wakesBySlices(false)).toEqual([3, 1]);
});

test('edge-triggered, what a slice has left in the socket is reported with the next byte', () => {
  expect(wakesBySlices(true)).toEqual([1, 1]);
});
