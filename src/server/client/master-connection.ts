/**
 * MasterConnection: the connection to the master, once it sends the stream of changes: a client whose requests are executed without gates and without replies.
 *
 *   read  [ request │ request │ half a req… ]
 *            └ executed: its bytes are applied, which means counted, and forwarded to this server's own replicas
 *
 * MULTI … EXEC is applied as a whole: a link that breaks within it continues from MULTI.
 */
import type { Argv } from '../command/command.js';
import { quote } from '../resp/quote.js';
import type { Readiness } from '../io/event.js';
import type { TcpStream } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { MasterClient } from '../replication/primary-link.js';
import { ErrorReply } from '../resp/reply.js';
import { Connection, type ConnectionState } from './connection.js';
import type { ConnectionEnvironment, ConnectionSettings } from './environment.js';

const NOTHING = Buffer.alloc(0);
/** How much of a request the log shows. */
const SHOWN = 200;

/** None of the client limits applies to the master. */
const SETTINGS: ConnectionSettings = {
  'proto-max-bulk-len': Number.MAX_SAFE_INTEGER,
  'client-query-buffer-limit': Number.MAX_SAFE_INTEGER,
  'client-output-buffer-limit': {
    normal: { hard: 0, soft: 0, softSeconds: 0 },
    slave: { hard: 0, soft: 0, softSeconds: 0 },
    pubsub: { hard: 0, soft: 0, softSeconds: 0 },
  },
  'repl-backlog-size': 0,
};

export class MasterConnection extends Connection implements MasterClient {
  /** Where the bytes of the current range begin that are not applied yet. */
  private mark = 0;
  private range: Buffer = NOTHING;
  /** Bytes of earlier ranges that are not applied: requests of a transaction, and the beginning of an incomplete one. */
  private waiting: Buffer[] = [];

  constructor(
    token: Token,
    stream: TcpStream,
    env: ConnectionEnvironment,
  ) {
    super(token, stream, Object.create(env, { settings: { value: SETTINGS } }) as ConnectionEnvironment);
    this.session.becomeMaster();
  }

  get lastInteractionMs(): number {
    return this.session.lastInteractionMs;
  }

  /** Executes bytes of the stream; also those that the link read before it became this connection. */
  take(bytes: Buffer): void {
    this.process(bytes, 0, bytes.length);
  }

  acknowledge(offset: number): void {
    this.send(['REPLCONF', 'ACK', String(offset)], 2);
  }

  end(why: 'replication ended' | 'replication timeout'): void {
    this.close(why);
  }

  override capture(): ConnectionState {
    return { ...super.capture(), unapplied: Buffer.concat(this.waiting) };
  }

  override restore(state: ConnectionState): void {
    super.restore(state);
    this.waiting = [Buffer.from(state.unapplied ?? NOTHING)];
  }

  /** While a long script runs, other clients are served in the middle of it; the stream has to wait for its end. */
  override ready(readiness: Readiness): void {
    if (this.session.server.hooks.busy !== null) this.registration.rearm();
    else super.ready(readiness);
  }

  protected override process(buffer: Buffer, start: number, end: number): void {
    this.range = buffer;
    this.mark = start;
    super.process(buffer, start, end);
    // Bytes that the decoder has used are not fed to it again.
    const { position } = this.decoder;
    if (position > this.mark) this.waiting.push(Buffer.from(buffer.subarray(this.mark, position)));
    this.range = NOTHING;
  }

  protected override execute(argv: Argv): void {
    const { loop, dispatcher } = this.env;
    const { session } = this;
    const { keyspace } = session.server;
    loop.commandsThisTurn++;
    keyspace.appliesStream = true;
    const reply = dispatcher.dispatch(session, argv);
    keyspace.appliesStream = false;
    if (session.lent !== null) this.endLoan(session.lent);
    if (reply instanceof ErrorReply) this.logFailure(argv, reply);
    if (session.transaction === null) this.applied();
    if (dispatcher.hasUnfinished) dispatcher.finish();
  }

  private applied(): void {
    const { position } = this.decoder;
    const { session, env } = this;
    for (const bytes of this.waiting) env.applied(bytes, session.db.index);
    if (this.waiting.length > 0) this.waiting = [];
    env.applied(this.range.subarray(this.mark, position), session.db.index);
    this.mark = position;
  }

  private logFailure(argv: Argv, { text }: ErrorReply): void {
    const { stats, log } = this.session.server;
    const request = argv.map((word) => quote(word.slice(0, SHOWN))).join(' ').slice(0, SHOWN);
    stats.failedChanges++;
    log('warning', `== CRITICAL == This replica cannot repeat a change of its master: '${text}' was the answer to ${request}`);
  }

  /** What follows cannot be understood; the link reconnects. */
  protected override refuse(): void {
    this.session.server.log('warning', `Protocol error (${this.decoder.error}) in the stream of the master`);
    this.close('replication ended');
  }
}
