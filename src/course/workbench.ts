/**
 * Workbench: the environment of a lesson's test: a kernel, a traced poll on it, and clients that the test controls.
 *
 *   test ── client.send ──▶ kernel ──▶ poll of the learner's loop
 *        ◀─ client.receive ─┘            └──▶ trace ──▶ what the loop did, in words
 */
import { type Interest, Poll, type PollOptions, type Source, type Token, type TraceEvent } from '../poll/index.js';
import { type Call, describeCalls, resultOf, type Spin, spinOf } from './calls.js';
import type { Kernel, KernelFaults, Peer } from './kernel.js';
import { type KernelName, kernelsOf } from './kernels.js';
import type { Text } from '../shared/language.js';

/** A failed expectation: what was expected, and what the loop did. */
export class Unmet extends Error {
  constructor(
    readonly expected: Text,
    /** From the trace. */
    readonly did: Text,
  ) {
    super(expected.en);
  }
}

/** A turn with this many reads, writes or accepts spins. */
const MOST_CALLS = 20_000;

/** So does one that polls this often and calls nothing else in between: on a real kernel these take a while. */
const MOST_POLLS = 1_000;

/** The newest calls show what spins. */
const SPIN_CALLS = 200;

/** The code under test calls again and again without effect. */
export class Spinning extends Error {
  constructor(readonly spin: Spin) {
    super(`${spin.call} was called again and again`);
  }
}

export interface WorkbenchOptions {
  readonly seed?: number;
  readonly faults?: Partial<KernelFaults>;
}

/** Chosen by the third argument of run.ts, after FILE and LESSON. */
const kernels = kernelsOf((process.argv[4] ?? 'simulated') as KernelName);

export const ADDRESS = '127.0.0.1:7000';

/** A poll that also reports the calls that its trace does not have. */
class WatchedPoll extends Poll {
  constructor(
    options: PollOptions,
    private readonly hear: (call: Call, fd: number) => void,
  ) {
    super(options);
  }

  override register(source: Source, token: Token, interest: Interest): void {
    super.register(source, token, interest);
    this.hear({ kind: 'register', token, interest }, source.fd);
  }

  override tellBound(fd: number, address: string): void {
    super.tellBound(fd, address);
    this.hear({ kind: 'bind', address }, fd);
  }

  override closed(fd: number): void {
    super.closed(fd);
    this.hear({ kind: 'close' }, fd);
  }
}

export class Workbench {
  readonly kernel: Kernel;
  readonly poll: Poll;
  /** Since {@link watch}. */
  private calls: Call[] = [];
  /** Number of polls since another call, or since {@link watch}. */
  private polls = 0;
  /** Number of registrations in the whole test. */
  private registrations = 0;
  /** Descriptors of open streams that accept has returned and that were never registered. */
  private readonly unregistered = new Set<number>();
  /** The learner's code may have caught it. */
  private spinning: Spinning | null = null;

  constructor({ seed = 1, faults = {} }: WorkbenchOptions = {}) {
    this.kernel = kernels({ seed, faults });
    this.poll = new WatchedPoll({ backend: this.kernel.backend, trace: (event) => this.hear(event) }, (call, fd) => this.hear(call, fd));
  }

  connect(): Peer {
    return this.kernel.connect(ADDRESS);
  }

  /** Forgets the calls so far. */
  watch(): void {
    this.calls = [];
    this.polls = 0;
  }

  /** The number of such calls since {@link watch}. */
  count(kind: Call['kind'], result?: string): number {
    return this.calls.filter((call) => call.kind === kind && (result === undefined || resultOf(call) === result)).length;
  }

  get trace(): readonly TraceEvent[] {
    return this.calls.filter((call): call is TraceEvent => 'seq' in call);
  }

  /** The calls of the loop since {@link watch}. */
  get did(): Text {
    return describeCalls(this.calls, { calls: this.registrations, missing: this.unregistered.size });
  }

  /** Throws {@link Unmet} unless it is so. */
  expect(isSo: boolean, expected: Text, also: Text | null = null): void {
    if (isSo) return;
    const { did } = this;
    throw new Unmet(expected, also === null ? did : { en: `${also.en}; ${did.en}`, ko: `${also.ko}; ${did.ko}` });
  }

  /** @param fd of the source; -1: it is in the event, or there is none */
  private hear(call: Call, fd = -1): void {
    this.calls.push(call);
    this.follow(call, fd);
    if (this.calls.length <= MOST_CALLS && this.polls <= MOST_POLLS) return;
    this.spinning ??= new Spinning(spinOf(this.calls.slice(-SPIN_CALLS)));
    throw this.spinning;
  }

  /** Keeps account of what was registered. */
  private follow(call: Call, fd: number): void {
    if (call.kind === 'wait') this.polls++;
    else if (call.kind !== 'poll' && call.kind !== 'ready') this.polls = 0;
    if (call.kind === 'register') this.registrations++;
    if (call.kind === 'register' || call.kind === 'close') this.unregistered.delete(fd);
    const [, accepted] = call.kind === 'accept' ? (/^fd (\d+)$/.exec(String(call.client)) ?? []) : [];
    if (accepted !== undefined) this.unregistered.add(Number(accepted));
  }
}
