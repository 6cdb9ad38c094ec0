/**
 * Session: what the server knows about one client, besides its bytes. Commands see a session, never a socket.
 */
import type { Database } from '../keyspace/database.js';
import { pushesIn, type Reply } from '../resp/reply.js';
import type { DisconnectReason } from '../trace/events.js';
import type { RespVersion } from '../resp/encoder.js';
import type { LentArgument } from '../resp/lent-argument.js';
import type { Parked } from '../features/blocking.js';
import { type Argv, type Command, commandOf } from './command.js';
import type { ServerContext } from './context.js';
import type { Replica, SharedOutput } from '../replication/replica.js';
import type { ClientTracking } from '../features/tracking.js';
import type { User } from '../features/users/user.js';
import type { Watch } from '../features/watches.js';

/** The address of a client; see Address in io/poll.ts. */
export type PeerAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export type { DisconnectReason };

/** What a session needs of its connection; implemented by client/connection.ts. */
export interface Transport {
  readonly fd: number;
  /** The address as text, and as data. */
  readonly peer: string;
  readonly peerAddress: PeerAddress;
  readonly local: string;
  /** Encodes a reply into the output buffer; it is sent before the loop sleeps again. */
  send(reply: Reply, version: RespVersion): void;
  /** Closes once everything queued has been written. */
  closeAfterReply(): void;
  /** Closes now; queued output is lost. */
  close(why: DisconnectReason): void;
  /** From now on it sends this output after its own, and nothing else: a reply closes the connection. */
  follow(output: SharedOutput): void;
  /** Called when there is more to send of the followed output. */
  sharedGrew(): void;
  /** Sets TCP_NODELAY: off, the kernel may collect small writes. */
  setNoDelay(isOn: boolean): void;
  /** Hands pending output to the kernel now. */
  flush(): void;
  /** Resumes reading and executing after a park or a pause. */
  resume(): void;
  /** Bytes waiting: undecoded input, the size of its buffer, encoded output. */
  readonly queryBytes: number;
  readonly queryCapacity: number;
  /** Memory of the decoded arguments of an incomplete request. */
  readonly decodedBytes: number;
  readonly outputBytes: number;
  /** The part of the output that waits until the append-only file is on disk. */
  readonly outputHeld: number;
  /** Memory of the output, and its number of chunks beyond the first. */
  readonly outputCapacity: number;
  readonly outputChunks: number;
  /** Closing once its output is written; closing before the loop sleeps; waiting for the socket to take more. */
  readonly isClosing: boolean;
  readonly isDoomed: boolean;
  readonly awaitsWritable: boolean;
  /** Its interest, as shown in the trace. */
  readonly interest: number;
  /** Restored without a socket: what is sent to it is discarded. */
  readonly isGhost: boolean;
}

export interface TransactionState extends Pick<Transaction, 'failed' | 'isWrite' | 'deniesOutOfMemory' | 'mayReplicate' | 'queuedBytes'> {
  readonly queued: readonly (readonly [command: string, argv: Argv])[];
}

/** Commands between MULTI and EXEC. */
export class Transaction {
  readonly queued: { readonly command: Command; readonly argv: Argv }[] = [];
  /** A command was refused while queueing: EXEC will abort. */
  failed = false;
  /** A queued command writes, or takes memory: the gates check this for EXEC. */
  isWrite = false;
  deniesOutOfMemory = false;
  mayReplicate = false;
  /** Length of all queued arguments: they count towards the query buffer. */
  queuedBytes = 0;

  capture(): TransactionState {
    const { queued, failed, isWrite, deniesOutOfMemory, mayReplicate, queuedBytes } = this;
    return { queued: queued.map(({ command, argv }) => [command.fullName, argv]), failed, isWrite, deniesOutOfMemory, mayReplicate, queuedBytes };
  }

  restore({ queued, ...fields }: TransactionState, commands: ReadonlyMap<string, Command>): this {
    for (const [name, argv] of queued) this.queued.push({ command: commandOf(commands, name), argv });
    return Object.assign(this, fields);
  }

  queue(command: Command, argv: Argv, session: Session): void {
    this.queued.push({ command, argv });
    for (let i = 0; i < argv.length; i++) this.queuedBytes += argv[i]!.length;
    this.isWrite ||= command.isWrite;
    this.mayReplicate ||= command.couldReplicate(argv, session);
    this.deniesOutOfMemory ||= command.deniesOutOfMemory;
  }
}

/** A command that waits for its reply. */
interface Suspended {
  readonly command: Command;
  readonly argv: Argv;
  readonly elapsedUs: number;
}

/** The fields that are captured as they are. Features capture what they keep in a session themselves: parks, watches, tracking, subscriptions. */
const PLAIN_FIELDS = [
  'version', 'authenticated', 'name', 'createdMs', 'lastInteractionMs', 'bytesRead', 'bytesWritten', 'frame', 'isWatchBroken', 'noEvict',
  'replyMode', 'parked', 'postponed', 'isMonitor', 'isMaster', 'closing', 'writeOffset',
] as const satisfies readonly (keyof Session)[];

/** A session between two turns, as plain data: commands by their full names, the database by its number. */
export interface SessionState {
  readonly fields: Pick<Session, (typeof PLAIN_FIELDS)[number]>;
  readonly db: number;
  readonly user: string;
  readonly lastCommand: string | null;
  readonly transaction: TransactionState | null;
  readonly suspended: { readonly command: string; readonly argv: Argv; readonly elapsedUs: number } | null;
}

export class Session {
  /** The selected database; also the default third argument of handlers. */
  db: Database;
  version: RespVersion = 2;
  authenticated: boolean;
  /** The user whose permissions apply to its commands. */
  user: User;
  name = '';
  createdMs: number;
  lastInteractionMs: number;
  /** Bytes that its connection has read and written. */
  bytesRead = 0;
  bytesWritten = 0;
  /** Requests decoded so far; the number of the running one in the trace. */
  frame = 0;
  /** The command of the last request, for CLIENT LIST; null if it was unknown. */
  lastCommand: Command | null = null;
  /** The dispatcher's cache: the name that was looked up last, and the result. */
  lookedUpName = '';
  lookedUpCommand: Command | null = null;
  transaction: Transaction | null = null;
  /** The large argument of the request that is being executed; null: it has none. */
  lent: LentArgument | null = null;
  /** Keys watched for the coming EXEC; see features/watches.ts. */
  watched: Watch[] | null = null;
  /** A watched key has changed: EXEC will reply nil. */
  isWatchBroken = false;
  /** Inside EXEC or a script: commands that would park the client reply as if they had timed out. */
  deniesBlocking = false;
  /** The session in which a script calls commands. */
  isScript = false;
  /** Set by CLIENT NO-EVICT. */
  noEvict = false;
  /** Set by CLIENT REPLY: replies are sent (on), dropped (off), or dropped for one command (skip-next, then skip). */
  replyMode: 'on' | 'off' | 'skip-next' | 'skip' = 'on';
  /** A blocked or postponed client executes nothing until it is released; what it sends meanwhile waits in its buffer. */
  parked = false;
  /** What a blocking command has parked the client for; null while it is not blocked. */
  waiting: Parked | null = null;
  /** The command that has parked the client, and how long it took until then. */
  suspended: Suspended | null = null;
  /** The request that CLIENT PAUSE has postponed; it is executed first when the client resumes. */
  postponed: Argv | null = null;
  /** Set by CLIENT TRACKING; null while it is off. */
  tracking: ClientTracking | null = null;
  /** What MONITOR and SLOWLOG show instead of the running command's argv: without its passwords. */
  redacted: Argv | null = null;
  isMonitor = false;
  /** A replica of this server, or a monitor: it gets a stream, and its commands may not use the keyspace (CLIENT_SLAVE). */
  isSpectator = false;
  /** This server is a replica, and this is the connection to its master: no gates, no replies. */
  isMaster = false;
  /** Its commands were accepted when they were written down, by the append-only file or the master, and are not refused again. */
  isObeyed = false;
  /** Its state as a replica, once it has sent REPLCONF or PSYNC. */
  replica: Replica | null = null;
  /** Offset of the stream to the replicas after its last command: what WAIT waits for. */
  writeOffset = 0;
  /** Channels, patterns and shard channels this client is subscribed to. */
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly shardChannels = new Set<string>();
  closing = false;

  /** @param id the connection's token: CLIENT ID returns the number that is on the screen. */
  constructor(
    readonly id: number,
    readonly server: ServerContext,
    readonly transport: Transport,
  ) {
    this.db = server.keyspace.databases[0]!;
    this.user = server.users.default;
    this.authenticated = !server.requiresPassword();
    this.createdMs = server.clock.nowMs;
    this.lastInteractionMs = this.createdMs;
  }

  capture(): SessionState {
    const { suspended } = this;
    return {
      fields: Object.fromEntries(PLAIN_FIELDS.map((name) => [name, this[name]])) as SessionState['fields'],
      db: this.db.index,
      user: this.user.name,
      lastCommand: this.lastCommand?.fullName ?? null,
      transaction: this.transaction?.capture() ?? null,
      suspended: suspended === null ? null : { ...suspended, command: suspended.command.fullName },
    };
  }

  restore({ fields, db, user, lastCommand, transaction, suspended }: SessionState): void {
    const { commands, keyspace, users } = this.server;
    Object.assign(this, fields);
    this.db = keyspace.databases[db]!;
    if (fields.isMaster) this.becomeMaster();
    else this.user = users.get(user)!;
    this.lastCommand = lastCommand === null ? null : commandOf(commands, lastCommand);
    this.transaction = transaction === null ? null : new Transaction().restore(transaction, commands);
    this.suspended = suspended === null ? null : { ...suspended, command: commandOf(commands, suspended.command) };
  }

  /** Sends a reply or, in RESP3, a push, besides the reply to a command. */
  send(reply: Reply): void {
    this.transport.send(reply, this.version);
  }

  /** Sends the reply to a command, at once or later, unless CLIENT REPLY drops it: that drops all but pushes, such as the confirmation of a subscription. */
  answer(reply: Reply): void {
    if (this.replyMode === 'on') return this.transport.send(reply, this.version);
    for (const push of pushesIn(reply)) this.transport.send(push, this.version);
    if (this.replyMode !== 'off') this.replyMode = this.replyMode === 'skip-next' ? 'skip' : 'on';
  }

  /** What EXEC, DISCARD and RESET have in common: drops the queue and all watches. */
  endTransaction(): void {
    this.transaction = null;
    this.server.watches.unwatch(this);
  }

  becomeMaster(): void {
    this.isMaster = true;
    this.isObeyed = true;
    this.authenticated = true;
    this.user = this.server.users.superuser();
    this.replyMode = 'off';
    this.deniesBlocking = true;
  }

  /** True if the reply of the command is encoded before anything else happens: it is not kept or converted before that, nor replaced by a fault. */
  get encodesAtOnce(): boolean {
    return !this.deniesBlocking && this.server.hooks.faults === null;
  }

  /** True for a replica of this server. */
  get isReplica(): boolean {
    return this.replica !== null && this.replica.phase !== 'handshake';
  }

  get subscriptions(): number {
    return this.channels.size + this.patterns.size + this.shardChannels.size;
  }
}
