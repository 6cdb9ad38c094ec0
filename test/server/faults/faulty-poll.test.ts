/** FaultyPoll keeps the contract of Poll, whether a fault is set or not. */
import { ScriptedPoll } from '../../../src/server/io/backends/scripted.js';
import { FaultyPoll } from '../../../src/server/faults/faulty-poll.js';
import { wireFault } from '../../../src/server/faults/wire-fault.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { SimulatedPeer } from '../io/simulated-peer.js';
import { describePoll } from '../io/contract.js';

for (const isSet of [false, true]) {
  describePoll(`FaultyPoll, ${isSet ? 'with a fault that is never injected' : 'without faults'}`, (edgeTriggered) => {
    const clock = new ManualClock();
    const kernel = new ScriptedPoll({ clock, edgeTriggered });
    const poll = new FaultyPoll(kernel, clock);
    if (isSet) poll.add(wireFault(1, { name: 'slice', bytes: 2 ** 30 }));
    return {
      poll,
      connect: async (address) => new SimulatedPeer(kernel.connect(address)),
      nowMs: () => clock.nowMs,
      wakeDuringWait: () => poll.waker.wake(),
      hasFiles: false,
      close: async () => poll.close(),
    };
  });
}
