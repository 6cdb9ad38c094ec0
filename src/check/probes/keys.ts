/**
 * Probes of the few commands of a small server (ECHO, SET, GET, and expiry) and of clients that wait for a key.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, missing, pass, passIf, type Probe, same } from '../probe.js';
import type { Target } from '../target.js';
import { isError, isPong, show, textOf, Unexpected } from '../wire.js';

export const echo: Probe = {
  name: 'echo',
  asks: { en: 'Does ECHO answer with its argument?', ko: 'ECHO가 인수를 그대로 돌려줍니까?' },
  sent: same('ECHO "hello world"'),
  pass: { en: 'It reads arguments and encodes strings.', ko: '인수를 읽고 문자열을 부호화합니다.' },
  fail: { en: 'Arguments are not read as they are sent.', ko: '인수를 보낸 그대로 읽지 못합니다.' },
  look: 'redis.io/commands/echo',
  async run(target) {
    const client = await target.open();
    const reply = await client.ask('ECHO', 'hello world');
    return isError(reply) ? missing(same(show(reply))) : passIf(textOf(reply) === 'hello world', same(show(reply)));
  },
};

export const setGet: Probe = {
  name: 'set-get',
  writes: true,
  asks: { en: 'Does one client read what another one has written?', ko: '한 클라이언트가 쓴 값을 다른 클라이언트가 읽습니까?' },
  sent: { en: 'GET of nothing, SET, and GET by another client', ko: '없는 키의 GET, SET, 다른 클라이언트의 GET' },
  pass: { en: 'All connections share one keyspace.', ko: '모두가 하나의 키 공간을 씁니다.' },
  fail: { en: 'The value is missing, differs from the written one, or is visible to one connection only.', ko: '값이 없거나, 쓴 것과 다르거나, 그 연결에만 있습니다.' },
  look: 'redis.io/commands/set, redis.io/commands/get',
  async run(target) {
    const key = target.key('value');
    const [writer, reader] = [await target.open(), await target.open()];
    const nothing = await reader.ask('GET', key);
    const set = await writer.ask('SET', key, 'a value');
    const got = await reader.ask('GET', key);
    const came = same(`${show(nothing)}, ${show(set)}, ${show(got)}`);
    if (isError(nothing) && isError(set)) return missing(came);
    return passIf(nothing === null && textOf(set) === 'OK' && textOf(got) === 'a value', came);
  },
};

/** As a share of the reply timeout. */
const TTL_SHARE = 0.1;

export const expiry: Probe = {
  name: 'expiry',
  writes: true,
  asks: { en: 'Does a key expire when its time to live is over, and not before?', ko: 'TTL이 지난 키가 제때 사라지고, 그 전에는 남아 있습니까?' },
  sent: { en: 'SET … PX, GET, and GET when the time is over', ko: 'SET … PX, GET, 시간이 지난 뒤 GET' },
  pass: { en: 'Keys expire at their time.', ko: '키가 제시간에 만료됩니다.' },
  fail: { en: 'The time of SET … PX is ignored, or counted in another unit.', ko: 'SET … PX의 시간을 무시하거나 다른 단위로 셉니다.' },
  look: 'redis.io/commands/set (PX), redis.io/commands/expire',
  async run(target) {
    const key = target.key('expires');
    const client = await target.open();
    const [ttlMs, setMs] = [TTL_SHARE * target.patienceMs, performance.now()];
    const set = await client.ask('SET', key, 'soon gone', 'PX', String(ttlMs));
    if (isError(set)) return missing(same(show(set)));
    const before = await client.ask('GET', key);
    const askedMs = performance.now() - setMs;
    await sleep(ttlMs + 150);
    const after = await client.ask('GET', key);
    const came = `PX ${ttlMs}: ${show(before)}, ${show(after)}`;
    if (before === null && askedMs >= ttlMs) {
      const late = Math.round(askedMs);
      return cannotTell({ en: `${came}; the first GET came back too late, after ${late} ms`, ko: `${came}; 첫 GET의 응답이 ${late} ms 뒤에 너무 늦게 옴` });
    }
    return passIf(textOf(before) === 'soon gone' && after === null, same(came));
  },
};

const ACTIVE_KEYS = 50;
/** As a factor of the reply timeout. */
const ACTIVE_PATIENCE = 1.5;

export const activeExpiry: Probe = {
  name: 'active-expiry',
  writes: true,
  asks: { en: 'Are expired keys deleted although no client reads them?', ko: '만료된 키를 아무도 찾지 않아도 지웁니까?' },
  sent: { en: `${ACTIVE_KEYS} keys with PX 1, and DBSIZE until they are gone`, ko: `PX 1인 키 ${ACTIVE_KEYS}개, 사라질 때까지 DBSIZE` },
  pass: { en: 'Active expiry: a timer looks for them, so they do not keep memory.', ko: '능동 만료: 타이머가 찾아 지우므로 메모리를 차지하지 않습니다.' },
  fail: { en: 'Lazy expiry only: expired keys that no client reads stay in memory forever.', ko: '지연 만료뿐: 아무도 찾지 않는 키는 메모리에 계속 남습니다.' },
  look: 'redis.io/commands/expire (how Redis expires keys); expire.c, activeExpireCycle',
  needs: ['DBSIZE'],
  async run(target) {
    const client = await target.open();
    const keys = Array.from({ length: ACTIVE_KEYS }, (_, at) => target.key(`active:${at}`));
    // An earlier run may have left them.
    for (const key of keys) await client.ask('DEL', key);
    const before = Number(await client.ask('DBSIZE'));
    for (const key of keys) {
      const set = await client.ask('SET', key, 'x', 'PX', '1');
      if (isError(set)) return cannotTell(same(show(set)));
    }
    const activeMs = ACTIVE_PATIENCE * target.patienceMs;
    let left = ACTIVE_KEYS;
    for (const endMs = performance.now() + activeMs; left > 0 && performance.now() < endMs; await sleep(100)) {
      left = Number(await client.ask('DBSIZE')) - before;
    }
    if (left <= 0) return pass({ en: 'none is left', ko: '남은 키 없음' });
    return fail({ en: `${left} are left after ${activeMs} ms`, ko: `${activeMs} ms 뒤에도 ${left}개 남음` });
  },
};

/** Why BLPOP cannot be tested; null: it can. Tried where there is no need to wait. */
async function lacksBlpop(target: Target): Promise<Text | null> {
  const [client, key] = [await target.open(), target.key('popped')];
  const replies = [await client.ask('RPUSH', key, 'here'), await client.ask('BLPOP', key, '1')];
  const error = replies.find(isError);
  return error === undefined ? null : { en: `it has no BLPOP: ${show(error)}`, ko: `BLPOP 명령이 없음: ${show(error)}` };
}

export const parked: Probe = {
  name: 'parked-client',
  writes: true,
  asks: { en: 'Does only the client wait that has asked for an element that does not exist yet?', ko: '아직 없는 것을 기다리는 클라이언트만 기다립니까?' },
  sent: { en: 'BLPOP without an end; PING, and RPUSH, by another client', ko: '끝없는 BLPOP, 다른 클라이언트의 PING과 RPUSH' },
  pass: { en: 'The client is parked: the others go on, and one of them wakes it.', ko: '그 클라이언트만 멈춰 두고 나머지는 계속하며, 그중 하나가 깨웁니다.' },
  fail: { en: 'It waits in the command itself, so no other client can add the element.', ko: '명령 안에서 기다리므로 기다리는 것을 아무도 가져다줄 수 없습니다.' },
  look: 'redis.io/commands/blpop; blocked.c, blockForKeys',
  async run(target) {
    const lack = await lacksBlpop(target);
    if (lack !== null) return cannotTell(lack);
    const key = target.key('parked');
    const [waiter, other] = [await target.open(), await target.open()];
    await target.sendAlone(waiter, encodeRequest(['BLPOP', key, '0']));
    const pong = await other.ask('PING');
    if (waiter.pending > 0 || !isPong(pong)) return fail(same(`${show(await waiter.next())}, ${show(pong)}`));
    const pushed = await other.ask('RPUSH', key, 'here');
    const popped = await waiter.next();
    return passIf(Array.isArray(popped) && textOf(popped[1]) === 'here', same(`${show(pong)}, ${show(pushed)}, ${show(popped)}`));
  },
};

export const timeout: Probe = {
  name: 'timeout-alone',
  writes: true,
  asks: { en: 'Does a wait end at its timeout while no other client sends anything?', ko: '아무도 말하지 않아도 기다림이 제시간에 끝납니까?' },
  sent: { en: 'BLPOP with a timeout of 100 ms, and nothing else', ko: '제한 시간 100 ms의 BLPOP, 그 밖에는 없음' },
  pass: { en: 'The poll sleeps until the next timer is due, and no longer.', ko: 'poll이 다음 타이머까지만 잡니다.' },
  fail: {
    en: 'The poll sleeps without a timeout: timers run only when something else wakes the loop.',
    ko: 'poll이 제한 시간 없이 잡니다. 다른 무엇이 루프를 깨워야 타이머가 실행됩니다.',
  },
  look: 'epoll_wait(2): the timeout; ae.c, usUntilEarliestTimer',
  async run(target) {
    const lack = await lacksBlpop(target);
    if (lack !== null) return cannotTell(lack);
    const [waiter, other] = [await target.open(), await target.open()];
    await other.ask('PING');
    waiter.send(encodeRequest(['BLPOP', target.key('never'), '0.1']));
    const reply = await waiter.next().catch((error: unknown) => {
      if (error instanceof Unexpected && error.trouble === 'no reply') return error;
      throw error;
    });
    if (!(reply instanceof Unexpected)) return passIf(!isError(reply), same(show(reply)));
    await other.ask('PING');
    const late = await waiter.next();
    return fail({ en: `${reply.text.en}; after a PING by another client, ${show(late)}`, ko: `${reply.text.ko}; 다른 클라이언트의 PING 뒤에 ${show(late)}` });
  },
};
