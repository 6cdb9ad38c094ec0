/**
 * Workbench: the environment of a lesson's test: a kernel, a traced poll on it, and clients that the test controls.
 *
 *   test ── client.send ──▶ kernel ──▶ poll of the learner's loop
 *        ◀─ client.receive ─┘            └──▶ trace ──▶ what the loop did, in words
 */
import { Poll, type TraceEvent } from '../poll/index.js';
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

/** The code under test calls again and again without effect. */
export class Spinning extends Error {
  constructor(readonly call: string) {
    super(`${call} was called ${MOST_CALLS} times`);
  }
}

export interface WorkbenchOptions {
  readonly seed?: number;
  readonly faults?: Partial<KernelFaults>;
}

/** Chosen by the third argument of run.ts, after FILE and LESSON. */
const kernels = kernelsOf((process.argv[4] ?? 'simulated') as KernelName);

export const ADDRESS = '127.0.0.1:7000';

export class Workbench {
  readonly kernel: Kernel;
  readonly poll: Poll;
  private events: TraceEvent[] = [];

  constructor({ seed = 1, faults = {} }: WorkbenchOptions = {}) {
    this.kernel = kernels({ seed, faults });
    this.poll = new Poll({ backend: this.kernel.backend, trace: (event) => this.hear(event) });
  }

  connect(): Peer {
    return this.kernel.connect(ADDRESS);
  }

  /** Forgets the calls so far. */
  watch(): void {
    this.events = [];
  }

  /** The number of such calls since {@link watch}. */
  count(kind: TraceEvent['kind'], result?: string): number {
    return this.events.filter((event) => event.kind === kind && (result === undefined || resultOf(event) === result)).length;
  }

  get trace(): readonly TraceEvent[] {
    return this.events;
  }

  /** The calls of the loop since {@link watch}, in at most two sentences. */
  get did(): Text {
    const calls = (['poll', 'accept', 'read', 'write', 'interest'] as const)
      .map((kind) => ({ kind, of: this.events.filter((event) => event.kind === kind) }))
      .filter(({ of }) => of.length > 0);
    if (calls.length === 0) return { en: 'the loop has called nothing of the poll', ko: '루프가 poll의 어떤 것도 호출하지 않았습니다' };
    const en = calls.map(({ kind, of }) => `${NAMES[kind]} was called ${times(of.length)}${resultsText(kind, of)}`);
    const ko = calls.map(({ kind, of }) => `${NAMES[kind]} ${of.length}번${resultsText(kind, of)}`);
    return { en: en.join('; '), ko: `호출: ${ko.join('; ')}` };
  }

  /** Throws {@link Unmet} unless it is so. */
  expect(isSo: boolean, expected: Text, also: Text | null = null): void {
    if (isSo) return;
    const { did } = this;
    throw new Unmet(expected, also === null ? did : { en: `${also.en}; ${did.en}`, ko: `${also.ko}; ${did.ko}` });
  }

  private hear(event: TraceEvent): void {
    this.events.push(event);
    if (this.events.length > MOST_CALLS) throw new Spinning(NAMES[event.kind] ?? event.kind);
  }
}

const NAMES: { readonly [kind: string]: string } = {
  wait: 'poll.poll', poll: 'poll.poll', accept: 'accept', read: 'read', write: 'write', interest: 'reregister',
};

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

function resultOf(event: TraceEvent): string {
  if (event.kind === 'accept') return typeof event.client === 'string' && !event.client.startsWith('fd') ? event.client : 'a stream';
  return 'result' in event ? String(event.result) : '';
}

/** ` (5 bytes, WouldBlock)`, the first few results. */
function resultsText(kind: string, events: readonly TraceEvent[]): string {
  if (kind === 'poll' || kind === 'interest') return '';
  const shown = events.slice(0, 4).map((event) => {
    const result = resultOf(event);
    return /^\d+$/.test(result) ? `${result} B` : result;
  });
  return ` (${shown.join(', ')}${events.length > shown.length ? ', …' : ''})`;
}
