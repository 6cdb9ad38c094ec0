/**
 * Probes of the few commands that a small server has: ECHO, SET, GET, and expiry.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotTell, fail, pass, type Probe } from '../probe.js';
import { isError, show, textOf } from '../wire.js';

export const echo: Probe = {
  name: 'echo',
  asks: { en: 'Does ECHO answer with its argument?', ko: 'ECHO가 인수를 그대로 돌려줍니까?' },
  pass: { en: 'It reads arguments and encodes strings.', ko: '인수를 읽고 문자열을 부호화합니다.' },
  fail: { en: 'Arguments are not read as they are sent.', ko: '인수를 보낸 그대로 읽지 못합니다.' },
  look: 'redis.io/commands/echo',
  async run(target) {
    const client = await target.open();
    const reply = await client.ask('ECHO', 'hello world');
    if (isError(reply)) return fail('ECHO "hello world"', show(reply));
    return textOf(reply) === 'hello world' ? pass('ECHO "hello world"', show(reply)) : fail('ECHO "hello world"', show(reply));
  },
};

export const setGet: Probe = {
  name: 'set-get',
  writes: true,
  asks: { en: 'Does one client read what another one has written?', ko: '한 클라이언트가 쓴 값을 다른 클라이언트가 읽습니까?' },
  pass: { en: 'There is one keyspace for everyone.', ko: '모두가 하나의 키 공간을 씁니다.' },
  fail: { en: 'The value is missing, other than what was written, or of one connection only.', ko: '값이 없거나, 쓴 것과 다르거나, 그 연결에만 있습니다.' },
  look: 'redis.io/commands/set, redis.io/commands/get',
  async run(target) {
    const key = target.key('value');
    const [writer, reader] = [await target.open(), await target.open()];
    const missing = await reader.ask('GET', key);
    const set = await writer.ask('SET', key, 'a value');
    const got = await reader.ask('GET', key);
    const sent = 'GET of nothing, SET, and GET by another client';
    const came = `${show(missing)}, ${show(set)}, ${show(got)}`;
    return missing === null && textOf(set) === 'OK' && textOf(got) === 'a value' ? pass(sent, came) : fail(sent, came);
  },
};

const TTL_MS = 200;

export const expiry: Probe = {
  name: 'expiry',
  writes: true,
  asks: { en: 'Is a key with a time to live gone when that is over, and not before?', ko: 'TTL이 지난 키가 제때 사라지고, 그 전에는 남아 있습니까?' },
  pass: { en: 'Keys expire at their time.', ko: '키가 제시간에 만료됩니다.' },
  fail: { en: 'The time of SET … PX is ignored, or counted in another unit.', ko: 'SET … PX의 시간을 무시하거나 다른 단위로 셉니다.' },
  look: 'redis.io/commands/set (PX), redis.io/commands/expire',
  async run(target) {
    const key = target.key('expires');
    const client = await target.open();
    const [setMs, set] = [performance.now(), await client.ask('SET', key, 'soon gone', 'PX', String(TTL_MS))];
    if (isError(set)) return fail(`SET … PX ${TTL_MS}`, show(set));
    const before = await client.ask('GET', key);
    const askedMs = performance.now() - setMs;
    await sleep(TTL_MS + 150);
    const after = await client.ask('GET', key);
    const sent = `SET … PX ${TTL_MS}, GET, and GET after ${TTL_MS + 150} ms`;
    const came = `${show(before)}, ${show(after)}`;
    // This machine was too busy to ask in time.
    if (before === null && askedMs >= TTL_MS) return cannotTell(sent, came);
    return textOf(before) === 'soon gone' && after === null ? pass(sent, came) : fail(sent, came);
  },
};

/** Times the patience with a reply. */
const ACTIVE_PATIENCE = 1.5;

export const activeExpiry: Probe = {
  name: 'active-expiry',
  writes: true,
  asks: { en: 'Are keys that have expired given up without anybody asking for them?', ko: '만료된 키를 아무도 찾지 않아도 지웁니까?' },
  pass: { en: 'Active expiry: a timer looks for them, so they do not keep memory.', ko: '능동 만료: 타이머가 찾아 지우므로 메모리를 차지하지 않습니다.' },
  fail: { en: 'Lazy expiry only: keys that nobody asks for stay in memory for ever.', ko: '지연 만료뿐: 아무도 찾지 않는 키는 메모리에 계속 남습니다.' },
  look: 'redis.io/commands/expire (how Redis expires keys); expire.c, activeExpireCycle',
  needs: ['DBSIZE'],
  async run(target) {
    const client = await target.open();
    const before = Number(await client.ask('DBSIZE'));
    const count = 50;
    for (let i = 0; i < count; i++) await client.ask('SET', target.key(`active:${i}`), 'x', 'PX', '1');
    const sent = `${count} keys with PX 1, and DBSIZE until they are gone`;
    const activeMs = ACTIVE_PATIENCE * target.patienceMs;
    for (const endMs = performance.now() + activeMs; performance.now() < endMs; await sleep(100)) {
      const left = Number(await client.ask('DBSIZE')) - before;
      if (left <= 0) return pass(sent, 'none is left');
    }
    return fail(sent, `${Number(await client.ask('DBSIZE')) - before} are left after ${activeMs} ms`);
  },
};
