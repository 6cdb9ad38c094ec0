/**
 * A duel: the same commands to two servers, over the same number of clients, and a comparison of every reply and of the whole state.
 *
 *   client 0 ─┬─▶ lab        a batch goes to both at once; the next batch, of whatever client, only when both have answered,
 *             └─▶ redis      so that both servers see one order of commands. A client that blocks stays parked while
 *   client 1 ─┬─▶ …          others go on, until something wakes it or its next batch unblocks it.
 */
import { encodeRequest, quoteWord } from '../../src/server/resp/request-encoder.js';
import type { Reply } from '../../src/server/resp/reply.js';
import { areAlike, type Likeness, valuesAreAlike } from '../support/compare-replies.js';
import { RawClient, type RawReply } from '../support/raw-client.js';
import type { FuzzCommand } from './generate.js';
import { STATE_KEYS } from './values.js';

export interface Step extends FuzzCommand {
  readonly client: number;
}

export interface Difference {
  readonly step: Step | null;
  /** The command, or the check of the state, that showed it. */
  readonly command: string;
  readonly lab: string;
  readonly redis: string;
  /** How many of the steps had been taken. */
  readonly taken: number;
}

/** Names and values for CONFIG SET. */
export type Settings = readonly (readonly [name: string, value: string])[];

export const CLIENTS = 3;
const DATABASES = 3;
/** A reply that has not come by then will not come. */
const PATIENCE_MS = 5_000;

/** One client: its two connections, and what both servers know of it. */
class Fighter {
  /** The blocking command whose reply is still open. */
  parked: Step | null = null;
  /** How the replies of queued commands are to be compared when EXEC brings them. */
  queued: Likeness[] = [];

  private constructor(
    readonly lab: RawClient,
    readonly redis: RawClient,
    readonly labId: string,
    readonly redisId: string,
  ) {}

  static async connect(labPort: number, redisPort: number): Promise<Fighter> {
    const [lab, redis] = await Promise.all([RawClient.connect(labPort), RawClient.connect(redisPort)]);
    const id = async (client: RawClient): Promise<string> => String((await client.exchange(encodeRequest(['CLIENT', 'ID']), 1))[0]?.value);
    return new Fighter(lab, redis, await id(lab), await id(redis));
  }

  exchange(bytes: string, count: number): Promise<[RawReply[], RawReply[]]> {
    return Promise.all([this.lab.exchange(bytes, count, PATIENCE_MS), this.redis.exchange(bytes, count, PATIENCE_MS)]);
  }

  close(): void {
    this.lab.close();
    this.redis.close();
  }
}

export class Duel {
  private taken = 0;

  private constructor(
    private readonly control: Fighter,
    private readonly fighters: readonly Fighter[],
  ) {}

  /** Empty databases, new connections and these settings on both servers. */
  static async begin(labPort: number, redisPort: number, settings: Settings = []): Promise<Duel> {
    const control = await Fighter.connect(labPort, redisPort);
    const preparations = [['FLUSHALL'], ...settings.map((setting) => ['CONFIG', 'SET', ...setting])];
    await control.exchange(preparations.map(encodeRequest).join(''), preparations.length);
    const fighters = [];
    for (let i = 0; i < CLIENTS; i++) fighters.push(await Fighter.connect(labPort, redisPort));
    return new Duel(control, fighters);
  }

  end(): void {
    for (const fighter of [this.control, ...this.fighters]) fighter.close();
  }

  /** Takes all steps, then compares the state. The first difference, or null. */
  async run(steps: readonly Step[]): Promise<Difference | null> {
    for (let at = 0; at < steps.length; ) {
      let end = at + 1;
      while (end < steps.length && steps[end]!.client === steps[at]!.client && !steps[end - 1]!.blocks) end++;
      const difference = await this.batch(steps.slice(at, end));
      if (difference !== null) return difference;
      at = end;
    }
    return this.compareState();
  }

  /** Steps of one client, at most the last of which blocks. */
  async batch(steps: readonly Step[]): Promise<Difference | null> {
    const fighter = this.fighters[steps[0]!.client]!;
    const late = await this.unpark(fighter);
    if (late !== null) return late;
    const last = steps.at(-1)!;
    const answered = last.blocks ? steps.slice(0, -1) : steps;
    const [lab, redis] = await fighter.exchange(answered.map(({ argv }) => encodeRequest(argv)).join(''), answered.length);
    for (const [i, step] of answered.entries()) {
      this.taken++;
      const difference = this.compare(fighter, step, lab[i], redis[i]);
      if (difference !== null) return difference;
    }
    if (last.blocks) await this.park(fighter, last);
    return null;
  }

  private async park(fighter: Fighter, step: Step): Promise<void> {
    this.taken++;
    fighter.parked = step;
    fighter.lab.send(encodeRequest(step.argv));
    fighter.redis.send(encodeRequest(step.argv));
    // Whoever answers this has seen the blocking command before.
    await this.control.exchange(encodeRequest(['PING']), 1);
  }

  private async unpark(fighter: Fighter): Promise<Difference | null> {
    const { parked } = fighter;
    if (parked === null) return null;
    fighter.parked = null;
    const [[lab], [redis]] = await Promise.all([
      this.control.lab.exchange(encodeRequest(['CLIENT', 'UNBLOCK', fighter.labId]), 1, PATIENCE_MS),
      this.control.redis.exchange(encodeRequest(['CLIENT', 'UNBLOCK', fighter.redisId]), 1, PATIENCE_MS),
    ]);
    if (lab?.bytes !== redis?.bytes) return this.differ(parked, `CLIENT UNBLOCK of the client that sent ${show(parked.argv)}`, lab, redis);
    const [[labReply], [redisReply]] = await fighter.exchange('', 1);
    return this.compare(fighter, parked, labReply, redisReply);
  }

  private compare(fighter: Fighter, step: Step, lab: RawReply | undefined, redis: RawReply | undefined): Difference | null {
    const name = step.argv[0]!.toUpperCase();
    if (lab === undefined || redis === undefined) return lab === redis ? null : this.differ(step, show(step.argv), lab, redis);
    const alike = isByIntent(step.argv, lab, redis) || (name === 'EXEC' ? this.compareExec(fighter, lab, redis) : areAlike(lab, redis, step.likeness));
    if (redis.bytes === '+QUEUED\r\n') fighter.queued.push(step.likeness);
    else if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') fighter.queued = [];
    return alike ? null : this.differ(step, show(step.argv), lab, redis);
  }

  private compareExec({ queued }: Fighter, lab: RawReply, redis: RawReply): boolean {
    if (lab.bytes === redis.bytes) return true;
    const [ours, theirs] = [lab.value, redis.value] as readonly Reply[] as readonly (readonly Reply[])[];
    if (!Array.isArray(ours) || !Array.isArray(theirs) || ours.length !== theirs.length) return false;
    return theirs.every((reply: Reply, i: number) => valuesAreAlike(ours[i] as Reply, reply, queued[i] ?? 'exact'));
  }

  /** Every key of every database: its type, encoding, expiry and value, with whatever command reads that type. */
  async compareState(): Promise<Difference | null> {
    for (const fighter of this.fighters) {
      const late = await this.unpark(fighter);
      if (late !== null) return late;
    }
    for (let database = 0; database < DATABASES; database++) {
      const difference = (await this.check([['SELECT', String(database)], ['DBSIZE']])) ?? (await this.compareKeys());
      if (difference !== null) return difference;
    }
    return null;
  }

  private async compareKeys(): Promise<Difference | null> {
    const [types] = await this.control.exchange(STATE_KEYS.map((key) => encodeRequest(['TYPE', key])).join(''), STATE_KEYS.length);
    const checks = STATE_KEYS.flatMap((key, i) => {
      const type = /^\+(\w+)/.exec(types[i]?.bytes ?? '')?.[1] ?? 'none';
      return type === 'none' ? [['TYPE', key]] : [['TYPE', key], ['OBJECT', 'ENCODING', key], ['PTTL', key], ...(READERS[type] ?? []).map((words) => words.map((word) => (word === 'KEY' ? key : word)))];
    });
    return this.check(checks);
  }

  private async check(commands: readonly (readonly string[])[]): Promise<Difference | null> {
    const [lab, redis] = await this.control.exchange(commands.map(encodeRequest).join(''), commands.length);
    for (const [i, argv] of commands.entries()) {
      const [ours, theirs] = [lab[i], redis[i]];
      if (ours === undefined || theirs === undefined || !areAlike(ours, theirs, STATE_LIKENESS[argv[0]!] ?? 'exact')) {
        if (ours !== undefined && theirs !== undefined && isByIntent(argv, ours, theirs)) continue;
        return this.differ(null, `state: ${show(argv)}`, ours, theirs);
      }
    }
    return null;
  }

  private differ(step: Step | null, command: string, lab: RawReply | undefined, redis: RawReply | undefined): Difference {
    return { step, command, lab: showReply(lab), redis: showReply(redis), taken: this.taken };
  }
}

/** What shows the whole value of a type; KEY stands for the key. */
const READERS: { readonly [type: string]: readonly (readonly string[])[] } = {
  string: [['GET', 'KEY']],
  list: [['LRANGE', 'KEY', '0', '-1']],
  hash: [['HGETALL', 'KEY'], ['HLEN', 'KEY']],
  set: [['SMEMBERS', 'KEY']],
  zset: [['ZRANGE', 'KEY', '0', '-1', 'WITHSCORES'], ['ZCARD', 'KEY']],
  stream: [['XRANGE', 'KEY', '-', '+'], ['XINFO', 'GROUPS', 'KEY']],
};
const STATE_LIKENESS: { readonly [command: string]: Likeness } = { PTTL: 'near', HGETALL: 'pairs', SMEMBERS: 'unordered' };

/** Differences that docs/differences.md names: they are no news. */
function isByIntent(argv: readonly string[], lab: RawReply, redis: RawReply): boolean {
  if (/^SORT(_RO)?$/i.test(argv[0]!)) return isSortByIntent(argv, lab, redis);
  // What INCRBYFLOAT leaves past 2^53 is called int here; Redis never calls it so.
  return argv[0] === 'OBJECT' && lab.value === 'int' && redis.value === 'embstr';
}

/**
 * Redis refuses to sort after another command has met a number out of range; and where two elements are equal, or nothing is to be sorted, it takes
 * the one first that its hash table has first: then a LIMIT may leave others.
 */
function isSortByIntent(argv: readonly string[], lab: RawReply, redis: RawReply): boolean {
  if (redis.bytes.startsWith('-ERR One or more scores')) return true;
  const words = argv.map((word) => word.toUpperCase());
  if (!words.includes('ALPHA') && !words.includes('BY')) return false;
  return areAlike(lab, redis, words.includes('LIMIT') ? 'shape' : 'unordered');
}

export function show(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function showReply(reply: RawReply | undefined): string {
  return reply === undefined ? 'no reply' : JSON.stringify(reply.bytes.length > 1500 ? `${reply.bytes.slice(0, 1500)}…` : reply.bytes);
}
