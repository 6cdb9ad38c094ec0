/**
 * ScriptRun: one run of a script or function, with its permissions. Between redis-api.ts and the dispatcher.
 *
 * Commands run in a session of their own, as in Redis: SELECT and the protocol version are the script's, and no command can park the client.
 */
import type { Argv, Command } from '../command/command.js';
import { isAllowed } from '../command/hooks.js';
import * as errors from '../errors.js';
import { NOWHERE } from '../command/nowhere.js';
import { Session } from '../command/session.js';
import { TO_ALL } from '../keyspace/effects.js';
import { mayRun } from '../features/users/permission.js';
import type { ErrorReply, Reply } from '../resp/reply.js';

/** The flags that a script declares after `#!lua flags=`, and a function when it is registered. */
export const SCRIPT_FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const;
export type ScriptFlag = (typeof SCRIPT_FLAGS)[number];
/** Null: a script without a first line `#!lua`, whose flags are unknown. */
export type ScriptFlags = ReadonlySet<ScriptFlag> | null;

export const isScriptFlag = (text: string): text is ScriptFlag => (SCRIPT_FLAGS as readonly string[]).includes(text);

/** Where the script's keys begin in argv; its arguments follow them. */
export const FIRST_KEY = 3;

/** The arguments of EVAL: the whole request, and its parsed numbers. */
export interface ScriptArguments {
  readonly argv: Argv;
  readonly keyCount: number;
  /** True for EVAL_RO and the other read-only variants. */
  readonly readsOnly: boolean;
}

export interface RunOptions extends ScriptArguments {
  /** The SHA1 of a script, or the function's name. */
  readonly name: string;
  readonly flags: ScriptFlags;
  readonly isFunction: boolean;
}

/** Commands by their names in lower and upper case, as scripts write them. */
export class Spellings {
  private readonly commands: ReadonlyMap<string, Command>;
  /** The latest name: in a loop it is the same string object. */
  private lastName = '';
  private lastCommand: Command | null = null;

  constructor(commands: ReadonlyMap<string, Command>) {
    this.commands = new Map([...commands].flatMap(([name, command]) => [[name, command], [name.toUpperCase(), command]]));
  }

  find(name: string): Command | null {
    if (name === this.lastName) return this.lastCommand;
    this.lastCommand = this.commands.get(name) ?? this.commands.get(name.toLowerCase()) ?? null;
    this.lastName = name;
    return this.lastCommand;
  }
}

/** For each client the session in which its scripts call commands. */
const sessions = new WeakMap<Session, Session>();

/** What applies to all scripts of a server. */
export interface ScriptRules {
  /** DEBUG SET-DISABLE-DENY-SCRIPTS: commands flagged noscript may be called as well. */
  readonly allowsNoscript: boolean;
}

export class ScriptRun {
  /** Protocol version of the replies to the script: redis.setresp. */
  version: 2 | 3 = 2;
  /** Once it has written it can no longer be killed: a script's effects must not be left half done. */
  hasWritten = false;
  isKilled = false;
  /** Where its commands are propagated to: redis.set_repl. */
  targets = TO_ALL;
  /** It has run longer than busy-reply-threshold: other clients are told that the server is busy. */
  isSlow = false;
  readonly startUs: number;
  /** Null until the first command. */
  private session: Session | null = null;
  private readonly isOutOfMemory: boolean;

  constructor(
    readonly caller: Session,
    readonly options: RunOptions,
    private readonly spellings: Spellings,
    private readonly rules: ScriptRules,
  ) {
    const { server } = caller;
    this.startUs = server.clock.readUs();
    this.isOutOfMemory = server.hooks.isHeapFull || (server.hooks.makeRoom !== null && !server.hooks.makeRoom());
  }

  private openSession(): Session {
    const { caller } = this;
    let session = sessions.get(caller);
    if (session === undefined) {
      session = new Session(caller.id, caller.server, NOWHERE);
      session.deniesBlocking = true;
      session.isScript = true;
      session.authenticated = true;
      sessions.set(caller, session);
    }
    session.db = caller.db;
    session.user = caller.user;
    return session;
  }

  /** Returns why it may not begin, or null. */
  refusal(): ErrorReply | null {
    const { flags, readsOnly } = this.options;
    if (flags === null) return null;
    const { unready } = this.caller.server.hooks;
    // A script that is called while data is loaded beside the old one has its data.
    if (unready !== null && unready.allowed !== 'async_loading' && !this.caller.isObeyed && !flags.has('allow-stale')) return errors.STALE_SCRIPT;
    if (flags.has('no-writes')) return null;
    if (readsOnly) return errors.WRITES_IN_READONLY;
    const { writesDenied, tooFewReplicas, readOnly } = this.caller.server.hooks;
    if (readOnly !== null && !this.caller.isObeyed) return errors.SCRIPT_WRITES_ON_REPLICA;
    const denied = this.caller.isObeyed ? null : (writesDenied ?? tooFewReplicas);
    return denied ?? (this.isOutOfMemory && !flags.has('allow-oom') ? errors.OUT_OF_MEMORY : null);
  }

  /** Executes a command of the script. Never throws. */
  call(argv: Argv): Reply {
    const session = (this.session ??= this.openSession());
    const { server } = session;
    const command = this.lookup(argv);
    if (command === null) return server.dispatcher.refuse(null, errors.UNKNOWN_IN_SCRIPT);
    const error = this.gates(session, command, argv);
    if (error !== null) return server.dispatcher.refuse(command, error);
    if (command.isWrite) this.hasWritten = true;
    session.version = this.version;
    session.lastCommand = command;
    const { effects } = server.keyspace;
    if (effects !== null) effects.targets = this.targets;
    const reply = server.dispatcher.call(session, command, argv);
    if (effects !== null) effects.targets = TO_ALL;
    const { id, tracking } = this.caller;
    if (command.isCacheable && tracking !== null && tracking.remembers) server.tracking.remember(id, this.declaredKeys());
    return reply;
  }

  /** For client-side caching, a script that reads anything has read exactly its declared keys. */
  private declaredKeys(): Argv {
    const { argv, keyCount } = this.options;
    return argv.slice(FIRST_KEY, FIRST_KEY + keyCount);
  }

  /** True if the user who runs the script may run this command. */
  mayCall(command: Command, argv: Argv): boolean {
    return mayRun(this.caller.user, command, argv) === null;
  }

  lookup(argv: Argv): Command | null {
    const command = this.spellings.find(argv[0]!);
    if (command === null || command.subcommands === null || argv.length === 1) return command;
    return command.subcommands.get(argv[1]!.toLowerCase()) ?? null;
  }

  /** Scripts within a script, and changes to the running engine, are never allowed. */
  private mayCallNoscript({ declaration }: Command): boolean {
    return this.rules.allowsNoscript && declaration.group !== 'scripting';
  }

  /** In the order of Redis's scriptCall. */
  private gates(session: Session, command: Command, argv: Argv): ErrorReply | null {
    if (!command.acceptsArgc(argv.length)) return errors.ARITY_IN_SCRIPT;
    if (command.deniesScripts && !this.mayCallNoscript(command)) return errors.DENIED_IN_SCRIPT;
    const denial = mayRun(session.user, command, argv);
    if (denial !== null) return session.server.dispatcher.deny(this.caller, 'lua', denial, errors.noPermissionInScript(denial.reason));
    const { flags, readsOnly } = this.options;
    // A command that may be propagated counts as a write, so that such scripts may run while writing clients are paused.
    if (command.mayReplicate && (readsOnly || flags?.has('no-writes') === true)) return errors.READONLY_SCRIPT;
    return (this.caller.isObeyed ? null : this.gate(command)) ?? (command.deniesOutOfMemory && this.lacksRoom() ? errors.OUT_OF_MEMORY : null);
  }

  /** Returns why the state of the server refuses a command; not to a master or to the append-only file. */
  private gate(command: Command): ErrorReply | null {
    const { writesDenied, tooFewReplicas, readOnly, unready } = this.caller.server.hooks;
    if (unready !== null && !isAllowed(command, unready)) return errors.STALE_IN_SCRIPT;
    return command.isWrite ? (readOnly ?? writesDenied ?? tooFewReplicas) : null;
  }

  /**
   * Over maxmemory a script continues after its first write, as in Redis: it must not be left half done. A full heap refuses in any case, since V8 would end
   * the server.
   */
  private lacksRoom(): boolean {
    const { watchHeap } = this.caller.server.hooks;
    if (watchHeap !== null && watchHeap()) return true;
    return this.isOutOfMemory && !this.hasWritten && this.options.flags?.has('allow-oom') !== true;
  }

  get elapsedMs(): number {
    return Math.floor((this.caller.server.clock.readUs() - this.startUs) / 1000);
  }
}
