/**
 * The only door to the server: what `import … from 'redis-lab'` gives.
 *
 *     import { createServer } from 'redis-lab';
 *
 *     await using server = await createServer({ port: 0 });
 *     const client = await connect(server.url);        // any client library
 *
 *     await server.pause();                            // the loop itself stops; clients wait, no key expires
 *     const event = await server.step('command');      // … and goes on to the end of the next command
 *     await server.resume();
 */
import type { Worker } from 'node:worker_threads';
import { durationUs } from '../shared/duration.js';
import type { CommandReference } from './commands/reference.js';
import type { Fault } from './faults/fault.js';
import type { ActiveFault } from './faults/faults.js';
import type { Triggering } from './faults/loop-faults.js';
import type { SettingReference } from './config/reference.js';
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
import type { LoopCalls, PollerName } from './thread/protocol.js';
import type { TraceEvent } from './trace/events.js';
import type { TraceBatch } from './trace/recorder.js';

export type { RecordListener } from './thread/tape-file.js';
export { OutOfMemoryError } from './thread/loop-handle.js';
export { StartError } from './thread/start-error.js';
export { formatAddress } from './io/poll.js';
export { matchesGlob } from './keyspace/glob.js';
export { TRACE_EVENTS } from './trace/events.js';
export { endsRun, endsStep } from './trace/stepping.js';
export type { Address, Breakpoint, LogLevel, PollerName, RunTarget, SettingValues, Snapshot, SnapshotRequest, StepUnit, TraceBatch, TraceEvent };
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
export type { ClientSnapshot, CommandSnapshot, KeysSnapshot, LinkSnapshot, PersistenceSnapshot, ReplicationSnapshot } from './snapshot.js';
export { NO_SUCH_MOMENT } from './history/route-finder.js';
export type { Destination, Dropped, HistoryRange, Moment, Past, PastAnswer, PastEvent, Visit, Writer } from './history/moment.js';
export type { KeyOrder, KeyRow } from './keyspace/inspect.js';
export type { ValueItem, ValueView, ValueWindow } from './keyspace/inspect-value.js';

// What a client needs: requests, replies, and the words of a line as redis-cli takes them.
export { formatDouble } from './resp/double.js';
export { splitInline } from './resp/inline.js';
export { ReplyReader } from './resp/reply-reader.js';
export { encodeRequest, quoteWord } from './resp/request-encoder.js';
export { formatArgument, formatSyntax } from './command/syntax.js';
export type { Argument } from './command/syntax.js';
export type { CommandReference } from './commands/reference.js';
export type { SettingReference } from './config/reference.js';
export type { Reply } from './resp/reply.js';

/** Every setting of redis-server that has a meaning here, under its own name, and the lab's own. */
export interface ServerOptions extends Partial<SettingValues> {
  /** `auto`: epoll where there is one. */
  readonly poller?: PollerName | 'auto';
  /** Readiness is reported once per change instead of as long as it lasts. */
  readonly edgeTriggered?: boolean;
  /** 32 bits; random if left out. */
  readonly seed?: number;
  /** `virtual`: time stands still, and moves only by {@link RedisLabServer.advance}. */
  readonly clock?: 'real' | 'virtual';
  /** Unix time in ms at which a virtual clock starts; the machine's time if left out. */
  readonly startMs?: number;
  /**
   * Begins with what {@link RedisLabServer.capture} has returned, in this build: keys, scripts, settings (those given here win), and clients as ghosts. They
   * keep their ids, blocking commands, subscriptions and transactions, but nobody is behind them: what they are sent is lost, until CLIENT KILL ends them.
   */
  readonly from?: Uint8Array;
  /** Hold the loop before its first poll: it stands there when the promise resolves. */
  readonly paused?: boolean;
  /** The configuration file that the settings came from, which CONFIG REWRITE writes to. */
  readonly configFile?: string | null;
  readonly log?: (level: LogLevel, message: string) => void;
  /** Set from the start on: objects, or texts as they are typed. Connections that are still to come may be named by their tokens; the first is #2. */
  readonly faults?: readonly (Fault | string)[];
  /** Called with the bytes of a recording as it grows; written one after the other they are a .lab file, for `redis-lab replay`. */
  readonly record?: RecordListener;
  /** Bytes that the history may take, which {@link RedisLabServer.history} visits; left out or 0: none is kept. */
  readonly history?: number;
}

export interface TraceOptions {
  /** The most events of a batch; the rest is only counted. Infinity: all. */
  readonly budget?: number;
}

/** A client's socket or a listener's, by the descriptor that events and snapshots name. */
export interface WaitingSocket {
  readonly fd: number;
  readonly isListener: boolean;
}

/** A fault that is set, and the way to take it away. */
export interface FaultHandle extends ActiveFault {
  /** False if it was gone already. */
  remove(): Promise<boolean>;
}

/** What is spoiled on purpose; docs/faults.md lists what can be. */
export interface ServerFaults {
  /** Sets a fault: an object, or a text as it is typed. Rejects if there can be none like it, and names what there is. */
  add(fault: Fault | string): Promise<FaultHandle>;
  /** All that are set, in the order in which they were. */
  list(): Promise<readonly ActiveFault[]>;
  /** Takes one away, by its number; false if there is none. */
  remove(id: number): Promise<boolean>;
  /** Takes all of them away. */
  clear(): Promise<void>;
}

/** The past of a running server, which can be visited: `createServer({ history: bytes })`. */
export interface ServerHistory extends Past {
  /**
   * A second server that begins with the state of the moment visited or, if a command is being executed there, of the one before it, on a free port unless the
   * options name one. For it no time has passed since then.
   */
  fork(options?: ServerOptions): Promise<PastFork>;
}

/** Where a fork begins. */
export interface ForkOrigin {
  /** Of the server that it was forked from; no command was being executed. Event 0: before the first of its turn. */
  readonly asOf: Moment;
  /** What a client had sent behind the last command and was read already: no part of the fork. Null: nothing. */
  readonly dropped: Dropped | null;
}

export interface PastFork extends ForkOrigin {
  readonly server: RedisLabServer;
}

/** `snapshot` is what was asked for with `watch`, as of the end of the batch. */
export type TraceListener = (batch: TraceBatch, snapshot: Snapshot | null) => void;

export interface RedisLabServer extends AsyncDisposable {
  /** `redis://127.0.0.1:6379`, for client libraries. */
  readonly url: string;
  /** The port really bound; 0 if only a unix socket is. */
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  /** Why the portable poller runs although nobody asked for it; null otherwise. */
  readonly pollerFallback: string | null;
  /** Resolves when the server has ended, by {@link close} or by a client's SHUTDOWN; rejects if it died of an error of its own. */
  readonly closed: Promise<void>;

  /** Stops the loop itself, in the middle of a turn if there is one. Resolves with the event at which it stands. */
  pause(): Promise<TraceEvent>;
  /** Lets a held loop go on to the next unit. Resolves when it is held there: maybe late, if it sleeps in the poll until then. */
  step(unit: StepUnit): Promise<TraceEvent>;
  /**
   * Lets the loop run to the next request like this, and holds it before it executes; `{}` is the next request of any client. What client
   * programs send by themselves when they connect (COMMAND, HELLO, AUTH, CLIENT SETNAME, CLIENT SETINFO) is passed unless it is named.
   * Resolves when the loop is held there, or where the connection has ended.
   */
  runTo(target: RunTarget): Promise<TraceEvent>;
  /** Lets the loop run; breakpoints stay set. */
  resume(): Promise<void>;
  /** Runs at so many events a second. */
  slow(eventsPerSecond: number): Promise<void>;
  /** Replaces all breakpoints. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void>;
  /** The event at which the loop is held; null while it runs. */
  readonly heldAt: TraceEvent | null;
  /** Called with the event whenever the loop is held, by whatever, and with null when it goes on. Returns how to stop listening. */
  onHeld(listener: (event: TraceEvent | null) => void): () => void;

  /** What the loop is at, as far as can be seen from this thread without asking it: also while a command keeps it busy. */
  readonly activity: LoopActivity;
  /**
   * Calls `listener` ten times a second while the loop is busy with one turn for a tenth of a second or longer, and with null when it is
   * no longer. Returns how to stop listening.
   */
  onBusy(listener: (activity: LoopActivity | null) => void): () => void;
  /**
   * Resolves with what waits in the kernel at each of these descriptors of the loop, without asking the loop: bytes that a client has
   * sent, connections that a listener has not accepted. Null with the portable poller, where Node has read the bytes already.
   */
  waiting(sockets: readonly WaitingSocket[]): Promise<readonly number[] | null>;

  /** State at this moment; by default with the first thousand keys of database 0, by name. */
  snapshot(request?: SnapshotRequest): Promise<Snapshot>;
  /**
   * Calls `listener` with what happens from now on, at most 12 times a second; twice while only timers run that find nothing to do.
   * Resolves, once the trace runs, with how to end it.
   */
  trace(listener: TraceListener, options?: TraceOptions): Promise<() => Promise<void>>;
  /** Sends a snapshot of these windows with every batch of the trace from now on; null ends it. */
  watch(request: SnapshotRequest | null): Promise<void>;

  /**
   * Turns a virtual clock forward by so much: milliseconds, or a text such as `250ms`, `90s`, `15m`, `1.5h`, `2d`. What is due on the way (keys that expire,
   * blocked and idle clients, pauses) happens in due order, each at its own time. Resolves, when all of it has been done, with the unix time in ms that it
   * is then; it does not wait for what clients do about it. Rejects for what is no duration or negative, and without a virtual clock.
   */
  advance(duration: number | string): Promise<number>;

  readonly faults: ServerFaults;
  /**
   * Has readiness reported edge- or level-triggered from the next wait on, whatever the server was started with, or as it was started with (`default`): of the
   * client or listener with this token, or, without one, of all and of those to come. Rejects if there is no such token.
   */
  trigger(triggering: Triggering, token?: number): Promise<void>;
  /** Of a fork that began at a moment of the past, or in the middle of a turn: where. Null of other servers. */
  readonly origin: ForkOrigin | null;
  /** Settings that CONFIG SET has changed since the start, with the values that they had then, as CONFIG SET takes them. */
  changedSettings(): Promise<readonly (readonly [name: string, initially: string])[]>;
  /** The past of this server, which can be visited; null unless it was asked for. */
  readonly history: ServerHistory | null;

  /**
   * The whole server as bytes, as of the end of the running turn, for {@link ServerOptions.from}. Rejects while the loop is held, which is in the middle of a
   * turn.
   */
  capture(): Promise<Uint8Array>;
  /**
   * A second server that begins with the state of this one, on a free port unless the options name one. The two have nothing in common from then on. While the
   * loop is held, it begins as of the last command that was finished, which takes a history; {@link origin} of the fork says when that was.
   */
  fork(options?: ServerOptions): Promise<RedisLabServer>;

  /** Ends the server: all connections are closed, and the thread is gone when this resolves. */
  close(): Promise<void>;
}

/** Has several threads wait for one listener, and counts whom each connection wakes; see src/server/herd/herd.ts. */
export async function runHerd(options: HerdOptions): Promise<HerdResult> {
  return (await import('./herd/herd.js')).runHerd(options);
}

/** A server with a thread for each connection; see src/server/engines/threads.ts. Rejects with {@link StartError}. Linux only. */
export async function startThreads(options: ThreadsOptions = {}): Promise<ThreadsServer> {
  const program = await import('./engines/threads.js').catch((error: Error) => {
    throw refusal(`threads need the sockets of Linux, through koffi: ${error.message.split('\n')[0]!}`);
  });
  return new program.ThreadsServer(options);
}

/** Has clients count on one key of a server with a thread for each of them; see src/server/engines/counting.ts. */
export async function countOnThreads(options: CountingOptions): Promise<CountingResult> {
  const server = await startThreads({ port: 0, bind: '127.0.0.1' });
  return (await import('./engines/counting.js')).countOn(server, options);
}

/** Every command of the server, by name, as data; loaded when first asked for, because few programs ask. */
export async function loadCommandReference(): Promise<readonly CommandReference[]> {
  const { commandReference } = await import('./commands/reference.js');
  return commandReference();
}

/** Every setting of the server, by name, as data; loaded when first asked for. */
export async function loadSettingReference(): Promise<readonly SettingReference[]> {
  const { settingReference } = await import('./config/reference.js');
  return settingReference();
}

const DEFAULT_BUDGET = 2000;

/** A history has room for at least so much. */
export const MIN_HISTORY_BYTES = 2 ** 20;

const NO_WINDOWS: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 0, order: 'stored', match: '*' }, clients: 0 };

const DEFAULT_SNAPSHOT: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 1000, order: 'name', match: '*' }, clients: 1000 };

/** Starts a server on a thread of its own. Rejects with {@link StartError}, for example if the port is taken. */
export async function createServer(options: ServerOptions = {}): Promise<RedisLabServer> {
  checkOptions(options);
  return createServerOn(startThread(), options);
}

/** A server that goes on from a state, on a thread that starts while the state is captured. @param origin of a past moment: no time has passed since then */
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

/** Loaded when first asked for, because few programs ask. */
async function seal(state: Uint8Array): Promise<Uint8Array> {
  const { sealState } = await import('./recording/state-bytes.js');
  return sealState(state);
}

/** Likewise. */
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

/** What the thread would never hear of, or that would fail only later. Settings are checked there. */
function checkOptions(options: ServerOptions): void {
  if (typeof options !== 'object' || options === null) throw refusal('the options must be an object');
  const { log, record, poller = 'auto', seed = 0, faults = [], history = 0, clock = 'real', startMs, from } = options;
  for (const [name, listener] of Object.entries({ log, record })) {
    if (listener !== undefined && typeof listener !== 'function') throw refusal(`${name}: must be a function`);
  }
  if (!['auto', 'epoll', 'portable'].includes(poller)) throw refusal('poller: must be one of auto, epoll, portable');
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

/** A recording that can be visited, with a server that goes on from its end. @internal */
export interface OpenedRecording {
  readonly server: RedisLabServer;
  /** The last command that was recorded, by its number; 0: there is none. */
  readonly lastCommand: number;
  /** What its replay came to where it did not do the same as recorded; null: it did the same. */
  readonly divergence: string | null;
}

/**
 * Opens a recording: its server is the recorded one as of its last turn, on a thread that waits for its options, and has what was recorded for its past.
 * Rejects with an Error that says why it cannot be visited. @internal
 */
export async function openRecordingOn(thread: Worker, head: RecordingHead, tape: Buffer, options: ServerOptions): Promise<OpenedRecording> {
  // A fork of the past has settings in common with the server, but is not recorded with it.
  const { record: _, faults: __, history = 0, ...settings } = options;
  const common: ServerOptions = { ...settings, edgeTriggered: head.poll.edgeTriggered, clock: head.hasVirtualClock === true ? 'virtual' : 'real' };
  // Twice as much as the tape: nothing of it is forgotten for a checkpoint.
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

/** What only the lab's own programs say of a server. */
interface Circumstances {
  /** No time has passed since the state that it begins with. */
  readonly isPast?: boolean;
  readonly origin?: ForkOrigin | null;
  /** What it has for its past, in the place of one of its own. */
  readonly past?: ForkableHistory | null;
  /** The thread that writes its files. */
  readonly helper?: HelperThread | null;
  /** Bytes of a keyspace in shared memory, as the engine of threads has one, in the place of its own; 0: none. */
  readonly sharedKeyspaceBytes?: number;
}

/** The same, on a thread that waits for its options. @internal */
export async function createServerOn(
  thread: Worker,
  options: ServerOptions,
  { isPast = false, origin = null, past = null, helper = null, sharedKeyspaceBytes = 0 }: Circumstances = {},
): Promise<RedisLabServer> {
  const {
    poller = 'auto',
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
  const forkOptions = { poller, edgeTriggered, clock, log };
  const ownHistory = historyBytes === 0 ? null : new ForkableHistory(historyBytes, forkOptions);
  const listeners = [...(record === undefined ? [] : [await fileListener(record)]), ...(ownHistory === null ? [] : [ownHistory])];
  const recording = listeners.length === 0 ? null : new Recording(listeners, (message) => log('warning', message));
  const observers = new Observers();
  const handle = await LoopHandle.start(
    {
      settings, configFile, poller, edgeTriggered, seed, virtualStartMs: clock === 'virtual' ? startMs : null, from, isPast, paused, faults,
      ring: recording?.ring ?? null, helper: helper?.link() ?? null, sharedKeyspaceBytes,
    },
    { log, trace: (batch, snapshot) => observers.trace(batch, snapshot), held: (event) => observers.held(event) },
    thread,
  );
  if (recording !== null) {
    const { poller: name, wakeFd: wakerFd } = handle.ready;
    const poll = { name, emulated: name !== 'epoll', edgeTriggered, isDriven: name === 'portable', wakerFd };
    follow(recording, handle, {
      build: __VERSION__, seed, settings, ...(from !== null && { from: base64(from) }), configFile, poll, hasWatchedHeap: true,
      hasVirtualClock: clock === 'virtual', hasHelper: true,
    });
  }
  if (ownHistory !== null && recording !== null) ownHistory.flush = () => recording.look();
  const server = new LabServer(handle, observers, past ?? ownHistory, forkOptions, origin);
  // The loop gets to its first event after it has said that it listens.
  if (paused && server.heldAt === null) await observers.nextHold().held;
  return server;
}

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array): string => Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** From the start to the end of the loop. */
function follow(recording: Recording, { closed }: LoopHandle, head: RecordingHead): void {
  recording.begin(head);
  const end = (): void => recording.end();
  closed.then(end, end);
}

/** Somebody waits for the loop to be held. */
interface HoldWaiter {
  readonly resolve: (event: TraceEvent) => void;
  readonly reject: (error: Error) => void;
}

/** Who listens on the main thread. */
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

  /** The next hold, and how to stop waiting for it. Rejects if the server ends instead. */
  nextHold(): { readonly held: Promise<TraceEvent>; readonly forget: () => void } {
    let forget = (): void => {};
    const held = new Promise<TraceEvent>((resolve, reject) => {
      const waiter = { resolve, reject };
      this.holdWaiters.add(waiter);
      forget = () => this.holdWaiters.delete(waiter);
    });
    return { held, forget };
  }

  /** There will be no hold any more. */
  ended(): void {
    for (const { reject } of this.holdWaiters) reject(new Error('the server has ended'));
    this.holdWaiters.clear();
  }

  /** The largest budget that anybody but `leaving` has asked for; 0 if nobody listens. */
  budgetOf(leaving: TraceListener | null): number {
    return Math.max(0, ...Array.from(this.traces, ([listener, budget]) => (listener === leaving ? 0 : budget)));
  }
}

/** Calls for each, also if one throws; then the first error is thrown. */
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

class LabServer implements RedisLabServer {
  readonly url: string;
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly pollerFallback: string | null;
  readonly closed: Promise<void>;
  readonly faults: ServerFaults;

  constructor(
    private readonly handle: LoopHandle,
    private readonly observers: Observers,
    readonly history: ForkableHistory | null,
    /** What a fork has in common with its original. */
    private readonly forkOptions: ServerOptions,
    readonly origin: ForkOrigin | null,
  ) {
    const { addresses, poller, fallback } = handle.ready;
    const tcp = addresses.find((address) => 'port' in address);
    this.addresses = addresses;
    this.url = tcp === undefined ? `redis+unix://${formatAddress(addresses[0]!)}` : `redis://${formatAddress(tcp)}`;
    this.port = tcp === undefined || !('port' in tcp) ? 0 : tcp.port;
    this.poller = poller;
    this.pollerFallback = fallback;
    this.closed = handle.closed;
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
      // What has been recorded so far arrives before the answer, and is still for this listener. The trace of a server that has ended has ended with it.
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

  /** What the loop is in the middle of is known to its past only: where that command began, it is not any more. */
  private async forkHeld(heldAt: TraceEvent, history: ForkableHistory, options: ServerOptions): Promise<RedisLabServer> {
    const { turn } = await this.snapshot(NO_WINDOWS);
    const { server } = await history.forkHeld({ turn, before: heldAt.kind === 'frame' ? { token: heldAt.token, frame: heldAt.frame } : null }, options);
    return server;
  }

  async close(): Promise<void> {
    // The loop may end before it has answered; that is what was asked for.
    await this.handle.call('close', null).catch(() => {});
    await this.closed;
    await this.history?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Rejects if the server ends instead. */
  private async callAndHold<M extends 'pause' | 'step' | 'runTo'>(method: M, argument: LoopCalls[M]['argument']): Promise<TraceEvent> {
    // Waited for from now on: the loop may be held before it has answered.
    const { held, forget } = this.observers.nextHold();
    // If the server ends, the call says so, too; this one may then go unheard.
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
