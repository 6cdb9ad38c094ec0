/**
 * Hooks: where other parts of the server hook into the dispatcher.
 *
 * Each is a field that is null while it is not needed, so that a command pays one comparison for it. The comment of a field says which part sets it.
 */
import type { ErrorReply, Reply } from '../resp/reply.js';
import type { Argv, Command } from './command.js';
import type { Session } from './session.js';

/** Injects faults into requests; see faults/command-faults.ts. */
export interface RequestFaults {
  /** Called after all gates: returns the error that the request gets instead of being executed, or null. */
  refuse(session: Session, command: Command, argv: Argv): ErrorReply | null;
  /** Called with the reply of an executed command: returns it, or NO_REPLY with the session parked if the client is to wait for it. */
  answer(session: Session, command: Command, argv: Argv, reply: Reply): Reply;
}

/** Why data is unavailable: the dataset is stale, or not loaded completely. */
export interface Unready {
  readonly error: ErrorReply;
  /** The flag of commands that are executed all the same; `async_loading`: all without the flag `no_async_loading`. */
  readonly allowed: 'stale' | 'loading' | 'async_loading';
  /** Another reason, for commands that this one does not refuse. */
  readonly next: Unready | null;
}

/** True if a command is executed although the data is not to be had for this reason. */
export function isAllowed({ flags }: Command, { allowed }: Unready): boolean {
  return allowed === 'async_loading' ? !flags.has('no_async_loading') : flags.has(allowed);
}

export class DispatchHooks {
  /** Set while there is a maxmemory: evicts keys. False if the server is still over its limit. */
  makeRoom: (() => boolean) | null = null;
  /** Set while the memory of all clients is limited: disconnects clients beyond the limit. False if it was this client. */
  evictClients: ((session: Session) => boolean) | null = null;
  /** Set by the heap watch while V8 is so close to its limit that commands that need memory are refused. */
  isHeapFull = false;
  /**
   * Set if V8's heap is watched: checks it again if memory was taken or released since the last check, and returns isHeapFull. Called where commands
   * execute one after the other without the clock, in scripts and transactions.
   */
  watchHeap: (() => boolean) | null = null;
  /** Set while snapshots that are due cannot be written: the error for commands that write, and for PING. */
  writesDenied: ErrorReply | null = null;
  /** Set while fewer replicas than min-replicas-to-write are in time: the error for commands that write. */
  tooFewReplicas: ErrorReply | null = null;
  /** Set while this server is a replica that accepts writes only from its master: the error for writes of other clients. */
  readOnly: ErrorReply | null = null;
  /** Set while the data are not loaded, or stale: the error for commands without this flag. */
  unready: Unready | null = null;
  /** Set while there is a stream to replicas: its offset, which each client remembers for WAIT. */
  stream: { readonly offset: number } | null = null;
  /** Set while a script has run for too long: the error for all commands but the allow_busy ones. */
  busy: ErrorReply | null = null;
  /** Set while there are faults for requests. */
  faults: RequestFaults | null = null;
  /** Set by SLOWLOG while its threshold is so low that fast commands may reach it: then none are timed together. */
  timesEach = false;
  /** Set while there is a MONITOR: called after each command that it may see, with passwords removed. */
  monitor: ((session: Session, argv: Argv) => void) | null = null;
  /** Set while the server is recorded: called by commands whose replies show a password or a value derived from it. */
  showsSecret: ((client: { readonly id: number; readonly transport: { readonly outputBytes: number } }) => void) | null = null;
  /** Set by SLOWLOG and LATENCY: called after all but the skip_slowlog commands, with passwords removed; `calls` is above 1 if they were timed together. */
  executed: ((session: Session, command: Command, argv: Argv, elapsedUs: number, calls: number) => void) | null = null;
}
