/**
 * Statistics: what the server measures: durations, slow commands, latency events, rates, peak memory.
 *
 * Called by the dispatcher through one hook after each command, which costs two comparisons and two increments; read by INFO, SLOWLOG,
 * LATENCY and MEMORY. Samples are taken while commands arrive, never by a timer, so an idle loop keeps sleeping.
 */
import type { Config } from '../config.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { Histogram, type HistogramState } from './histogram.js';
import { LatencyMonitor, type LatencyState } from './latency-monitor.js';
import { SlowLog, type SlowLogState } from './slow-log.js';

/** A fast command takes longer only if something else delays it, for example the garbage collector. */
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

/** What measuring needs of a command. */
export interface MeasuredCommand {
  /** `config|get` for a subcommand, the name for all others. */
  readonly fullName: string;
  readonly flags: ReadonlySet<string>;
}

/** What measuring needs of a client. */
export interface MeasuredClient {
  readonly name: string;
  readonly transport: { readonly peer: string };
}

/** Counters of INFO: incremented where the events happen, and read here. */
export interface ServerStats {
  readonly startedMs: number;
  connectionsReceived: number;
  /** Clients disconnected because of maxmemory-clients. */
  clientsEvicted: number;
  connectionsRejected: number;
  commandsProcessed: number;
  bytesRead: number;
  bytesWritten: number;
  /** Calls of read and write that moved bytes. */
  reads: number;
  writes: number;
  /** Full resynchronisations of replicas; partial ones; and refused attempts at a partial one. */
  fullSyncs: number;
  partialSyncs: number;
  partialSyncsRefused: number;
  /** Changes that its master has made and this replica could not repeat, and errors that were replies to a replica. */
  failedChanges: number;
  /** The part of the written bytes that went to replicas. */
  bytesReplicated: number;
  /** Bytes received from a master: datasets, and the stream. */
  bytesFromMaster: number;
  /** Error replies by their code. */
  readonly errors: Map<string, number>;
}

interface Surroundings {
  readonly config: Config;
  readonly stats: ServerStats;
  readonly clock: { readonly nowMs: number; readonly nowUs: number; readUs(): number };
  /** The memory that maxmemory limits. */
  usedBytes(): number;
}

export class Statistics<Command extends MeasuredCommand = MeasuredCommand> {
  readonly slowLog = new SlowLog();
  readonly latency = new LatencyMonitor();
  /** For commands that were called at least once while latency-tracking was on. */
  readonly histograms = new Map<Command, Histogram>();
  /** The highest value of used_memory so far. */
  peakBytes = 0;
  // The last command, because the next one is usually the same: a comparison is faster than a lookup in the map.
  private lastCommand: Command | null = null;
  private lastHistogram = new Histogram();
  /** Called while commands arrive; returns in how many ms it is to be called again. */
  watchHeap: (() => number) | null = null;
  private samples: Sample[] = [];
  private nextRateMs = 0;
  private nextSampleMs = 0;

  /** @param timeEach called with whether fast commands must be timed one by one, because SLOWLOG's threshold is so low that they may reach it */
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

  /** Measures the keyspace's own work while LATENCY needs it. */
  follow(keyspace: Keyspace): void {
    const watch = (thresholdMs: number): void => {
      keyspace.onWork = thresholdMs > 0 ? (work, elapsedMs) => this.latencyEvent(work, elapsedMs) : null;
    };
    watch(this.server.config.values['latency-monitor-threshold']);
    this.server.config.onChange('latency-monitor-threshold', watch);
  }

  /** Records the duration of an event; see latency-monitor.ts for the names. */
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

  /** Returns used_memory: see keyspace/memory-account.ts. Updates the peak. */
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

  /** Counts calls of a command; if several were timed together, `elapsedUs` is their mean. */
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
