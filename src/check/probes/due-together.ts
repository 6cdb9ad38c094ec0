/**
 * The probe of many keys that expire at the same moment. One client sends DBSIZE continuously, many at a time: its replies are in the order in which the server
 * has executed them, so they show whether it was served while the keys were deleted, however late the replies are read.
 *
 *   replies     100000 100000 100000 91200 82800 …   in parts, with clients in between
 *               100000 100000 100000 0 0 0 …          all at once, while requests that were already there waited
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest, type Reply } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, type Finding, pass, type Probe } from '../probe.js';
import { isError, show, textOf, Unexpected, type WireClient } from '../wire.js';

/** More than a server with a limited cycle deletes in one: Redis limits it to 25 ms, in which it deletes about 30,000. */
const MOST_KEYS = 100_000;
/** A server that is slow at writing also deletes slowly. */
const LEAST_KEYS = 50_000;
/** Keys written at a time; while they are, the next ones are on their way. */
const WRITTEN = 5000;
/** The first ones are slower than the rest where code is compiled as it runs, so the next ones show how long all will take. */
const TRIED = 2 * WRITTEN;
/** Limit of the time for writing: with fewer keys, if it is over before all are written. */
const WRITING_MS = 20_000;
/** Time allowed for writing, relative to the estimate. */
const WRITING_SHARE = 1.5;
const SPARE_MS = 500;
/** No more keys are written when there is less time than this many times what the slowest have taken. */
const SLOWEST = 3;
/** The first DBSIZE is sent this long before the keys are due. */
const EARLIER_MS = 100;
/** Size of a batch: the kernel takes it at once, and it is more than a loop with one read per event reads in one turn. */
const BATCH = 4000;
/** Batches that are not answered yet: the server always has something to read, although this process does not run all the time. */
const UNANSWERED = 16;
/** But no more than it answers in this time. */
const AHEAD_MS = 800;
/** Batches whose replies are not taken yet. */
const UNTAKEN = 22;
const DBSIZE = Buffer.from(encodeRequest(['DBSIZE']).repeat(BATCH), 'latin1');
/** Share of the keys: with so few missing none counts as deleted, with so few left all do. */
const FEW = 0.02;
/** Factor for the timeout until they are gone. */
const GONE_PATIENCE = 2;

const keyOf = (prefix: string, at: number): string => `${prefix}:${at}`;

export const dueTogether: Probe = {
  name: 'due-together',
  writes: true,
  asks: { en: 'Are clients served while many keys expire that are due at the same moment?', ko: '같은 순간에 만료되는 많은 키를 지우는 동안에도 클라이언트를 처리합니까?' },
  sent: {
    en: `up to ${MOST_KEYS} keys with the same PXAT; from then on DBSIZE, ${BATCH} at a time`,
    ko: `PXAT이 같은 키 ${MOST_KEYS}개까지; 그때부터 DBSIZE를 ${BATCH}개씩`,
  },
  pass: { en: 'Expired keys are deleted in pieces, and clients have their turns in between.', ko: '만료된 키를 조금씩 나누어 지우고, 그 사이에 클라이언트를 처리합니다.' },
  fail: {
    en: 'All keys that are due are deleted in one go, however many they are: everybody waits until the last one is gone.',
    ko: '만료된 키가 아무리 많아도 한 번에 모두 지웁니다. 마지막 키까지 모두가 기다립니다.',
  },
  look: 'redis.io/commands/expire (how Redis expires keys); expire.c, activeExpireCycle: its limit of time',
  needs: ['DBSIZE'],
  async run(target) {
    const client = await target.open();
    const prefix = target.key('due');
    const before = Number(await client.ask('DBSIZE'));
    try {
      const written = await writeKeys(client, prefix, before);
      if ('result' in written) return written;
      await sleep(Math.max(0, written.dueMs - (await serverTime(client)) - EARLIER_MS));
      return await watch(client, before, written.keys, GONE_PATIENCE * target.patienceMs);
    } finally {
      if (client.ended === null) await deleteKeys(client, prefix);
    }
  },
};

/** Unix time of the server in ms; without TIME, that of this machine. */
async function serverTime(client: WireClient): Promise<number> {
  const reply = await client.ask('TIME');
  if (!Array.isArray(reply) || reply.length !== 2) return Date.now();
  return Number(textOf(reply[0])) * 1000 + Number(textOf(reply[1])) / 1000;
}

/** Writes keys before they are due, all if there is time, or returns why not. */
async function writeKeys(client: WireClient, prefix: string, before: number): Promise<{ readonly dueMs: number; readonly keys: number } | Finding> {
  try {
    const tried = await write(client, prefix, TRIED, (await serverTime(client)) + 2 * WRITING_MS, Infinity);
    if (tried.refusal !== null) return cannotTell({ en: `it has no SET … PXAT: ${show(tried.refusal)}`, ko: `SET … PXAT이 없음: ${show(tried.refusal)}` });
    const writingMs = (tried.lastMs * MOST_KEYS) / WRITTEN;
    if (writingMs * (LEAST_KEYS / MOST_KEYS) > WRITING_MS) return cannotTell(tooSlow);
    const limitMs = Math.min(WRITING_MS, WRITING_SHARE * writingMs) + SPARE_MS;
    const dueMs = Math.ceil((await serverTime(client)) + limitMs);
    const { refusal, keys } = await write(client, prefix, MOST_KEYS, dueMs, performance.now() + limitMs - EARLIER_MS);
    if (refusal !== null) return cannotTell({ en: `SET of one of ${keys} keys: ${show(refusal)}`, ko: `키 ${keys}개 중 하나의 SET: ${show(refusal)}` });
    const count = Number(await client.ask('DBSIZE')) - before;
    if (keys < LEAST_KEYS || (await serverTime(client)) > dueMs - EARLIER_MS) return cannotTell(tooSlow);
    return count === keys ? { dueMs, keys } : cannotTell({ en: `DBSIZE has grown by ${count}, not by ${keys}`, ko: `DBSIZE가 ${keys}이 아니라 ${count}만큼 늘어남` });
  } catch (error) {
    // Problems with pipelines are the subject of another probe.
    if (error instanceof Unexpected) return cannotTell(error.at({ en: `SET, ${WRITTEN} at a time`, ko: `SET ${WRITTEN}개씩` }).text);
    throw error;
  }
}

const tooSlow: Text = { en: `to write ${LEAST_KEYS} keys takes too long`, ko: `키 ${LEAST_KEYS}개를 쓰는 데 너무 오래 걸림` };

interface Written {
  readonly keys: number;
  /** The first error reply; null: none. */
  readonly refusal: Reply;
  /** How long the last {@link WRITTEN} keys have taken. */
  readonly lastMs: number;
}

/** Writes up to `most` keys, and no more when `endMs` is near. */
async function write(client: WireClient, prefix: string, most: number, dueMs: number, endMs: number): Promise<Written> {
  const due = String(Math.ceil(dueMs));
  const send = (from: number): void => {
    let requests = '';
    for (let at = from; at < from + WRITTEN; at++) requests += encodeRequest(['SET', keyOf(prefix, at), 'x', 'PXAT', due]);
    client.send(requests);
  };
  send(0);
  let [keys, sent, lastMs, slowestMs] = [0, WRITTEN, 0, 0];
  let refusal: Reply = null;
  for (let beganMs = performance.now(); keys < sent; ) {
    if (sent < most && refusal === null && performance.now() + SLOWEST * slowestMs < endMs) {
      send(sent);
      sent += WRITTEN;
    }
    const replies = await client.take(WRITTEN);
    refusal ??= replies.find(isError) ?? null;
    keys += WRITTEN;
    lastMs = performance.now() - beganMs;
    beganMs += lastMs;
    slowestMs = Math.max(slowestMs, lastMs);
  }
  return { keys, refusal, lastMs };
}

/** Deletes the keys that are left. A server that never expires keys deletes them here. */
async function deleteKeys(client: WireClient, prefix: string): Promise<void> {
  for (let from = 0; from < MOST_KEYS; from += WRITTEN) {
    await client.ask('DEL', ...Array.from({ length: WRITTEN }, (_, at) => keyOf(prefix, from + at)));
  }
}

/** Sends batches until some keys are gone and others are not, or all are gone. */
async function watch(client: WireClient, before: number, keys: number, mostMs: number): Promise<Finding> {
  const sentMs = performance.now();
  /** Of each batch: whether the kernel took it at once. */
  const untaken: boolean[] = [];
  const send = (): void => {
    client.send(DBSIZE);
    untaken.push(client.unsentBytes === 0);
  };
  send();
  let unanswered = 2;
  let left = keys;
  for (const endMs = sentMs + mostMs; performance.now() < endMs; ) {
    while (untaken.length - Math.floor(client.pending / BATCH) < unanswered && untaken.length < UNTAKEN) send();
    for (const [at, reply] of (await client.take(BATCH)).entries()) {
      const now = Number(reply) - before;
      if (now > keys * FEW && now < keys * (1 - FEW)) return pass({ en: `DBSIZE ${left}, then ${now}`, ko: `DBSIZE ${left}, 그 뒤 ${now}` });
      if (now <= keys * FEW) return fell(left, now, untaken[0]! && at > 0);
      left = now;
    }
    untaken.shift();
    if (unanswered === 2) unanswered = Math.max(2, Math.min(UNANSWERED, Math.floor(AHEAD_MS / (performance.now() - sentMs))));
  }
  return cannotTell({ en: `${left} keys that are due are still there, see active-expiry`, ko: `만료된 키 ${left}개가 아직 남아 있음(active-expiry 참고)` });
}

/** @param wasThere the next request was at the server before; if it begins a batch, the server may have had nothing else to do */
function fell(from: number, to: number, wasThere: boolean): Finding {
  const came = { en: `DBSIZE is ${from}, and for the next request, which was there already, ${to}`, ko: `DBSIZE가 ${from}, 이미 와 있던 다음 요청에는 ${to}` };
  if (wasThere) return fail(came);
  return cannotTell({ en: `DBSIZE ${from}, then ${to}, between two batches of requests`, ko: `DBSIZE ${from}, 그 뒤 ${to}; 두 요청 묶음 사이` });
}
