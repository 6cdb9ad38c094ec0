/**
* The lessons of the course, in order.
 *
* The program of each is complete, including code of earlier lessons, so a learner can begin with any lesson and reads only one file.
 */
import type { Text } from '../shared/language.js';

export interface Lesson {
  readonly number: string;
/** The name of its folder and file. */
  readonly name: string;
  readonly title: Text;
  /** What the learner's file must export. */
  readonly exports: readonly string[];
}

export const LESSONS: readonly Lesson[] = [
  {
    number: '01',
    name: '01-listener',
    title: { en: 'A TCP listener: bind, accept one', ko: 'TCP 리스너: bind, 하나 accept하기' },
    exports: ['Server'],
  },
  {
    number: '02',
    name: '02-event-loop',
    title: { en: 'The event loop: run once, echo, one client', ko: '이벤트 루프: 한 턴, 에코, 한 클라이언트' },
    exports: ['EchoServer'],
  },
  {
    number: '03',
    name: '03-many-clients',
    title: { en: 'Many clients: a map from token to stream', ko: '여러 클라이언트: 토큰에서 스트림으로 가는 맵' },
    exports: ['EchoServer'],
  },
  {
    number: '04',
    name: '04-half-frames',
    title: { en: 'Half frames and RESP: PING', ko: '덜 도착한 프레임과 RESP: PING' },
    exports: ['Decoder', 'Server'],
  },
  {
    number: '05',
    name: '05-set-get',
    title: { en: 'ECHO, SET, GET: one keyspace for everyone', ko: 'ECHO, SET, GET: 모두가 함께 쓰는 키 공간' },
    exports: ['Server'],
  },
  {
    number: '06',
    name: '06-expiry',
    title: { en: 'Expiry, lazy and active: the timeout of the poll', ko: '만료: 지연과 능동, poll의 시간 제한' },
    exports: ['Server'],
  },
  {
    number: '07',
    name: '07-writing',
    title: { en: 'Writing: short writes, WRITABLE, backpressure', ko: '쓰기: 짧은 쓰기, WRITABLE, 배압' },
    exports: ['Server'],
  },
  {
    number: '08',
    name: '08-parking',
    title: { en: 'Parking: BLPOP waits, the loop does not', ko: '대기: BLPOP은 기다리고, 루프는 기다리지 않습니다' },
    exports: ['Server'],
  },
  {
    number: '09',
    name: '09-fairness',
    title: { en: 'Pipelining and fairness: one write, a budget for each', ko: '파이프라이닝과 공평함: write 한 번, 저마다의 몫' },
    exports: ['Server'],
  },
  {
    number: '10',
    name: '10-propagation',
    title: { en: 'Write propagation: from locks to one handler', ko: '쓰기 전파: 락에서 핸들러 하나로' },
    exports: ['Server'],
  },
];
