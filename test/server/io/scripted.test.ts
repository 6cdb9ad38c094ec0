/** ScriptedPoll: the contract, and what only a simulated kernel can do. */
import { ScriptedPoll, type ScriptedPeer } from '../../../src/server/io/backends/scripted.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { describePoll, type Peer } from './contract.js';

class SimulatedPeer implements Peer {
  constructor(private readonly peer: ScriptedPeer) {}

  async send(bytes: string): Promise<void> {
    this.peer.send(bytes);
  }

  async receive(count: number): Promise<string> {
    return this.peer.receive(count);
  }

  async ended(): Promise<void> {
    if (!this.peer.isClosedByServer) throw new Error('the server has not closed its end');
  }

  async shutdown(): Promise<void> {
    this.peer.shutdown();
  }

  async reset(): Promise<void> {
    this.peer.reset();
  }

  async close(): Promise<void> {
    this.peer.close();
  }
}

describePoll('ScriptedPoll', (edgeTriggered) => {
  const clock = new ManualClock();
  const poll = new ScriptedPoll({ clock, edgeTriggered });
  return {
    poll,
    connect: async (address) => new SimulatedPeer(poll.connect(address)),
    nowMs: () => clock.nowMs,
    wakeDuringWait: () => poll.waker.wake(),
    hasFiles: false,
    close: async () => poll.close(),
  };
});
