/**
 * The fuzzer of replication: random commands to a master while the link of its replica is cut at random; then both must hold the same.
 *
 *   round (its own seed): settings, trouble planned ─▶ writers in pipelines, blocking clients ┬─▶ writers stop ─▶ the wire is released ─▶ compared
 *                                                     cuts, held wires, kills, new IDs ───────┘
 *
 * The clocks are real, so no time that is sent comes meanwhile. A round is made from its seed; how commands and cuts fall together is not, so that another run
 * of the same seed may find nothing: the commands since the last equal state are reported with a difference.
 */
import { encodeRequest } from '../../../src/server/resp/request-encoder.js';
import { RawClient } from '../../support/raw-client.js';
import { show } from '../duel.js';
import { familyTemplates, generate, type Template } from '../generate.js';
import { Random } from '../random.js';
import { resolveStandIns, type Side } from '../stand-ins.js';
import { Pair, type PairOptions, pause, type Synchronizations } from './pair.js';

export interface ReplicationFuzzOptions extends PairOptions {
  readonly seed: number;
  /** Stops after the round in which this many have been sent. */
  readonly commands: number;
  /** Rounds that were played before, and are left out. */
  readonly skippedRounds?: number;
  readonly roundDone?: (round: { readonly number: number; readonly commands: number }) => void;
  /** Commands of a round; left out: 4000. */
  readonly roundCommands?: number;
}

export interface ReplicationFuzzSummary {
  readonly commands: number;
  readonly rounds: number;
  readonly cuts: number;
  readonly synchronizations: Synchronizations;
  readonly difference: ReplicationDifference | null;
}

export interface ReplicationDifference {
  readonly round: number;
  readonly what: string;
  /** Since both were equal the last time, as they were sent: the client, then the command. */
  readonly commands: readonly string[];
  readonly trouble: readonly string[];
}

const FAMILIES = [
  'strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'lex', 'streams', 'hyperloglog', 'geo', 'sort', 'scripts',
  'functions', 'dumps', 'transactions', 'connection',
];
const WRITERS = 3;
const BLOCKERS = 2;
const MAX_BATCH = 60;
const ROUND_COMMANDS = 4000;
const PATIENCE_MS = 60_000;

/** Which thresholds do not matter to the stream: a master writes down what it has done, not how. */
const THRESHOLDS: { readonly [setting: string]: readonly string[] } = {
  'hash-max-listpack-entries': ['2', '128'],
  'zset-max-listpack-entries': ['2', '128'],
  'set-max-intset-entries': ['2', '512'],
  'list-max-listpack-size': ['1', '-2'],
  'stream-node-max-entries': ['2', '100'],
};

/** Plays rounds until enough commands were sent, or the replica holds something else than its master. */
export async function fuzzReplication(options: ReplicationFuzzOptions): Promise<ReplicationFuzzSummary> {
  const pair = await Pair.start(options);
  const random = new Random(options.seed);
  let [commands, rounds] = [0, 0];
  let difference: ReplicationDifference | null = null;
  try {
    for (let number = 1; commands < options.commands && difference === null; number++) {
      const seed = random.below(0x7fffffff);
      if (number <= (options.skippedRounds ?? 0)) continue;
      const round = new Round(pair, new Random(seed));
      difference = await round.play(number, Math.min(options.roundCommands ?? ROUND_COMMANDS, options.commands - commands));
      commands += round.sent.length;
      rounds++;
      if (difference === null) options.roundDone?.({ number, commands: round.sent.length });
    }
    return { commands, rounds, cuts: pair.wire.cuts, synchronizations: await pair.synchronizations(), difference };
  } finally {
    await pair.close();
  }
}

class Round {
  /** The commands, each behind its client. */
  readonly sent: string[] = [];
  readonly trouble: string[] = [];
  private isOver = false;

  constructor(
    private readonly pair: Pair,
    private readonly random: Random,
  ) {}

  async play(number: number, commands: number): Promise<ReplicationDifference | null> {
    const { pair, random } = this;
    await this.configure();
    const seeds = Array.from({ length: WRITERS + BLOCKERS + 1 }, () => new Random(random.below(0x7fffffff)));
    const background = Promise.all([
      this.makeTrouble(seeds[0]!),
      ...Array.from({ length: BLOCKERS }, (_, i) => this.block('de'[i]!, seeds[1 + WRITERS + i]!)),
    ]);
    const share = Math.ceil(commands / WRITERS);
    try {
      await Promise.all(Array.from({ length: WRITERS }, (_, i) => this.write('abc'[i]!, seeds[1 + i]!, share)));
    } finally {
      this.isOver = true;
      await background;
    }
    pair.wire.release();
    const what = await pair.difference();
    return what === null ? null : { round: number, what, commands: this.sent, trouble: this.trouble };
  }

  private async configure(): Promise<void> {
    const { random, pair: { master, replica } } = this;
    const set = async (client: typeof master, name: string, value: string): Promise<void> => {
      const reply = await client.call('CONFIG', 'SET', name, value);
      if (JSON.stringify(reply) !== '{"simple":"OK"}') throw new Error(`CONFIG SET ${name} ${value}: ${JSON.stringify(reply)}`);
    };
    for (const client of [master, replica]) for (const [name, values] of Object.entries(THRESHOLDS)) await set(client, name, random.pick(values));
    await set(master, 'repl-backlog-size', random.pick(['16384', '65536', '1048576', '10485760']));
    await set(master, 'repl-diskless-sync', random.pick(['yes', 'no']));
    await set(replica, 'repl-diskless-load', random.pick(['disabled', 'disabled', 'swapdb']));
    // So that a dataset is long enough to be cut in the middle.
    if (random.chance(0.3)) {
      const client = await RawClient.connect(this.pair.masterPort);
      const fills = Array.from({ length: 300 }, (_, i) => encodeRequest(['SET', `filled:${i}`, this.incompressible(random.between(10, 3000))]));
      await client.exchange(fills.join(''), fills.length);
      client.close();
    }
  }

  private incompressible(length: number): string {
    return Array.from({ length }, () => String.fromCharCode(33 + this.random.below(90))).join('');
  }

  private async write(name: string, random: Random, share: number): Promise<void> {
    let client = await RawClient.connect(this.pair.masterPort);
    // Of a master and its replica only the master is asked: both sides of a duel are the same here, and ask one after the other.
    let asked: Promise<unknown> = Promise.resolve();
    const ask: Side['ask'] = (requests, count) => {
      const replies = asked.then(() => client.exchange(requests, count, PATIENCE_MS));
      asked = replies;
      return replies;
    };
    const side: Side = { ids: [], ask };
    const families = FAMILIES.filter(() => random.chance(0.5));
    const templates = (families.length === 0 ? FAMILIES : families).flatMap(familyTemplates).filter(({ listens }) => !listens);
    for (let left = share; left > 0; ) {
      const batch = Array.from({ length: Math.min(left, random.between(1, MAX_BATCH)) }, () => generate(random, random.pick(templates)).argv);
      left -= batch.length;
      const [commands] = await resolveStandIns(batch, side, side);
      for (const argv of commands) this.sent.push(`${name}> ${show(argv)}`);
      const replies = await client.exchange(commands.map(encodeRequest).join(''), commands.length, PATIENCE_MS);
      const unanswered = commands[replies.length];
      // Scripts make replies that are no RESP, a big number with a line end in it for one.
      if (client.ended === 'broken') client = await RawClient.connect(this.pair.masterPort);
      else if (unanswered !== undefined) throw new Error(`${name}> ${show(unanswered)} is not answered (${client.ended ?? 'in time'})`);
    }
    client.close();
  }

  /** One command at a time, which waits until the writers of lists, sorted sets and streams serve it, or the round is over. */
  private async block(name: string, random: Random): Promise<void> {
    const templates: readonly Template[] = familyTemplates('blocking');
    const client = await RawClient.connect(this.pair.masterPort);
    while (!this.isOver) {
      const { argv } = generate(random, random.pick(templates));
      this.sent.push(`${name}> ${show(argv)}`);
      client.send(encodeRequest(argv));
      while (!this.isOver && (await client.next(50)) === 'timeout');
    }
    client.close();
  }

  private async makeTrouble(random: Random): Promise<void> {
    const { wire, master, replica } = this.pair;
    const kinds: { readonly [name: string]: () => void | Promise<unknown> } = {
      cut: () => wire.cut(),
      'cut soon': () => wire.cutAfter(random.below(2000)),
      'cut later': () => wire.cutAfter(random.below(200_000)),
      'cut again and again': async () => {
        for (let times = random.between(2, 5); times > 0; times--) {
          wire.cutAfter(random.below(times * 500));
          await pause(random.below(60));
        }
      },
      hold: async () => {
        wire.hold();
        await pause(random.below(400));
        wire.release();
      },
      'kill replicas': () => master.call('CLIENT', 'KILL', 'TYPE', 'replica'),
      'kill master': () => replica.call('CLIENT', 'KILL', 'TYPE', 'master'),
      'another ID': async () => {
        await master.call('DEBUG', 'CHANGE-REPL-ID');
        wire.cut();
      },
      'promote and follow': async () => {
        await replica.call('REPLICAOF', 'NO', 'ONE');
        await pause(random.below(30));
        await this.pair.follow();
      },
      'cut the dataset': async () => {
        await replica.call('REPLICAOF', 'NO', 'ONE');
        wire.cutAfter(random.below(500_000));
        await this.pair.follow();
      },
    };
    // Behind most of them the replica can go on where it stopped, if the backlog is long enough.
    const rare = ['another ID', 'promote and follow', 'cut the dataset', 'hold'];
    const names = Object.keys(kinds).flatMap((name) => (rare.includes(name) ? [name] : [name, name, name, name]));
    while (!this.isOver) {
      await pause(random.below(300));
      const name = random.pick(names);
      this.trouble.push(`behind command ${this.sent.length}: ${name}`);
      await kinds[name]!();
    }
  }
}

export function summarizeReplication({ master, replica, seed }: ReplicationFuzzOptions, summary: ReplicationFuzzSummary): string {
  const { commands, rounds, cuts, synchronizations: { full, partial, refused }, difference } = summary;
  const outcome = difference === null ? 'equal at every pause' : 'DIFFERENT';
  const synchronized = `${full} full and ${partial} partial resynchronizations (${refused} refused)`;
  return `${master} → ${replica}: seed ${seed}, ${commands} commands, ${rounds} pauses, ${cuts} cuts, ${synchronized}: ${outcome}`;
}
