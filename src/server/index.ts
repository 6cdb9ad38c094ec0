/**
 * The only door to the server: what `import … from 'redis-lab'` gives.
 *
 *     import { createServer } from 'redis-lab';
 *
 *     await using server = await createServer({ port: 0 });
 *     const client = await connect(server.url);        // any client library
 *
 *     await server.pause();                            // the loop itself stops; clients wait, no key expires
 *     const event = await server.step('command');      // … runs to the end of the next command
 *     await server.resume();
 */
import type { Worker } from 'node:worker_threads';
import { durationUs } from '../shared/duration.js';
import type { EndingSignal } from '../shared/ending-signal.js';
import type { CommandReference } from './commands/reference.js';
import type { Fault } from './faults/fault.js';
import type { ActiveFault } from './faults/faults.js';
import type { Triggering } from './faults/loop-faults.js';
import type { SettingReference } from './config/reference.js';
import { toText } from './config/bytes.js';
import type { SettingValues } from './config.js';
import { formatAddress, type Address } from './io/poll.js';
import type { Breakpoint, RunTarget, StepUnit } from './trace/stepping.js';
import type { LogLevel } from './server.js';
import type { Snapshot, SnapshotRequest } from './snapshot.js';
import type { CountingOptions, CountingResult } from './engines/counting.js';
import type { ThreadsOptions, ThreadsServer } from './engines/threads.js';
import type { HerdOptions, HerdResult } from './herd/herd.js';
import { History } from './history/history.js';
import type { ForkState } from './history/fork-state.js';
import type { Dropped, Moment, Past } from './history/moment.js';
import type { HeldTurn } from './history/protocol.js';
import type { RecordingHead } from './recording/replay.js';
import type { LoopActivity } from './thread/activity-watch.js';
import type { HelperThread } from './thread/helper-thread.js';
import { LoopHandle } from './thread/loop-handle.js';
import { Recording, type TapeListener } from './thread/recording.js';
import type { RecordListener } from './thread/tape-file.js';
import { StartError } from './thread/start-error.js';
import { endUnused, startThread } from './thread/start-thread.js';
import { COALESCE_US, isCoalesceUs, type LoopCalls, MAX_COALESCE_US, type PollerName, type SendsName } from './thread/protocol.js';
import type { TraceEvent } from './trace/events.js';
import type { TraceBatch } from './trace/recorder.js';

export type { RecordListener } from './thread/tape-file.js';
export { OutOfMemoryError } from './thread/loop-handle.js';
export { StartError } from './thread/start-error.js';
export { formatAddress } from './io/poll.js';
export { matchesGlob } from './keyspace/glob.js';
export { TRACE_EVENTS } from './trace/events.js';
export { endsRun, endsStep } from './trace/stepping.js';
export type { Address, Breakpoint, LogLevel, PollerName, RunTarget, SendsName, SettingValues, Snapshot, SnapshotRequest, StepUnit, TraceBatch, TraceEvent };
export type { SettingName } from './config.js';
export type { LoopActivity } from './thread/activity-watch.js';
export type { FaultEffect, FaultEffects } from './faults/effects.js';
export type { DisconnectReason, EventCategory, Phase, TraceBody, TraceKind } from './trace/events.js';
export { FaultError, formatFault, parseFault } from './faults/fault.js';
export { CLIENT_FAULTS, FAULTS, FAULT_NAMES, faultSyntax } from './faults/table.js';
export { DEFAULT_MEMORY_BYTES as SHARED_KEYSPACE_BYTES } from './arena/shared-table.js';
export type { LockCounters } from './arena/lock.js';
export type { CountingOptions, CountingResult } from './engines/counting.js';
export { THREADS_SETTINGS } from './engines/settings.js';
export { ENGINE_COMMANDS } from './engines/command-names.js';
export { MOST_THREADS } from './engines/lanes.js';
export type { LaneState, LaneView } from './engines/lanes.js';
export { contextSwitches, type ContextSwitches } from './engines/switches.js';
export type { ThreadsOptions, ThreadsServer } from './engines/threads.js';
export type { HerdOptions, HerdResult } from './herd/herd.js';
export { HERD_LIMITS } from './herd/limits.js';
export type { Fault, FaultLimits } from './faults/fault.js';
export type { ActiveFault } from './faults/faults.js';
export type { Triggering } from './faults/loop-faults.js';
export type { FaultDoc, FaultName } from './faults/table.js';
export { parseRule } from './faults/fault.js';
export { DEFECTS, isDefect, isSeam } from './rules/defects.js';
export { formatResults, isNumber as isNumberResult, SEAM_NAMES, seamOf } from './rules/seams.js';
export type { SeamDoc, SeamName, Seams } from './rules/seams.js';
export type { ClientSnapshot, CommandSnapshot, KeysSnapshot, LinkSnapshot, PersistenceSnapshot, Progress, ReplicationSnapshot } from './snapshot.js';
export { NO_SUCH_MOMENT } from './history/route-finder.js';
export { isBefore } from './history/moment.js';
export type { Destination, Dropped, HistoryRange, Moment, Past, PastAnswer, PastEvent, Visit, Writer } from './history/moment.js';
export type { KeyOrder, KeyRow } from './keyspace/inspect.js';
export type { ValueItem, ValueView, ValueWindow } from './keyspace/inspect-value.js';

// For clients: requests, replies, and splitting a line into words as redis-cli does.
export { formatDouble } from './resp/double.js';
export { splitInline } from './resp/inline.js';
export { ReplyReader } from './resp/reply-reader.js';
export { encodeRequest, quoteWord } from './resp/request-encoder.js';
export { formatArgument, formatSyntax } from './command/syntax.js';
export type { Argument } from './command/syntax.js';
export type { CommandReference } from './commands/reference.js';
export type { SettingReference } from './config/reference.js';
export type { Reply } from './resp/reply.js';

/** Every setting of redis-server that has an effect here, under its own name, and the lab's own. */
export interface ServerOptions extends Partial<SettingValues> {
  /** `auto`: epoll where available. */
  readonly poller?: PollerName | 'auto';
  /**
   * `batched`: the replies of a turn are sent in one call, by io_uring, and while nothing traces the loop, the clients that are ready are read in one call as
   * well. `auto`: where that works, unless `paused` asks for a loop to step through; this is the default.
   */
  readonly sends?: SendsName | 'auto';
  /**
   * With eight active clients and more the loop may sleep before a wait, so that it serves several of them in one turn: how long, in whole microseconds up to
   * 1000; where many clients are active up to 8 times as long, at most 1000. 0: never; 25 if left out. Only with epoll, and while nothing traces the loop.
   */
  readonly coalesceUs?: number;
  /** Edge-triggered: readiness is reported once per change instead of for as long as it lasts. */
  readonly edgeTriggered?: boolean;
  /** Random seed, 32 bits; random if left out. */
  readonly seed?: number;
  /** `virtual`: time stands still, and moves only through {@link RedisLabServer.advance}. */
  readonly clock?: 'real' | 'virtual';
  /** Unix time in ms at which a virtual clock starts; the machine's time if left out. */
  readonly startMs?: number;
  /**
   * Starts from a state that {@link RedisLabServer.capture} of the same build has returned: keys, scripts, settings (those given here win), and clients as
   * ghosts. Ghosts keep their ids, blocking commands, subscriptions and transactions, but no program is behind them: what is sent to them is lost, until
   * CLIENT KILL ends them.
   */
  readonly from?: Uint8Array;
  /** Holds the loop before its first poll: it is held there when the promise resolves. */
  readonly paused?: boolean;
  /** The configuration file that the settings were read from, which CONFIG REWRITE writes to. */
  readonly configFile?: string | null;
  readonly log?: (level: LogLevel, message: string) => void;
  /** Faults set from the start: objects, or texts as typed. Future connections may be named by their tokens; the first is #2. */
  readonly faults?: readonly (Fault | string)[];
  /** Called with the bytes of a recording as it grows; concatenated they are a .lab file, for `redis-lab replay`. */
  readonly record?: RecordListener;
  /** Maximum size in bytes of the history that {@link RedisLabServer.history} visits; left out or 0: no history. */
  readonly history?: number;
}

export interface TraceOptions {
  /** Maximum number of events in a batch; further ones are only counted. Infinity: all. */
  readonly budget?: number;
}

/** The socket of a client or listener, by the descriptor that events and snapshots name. */
export interface WaitingSocket {
  readonly fd: number;
  readonly isListener: boolean;
}

/** A fault in force, with the method that removes it. */
export interface FaultHandle extends ActiveFault {
  /** Removes the fault. False if it was already removed. */
  remove(): Promise<boolean>;
}

/** Faults injected on purpose; docs/faults.md lists them. */
export interface ServerFaults {
  /** Sets a fault: an object, or a text as typed. Rejects if it is invalid, with a list of the valid ones. */
  add(fault: Fault | string): Promise<FaultHandle>;
  /** Returns all faults in force, in the order in which they were set. */
  list(): Promise<readonly ActiveFault[]>;
  /** Removes a fault by its number; false if there is none. */
  remove(id: number): Promise<boolean>;
  /** Removes all faults. */
  clear(): Promise<void>;
}

/** The history of a running server, which can be visited: `createServer({ history: bytes })`. */
export interface ServerHistory extends Past {
  /**
   * Starts a second server with the state of the visited moment or, if a command is being executed there, of the moment before it, on a free port unless the
   * options name one. For it no time has passed since then.
   */
  fork(options?: ServerOptions): Promise<PastFork>;
}

/** The moment that a fork starts from. */
export interface ForkOrigin {
  /** The moment in the original server, with no command being executed. Event 0: before the first of its turn. */
  readonly asOf: Moment;
  /** What a client had sent after the last command and the server had already read: not part of the fork. Null: nothing. */
  readonly dropped: Dropped | null;
}

export interface PastFork extends ForkOrigin {
  readonly server: RedisLabServer;
}

/** `snapshot` is the one requested with `watch`, as of the end of the batch. */
export type TraceListener = (batch: TraceBatch, snapshot: Snapshot | null) => void;

export interface RedisLabServer extends AsyncDisposable {
  /** `redis://127.0.0.1:6379`, for client libraries. */
  readonly url: string;
  /** The port actually bound; 0 if only a unix socket is. */
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  /** Why the portable poller is used although it was not asked for; null otherwise. */
  readonly pollerFallback: string | null;
  /** How replies are sent. */
  readonly sends: SendsName;
  /** The reason why sends are direct although `auto` would batch them; null otherwise. */
  readonly sendsFallback: string | null;
  /** For how many microseconds the loop may sleep before a wait, as in {@link ServerOptions.coalesceUs}; 0: never. */
  readonly coalesceUs: number;
  /** Resolves when the server has ended, by {@link close} or by a client's SHUTDOWN; rejects if it ended by an error of its own. */
  readonly closed: Promise<void>;

  /** Stops the loop itself, possibly in the middle of a turn. Resolves with the event at which it is held. */
  pause(): Promise<TraceEvent>;
  /** Lets a held loop run to the next unit. Resolves when it is held there, which may be late if it sleeps in the poll until then. */
  step(unit: StepUnit): Promise<TraceEvent>;
  /**
   * Lets the loop run to the next request that matches, and holds it before that executes; `{}` is the next request of any client. What client
   * programs send by themselves when they connect (COMMAND, HELLO, AUTH, CLIENT SETNAME, CLIENT SETINFO) is skipped unless it is named.
   * Resolves when the loop is held there, or where the connection has ended.
   */
  runTo(target: RunTarget): Promise<TraceEvent>;
  /** Lets the loop run; breakpoints stay set. */
  resume(): Promise<void>;
  /** Runs at this many events per second. */
  slow(eventsPerSecond: number): Promise<void>;
  /** Replaces all breakpoints. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void>;
  /** The event at which the loop is held; null while it runs. */
  readonly heldAt: TraceEvent | null;
  /** Calls `listener` with the event whenever the loop is held, for any reason, and with null when it resumes. Returns a function that removes the listener. */
  onHeld(listener: (event: TraceEvent | null) => void): () => void;

  /** What the loop is doing, as visible from this thread without asking it: also while a command keeps it busy. */
  readonly activity: LoopActivity;
  /**
   * Calls `listener` ten times a second while the loop has been busy with one turn for at least a tenth of a second, and with null when it is
   * no longer. Returns a function that removes the listener.
   */
  onBusy(listener: (activity: LoopActivity | null) => void): () => void;
  /**
   * Resolves with the amount that waits in the kernel at each of these descriptors, without asking the loop: bytes that a client has
   * sent, connections that a listener has not accepted. Null with the portable poller, where Node has already read the bytes.
   */
  waiting(sockets: readonly WaitingSocket[]): Promise<readonly number[] | null>;

  /** Returns the state at this moment; by default with the first thousand keys of database 0, by name. */
  snapshot(request?: SnapshotRequest): Promise<Snapshot>;
  /**
   * Calls `listener` with batches of events from now on, at most 12 times a second; twice while only timers run that find nothing to do.
   * Resolves, once the trace runs, with a function that ends it.
   */
  trace(listener: TraceListener, options?: TraceOptions): Promise<() => Promise<void>>;
  /** Sends a snapshot of these windows with every batch of the trace from now on; null ends this. */
  watch(request: SnapshotRequest | null): Promise<void>;

  /**
   * Advances a virtual clock: by milliseconds, or a text such as `250ms`, `90s`, `15m`, `1.5h`, `2d`. What is due on the way (keys that expire,
   * blocked and idle clients, pauses) happens in due order, each at its own time. Resolves, when all of it is done, with the unix time in ms
   * then; it does not wait for the reactions of clients. Rejects for invalid or negative durations, and without a virtual clock.
   */
  advance(duration: number | string): Promise<number>;

  readonly faults: ServerFaults;
  /**
   * Reports readiness edge- or level-triggered from the next wait on, whatever the server was started with, or as it was started (`default`): for the
   * client or listener with this token, or, without one, for all and for new ones. Rejects if there is no such token.
   */
  trigger(triggering: Triggering, token?: number): Promise<void>;
  /** Where a fork started that began at a moment of the past, or in the middle of a turn. Null for other servers. */
  readonly origin: ForkOrigin | null;
  /** Returns the settings that CONFIG SET has changed since the start, with the values they had then, as CONFIG SET takes them. */
  changedSettings(): Promise<readonly (readonly [name: string, initially: string])[]>;
  /** The history of this server, which can be visited; null unless it was requested. */
  readonly history: ServerHistory | null;

  /**
   * Returns the whole server as bytes, as of the end of the running turn, for {@link ServerOptions.from}. Rejects while the loop is held, which is in the
   * middle of a turn.
   */
  capture(): Promise<Uint8Array>;
  /**
   * Starts a second server with the state of this one, on a free port unless the options name one. The two share nothing from then on. While the
   * loop is held, the fork starts as of the last finished command, which requires a history; {@link origin} of the fork says when that was.
   */
  fork(options?: ServerOptions): Promise<RedisLabServer>;

  /** Ends the server: closes all connections; the thread has ended when this resolves. */
  close(): Promise<void>;
}

/** Lets several threads wait for one listener, and counts the threads that each connection wakes; see src/server/herd/herd.ts. */
export async function runHerd(options: HerdOptions): Promise<HerdResult> {
  return (await import('./herd/herd.js')).runHerd(options);
}

/** Starts a server with one thread per connection; see src/server/engines/threads.ts. Rejects with {@link StartError}. Linux only. */
export async function startThreads(options: ThreadsOptions = {}): Promise<ThreadsServer> {
  const program = await import('./engines/threads.js').catch((error: Error) => {
    throw refusal(`threads need the sockets of Linux, through koffi: ${error.message.split('\n')[0]!}`);
  });
  return new program.ThreadsServer(options);
}

/** Lets clients increment one key of a server with one thread per connection; see src/server/engines/counting.ts. */
export async function countOnThreads(options: CountingOptions): Promise<CountingResult> {
  const server = await startThreads({ port: 0, bind: '127.0.0.1' });
  return (await import('./engines/counting.js')).countOn(server, options);
}

/** Returns every command of the server, by name, as data; loaded on first use, because few programs need it. */
export async function loadCommandReference(): Promise<readonly CommandReference[]> {
  const { commandReference } = await import('./commands/reference.js');
  return commandReference();
}

/** Returns every setting of the server, by name, as data; loaded on first use, because few programs need it. */
export async function loadSettingReference(): Promise<readonly SettingReference[]> {
  const { settingReference } = await import('./config/reference.js');
  return settingReference();
}

const DEFAULT_BUDGET = 2000;

/** The minimum size of a history, in bytes. */
export const MIN_HISTORY_BYTES = 2 ** 20;

const NO_WINDOWS: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 0, order: 'stored', match: '*' }, clients: 0 };

const DEFAULT_SNAPSHOT: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 1000, order: 'name', match: '*' }, clients: 1000 };

/**
 * Starts a server on a thread of its own, and resolves when its data is loaded; with `paused`, when the loop is held. Rejects with {@link StartError}, for
 * example if the port is taken.
 */
export async function createServer(options: ServerOptions = {}): Promise<RedisLabServer> {
  checkOptions(options);
  const server = await createServerOn(startThread(), options);
  // A loop that is held loads what is left in the turns that it is let go on for.
  if (options.paused !== true) await server.loaded;
  return server;
}

/** Starts a server from a state, on a thread that starts while the state is captured. @param origin of a past moment: no time has passed since then */
async function forkFrom(
  capture: () => Promise<Uint8Array>,
  common: ServerOptions,
  options: ServerOptions,
  origin: ForkOrigin | null,
): Promise<RedisLabServer> {
  checkOptions(options);
  const thread = startThread();
  let from: Uint8Array;
  try {
    from = await seal(await capture());
  } catch (error) {
    await endUnused(thread);
    throw error;
  }
  return createServerOn(thread, { ...common, port: 0, unixsocket: '', ...options, from }, { isPast: origin !== null, origin });
}

/** Loaded on first use, because few programs need it. */
async function seal(state: Uint8Array): Promise<Uint8Array> {
  const { sealState } = await import('./recording/state-bytes.js');
  return sealState(state);
}

/** Loaded on first use as well. */
async function fileListener(record: RecordListener): Promise<TapeListener> {
  const { TapeAsFile } = await import('./thread/tape-file.js');
  return new TapeAsFile(record);
}

class ForkableHistory extends History implements ServerHistory {
  constructor(
    bytes: number,
    private readonly forkOptions: ServerOptions,
  ) {
    super(bytes);
  }

  async fork(options: ServerOptions = {}): Promise<PastFork> {
    return this.forkOf(await this.stateThen(), options);
  }

  async forkHeld(held: HeldTurn, options: ServerOptions): Promise<PastFork> {
    return this.forkOf(await this.stateHeld(held), options);
  }

  async stateAtEnd(): Promise<Uint8Array> {
    return (await this.newestState()).state;
  }

  private async forkOf({ state, asOf, dropped }: ForkState, options: ServerOptions): Promise<PastFork> {
    const server = await forkFrom(() => Promise.resolve(state), this.forkOptions, options, { asOf, dropped });
    return { server, asOf, dropped };
  }
}

/** Checks what the thread would not receive, or would reject only later. Settings are checked there. */
function checkOptions(options: ServerOptions): void {
  if (typeof options !== 'object' || options === null) throw refusal('the options must be an object');
  const { log, record, poller = 'auto', sends = 'auto', coalesceUs = 0, seed = 0, faults = [], history = 0, clock = 'real', startMs, from } = options;
  for (const [name, listener] of Object.entries({ log, record })) {
    if (listener !== undefined && typeof listener !== 'function') throw refusal(`${name}: must be a function`);
  }
  if (!['auto', 'epoll', 'portable'].includes(poller)) throw refusal('poller: must be one of auto, epoll, portable');
  if (!['auto', 'direct', 'batched'].includes(sends)) throw refusal('sends: must be one of auto, direct, batched');
  if (!isCoalesceUs(coalesceUs)) throw refusal(`coalesceUs: must be a whole number from 0 to ${MAX_COALESCE_US}`);
  if (!Array.isArray(faults)) throw refusal('faults: must be a list');
  if (!Number.isInteger(seed)) throw refusal('seed: must be a whole number');
  if (!(Number.isInteger(history) && (history === 0 || history >= MIN_HISTORY_BYTES))) {
    throw refusal(`history: must be a number of bytes from ${MIN_HISTORY_BYTES} on, or 0 for none`);
  }
  if (!['real', 'virtual'].includes(clock)) throw refusal('clock: must be one of real, virtual');
  if (startMs !== undefined && !(Number.isSafeInteger(startMs) && startMs >= 0)) throw refusal('startMs: must be a unix time in whole milliseconds');
  if (from !== undefined && !(from instanceof Uint8Array)) throw refusal('from: must be the bytes of a captured state');
  if (startMs !== undefined && clock !== 'virtual') throw refusal("startMs: is for clock: 'virtual' only");
}

function refusal(message: string): StartError {
  return new StartError({ message, code: null, address: null });
}

/** A recording that can be visited, with a server that continues from its end. @internal */
export interface OpenedRecording {
  readonly server: RedisLabServer;
  /** The number of the last recorded command; 0: there is none. */
  readonly lastCommand: number;
  /** Where and how its replay differs from the recording; null: it does not. */
  readonly divergence: string | null;
}

/**
 * Opens a recording: its server has the recorded state as of the last turn, on a thread that waits for its options, and what was recorded as its history.
 * Rejects with an Error that says why it cannot be visited. @internal
 */
export async function openRecordingOn(thread: Worker, head: RecordingHead, tape: Buffer, options: ServerOptions): Promise<OpenedRecording> {
  // A fork of the past shares settings with the server, but is not recorded with it.
  const { record: _, faults: __, history = 0, ...settings } = options;
  const common: ServerOptions = { ...settings, edgeTriggered: head.poll.edgeTriggered, clock: head.hasVirtualClock === true ? 'virtual' : 'real' };
  // Twice the size of the tape, so that nothing of it is dropped for a checkpoint.
  const past = new ForkableHistory(Math.max(MIN_HISTORY_BYTES, 2 * tape.length + history), common);
  try {
    const divergence = await past.open(head, tape);
    const lastCommand = past.range.newestCommand;
    const from = await seal(await past.stateAtEnd());
    const server = await createServerOn(thread, { port: 0, unixsocket: '', ...options, ...common, history: 0, from }, { isPast: true, past });
    return { server, lastCommand, divergence };
  } catch (error) {
    await Promise.all([past.close(), endUnused(thread)]);
    throw error;
  }
}

/** Options of a server that only the lab's own programs set. */
interface Circumstances {
  /** True if no time has passed since the state that it starts from. */
  readonly isPast?: boolean;
  readonly origin?: ForkOrigin | null;
  /** The history to use, instead of one of its own. */
  readonly past?: ForkableHistory | null;
  /** The thread that writes its files. */
  readonly helper?: HelperThread | null;
  /** Size of a keyspace in shared memory, as the engine of threads has, instead of an ordinary one; 0: none. */
  readonly sharedKeyspaceBytes?: number;
}

/** A server that listens, and may still be loading its data. @internal */
export interface StartedServer extends RedisLabServer {
  /** Resolves when all of its data is loaded. Rejects if the server ends before; with {@link StartError}, as `closed` does, if it cannot be loaded. */
  readonly loaded: Promise<void>;
  /** Tells the server of a signal that ends it, as SHUTDOWN does. Resolves when it has taken notice. Rejects if it has ended. */
  signal(signal: EndingSignal): Promise<void>;
  /** Resolves when the shutdown is over: true if the server ends, false if it could not save, or SHUTDOWN ABORT was sent. Rejects if it has ended. */
  shutdownOver(): Promise<boolean>;
}

/** Starts a server on a thread that waits for its options; resolves when it listens. @internal */
export async function createServerOn(
  thread: Worker,
  options: ServerOptions,
  { isPast = false, origin = null, past = null, helper = null, sharedKeyspaceBytes = 0 }: Circumstances = {},
): Promise<StartedServer> {
  const {
    poller = 'auto',
    sends = 'auto',
    coalesceUs = COALESCE_US,
    edgeTriggered = false,
    seed = Math.floor(Math.random() * 0x100000000),
    clock = 'real',
    startMs = Number.NaN,
    from = null,
    paused = false,
    configFile = null,
    log = () => {},
    faults = [],
    record,
    history: historyBytes = 0,
    ...settings
  } = options;
  const forkOptions = { poller, sends, coalesceUs, edgeTriggered, clock, log };
  const ownHistory = historyBytes === 0 ? null : new ForkableHistory(historyBytes, forkOptions);
  const listeners = [...(record === undefined ? [] : [await fileListener(record)]), ...(ownHistory === null ? [] : [ownHistory])];
  const recording = listeners.length === 0 ? null : new Recording(listeners, (message) => log('warning', message));
  const observers = new Observers();
  const handle = await LoopHandle.start(
    {
      settings, configFile, poller, sends: paused && sends === 'auto' ? 'direct' : sends, coalesceUs, edgeTriggered, seed,
      virtualStartMs: clock === 'virtual' ? startMs : null, from, isPast, paused, faults,
      ring: recording?.ring ?? null, helper: helper?.link() ?? null, sharedKeyspaceBytes,
    },
    { log, trace: (batch, snapshot) => observers.trace(batch, snapshot), held: (event) => observers.held(event) },
    thread,
  );
  if (recording !== null) {
    const { poller: name, wakeFd: wakerFd } = handle.ready;
    const batchesSends = handle.ready.sends === 'batched';
    const poll = { name, emulated: name !== 'epoll', edgeTriggered, batchesSends, isDriven: name === 'portable', wakerFd };
    follow(recording, handle, {
      build: __VERSION__, seed, settings, ...(from !== null && { from: base64(from) }), configFile, poll, hasWatchedHeap: true,
      hasVirtualClock: clock === 'virtual', hasHelper: true,
    });
  }
  if (ownHistory !== null && recording !== null) ownHistory.flush = () => recording.look();
  const server = new LabServer(handle, observers, past ?? ownHistory, forkOptions, origin);
  if (settings.appendonly === true && from === null) await claimFiles(settings, log, handle.closed);
  // The loop gets to its first event after it has reported that it listens.
  if (paused && server.heldAt === null) await observers.nextHold().held;
  return server;
}

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array): string => Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Warns if another process writes the same append-only file: each would change and delete what the other one writes. */
async function claimFiles(
  { dir = '.', appenddirname = 'appendonlydir' }: Partial<SettingValues>,
  log: NonNullable<ServerOptions['log']>,
  closed: Promise<void>,
): Promise<void> {
  const { claimFolder } = await import('../shared/folder-claim.js');
  const release = await claimFolder(toText(dir), toText(appenddirname));
  if (release !== null) closed.then(release, release);
  else log('warning', `The append-only file in ${appenddirname} is already written by another redis-lab: changes of both may be lost`);
}

/** Records from the start to the end of the loop. */
function follow(recording: Recording, { closed }: LoopHandle, head: RecordingHead): void {
  recording.begin(head);
  const end = (): void => recording.end();
  closed.then(end, end);
}

/** A caller that waits for the loop to be held. */
interface HoldWaiter {
  readonly resolve: (event: TraceEvent) => void;
  readonly reject: (error: Error) => void;
}

/** The listeners on the main thread. */
class Observers {
  heldAt: TraceEvent | null = null;
  readonly heldListeners = new Set<(event: TraceEvent | null) => void>();
  readonly traces = new Map<TraceListener, number>();
  private readonly holdWaiters = new Set<HoldWaiter>();

  trace(batch: TraceBatch, snapshot: Snapshot | null): void {
    callAll(this.traces.keys(), (listener) => listener(batch, snapshot));
  }

  held(event: TraceEvent | null): void {
    this.heldAt = event;
    if (event !== null) {
      for (const { resolve } of this.holdWaiters) resolve(event);
      this.holdWaiters.clear();
    }
    callAll(this.heldListeners, (listener) => listener(event));
  }

  /** Returns the next hold, and a function that stops waiting for it. Rejects if the server ends instead. */
  nextHold(): { readonly held: Promise<TraceEvent>; readonly forget: () => void } {
    let forget = (): void => {};
    const held = new Promise<TraceEvent>((resolve, reject) => {
      const waiter = { resolve, reject };
      this.holdWaiters.add(waiter);
      forget = () => this.holdWaiters.delete(waiter);
    });
    return { held, forget };
  }

  /** Called when there can be no more holds. */
  ended(): void {
    for (const { reject } of this.holdWaiters) reject(new Error('the server has ended'));
    this.holdWaiters.clear();
  }

  /** Returns the largest budget requested by listeners other than `leaving`; 0 if there are none. */
  budgetOf(leaving: TraceListener | null): number {
    return Math.max(0, ...Array.from(this.traces, ([listener, budget]) => (listener === leaving ? 0 : budget)));
  }
}

/** Calls `call` for each, even if one throws; then throws the first error. */
function callAll<T>(all: Iterable<T>, call: (one: T) => void): void {
  const errors: unknown[] = [];
  for (const one of all) {
    try {
      call(one);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function faultsOf(handle: LoopHandle): ServerFaults {
  const remove = (id: number): Promise<boolean> => handle.call('removeFault', id);
  return {
    async add(fault) {
      const active = await handle.call('addFault', fault);
      return { ...active, remove: () => remove(active.id) };
    },
    list: () => handle.call('listFaults', null),
    remove,
    clear: () => handle.call('clearFaults', null),
  };
}

class LabServer implements StartedServer {
  readonly url: string;
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly pollerFallback: string | null;
  readonly sends: SendsName;
  readonly sendsFallback: string | null;
  readonly coalesceUs: number;
  readonly closed: Promise<void>;
  readonly loaded: Promise<void>;
  readonly faults: ServerFaults;

  constructor(
    private readonly handle: LoopHandle,
    private readonly observers: Observers,
    readonly history: ForkableHistory | null,
    /** What a fork shares with its original. */
    private readonly forkOptions: ServerOptions,
    readonly origin: ForkOrigin | null,
  ) {
    const { addresses, poller, fallback, sends, sendsFallback } = handle.ready;
    const tcp = addresses.find((address) => 'port' in address);
    this.addresses = addresses;
    this.url = tcp === undefined ? `redis+unix://${formatAddress(addresses[0]!)}` : `redis://${formatAddress(tcp)}`;
    this.port = tcp === undefined || !('port' in tcp) ? 0 : tcp.port;
    this.poller = poller;
    this.pollerFallback = fallback;
    this.sends = sends;
    this.sendsFallback = sendsFallback;
    this.coalesceUs = poller === 'epoll' ? (forkOptions.coalesceUs ?? COALESCE_US) : 0;
    this.closed = handle.closed;
    this.loaded = handle.loaded;
    this.faults = faultsOf(handle);
    const ended = (): void => {
      observers.ended();
      void history?.close();
    };
    this.closed.then(ended, ended);
  }

  get heldAt(): TraceEvent | null {
    return this.observers.heldAt;
  }

  async pause(): Promise<TraceEvent> {
    if (this.heldAt !== null) return this.heldAt;
    return this.callAndHold('pause', null);
  }

  step(unit: StepUnit): Promise<TraceEvent> {
    return this.callAndHold('step', unit);
  }

  runTo(target: RunTarget): Promise<TraceEvent> {
    return this.callAndHold('runTo', target);
  }

  resume(): Promise<void> {
    return this.handle.call('resume', null);
  }

  slow(eventsPerSecond: number): Promise<void> {
    return this.handle.call('slow', eventsPerSecond);
  }

  changedSettings(): Promise<readonly (readonly [name: string, initially: string])[]> {
    return this.handle.call('changedSettings', null);
  }

  trigger(triggering: Triggering, token?: number): Promise<void> {
    return this.handle.call('trigger', { trigger: triggering, token: token ?? null });
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void> {
    return this.handle.call('setBreakpoints', breakpoints);
  }

  onHeld(listener: (event: TraceEvent | null) => void): () => void {
    this.observers.heldListeners.add(listener);
    return () => this.observers.heldListeners.delete(listener);
  }

  get activity(): LoopActivity {
    return this.handle.activity.look();
  }

  onBusy(listener: (activity: LoopActivity | null) => void): () => void {
    return this.handle.activity.onBusy(listener);
  }

  async waiting(sockets: readonly WaitingSocket[]): Promise<readonly number[] | null> {
    if (this.poller !== 'epoll' || this.handle.hasEnded) return null;
    const { connectionsToAccept, unreadBytes } = await import('./io/backends/kernel-queues.js');
    return sockets.map(({ fd, isListener }) => (isListener ? connectionsToAccept(fd) : unreadBytes(fd)));
  }

  snapshot(request = DEFAULT_SNAPSHOT): Promise<Snapshot> {
    return this.handle.call('snapshot', request);
  }

  watch(request: SnapshotRequest | null): Promise<void> {
    return this.handle.call('watch', request);
  }

  async trace(listener: TraceListener, { budget = DEFAULT_BUDGET }: TraceOptions = {}): Promise<() => Promise<void>> {
    this.observers.traces.set(listener, budget);
    try {
      await this.handle.call('trace', this.observers.budgetOf(null));
    } catch (error) {
      this.observers.traces.delete(listener);
      throw error;
    }
    return async () => {
      // What was recorded before arrives before the answer, and still belongs to this listener. The trace of an ended server has ended with it.
      if (!this.handle.hasEnded) await this.handle.call('trace', this.observers.budgetOf(listener)).catch(() => {});
      this.observers.traces.delete(listener);
    };
  }

  async advance(duration: number | string): Promise<number> {
    return this.handle.call('advance', durationUs(duration));
  }

  async capture(): Promise<Uint8Array> {
    return seal(await this.handle.call('capture', null));
  }

  async fork(options: ServerOptions = {}): Promise<RedisLabServer> {
    const { heldAt, history } = this;
    if (heldAt !== null && history !== null) return this.forkHeld(heldAt, history, options);
    return forkFrom(() => this.handle.call('capture', null), this.forkOptions, options, null);
  }

  /** Forks a held server through its history: only this still has the state in which the command that is being executed began. */
  private async forkHeld(heldAt: TraceEvent, history: ForkableHistory, options: ServerOptions): Promise<RedisLabServer> {
    const { turn } = await this.snapshot(NO_WINDOWS);
    const { server } = await history.forkHeld({ turn, before: heldAt.kind === 'frame' ? { token: heldAt.token, frame: heldAt.frame } : null }, options);
    return server;
  }

  signal(signal: EndingSignal): Promise<void> {
    return this.handle.call('signal', signal);
  }

  shutdownOver(): Promise<boolean> {
    return this.handle.call('shutdownOver', null);
  }

  async close(): Promise<void> {
    // The loop may end before it has answered, which is what was asked for.
    await this.handle.call('close', null).catch(() => {});
    await this.closed;
    await this.history?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Rejects if the server ends instead. */
  private async callAndHold<M extends 'pause' | 'step' | 'runTo'>(method: M, argument: LoopCalls[M]['argument']): Promise<TraceEvent> {
    // Created before the call: the loop may be held before it has answered.
    const { held, forget } = this.observers.nextHold();
    // If the server ends, the call rejects too; this rejection may then stay unhandled.
    held.catch(() => {});
    try {
      await this.handle.call(method, argument);
    } catch (error) {
      forget();
      throw error;
    }
    return held;
  }
}
