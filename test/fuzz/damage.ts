/**
 * What RESTORE makes of a damaged payload: a key of its own in a database of its own, which is gone afterwards, since what the damage has
 * made may be something that only one of the servers knows how to go on with.
 *
 *   both refuse      with the same kind of error
 *   only the lab     is stricter, which it may be
 *   both accept      and then read the same value; and the lab has no defect, whatever is done to it next
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { check, LIKENESS, type Pair, readers, type StateDifference } from './state.js';
import { DAMAGED } from './values.js';

const WORKSHOP = '8';

/** What a value may have to stand: every type answers some of these with WRONGTYPE. */
const USES = [
  'APPEND K x', 'SETRANGE K 3 abc', 'BITCOUNT K', 'PFADD K a b c', 'PFCOUNT K', 'LPUSH K a', 'RPUSH K b', 'LSET K 0 z', 'LINSERT K BEFORE z y', 'LREM K 0 b', 'LPOP K 2', 'RPOP K', 'HSET K f v g w', 'HINCRBY K n 1',
  'HDEL K f', 'SADD K m 5', 'SREM K 5', 'SPOP K', 'ZADD K 1 m 2 n', 'ZINCRBY K 5 m', 'ZRANGEBYSCORE K -inf +inf', 'ZRANK K m', 'ZPOPMIN K', 'ZREMRANGEBYRANK K 0 0', 'XADD K * f v', 'XTRIM K MAXLEN 1', 'XGROUP CREATE K new 0',
  'XREADGROUP GROUP new c COUNT 2 STREAMS K >', 'XPENDING K new', 'XAUTOCLAIM K new d 0 0', 'XDEL K 1-1', 'XINFO STREAM K FULL', 'DUMP K', 'COPY K K2 REPLACE', 'DEBUG OBJECT K', 'OBJECT ENCODING K',
].map((line) => line.split(' ').map((word) => word.replace(/^K(?=2?$)/, DAMAGED)));

/** @param payload the same for both servers */
export async function compareDamaged(pair: Pair, payload: string): Promise<StateDifference | null> {
  const restore = ['RESTORE', DAMAGED, '0', payload];
  const requests = [['SELECT', WORKSHOP], ['FLUSHDB'], restore, ['TYPE', DAMAGED]].map(encodeRequest).join('');
  const [lab, redis] = await pair.exchange(requests, requests, 4);
  const [ours, theirs] = [lab[2], redis[2]];
  if (ours === undefined || theirs === undefined) return { argv: restore, lab: ours, redis: theirs };
  if (ours.bytes.startsWith('-')) return theirs.bytes === '+OK\r\n' || sameKind(ours.bytes, theirs.bytes) ? null : { argv: restore, lab: ours, redis: theirs };
  if (theirs.bytes.startsWith('-')) return { argv: restore, lab: ours, redis: theirs };
  const type = /^\+(\w+)/.exec(redis[3]!.bytes)![1]!;
  // Members that the payload has in a wrong order the lab puts in the right one.
  return (await check(pair, [['OBJECT', 'ENCODING', DAMAGED], ...readers(DAMAGED, type)], { ...LIKENESS, ZRANGE: 'pairs' })) ?? use(pair);
}

async function use(pair: Pair): Promise<StateDifference | null> {
  const [lab] = await pair.exchange(USES.map(encodeRequest).join(''), encodeRequest(['PING']).repeat(USES.length), USES.length);
  const defect = USES.findIndex((_, i) => lab[i] === undefined || lab[i].bytes.startsWith('-ERR internal error'));
  return defect === -1 ? null : { argv: USES[defect]!, lab: lab[defect], redis: undefined };
}

const sameKind = (one: string, other: string): boolean => one.split(' ')[0] === other.split(' ')[0];
