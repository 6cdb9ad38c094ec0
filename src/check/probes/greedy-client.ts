/**
 * The probe of a client that wants everything: does it leave the others their share? Judged by order: which request was sent first, and which was served first.
 *
 * Where the server has SET and GET, the busy client numbers what it sends, and the other one asks for the number: it is that of the last one that was served.
 *
 *   busy      … SET key 7, PING, PING, …, SET key 8, PING, …  ─┬─ at the server ─┬─ not there yet …
 *   other                                                      └ read            └ GET key ──▶ 7: before the rest that lay there; 9,000: behind what came later
 *
 * Otherwise the order is that of what is seen from outside: the reply of the other one, and what the server has not read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, pass, type Probe, UNSEEN } from '../probe.js';
import type { ServerProcess } from '../process.js';
import type { Target } from '../target.js';
import { textOf, Unexpected, type WireClient } from '../wire.js';

const PING = encodeRequest(['PING']);
const LOOK_MS = 1;
/** What the kernel knows of all sockets costs more to read. */
const LOOK_AT_QUEUES_MS = 10;
/** When the other client asks, the server has at least so much of the busy one to read. */
const LEAST_READABLE_BYTES = 2 ** 15;
/** A loop that reads so much of what was sent later leaves nobody a turn. Of fair ones libuv reads the most of one socket: 2 MB, and the lab 256 KB. */
const LATER_BYTES = 3 * 2 ** 20;
/** Sent at a time by a client that goes on and on. */
const FLOOD_BYTES = 2 ** 21;
/** Of what a server has read at once, the last requests are served later. */
const CHUNK_BYTES = 2 ** 18;
/** So often it must have been found fair, or unfair. */
const FAIR_ROUNDS = 8;
/** So often without a single round that was another. */
const EARLY_ROUNDS = 40;
const UNFAIR_ROUNDS = 2;
/** Times the patience with a reply, for all rounds. */
const ROUNDS_PATIENCE = 6;
const BASELINE_PINGS = 20;
/** Threads are served in any order, so it must also have waited this many times as long as the longest wait that it had alone. */
const TIMES_BASELINE = 10;

/** Requests that stand for one number. */
const NUMBERED = 20;
const DIGITS = 9;

/** A client that sends requests without an end: PING, and with a key each twentieth is SET of its number. */
class Flood {
  /** At the server, and not read. */
  unreadBytes = 0;
  /** Of the requests of one number. */
  readonly unitBytes: number;
  /** Sent, and not known to be at the server. */
  private onTheirWayBytes = 0;
  private sentBytes = 0;
  private units = 0;

  constructor(
    private readonly client: WireClient,
    private readonly server: ServerProcess,
    private readonly key: string | null,
  ) {
    this.unitBytes = this.unit(0).length;
  }

  get trouble(): Unexpected | null {
    return this.client.ended;
  }

  /** Has come to the server. */
  get arrivedBytes(): number {
    return this.sentBytes - this.onTheirWayBytes;
  }

  /** That the server has read, at least. */
  get readBytes(): number {
    return this.arrivedBytes - this.unreadBytes;
  }

  look(): void {
    const { unread, unsent } = this.server.queuedBytes(this.client.localPort);
    this.unreadBytes = unread;
    this.onTheirWayBytes = this.client.unsentBytes + unsent;
  }

  /** Sends without an end, as fast as the server reads. */
  keepUp(): void {
    if (this.client.unsentBytes >= FLOOD_BYTES / 2) return;
    const units = Math.ceil(FLOOD_BYTES / this.unitBytes);
    const requests = this.key === null ? PING.repeat(units) : Array.from({ length: units }, () => this.unit(this.units++)).join('');
    this.client.send(requests);
    this.sentBytes += requests.length;
  }

  private unit(number: number): string {
    if (this.key === null) return PING;
    return encodeRequest(['SET', this.key, String(number).padStart(DIGITS, '0')]) + PING.repeat(NUMBERED - 1);
  }
}

type Round = 'fair' | 'early' | 'unfair' | 'undecided';

interface Asked {
  readonly flood: Flood;
  readonly other: WireClient;
  readonly key: string | null;
  /** The other client has waited for long then. */
  readonly leastMs: number;
  readonly endMs: number;
}

/**
 * One request of the other client, while the busy one sends on and on. Fair: it is served before the rest of what the server had not read when it asked.
 * Unfair: not before much of what came later. Early: before anything else was read; a server that drains sockets may do that once, when it finds both with
 * something to read.
 */
async function askBeside({ flood, other, key, leastMs, endMs }: Asked): Promise<Round> {
  const [arrivedBytes, readBytes, askedMs] = [flood.arrivedBytes, flood.readBytes, performance.now()];
  other.send(key === null ? PING : encodeRequest(['GET', key]));
  // What came before it, at most: this process may have been held up meanwhile.
  flood.look();
  const earlierBytes = flood.arrivedBytes;
  const isOvertaken = (bytes: number): boolean => bytes - earlierBytes >= LATER_BYTES && performance.now() - askedMs >= leastMs;
  let isLate = false;
  for (let lookedMs = askedMs; other.pending === 0 && !isLate; ) {
    flood.keepUp();
    await sleep(LOOK_MS);
    const nowMs = performance.now();
    if (other.ended !== null) throw other.ended;
    if (nowMs > endMs || flood.trouble !== null) return 'undecided';
    if (other.pending > 0 || nowMs - lookedMs < LOOK_AT_QUEUES_MS) continue;
    lookedMs = nowMs;
    flood.look();
    isLate = isOvertaken(flood.readBytes - CHUNK_BYTES);
  }
  flood.look();
  const seenBytes = flood.readBytes;
  // Nothing is sent meanwhile, so that it comes at last.
  const reply = await other.next();
  if (key === null) return isLate ? 'unfair' : seenBytes < arrivedBytes ? 'fair' : 'undecided';
  const servedBytes = numberOf(reply) * flood.unitBytes;
  if (isOvertaken(servedBytes)) return 'unfair';
  if (servedBytes + flood.unitBytes >= arrivedBytes) return 'undecided';
  return servedBytes >= readBytes ? 'fair' : 'early';
}

const numberOf = (reply: Parameters<typeof textOf>[0]): number => Number(textOf(reply));

/** The longest wait for a reply, in ms. */
async function longestWait(client: WireClient): Promise<number> {
  let longestMs = 0;
  for (let ping = 0; ping < BASELINE_PINGS; ping++) {
    const askedMs = performance.now();
    await client.ask('PING');
    longestMs = Math.max(longestMs, performance.now() - askedMs);
  }
  return longestMs;
}

/** A key by which the other client sees how far the busy one has come; null: there is none. */
async function sharedKey(target: Target, busy: WireClient, other: WireClient): Promise<string | null> {
  if (!target.mayWrite) return null;
  const key = target.key('greedy');
  const isSet = textOf(await busy.ask('SET', key, '7')) === 'OK';
  return isSet && numberOf(await other.ask('GET', key)) === 7 ? key : null;
}

const ALONE: Text = {
  en: 'It serves one client after another: the second waits until the first has gone.',
  ko: '한 번에 한 클라이언트만 처리합니다. 두 번째는 첫째가 떠날 때까지 기다립니다.',
};

export const greedyClient: Probe = {
  name: 'greedy-client',
  writes: 'if allowed',
  asks: { en: 'Are others served while one client sends without a pause?', ko: '한 클라이언트가 쉬지 않고 보내는 동안 다른 클라이언트를 처리합니까?' },
  sent: {
    en: 'PING without an end by one client, which reads its replies; meanwhile PING by another one, again and again',
    ko: '한 클라이언트가 끝없이 PING을 보내며 응답을 읽음; 그동안 다른 클라이언트의 PING을 거듭 보냄',
  },
  pass: { en: 'A client that always has more to say gets its share of a turn, and no more.', ko: '끊임없이 보내는 클라이언트도 매 턴 제 몫만 얻습니다.' },
  fail: {
    en: 'It reads one socket until that is empty, which does not happen while the peer sends on: the others wait for as long.',
    ko: '한 소켓이 빌 때까지 읽는데, 상대가 계속 보내면 비지 않습니다. 그동안 나머지가 기다립니다.',
  },
  look: 'epoll(7), "Starvation": a limit for each turn; edge-triggered, remember who is not finished (lesson 09 of redis-lab course)',
  async run(target) {
    if (target.process === null) return UNSEEN;
    const [busy, other] = [await target.open(), await target.open()];
    await busy.ask('PING');
    const baselineMs = await longestWait(other).catch((error: unknown) => {
      if (error instanceof Unexpected && error.trouble === 'no reply') return error;
      throw error;
    });
    if (baselineMs instanceof Unexpected) return { ...fail(beforeFlood(baselineMs)), means: ALONE };
    const key = await sharedKey(target, busy, other);
    busy.discard();
    const flood = new Flood(busy, target.process, key);
    const counts: { [each in Round]: number } = { fair: 0, early: 0, unfair: 0, undecided: 0 };
    const isAlwaysEarly = (): boolean => counts.early + counts.fair >= EARLY_ROUNDS && counts.undecided + counts.unfair === 0;
    const asked = { flood, other, key, leastMs: TIMES_BASELINE * baselineMs, endMs: performance.now() + ROUNDS_PATIENCE * target.patienceMs };
    while (counts.fair < FAIR_ROUNDS && counts.unfair < UNFAIR_ROUNDS && !isAlwaysEarly()) {
      if (flood.trouble !== null) return cannotTell(flood.trouble.at({ en: 'the busy client', ko: '바쁜 클라이언트' }).text);
      if (performance.now() > asked.endMs) return cannotTell(undecided(counts));
      flood.keepUp();
      flood.look();
      if (flood.unreadBytes < LEAST_READABLE_BYTES) await sleep(LOOK_MS);
      else counts[await askBeside(asked)]++;
    }
    if (counts.unfair === 0) return pass(servedBetween(counts.fair + counts.early));
    return counts.fair === 0 ? fail(overtaken(counts.unfair)) : cannotTell(undecided(counts));
  },
};

const beforeFlood = ({ text }: Unexpected): Text => ({
  en: `the other client, before the busy one has begun: ${text.en}`,
  ko: `바쁜 클라이언트가 시작하기도 전에 다른 클라이언트: ${text.ko}`,
});

const servedBetween = (rounds: number): Text => ({
  en: `${rounds} × served while the server still had requests to read that the busy client had sent before`,
  ko: `바쁜 클라이언트가 먼저 보낸 요청을 서버가 아직 다 읽지 않은 동안 ${rounds}번 모두 처리됨`,
});

const overtaken = (rounds: number): Text => {
  const requests = Math.floor(LATER_BYTES / (2 * PING.length) / 10_000) * 10_000;
  return {
    en: `${rounds} of ${rounds} times more than ${requests} requests that the busy client sent after the other one had asked were read before it`,
    ko: `${rounds}번 중 ${rounds}번, 다른 클라이언트의 요청보다 나중에 바쁜 클라이언트가 보낸 요청 ${requests}개 이상을 먼저 읽음`,
  };
};

const undecided = ({ fair, early, unfair, undecided: open }: { readonly [each in Round]: number }): Text => ({
  en: `served ${fair + early} × before all earlier requests of the busy client were read, ${unfair} × not before later ones were, ${open} × too near to tell`,
  ko: `바쁜 클라이언트가 먼저 보낸 요청을 다 읽기 전에 처리 ${fair + early}번, 나중 요청을 읽고도 처리하지 않음 ${unfair}번, 가릴 수 없음 ${open}번`,
});
