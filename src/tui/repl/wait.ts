/**
 * `wait until parked`, `wait until @a closed for 5s`: delays the next line until a condition holds, or a timeout passes. `wait 300ms` delays it by that time.
 */
import type { ClientSnapshot, RedisLabServer, Snapshot } from '../../server/index.js';
import { durationUs } from '../../shared/duration.js';
import type { ReplClient } from '../state/repl-state.js';
import type { ConsoleTexts } from './console-texts.js';

const DEFAULT_MS = 2000;
const MOST_MS = 60_000;
const LOOK_MS = 10;
/** A loop with more turns than this between two checks is not idle, whatever it does in them. */
const IDLE_TURNS = 20;

/** What a wait observes. */
export interface Watched {
  readonly server: Pick<RedisLabServer, 'snapshot' | 'activity'>;
  /** The texts of its messages. */
  readonly texts: ConsoleTexts;
  /** The console's own clients, as they are now. */
  clients(): readonly ReplClient[];
  /** True if everything typed has been sent, and answered as far as replies arrive soon. */
  isQuiet(): boolean;
}

interface Condition {
  readonly text: string;
  /** True if the condition holds; called repeatedly. */
  isMet(): boolean | Promise<boolean>;
}

/**
 * @param words the words after `wait`
 * @param signal ends the wait
 * Resolves with the condition that holds; rejects if it does not, or if the words are invalid.
 */
export function wait(words: readonly string[], watched: Watched, signal: AbortSignal): Promise<string> {
  const [first = '', ...rest] = words;
  return first.toLowerCase() === 'until' ? waitUntil(rest, watched, signal) : waitFor(words.join(' '), watched, signal);
}

/** Uses the console's clock, so the loop is not involved. */
async function waitFor(duration: string, { texts }: Watched, signal: AbortSignal): Promise<string> {
  if (!/^\d/.test(duration)) throw new Error(texts.waitUsage);
  await endOf(limitOf(duration, texts), signal);
  if (signal.aborted) throw new Error(texts.notAwaited(duration));
  return texts.later(duration);
}

async function waitUntil(words: readonly string[], watched: Watched, signal: AbortSignal): Promise<string> {
  const { condition, limitMs } = parse(words, watched);
  const endMs = performance.now() + limitMs;
  // A busy loop answers later: then the timeout has passed all the same.
  const end = endOf(limitMs, signal);
  while (!(await Promise.race([condition.isMet(), end]))) {
    if (signal.aborted) throw new Error(watched.texts.notAwaited(condition.text));
    if (performance.now() >= endMs) throw new Error(watched.texts.notWithin(condition.text, limitMs / 1000));
    await sleep(LOOK_MS);
  }
  return condition.text;
}

/** Resolves when the time has passed, or the wait is ended. */
function endOf(limitMs: number, signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs).unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    }, { once: true });
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function parse(words: readonly string[], watched: Watched): { readonly condition: Condition; readonly limitMs: number } {
  const at = words.findIndex((word) => word.toLowerCase() === 'for');
  const condition = parseCondition(at === -1 ? words : words.slice(0, at), watched);
  return { condition, limitMs: at === -1 ? DEFAULT_MS : limitOf(words.slice(at + 1).join(' '), watched.texts) };
}

function limitOf(duration: string, texts: ConsoleTexts): number {
  const limitMs = durationUs(duration) / 1000;
  if (limitMs > MOST_MS) throw new Error(texts.waitAtMost(MOST_MS / 1000));
  return limitMs;
}

function parseCondition(words: readonly string[], watched: Watched): Condition {
  const text = words.join(' ').toLowerCase();
  const { activity } = watched.server;
  const [counted, digits, unit] = /^(\d+) (turn|key|expired)s?$/.exec(text) ?? [];
  const number = Number(digits);
  if (counted !== undefined && unit === 'turn') return { text, isMet: () => watched.server.activity.turn >= activity.turn + number };
  if (counted !== undefined && unit === 'key') return { text, isMet: async () => keysOf(await snapshotOf(watched)) === number };
  if (counted !== undefined) return { text, isMet: async () => (await snapshotOf(watched)).stats.expired >= number };
  const [ofClient, name, state] = /^(?:@([!-~]*) )?(parked|closed)$/i.exec(words.join(' ')) ?? [];
  if (ofClient !== undefined && name !== undefined) named(watched, name);
  if (ofClient !== undefined && /parked/i.test(state!)) return { text: ofClient, isMet: () => isParked(watched, name) };
  if (ofClient !== undefined) return { text: ofClient, isMet: () => isClosed(watched, name) };
  if (text === 'idle') return { text, isMet: () => isIdle(watched) };
  if (text === 'busy') return { text, isMet: () => watched.server.activity.isBusy };
  if (text === 'held') return { text, isMet: () => watched.server.activity.phase === 'held' };
  throw new Error(watched.texts.waitUsage);
}

const CLIENTS_ONLY = { keys: { db: 0, offset: 0, limit: 0, order: 'stored', match: '*' }, clients: 100_000 } as const;

export const snapshotOf = ({ server }: { readonly server: Pick<RedisLabServer, 'snapshot'> }): Promise<Snapshot> => server.snapshot(CLIENTS_ONLY);

const keysOf = ({ databases }: Snapshot): number => databases.reduce((sum, { keys }) => sum + keys, 0);

/** The client of that name. Throws if there is none. */
function named(watched: Watched, name: string): ReplClient {
  const client = watched.clients().find((each) => each.name === name);
  if (client === undefined) throw new Error(watched.texts.noClient(name));
  return client;
}

/** @param name undefined: any client */
async function isParked(watched: Watched, name: string | undefined): Promise<boolean> {
  const parked = (await snapshotOf(watched)).clients.filter(({ parkedOn }) => parkedOn !== null);
  if (name === undefined) return parked.length > 0;
  const client = named(watched, name);
  return parked.some((each) => isSame(client, each));
}

/** True if a console's client is this client of the server. Unix sockets have no address of their own. */
export const isSame = ({ peer, name }: ReplClient, seen: ClientSnapshot): boolean => (peer === null ? name !== '' && seen.name === name : seen.peer === peer);

function isClosed(watched: Watched, name: string | undefined): boolean {
  return name === undefined ? watched.clients().some(({ state }) => state === 'closed') : named(watched, name).state === 'closed';
}

/** Turns in a row without work, after which nothing is left to do: work left by a turn is done in the next. */
const QUIET_TURNS = 3;

/** True if all requests of the console's clients have been read, executed and answered, and the loop has come to rest. */
async function isIdle(watched: Watched): Promise<boolean> {
  if (!watched.isQuiet() || watched.server.activity.phase === 'held') return false;
  if (!(await isStill(watched))) return false;
  const { turn } = watched.server.activity;
  await sleep(2 * LOOK_MS);
  return watched.isQuiet() && watched.server.activity.turn - turn <= IDLE_TURNS;
}

/** True if nothing is done for the console's clients in several turns. Each check is a message, for which the loop takes a turn. */
async function isStill(watched: Watched): Promise<boolean> {
  const first = await snapshotOf(watched);
  const doneFor = (snapshot: Snapshot): string => workDone(snapshot, (client) => watched.clients().some((each) => isSame(each, client)));
  const done = doneFor(first);
  for (let turn = first.turn; turn <= first.turn + QUIET_TURNS; ) {
    const snapshot = await snapshotOf(watched);
    if (doneFor(snapshot) !== done) return false;
    turn = snapshot.turn;
  }
  return true;
}

/** A value that changes when anything is done for these clients. */
export function workDone({ clients }: Snapshot, isMeant: (client: ClientSnapshot) => boolean): string {
  const meant = clients.filter(isMeant);
  return JSON.stringify(meant.map(({ token, bytesRead, bytesWritten, requests, parkedOn }) => [token, bytesRead, bytesWritten, requests, parkedOn]));
}
