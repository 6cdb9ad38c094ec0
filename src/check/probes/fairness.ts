/**
 * Probes of fairness: does one client that wants everything, or many that come together, leave the others their share? Judged by order: which request was sent
 * first, and which was served first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, type Finding, pass, type Probe, UNSEEN } from '../probe.js';
import type { ServerProcess } from '../process.js';
import type { Target } from '../target.js';
import { isPong, Unexpected, type WireClient } from '../wire.js';

const PING = encodeRequest(['PING']);
const LOOK_MS = 1;
/** When the other client asks, the server has at least so much of the busy one to read. */
const LEAST_READABLE_BYTES = 2 ** 15;
/** A loop that reads so much of what was sent later leaves nobody a turn. Of fair ones libuv reads the most of one socket: 2 MB, and the lab 256 KB. */
const LATER_BYTES = 5 * 2 ** 20;
/** Sent before the other client asks: as much as fits into the server's socket, which has more and more room while much is sent. */
const LEAST_FILL_BYTES = 3 * 2 ** 15;
const MOST_FILL_BYTES = 2 ** 21;
/** Sent at a time by a client that goes on and on. */
const FLOOD_BYTES = 2 ** 21;
/** So often it must have been found fair, or unfair. */
const FAIR_ROUNDS = 8;
const UNFAIR_ROUNDS = 2;
/** Times the patience with a reply, for all rounds. */
const ROUNDS_PATIENCE = 6;
const BASELINE_PINGS = 20;
/** Threads are served in any order, so it must also have waited this many times as long as the longest wait that it had alone. */
const TIMES_BASELINE = 10;

/** A client that sends PING without an end. */
class Flood {
  /** At the server, and not read. */
  unreadBytes = 0;
  /** Sent, and not known to be at the server. */
  private onTheirWayBytes = 0;
  private sentBytes = 0;
  private fillBytes = LEAST_FILL_BYTES;

  constructor(
    private readonly client: WireClient,
    private readonly server: ServerProcess,
  ) {}

  get trouble(): Unexpected | null {
    return this.client.ended;
  }

  /** All that was sent lies at the server, so that whatever happens in between it can read on. */
  get isReadable(): boolean {
    return this.onTheirWayBytes === 0 && this.unreadBytes >= LEAST_READABLE_BYTES;
  }

  /** That the server has read, at least. */
  get readBytes(): number {
    return this.sentBytes - this.onTheirWayBytes - this.unreadBytes;
  }

  look(): void {
    const { unread, unsent } = this.server.queuedBytes(this.client.localPort);
    this.unreadBytes = unread;
    this.onTheirWayBytes = this.client.unsentBytes + unsent;
  }

  /** Fills the server's socket, if there is little left in it. */
  fill(): void {
    const leftBytes = this.unreadBytes + this.onTheirWayBytes;
    if (leftBytes >= LEAST_READABLE_BYTES) return;
    this.send(this.fillBytes - leftBytes);
    this.look();
    // More than there is room for.
    if (this.onTheirWayBytes > 0) this.fillBytes = Math.max(LEAST_FILL_BYTES, this.fillBytes / 2);
  }

  /** Sends without an end, as fast as the server reads. */
  keepUp(): void {
    if (this.unreadBytes + this.onTheirWayBytes < FLOOD_BYTES / 2) this.send(FLOOD_BYTES);
  }

  more(): void {
    this.fillBytes = Math.min(MOST_FILL_BYTES, 2 * this.fillBytes);
  }

  private send(bytes: number): void {
    const requests = PING.repeat(Math.ceil(bytes / PING.length));
    this.client.send(requests);
    this.sentBytes += requests.length;
  }
}

type Round = 'fair' | 'unfair' | 'undecided';

/**
 * One PING of the other client, while all that the busy one has sent lies at the server. Fair: it is served before that has been read. Unfair: when that is
 * half read the busy one goes on sending, and the server goes on reading, and does not serve the other one.
 *
 *   busy     ─ sent before, at the server ─▶ PING ─ sent later ─────▶
 *   served            fair: by here ◀──────┤                ├───────▶ unfair: not by here
 */
async function askBeside(flood: Flood, other: WireClient, leastMs: number, endMs: number): Promise<Round> {
  const [earlierBytes, alreadyBytes, askedMs] = [flood.readBytes + flood.unreadBytes, flood.unreadBytes / 2, performance.now()];
  let goesOn = false;
  other.send(PING);
  for (;;) {
    await sleep(LOOK_MS);
    const [isServed, nowMs] = [other.pending > 0, performance.now()];
    flood.look();
    if (isServed) return flood.unreadBytes > 0 && !goesOn ? 'fair' : 'undecided';
    if (flood.readBytes - earlierBytes >= LATER_BYTES && nowMs - askedMs >= leastMs) return 'unfair';
    if (other.ended !== null) throw other.ended;
    if (nowMs > endMs || flood.trouble !== null) return 'undecided';
    goesOn ||= flood.unreadBytes < alreadyBytes;
    if (goesOn) flood.keepUp();
  }
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

const ALONE: Text = {
  en: 'It serves one client after another: the second waits until the first has gone.',
  ko: '한 번에 한 클라이언트만 처리합니다. 두 번째는 첫째가 떠날 때까지 기다립니다.',
};

export const greedyClient: Probe = {
  name: 'greedy-client',
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
    busy.discard();
    const flood = new Flood(busy, target.process);
    const counts: { [each in Round]: number } = { fair: 0, unfair: 0, undecided: 0 };
    const endMs = performance.now() + ROUNDS_PATIENCE * target.patienceMs;
    while (counts.fair < FAIR_ROUNDS && counts.unfair < UNFAIR_ROUNDS) {
      if (flood.trouble !== null) return cannotTell(flood.trouble.at({ en: 'the busy client', ko: '바쁜 클라이언트' }).text);
      if (performance.now() > endMs) return cannotTell(undecided(counts));
      flood.look();
      flood.fill();
      if (!flood.isReadable) {
        await sleep(LOOK_MS);
        continue;
      }
      const round = await askBeside(flood, other, TIMES_BASELINE * baselineMs, endMs);
      counts[round]++;
      if (round === 'undecided') flood.more();
      // Nothing is sent meanwhile, so that it comes at last.
      if (flood.trouble === null) await other.next();
    }
    if (counts.unfair === 0) return pass(servedBetween(counts.fair));
    return counts.fair === 0 ? fail(overtaken(counts.unfair)) : cannotTell(undecided(counts));
  },
};

const beforeFlood = ({ text }: Unexpected): Text => ({
  en: `the other client, before the busy one has begun: ${text.en}`,
  ko: `바쁜 클라이언트가 시작하기도 전에 다른 클라이언트: ${text.ko}`,
});

const servedBetween = (rounds: number): Text => ({
  en: `${rounds} × PONG, each while the server still had requests to read that the busy client had sent before`,
  ko: `${rounds} × PONG, 매번 바쁜 클라이언트가 먼저 보낸 요청을 서버가 아직 다 읽지 않은 동안`,
});

const overtaken = (rounds: number): Text => {
  const requests = Math.floor(LATER_BYTES / PING.length / 1000) * 1000;
  return {
    en: `${rounds} of ${rounds} times more than ${requests} requests that the busy client sent after the other one's PING were read before it`,
    ko: `${rounds}번 중 ${rounds}번, 다른 클라이언트의 PING보다 나중에 바쁜 클라이언트가 보낸 요청 ${requests}개 이상을 먼저 읽음`,
  };
};

const undecided = ({ fair, unfair, undecided: open }: { readonly [each in Round]: number }): Text => ({
  en: `served ${fair} × before all earlier requests of the busy client were read, ${unfair} × not before later ones were, ${open} × too near to tell`,
  ko: `바쁜 클라이언트가 먼저 보낸 요청을 다 읽기 전에 처리 ${fair}번, 나중 요청을 읽고도 처리하지 않음 ${unfair}번, 가릴 수 없음 ${open}번`,
});

const TOGETHER = 20;
/** For a connection that one more may have woken. */
const MORE_MS = 200;
/** What keeps a loop in one turn while the connections come in; a loop that takes more at once is not held up by it. */
const BUSY_REQUESTS = 20_000;

export const connectTogether: Probe = {
  name: 'connect-together',
  // What is left in the backlog would disturb a second time.
  once: true,
  exhausts: true,
  asks: { en: 'Are all connections accepted that come at the same moment?', ko: '같은 순간에 온 연결을 모두 accept합니까?' },
  sent: {
    en: `${BUSY_REQUESTS} × PING by one client, to keep it busy; meanwhile ${TOGETHER} connections at once, PING on each`,
    ko: `한 클라이언트가 PING ${BUSY_REQUESTS}개로 서버를 바쁘게 함; 그동안 연결 ${TOGETHER}개를 한꺼번에, 각각 PING`,
  },
  pass: { en: 'The backlog is emptied, or asked about again.', ko: '백로그를 비우거나 다시 확인합니다.' },
  fail: { en: 'Of connections that come together some are not served.', ko: '함께 온 연결 가운데 일부를 처리하지 않습니다.' },
  look: 'accept(2): until EAGAIN where readiness is edge-triggered; epoll(7), EPOLLET',
  async run(target) {
    const busy = await target.open();
    busy.send(PING);
    if ((await unanswered([busy])).length > 0) return stuck(target, busy);
    busy.send(PING.repeat(BUSY_REQUESTS));
    const clients = await target.openMany(TOGETHER);
    for (const client of clients) client.send(PING);
    const waiting = await unanswered(clients);
    if (waiting.length === 0) return pass({ en: `${TOGETHER} × PONG`, ko: `${TOGETHER} × PONG` });
    const late = await target.open();
    late.send(PING);
    const left = await unanswered(waiting);
    const [served, woken] = [TOGETHER - waiting.length, waiting.length - left.length];
    const came = { en: `${served} × PONG, ${waiting.length} connections without a reply`, ko: `${served} × PONG, 연결 ${waiting.length}개는 응답 없음` };
    if (woken === 0) return { ...fail(came), means: SERVED_FEW };
    const more = { en: `when one more had connected, ${woken} of them got +PONG`, ko: `하나가 더 연결하자 그중 ${woken}개가 +PONG을 받음` };
    return { ...fail({ en: `${came.en}; ${more.en}`, ko: `${came.ko}; ${more.ko}` }), means: ONE_FOR_EACH };
  },
};

/** Connections have come together before, and those that were left in the backlog are still in front of this one. */
async function stuck(target: Target, client: WireClient): Promise<Finding> {
  for (let more = 1; more <= 2 * TOGETHER; more++) {
    await target.open();
    await sleep(MORE_MS);
    if (client.pending === 0) continue;
    const came = { en: `a connection had no reply until ${more} more had connected`, ko: `${more}개가 더 연결할 때까지 한 연결에 응답이 없음` };
    return { ...fail(came), means: ONE_FOR_EACH };
  }
  return { ...fail({ en: 'a connection has no reply', ko: '한 연결에 응답이 없음' }), means: SERVED_FEW };
}

const SERVED_FEW: Text = {
  en: 'So many clients at the same time are more than it serves: the rest waits until one of them has gone.',
  ko: '동시에 처리하는 클라이언트 수를 넘으면 나머지는 하나가 떠날 때까지 기다립니다.',
};
const ONE_FOR_EACH: Text = {
  en: 'It accepts one connection for each report that there are some. Edge-triggered, the others stay in the backlog until one more connects.',
  ko: '연결이 있다는 알림마다 하나만 accept합니다. edge-triggered에서는 나머지가 다음 연결이 올 때까지 백로그에 남습니다.',
};

/** Those that have no PONG within the time. */
async function unanswered(clients: readonly WireClient[]): Promise<WireClient[]> {
  const isServed = await Promise.all(clients.map((client) => client.next().then(isPong, hasNone)));
  return clients.filter((_, at) => !isServed[at]);
}

function hasNone(error: unknown): false {
  if (error instanceof Unexpected) return false;
  throw error;
}
