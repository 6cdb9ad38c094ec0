/** The other end of a simulated wire, for the contract of Poll. */
import type { ScriptedPeer, ScriptedPoll } from '../../../src/server/io/backends/scripted.js';
import type { Peer, Remote } from './contract.js';

export async function openSimulatedRemote(poll: ScriptedPoll): Promise<Remote> {
  const remote = poll.addRemote({ host: '192.0.2.1', port: 6379 });
  return {
    address: remote.address,
    accept: async () => new SimulatedPeer(remote.accept()!),
    close: async () => void (remote.answer = 'refuse'),
  };
}

export class SimulatedPeer implements Peer {
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
