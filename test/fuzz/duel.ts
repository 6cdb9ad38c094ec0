/**
 * A duel: the same commands to two servers, over the same number of clients, and a comparison of every reply and of the whole state.
 *
 *   client a ─┬─▶ lab        a batch goes to both at once; the next batch, of whatever client, only when both have answered,
 *             └─▶ redis      so that both servers see one order of commands. A client that blocks stays parked while
 *   client b ─┬─▶ …          others go on, until something wakes it or its next batch unblocks it.
 *   client d ─┬─▶ …          d and e listen: after each batch what they have been sent meanwhile is compared, too.
 */
import { encodeRequest, quoteWord } from '../../src/server/resp/request-encoder.js';
import type { Reply } from '../../src/server/resp/reply.js';
import { areAlike, type Likeness, valuesAreAlike } from '../support/compare-replies.js';
import { RawClient, type RawReply } from '../support/raw-client.js';
import { isByIntent, isValueByIntent, likenessInTransaction } from './by-intent.js';
import { compareDamaged } from './damage.js';
import type { FuzzCommand } from './generate.js';
import { type Received, receive, sortOut } from './listener.js';
import { isDamaged, resolveStandIns, type Side } from './stand-ins.js';
import { compareState, type Pair, type StateDifference } from './state.js';
import { CLIENTS, FIGHTERS } from './values.js';

export interface Step extends FuzzCommand {
  readonly client: number;
}

export interface Difference {
  readonly step: Step | null;
  /** The command, or the check, that showed it. */
  readonly command: string;
  readonly lab: string;
  readonly redis: string;
  /** How many of the steps had been taken. */
  readonly taken: number;
}

/** Names and values for CONFIG SET. */
export type Settings = readonly (readonly [name: string, value: string])[];

/** A reply that has not come by then will not come. */
const PATIENCE_MS = 5_000;

/** Keys that are due go when they are met, not when a timer fires; and a damaged payload is looked at closely, as the lab always does. */
const PREPARATIONS = [['FLUSHALL'], ['SCRIPT', 'FLUSH'], ['FUNCTION', 'FLUSH'], ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'], ['CONFIG', 'SET', 'sanitize-dump-payload', 'yes']];

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

  exchange(lab: string, redis: string, count: number): Promise<[RawReply[], RawReply[]]> {
    return Promise.all([this.lab.exchange(lab, count, PATIENCE_MS), this.redis.exchange(redis, count, PATIENCE_MS)]);
  }

  close(): void {
    this.lab.close();
    this.redis.close();
  }
}

export class Duel {
  private taken = 0;
  /** Whether d or e has been sent anything. */
  private someoneListens = false;
  private readonly labSide: Side;
  private readonly redisSide: Side;

  private constructor(
    private readonly control: Fighter,
    private readonly fighters: readonly Fighter[],
  ) {
    const { lab, redis } = control;
    this.labSide = { ids: fighters.map(({ labId }) => labId), ask: (requests, count) => lab.exchange(requests, count, PATIENCE_MS) };
    this.redisSide = { ids: fighters.map(({ redisId }) => redisId), ask: (requests, count) => redis.exchange(requests, count, PATIENCE_MS) };
  }

  /** Empty databases, new connections and these settings on both servers. */
  static async begin(labPort: number, redisPort: number, settings: Settings = []): Promise<Duel> {
    const control = await Fighter.connect(labPort, redisPort);
    const preparations = [...PREPARATIONS, ...settings.map((setting) => ['CONFIG', 'SET', ...setting])];
    const requests = preparations.map(encodeRequest).join('');
    await control.exchange(requests, requests, preparations.length);
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
      while (end < steps.length && steps[end]!.client === steps[at]!.client && !steps[end - 1]!.blocks && !isDamaged(steps[end]!.argv) && !isDamaged(steps[at]!.argv)) end++;
      const difference = await this.batch(steps.slice(at, end));
      if (difference !== null) return difference;
      at = end;
    }
    return this.compareState();
  }

  /** Steps of one client, at most the last of which blocks; or a single one with a damaged payload. */
  async batch(steps: readonly Step[]): Promise<Difference | null> {
    const { client } = steps[0]!;
    const [lab, redis] = await resolveStandIns(steps.map(({ argv }) => argv), this.labSide, this.redisSide);
    if (isDamaged(steps[0]!.argv)) {
      this.taken++;
      return this.stateDiffers(await compareDamaged(this.control, lab[0]!.at(-1)!));
    }
    if (client >= FIGHTERS) {
      this.someoneListens = true;
      this.taken += steps.length;
      return (await this.hear(client, steps.at(-1)!, lab.map(encodeRequest).join(''), redis.map(encodeRequest).join(''))) ?? this.hearAll(steps.at(-1)!);
    }
    return (await this.fight(this.fighters[client]!, steps, lab.map(encodeRequest), redis.map(encodeRequest))) ?? this.hearAll(steps.at(-1)!);
  }

  private async fight(fighter: Fighter, steps: readonly Step[], labRequests: readonly string[], redisRequests: readonly string[]): Promise<Difference | null> {
    const late = await this.unpark(fighter);
    if (late !== null) return late;
    const last = steps.at(-1)!;
    const answered = last.blocks ? steps.slice(0, -1) : steps;
    const [lab, redis] = await fighter.exchange(labRequests.slice(0, answered.length).join(''), redisRequests.slice(0, answered.length).join(''), answered.length);
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
    const ping = encodeRequest(['PING']);
    await this.control.exchange(ping, ping, 1);
  }

  private async unpark(fighter: Fighter): Promise<Difference | null> {
    const { parked } = fighter;
    if (parked === null) return null;
    fighter.parked = null;
    const unblock = (id: string): string => encodeRequest(['CLIENT', 'UNBLOCK', id]);
    const [[lab], [redis]] = await this.control.exchange(unblock(fighter.labId), unblock(fighter.redisId), 1);
    if (lab?.bytes !== redis?.bytes) return this.differ(parked, `CLIENT UNBLOCK of the client that sent ${show(parked.argv)}`, lab, redis);
    const [[labReply], [redisReply]] = await fighter.exchange('', '', 1);
    return this.compare(fighter, parked, labReply, redisReply);
  }

  private compare(fighter: Fighter, step: Step, lab: RawReply | undefined, redis: RawReply | undefined): Difference | null {
    const name = step.argv[0]!.toUpperCase();
    if (lab === undefined || redis === undefined) return lab === redis ? null : this.differ(step, show(step.argv), lab, redis);
    const alike = isByIntent(step.argv, lab, redis) || (name === 'EXEC' ? this.compareExec(fighter, lab, redis) : areAlike(lab, redis, step.likeness));
    if (redis.bytes === '+QUEUED\r\n') fighter.queued.push(likenessInTransaction(step.argv, step.likeness));
    else if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') fighter.queued = [];
    return alike ? null : this.differ(step, show(step.argv), lab, redis);
  }

  private compareExec({ queued }: Fighter, lab: RawReply, redis: RawReply): boolean {
    if (lab.bytes === redis.bytes) return true;
    const [ours, theirs] = [lab.value, redis.value] as readonly Reply[] as readonly (readonly Reply[])[];
    if (!Array.isArray(ours) || !Array.isArray(theirs) || ours.length !== theirs.length) return false;
    return theirs.every((reply: Reply, i: number) => valuesAreAlike(ours[i] as Reply, reply, queued[i] ?? 'exact') || isValueByIntent(ours[i] as Reply, reply));
  }

  /** What the listening clients have been sent by others, or too late for the batch in which they caused it themselves. */
  private async hearAll(step: Step): Promise<Difference | null> {
    if (!this.someoneListens) return null;
    for (let client = FIGHTERS; client < CLIENTS; client++) {
      const difference = await this.hear(client, step, '', '');
      if (difference !== null) return difference;
    }
    return null;
  }

  private async hear(client: number, step: Step, labRequests: string, redisRequests: string): Promise<Difference | null> {
    const { lab, redis } = this.fighters[client]!;
    const [ours, theirs] = await Promise.all([receive(lab, labRequests, PATIENCE_MS), receive(redis, redisRequests, PATIENCE_MS)]);
    if (ours === null || theirs === null) return ours === theirs ? null : this.unlike(step, client, 'the end', ours === null ? [] : ['still there'], theirs === null ? [] : ['still there']);
    const [one, other] = [sortOut(ours), sortOut(theirs)];
    const kind = (['replies', 'messages', 'invalidated'] as const satisfies readonly (keyof Received)[]).find((kind) => one[kind].join() !== other[kind].join());
    return kind === undefined ? null : this.unlike(step, client, kind, one[kind], other[kind]);
  }

  private unlike(step: Step, client: number, kind: string, lab: readonly string[], redis: readonly string[]): Difference {
    const first = [...lab.keys(), ...redis.keys()].find((i) => lab[i] !== redis[i]) ?? 0;
    const shown = (lines: readonly string[]): string => lines.slice(first, first + 3).join(' ') || 'nothing';
    return { step: null, command: `heard: ${kind} of client ${'abcdefgh'[client]}, at the latest after ${show(step.argv)}`, lab: shown(lab), redis: shown(redis), taken: this.taken };
  }

  async compareState(): Promise<Difference | null> {
    for (const fighter of this.fighters) {
      const late = await this.unpark(fighter);
      if (late !== null) return late;
    }
    return this.stateDiffers(await compareState(this.control satisfies Pair));
  }

  private stateDiffers(found: StateDifference | null): Difference | null {
    return found === null ? null : this.differ(null, `state: ${show(found.argv)}`, found.lab, found.redis);
  }

  private differ(step: Step | null, command: string, lab: RawReply | undefined, redis: RawReply | undefined): Difference {
    return { step, command, lab: showReply(lab), redis: showReply(redis), taken: this.taken };
  }
}

/** In redis-cli's quoting; what stands in for something is not quoted. */
export function show(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function showReply(reply: RawReply | undefined): string {
  return reply === undefined ? 'no reply' : JSON.stringify(reply.bytes.length > 1500 ? `${reply.bytes.slice(0, 1500)}…` : reply.bytes);
}
