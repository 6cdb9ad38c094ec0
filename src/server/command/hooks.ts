/**
 * Hooks: where other parts of the server stand beside the gates of the dispatcher.
 *
 * Each is a field that is null while nobody needs it, so that a command pays one comparison for it. Who sets a field says so here.
 */
import type { ErrorReply, Reply } from '../resp/reply.js';
import type { Argv, Command } from './command.js';
import type { Session } from './session.js';

/** Spoils requests; see faults/command-faults.ts. */
export interface RequestFaults {
  /** Called behind all gates: the error that the request gets instead of being executed, or null. */
  refuse(session: Session, command: Command, argv: Argv): ErrorReply | null;
  /** Called with the reply of a command that was executed: the same, or NO_REPLY, with the session parked, if its client is to wait for it. */
  answer(session: Session, command: Command, argv: Argv, reply: Reply): Reply;
}

export class DispatchHooks {
  /** Set while there is a maxmemory: evicts what it may. False if the server is over its limit all the same. */
  makeRoom: (() => boolean) | null = null;
  /** Set while there is a limit for the memory of all clients: disconnects what is beyond it. False if it was this client. */
  evictClients: ((session: Session) => boolean) | null = null;
  /** Set by the heap watch while V8 is so near its limit that commands that need memory are refused. */
  isHeapFull = false;
  /**
   * Set if V8's heap is watched: looks at it again if memory was taken or given back since the last look, and returns isHeapFull. Called where commands
   * execute one after the other without the clock, in scripts and transactions.
   */
  watchHeap: (() => boolean) | null = null;
  /** Set while snapshots that there should be cannot be written: what commands that write are told, and PING. */
  writesDenied: ErrorReply | null = null;
  /** Set while fewer replicas than min-replicas-to-write are near enough: what commands that write are told. */
  tooFewReplicas: ErrorReply | null = null;
  /** Set while this server is a replica that takes writes from its master only: what other clients' writes are told. */
  readOnly: ErrorReply | null = null;
  /** Set while the data are not there, or not to be shown: what commands without this flag are told. */
  unready: { readonly error: ErrorReply; readonly allowed: 'stale' | 'loading' } | null = null;
  /** Set while there is a stream to replicas: how far it has come, which each client is to remember for WAIT. */
  stream: { readonly offset: number } | null = null;
  /** Set while a script runs longer than it should: what every command but the allow_busy ones is told. */
  busy: ErrorReply | null = null;
  /** Set while there are faults of requests. */
  faults: RequestFaults | null = null;
  /** Set by SLOWLOG while its threshold is so low that brief commands may reach it: then none are timed together. */
  timesEach = false;
  /** Set while there is a MONITOR: called after each command that it may see, with passwords taken out. */
  monitor: ((session: Session, argv: Argv) => void) | null = null;
  /** Set while the server is recorded: called by commands whose replies show a password, or what is made of it. */
  showsSecret: ((client: { readonly id: number; readonly transport: { readonly outputBytes: number } }) => void) | null = null;
  /** Set by SLOWLOG and LATENCY: called after all but the skip_slowlog commands, with passwords taken out; several `calls` where they were timed together. */
  executed: ((session: Session, command: Command, argv: Argv, elapsedUs: number, calls: number) => void) | null = null;
}
