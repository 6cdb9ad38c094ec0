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
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, pass, type Probe, UNSEEN } from '../probe.js';
import { type ServerProcess, timesSince } from '../process.js';
import { type Target, until } from '../target.js';
import { textOf, Unexpected, type WireClient } from '../wire.js';

const PING = encodeRequest(['PING']);
const LOOK_MS = 1;
/** What the kernel knows of all sockets costs more to read. */
const LOOK_AT_QUEUES_MS = 10;
/** When the other client asks, the server has at least this many bytes of the busy one to read, and at least this share of the most that it has had. */
const LEAST_READABLE_BYTES = 2 ** 15;
const READABLE_SHARE = 0.5;
/** The most is forgotten little by little, in more time than a turn takes: it may never be as much again. */
const FORGOTTEN = 0.998;
/**
 * A loop that reads this many bytes of what was sent later leaves nobody a turn. Of fair ones libuv, and so Node, reads the most of one socket in a turn:
 * 32 times 64 KB. A request that comes early in a turn waits for the rest of it, and for the busy client's share of the next one: 4 MB.
 */
const LATER_BYTES = 5 * 2 ** 20;
/** The busy client sends this many bytes at a time: a part of them may be with the kernel already, which nothing shows. */
const CHUNK_BYTES = 2 ** 14;
/** And this many before this process does something else. */
const SPELL_BYTES = 2 ** 21;
/** What has come may be acknowledged late, and counts as not arrived until then: two segments of the loopback device. */
const ACKNOWLEDGED_LATE_BYTES = 2 ** 17;
/** Of what a server has read at once, the last requests are served later. */
const READ_AT_ONCE_BYTES = 2 ** 18;
/** It must have been found fair, or unfair, this many times. */
const FAIR_ROUNDS = 8;
/** It must have been found fair or early this many times, and undecided hardly ever. */
const EARLY_ROUNDS = 40;
const EARLY_UNDECIDED_ROUNDS = 10;
const UNFAIR_ROUNDS = 2;
/** After this many rounds that tell nothing, more of them would not either. */
const UNDECIDED_ROUNDS = 100;
/** Times the patience with a reply, for all rounds. */
const ROUNDS_PATIENCE = 6;
const BASELINE_PINGS = 20;
/** Threads are served in any order, so it must also have waited this many times as long as the longest wait that it had alone. */
const TIMES_BASELINE = 10;

/** Requests that stand for one number: SET, and as many PING. */
const NUMBERED_PINGS = 19;
/** Of a server that takes long for a request, more bytes in fewer of them: a value as long as this, and no PING. */
const LONG_VALUE = 300;
const DIGITS = 9;
/** To find out how long it takes: processor time for some requests. */
const TIMED_REQUESTS = 2000;
const TIMED_MS = 300;
const SLOW_MS = 8;

/** Where the requests of the busy client are at one moment, in bytes since its beginning. */
interface Progress {
  /** Has come to the server: at least, and at most. */
  readonly arrivedLeast: number;
  readonly arrivedMost: number;
  /** At the server, and not read. */
  readonly unread: number;
}

/** The rows of the kernel's table are not of one moment, so what the server has read is taken from two tables. */
const readLeast = (earlier: Progress, later: Progress): number => earlier.arrivedLeast - later.unread;
const readMost = (earlier: Progress, later: Progress): number => later.arrivedMost - earlier.unread;

/** A moment, in bytes since the beginning: the server had read at most this much, and at least this much had arrived. */
interface Passed {
  readonly readMost: number;
  readonly arrivedLeast: number;
}

/** A client that sends requests without an end, as fast as the server reads: PING, and with a key SET of a number now and then, or only SET. */
class Flood {
  /** Of the requests of one number. */
  readonly unitBytes: number;
  private readonly chunk: Buffer;
  /** Where in a unit its number is. */
  private readonly digitsAt: number;
  private sentBytes = 0;
  private units = 0;
  private isSending = false;
  private isWanted = false;

  constructor(
    private readonly client: WireClient,
    private readonly server: ServerProcess,
    private readonly key: string | null,
    isSlow: boolean,
  ) {
    const number = '0'.repeat(DIGITS);
    const unit =
      key === null ? PING
      : isSlow ? encodeRequest(['SET', key, number.padEnd(LONG_VALUE)])
      : encodeRequest(['SET', key, number]) + PING.repeat(NUMBERED_PINGS);
    this.unitBytes = unit.length;
    this.digitsAt = unit.indexOf(number);
    this.chunk = Buffer.from(unit.repeat(Math.floor(CHUNK_BYTES / unit.length)), 'latin1');
  }

  get trouble(): Unexpected | null {
    return this.client.ended;
  }

  look(): Progress {
    const { unread, unsent } = this.server.queuedBytes(this.client.localPort);
    const takenMost = this.sentBytes - unsent;
    return { arrivedLeast: takenMost - this.client.unsentBytes, arrivedMost: takenMost, unread };
  }

  /** Sends from now on. */
  begin(): void {
    this.isWanted = true;
    if (!this.isSending) this.send(SPELL_BYTES);
  }

  pause(): void {
    this.isWanted = false;
  }

  /** @param leftBytes of this spell */
  private send(leftBytes: number): void {
    this.isSending = this.isWanted && this.client.ended === null;
    if (!this.isSending) return;
    const { chunk } = this;
    this.sentBytes += chunk.length;
    this.client.send(this.key === null ? chunk : this.numbered(), () => {
      if (leftBytes > chunk.length) this.send(leftBytes - chunk.length);
      else void setImmediate().then(() => this.send(SPELL_BYTES));
    });
  }

  private numbered(): Buffer {
    const chunk = Buffer.from(this.chunk);
    for (let at = this.digitsAt; at < chunk.length; at += this.unitBytes) chunk.latin1Write(String(this.units++).padStart(DIGITS, '0'), at);
    return chunk;
  }
}

type Round = 'fair' | 'early' | 'unfair' | 'undecided';

interface Asked {
  readonly flood: Flood;
  readonly server: ServerProcess;
  readonly other: WireClient;
  readonly key: string | null;
  /** The other client has waited for long then. */
  readonly leastMs: number;
  readonly endMs: number;
}

/**
 * One request of the other client, while the busy one sends on and on. Fair: it is served before the rest of what the server had not read when it asked, or at
 * a later moment while it waited: a server that drains sockets has read that before it serves another one. Unfair: not before much of what came later. Early:
 * before anything else was read; a server that drains sockets may do that once, when it finds both with something to read.
 *
 * @param before where the busy one was just before
 */
async function askBeside({ flood, server, other, key, leastMs, endMs }: Asked, before: Progress): Promise<Round> {
  const waiting = waitOf(server);
  other.send(key === null ? PING : encodeRequest(['GET', key]));
  let last = flood.look();
  // This process may have been held up meanwhile.
  const [earlierLeast, earlierMost, readBefore] = [before.arrivedLeast, last.arrivedMost + ACKNOWLEDGED_LATE_BYTES, readMost(before, last)];
  const isOvertaken = (bytes: number): boolean => bytes - earlierMost >= LATER_BYTES && waiting() >= leastMs;
  const passed: Passed[] = [{ readMost: readBefore, arrivedLeast: earlierLeast }];
  let isLate = false;
  for (let lookedMs = performance.now(); other.pending === 0 && !isLate; ) {
    await sleep(LOOK_MS);
    const nowMs = performance.now();
    if (other.ended !== null) throw other.ended;
    if (nowMs > endMs || flood.trouble !== null) return 'undecided';
    if (other.pending > 0 || nowMs - lookedMs < LOOK_AT_QUEUES_MS) continue;
    const now = flood.look();
    const isBehind = isOvertaken(readLeast(last, now) - READ_AT_ONCE_BYTES);
    last = now;
    if (key !== null) passed.push({ arrivedLeast: now.arrivedLeast, readMost: readMost(flood.look(), flood.look()) });
    lookedMs = performance.now();
    // A reply that had come by then is read first.
    if (isBehind) await setImmediate();
    isLate = isBehind && other.pending === 0;
  }
  if (isLate) flood.pause();
  const seen = isLate || key !== null ? null : readMost(flood.look(), flood.look());
  // Nothing more is sent when it is late, so that it comes at last.
  const reply = await other.next(Math.max(0, endMs - performance.now())).catch((error: unknown) => {
    if (isLate && error instanceof Unexpected && error.trouble === 'no reply') return null;
    throw error;
  });
  if (key === null || reply === null) return isLate ? 'unfair' : seen !== null && seen < earlierLeast ? 'fair' : 'undecided';
  const served = numberOf(reply) * flood.unitBytes;
  if (isOvertaken(served)) return 'unfair';
  // What has been served reaches into the next number.
  const left = passed.filter(({ arrivedLeast }) => served + 2 * flood.unitBytes < arrivedLeast);
  if (left.some((then) => served >= then.readMost)) return 'fair';
  return left.includes(passed[0]!) ? 'early' : 'undecided';
}

const numberOf = (reply: Parameters<typeof textOf>[0]): number => Number(textOf(reply)?.slice(0, DIGITS));

/** Returns how long the server has let a client wait since now, in ms: time in which one of its threads waited for a processor does not count. */
function waitOf(server: ServerProcess): () => number {
  const [before, startMs] = [server.view().times, performance.now()];
  return () => performance.now() - startMs - Math.max(0, ...[...timesSince(before, server.view().times).values()].map(({ waiting }) => waiting));
}

/** True if a request takes the server long: counted by its own processor time, or it has not answered them in time. */
async function isSlow(client: WireClient, server: ServerProcess): Promise<boolean> {
  const before = server.view().times;
  client.send(PING.repeat(TIMED_REQUESTS));
  const isAnswered = await until(() => client.pending >= TIMED_REQUESTS || client.ended !== null, TIMED_MS);
  const usedMs = [...timesSince(before, server.view().times).values()].reduce((sum, { running }) => sum + running, 0);
  return !isAnswered || usedMs > SLOW_MS;
}

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
    const { process: server } = target;
    const flood = new Flood(busy, server, key, await isSlow(busy, server));
    busy.discard();
    const counts: { [each in Round]: number } = { fair: 0, early: 0, unfair: 0, undecided: 0 };
    const isAlwaysEarly = (): boolean => counts.early + counts.fair >= EARLY_ROUNDS && counts.undecided <= EARLY_UNDECIDED_ROUNDS && counts.unfair === 0;
    const asked = { flood, server, other, key, leastMs: TIMES_BASELINE * baselineMs, endMs: performance.now() + ROUNDS_PATIENCE * target.patienceMs };
    let [mostUnread, lastUnread] = [LEAST_READABLE_BYTES, 0];
    while (counts.fair < FAIR_ROUNDS && counts.unfair < UNFAIR_ROUNDS && !isAlwaysEarly()) {
      if (flood.trouble !== null) return cannotTell(flood.trouble.at({ en: 'the busy client', ko: '바쁜 클라이언트' }).text);
      if (performance.now() > asked.endMs || counts.undecided >= UNDECIDED_ROUNDS) return cannotTell(undecided(counts));
      flood.begin();
      const now = flood.look();
      mostUnread = Math.max(mostUnread, now.unread);
      const isReadable = Math.min(lastUnread, now.unread) >= Math.max(LEAST_READABLE_BYTES, READABLE_SHARE * mostUnread);
      lastUnread = now.unread;
      if (isReadable) {
        counts[await askBeside(asked, now)]++;
      } else {
        mostUnread *= FORGOTTEN;
        await sleep(LOOK_MS);
      }
    }
    flood.pause();
    if (counts.unfair === 0) return pass(servedBetween(counts.fair + counts.early));
    return counts.fair === 0 ? fail(overtaken(counts.unfair)) : cannotTell(undecided(counts));
  },
};

const beforeFlood = ({ text }: Unexpected): Text => ({
  en: `the other client, before the busy one has begun: ${text.en}`,
  ko: `바쁜 클라이언트가 시작하기도 전에 다른 클라이언트: ${text.ko}`,
});

const servedBetween = (rounds: number): Text => ({
  en: `${rounds} of ${rounds} requests of the other client were answered before all earlier requests of the busy client had been read`,
  ko: `다른 클라이언트의 요청 ${rounds}개 중 ${rounds}개에, 바쁜 클라이언트가 먼저 보낸 요청을 다 읽기 전에 응답함`,
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
