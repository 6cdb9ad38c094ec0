/**
 * Probes of what a server costs when there is nothing to do. They need to see its process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import { cannotTell, fail, type Finding, pass, type Probe } from '../probe.js';
import type { Target } from '../target.js';

const WATCHED_MS = 800;
/** Of one processor. A loop that spins uses all that it gets, and wants all. */
const USED_SHARE = 0.25;
/** On a busy machine a server that only wakes now and then waits a little each time. */
const WANTED_SHARE = 0.7;
const NOT_HERE = 'its process cannot be seen from here';

/** Whether the server rests now; asked twice, since it may still have something to do. */
async function rests(target: Target, sent: string): Promise<Finding> {
  if (target.process === null) return cannotTell(sent, NOT_HERE);
  await sleep(300);
  let load = await target.process.load(WATCHED_MS);
  if (isBusy(load)) load = await target.process.load(2 * WATCHED_MS);
  const came = `${Math.round(load.used * 100)} % of a processor used, ${Math.round(load.wanted * 100)} % wanted`;
  return isBusy(load) ? fail(sent, came) : pass(sent, came);
}

const isBusy = ({ used, wanted }: { used: number; wanted: number }): boolean => used > USED_SHARE || wanted > WANTED_SHARE;

export const idle: Probe = {
  name: 'idle',
  asks: { en: 'Does it rest while clients are connected and say nothing?', ko: '연결된 클라이언트가 조용할 때 CPU를 쓰지 않고 쉽니까?' },
  pass: { en: 'It sleeps in the kernel until something is ready.', ko: '준비된 것이 생길 때까지 커널에서 잡니다.' },
  fail: { en: 'It asks again and again whether there is something: a busy loop.', ko: '할 일이 있는지 끊임없이 묻습니다(busy loop).' },
  look: 'epoll_wait(2), poll(2): the timeout',
  async run(target) {
    const [first] = await target.openMany(20);
    await first!.ask('PING');
    return rests(target, '20 clients, which are quiet');
  },
};

export const afterEof: Probe = {
  name: 'rest-after-eof',
  asks: { en: 'Does it rest after clients have ended their direction?', ko: '클라이언트가 송신을 끝낸 뒤에도 쉽니까?' },
  pass: { en: 'The end of a stream is acted upon.', ko: '스트림의 끝을 제대로 처리합니다.' },
  fail: { en: 'A socket at its end is readable for ever: a loop that does not close it spins.', ko: '끝난 소켓은 계속 읽기 가능합니다. 닫지 않으면 헛돕니다.' },
  look: 'epoll(7), EPOLLRDHUP; recv(2) returns 0',
  async run(target) {
    const clients = await target.openMany(5);
    for (const client of clients) {
      await client.ask('PING');
      client.halfClose();
    }
    return rests(target, 'five clients with FIN, which keep their socket');
  },
};

export const afterFull: Probe = {
  name: 'rest-after-full',
  asks: { en: 'Does it rest while a client does not read, and after it has read?', ko: '클라이언트가 읽지 않는 동안, 그리고 다 읽은 뒤에 쉽니까?' },
  pass: { en: 'Interest in WRITABLE is dropped when nothing waits.', ko: '보낼 것이 없으면 WRITABLE 관심을 거둡니다.' },
  fail: { en: 'A socket with room is writable for ever: a loop that always asks for WRITABLE spins.', ko: '여유 있는 소켓은 계속 쓰기 가능합니다. 늘 WRITABLE을 요구하면 헛돕니다.' },
  look: 'epoll(7), EPOLLOUT',
  needs: ['ECHO', 'x'],
  async run(target) {
    const client = await target.open();
    client.pause();
    client.send(encodeRequest(['ECHO', 'x'.repeat(10_000)]).repeat(2000));
    await sleep(500);
    const full = await rests(target, '20 MB of replies that are not read');
    if (full.result !== 'pass') return full;
    client.resume();
    await client.take(2000, 20_000);
    return rests(target, '20 MB of replies, read late');
  },
};
