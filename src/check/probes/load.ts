/**
 * Probes of what an idle server costs. They need to inspect its process.
 */
import { encodeRequest } from '../../server/index.js';
import { cannotTell, fail, type Finding, pass, type Probe, UNSEEN } from '../probe.js';
import type { Load } from '../process.js';
import type { Target } from '../target.js';

const WATCHED_MS = 600;
const MOST_WINDOWS = 25;
/** Share of one processor that a server at rest must stay below. */
const RESTING_SHARE = 0.25;
/** This much processor time, used for nothing, is a failure. */
const SPENT_MS = 1000;

/**
 * Tests whether the server comes to rest. Judged by processor time: a spinning loop wants a whole processor in every window, however little the machine can
 * give it, and has used {@link SPENT_MS} sooner or later.
 */
async function rests(target: Target): Promise<Finding> {
  const { process: server } = target;
  if (server === null) return UNSEEN;
  let spentMs = 0;
  let load: Load = await server.load(WATCHED_MS / 2);
  for (let window = 0; window < MOST_WINDOWS && spentMs < SPENT_MS; window++) {
    load = await server.load(WATCHED_MS);
    if (load.wanted <= RESTING_SHARE) return pass(percent(load));
    spentMs += load.usedMs;
  }
  if (spentMs >= SPENT_MS) return fail(percent(load));
  const { en, ko } = percent(load);
  return cannotTell({ en: `${en}: the machine is too busy`, ko: `${ko}: 이 컴퓨터가 너무 바쁨` });
}

const percent = ({ used, wanted }: Load): { en: string; ko: string } => {
  const [usedPercent, wantedPercent] = [Math.round(used * 100), Math.round(wanted * 100)];
  return {
    en: `${usedPercent} % of a processor used, ${wantedPercent} % with the time in which it waited for one`,
    ko: `프로세서의 ${usedPercent} % 사용, 프로세서를 기다린 시간까지 더하면 ${wantedPercent} %`,
  };
};

export const idle: Probe = {
  name: 'idle',
  once: true,
  asks: { en: 'Is it idle while connected clients send nothing?', ko: '연결된 클라이언트가 조용할 때 CPU를 쓰지 않고 쉽니까?' },
  sent: { en: 'nothing, by 20 clients that are connected', ko: '연결된 클라이언트 20개, 아무것도 보내지 않음' },
  pass: { en: 'It sleeps in the kernel until something is ready.', ko: '준비된 것이 생길 때까지 커널에서 잡니다.' },
  fail: { en: 'It polls again and again without sleeping: a busy loop.', ko: '할 일이 있는지 끊임없이 묻습니다(busy loop).' },
  look: 'epoll_wait(2), poll(2): the timeout',
  async run(target) {
    const [first] = await target.openMany(20);
    await first!.ask('PING');
    return rests(target);
  },
};

export const afterEof: Probe = {
  name: 'rest-after-eof',
  once: true,
  asks: { en: 'Is it idle after clients have ended their direction?', ko: '클라이언트가 송신을 끝낸 뒤에도 쉽니까?' },
  sent: { en: 'PING, and FIN, by five clients that keep their socket', ko: '소켓을 닫지 않는 클라이언트 5개의 PING과 FIN' },
  pass: { en: 'The end of a stream is handled.', ko: '스트림의 끝을 제대로 처리합니다.' },
  fail: { en: 'A socket at its end is readable forever: a loop that does not close it spins.', ko: '끝난 소켓은 계속 읽기 가능합니다. 닫지 않으면 헛돕니다.' },
  look: 'epoll(7), EPOLLRDHUP; recv(2) returns 0',
  async run(target) {
    for (let i = 0; i < 5; i++) {
      const client = await target.open();
      await client.ask('PING');
      client.halfClose();
    }
    return rests(target);
  },
};

const FULL_REQUESTS = 2000;

export const afterFull: Probe = {
  name: 'rest-after-full',
  once: true,
  asks: { en: 'Is it idle while a client does not read, and after it has read?', ko: '클라이언트가 읽지 않는 동안, 그리고 다 읽은 뒤에 쉽니까?' },
  sent: { en: `ECHO of 10000 bytes ${FULL_REQUESTS} times, read late`, ko: `10000바이트의 ECHO ${FULL_REQUESTS}번, 늦게 읽음` },
  pass: { en: 'Interest in WRITABLE is dropped when nothing waits.', ko: '보낼 것이 없으면 WRITABLE 관심을 거둡니다.' },
  fail: {
    en: 'A socket with room is writable forever: a loop that always asks for WRITABLE spins. Or the bytes that the socket did not take are lost.',
    ko: '여유 있는 소켓은 계속 쓰기 가능합니다. 늘 WRITABLE을 요구하면 헛돕니다. 또는 소켓이 받지 않은 것을 잃습니다.',
  },
  look: 'epoll(7), EPOLLOUT; send(2) may take fewer bytes than it is given',
  needs: ['ECHO', 'x'],
  async run(target) {
    const client = await target.open();
    client.pause();
    const requests = Buffer.from(encodeRequest(['ECHO', 'x'.repeat(10_000)]).repeat(100), 'latin1');
    for (let i = 0; i < FULL_REQUESTS; i += 100) client.send(requests);
    await target.takesNoMore(client);
    const full = await rests(target);
    if (full.result === 'fail') return { ...full, came: { en: `while it is not read: ${full.came.en}`, ko: `읽지 않는 동안: ${full.came.ko}` } };
    client.resume();
    await client.take(FULL_REQUESTS);
    const after = await rests(target);
    return full.result === 'pass' ? after : full;
  },
};
