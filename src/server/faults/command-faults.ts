/**
 * CommandFaults: what becomes of requests on purpose: the faults of the loop. Asked by the dispatcher, behind its gates.
 *
 * They stand above the recorder: that one is set, or taken away, is an input, see {@link FaultCall}.
 */
import type { Argv, Command } from '../command/command.js';
import { keysOf } from '../command/key-spec.js';
import type { DispatchHooks, RequestFaults } from '../command/hooks.js';
import type { Session } from '../command/session.js';
import { matchesGlob } from '../keyspace/glob.js';
import { ErrorReply } from '../resp/reply.js';
import type { Fault } from './fault.js';
import { FAULTS } from './table.js';

/** What another thread has told the server to spoil, or no longer to. Recorded, and obeyed again by a replay. */
export type FaultCall = { readonly add: Fault; readonly id: number } | { readonly remove: number };

interface ActiveFault {
  readonly id: number;
  readonly fault: Fault;
  injections: number;
}

/** The faults in force, oldest first. */
export type CommandFaultsState = readonly Readonly<ActiveFault>[];

export class CommandFaults implements RequestFaults {
  private active: readonly ActiveFault[] = [];
  /** Told of each request that is spoiled; nobody listens in a replay. */
  onInjected: (id: number, token: number, effect: string) => void = () => {};

  constructor(private readonly hooks: DispatchHooks) {}

  capture(): CommandFaultsState {
    return this.active.map((fault) => ({ ...fault }));
  }

  restore(faults: CommandFaultsState): void {
    this.set(faults.map((fault) => ({ ...fault })));
  }

  obey(call: FaultCall): void {
    if ('add' in call) this.set([...this.active, { id: call.id, fault: call.add, injections: 0 }]);
    else this.set(this.active.filter(({ id }) => id !== call.remove));
  }

  refuse(session: Session, command: Command, argv: Argv): ErrorReply | null {
    const spoiled = this.active.find(({ fault }) => fault.name === 'error' && concerns(fault, session, command, argv));
    if (spoiled === undefined) return null;
    const { reply = FAULTS.error.parameter.default } = spoiled.fault as Extract<Fault, { name: 'error' }>;
    this.injected(spoiled, session, `error reply to ${command.fullName}`);
    return new ErrorReply(reply);
  }

  private injected(spoiled: ActiveFault, session: Session, effect: string): void {
    spoiled.injections++;
    this.onInjected(spoiled.id, session.id, effect);
    if (spoiled.injections === spoiled.fault.next) this.set(this.active.filter((other) => other !== spoiled));
  }

  private set(active: readonly ActiveFault[]): void {
    this.active = active;
    this.hooks.faults = active.length === 0 ? null : this;
  }
}

function concerns({ token, command, key, client }: Fault, session: Session, asked: Command, argv: Argv): boolean {
  if (token !== undefined && token !== session.id) return false;
  if (command !== undefined && command !== asked.fullName && command !== asked.container?.name) return false;
  if (client !== undefined && !matchesGlob(client, session.name)) return false;
  return key === undefined || keysOf(asked.keys, argv).some((each) => matchesGlob(key, each));
}
