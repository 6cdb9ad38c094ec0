/**
 * A campaign: many clients on a simulated kernel that read slowly, reset and half-close while it cuts, refuses and interrupts sends; every byte that a client
 * receives is compared with what it must be: in order, none lost, none twice. The same options give the same run.
 *
 *   each step   some clients act: ask (a pipeline), read (some of it, or everything), change their window, quit, half-close, close, reset
 *               → one to three turns
 *   at the end  no more faults, wide windows: whoever has neither left nor been reset has every reply
 */
import { Fifo } from '../../../src/shared/fifo.js';
import type { Faults } from '../../../src/server/io/backends/scripted.js';
import { type Lab, type LabClient, request, simulate, type SimulationOptions } from '../../server/simulation/harness.js';
import { Random } from '../random.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly requests: number;
  /** At a time. */
  readonly clients: number;
  readonly batchesSends: boolean;
  readonly edgeTriggered: boolean;
}

export interface CampaignResult {
  readonly requests: number;
  /** That have arrived, and were compared. */
  readonly replies: number;
  readonly connections: number;
  /** Connections that were reset by a client or by a fault. */
  readonly resets: number;
  /** Flushes of several sends. */
  readonly batches: number;
  /** Queued sends that a flush did not reach. */
  readonly leftOut: number;
}

const LARGEST = 64 * 1024;
const FILLER = '0123456789abcdefghijklmnopqrstuvwxyz'.repeat(LARGEST / 32);
const LONG_VALUE = FILLER.slice(0, 20_000);

/** What a client has asked for, and what it has received of that. */
class Caller {
  replies = 0;
  asked = 0;
  /** It has asked the server to close. */
  isQuitting = false;
  isGone = false;
  private readonly expected = new Fifo<string>();
  /** Bytes of the first expected reply that have arrived. */
  private at = 0;

  constructor(
    readonly number: number,
    readonly client: LabClient,
  ) {}

  get isAnswered(): boolean {
    return this.expected.length === 0;
  }

  /** Sends a pipeline. Returns the number of requests. */
  ask(random: Random, count: number): number {
    let requests = '';
    for (let i = 0; i < count; i++) requests += this.next(random);
    this.client.send(requests);
    return count;
  }

  private next(random: Random): string {
    this.asked++;
    const kind = random.below(64);
    if (kind === 0) return this.expects(request('GET', 'long'), bulk(LONG_VALUE));
    if (kind < 8) return this.expects('PING\r\n', '+PONG\r\n');
    if (kind < 12) return this.expects(request('INCR', `n:${this.number}:${this.asked}`), ':1\r\n');
    const payload = `${this.number}:${this.asked}:${FILLER.slice(0, sizeOf(random))}`;
    return this.expects(request('ECHO', payload), bulk(payload));
  }

  quit(): void {
    this.isQuitting = true;
    this.client.send(this.expects('QUIT\r\n', '+OK\r\n'));
  }

  private expects(sent: string, reply: string): string {
    this.expected.push(reply);
    return sent;
  }

  /** Reads at most `limit` bytes, and compares them. Throws if they are others than expected. */
  read(limit = Infinity): void {
    const received = this.client.take(limit);
    for (let from = 0; from < received.length;) {
      const reply = this.expected.first;
      const count = Math.min(received.length - from, (reply?.length ?? 0) - this.at);
      if (reply === undefined || !received.startsWith(count === reply.length ? reply : reply.slice(this.at, this.at + count), from)) {
        throw new Error(`client ${this.number}, reply ${this.replies}, byte ${this.at}: received ${JSON.stringify(received.slice(from, from + 60))}`);
      }
      from += count;
      this.at += count;
      if (this.at < reply.length) continue;
      this.expected.shift();
      this.at = 0;
      this.replies++;
    }
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** Mostly small, sometimes around the largest that the kernel's batches copy, seldom very large. */
function sizeOf(random: Random): number {
  const kind = random.below(120);
  if (kind === 0) return random.below(LARGEST - 40);
  if (kind < 3) return 4040 + random.below(80);
  return random.below(kind < 20 ? 1000 : 60);
}

/** Throws if a client receives anything except the expected bytes, or is disconnected without a reason. @param open may record the server */
export function campaign({ seed, requests, clients, batchesSends, edgeTriggered }: CampaignOptions, open: (options: SimulationOptions) => Lab = simulate): CampaignResult {
  const random = new Random(seed ^ 0x51ed_270b);
  const faults = faultsOf(random);
  using lab = open({ seed, edgeTriggered, batchesSends });
  const setter = lab.connect();
  setter.ask('SET', 'long', LONG_VALUE);
  setter.close();
  lab.poll.faults = { ...lab.poll.faults, ...faults };
  const run = new Run(lab, random, clients);
  while (run.asked < requests) run.step(requests - run.asked);
  run.finish();
  return run.result;
}

/** Another kernel for each seed. */
function faultsOf(random: Random): Partial<Faults> {
  const often = (): number => random.pick([0, 0.05, 0.3]);
  return {
    partial: often(), wouldBlock: often(), spurious: often() / 4, interrupt: often() / 4, acceptFails: often(), notQueued: often(), cutBatch: often(),
    reset: random.pick([0, 0, 0.0005]),
  };
}

class Run {
  asked = 0;
  private replies = 0;
  private connections = 0;
  private resets = 0;
  private callers: Caller[] = [];

  constructor(
    private readonly lab: Lab,
    private readonly random: Random,
    private readonly most: number,
  ) {}

  get result(): CampaignResult {
    const { asked: requests, replies, connections, resets, lab } = this;
    return { requests, replies, connections, resets, batches: lab.poll.batches, leftOut: lab.poll.leftOut };
  }

  step(left: number): void {
    const { lab, random } = this;
    while (this.callers.length < this.most) this.callers.push(new Caller(this.connections++, lab.connectLater()));
    let may = left;
    for (const caller of this.callers) {
      if (random.below(3) === 0) may -= this.act(caller, may);
    }
    lab.turn(1 + random.below(3));
    // After a failed accept the server waits before it tries again.
    if (random.below(4) === 0) lab.clock.advance(100);
    this.bury();
  }

  /** Returns the number of requests sent. */
  private act(caller: Caller, most: number): number {
    const { random } = this;
    const { client } = caller;
    const kind = random.below(100);
    if (kind < 40) caller.read();
    else if (kind < 55) caller.read(1 + random.below(random.pick([5, 100, 5000])));
    else if (kind < 60) client.peer.setWindow(random.pick([0, 1 + random.below(20), random.below(10_000), 1_000_000]));
    else if (this.isOver(caller) || caller.isQuitting || most === 0) return 0;
    else if (kind < 97) return this.ask(caller, Math.min(most, 1 + (random.below(4) === 0 ? random.below(64) : random.below(3))));
    else this.leave(caller);
    return 0;
  }

  /** Usually waits for its replies first. */
  private ask(caller: Caller, count: number): number {
    if (!caller.isAnswered && this.random.below(6) > 0) {
      caller.read();
      return 0;
    }
    this.asked += count;
    return caller.ask(this.random, count);
  }

  private leave(caller: Caller): void {
    const { client } = caller;
    const way = this.random.below(5);
    if (way === 0) client.shutdown();
    else if (way === 1) client.close();
    else if (way === 2) client.reset();
    else if (way === 3) caller.quit();
    else if (caller.isAnswered) client.close();
  }

  /** Its own side has ended: by itself or by a fault. */
  private isOver({ client }: Caller): boolean {
    return client.peer.isShutDown || client.isClosedByServer;
  }

  /** Removes clients that have left, or that the server has closed. */
  private bury(): void {
    this.callers = this.callers.filter((caller) => {
      const { client, isQuitting, number } = caller;
      if (!client.isClosedByServer) return true;
      caller.read();
      this.replies += caller.replies;
      if (client.peer.wasReset) this.resets++;
      if (client.peer.isShutDown) return false;
      if (!isQuitting) throw new Error(`client ${number} was disconnected`);
      if (!caller.isAnswered) throw new Error(`client ${number} was disconnected before it had all replies`);
      return false;
    });
  }

  /** No more faults: whoever is still there receives everything. */
  finish(): void {
    const { lab } = this;
    lab.poll.faults = { ...lab.poll.faults, partial: 0, wouldBlock: 0, spurious: 0, interrupt: 0, reset: 0, acceptFails: 0, notQueued: 0, cutBatch: 0 };
    for (const { client } of this.callers) client.peer.setWindow(1_000_000);
    // What is read makes room for more.
    for (let before = -1, now = 0; now !== before;) {
      before = now;
      lab.advance(1000);
      for (const caller of this.callers) caller.read();
      now = lab.poll.movedBytes;
    }
    this.bury();
    for (const caller of this.callers) {
      if (this.isOver(caller)) throw new Error(`client ${caller.number} has left, and its connection is still open`);
      if (!caller.isAnswered) throw new Error(`client ${caller.number} has not received all replies`);
      this.replies += caller.replies;
    }
    const { bytesRead, bytesWritten } = lab.server.stats;
    if (bytesRead + bytesWritten !== lab.poll.movedBytes) throw new Error(`the server counts ${bytesRead + bytesWritten} bytes, the kernel ${lab.poll.movedBytes}`);
  }
}
