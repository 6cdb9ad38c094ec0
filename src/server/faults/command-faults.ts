/**
 * CommandFaults: injects faults into requests. Called by the dispatcher, after its gates and after the command.
 *
 *   gates ──▶ refuse: an error instead ──▶ command ──▶ answer: the reply is held, its client parked ──▶ late: a timer; never: until the fault is removed
 *
 * They are above the recorder: setting or removing one is an input, see LoopFaults.
 */
import type { Argv, Command } from '../command/command.js';
import { keysOf } from '../command/key-spec.js';
import type { DispatchHooks, RequestFaults } from '../command/hooks.js';
import type { Session } from '../command/session.js';
import type { Scheduler } from '../features/surroundings.js';
import { matchesGlob } from '../keyspace/glob.js';
import { ErrorReply, NO_REPLY, type Reply } from '../resp/reply.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { FaultEffect } from './effects.js';
import type { Fault } from './fault.js';
import { FAULTS } from './table.js';

interface ActiveFault {
  readonly id: number;
  readonly fault: Fault;
  injections: number;
}

/** A reply that is held back from its client. */
interface HeldReply {
  /** Number of the fault that holds it. */
  readonly id: number;
  readonly reply: Reply;
  /** Null: only the end of the fault releases it. */
  readonly timer: TimerState | null;
}

/** Held replies, by the tokens of their clients. */
interface HeldState {
  readonly token: number;
  readonly id: number;
  readonly reply: Reply;
  readonly timer: TimerState | null;
}

export interface CommandFaultsState {
  /** Oldest first. */
  readonly active: readonly Readonly<ActiveFault>[];
  readonly held: readonly HeldState[];
}

/** The name of the timers that release replies. */
const TIMER = 'late reply';

export class CommandFaults implements RequestFaults {
  private active: readonly ActiveFault[] = [];
  private readonly held = new Map<Session, HeldReply>();
  /** Called for each injection; not set in a replay. */
  onInjected: (id: number, token: number, effect: FaultEffect) => void = () => {};

  constructor(
    private readonly hooks: DispatchHooks,
    private readonly scheduler: Scheduler,
  ) {}

  capture(): CommandFaultsState {
    return {
      active: this.active.map((fault) => ({ ...fault })),
      held: Array.from(this.held, ([{ id: token }, { id, reply, timer }]) => ({ token, id, reply, timer: captureTimer(timer) })),
    };
  }

  restore({ active, held }: CommandFaultsState, sessions: ReadonlyMap<number, Session>): void {
    this.set(active.map((fault) => ({ ...fault })));
    for (const { token, id, reply, timer } of held) {
      const session = sessions.get(token)!;
      const restored = timer === null ? null : this.scheduler.restore(TIMER, timer, () => this.release(session));
      this.held.set(session, { id, reply, timer: restored });
    }
  }

  add(id: number, fault: Fault): void {
    this.set([...this.active, { id, fault, injections: 0 }]);
  }

  /** Removes a fault, and releases the replies that it holds. */
  remove(id: number): void {
    this.end((each) => each === id);
  }

  removeAllOf(token: number): void {
    for (const { id, fault } of this.active) if (fault.token === token) this.remove(id);
  }

  clear(): void {
    this.end(() => true);
  }

  refuse(session: Session, command: Command, argv: Argv): ErrorReply | null {
    const active = this.find(['error'], session, command, argv);
    if (active === undefined) return null;
    const { reply = FAULTS.error.parameter.default } = active.fault as Extract<Fault, { name: 'error' }>;
    this.injected(active, session, `error reply to ${command.fullName}`);
    return new ErrorReply(reply);
  }

  answer(session: Session, command: Command, argv: Argv, reply: Reply): Reply {
    // A parked client is already waiting for its reply.
    const active = reply === NO_REPLY || session.closing ? undefined : this.find(['late-reply', 'no-reply'], session, command, argv);
    if (active === undefined) return reply;
    const { id, fault } = active;
    const timer = fault.name === 'late-reply' ? this.scheduler.after(TIMER, fault.ms, () => this.release(session)) : null;
    this.held.set(session, { id, reply, timer });
    session.parked = true;
    this.injected(active, session, fault.name === 'late-reply' ? `reply ${fault.ms} ms late to ${command.fullName}` : `no reply to ${command.fullName}`);
    return NO_REPLY;
  }

  /** Called when the client is gone. */
  forget(session: Session): void {
    const timer = this.held.get(session)?.timer ?? null;
    if (timer !== null) this.scheduler.cancel(timer);
    this.held.delete(session);
  }

  private end(isOver: (id: number) => boolean): void {
    this.set(this.active.filter(({ id }) => !isOver(id)));
    for (const [session, { id }] of this.held) if (isOver(id)) this.release(session);
  }

  private release(session: Session): void {
    const { reply } = this.held.get(session)!;
    this.forget(session);
    session.parked = false;
    session.answer(reply);
    session.transport.resume();
  }

  private find(names: readonly Fault['name'][], session: Session, command: Command, argv: Argv): ActiveFault | undefined {
    return this.active.find(({ fault }) => names.includes(fault.name) && concerns(fault, session, command, argv));
  }

  private injected(active: ActiveFault, session: Session, effect: FaultEffect): void {
    active.injections++;
    this.onInjected(active.id, session.id, effect);
    if (active.injections === active.fault.next) this.set(this.active.filter((other) => other !== active));
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
