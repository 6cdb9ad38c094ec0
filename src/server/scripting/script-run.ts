/**
 * ScriptRun: one run of a script or function, with what it may and may not do. Between redis-api.ts and the dispatcher.
 *
 * Commands run in a session of their own, as in Redis: SELECT and the version of replies are the script's, and nothing in it can park anybody.
 */
import type { Argv, Command } from '../dispatch/command.js';
import * as errors from '../dispatch/errors.js';
import { Session, type Transport } from '../dispatch/session.js';
import type { ErrorReply, Reply } from '../resp/reply.js';

/** What a script declares of itself behind `#!lua flags=`, and a function when it is registered. */
export const SCRIPT_FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const;
export type ScriptFlag = (typeof SCRIPT_FLAGS)[number];
/** Null: a script without a first line `#!lua`, of which nothing is known before it runs. */
export type ScriptFlags = ReadonlySet<ScriptFlag> | null;

export const isScriptFlag = (text: string): text is ScriptFlag => (SCRIPT_FLAGS as readonly string[]).includes(text);

/** What EVAL was given besides the script. */
export interface ScriptArguments {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly readsOnly: boolean;
  readonly argv: readonly string[];
}

export interface RunOptions {
  /** The SHA1 of a script, or the function's name. */
  readonly name: string;
  readonly flags: ScriptFlags;
  /** EVAL_RO and its relatives. */
  readonly readsOnly: boolean;
  readonly isFunction: boolean;
  readonly argv: Argv;
}

/** Shows as `lua` in MONITOR. A script has no connection: what would be sent to it is lost. */
const NOWHERE: Transport = {
  fd: -1, peer: 'lua', local: 'lua',
  send() {},
  closeAfterReply() {},
  close() {},
  resume() {},
  queryBytes: 0, queryCapacity: 0, outputBytes: 0, outputCapacity: 0, outputChunks: 0,
  isClosing: false, isDoomed: false, awaitsWritable: false,
};

export class ScriptRun {
  /** Of the replies that the script sees: redis.setresp. */
  version: 2 | 3 = 2;
  /** Once it has written it can no longer be killed: half of a script's effects must not stay. */
  hasWritten = false;
  isKilled = false;
  /** Longer than busy-reply-threshold: others are told that the server is busy. */
  isSlow = false;
  readonly startUs: number;
  private readonly session: Session;
  private readonly isOutOfMemory: boolean;

  constructor(
    readonly caller: Session,
    readonly options: RunOptions,
  ) {
    const { server } = caller;
    this.startUs = server.clock.readUs();
    this.isOutOfMemory = server.hooks.makeRoom !== null && !server.hooks.makeRoom();
    this.session = new Session(caller.id, server, NOWHERE);
    this.session.db = caller.db;
    this.session.deniesBlocking = true;
    this.session.authenticated = true;
    this.session.tracking = caller.tracking;
  }

  /** Why it may not even begin, or null. */
  refusal(): ErrorReply | null {
    const { flags, readsOnly } = this.options;
    if (flags === null || flags.has('no-writes')) return null;
    if (readsOnly) return errors.WRITES_IN_READONLY;
    return this.isOutOfMemory && !flags.has('allow-oom') ? errors.OUT_OF_MEMORY : null;
  }

  /** A command of the script's. Never throws. */
  call(argv: Argv): Reply {
    const { session } = this;
    const command = this.lookup(argv);
    if (command === null) return this.reject(null, errors.UNKNOWN_IN_SCRIPT);
    const error = this.gates(command, argv.length);
    if (error !== null) return this.reject(command, error);
    if (command.isWrite) this.hasWritten = true;
    session.version = this.version;
    session.lastCommand = command;
    return session.server.dispatcher.call(session, command, argv);
  }

  private reject(command: Command | null, error: ErrorReply): ErrorReply {
    const counts = this.session.server.stats.errors;
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
    if (command !== null) command.stats.rejected++;
    return error;
  }

  lookup(argv: Argv): Command | null {
    const command = this.session.server.commands.get(argv[0]!.toLowerCase()) ?? null;
    if (command?.subcommands == null || argv.length === 1) return command;
    return command.subcommands.get(argv[1]!.toLowerCase()) ?? null;
  }

  /** In the order of Redis's scriptCall. */
  private gates(command: Command, argc: number): ErrorReply | null {
    if (!command.acceptsArgc(argc)) return errors.ARITY_IN_SCRIPT;
    if (command.flags.has('noscript')) return errors.DENIED_IN_SCRIPT;
    const { flags, readsOnly } = this.options;
    if (command.isWrite && (readsOnly || flags?.has('no-writes') === true)) return errors.READONLY_SCRIPT;
    // After the first write the script goes on in any case: it can not be left half done.
    if (command.deniesOutOfMemory && this.isOutOfMemory && !this.hasWritten && flags?.has('allow-oom') !== true) return errors.OUT_OF_MEMORY;
    return null;
  }

  get elapsedMs(): number {
    return Math.floor((this.caller.server.clock.readUs() - this.startUs) / 1000);
  }
}
