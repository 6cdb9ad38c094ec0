/**
 * Faults: the injected faults of one server, on the loop's thread. Checks requested faults, numbers them, and passes each to the part that injects it: the poll
 * below the recorder, the helper thread that writes files, or the server above the recorder.
 */
import { type Command, findCommand } from '../command/command.js';
import { quoteWord } from '../resp/request-encoder.js';
import type { Tap } from '../trace/tap.js';
import type { FaultEffect } from './effects.js';
import { checkFault, type Fault, FaultError, formatFault, parseFaultText } from './fault.js';
import { WAKER } from '../io/token.js';
import type { FaultyPoll } from './faulty-poll.js';
import type { FaultCall, LoopFaults, Triggering } from './loop-faults.js';
import { faultOf } from './table.js';
import { wireFault } from './wire-fault.js';

/** A fault in force. */
export interface ActiveFault {
  /** Counted from 1, never reused. */
  readonly id: number;
  readonly fault: Fault;
  /** As it would be typed. */
  readonly text: string;
  /** How often it was injected. */
  readonly injections: number;
}

/** What faults need of their server. */
interface FaultyServer {
  readonly tap: Tap;
  readonly commands: ReadonlyMap<string, Command>;
  readonly sessions: ReadonlyMap<number, unknown>;
  readonly listeners: readonly { readonly token: number }[];
  readonly loopFaults: LoopFaults;
  readonly loop: { afterWait: (() => void) | null; readonly poll: { readonly waker: { wake(): void } } };
}

/** Where disk faults are injected. */
interface FaultyDisk {
  setFaults(faults: readonly { readonly id: number; readonly fault: Fault }[]): void;
  onInjected: (id: number, effect: FaultEffect) => void;
}

export class Faults {
  private readonly active = new Map<number, { -readonly [property in keyof ActiveFault]: ActiveFault[property] }>();
  private nextId = 1;
  /** Calls that wait for a place where a replay finds them again. */
  private calls: FaultCall[] = [];

  /** @param record records a call just before it takes effect. @param disk null: this server writes no files */
  constructor(
    private readonly poll: FaultyPoll,
    private readonly server: FaultyServer,
    private readonly record: (call: FaultCall) => void,
    private readonly disk: FaultyDisk | null = null,
  ) {
    poll.onInjected = ({ id }, token, effect) => this.injected(id, token, effect);
    const { requests, rules } = server.loopFaults;
    requests.onInjected = rules.onInjected = (id, token, effect) => this.injected(id, token, effect);
    rules.onEnded = (id, token, why) => this.ended(id, token, why);
    server.loopFaults.onForgotten = (token) => this.forget(token);
    if (disk !== null) disk.onInjected = (id, effect) => this.injected(id, WAKER, effect);
  }

  /** Sets a fault. Throws {@link FaultError} if it is invalid here. @param mayCome future connections may be named */
  add(asked: Fault | string, mayCome = false): ActiveFault {
    const fault = typeof asked === 'string' ? parseFaultText(asked) : checkFault(asked);
    this.checkObjects(fault, mayCome);
    const active = { id: this.nextId++, fault, text: formatFault(fault), injections: 0 };
    this.active.set(active.id, active);
    const { side } = faultOf(fault.name);
    if (side === 'wire') this.poll.add(wireFault(active.id, fault));
    else if (side === 'disk') this.tellDisk();
    else this.call({ add: fault, id: active.id });
    return { ...active };
  }

  /** Removes a fault. False if there is none: it never existed, or has been injected the given number of times. */
  remove(id: number): boolean {
    const active = this.active.get(id);
    if (active === undefined) return false;
    this.active.delete(id);
    const { side } = faultOf(active.fault.name);
    if (side === 'wire') this.poll.remove(id);
    else if (side === 'disk') this.tellDisk();
    else this.call({ remove: id });
    return true;
  }

  /** Removes all faults; held replies are released, also those of faults that have already ended. */
  clear(): void {
    for (const id of this.active.keys()) this.poll.remove(id);
    this.active.clear();
    this.tellDisk();
    this.call({ clear: true });
  }

  /** Sets how readiness is reported. Throws {@link FaultError} if there is no such token. @param token null: all, and new ones */
  trigger(trigger: Triggering, token: number | null): void {
    const { sessions, listeners } = this.server;
    if (!['edge', 'level', 'default'].includes(trigger)) throw new FaultError('trigger: must be one of edge, level, default');
    if (token !== null && !sessions.has(token) && !listeners.some((listener) => listener.token === token)) throw noConnection(token, sessions);
    this.call({ trigger, token });
  }

  /** Returns the faults in the order in which they were set. */
  list(): readonly ActiveFault[] {
    return [...this.active.values()].map((active) => ({ ...active }));
  }

  /**
   * Queues a call until after the next wait, before its events are handled: faults of the loop change what the server does, so a replay must apply them at the
   * same place. A call may come in the middle of a command at which the loop is held.
   */
  private call(call: FaultCall): void {
    const { loop } = this.server;
    this.calls.push(call);
    loop.poll.waker.wake();
    loop.afterWait = () => this.obeyCalls();
  }

  private obeyCalls(): void {
    this.server.loop.afterWait = null;
    for (const call of this.calls.splice(0)) {
      this.record(call);
      this.server.loopFaults.obey(call);
    }
  }

  private tellDisk(): void {
    this.disk?.setFaults([...this.active.values()].filter(({ fault }) => faultOf(fault.name).side === 'disk'));
  }

  private injected(id: number, token: number, effect: FaultEffect): void {
    const active = this.active.get(id);
    // It is already removed, which takes effect in the server after its next wait.
    if (active === undefined) return;
    active.injections++;
    if (active.injections === active.fault.next) {
      this.active.delete(id);
      this.poll.remove(id);
      if (faultOf(active.fault.name).side === 'disk') this.tellDisk();
    }
    this.tell(active, token, effect);
  }

  /** A rule has given a result that its seam does not allow. */
  private ended(id: number, token: number, why: string): void {
    const active = this.active.get(id);
    if (active === undefined) return;
    this.active.delete(id);
    this.tell(active, token, `ended: ${why}`);
  }

  /** A connection is gone: removes all faults for its token. */
  private forget(token: number): void {
    for (const [id, { fault }] of this.active) {
      if (fault.token !== token) continue;
      this.active.delete(id);
      if (faultOf(fault.name).side === 'wire') this.poll.remove(id);
    }
    this.calls = this.calls.filter((call) => !('add' in call) || call.add.token !== token);
  }

  private tell({ id, text }: ActiveFault, token: number, effect: FaultEffect): void {
    const { sink } = this.server.tap;
    if (sink !== null) sink.emit({ kind: 'fault', token, id, fault: text, effect });
  }

  /** Checks that the command and the connection exist. */
  private checkObjects({ name, command, token }: Fault, mayCome: boolean): void {
    const { commands, sessions } = this.server;
    if (faultOf(name).side === 'disk' && this.disk === null) throw new FaultError(`${name}: this server has no helper thread that writes files`);
    if (command !== undefined && findCommand(commands, command) === undefined) throw new FaultError(`there is no command ${quoteWord(command.toUpperCase())}`);
    if (token === undefined || mayCome || sessions.has(token)) return;
    throw noConnection(token, sessions);
  }
}

const MOST_NAMED = 10;

const noConnection = (token: number, sessions: ReadonlyMap<number, unknown>): FaultError =>
  new FaultError(`there is no connection #${token}; ${namedTokens([...sessions.keys()])}`);

function namedTokens(tokens: readonly number[]): string {
  if (tokens.length === 0) return 'no client is connected';
  const named = tokens.slice(0, MOST_NAMED).map((token) => `#${token}`).join(', ');
  return `there are ${named}${tokens.length > MOST_NAMED ? ` and ${tokens.length - MOST_NAMED} more` : ''}`;
}
