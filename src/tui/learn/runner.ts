/**
 * The runner: plays a scenario on a stage, and records the result.
 *
 *   prepare ──▶ lines that break or repair the loop ──▶ begin ──▶ scenario ──▶ nothing moves any more ──▶ end ──▶ cleanup
 */
import type { Snapshot } from '../../server/index.js';
import { DISTURBANCES, type Disturbance, type Experiment, type Lines, type RunRecord } from '../state/learn/experiment.js';
import type { Traffic } from '../repl/repl.js';
import { workDone } from '../repl/wait.js';
import type { ReplLine } from '../state/repl-state.js';
import type { Plan } from './plan.js';
import { look, type Stage } from './stage.js';

/** The console or the server refuses a line that must not be refused. */
export class ScenarioError extends Error {}

/** Lines after this one in an inner list are sent while the loop is busy. */
const UNTIL_BUSY = /^wait\s+until\s+busy\b/i;
/** Turns in a row without a change, after which a run is at rest. */
const QUIET_TURNS = 3;
/** If the lab has not come to rest after this time, the line is given up. */
const PATIENCE_MS = 20_000;
/** Interval of checks while the console is still sending. */
const SENDING_MS = 2;
/** Interval of checks while bytes are under way. */
const UNDER_WAY_MS = 10;
/** A parked client is waited for if its timeout is at most this far away. */
const TIMEOUT_MS = 2000;
/** Checks, half a second in all, after which a loop that has left bytes unread and done nothing else is assumed not to read them. */
const GIVE_UP_LOOKS = 50;

/** Disturbed runs in a row, after which the machine is given up. */
const MOST_TRIES = 5;

/** The run was cancelled. */
export class GivenUp extends Error {}

/** The result says nothing about the loop: the run is to be repeated. */
export class Disturbed extends Error {
  constructor(readonly disturbance: Disturbance) {
    super(DISTURBANCES[disturbance]);
  }
}

/** The experiment shows what epoll does, and the loop has another poller. */
export class NeedsEpoll extends Error {}

/** Repeats a disturbed run. Rejects with {@link Disturbed} if that does not help. @param disturbed called before each repetition */
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

/** Rejects with {@link ScenarioError}, {@link NeedsEpoll}, {@link Disturbed} or {@link GivenUp}. @param isGivenUp checked before each line */
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
    // The last answer may leave something to do, and lines that expect no answer have not been waited for.
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

/** Throws {@link Disturbed} unless all lines for a busy loop are sent during the turn in which it was seen busy. */
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

/** Resolves when the lines have been run, and all their bytes have been passed to the kernel. */
async function sent({ console }: Stage): Promise<void> {
  while (console.isActing) await sleep(SENDING_MS);
}

/**
 * Resolves when everything has been answered, or nothing moves any more: a parked client waits for another one. Throws {@link Disturbed} if that does not
 * happen.
 */
export async function settled(stage: Stage): Promise<void> {
  const { console } = stage;
  let isAnswered = false;
  const answered = console.answered().then(() => {
    isAnswered = true;
  });
  await Promise.resolve();
  // Requests without a reply are done when the loop has processed them.
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
  // Connections that the loop has not reported by now will not be reported.
  for (const peer of leavers(stage)) stage.collector.consolePeers.delete(peer);
  await console.settled();
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));

/** Repeatedly checks the server until nothing has changed for long enough. */
class Stillness {
  private seen = '';
  private turns = 0;
  private turn = 0;
  /** Checks that have found only bytes under way: counted, not timed, because on a busy machine both threads are slow. */
  private looks = 0;
  /** It waits only for bytes under way, or for clients that disconnect. */
  isWaiting = false;

  isReached(snapshot: Snapshot, { console: { traffic }, collector }: Stage, isSomebodyLeaving: boolean): boolean {
    const now = JSON.stringify([workDone(snapshot, (client) => collector.isOwn(client)), traffic]);
    if (now !== this.seen) {
      this.turns = 0;
      this.looks = 0;
    }
    // Several checks may fall into one turn, and work left by that turn is done in the next.
    if (snapshot.turn !== this.turn) this.turns++;
    this.seen = now;
    this.turn = snapshot.turn;
    const isQuiet = this.turns > QUIET_TURNS;
    this.isWaiting = isQuiet && (isSomebodyLeaving || hasBytesUnderWay(traffic, snapshot));
    if (this.isWaiting) this.looks++;
    return isQuiet && (!this.isWaiting || this.looks > GIVE_UP_LOOKS);
  }
}

/** True if a client is parked, and its timeout is near, or over and not noticed yet. */
function hasTimeout({ clients }: Snapshot): boolean {
  const soonMs = Date.now() + TIMEOUT_MS;
  return clients.some(({ parkedOn }) => parkedOn !== null && parkedOn.deadlineMs > 0 && parkedOn.deadlineMs < soonMs);
}

/** Addresses of connections that the console has closed, and whose end the loop may not have noticed. */
function leavers({ console, collector }: Stage): readonly string[] {
  const open = new Set(console.traffic.map(({ peer }) => peer));
  return [...collector.consolePeers].filter((peer) => !open.has(peer));
}

function isLeaving(stage: Stage, { clients }: Snapshot): boolean {
  const known = new Set(clients.map(({ peer }) => peer));
  for (const peer of leavers(stage)) if (!known.has(peer)) stage.collector.consolePeers.delete(peer);
  return leavers(stage).length > 0;
}

/** True if the loop has not read all bytes of a console client, or bytes have still to be written or received although it reads. */
function hasBytesUnderWay(traffic: readonly Traffic[], { clients }: Snapshot): boolean {
  const byPeer = new Map(clients.map((client) => [client.peer, client]));
  return traffic.some(({ peer, sentBytes, receivedBytes }) => {
    const client = byPeer.get(peer);
    // A client that has paused does not notice that it has been closed.
    if (client === undefined) return receivedBytes !== null;
    return client.bytesRead < sentBytes || (receivedBytes !== null && (client.outputBytes > 0 || client.bytesWritten > receivedBytes));
  });
}
