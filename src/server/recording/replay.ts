/**
 * Replay: a server that replays a recording, without sockets and without waiting.
 */
import { Config, type SettingValues } from '../config.js';
import { SystemError } from '../io/poll.js';
import { Server, SnapshotError } from '../server.js';
import { type ServerOrigin, type ServerState, settingsOf } from '../server-state.js';
import { Recorder, type TraceBatch } from '../trace/recorder.js';
import type { FileContent } from '../host.js';
import { ReplayHost, type ReplayHostState } from './recorded-host.js';
import { Divergence, type RecordedPoll, ReplayWorld, type ReplayWorldState, type WorldObserver } from './replay-world.js';
import { readState } from './state-bytes.js';
import { TapeCursor, TapeEnd, type TapeSource } from './tape.js';

/** Facts about the server of a recording, besides its inputs. */
export interface RecordingHead {
  /** Version of redis-lab; only the same one certainly behaves the same. */
  readonly build: string;
  readonly seed: number;
  readonly settings: Partial<SettingValues>;
  /** The captured state that it started from, in the format of state-bytes.ts, in base64; left out: an empty server. */
  readonly from?: string;
  /** The file that CONFIG REWRITE wrote to. */
  readonly configFile: string | null;
  /** Checks of the heap were inputs as well. */
  readonly hasWatchedHeap: boolean;
  /** Its clock was virtual; left out: it was not. */
  readonly hasVirtualClock?: boolean;
  /** Its jobs were done by a helper thread; left out: at once. */
  readonly hasHelper?: boolean;
  readonly poll: RecordedPoll;
}

export interface ReplayResult {
  readonly turns: number;
  readonly commands: number;
  /** Null: identical up to the end of the tape. */
  readonly divergence: Divergence | null;
  /** False for a recording that is cut off: its server was killed, or the rest is lost. */
  readonly hasEnd: boolean;
}

/** A replay between two turns as plain data, from which it can continue with the same tape. */
export interface Checkpoint {
  readonly turn: number;
  readonly unixMs: number;
  /** How many bytes of the tape have been read. */
  readonly tapeOffset: number;
  readonly state: ServerState;
  readonly world: ReplayWorldState;
  readonly host: ReplayHostState;
}

/** Ends a replay that is no longer needed, at any place. */
class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

export class Replay {
  readonly server: Server;
  private readonly world: ReplayWorld;
  private readonly host: ReplayHost;
  private divergence: Divergence | null = null;
  private isRunning = true;
  private tellTrace: () => void = () => {};

  /**
   * @param tape the inputs, from the first on. Throws {@link TapeEnd} if it ends before the server has started
   * @param from where to begin; null: at the start of the server. Throws {@link StateError} if that started from an unreadable state
   */
  constructor(head: RecordingHead, tape: Buffer | TapeSource, from: Checkpoint | null = null) {
    const world = (this.world = new ReplayWorld(new TapeCursor(tape, from?.tapeOffset), head.poll, head.hasVirtualClock, from?.world));
    const host = (this.host = new ReplayHost(world, head.hasWatchedHeap, from?.host ?? null));
    const start = from === null ? startOf(head) : { state: from.state, sockets: world };
    this.server = new Server({
      poll: world,
      clock: world.clock,
      seed: head.seed,
      config: new Config({ ...(from?.state.settings ?? (start !== null && settingsOf(start.state))), ...(from === null && head.settings) }, head.configFile),
      log: () => {},
      isWatched: world.isWatched,
      host,
      ...(host.watched !== null && { heap: host.watched }),
      // Jobs are not done again: the tape has the result of each.
      ...(head.hasHelper === true && { jobs: { run() {}, settle: () => true } }),
      ...(start !== null && { from: start }),
    });
    this.world.onShutdown = () => this.server.terminate();
    this.world.onSignal = (signal) => this.server.endForSignal(signal);
    this.world.onFault = (call) => this.server.loopFaults.obey(call);
    this.world.onJobDone = (id, result) => this.server.jobs.finish(id, result);
    this.server.loop.afterWait = () => this.world.obeyCalls();
    this.server.loop.onWake(() => this.world.obeyCalls());
    if (from === null) this.attempt(() => this.begin(start === null ? head.settings : {}));
  }

  private begin(given: Partial<SettingValues>): void {
    this.server.load(given);
    this.server.listen();
  }

  /** False while the server loads its dataset or makes a snapshot: its remaining work would be missing in a replay that continues from there. */
  get canBeContinued(): boolean {
    return !this.server.isLoading && !this.server.persistence.isHalfWay && !this.server.appendOnly.rewriting.isRunning;
  }

  /** Throws in the middle of a turn, where the tape has ended or the server has diverged. */
  capture(): Checkpoint {
    const state = this.server.capture();
    const { world, host } = this;
    return { turn: state.turn, unixMs: state.nowMs, tapeOffset: world.tape.position, state, world: world.capture(), host: host.capture() };
  }

  /** Runs one turn. False if the tape ends in it, or the server diverges; then only a part of the turn was replayed. */
  turn(): boolean {
    if (this.isRunning) this.attempt(() => this.server.loop.turn());
    this.tellTrace();
    return this.isRunning;
  }

  /** Ends the replay before anything that happens after this unix time, if necessary in the middle of a turn. */
  stopAfter(unixMs: number): void {
    this.world.clock.endMs = unixMs;
  }

  /** The files that the server has read so far. */
  get files(): readonly FileContent[] {
    return this.host.files;
  }

  /** From now on an observer receives what clients do, and what they get. */
  observe(observer: WorldObserver): void {
    this.world.observer = observer;
  }

  /** From now on every turn is followed by a batch of its events; only those of quiet turns are left out. */
  trace(listener: (batch: TraceBatch) => void): void {
    const { server } = this;
    const counters = (): { turns: number; commands: number } => ({ turns: server.loop.turnNumber, commands: server.stats.commandsProcessed });
    const recorder = new Recorder(() => server.clock.measureUs(), counters, Infinity);
    server.tap.sink = { emit: (event) => void recorder.record(event, false) };
    this.tellTrace = () => {
      if (!recorder.isEmpty) listener(recorder.take());
    };
  }

  /** Runs turns until the tape ends, the server diverges, or `isEnough` returns true after a turn. */
  run(isEnough: () => boolean = () => false): ReplayResult {
    while (this.turn() && !isEnough());
    return this.result();
  }

  /** True if the whole tape has been replayed. */
  get isAtEnd(): boolean {
    return this.world.tape.isAtEnd && !this.world.clock.isOver;
  }

  /** Number of bytes of the tape that have been read. */
  get position(): number {
    return this.world.tape.position;
  }

  /** Ends the replay from within, in the middle of a turn, by throwing; {@link turn} then returns false. */
  abandon(): never {
    return this.world.end(new Abandoned());
  }

  /**
   * From within: detaches the server from further inputs, and calls `use` with it. Its time stands still.
   * Throws {@link OutOfTime} if a command runs for longer than `limitMs`.
   */
  detach<T>(limitMs: number, use: (server: Server) => T): T {
    this.world.detach(limitMs);
    const result = use(this.server);
    this.world.expectRunning();
    return result;
  }

  result(): ReplayResult {
    const { server, world, divergence } = this;
    return { turns: server.loop.turnNumber, commands: server.stats.commandsProcessed, divergence, hasEnd: world.isOver };
  }

  private attempt(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      this.isRunning = false;
      if (error instanceof Divergence) this.divergence = error;
      // The recorded server died of these: its poll had failed, or its dataset could not be loaded.
      else if (!(error instanceof TapeEnd || error instanceof Abandoned || error instanceof SystemError || error instanceof SnapshotError)) throw error;
    }
  }
}

/** Returns the state that the recorded server started from; null: none. Its clients were ghosts from the start. */
export function startOf({ from }: RecordingHead): ServerOrigin | null {
  return from === undefined ? null : { state: readState(Buffer.from(from, 'base64')) };
}
