/**
 * What a command is: one declaration, from which everything else derives.
 *
 *     export const getset = command({
 *       name: 'getset', since: '1.0.0', group: 'string', complexity: 'O(1)',
 *       summary: 'Stores a string and returns the one that was there before.',
 *       syntax: 'key value',
 *       flags: ['write', 'denyoom', 'fast'],
 *       keys: [key(1, 'RW access update')],
 *       run(argv, db, session) { … },
 *     });
 *
 * COMMAND, COMMAND DOCS, arity checks, key extraction, ACL categories, the table in docs/commands.md, completion and hints
 * all read this; nothing about a command is written twice. Handlers do not know sockets: they get the whole argv (argv[0] is the name,
 * so positions are those of Redis), the selected database and the session, and return a reply, or throw an ErrorReply.
 */
import type { Database } from '../keyspace/database.js';
import type { ParkRequest } from '../features/blocking.js';
import type { Reply } from '../resp/reply.js';
import type { AccessedCommand, ChannelUse, KeyUse } from '../features/users/access.js';
import { categoriesOf } from './command-facts.js';
import { arityOf, parseSyntax, type Argument } from './syntax.js';
import type { KeySpec } from './key-spec.js';
import { keyUsesOf } from './request-keys.js';
import type { Guard } from './locality.js';
import type { Session } from './session.js';

export type Argv = readonly string[];
export type Handler = (argv: Argv, db: Database, session: Session) => Reply;
/** Returns what a parked client waits for: a function of the request alone, so that a restored server can compute it again. */
export type WaitRequest = (argv: Argv, session: Session) => ParkRequest;

/** Named as in COMMAND, which leaves out `may_replicate`. */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth'
  | 'may_replicate'
  | 'no_async_loading'
  | 'no_multi'
  | 'allow_busy'
  | 'movablekeys'
  | 'no_mandatory_keys';

export type CommandGroup =
  | 'generic' | 'string' | 'list' | 'set' | 'sorted-set' | 'hash' | 'pubsub' | 'transactions' | 'connection' | 'server'
  | 'scripting' | 'hyperloglog' | 'cluster' | 'sentinel' | 'geo' | 'stream' | 'bitmap';

export interface CommandDeclaration {
  /** Lower case. A subcommand's own name, without its container. */
  readonly name: string;
  /** The first version of Redis that had it. */
  readonly since: string;
  readonly group: CommandGroup;
  readonly complexity: string;
  /** One sentence, in our own words. */
  readonly summary: string;
  /** The arguments, in the notation of syntax.ts. */
  readonly syntax: string;
  readonly flags?: readonly CommandFlag[];
  /** The positions of keys in argv. */
  readonly keys?: readonly KeySpec[];
  /** The channels that a call names, for the permission check. Unsubscribing checks none. */
  readonly channels?: ChannelUse;
  /** ACL categories beyond those that follow from flags. Without the @. */
  readonly categories?: readonly string[];
  /** Command tips, as COMMAND names them. */
  readonly tips?: readonly string[];
  /** What changed, by version. In our own words. */
  readonly history?: readonly (readonly [version: string, change: string])[];
  /** Flags of the command in COMMAND DOCS: `deprecated`, with the version and the replacement, or `syscmd`. */
  readonly documentation?: readonly ('deprecated' | 'syscmd')[];
  readonly deprecatedSince?: string;
  readonly replacedBy?: string;
  /** Set if it differs from what the syntax implies. */
  readonly arity?: number;
  /** A container such as CONFIG has these and, usually, no `run`. Positions in their argv count the container's name, as in Redis. */
  readonly subcommands?: readonly CommandDeclaration[];
  /** The setting that allows the command: `no`, `yes`, or `local`, from this machine only. */
  readonly allowedBy?: Guard;
  /** For scripts: returns whether this call may write, or have effects elsewhere. Their own flags decide, and not those of the command. */
  readonly mayReplicate?: (argv: Argv, session: Session) => boolean;
  readonly run?: Handler;
  /** Set for a command that may park its client. */
  readonly waitFor?: WaitRequest;
}

/** The part of a declaration that concerns parking: the handler, and what the parked client waits for. */
export type Waiting = Required<Pick<CommandDeclaration, 'run' | 'waitFor'>>;

export type CommandCounts = Pick<CommandStats, 'calls' | 'elapsedUs' | 'rejected' | 'failed'>;

/** Counters of INFO commandstats. */
export class CommandStats {
  calls = 0;
  elapsedUs = 0;
  rejected = 0;
  failed = 0;

  capture(): CommandCounts {
    const { calls, elapsedUs, rejected, failed } = this;
    return { calls, elapsedUs, rejected, failed };
  }

  restore(counts: CommandCounts): void {
    Object.assign(this, counts);
  }

  /** Resets the counters, for CONFIG RESETSTAT. */
  reset(): void {
    this.calls = 0;
    this.elapsedUs = 0;
    this.rejected = 0;
    this.failed = 0;
  }
}

const RUN_INSIDE_MULTI: ReadonlySet<string> = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);
const ALLOWED_TO_SUBSCRIBERS: ReadonlySet<string> = new Set(
  ['ping', 'subscribe', 'ssubscribe', 'psubscribe', 'unsubscribe', 'sunsubscribe', 'punsubscribe', 'quit', 'reset'],
);

/** Commands that park their client without being flagged as blocking. */
const PARKS: ReadonlySet<string> = new Set(['wait']);

/** A declaration in one server: with its counters, and with fields for what every call checks. */
export class Command implements AccessedCommand {
  readonly name: string;
  /** `config|get` for a subcommand, the name for all other commands. */
  readonly fullName: string;
  readonly flags: ReadonlySet<CommandFlag>;
  readonly keys: readonly KeySpec[];
  readonly channels: ChannelUse | null;
  readonly subcommands: ReadonlyMap<string, Command> | null;
  readonly run: Handler | null;
  readonly stats = new CommandStats();
  /** From 1, so that a few bits in a word of memory can name it; assigned by the server. */
  number = 0;
  // The flags that every call checks, as fields: a Set lookup costs more than all gates.
  readonly isWrite: boolean;
  readonly isReadOnly: boolean;
  /** It reads keys that a client with tracking may cache. For a script only the commands it calls show that. */
  readonly isCacheable: boolean;
  /** So fast that several calls are timed together, see stopwatch.ts. */
  readonly isBrief: boolean;
  readonly deniesOutOfMemory: boolean;
  readonly needsNoAuth: boolean;
  readonly deniesMulti: boolean;
  readonly deniesScripts: boolean;
  readonly allowsBusy: boolean;
  /** Null: always allowed. */
  readonly allowedBy: Guard | null;
  /** It writes, or has effects elsewhere; see {@link couldReplicate}. */
  readonly mayReplicate: boolean;
  /** Not shown by MONITOR: administration, and commands whose parts MONITOR shows when they are executed. */
  readonly isHiddenFromMonitor: boolean;
  readonly skipsSlowlog: boolean;
  /** Executed at once between MULTI and EXEC; all other commands are queued. */
  readonly runsInsideMulti: boolean;
  /** True for the commands that a RESP2 client with subscriptions may call. */
  readonly allowedToSubscribers: boolean;
  // Parsed on first use: most commands are never called, and the server should start fast.
  private parsed: readonly Argument[] | null = null;
  private knownArity = 0;

  constructor(
    readonly declaration: CommandDeclaration,
    readonly container: Command | null = null,
  ) {
    this.name = declaration.name;
    this.fullName = container === null ? declaration.name : `${container.name}|${declaration.name}`;
    this.flags = new Set(declaration.flags);
    this.keys = declaration.keys ?? [];
    this.channels = declaration.channels ?? null;
    this.run = declaration.run ?? null;
    this.isWrite = this.flags.has('write');
    this.isReadOnly = this.flags.has('readonly');
    this.isCacheable = this.isReadOnly && declaration.group !== 'scripting';
    const isSpecial = this.flags.has('blocking') || this.flags.has('admin') || this.flags.has('no_auth') || PARKS.has(this.fullName);
    this.isBrief = !isSpecial && (this.flags.has('fast') || declaration.complexity.startsWith('O(1)'));
    this.deniesOutOfMemory = this.flags.has('denyoom');
    this.needsNoAuth = this.flags.has('no_auth');
    this.deniesMulti = this.flags.has('no_multi');
    this.deniesScripts = this.flags.has('noscript');
    this.allowsBusy = this.flags.has('allow_busy');
    this.allowedBy = declaration.allowedBy ?? null;
    this.mayReplicate = this.isWrite || this.flags.has('may_replicate');
    this.isHiddenFromMonitor = this.flags.has('admin') || this.flags.has('skip_monitor');
    this.skipsSlowlog = this.flags.has('skip_slowlog');
    this.runsInsideMulti = RUN_INSIDE_MULTI.has(this.fullName);
    this.allowedToSubscribers = ALLOWED_TO_SUBSCRIBERS.has(this.fullName);
    this.subcommands = declaration.subcommands === undefined ? null : new Map(declaration.subcommands.map((sub) => [sub.name, new Command(sub, this)]));
  }

  /** True if CLIENT PAUSE WRITE holds this call back. */
  couldReplicate(argv: Argv, session: Session): boolean {
    const judge = this.declaration.mayReplicate;
    return judge === undefined ? this.mayReplicate : judge(argv, session);
  }

  get categories(): readonly string[] {
    return categoriesOf(this);
  }

  /** Returns the positions of the keys in a request whose number of arguments is valid, and how each is used. */
  keyUses(argv: Argv): KeyUse[] {
    return this.keys.length === 0 ? [] : keyUsesOf(this, argv);
  }

  get arguments(): readonly Argument[] {
    this.parsed ??= parseSyntax(this.declaration.syntax);
    return this.parsed;
  }

  /** Number of arguments, the name included (a subcommand's name is two words); negative: minimum. */
  get arity(): number {
    if (this.knownArity === 0) {
      // A container alone does nothing; Redis gives it an arity of -2.
      this.knownArity = this.declaration.arity ?? (this.subcommands !== null ? -2 : arityOf(this.arguments, this.container === null ? 1 : 2));
    }
    return this.knownArity;
  }

  /** True if `argc`, the name included, is a valid number of arguments. */
  acceptsArgc(argc: number): boolean {
    const { arity } = this;
    return arity >= 0 ? argc === arity : argc >= -arity;
  }
}

/** Returns the command with this full name, in lower case: `get`, or `config|get` for a subcommand; undefined if there is none. */
export function findCommand(commands: ReadonlyMap<string, Command>, fullName: string): Command | undefined {
  const [name = '', subcommand, ...more] = fullName.split('|');
  const found = commands.get(name);
  if (more.length > 0) return undefined;
  return subcommand === undefined ? found : found?.subcommands?.get(subcommand);
}

/** The same for a name that is known to exist. */
export function commandOf(commands: ReadonlyMap<string, Command>, fullName: string): Command {
  const found = findCommand(commands, fullName);
  if (found === undefined) throw new Error(`there is no command ${fullName}`);
  return found;
}

/** Returns a declaration, checked for its shape. Each server makes its own {@link Command} of it, so that counters are not shared. */
export function command(declaration: CommandDeclaration): CommandDeclaration {
  return declaration;
}
