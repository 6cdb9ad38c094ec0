/**
 * The simulation harness: a whole server on a simulated kernel, with a clock that moves only when told to.
 *
 *     using lab = simulate({ seed: 7 });
 *     const client = lab.connect();
 *     expect(client.ask('SET', 'k', 'v', 'PX', '100')).toBe('+OK\r\n');   send, run until idle, receive
 *     lab.advance(100);                                                   time passes, timers run on the way
 *     expect(client.ask('GET', 'k')).toBe('$-1\r\n');
 *
 *     client.send('PING\r\n'); lab.turn(); client.receive()               the same, step by step
 *
 * Bytes are latin1 strings. Time stands still except in `advance`. Everything that happens is a function of the options.
 */
import { type Job, type JobResult, perform } from '../../../src/server/background/job.js';
import type { JobListener } from '../../../src/server/background/job-queue.js';
import type { JobRunner } from '../../../src/server/background/jobs.js';
import { Config, type SettingValues } from '../../../src/server/config.js';
import type { Address } from '../../../src/server/io/poll.js';
import { Faults as FaultsOfServer } from '../../../src/server/faults/faults.js';
import { FaultyPoll } from '../../../src/server/faults/faulty-poll.js';
import { type Faults, ScriptedPoll, type ScriptedPeer } from '../../../src/server/io/backends/scripted.js';
import { Activity, createActivityWords } from '../../../src/server/loop/activity.js';
import { ManualClock, VirtualClock } from '../../../src/server/loop/clock.js';
import type { Heap } from '../../../src/server/measuring/heap-watch.js';
import { recordInputs } from '../../../src/server/recording/recorded-inputs.js';
import type { TapeWriter } from '../../../src/server/recording/tape.js';
import { Server, type ServerInputs } from '../../../src/server/server.js';
import type { ServerState } from '../../../src/server/server-state.js';
import type { TraceBody } from '../../../src/server/trace/events.js';

export interface SimulationOptions {
  readonly seed?: number;
  readonly settings?: Partial<SettingValues>;
  readonly edgeTriggered?: boolean;
  /** The replies of a turn leave in batches. */
  readonly batchesSends?: boolean;
  /** Probabilities from 0 to below 1; none by default. */
  readonly faults?: Partial<Faults>;
  readonly descriptorLimit?: number;
  /** Where all inputs of the server are recorded. */
  readonly tape?: TapeWriter;
  /** Unix time at the start. */
  readonly nowMs?: number;
  /** The server has a virtual clock; measured time stands still, unless `clock` is moved. */
  readonly isVirtual?: boolean;
  /** Loads the snapshot at the start, if its settings ask for that. */
  readonly loads?: boolean;
  /** Does the jobs of the server when a test calls it. Left out: they are done at once. */
  readonly helper?: LabHelper;
  /** Watched by the server. Left out: none is. */
  readonly heap?: Heap;
  /** What the server starts from: another one's state, with its time. Its clients have no sockets here. */
  readonly from?: ServerState;
}

export interface LabHelper extends JobRunner {
  /** Called when results are there: wakes the loop. */
  wake: () => void;
  /** Called by the loop when it is woken. */
  drain(): void;
}

/** A helper thread controlled by a test: the loop gets its results in the turn that it has woken. */
export class ScriptedHelper implements LabHelper {
  /** Jobs still to be done, in order. */
  readonly waiting: Job[] = [];
  wake: () => void = () => {};
  private readonly listeners: JobListener[] = [];
  private readonly ended: (() => void)[] = [];

  run(_id: number, job: Job, done: JobListener): void {
    this.waiting.push(job);
    this.listeners.push(done);
  }

  /** Does the next job, or pretends that it had this result. */
  finish(result?: JobResult): void {
    const [job, done] = [this.waiting.shift()!, this.listeners.shift()!];
    const end = result ?? perform(job);
    this.ended.push(() => done(end));
    this.wake();
  }

  settle(): boolean {
    this.finishAll();
    return true;
  }

  finishAll(): void {
    while (this.waiting.length > 0) this.finish();
  }

  /** On the loop's side. */
  drain(): void {
    for (const tell of this.ended.splice(0)) tell();
  }
}

/** A loop that is busy for this number of turns, without time passing or bytes moving, counts as spinning. */
const MAX_TURNS = 200_000;

/** Then `load` only notes it, as in a real server: what a master sends is kept in no file. */
function asksForNoFile({ dir, dbfilename, save, appendonly }: Partial<SettingValues> = {}): boolean {
  return [dir, dbfilename, save, appendonly].every((value) => value === undefined);
}

export function simulate(options: SimulationOptions = {}): Lab {
  return new Lab(options);
}

export class Lab implements Disposable {
  readonly seed: number;
  readonly clock: ManualClock;
  readonly virtualClock: VirtualClock | null;
  readonly poll: ScriptedPoll;
  readonly server: Server;
  /** Injected faults, besides those of the seed. */
  readonly faults: FaultsOfServer;
  readonly addresses: readonly Address[];
  /** Where the loop reports what it is doing. */
  readonly activityWords = createActivityWords();
  /** What the server has logged, as `level: message`. */
  readonly log: string[] = [];
  private readonly recordAdvance: (us: number) => void;

  constructor(options: SimulationOptions) {
    this.seed = options.seed ?? 1;
    const { tape, from } = options;
    this.clock = new ManualClock(options.nowMs ?? from?.nowMs);
    this.clock.nowUs = from?.nowUs ?? 0;
    this.virtualClock = options.isVirtual === true ? new VirtualClock(this.clock.nowMs, this.clock, from?.nowUs) : null;
    this.poll = new ScriptedPoll({ ...options, clock: this.clock });
    // A turn alone lets no time pass; only `advance` does.
    this.poll.sleepLimitMs = 0;
    const poll = new FaultyPoll(this.poll, this.clock);
    const inputs: ServerInputs = {
      poll,
      clock: this.virtualClock ?? this.clock,
      seed: this.seed,
      config: new Config({ ...from?.settings, ...options.settings }),
      log: (level, message) => void this.log.push(`${level}: ${message}`),
      activity: new Activity(this.activityWords),
      ...(from !== undefined && { from: { state: from } }),
      ...(options.helper !== undefined && { jobs: options.helper }),
      ...(options.heap !== undefined && { heap: options.heap }),
    };
    const recorded = tape === undefined ? null : recordInputs(inputs, tape);
    this.recordAdvance = (us) => recorded?.advance(us);
    this.server = new Server(recorded?.inputs ?? inputs);
    recorded?.attach(this.server);
    this.faults = new FaultsOfServer(poll, this.server, (call) => recorded?.fault(call));
    // Only the helper sends messages from another thread; wakes are handled in any case.
    this.server.loop.onWake(() => options.helper?.drain());
    if (options.helper !== undefined) options.helper.wake = () => this.poll.waker.wake();
    if (options.loads ?? (from === undefined && asksForNoFile(options.settings))) this.server.load(options.settings ?? {});
    this.addresses = this.server.listen();
  }

  /** Connects a client and has it accepted, if the faults allow. */
  connect(address?: Address): LabClient {
    const client = this.connectLater(address);
    this.settle();
    return client;
  }

  /** Connects a client and leaves it in the backlog, to be accepted in the next turn. */
  connectLater(address?: Address): LabClient {
    return new LabClient(this, this.poll.connectClient(address));
  }

  /** Runs exactly this many turns of the loop; no time passes. Replies are sent at the beginning of the turn after the one that made them. */
  turn(count = 1): void {
    for (let i = 0; i < count; i++) this.server.loop.turn();
  }

  /** Runs turns until nothing is ready and no timer is due; no time passes. Returns how many it took. */
  settle(): number {
    return this.turnUntil(() => this.poll.readyCount === 0);
  }

  /** Lets `ms` milliseconds pass: each timer runs at its own time on the way, and the loop is idle at the end. */
  advance(ms: number): void {
    if (this.virtualClock !== null) return this.advanceVirtually(this.virtualClock, ms * 1000);
    const untilMs = this.clock.nowMs + ms;
    this.settle();
    this.poll.sleepLimitMs = ms;
    this.turnUntil(() => this.clock.nowMs >= untilMs);
    this.settle();
  }

  /** As a call from another thread: it wakes the loop, and takes effect within a turn. */
  private advanceVirtually(clock: VirtualClock, us: number): void {
    this.server.loop.onWake(() => {
      this.recordAdvance(us);
      clock.advance(us);
    });
    this.poll.waker.wake();
    this.settle();
  }

  /** Returns everything that the loop reports from now on, in a list that grows. */
  record(): TraceBody[] {
    const events: TraceBody[] = [];
    this.server.tap.sink = { emit: (event) => void events.push(event) };
    return events;
  }

  /** Ends the server as SHUTDOWN would. Every simulated descriptor must have been closed: throws if not. */
  close(): void {
    if (this.poll.isClosed) return;
    this.server.close();
    if (this.poll.descriptors > 0) throw new Error(`${this.poll.descriptors} descriptors were left open (seed ${this.seed})`);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private turnUntil(isDone: () => boolean): number {
    for (let turns = 1, fruitless = 0; fruitless < MAX_TURNS; turns++, fruitless++) {
      const { movedBytes } = this.poll;
      // A timer that is due now runs at the end of this turn, and what it writes is sent in the next.
      const hasDueTimer = this.server.loop.timeoutMs() === 0;
      this.turn();
      if (!hasDueTimer && isDone()) return turns;
      if (this.poll.movedBytes > movedBytes) fruitless = 0;
    }
    throw new Error(`the loop does not come to rest (seed ${this.seed})`);
  }
}

/** A client of the simulated server. `peer` is its socket, for windows, scripted boundaries and resets. */
export class LabClient {
  constructor(
    private readonly lab: Lab,
    readonly peer: ScriptedPeer,
  ) {}

  /** Puts bytes on the wire; nothing else happens before the next turn. */
  send(bytes: string): void {
    this.peer.send(bytes);
  }

  /** Puts a request on the wire, as an array of bulk strings. */
  sendCommand(...argv: string[]): void {
    this.send(request(...argv));
  }

  /** Runs the loop until it is idle and takes everything that has arrived, raw. */
  receive(): string {
    let received = '';
    for (;;) {
      this.lab.settle();
      // Taking bytes makes room in the window, and the server may have more.
      const bytes = this.take();
      if (bytes === '') return received;
      received += bytes;
    }
  }

  /** Takes what has arrived so far, at most `limit` bytes, without a turn. */
  take(limit = Infinity): string {
    return this.peer.receive(limit);
  }

  /** Sends a request and returns what arrives, raw: `''` if the client was blocked. */
  ask(...argv: string[]): string {
    this.sendCommand(...argv);
    return this.receive();
  }

  get isClosedByServer(): boolean {
    return this.peer.isClosedByServer;
  }

  shutdown(): void {
    this.peer.shutdown();
  }

  close(): void {
    this.peer.close();
  }

  reset(): void {
    this.peer.reset();
  }
}

/** A request as clients write it: an array of bulk strings. */
export function request(...argv: string[]): string {
  return `*${argv.length}\r\n${argv.map((argument) => `$${argument.length}\r\n${argument}\r\n`).join('')}`;
}
