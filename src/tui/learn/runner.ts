/**
 * The runner: plays a scenario on a stage, and collects what comes of it.
 *
 *   prepare ──▶ what breaks or mends the loop ──▶ begin ──▶ scenario ──▶ nothing moves any more ──▶ end ──▶ cleanup
 */
import type { Snapshot } from '../../server/index.js';
import { DISTURBANCES, type Disturbance, type Experiment, type Lines, type RunRecord } from '../state/learn/experiment.js';
import type { Traffic } from '../repl/repl.js';
import { workDone } from '../repl/wait.js';
import type { ReplLine } from '../state/repl-state.js';
import type { Plan } from './plan.js';
import { look, type Stage } from './stage.js';

/** A line that the console or the server refuses where none may be refused. */
export class ScenarioError extends Error {}

/** Lines of an inner list that stand behind this one are sent while the loop is busy. */
const UNTIL_BUSY = /^wait\s+until\s+busy\b/i;
/** Turns in a row in which nothing has changed, after which a run is at rest. */
const QUIET_TURNS = 3;
/** A line after which the lab has still not come to rest is given up. */
const PATIENCE_MS = 20_000;
/** Between two looks at a console that is still sending. */
const SENDING_MS = 2;
/** Between two looks at bytes that are under way. */
const UNDER_WAY_MS = 10;
/** A client that is parked is waited for if its timeout is no further away. */
const TIMEOUT_MS = 2000;
/** Looks, half a second in all, after which a loop that has left bytes unread and done nothing else will not read them. */
const GIVE_UP_LOOKS = 50;

/** Runs that are disturbed one after another, after which the machine is given up. */
const MOST_TRIES = 5;

/** Nobody waits for the run any more. */
export class GivenUp extends Error {}

/** What has happened says nothing about the loop: the run is to be repeated. */
export class Disturbed extends Error {
  constructor(readonly disturbance: Disturbance) {
    super(DISTURBANCES[disturbance]);
  }
}

/** The experiment shows what epoll does, and the loop has another poller. */
export class NeedsEpoll extends Error {}

/** Plays again what was disturbed. Rejects with {@link Disturbed} if that does not help. @param disturbed called before each further try */
export async function playUndisturbed<T>(play: () => Promise<T>, disturbed: (disturbance: Disturbance) => void = () => {}): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await play();
    } catch (error) {
      if (!(error instanceof Disturbed) || tries === MOST_TRIES) throw error;
      disturbed(error.disturbance);
    }
  }
}

/** Rejects with {@link ScenarioError}, {@link NeedsEpoll}, {@link Disturbed} or {@link GivenUp}. @param isGivenUp asked before each line */
export async function runScenario(
  stage: Stage,
  experiment: Experiment,
  plan: Pick<Plan, 'lines' | 'scenario'>,
  isGivenUp: () => boolean = () => false,
): Promise<RunRecord> {
  const { prepare, cleanup, needs } = experiment;
  const { collector } = stage;
  if (needs !== null && stage.server.poller !== needs) throw new NeedsEpoll();
  const runLines = async (lines: Lines): Promise<void> => {
    for (const line of lines) {
      if (isGivenUp()) throw new GivenUp();
      await runLine(stage, line);
    }
  };
  await settled(stage);
  await runFaultless(stage, prepare);
  await runFaultless(stage, plan.lines);
  const stopListening = stage.listen((lines) => collector.said(lines));
  try {
    collector.begin(await look(stage));
    await runLines(plan.scenario);
    // What was answered last may leave something to do, and what asks for no answer has been waited for by no line.
    await settled(stage);
    if (collector.hasServedOthers) throw new Disturbed('others');
    return collector.end(await look(stage));
  } finally {
    stopListening();
    for (const line of cleanup) await runLine(stage, line);
  }
}

/** Throws {@link ScenarioError} at the first error. */
async function runFaultless(stage: Stage, lines: Lines): Promise<void> {
  for (const line of lines) {
    const errors: ReplLine[] = [];
    const stopListening = stage.listen((said) => errors.push(...said.filter(({ kind }) => kind === 'error')));
    await runLine(stage, line);
    stopListening();
    if (errors.length > 0) throw new ScenarioError(`${[line].flat().join(', ')}: ${errors[0]!.text}`);
  }
}

async function runLine(stage: Stage, line: Lines[number]): Promise<void> {
  const lines = [line].flat();
  const behindBusy = lines.findIndex((one) => UNTIL_BUSY.test(one)) + 1;
  if (behindBusy === 0 || behindBusy === lines.length) play(stage, lines);
  else await playWhileBusy(stage, lines.slice(0, behindBusy), lines.slice(behindBusy));
  await settled(stage);
}

function play({ console }: Stage, lines: readonly string[]): void {
  for (const one of lines) console.play(one);
}

/** Throws {@link Disturbed} unless all of what is to be sent while the loop is busy is sent in the turn in which it has been seen to be. */
async function playWhileBusy(stage: Stage, before: readonly string[], meanwhile: readonly string[]): Promise<void> {
  const { server } = stage;
  play(stage, before);
  await sent(stage);
  const { turn, isBusy } = server.activity;
  play(stage, meanwhile);
  await sent(stage);
  const now = server.activity;
  if (!isBusy || !now.isBusy || now.turn !== turn) throw new Disturbed('late');
}

/** Resolves when the lines have been run, and all that they send has been handed to the kernel. */
async function sent({ console }: Stage): Promise<void> {
  while (console.isActing) await sleep(SENDING_MS);
}

/**
 * Resolves when all that was asked has been answered, or nothing moves any more: a parked client waits for another one. Throws {@link Disturbed} if it does
 * not come to that.
 */
export async function settled(stage: Stage): Promise<void> {
  const { console } = stage;
  let isAnswered = false;
  const answered = console.answered().then(() => {
    isAnswered = true;
  });
  await Promise.resolve();
  // What asks for no reply is done when the loop has dealt with it.
  const expectsReply = !isAnswered;
  const isOver = (): boolean => expectsReply && isAnswered && leavers(stage).length === 0;
  const rest = (ms: number): Promise<void> => Promise.race([...(expectsReply ? [answered] : []), sleep(ms)]);
  const stillness = new Stillness();
  const deadline = performance.now() + PATIENCE_MS;
  while (!isOver()) {
    if (performance.now() > deadline) throw new Disturbed('restless');
    if (console.isActing) {
      await rest(SENDING_MS);
      continue;
    }
    const snapshot = await look(stage);
    stage.collector.looked(snapshot);
    const isTimed = hasTimeout(snapshot);
    if (stillness.isReached(snapshot, stage, isLeaving(stage, snapshot)) && !isTimed) break;
    await rest(stillness.isWaiting || isTimed ? UNDER_WAY_MS : 0);
  }
  // The loop will not hear any more of connections that it has not heard of by now.
  for (const peer of leavers(stage)) stage.collector.consolePeers.delete(peer);
  await console.settled();
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));

/** Looks at the server, one after another, until nothing has changed for long enough. */
class Stillness {
  private seen = '';
  private turns = 0;
  private turn = 0;
  /** Those that have found only bytes under way: counted, not timed, because on a busy machine both threads are slow. */
  private looks = 0;
  /** Only bytes that are under way, or clients that leave, are waited for. */
  isWaiting = false;

  isReached(snapshot: Snapshot, { console: { traffic }, collector }: Stage, isSomebodyLeaving: boolean): boolean {
    const now = JSON.stringify([workDone(snapshot, (client) => collector.isOwn(client)), traffic]);
    if (now !== this.seen) {
      this.turns = 0;
      this.looks = 0;
    }
    // Several looks may fall into one turn, and what that turn leaves to do is done in the next.
    if (snapshot.turn !== this.turn) this.turns++;
    this.seen = now;
    this.turn = snapshot.turn;
    const isQuiet = this.turns > QUIET_TURNS;
    this.isWaiting = isQuiet && (isSomebodyLeaving || hasBytesUnderWay(traffic, snapshot));
    if (this.isWaiting) this.looks++;
    return isQuiet && (!this.isWaiting || this.looks > GIVE_UP_LOOKS);
  }
}

/** A client is parked, and its timeout is near, or over and still to be noticed. */
function hasTimeout({ clients }: Snapshot): boolean {
  const soonMs = Date.now() + TIMEOUT_MS;
  return clients.some(({ parkedOn }) => parkedOn !== null && parkedOn.deadlineMs > 0 && parkedOn.deadlineMs < soonMs);
}

/** The ends of connections that the console has no longer, and that the loop may not have heard of. */
function leavers({ console, collector }: Stage): readonly string[] {
  const open = new Set(console.traffic.map(({ peer }) => peer));
  return [...collector.consolePeers].filter((peer) => !open.has(peer));
}

function isLeaving(stage: Stage, { clients }: Snapshot): boolean {
  const known = new Set(clients.map(({ peer }) => peer));
  for (const peer of leavers(stage)) if (!known.has(peer)) stage.collector.consolePeers.delete(peer);
  return leavers(stage).length > 0;
}

/** Bytes have been sent by a client of the console and not read by the loop, or have still to be written or received although it reads. */
function hasBytesUnderWay(traffic: readonly Traffic[], { clients }: Snapshot): boolean {
  const byPeer = new Map(clients.map((client) => [client.peer, client]));
  return traffic.some(({ peer, sentBytes, receivedBytes }) => {
    const client = byPeer.get(peer);
    // A client that has paused does not hear that it has been closed.
    if (client === undefined) return receivedBytes !== null;
    return client.bytesRead < sentBytes || (receivedBytes !== null && (client.outputBytes > 0 || client.bytesWritten > receivedBytes));
  });
}
