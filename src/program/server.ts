/**
 * ProgramServer: gives a learner's program the interface of the lab's server: it is traced, held and stepped, and clients connect to its listener.
 *
 *   process ──▶ messages ──▶ translator ──▶ gate ──▶ batches ──▶ listeners
 *                                             └──▶ held, busy
 */
import {
  type Address, type Breakpoint, formatAddress, type LoopActivity, type PollerName, type RedisLabServer, type RunTarget, type ServerFaults, type Snapshot,
  type StepUnit, type TraceBody, type TraceEvent, type TraceListener, type TraceOptions, type WaitingSocket,
} from '../server/index.js';
import type { Text } from '../shared/language.js';
import { Batches } from './batches.js';
import { BUSY_MS, Diagnosis, type Waiting } from './diagnosis.js';
import { type ProgramEnding, endingOf, LastWords, WithoutLab } from './ending.js';
import { ProgramFaults } from './faults.js';
import { Gate } from './gate.js';
import { type HistoryLimits, ProgramHistory } from './history.js';
import { tcpQueues, type TcpQueues } from './kernel-queues.js';
import { Picture } from './picture.js';
import { ProcessWatch } from './process-facts.js';
import type { ChildMessage, ToldEvent } from './protocol.js';
import { overText, PastRuns, TO_THE_END } from './past-runs.js';
import type { Standing } from './rerun.js';
import { RunningProgram } from './running.js';
import { MOST_TAPE_BYTES, type OpenTape } from './tape-file.js';
import type { ProgramView, ProgramWatch } from './view.js';

const LOOK_MS = 100;
const START_LOOK_MS = 20;
/** A program that does not listen is reported after this time. */
const UNHEARD_MS = 3000;
/** A program that listens and does not wait for clients is shown after this time. */
const UNUSED_MS = 1000;
/** Interval of reading the kernel's queues. */
const QUEUES_MS = 500;

const DEFAULT_BUDGET = 2000;

/** Lines kept from before there is a listener. */
const MOST_LINES_KEPT = 200;

/** Time limits for the process to begin, its code to open a poll, and that to be used. */
export interface Patience {
  readonly toBeginMs: number;
  readonly toOpenMs: number;
  readonly toUseMs: number;
}

export interface ProgramOptions {
  /** As given: a byte string. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** The tape of its inputs, written or replayed; null: none. Closed with the server. */
  readonly tape: OpenTape | null;
  /** It is run with the inputs of the tape, to its end; left out: it is run, and they are recorded. */
  readonly isAgain?: boolean;
  /** The tape is a requested file: it may grow without limit. */
  readonly isTapeUnlimited?: boolean;
  /** The program's side, built from child/main.ts. */
  readonly main: string;
  /** Left out: 20,000 events are kept, and a run that tells nothing for 20 s is given up. */
  readonly past?: HistoryLimits & { readonly patienceMs: number };
}

export class ProgramServer implements RedisLabServer, ProgramWatch {
  readonly pollerFallback = null;
  readonly sends = 'direct';
  readonly sendsFallback = null;
  readonly coalesceUs = 0;
  readonly origin = null;
  readonly history: ProgramHistory;
  readonly closed: Promise<void>;
  readonly faults: ServerFaults;
  heldAt: TraceEvent | null = null;
  /** How it has ended; null: it runs. */
  ending: ProgramEnding | null = null;
  private readonly program: RunningProgram;
  private readonly again: PastRuns;
  private readonly gate: Gate;
  private readonly batches = new Batches();
  private readonly picture: Picture;
  private readonly watchOfProcess: ProcessWatch;
  private readonly lastWords = new LastWords();
  private readonly withoutLab = new WithoutLab();
  private readonly heldListeners = new Set<(event: TraceEvent | null) => void>();
  private readonly busyListeners = new Set<(activity: LoopActivity | null) => void>();
  private readonly changeListeners = new Set<() => void>();
  private readonly lineListeners = new Set<(line: string) => void>();
  private keptLines: string[] = [];
  private readonly lookTimer: NodeJS.Timeout;
  private wasBusy = false;
  private seq = 0;
  /** The numbers of the program's events that these come from. */
  private readonly numbers = new WeakMap<TraceEvent, number>();
  private droppedEvents = 0;
  private readonly ownFaults = new ProgramFaults((wish) => this.program.wish(wish));
  private readonly diagnosis = new Diagnosis();
  private remark: Text | null = null;
  private queuesLookedAtMs = -Infinity;
  private queued: readonly Waiting[] = [];
  private facts: ProgramView['process'] = null;
  /** The newest event, whether it has passed the gate or not. */
  private newest: ToldEvent | null = null;
  private turnSinceMs = 0;
  private newestSinceMs = 0;
  /** Total time of waiting for GO: the clock of its trace stands still meanwhile. */
  private waitedUs = 0;
  /** Since when it waits, by the machine's clock; null: it does not. */
  private waitsSinceUs: number | null = null;
  private resolveClosed: () => void = () => {};
  /** When its own code has begun, and when that has opened a poll. */
  private begunMs = Infinity;
  private openedMs = Infinity;
  /** Since when it listens. */
  private boundMs = Infinity;
  private waiters: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  constructor(private readonly options: ProgramOptions) {
    const { main, file, args, tape, isAgain = false, isTapeUnlimited = false, past } = options;
    this.picture = new Picture(file);
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.faults = this.ownFaults;
    this.again = new PastRuns(main, tape, () => this.changed(), past?.patienceMs);
    this.history = new ProgramHistory({
      isRecorded: this.again.isRecorded,
      originMs: () => this.originMs,
      snapshot: () => this.snapshotNow(),
      runAgain: (number, isNewest) => this.again.to(number, isNewest),
      retell: (number, take) => this.again.retell(number, take),
      sourceOf: (standing, number) => this.sourceOf(standing, number),
      leave: () => this.again.leave(),
    }, past);
    this.gate = new Gate({
      ask: () => this.program.wish({ asks: true }),
      free: () => this.program.wish({ asks: false }),
      go: () => this.go(),
      tell: (event) => this.tell(event),
      held: (event) => this.held(event),
    });
    const folder = isAgain ? tape!.head.folder : process.cwd();
    const first = isAgain ? { again: TO_THE_END } : { record: tape === null ? null : isTapeUnlimited ? Number.MAX_SAFE_INTEGER : MOST_TAPE_BYTES };
    this.program = new RunningProgram({ main, file, args, folder, first, tape: tape?.fd ?? null }, {
      message: (message) => this.hear(message),
      line: (stream, line) => this.hearLine(stream, line),
      ended: (end) => this.ended(endingOf(end, this.lastWords, options.file)),
    });
    this.watchOfProcess = new ProcessWatch(this.program.pid);
    this.lookTimer = setInterval(() => this.look(), LOOK_MS);
  }

  // Addresses and state

  get addresses(): readonly Address[] {
    // Whatever listens there by now is another program.
    return this.options.isAgain === true ? [] : [...this.picture.listeners.values()];
  }

  get poller(): PollerName {
    return this.picture.poller;
  }

  get isEdgeTriggered(): boolean {
    return this.picture.isEdgeTriggered;
  }

  get port(): number {
    const tcp = this.addresses.find((address) => 'port' in address);
    return tcp === undefined || !('port' in tcp) ? 0 : tcp.port;
  }

  get url(): string {
    const [first] = this.addresses;
    return first === undefined ? '' : `redis://${formatAddress(first)}`;
  }

  /** True if there is something to show. */
  get hasPast(): boolean {
    return this.history.range.newest.turn > 0;
  }

  /** Resolves when it uses its poll, listens without using it for a moment, has ended, or a time limit is over. */
  async started({ toBeginMs, toOpenMs, toUseMs }: Patience): Promise<void> {
    const sinceMs = performance.now();
    const isOver = (): boolean => {
      const nowMs = performance.now();
      if (this.begunMs === Infinity) return nowMs - sinceMs >= toBeginMs;
      // It may throw in its first turn, just after it has begun to listen.
      return nowMs - this.begunMs >= toOpenMs || nowMs - this.openedMs >= toUseMs || nowMs - this.boundMs >= UNUSED_MS;
    };
    const timer = setInterval(() => this.wake(), START_LOOK_MS);
    await this.when(() => this.newest !== null || this.ending !== null || isOver());
    clearInterval(timer);
  }

  get view(): ProgramView {
    return {
      file: this.options.name, pid: this.program.pid, addresses: this.addresses, poller: this.poller, isEdgeTriggered: this.isEdgeTriggered,
      isRecording: this.options.isAgain === true, process: this.facts, sources: this.picture.sources.all, remark: this.remark, end: this.ending?.text ?? null,
      endedAt: this.endedAt,
      again: this.again.newest, unrecorded: this.again.unrecorded, droppedEvents: this.droppedEvents,
    };
  }

  private get endedAt(): ProgramView['endedAt'] {
    const place = this.ending?.place ?? null;
    const file = place === null ? null : this.picture.sources.numberOf(place.path);
    return place === null || file === null ? null : { file, line: place.line, column: 1 };
  }

  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => void this.changeListeners.delete(listener);
  }

  onLine(listener: (line: string) => void): () => void {
    for (const line of this.keptLines.splice(0)) listener(line);
    this.lineListeners.add(listener);
    return () => void this.lineListeners.delete(listener);
  }

  // Time

  pause(): Promise<TraceEvent> {
    return this.holdAfter(() => this.gate.pause());
  }

  step(unit: StepUnit): Promise<TraceEvent> {
    return this.holdAfter(() => this.gate.step(unit));
  }

  runTo(target: RunTarget): Promise<TraceEvent> {
    return this.holdAfter(() => this.gate.runTo(target));
  }

  async resume(): Promise<void> {
    this.gate.resume();
  }

  async slow(eventsPerSecond: number): Promise<void> {
    if (this.ending === null) this.gate.slow(eventsPerSecond);
  }

  async setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void> {
    this.gate.setBreakpoints(breakpoints);
  }

  onHeld(listener: (event: TraceEvent | null) => void): () => void {
    this.heldListeners.add(listener);
    return () => void this.heldListeners.delete(listener);
  }

  // Activity

  get activity(): LoopActivity {
    const { newest } = this;
    const nowMs = performance.now() - this.waitingUs / 1000;
    const isHeld = this.heldAt !== null;
    const isAtWork = newest !== null && newest.body.kind !== 'wait' && !isHeld && this.ending === null;
    const turnMs = isAtWork ? Math.max(0, nowMs - this.turnSinceMs) : 0;
    return {
      phase: isHeld ? 'held' : phaseOf(newest),
      turn: this.picture.translator.turn,
      token: isAtWork && 'token' in newest.body && newest.body.token >= 0 ? newest.body.token : null,
      command: null,
      elapsedMs: isAtWork ? Math.max(0, nowMs - this.newestSinceMs) : 0,
      turnMs,
      isBusy: turnMs >= BUSY_MS,
      servesOthers: false,
    };
  }

  onBusy(listener: (activity: LoopActivity | null) => void): () => void {
    this.busyListeners.add(listener);
    return () => void this.busyListeners.delete(listener);
  }

  waiting(sockets: readonly WaitingSocket[]): Promise<readonly number[] | null> {
    const queues = this.picture.poller === 'epoll' ? tcpQueues() : null;
    return Promise.resolve(queues === null ? null : sockets.map(({ fd }) => this.queuedAt(fd, queues)?.count ?? 0));
  }

  // The trace

  trace(listener: TraceListener, { budget = DEFAULT_BUDGET }: TraceOptions = {}): Promise<() => Promise<void>> {
    const stop = this.batches.listen((batch) => listener(batch, this.snapshotNow()), budget);
    return Promise.resolve(() => Promise.resolve(stop()));
  }

  /** A snapshot comes with every batch in any case. */
  watch(): Promise<void> {
    return Promise.resolve();
  }

  snapshot(): Promise<Snapshot> {
    return Promise.resolve(this.snapshotNow());
  }

  // Operations that a program does not support

  advance(): Promise<number> {
    return refused('advance');
  }

  trigger(): Promise<void> {
    return refused('trigger');
  }

  changedSettings(): Promise<never> {
    return refused('changedSettings');
  }

  capture(): Promise<Uint8Array> {
    return refused('capture');
  }

  fork(): Promise<RedisLabServer> {
    return refused('fork');
  }

  /** Ends the program at once, whatever it is doing. */
  async close(): Promise<void> {
    this.program.kill();
    await this.when(() => this.ending !== null);
    clearInterval(this.lookTimer);
    this.again.close();
    this.resolveClosed();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // The program speaks

  private hear(message: ChildMessage): void {
    this.picture.hear(message);
    switch (message.kind) {
      case 'opened':
        this.openedMs = performance.now();
        break;
      case 'begun':
        this.begunMs = performance.now();
        break;
      case 'bound':
        this.boundMs = Math.min(this.boundMs, performance.now());
        this.wake();
        this.changed();
        break;
      case 'registered':
        this.diagnosis.registered(message.fd);
        break;
      case 'deregistered':
        this.diagnosis.deregistered(message.fd);
        break;
      case 'closed':
        this.diagnosis.closed(message.fd);
        break;
      case 'dropped':
        this.droppedEvents += message.messages;
        this.batches.drop(message.waits);
        break;
      case 'unrecorded':
        this.again.unrecorded.push(message.what);
        this.changed();
        break;
      case 'tape-ended':
        this.again.tapeEnded(message.why);
        break;
      case 'over':
        this.recordingIsOver(message);
        break;
      case 'event':
        this.happened(message);
    }
  }

  private tell(event: TraceEvent): void {
    this.history.add(event, this.numbers.get(event) ?? 0);
    this.batches.tell(event);
  }

  /** A run gives its files numbers of its own. */
  private sourceOf({ places, picture }: Standing, number: number): TraceEvent['source'] {
    const place = places.get(number);
    const path = place === undefined ? null : picture.sources.pathOf(place[0]);
    const file = path === null ? null : this.picture.sources.numberOf(path);
    return place === undefined || file === null ? undefined : { file, line: place[1], column: place[2] };
  }

  /** Unix time at which the clock of the trace was zero. */
  private get originMs(): number {
    const { isAgain = false, tape } = this.options;
    return isAgain ? tape!.head.originMs : Date.now() - (machineUs() - this.waitedUs) / 1000;
  }

  private go(): void {
    const { waitingUs } = this;
    this.waitedUs += waitingUs;
    // The lab's time, not that of the program's turn.
    this.turnSinceMs += waitingUs / 1000;
    this.newestSinceMs += waitingUs / 1000;
    this.waitsSinceUs = null;
    this.program.go();
  }

  /** How long it has been waiting for GO; 0: it does not. */
  private get waitingUs(): number {
    return this.waitsSinceUs === null ? 0 : machineUs() - this.waitsSinceUs;
  }

  private happened(message: ToldEvent): void {
    const told = { ...message, atUs: message.atUs - this.waitedUs };
    const { at, atUs } = told;
    if (told.waits === true) this.waitsSinceUs = message.atUs;
    const nowMs = performance.now();
    if (told.body.kind === 'poll' || told.body.kind === 'wait') this.turnSinceMs = nowMs;
    this.newestSinceMs = nowMs;
    this.newest = told;
    this.diagnosis.hear(told, nowMs);
    if (told.body.kind === 'fault') this.ownFaults.injected(told.body.id);
    const source = at === undefined ? undefined : { file: at[0], line: at[1], column: at[2] };
    const dated = (body: TraceBody): TraceEvent => {
      const event = { ...body, seq: ++this.seq, atUs, ...(source !== undefined && { source }) };
      this.numbers.set(event, told.number);
      return event;
    };
    this.gate.take(this.picture.translate(told).map(dated), told.waits === true);
  }

  private hearLine(stream: 'out' | 'error', line: string): void {
    if (stream === 'error') {
      this.lastWords.hear(line);
      if (!this.withoutLab.keeps(line)) return;
    }
    if (this.lineListeners.size === 0) this.keptLines = [...this.keptLines, line].slice(-MOST_LINES_KEPT);
    for (const listener of this.lineListeners) listener(line);
  }

  /** The recorded inputs have been replayed to their end. */
  private recordingIsOver({ how, at }: Extract<ChildMessage, { kind: 'over' }>): void {
    const source = at === undefined ? undefined : this.picture.sources.all.get(at[0]);
    const place = at === undefined || source === undefined ? null : `${Buffer.from(source.name, 'latin1').toString()}:${at[1]}`;
    this.ended({ code: null, signal: null, text: overText(how, place), hasThrown: false, place: null });
    this.program.kill();
  }

  private ended(ending: ProgramEnding): void {
    if (this.ending !== null) return;
    this.ending = ending;
    this.facts = null;
    try {
      this.gate.end();
      this.batches.flush();
      this.look();
    } finally {
      // Whatever a listener throws: close() waits for this.
      this.wake();
    }
    this.changed();
  }

  // Listeners

  private held(event: TraceEvent | null): void {
    this.heldAt = event;
    // A pause does not count as work, nor does the time in which the program waits for GO.
    if (event === null && this.waitsSinceUs === null) this.turnSinceMs = this.newestSinceMs = performance.now();
    // The event is part of what is shown by then.
    if (event !== null) this.batches.flush();
    for (const listener of this.heldListeners) listener(event);
    this.wake();
  }

  /** Rejects if the program ends instead, or has ended. */
  private async holdAfter(act: () => void): Promise<TraceEvent> {
    if (this.ending === null) act();
    await this.when(() => this.heldAt !== null || this.ending !== null);
    if (this.heldAt === null) throw new Error('the program has ended');
    return this.heldAt;
  }

  private look(): void {
    const { activity } = this;
    if (activity.isBusy || this.wasBusy) for (const listener of this.busyListeners) listener(activity.isBusy ? activity : null);
    this.wasBusy = activity.isBusy;
    const before = JSON.stringify([this.facts, this.remark]);
    this.facts = this.ending === null ? this.factsNow() : null;
    this.remark = this.ending === null ? (this.stopped() ?? this.diagnose(activity) ?? this.unheard()) : null;
    if (JSON.stringify([this.facts, this.remark]) !== before) this.changed();
  }

  private factsNow(): ProgramView['process'] {
    const facts = this.watchOfProcess.look();
    // It reads from the pipe of the lab, which is not a call of its own.
    return facts === null || this.waitsSinceUs === null || facts.syscall === 'stopped' ? facts : { ...facts, syscall: 'held' };
  }

  private diagnose({ turnMs, elapsedMs, isBusy }: LoopActivity): Text | null {
    const nowMs = performance.now();
    const isAsleep = this.newest?.body.kind === 'wait';
    if (!isAsleep) this.queued = [];
    else if (nowMs - this.queuesLookedAtMs >= QUEUES_MS) this.lookAtQueues(nowMs);
    const at = this.newest?.at;
    const place = at === undefined ? '' : `${Buffer.from(this.picture.sources.all.get(at[0])?.name ?? '', 'latin1').toString()}:${at[1]}`;
    return this.diagnosis.look({
      nowMs, isHeld: this.heldAt !== null || this.waitsSinceUs !== null, turnMs: isBusy ? turnMs : null, quietMs: elapsedMs, place, waiting: this.queued,
      isEdgeTriggered: this.picture.isEdgeTriggered,
    });
  }

  /** A signal has stopped it. */
  private stopped(): Text | null {
    if (this.facts?.syscall !== 'stopped') return null;
    const { pid } = this.program;
    return {
      en: `it is stopped by a signal (SIGSTOP or SIGTSTP): kill -CONT ${pid} lets it go on`,
      ko: `시그널(SIGSTOP 또는 SIGTSTP)로 정지되었습니다: kill -CONT ${pid} 명령으로 계속합니다`,
    };
  }

  /** It has no listener. */
  private unheard(): Text | null {
    const { options, picture } = this;
    const ms = performance.now() - this.begunMs;
    if (picture.listeners.size > 0 || options.isAgain === true || ms < UNHEARD_MS || this.heldAt !== null) return null;
    const seconds = Math.floor(ms / 1000);
    if (picture.hasPoll) {
      return {
        en: `it has not listened yet, for ${seconds} s: it has opened a poll and bound no listener, so no client can connect`,
        ko: `${seconds}초 동안 아직 listen하지 않았습니다: poll은 열었지만 리스너가 없어 클라이언트가 접속할 수 없습니다`,
      };
    }
    return {
      en: `it has used nothing of redis-lab/poll for ${seconds} s: the lab shows programs whose loop is turned with its Poll (docs/poll.md)`,
      ko: `${seconds}초 동안 redis-lab/poll을 사용하지 않았습니다: lab은 그 Poll로 루프를 도는 프로그램을 보여 줍니다 (docs/poll.md)`,
    };
  }

  /** With the portable poller Node has already read, and the kernel's queues are empty. */
  private lookAtQueues(nowMs: number): void {
    this.queuesLookedAtMs = nowMs;
    const queues = this.picture.poller === 'epoll' ? tcpQueues() : null;
    this.queued = queues === null ? [] : [...this.picture.registered.keys()].flatMap((fd) => this.queuedAt(fd, queues) ?? []).filter(({ count }) => count > 0);
  }

  private queuedAt(fd: number, queues: TcpQueues): Waiting | null {
    const registered = this.picture.registered.get(fd);
    const address = this.picture.listeners.get(fd);
    // It need not read a connection that is not registered for READABLE.
    if (registered === undefined || (registered.interest & 1) === 0) return null;
    const { token } = registered;
    if (address !== undefined) return 'port' in address ? { kind: 'connections', token, count: queues.toAccept(address.port) } : null;
    const ports = this.picture.translator.portsOf(token);
    return ports === null ? null : { kind: 'bytes', token, count: queues.unread(ports.local, ports.peer) };
  }

  private changed(): void {
    for (const listener of this.changeListeners) listener();
  }

  private when(isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push({ isOver, resolve });
      this.wake();
    });
  }

  /** @param all including callers whose condition does not hold */
  private wake(all = false): void {
    const over = this.waiters.filter(({ isOver }) => all || isOver());
    this.waiters = this.waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }

  private snapshotNow(): Snapshot {
    const nowUs = (this.waitsSinceUs ?? machineUs()) - this.waitedUs;
    return this.picture.snapshot(nowUs, this.originMs + nowUs / 1000);
  }
}

/** Microseconds of the machine's monotonic clock, which all its processes share. */
const machineUs = (): number => Math.round(Number(process.hrtime.bigint()) / 1000);

function phaseOf(newest: ToldEvent | null): LoopActivity['phase'] {
  switch (newest?.body.kind) {
    case undefined:
    case 'wait':
      return 'wait';
    case 'accept':
    case 'connect':
      return 'accept';
    case 'write':
    case 'interest':
      return 'write';
    default:
      return 'execute';
  }
}

function refused(what: string): Promise<never> {
  return Promise.reject(new Error(`${what} is not there for a program of your own`));
}
