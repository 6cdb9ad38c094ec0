/**
 * LoopFaults: the faults of a server's loop: what becomes of requests, and the rules at its seams. What another thread has asked of them is obeyed here, and
 * again by a replay.
 */
import type { Session } from '../command/session.js';
import type { CommandFaults, CommandFaultsState } from './command-faults.js';
import type { Fault } from './fault.js';
import type { RuleFaults, RuleFaultsState } from './rule-faults.js';
import { faultOf } from './table.js';

/** What another thread has told the server to spoil, or no longer to. Recorded, and obeyed again by a replay. */
export type FaultCall = { readonly add: Fault; readonly id: number } | { readonly remove: number } | { readonly clear: true };

export interface LoopFaultsState {
  readonly requests: CommandFaultsState;
  readonly rules: RuleFaultsState;
}

export class LoopFaults {
  constructor(
    readonly requests: CommandFaults,
    readonly rules: RuleFaults,
  ) {}

  capture(): LoopFaultsState {
    return { requests: this.requests.capture(), rules: this.rules.capture() };
  }

  restore({ requests, rules }: LoopFaultsState, sessions: ReadonlyMap<number, Session>): void {
    this.requests.restore(requests, sessions);
    this.rules.restore(rules);
  }

  obey(call: FaultCall): void {
    if ('add' in call) this.partFor(call.add).add(call.id, call.add);
    else if ('remove' in call) for (const part of [this.requests, this.rules]) part.remove(call.remove);
    else for (const part of [this.requests, this.rules]) part.clear();
  }

  private partFor({ name }: Fault): CommandFaults | RuleFaults {
    return faultOf(name).object === 'rules' ? this.rules : this.requests;
  }
}
