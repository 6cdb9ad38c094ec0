/**
 * Random faults for thousands of turns, checked against a model: each client has a key space of its own, so the model knows every
 * reply. Whatever happens to the wire, a prefix of what must arrive arrives, in order; and without resets all of it.
 *
 * A failure prints its seed: `simulate` with that seed and these options replays it.
 */
import { describe, expect, test } from 'vitest';
import type { Faults } from '../../../src/server/io/backends/scripted.js';
import { seededRandom } from '../../../src/shared/random.js';
import { type Lab, type LabClient, request, simulate } from './harness.js';

const ROUGH: Partial<Faults> = { partial: 0.4, wouldBlock: 0.2, spurious: 0.05, interrupt: 0.05, acceptFails: 0.1 };
const CRUEL: Partial<Faults> = { ...ROUGH, reset: 0.002 };

/** The test's own random choices, separate from those of the kernel: integers in [0, limit). */
function dice(seed: number): (limit: number) => number {
  const random = seededRandom(seed ^ 0x9e3779b9);
  return (limit) => Math.floor(random() * limit);
}

class ModelledClient {
  private sent = '';
  /** Of what must arrive, what has not been found correct yet: a storm sends megabytes, too much to compare all of it in every round. */
  private expected = '';
  /** What has arrived since the last check. */
  private received = '';
  private correct = 0;
  private readonly values = new Map<string, string>();

  constructor(
    readonly client: LabClient,
    private readonly name: number,
    private readonly roll: (limit: number) => number,
  ) {}

  get isOver(): boolean {
    return this.client.isClosedByServer || this.client.peer.isShutDown;
  }

  /** A pipeline of a few requests; usually only a part of it is sent now. */
  act(): void {
    if (this.isOver) return;
    for (let i = this.roll(4); i > 0; i--) this.sent += this.next();
    const bytes = this.roll(3) === 0 ? this.sent.length : this.roll(this.sent.length + 1);
    this.client.send(this.sent.slice(0, bytes));
    this.sent = this.sent.slice(bytes);
  }

  finish(): void {
    if (!this.isOver) this.client.send(this.sent);
    this.sent = '';
  }

  /** A reader that is sometimes slow. */
  read(): void {
    this.received += this.client.take(this.roll(2) === 0 ? this.roll(2000) : undefined);
  }

  readAll(): void {
    this.received += this.client.receive();
  }

  check(seed: number): void {
    const { expected, received } = this;
    if (!expected.startsWith(received)) {
      let at = 0;
      while (received[at] === expected[at]) at++;
      const [wanted, got] = [expected, received].map((text) => JSON.stringify(text.slice(at, at + 80)));
      throw new Error(`seed ${seed}, client ${this.name}: at byte ${this.correct + at} expected ${wanted}, got ${got}`);
    }
    this.correct += received.length;
    this.expected = expected.slice(received.length);
    this.received = '';
  }

  /** Whether all has arrived, and was correct. */
  get isComplete(): boolean {
    return this.expected === '' && this.received === '';
  }

  private next(): string {
    const key = `client:${this.name}:${this.roll(3)}`;
    switch (this.roll(5)) {
      case 0:
      case 1: {
        const value = String.fromCharCode(this.roll(256)).repeat(this.roll(this.roll(10) === 0 ? 100_000 : 50));
        this.values.set(key, value);
        this.expected += '+OK\r\n';
        return request('SET', key, value);
      }
      case 2:
        this.expected += '+PONG\r\n';
        return 'PING\r\n';
      case 3:
        this.expected += `-ERR unknown command 'NOPE', with args beginning with: '${this.name}' \r\n`;
        return request('NOPE', String(this.name));
      default: {
        const value = this.values.get(key);
        this.expected += value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`;
        return request('GET', key);
      }
    }
  }
}

/** Runs clients through rounds of sending, turning and reading; returns all of them. */
function storm(lab: Lab, rounds: number): ModelledClient[] {
  const roll = dice(lab.seed);
  const clients: ModelledClient[] = [];
  for (let round = 0; round < rounds; round++) {
    if (clients.length < 12 || roll(10) === 0) {
      const client = lab.connectLater();
      client.peer.setWindow(1 + roll(20_000));
      clients.push(new ModelledClient(client, clients.length, roll));
    }
    for (const client of clients) if (roll(3) === 0) client.act();
    lab.turn(1 + roll(3));
    if (roll(10) === 0) lab.advance(roll(150));
    for (const client of clients) client.read();
    for (const client of clients) client.check(lab.seed);
  }
  return clients;
}

/** Lets everything that is still on its way arrive. */
function calm(lab: Lab, clients: readonly ModelledClient[]): void {
  lab.poll.faults = { ...lab.poll.faults, acceptFails: 0, reset: 0 };
  for (const client of clients) client.finish();
  lab.advance(200);
  for (const client of clients) client.readAll();
}

const MODES = [
  { mode: 'level-triggered', edgeTriggered: false, batchesSends: false },
  { mode: 'edge-triggered', edgeTriggered: true, batchesSends: false },
  { mode: 'level-triggered with batched sends', edgeTriggered: false, batchesSends: true },
  { mode: 'edge-triggered with batched sends', edgeTriggered: true, batchesSends: true },
];

/** Storms for each test and mode; `node scripts/campaign.mjs STORMS` tries more. */
const STORMS = Number(process.env.STORMS ?? 2);
const seedsFrom = (first: number): readonly number[] => Array.from({ length: STORMS }, (_, i) => first + i);

describe.each(MODES)('$mode', ({ edgeTriggered, batchesSends }) => {
  test.each(seedsFrom(1))('seed %i: partial reads and writes, WouldBlock and signals lose no byte', (seed) => {
    using lab = simulate({ seed, edgeTriggered, batchesSends, faults: ROUGH });
    const clients = storm(lab, 300);
    calm(lab, clients);
    for (const client of clients) client.check(seed);
    expect(clients.filter((client) => !client.isComplete), `seed ${seed}`).toEqual([]);
    expect(lab.server.sessions.size).toBe(clients.length);
    expect(lab.poll.batches > 100).toBe(batchesSends);
  });

  test.each(seedsFrom(11))('seed %i: with resets, what arrives is correct, and broken connections are forgotten', (seed) => {
    using lab = simulate({ seed, edgeTriggered, batchesSends, faults: CRUEL });
    const clients = storm(lab, 300);
    calm(lab, clients);
    for (const client of clients) client.check(seed);
    const living = clients.filter((client) => !client.isOver);
    expect(living.length, `seed ${seed}`).toBeLessThan(clients.length);
    expect(living.filter((client) => !client.isComplete), `seed ${seed}`).toEqual([]);
    expect(lab.server.sessions.size).toBe(living.length);
    expect(lab.poll.descriptors).toBe(living.length + 1);
  });

  test('the same seed gives the same run, event by event', () => {
    const run = (): string => {
      using lab = simulate({ seed: 21, edgeTriggered, batchesSends, faults: CRUEL });
      const events = lab.record();
      storm(lab, 60);
      return JSON.stringify(events);
    };
    expect(run() === run()).toBe(true);
  });
});
