/**
 * ScriptedRun: a server on the scripted kernel, with clients that follow a script. Nothing takes time: the clock jumps from one act to the next; a virtual one
 * is advanced to it.
 *
 * An act of a client happens at its recorded time, but not before the reply that it followed then, since the client may have waited for that. Clients read at
 * once.
 */
import { Config, type SettingValues } from '../../config.js';
import type { Fault } from '../../faults/fault.js';
import { Faults } from '../../faults/faults.js';
import { FaultyPoll } from '../../faults/faulty-poll.js';
import type { FaultCall } from '../../faults/loop-faults.js';
import type { FileContent, Host } from '../../host.js';
import { type ScriptedPeer, ScriptedPoll } from '../../io/backends/scripted.js';
import { SystemError } from '../../io/poll.js';
import type { Clock } from '../../loop/clock.js';
import { Server } from '../../server.js';
import type { ServerOrigin } from '../../server-state.js';
import { seededRandom } from '../../../shared/random.js';
import type { TraceBody } from '../../trace/events.js';
import type { ClientAct, ClientScript, Moment, ScriptedClient } from './client-script.js';
import { type ReplyLog, ReplyLogs } from './reply-log.js';

export interface RunOptions {
  readonly settings: Partial<SettingValues>;
  readonly seed: number;
  readonly edgeTriggered: boolean;
  readonly hasVirtualClock: boolean;
  readonly faults: readonly Fault[];
  /** Creates the state that the server starts from, anew for each run; null: none. */
  readonly start: () => ServerOrigin | null;
  /** By how many µs the bytes of these clients arrive later: by their tokens in the recording. */
  readonly delaysUs: ReadonlyMap<number, number>;
}

/** After the end of the script, outstanding replies have this much time, or the duration of the script, if that is longer. */
const PATIENCE_US = 60_000_000;

/** Times closer to each other than this are equal. */
const EPSILON_US = 0.001;

/** A loop that takes more turns than this, without time passing or bytes moving, counts as spinning. */
const MOST_TURNS = 1_000_000;

/** Runs a script to its end. Throws FaultError, ConfigError or SystemError if there can be no such server. Returns what each client received. */
export function runScript(script: ClientScript, options: RunOptions): readonly ReplyLog[] {
  return new ScriptedRun(script, options).run();
}

class ScriptedRun {
  private readonly clock: ScriptClock;
  private readonly poll: ScriptedPoll;
  private readonly faultyPoll: FaultyPoll;
  private readonly server: Server;
  private readonly logs = new ReplyLogs();
  private readonly actors: readonly Actor[];
  /** How many of them have tried to connect; they do so in their order. */
  private connected = 0;
  /** Those that have acts left. */
  private readonly busy = new Set<Actor>();
  private readonly byToken = new Map<number, Actor>();
  /** Those to which the server has written in the running turn. */
  private readonly written = new Set<Actor>();
  private readonly calls: ClientScript['faults'][number][];
  /** All faults that were set in the recording, by their numbers then. */
  private readonly recordedFaults = new Set<number>();
  private lastActUs: number;

  constructor(
    private readonly script: ClientScript,
    { settings, seed, edgeTriggered, hasVirtualClock, faults, delaysUs, start }: RunOptions,
  ) {
    this.clock = new ScriptClock(script.begin, hasVirtualClock);
    this.poll = new ScriptedPoll({ clock: this.clock, edgeTriggered });
    const poll = (this.faultyPoll = new FaultyPoll(this.poll, this.clock));
    const from = start();
    this.server = new Server({
      poll,
      clock: this.clock,
      seed,
      config: new Config({ ...from?.state.settings, ...settings }),
      log: () => {},
      host: new StillHost(seed, script.files),
      ...(from !== null && { from }),
    });
    this.server.tap.sink = { emit: (event) => this.hear(event) };
    this.server.loop.onWake(() => {});
    const added = new Faults(poll, this.server, () => {});
    for (const fault of faults) added.add(fault, true);
    this.actors = script.clients.map((client) => new Actor(client, this.logs.add(), delaysUs.get(client.log.token) ?? 0));
    this.calls = [...script.faults];
    this.lastActUs = script.begin.us;
    this.server.listen();
  }

  run(): readonly ReplyLog[] {
    const { loop } = this.server;
    for (let quiet = 0, turns = 0; quiet < 2 && !loop.isStopped; turns++) {
      const hasActed = this.act();
      const beforeUs = this.clock.nowUs;
      const { movedBytes } = this.poll;
      // What a turn has produced is written at the beginning of the next one, and clients react to it before any time passes.
      this.letTimePass(quiet === 0 ? beforeUs : this.nextUs());
      const hasDueTimer = loop.timeoutMs() === 0;
      loop.turn();
      const hasWritten = this.take();
      const hasPassed = this.clock.nowUs > beforeUs;
      quiet = hasActed || hasDueTimer || hasWritten || hasPassed || this.poll.readyCount > 0 ? 0 : quiet + 1;
      if (hasPassed || this.poll.movedBytes > movedBytes) turns = 0;
      if (turns > MOST_TURNS) throw new Error('the loop does not come to rest');
    }
    return this.logs.all;
  }

  /** Lets the next wait sleep until `us`, or the virtual clock move to it. */
  private letTimePass(us: number): void {
    const { clock, poll } = this;
    if (clock.targetUs === null) poll.sleepLimitMs = Math.max(0, us - clock.nowUs) / 1000;
    else {
      poll.sleepLimitMs = 0;
      clock.targetUs = Math.max(clock.targetUs, Math.ceil(Math.min(us, this.faultyPoll.heldUntilUs)));
    }
  }

  /** Does all acts that are due. False if there were none. */
  private act(): boolean {
    const { clock, calls, busy } = this;
    const isDue = (us: number): boolean => us <= clock.nowUs + EPSILON_US;
    let hasActed = false;
    for (; calls.length > 0 && isDue(calls[0]!.at.us); hasActed = true) this.call(calls.shift()!.call);
    for (; this.connected < this.actors.length && isDue(this.actors[this.connected]!.connectsAt.us); hasActed = true) {
      const actor = this.actors[this.connected++]!;
      if (actor.connect(this.poll, this.server, clock) && !actor.isDone) busy.add(actor);
    }
    for (let due = this.due(isDue); due.length > 0; due = this.due(isDue), hasActed = true) {
      for (const actor of due) {
        actor.act(clock);
        if (actor.isDone) busy.delete(actor);
      }
    }
    if (hasActed) this.lastActUs = clock.nowUs;
    return hasActed;
  }

  /** Returns the clients with an act that is due, in the order of the recording. */
  private due(isDue: (us: number) => boolean): readonly Actor[] {
    const due = [...this.busy].filter(({ dueUs }) => isDue(dueUs));
    return due.sort((one, other) => one.order - other.order);
  }

  /** Faults of the recording have negative numbers here, to distinguish them from new ones. */
  private call(call: FaultCall): void {
    const { loopFaults } = this.server;
    if ('clear' in call) for (const id of this.recordedFaults) loopFaults.obey({ remove: -id });
    else if ('remove' in call) loopFaults.obey({ remove: -call.remove });
    else if ('trigger' in call) loopFaults.obey(call);
    else {
      this.recordedFaults.add(call.id);
      loopFaults.obey({ add: call.add, id: -call.id });
    }
  }

  /** Clients read what the server has written. False if it has written nothing. */
  private take(): boolean {
    const hasWritten = this.written.size > 0;
    for (const actor of this.written) actor.take(this.server.loop.turnNumber, this.clock.nowUs);
    this.written.clear();
    return hasWritten;
  }

  /** Returns when the next act is due, apart from timers; after the end of the script, the end of all waiting. */
  private nextUs(): number {
    let nextUs = Math.min(this.calls[0]?.at.us ?? Infinity, this.actors[this.connected]?.connectsAt.us ?? Infinity);
    for (const { dueUs } of this.busy) nextUs = Math.min(nextUs, dueUs);
    if (nextUs < Infinity) return nextUs;
    const { begin, endUs } = this.script;
    const isBehind = this.actors.some((actor) => actor.isBehind);
    return isBehind ? Math.max(endUs, this.lastActUs + Math.max(PATIENCE_US, endUs - begin.us)) : endUs;
  }

  private hear(event: TraceBody): void {
    if (event.kind === 'connect') {
      const actor = this.actors.find(({ fd }) => fd === event.fd)!;
      this.logs.name(actor.log, event.token);
      this.byToken.set(event.token, actor);
    }
    this.logs.hear(event);
    if (event.kind === 'write') this.written.add(this.byToken.get(event.token)!);
  }
}

/** A client that follows the script. */
class Actor {
  /** When its next act is due; Infinity: unknown until it has received a reply. */
  dueUs = Infinity;
  private peer: ScriptedPeer | null = null;
  /** When its requests were answered, by their numbers. */
  private readonly answeredUs: number[] = [-Infinity];
  private next = 0;

  constructor(
    private readonly client: ScriptedClient,
    readonly log: ReplyLog,
    private readonly delayUs: number,
  ) {}

  get connectsAt(): Moment {
    return this.client.connectsAt;
  }

  /** The server's descriptor; -1: none. */
  get fd(): number {
    return this.peer?.fd ?? -1;
  }

  /** The order of its next act. */
  get order(): number {
    return this.client.acts[this.next]!.order;
  }

  get isDone(): boolean {
    return this.next === this.client.acts.length || this.peer!.isClosedByServer;
  }

  /** True if it has received less than in the recording, and may still receive more. */
  get isBehind(): boolean {
    return this.peer !== null && !this.peer.isClosedByServer && this.log.answered < this.client.log.answered;
  }

  /** False if the backlog is full, or nothing listens: then it never connects. */
  connect(poll: ScriptedPoll, { listeners }: Server, clock: ScriptClock): boolean {
    const listener = listeners[this.client.listener];
    if (listener === undefined) return false;
    try {
      this.peer = poll.connectClient(listener.listener.local, this.client.address);
    } catch (error) {
      if (error instanceof SystemError) return false;
      throw error;
    }
    this.peer.setWindow(Number.MAX_SAFE_INTEGER);
    clock.isAt(this.connectsAt);
    this.schedule(clock.nowUs);
    return true;
  }

  /** Does the acts that are due. */
  act(clock: ScriptClock): void {
    const act = this.client.acts[this.next++]!;
    if (this.dueUs === act.at.us) clock.isAt(act.at);
    if (!this.peer!.isClosedByServer) perform(this.peer!, act);
    this.schedule(clock.nowUs);
  }

  /** Reads what the server has written, after which further acts may be due. */
  take(turn: number, nowUs: number): void {
    this.log.sent(Buffer.from(this.peer!.receive(), 'latin1'), turn);
    while (this.answeredUs.length <= this.log.answered) this.answeredUs.push(nowUs);
    if (this.dueUs === Infinity) this.schedule(nowUs);
  }

  private schedule(nowUs: number): void {
    const act = this.client.acts[this.next];
    const followedUs = act === undefined ? undefined : this.answeredUs[act.after];
    this.dueUs = followedUs === undefined ? Infinity : Math.max(nowUs, Math.max(act!.at.us, followedUs) + this.delayUs);
  }
}

function perform(peer: ScriptedPeer, act: ClientAct): void {
  if (act.kind === 'bytes') peer.send(act.bytes.latin1Slice());
  else if (act.kind === 'end') peer.shutdown();
  else peer.reset();
}

/**
 * A clock that the scripted kernel moves; its unix time is the recorded one where that is known. A virtual one moves towards its target, as in a real
 * server.
 */
class ScriptClock implements Clock {
  nowUs: number;
  nowMs: number;
  targetUs: number | null;
  /** A moment at which both times are known. */
  private known: Moment;

  constructor(begin: Moment, isVirtual: boolean) {
    this.known = begin;
    this.nowUs = begin.us;
    this.nowMs = begin.ms;
    this.targetUs = isVirtual ? begin.us : null;
  }

  advance(ms: number): void {
    this.moveTo(this.nowUs + ms * 1000);
  }

  private moveTo(us: number): void {
    this.nowUs = us;
    this.nowMs = Math.max(this.nowMs, this.known.ms + Math.floor((this.nowUs - this.known.us + EPSILON_US) / 1000));
  }

  /** Sets the clock to this moment of the recording. */
  isAt(moment: Moment): void {
    // Unix time is rounded down to whole ms: a virtual clock began with whole ms, so counting from there is exact.
    if (this.targetUs !== null) return;
    this.known = moment;
    this.nowUs = Math.max(this.nowUs, moment.us);
    this.nowMs = Math.max(this.nowMs, moment.ms);
  }

  get refreshedUs(): number {
    return this.nowUs;
  }

  refresh(stopUs = 0): void {
    if (this.targetUs !== null) this.moveTo(Math.max(this.nowUs, Math.min(Math.ceil(stopUs), this.targetUs)));
  }

  readUs(): number {
    return this.nowUs;
  }

  measureUs(): number {
    return this.nowUs;
  }

  hold(): void {}
  release(): void {}
}

/** A host without figures of its own, and without effects. */
class StillHost implements Host {
  readonly pid = 1;
  readonly executable = '/usr/bin/redis-lab';
  private readonly random: () => number;
  /** What will be read next, as in the recording. */
  private readonly files: FileContent[];

  constructor(
    seed: number,
    files: readonly FileContent[],
  ) {
    this.files = [...files];
    this.random = seededRandom(seed ^ 0x5bd1e995);
  }

  memory(): { readonly resident: number; readonly total: number } {
    return { resident: 0, total: 0 };
  }

  heap(): { readonly [name: string]: number } {
    return {};
  }

  processorTime(): { readonly user: number; readonly system: number } {
    return { user: 0, system: 0 };
  }

  randomHex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.random() * 16).toString(16)).join('');
  }

  uniqueHex(digits: number): string {
    return this.randomHex(digits);
  }

  sleep(): void {}

  attempt(): null {
    return null;
  }

  act<T>(_action: () => T, otherwise: T): T {
    return otherwise;
  }

  readFile(): FileContent {
    return this.files.shift() ?? { complaint: 'the recorded server has not read that often' };
  }

  choose(find: () => number): number {
    return find();
  }

  open(): null {
    return null;
  }
}
