/**
 * LoopFaults: the faults of a server's loop: of requests, rules at its seams, and how readiness is reported. Calls from another thread are applied here, and
 * again by a replay.
 */
import type { Session } from '../command/session.js';
import type { Token } from '../io/token.js';
import type { CommandFaults, CommandFaultsState } from './command-faults.js';
import type { Fault } from './fault.js';
import type { RuleFaults, RuleFaultsState } from './rule-faults.js';
import { faultOf } from './table.js';

/** `default`: as the poll was opened. */
export type Triggering = 'edge' | 'level' | 'default';

/** Sets how the readiness of a token is reported; null: of all tokens, and of new ones. */
export interface TriggerCall {
  readonly trigger: Triggering;
  readonly token: number | null;
}

/** A call from another thread: sets or removes a fault, or changes how readiness is reported. Recorded, and applied again by a replay. */
export type FaultCall = { readonly add: Fault; readonly id: number } | { readonly remove: number } | { readonly clear: true } | TriggerCall;

export interface LoopFaultsState {
  readonly requests: CommandFaultsState;
  readonly rules: RuleFaultsState;
}

export class LoopFaults {
  /** Called when a connection is gone, and its faults with it; not set in a replay. */
  onForgotten: (token: Token) => void = () => {};

  constructor(
    readonly requests: CommandFaults,
    readonly rules: RuleFaults,
    private readonly trigger: (call: TriggerCall) => void,
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
    else if ('clear' in call) for (const part of [this.requests, this.rules]) part.clear();
    else this.trigger(call);
  }

  /** Called when a client is gone: faults set for its token would apply to nothing, or to the next connection with that token. */
  forget(session: Session): void {
    this.requests.forget(session);
    for (const part of [this.requests, this.rules]) part.removeAllOf(session.id);
    this.onForgotten(session.id);
  }

  private partFor({ name }: Fault): CommandFaults | RuleFaults {
    return faultOf(name).object === 'rules' ? this.rules : this.requests;
  }
}
