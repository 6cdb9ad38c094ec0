/**
 * Statistics: what the server knows of its own past: durations, slow commands, latency events, rates, peak memory.
 *
 * Reached from the dispatcher through one hook after each command, which costs two comparisons and two increments; read by INFO, SLOWLOG,
 * LATENCY and MEMORY. Samples are taken while commands come, never by a timer, so an idle loop sleeps on.
 */
import type { Config } from '../config.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { Histogram, type HistogramState } from './histogram.js';
import { LatencyMonitor, type LatencyState } from './latency-monitor.js';
import { SlowLog, type SlowLogState } from './slow-log.js';

/** A brief command takes longer only if something else holds it up, the garbage collector for one. */
const BRIEF_US = 1000;

const SAMPLE_MS = 100;
/** Rates are averages over this time (STATS_METRIC_SAMPLES of 100 ms each). */
const WINDOW_MS = 1600;

/** What was measured; commands by their full names. */
export interface StatisticsState {
  readonly slowLog: SlowLogState;
  readonly latency: LatencyState;
  readonly histograms: readonly (readonly [command: string, HistogramState])[];
  readonly peakBytes: number;
  readonly samples: readonly Sample[];
  readonly nextRateMs: number;
  readonly nextSampleMs: number;
}

interface Sample {
  readonly atMs: number;
  readonly commands: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface Rates {
  readonly commandsPerSecond: number;
  readonly kilobytesInPerSecond: number;
  readonly kilobytesOutPerSecond: number;
}

/** A command as far as measuring knows it. */
export interface MeasuredCommand {
  /** `config|get` for a subcommand, the name for all others. */
  readonly fullName: string;
  readonly flags: ReadonlySet<string>;
}

/** Who called it. */
export interface MeasuredClient {
  readonly name: string;
  readonly transport: { readonly peer: string };
}

/** Counters of INFO: kept where the things happen, and read here. */
export interface ServerStats {
  readonly startedMs: number;
  connectionsReceived: number;
  /** Disconnected because of maxmemory-clients. */
  clientsEvicted: number;
  connectionsRejected: number;
  commandsProcessed: number;
  bytesRead: number;
  bytesWritten: number;
  /** Calls of read and write that moved bytes. */
  reads: number;
  writes: number;
  /** Replicas that were sent everything; that could go on from where they stopped; that wanted to, and could not. */
  fullSyncs: number;
  partialSyncs: number;
  partialSyncsRefused: number;
  /** Of the bytes written, those to replicas. */
  bytesReplicated: number;
  /** Bytes that have come from a master: datasets, and the stream. */
  bytesFromMaster: number;
  /** Error replies by their code. */
  readonly errors: Map<string, number>;
}

interface Surroundings {
  readonly config: Config;
  readonly stats: ServerStats;
  readonly clock: { readonly nowMs: number; readonly nowUs: number; readUs(): number };
  /** What maxmemory limits. */
  usedBytes(): number;
}

export class Statistics<Command extends MeasuredCommand = MeasuredCommand> {
  readonly slowLog = new SlowLog();
  readonly latency = new LatencyMonitor();
  /** Of commands that were called at least once while latency-tracking was on. */
  readonly histograms = new Map<Command, Histogram>();
  /** The highest used_memory that was seen. */
  peakBytes = 0;
  // The command before, because the next one is mostly the same: a comparison costs less than a look into the map.
  private lastCommand: Command | null = null;
  private lastHistogram = new Histogram();
  /** Called while commands come; returns after how many milliseconds it wants to be called again. */
  watchHeap: (() => number) | null = null;
  private samples: Sample[] = [];
  private nextRateMs = 0;
  private nextSampleMs = 0;

  /** @param timeEach is told whether brief commands must be timed one by one: SLOWLOG's threshold is so low that they may reach it */
  constructor(
    private readonly server: Surroundings,
    timeEach: (isOn: boolean) => void,
  ) {
    const { config } = server;
    const watchThreshold = (thresholdUs: number): void => timeEach(thresholdUs >= 0 && thresholdUs < BRIEF_US);
    watchThreshold(config.values['slowlog-log-slower-than']);
    config.onChange('slowlog-log-slower-than', watchThreshold);
    config.onChange('slowlog-max-len', (length) => this.slowLog.trim(length));
    config.onChange('latency-tracking', (isOn) => {
      if (!isOn) this.forgetHistograms();
    });
  }

  capture(): StatisticsState {
    const { peakBytes, nextRateMs, nextSampleMs } = this;
    const histograms = Array.from(this.histograms, ([command, histogram]) => [command.fullName, histogram.capture()] as const);
    return { slowLog: this.slowLog.capture(), latency: this.latency.capture(), histograms, peakBytes, samples: [...this.samples], nextRateMs, nextSampleMs };
  }

  restore({ slowLog, latency, histograms, peakBytes, samples, nextRateMs, nextSampleMs }: StatisticsState, commandOf: (fullName: string) => Command): void {
    this.slowLog.restore(slowLog);
    this.latency.restore(latency);
    for (const [name, state] of histograms) {
      const histogram = new Histogram();
      histogram.restore(state);
      this.histograms.set(commandOf(name), histogram);
    }
    this.peakBytes = peakBytes;
    this.samples = [...samples];
    this.nextRateMs = nextRateMs;
    this.nextSampleMs = nextSampleMs;
  }

  /** The keyspace says what its own work took while LATENCY is interested. */
  follow(keyspace: Keyspace): void {
    const watch = (thresholdMs: number): void => {
      keyspace.onWork = thresholdMs > 0 ? (work, elapsedMs) => this.latencyEvent(work, elapsedMs) : null;
    };
    watch(this.server.config.values['latency-monitor-threshold']);
    this.server.config.onChange('latency-monitor-threshold', watch);
  }

  /** Something took so long; see latency-monitor.ts for the names. */
  latencyEvent(event: string, elapsedMs: number): void {
    const threshold = this.server.config.values['latency-monitor-threshold'];
    if (threshold > 0 && elapsedMs >= threshold) this.latency.add(event, Math.floor(this.server.clock.nowMs / 1000), Math.floor(elapsedMs));
  }

  /** Averages over the last 1.6 seconds. */
  rates(): Rates {
    const { stats } = this.server;
    const now = this.server.clock.nowMs;
    const base = this.samples.find((sample) => sample.atMs >= now - WINDOW_MS);
    const seconds = base === undefined ? 0 : (now - base.atMs) / 1000;
    if (base === undefined || seconds === 0) return { commandsPerSecond: 0, kilobytesInPerSecond: 0, kilobytesOutPerSecond: 0 };
    return {
      commandsPerSecond: Math.round((stats.commandsProcessed - base.commands) / seconds),
      kilobytesInPerSecond: (stats.bytesRead - base.bytesRead) / seconds / 1024,
      kilobytesOutPerSecond: (stats.bytesWritten - base.bytesWritten) / seconds / 1024,
    };
  }

  /** used_memory: see keyspace/memory-account.ts. The peak follows. */
  measureMemory(): number {
    const bytes = this.server.usedBytes();
    if (bytes > this.peakBytes) this.peakBytes = bytes;
    return bytes;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.forgetHistograms();
    this.samples = [];
    this.peakBytes = this.server.usedBytes();
  }

  /** Counts calls of a command; several were timed together, and `elapsedUs` is their mean. */
  executed(session: MeasuredClient, command: Command, argv: readonly string[], elapsedUs: number, calls: number): void {
    const { config, clock } = this.server;
    const { values } = config;
    if (values['latency-tracking']) this.histogramOf(command).record(elapsedUs, calls);
    const slowerThanUs = values['slowlog-log-slower-than'];
    if (elapsedUs >= slowerThanUs && slowerThanUs >= 0) this.slow(session, argv, elapsedUs);
    if (values['latency-monitor-threshold'] > 0) this.latencyEvent(command.flags.has('fast') ? 'fast-command' : 'command', elapsedUs / 1000);
    if (clock.nowMs >= this.nextSampleMs) this.sample(clock.nowMs);
  }

  private histogramOf(command: Command): Histogram {
    if (command === this.lastCommand) return this.lastHistogram;
    let histogram = this.histograms.get(command);
    if (histogram === undefined) this.histograms.set(command, (histogram = new Histogram()));
    this.lastCommand = command;
    this.lastHistogram = histogram;
    return histogram;
  }

  private forgetHistograms(): void {
    this.histograms.clear();
    this.lastCommand = null;
  }

  private slow(session: MeasuredClient, argv: readonly string[], elapsedUs: number): void {
    const { config, clock } = this.server;
    const atSeconds = Math.floor(clock.nowMs / 1000);
    const entry = { atSeconds, elapsedUs: Math.floor(elapsedUs), argv, peer: session.transport.peer, clientName: session.name };
    this.slowLog.add(entry, config.values['slowlog-max-len']);
  }

  private sample(nowMs: number): void {
    this.nextSampleMs = nowMs + (this.watchHeap === null ? SAMPLE_MS : this.watchHeap());
    if (nowMs >= this.nextRateMs) this.sampleRates(nowMs);
  }

  private sampleRates(nowMs: number): void {
    const { stats } = this.server;
    this.nextRateMs = nowMs + SAMPLE_MS;
    this.samples = this.samples.filter((sample) => sample.atMs >= nowMs - WINDOW_MS);
    this.samples.push({ atMs: nowMs, commands: stats.commandsProcessed, bytesRead: stats.bytesRead, bytesWritten: stats.bytesWritten });
    this.measureMemory();
  }
}
