/**
 * The dispatcher: one decoded request to one reply. Reached from client/connection.ts.
 *
 * `dispatch` is a straight list of gates in the order of Redis's processCommand, because the order matters: which error
 * a client sees first depends on it.
 */
import { ErrorReply, NO_REPLY, QUEUED, type Reply } from '../resp/reply.js';
import { PAUSE_ALL, PAUSE_OFF, type PauseMode } from '../features/client-pause.js';
import { clientInfo } from '../command/client-info.js';
import type { Argv, Command } from '../command/command.js';
import type { CommandRunner, ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import type { AclLogContext } from '../features/acl-log.js';
import { type Denial, mayRun } from '../features/users/permission.js';
import { isAllowedBy } from '../command/locality.js';
import { cacheableKeysOf, keysOf } from '../command/key-spec.js';
import { isAllowed, type Unready } from '../command/hooks.js';
import type { Session } from '../command/session.js';
import type { AfterReply } from './after-reply.js';
import { Stopwatch } from '../measuring/stopwatch.js';

/** What the dispatcher needs of the server around it. */
type Surroundings = Pick<
  ServerContext,
  'commands' | 'keyspace' | 'aclLog' | 'hooks' | 'pause' | 'tracking' | 'stats' | 'tap' | 'clock' | 'requiresPassword' | 'log' | 'activity'
> & {
  /** Maps whether the server is traced to whether its state is to depend on that; see ServerInputs. */
  isWatched(watches: boolean): boolean;
};

export class Dispatcher implements CommandRunner {
  private readonly stopwatch: Stopwatch<Session, Command>;
  /** The server was traced when the running read began: then each command is timed alone. */
  private timesEach = false;

  constructor(
    private readonly server: Surroundings,
    private readonly afterReply: AfterReply,
  ) {
    this.stopwatch = new Stopwatch(server, (session, command, argv, elapsedUs, calls) => this.settle(session, command, argv, elapsedUs, calls));
  }

  /**
   * Runs a request and returns its reply; never throws for anything a client can send. NO_REPLY if there is none, or none yet: then the
   * session is parked. Call {@link finish} once the reply is in the output.
   */
  dispatch(session: Session, argv: Argv): Reply {
    const command = this.lookup(session, argv);
    session.lastCommand = command;
    if (command === null) return this.rejectUnknown(session, argv);
    this.server.activity.executes(command.number);
    const { evictClients } = this.server.hooks;
    if (evictClients !== null && !evictClients(session)) return NO_REPLY;
    const error = this.gates(session, command, argv);
    if (error !== null) return this.reject(session, command, error);
    const { pause } = this.server;
    if (pause.mode !== PAUSE_OFF && isHeld(pause.mode, session, command, argv)) return pause.postpone(session, argv);
    if (session.transaction !== null && !command.runsInsideMulti) {
      session.transaction.queue(command, argv, session);
      // A full heap refuses what is queued next.
      const { watchHeap } = this.server.hooks;
      if (watchHeap !== null) watchHeap();
      return QUEUED;
    }
    const reply = this.call(session, command, argv);
    if (session.tracking !== null) endCaching(session, command);
    const { faults, stream } = this.server.hooks;
    if (stream !== null && session.waiting === null) session.writeOffset = stream.offset;
    return faults === null ? reply : faults.answer(session, command, argv, reply);
  }

  /** Checks whether a client may run a command: returns the first error, or null. */
  private gates(session: Session, command: Command, argv: Argv): ErrorReply | null {
    const { server } = this;
    const { hooks, tracking } = server;
    if (!command.acceptsArgc(argv.length)) return errors.wrongArity(command.fullName);
    if (command.allowedBy !== null && !isAllowedBy(command.allowedBy, session)) {
      return errors.notAllowed((command.container ?? command).name, command.allowedBy);
    }
    if (!session.authenticated && !command.needsNoAuth && server.requiresPassword()) return errors.NO_AUTH;
    if (command.deniesMulti && session.transaction !== null) return errors.DENIED_IN_TRANSACTION;
    const denial = mayRun(session.user, command, argv);
    if (denial !== null) return this.deny(session, session.transaction === null ? 'toplevel' : 'multi', denial, errors.noPermission(denial));
    if ((hooks.isHeapFull || (hooks.makeRoom !== null && !hooks.makeRoom())) && needsRoom(session, command)) return errors.OUT_OF_MEMORY;
    if (tracking.isActive) tracking.limitKeys();
    if (hooks.writesDenied !== null && isRefusedWithoutDisk(session, command)) return hooks.writesDenied;
    if (hooks.tooFewReplicas !== null && isWrite(session, command)) return hooks.tooFewReplicas;
    if (hooks.readOnly !== null && !session.isMaster && isWrite(session, command)) return hooks.readOnly;
    if (session.version === 2 && !command.allowedToSubscribers && session.subscriptions > 0) return errors.deniedToSubscribers(command.fullName);
    for (let { unready } = hooks; unready !== null; unready = unready.next) if (!allowsAll(session, command, unready)) return unready.error;
    if (hooks.busy !== null && !command.allowsBusy) return hooks.busy;
    if (session.isSpectator && usesKeyspace(session, command, argv)) return errors.SPECTATOR_USES_KEYS;
    return hooks.faults === null || session.isMaster ? null : hooks.faults.refuse(session, command, argv);
  }

  /** Called before the requests of a read: what follows is timed together, up to {@link endRead}. */
  beginRead(): void {
    this.timesEach = this.server.isWatched(this.server.tap.sink !== null);
    this.stopwatch.begin();
  }

  endRead(): void {
    this.stopwatch.end();
  }

  /** Executes a command that has passed the gates: counted, timed, traced. Never throws. */
  call(session: Session, command: Command, argv: Argv): Reply {
    const { keyspace, stats, hooks, tracking } = this.server;
    keyspace.actingToken = session.id;
    stats.commandsProcessed++;
    const isBrief = command.isBrief && !this.timesEach && !hooks.timesEach;
    const { effects } = keyspace;
    if (effects !== null) effects.begin();
    const reply = isBrief ? this.runBrief(session, command, argv) : this.runTimed(session, command, argv);
    if (effects !== null) effects.end(session.db, argv);
    keyspace.actingToken = 0;
    if (reply instanceof ErrorReply) this.countError(command, reply);
    if (hooks.monitor !== null && !command.isHiddenFromMonitor) hooks.monitor(session, session.redacted ?? argv);
    session.redacted = null;
    if (command.isCacheable && session.tracking !== null && session.tracking.remembers) tracking.remember(session.id, cacheableKeysOf(command.keys, argv));
    return reply;
  }

  private runBrief(session: Session, command: Command, argv: Argv): Reply {
    this.stopwatch.join(session, command, argv);
    return this.server.tap.sink === null ? this.run(session, command, argv) : this.runSeen(session, command, argv);
  }

  /** Runs a fast command in a read that began untraced, and is traced now. */
  private runSeen(session: Session, command: Command, argv: Argv): Reply {
    const { clock } = this.server;
    const startUs = clock.measureUs();
    const reply = this.run(session, command, argv);
    this.tell(session, command, argv, clock.measureUs() - startUs);
    return reply;
  }

  private runTimed(session: Session, command: Command, argv: Argv): Reply {
    const startUs = this.stopwatch.startAlone();
    const reply = this.run(session, command, argv);
    const elapsedUs = this.stopwatch.alone(startUs);
    if (session.waiting === null) this.settle(session, command, session.redacted ?? argv, elapsedUs, 1);
    else this.suspend(session, command, argv, elapsedUs);
    this.tell(session, command, argv, elapsedUs);
    return reply;
  }

  private tell(session: Session, command: Command, argv: Argv, elapsedUs: number): void {
    const { tap } = this.server;
    const sink = tap.sink ?? (tap.slow !== null && elapsedUs > tap.slow.executeUs ? tap.slow : null);
    if (sink === null) return;
    const { id, frame, db } = session;
    const keys = keysOf(command.keys, argv);
    sink.emit({ kind: 'execute', token: id, frame, command: command.fullName, elapsedUs, keys, db: db.index });
  }

  private run(session: Session, command: Command, argv: Argv): Reply {
    try {
      return command.run!(argv, session.db, session);
    } catch (error) {
      return error instanceof ErrorReply ? error : this.internalError(command, error);
    }
  }

  /** Counts calls once their duration is known. */
  private settle(session: Session, command: Command, argv: Argv, elapsedUs: number, calls: number): void {
    const { hooks } = this.server;
    command.stats.calls += calls;
    command.stats.elapsedUs += elapsedUs * calls;
    if (hooks.executed !== null && !command.skipsSlowlog) hooks.executed(session, command, argv, elapsedUs, calls);
  }

  /** The command has parked its client: it counts as called; whether it was slow, or has failed, is known when it is answered. */
  private suspend(session: Session, command: Command, argv: Argv, elapsedUs: number): void {
    command.stats.calls++;
    command.stats.elapsedUs += elapsedUs;
    session.suspended = { command, argv, elapsedUs };
  }

  /**
   * Called when a command that had parked its client has been answered; not at a timeout, which is neither slow nor a failure.
   * @param elapsedUs duration of serving it; the time spent waiting does not count
   */
  resumed(session: Session, reply: Reply, elapsedUs: number, hasFailed: boolean): void {
    const { suspended } = session;
    if (suspended === null) return;
    const { command, argv } = suspended;
    session.suspended = null;
    command.stats.elapsedUs += elapsedUs;
    if (hasFailed) command.stats.failed++;
    if (reply instanceof ErrorReply) this.countCode(reply);
    const { hooks } = this.server;
    if (hooks.executed !== null && !command.skipsSlowlog) hooks.executed(session, command, argv, suspended.elapsedUs + elapsedUs, 1);
  }

  whenReplied(run: () => void): void {
    this.afterReply.whenReplied(run);
  }

  /** Does what had to wait until the reply of the command is in the output. */
  finish(): void {
    this.afterReply.finish();
  }

  get hasUnfinished(): boolean {
    return !this.afterReply.isEmpty;
  }

  private lookup(session: Session, argv: Argv): Command | null {
    const name = argv[0]!;
    // The decoder returns the same string object while a connection repeats a command, so this compares two pointers.
    if (name === session.lookedUpName) return session.lookedUpCommand;
    const { commands } = this.server;
    const command = commands.get(name) ?? commands.get(name.toLowerCase()) ?? null;
    if (command === null) return null;
    // A container is never cached, since its next call may have another subcommand.
    if (command.subcommands !== null) return argv.length > 1 ? (command.subcommands.get(argv[1]!.toLowerCase()) ?? null) : command;
    session.lookedUpName = name;
    session.lookedUpCommand = command;
    return command;
  }

  private rejectUnknown(session: Session, argv: Argv): Reply {
    this.server.activity.executes(0);
    const name = argv[0]!.toLowerCase();
    if (name === 'post' || name === 'host:') return this.rejectBrowser(session);
    const isContainer = this.server.commands.has(name);
    return this.reject(session, null, isContainer ? errors.unknownSubcommand(argv[0]!, argv[1]!) : errors.unknownCommand(argv));
  }

  /** These words begin lines of an HTTP request that a web page has made a browser send here. */
  private rejectBrowser(session: Session): Reply {
    this.server.log(
      'warning',
      'Possible SECURITY ATTACK detected: POST or Host: looks like HTTP, sent through a browser to reach this server. Connection aborted.',
    );
    session.transport.close('looks like HTTP');
    return NO_REPLY;
  }

  /** Refuses a command before execution; inside MULTI this also dooms the transaction, and for EXEC it ends it. */
  private reject(session: Session, command: Command | null, error: ErrorReply): Reply {
    if (session.transaction !== null) session.transaction.failed = true;
    if (session.tracking !== null) endCaching(session, command);
    if (command !== null && command.name === 'exec') {
      session.endTransaction();
      error = errors.execAborted(error);
    }
    return this.refuse(command, error);
  }

  deny(session: Session, context: AclLogContext, { reason, object }: Denial, error: ErrorReply): ErrorReply {
    this.server.aclLog.add({ reason, context, object, username: session.user.name, clientInfo: clientInfo(session) });
    return error;
  }

  refuse(command: Command | null, error: ErrorReply): ErrorReply {
    if (command !== null) command.stats.rejected++;
    this.countCode(error);
    return error;
  }

  private countError(command: Command, error: ErrorReply): void {
    command.stats.failed++;
    if (!(error instanceof errors.CountedError)) this.countCode(error);
  }

  private countCode(error: ErrorReply): void {
    const { errors: counts } = this.server.stats;
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  }

  /** A defect of ours: the client gets an error, the log has the details, and the server goes on. */
  private internalError(command: Command, error: unknown): ErrorReply {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.server.log('warning', `Internal error in '${command.fullName}': ${detail}`);
    return new ErrorReply(`ERR internal error in '${command.fullName}'`);
  }
}

/** Queueing a command takes memory as well; only commands that end the transaction are let through. */
function needsRoom(session: Session, command: Command): boolean {
  const { transaction } = session;
  if (session.isMaster) return false;
  if (transaction === null) return command.deniesOutOfMemory;
  if (command.name === 'exec') return transaction.deniesOutOfMemory;
  return command.name !== 'discard' && command.name !== 'quit' && command.name !== 'reset';
}

/** True for the commands that are refused while nothing can be written to the disk; PING, so that monitoring notices. */
function isRefusedWithoutDisk(session: Session, command: Command): boolean {
  if (session.isMaster) return false;
  return command.name === 'ping' || isWrite(session, command);
}

/** True if it writes, by itself or as the end of a transaction. */
function isWrite({ transaction }: Session, command: Command): boolean {
  return command.isWrite || (command.name === 'exec' && transaction !== null && transaction.isWrite);
}

/** True for what replicas and monitors may not call. Their transactions contain none of it: it is refused before it is queued. */
function usesKeyspace(session: Session, command: Command, argv: Argv): boolean {
  return command.isReadOnly || command.couldReplicate(argv, session);
}

/** True if the command, and all commands of a transaction that it ends, are executed although the data is not to be had. */
function allowsAll({ transaction, isMaster }: Session, command: Command, unready: Unready): boolean {
  if (isMaster) return true;
  if (!isAllowed(command, unready)) return false;
  return command.name !== 'exec' || transaction === null || transaction.queued.every((each) => isAllowed(each.command, unready));
}

/** True if CLIENT PAUSE holds a command back. EXEC is held back if one of its commands would be. */
function isHeld(mode: PauseMode, session: Session, command: Command, argv: Argv): boolean {
  if (session.isSpectator || session.isMaster) return false;
  if (mode === PAUSE_ALL) return true;
  return command.couldReplicate(argv, session) || (command.name === 'exec' && session.transaction !== null && session.transaction.mayReplicate);
}

/** CLIENT CACHING applies to the next command that is not CLIENT, or to the whole next transaction. */
function endCaching(session: Session, command: Command | null): void {
  if (session.transaction === null && command?.container?.name !== 'client') session.tracking!.isCachingGiven = false;
}

