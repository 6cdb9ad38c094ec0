/**
 * The probe of many connections that come together: are all of them accepted, or only one for each report of the listener?
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { fail, type Finding, pass, type Probe } from '../probe.js';
import type { Target } from '../target.js';
import { isPong, Unexpected, type WireClient } from '../wire.js';

const PING = encodeRequest(['PING']);
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
  en: 'It serves fewer clients at a time: the rest wait until one of them has gone.',
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
