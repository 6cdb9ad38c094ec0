/**
 * The dispatcher: one decoded request to one reply. Reached from client/connection.ts.
 *
 * `dispatch` is a straight list of gates in the order of Redis's processCommand, because there the order is the meaning:
 * which error a client sees first depends on it.
 */
import { ErrorReply, QUEUED, type Reply } from '../resp/reply.js';
import type { Argv, Command } from './command.js';
import type { ServerContext } from './context.js';
import * as errors from './errors.js';
import { keyPositions } from './key-spec.js';
import type { Session } from './session.js';

export class Dispatcher {
  constructor(private readonly server: ServerContext) {}

  /** Runs a request and returns its reply; never throws for anything a client can send. */
  dispatch(session: Session, argv: Argv): Reply {
    const command = this.lookup(session, argv);
    if (command === null) return this.reject(session, null, this.unknown(argv));
    if (!command.acceptsArgc(argv.length)) return this.reject(session, command, errors.wrongArity(command.fullName));
    if (!session.authenticated && !command.needsNoAuth) return this.reject(session, command, errors.NO_AUTH);
    if (session.transaction !== null && !RUNS_INSIDE_MULTI.has(command.name)) {
      session.transaction.queue(command, argv);
      return QUEUED;
    }
    return this.call(session, command, argv);
  }

  /** Executes a command that has passed the gates: timed, counted, traced. */
  call(session: Session, command: Command, argv: Argv): Reply {
    const { clock, keyspace, tap, stats } = this.server;
    keyspace.actingToken = session.id;
    session.lastCommand = command;
    const startUs = clock.readUs();
    let reply: Reply;
    try {
      reply = command.run!(argv, session.db, session);
    } catch (error) {
      reply = error instanceof ErrorReply ? error : this.internalError(command, error);
    }
    const elapsedUs = clock.readUs() - startUs;
    command.stats.calls++;
    command.stats.elapsedUs += elapsedUs;
    stats.commandsProcessed++;
    if (reply instanceof ErrorReply) this.countError(command, reply);
    if (tap.sink !== null) tap.sink.emit({ kind: 'execute', token: session.id, frame: 0, command: command.fullName, elapsedUs, keys: keysOf(command, argv), db: session.db.index });
    return reply;
  }

  private lookup(session: Session, argv: Argv): Command | null {
    const name = argv[0]!;
    // The decoder hands out the same string object while a connection repeats itself, so this compares two pointers.
    if (name === session.lookedUpName) return session.lookedUpCommand;
    const { commands } = this.server;
    const command = commands.get(name) ?? commands.get(name.toLowerCase()) ?? null;
    if (command === null) return null;
    if (command.subcommands !== null && argv.length > 1) return command.subcommands.get(argv[1]!.toLowerCase()) ?? null;
    session.lookedUpName = name;
    session.lookedUpCommand = command;
    return command;
  }

  private unknown(argv: Argv): ErrorReply {
    const container = this.server.commands.get(argv[0]!.toLowerCase());
    return container === undefined ? errors.unknownCommand(argv) : errors.unknownSubcommand(container.name, argv[1]!);
  }

  /** An error before execution; inside MULTI it also dooms the transaction. */
  private reject(session: Session, command: Command | null, error: ErrorReply): Reply {
    if (session.transaction !== null) session.transaction.failed = true;
    if (command !== null) command.stats.rejected++;
    this.countCode(error);
    return error;
  }

  private countError(command: Command, error: ErrorReply): void {
    command.stats.failed++;
    this.countCode(error);
  }

  private countCode(error: ErrorReply): void {
    const { errors: counts } = this.server.stats;
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  }

  /** A defect of ours: the client is told, the log has the details, and the server goes on. */
  private internalError(command: Command, error: unknown): ErrorReply {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.server.log('warning', `Internal error in '${command.fullName}': ${detail}`);
    return new ErrorReply(`ERR internal error in '${command.fullName}'`);
  }
}

/** Everything else is queued between MULTI and EXEC. */
const RUNS_INSIDE_MULTI: ReadonlySet<string> = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);

/** The keys that a request names, in the order of its arguments. */
export function keysOf(command: Command, argv: Argv): string[] {
  return command.keys.flatMap((spec) => keyPositions(spec, argv)).map((position) => argv[position]!);
}
