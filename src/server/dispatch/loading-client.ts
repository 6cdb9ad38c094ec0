/**
 * LoadingClient: executes the requests of the append-only file. They passed all gates when they were written, so there are none; there are no replies
 * either, and nothing is counted, timed or propagated.
 */
import type { Argv, Command } from '../command/command.js';
import type { ServerContext } from '../command/context.js';
import { NOWHERE } from '../command/nowhere.js';
import { Session } from '../command/session.js';
import { ErrorReply, type Reply } from '../resp/reply.js';

/** The token of no connection. */
const NOBODY = 0;

interface Queued {
  readonly command: Command;
  readonly argv: Argv;
}

export class LoadingClient {
  /** Number of requests that were answered with an error, although they had succeeded when they were written. */
  errors = 0;
  /** The first of them, and its reply. */
  firstError = '';
  private readonly session: Session;
  /** The requests between MULTI and EXEC. */
  private queued: Queued[] | null = null;

  constructor(private readonly server: ServerContext) {
    const session = (this.session = new Session(NOBODY, server, NOWHERE));
    session.authenticated = true;
    session.isObeyed = true;
    // Commands that would block time out at once.
    session.deniesBlocking = true;
  }

  get isInTransaction(): boolean {
    return this.queued !== null;
  }

  /** Drops an open MULTI: without EXEC it has no effect. */
  discard(): void {
    this.queued = null;
  }

  /** Executes a request. False: unknown command. */
  run(argv: Argv): boolean {
    const command = this.lookup(argv);
    if (command === null || command.run === null || !command.acceptsArgc(argv.length)) return false;
    if (command.name === 'multi') this.queued ??= [];
    else if (command.name === 'exec') this.executeAll();
    else if (this.queued !== null) this.queued.push({ command, argv });
    else this.execute({ command, argv });
    return true;
  }

  private executeAll(): void {
    const { queued } = this;
    this.queued = null;
    for (const each of queued ?? []) this.execute(each);
  }

  private execute({ command, argv }: Queued): void {
    const answer = this.answerOf(command, argv);
    if (!(answer instanceof ErrorReply)) return;
    if (this.errors++ === 0) this.firstError = `${argv.slice(0, 2).join(' ').slice(0, 128)}: ${answer.text}`;
  }

  private answerOf(command: Command, argv: Argv): Reply {
    try {
      return command.run!(argv, this.session.db, this.session);
    } catch (error) {
      if (error instanceof ErrorReply) return error;
      throw error;
    }
  }

  private lookup(argv: Argv): Command | null {
    const command = this.server.commands.get(argv[0]!.toLowerCase()) ?? null;
    if (command === null || command.subcommands === null || argv.length === 1) return command;
    return command.subcommands.get(argv[1]!.toLowerCase()) ?? null;
  }
}
