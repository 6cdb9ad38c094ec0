/**
 * A whole server on a simulated kernel and a virtual clock, in the calling thread: the result is a function of the seed and the scenario.
 *
 *     const transcript = simulate(7, (lab) => {
 *       const client = lab.connect();
 *       client.ask('SET', 'k', 'v', 'PX', '100');
 *       lab.advance('100ms');
 *       expect(client.ask('GET', 'k')).toBe(null);
 *     });
 *
 * Nothing waits and nothing is asynchronous. Words and strings of replies are latin1: one character is one byte.
 */
import { Config, type SettingValues } from '../server/config.js';
import { type Faults, type ScriptedPeer, ScriptedPoll } from '../server/io/backends/scripted.js';
import { ManualClock, VirtualClock } from '../server/loop/clock.js';
import { encodeRequest, ReplyReader, type Reply } from '../server/index.js';
import { Server } from '../server/server.js';
import { durationUs } from '../shared/duration.js';
import { type Transcript, TranscriptRecorder } from './transcript.js';

export interface SimulationOptions {
  readonly settings?: Partial<SettingValues>;
  readonly edgeTriggered?: boolean;
  /** The probability of each fault of the wire, from 0 to below 1; 0 by default. */
  readonly faults?: Partial<Faults>;
  /** Unix time in ms at the start. */
  readonly startMs?: number;
}

const START_MS = 1_700_000_000_000;

/** A loop that is busy for this number of turns without moving a byte is considered spinning. */
const MOST_TURNS = 1_000_000;

/** Runs the scenario and ends its server. Returns what its clients have sent and received. Errors of the scenario are thrown with the seed in their message. */
export function simulate(seed: number, scenario: (lab: Simulation) => void, options: SimulationOptions = {}): Transcript {
  const lab = new Simulation(seed, options);
  try {
    scenario(lab);
    return lab.transcript();
  } catch (error) {
    if (error instanceof Error) error.message += ` (seed ${seed})`;
    throw error;
  } finally {
    lab.close();
  }
}

export class Simulation {
  private readonly clock: VirtualClock;
  private readonly poll: ScriptedPoll;
  private readonly server: Server;
  private readonly recorder = new TranscriptRecorder();

  constructor(readonly seed: number, { settings, edgeTriggered = false, faults = {}, startMs = START_MS }: SimulationOptions) {
    const real = new ManualClock(startMs);
    const clock = (this.clock = new VirtualClock(startMs, real));
    const poll = (this.poll = new ScriptedPoll({ clock: real, seed, edgeTriggered, faults }));
    poll.sleepLimitMs = 0;
    this.server = new Server({ poll, clock, seed, config: new Config(settings), log: () => {} });
    this.server.tap.sink = { emit: (event) => this.recorder.hear(event, clock.nowUs / 1000) };
    this.server.listen();
  }

  /** Unix time in ms. */
  get nowMs(): number {
    return this.clock.nowMs;
  }

  connect(): SimulatedClient {
    const client = new SimulatedClient(this, this.poll.connectClient());
    this.settle();
    return client;
  }

  /** Lets this time pass, as `server.advance` does: everything due meanwhile happens in due order, each at its own time. */
  advance(duration: number | string): void {
    this.settle();
    this.clock.advance(durationUs(duration));
    this.settle();
  }

  /** Runs turns of the loop until there is nothing left to do; no time passes. */
  settle(): void {
    const { poll } = this;
    for (let fruitless = 0; fruitless < MOST_TURNS; fruitless++) {
      const { movedBytes } = poll;
      const hasMore = this.server.loop.timeoutMs() === 0;
      this.server.loop.turn();
      if (!hasMore && poll.readyCount === 0) return;
      if (poll.movedBytes > movedBytes) fruitless = 0;
    }
    throw new Error('the loop does not come to rest');
  }

  transcript(): Transcript {
    return this.recorder.read();
  }

  /** @internal */
  close(): void {
    this.server.close();
  }
}

export class SimulatedClient {
  private readonly reader = new ReplyReader();

  /** @internal */
  constructor(
    private readonly lab: Simulation,
    private readonly peer: ScriptedPeer,
  ) {}

  /** Sends a request without waiting. */
  send(...argv: string[]): void {
    this.peer.send(encodeRequest(argv));
  }

  /** The replies received once the loop has nothing left to do, as JavaScript's own types where possible. */
  receive(): Reply[] {
    const replies: Reply[] = [];
    for (;;) {
      this.lab.settle();
      const bytes = this.peer.receive();
      if (bytes === '') return replies;
      this.reader.read(Buffer.from(bytes, 'latin1'), (reply) => replies.push(plain(reply)));
    }
  }

  /** Sends a request and returns its reply; undefined: there is none yet. */
  ask(...argv: string[]): Reply | undefined {
    this.send(...argv);
    return this.receive().at(-1);
  }

  get isClosedByServer(): boolean {
    return this.peer.isClosedByServer;
  }

  close(): void {
    this.peer.close();
    this.lab.settle();
  }

  /** Resets the connection (RST). */
  reset(): void {
    this.peer.reset();
    this.lab.settle();
  }
}

/** A status becomes its text, and each form of nil becomes null. */
function plain(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(plain);
  if (typeof reply !== 'object' || reply === null || !('type' in reply)) return reply;
  if (reply.type === 'simple') return reply.text;
  return reply.type === 'null-array' ? null : reply;
}
