/**
 * Texts of the loop pane, including the loop's code: names in the code are the same in every language.
 */
import { withParticle } from '../../../shared/korean.js';
import type { InLanguages } from '../../../shared/language.js';
import type { WorkPhase } from '../../state/model/loop.js';

/** The lines of the loop's code that can be marked as running. */
export type CodeLine = 'write' | 'timeout' | 'poll' | 'each' | 'accept' | 'waker' | 'read' | 'decode' | 'execute' | 'reply' | 'timers';

export interface CodeText {
  readonly line: CodeLine | null;
  /** The word in braces has the colour of its phase. At most 37 columns. */
  readonly code: string;
  readonly phase?: WorkPhase | 'poll';
  /** At most 48 columns. */
  readonly comment: string;
}

const ENGLISH = {
  turn: (turn: string) => `turn ${turn}`,
  noEvent: 'waiting for the first event',
  events: (counts: string) => `events: ${counts}`,
  counted: 'events of the trace so far',
  atWork: (turn: string, time: string) => `turn ${turn}: at work for ${time}`,
  noTurn: 'no turn yet',
  waited: (waited: string, worked: string) => `waited ${waited}, worked ${worked}`,
  withReplies: (turn: string) => `${turn} and its replies`,
  noTimeout: 'no timeout chosen yet',
  timersWait: ['timers that are due meanwhile run at the end of this turn', 'due timers run at the end of this turn', 'due timers wait'] as readonly string[],
  noLimit: 'no limit',
  turnTimes: 'turn times',
  noTurnTimes: 'turn times: none yet',
  noFlush: ['no io_uring_enter yet: fewer than two replies at once', 'batched sends: no call yet'] as readonly string[],
  lastFlush: (tokens: string, bytes: string, short: number) => `last io_uring_enter: ${bytes} for ${tokens}${short === 0 ? '' : `; ${short} short`}`,
  lastFlushInShort: (tokens: string, bytes: string, short: number) => `one call: ${bytes} for ${tokens}${short === 0 ? '' : `; ${short} short`}`,
  lastFlushByName: (tokens: string, _: string, short: number) => `one call for ${tokens}${short === 0 ? '' : `; ${short} short`}`,
  lastFlushAsCounts: (tokens: number, short: number) => `${tokens} tokens in one call${short === 0 ? '' : `; ${short} short`}`,
  longCode: (timeout: string, isBatched: boolean): readonly CodeText[] => [
    { line: null, code: 'for each turn', comment: '' },
    isBatched
      ? { line: 'write', code: '  {write} the replies in one call', phase: 'write', comment: 'io_uring_enter: what a socket refuses stays here' }
      : { line: 'write', code: '  {write} the replies that are pending', phase: 'write', comment: 'what a socket does not take waits for WRITABLE' },
    { line: 'timeout', code: '  timeout = time to the next timer', comment: 'no timer: no limit' },
    { line: 'poll', code: `  {poll.wait}(${timeout})`, phase: 'poll', comment: 'here the thread sleeps, and costs nothing' },
    { line: 'each', code: '  for each ready token', comment: 'readiness is a hint, never a promise' },
    { line: 'accept', code: '    LISTENER: {accept} until WouldBlock', phase: 'accept', comment: 'a new token for each connection' },
    { line: 'waker', code: '    WAKER:    take messages', comment: 'from the thread that draws this screen' },
    { line: 'read', code: '    client:   {read}', phase: 'read', comment: 'bytes that have arrived, maybe none' },
    { line: 'decode', code: '              {decode}', phase: 'decode', comment: 'bytes become requests, complete ones only' },
    { line: 'execute', code: '              {execute}', phase: 'execute', comment: 'one command at a time, for all clients' },
    { line: 'reply', code: '              reply', comment: 'into the output buffer; written above' },
    { line: 'timers', code: '  run the {timers} that are due', phase: 'timers', comment: 'last, so that ready clients never wait for them' },
    { line: null, code: 'and again', comment: '' },
  ],
  shortCode: {
    write: '{write} pending replies',
    writeAtOnce: '{write} pending replies in one call',
    each: 'for each ready token',
    accept: ' LISTENER: {accept} until WouldBlock',
    timers: 'run due {timers}',
  },
};

const KOREAN: typeof ENGLISH = {
  turn: (turn) => `턴 ${turn}`,
  noEvent: '첫 이벤트를 기다립니다',
  events: (counts) => `이벤트: ${counts}`,
  counted: '지금까지의 트레이스 이벤트',
  atWork: (turn, time) => `턴 ${turn}: ${time} 동안 작업 중`,
  noTurn: '아직 턴이 없습니다',
  waited: (waited, worked) => `대기 ${waited}, 작업 ${worked}`,
  withReplies: (turn) => `${withParticle(turn, '과/와')} 그 응답`,
  noTimeout: '아직 제한 시간을 정하지 않았습니다',
  timersWait: ['그사이 때가 된 타이머는 이 턴 끝에 실행됩니다', '때가 된 타이머는 턴 끝에 실행', '타이머는 대기'],
  noLimit: '무제한',
  turnTimes: '턴 시간',
  noTurnTimes: '턴 시간: 아직 없음',
  noFlush: ['아직 io_uring_enter 호출이 없습니다: 한 번에 응답이 둘 미만', '전송 묶음: 아직 호출 없음'],
  lastFlush: (tokens, bytes, short) => `마지막 io_uring_enter: ${tokens}에 ${bytes}${short === 0 ? '' : `, 일부만 ${short}개`}`,
  lastFlushInShort: (tokens, bytes, short) => `한 번 호출: ${tokens}에 ${bytes}${short === 0 ? '' : `, 일부만 ${short}개`}`,
  lastFlushByName: (tokens, _, short) => `한 번 호출: ${tokens}${short === 0 ? '' : `, 일부만 ${short}개`}`,
  lastFlushAsCounts: (tokens, short) => `한 번 호출: 토큰 ${tokens}개${short === 0 ? '' : `, 일부만 ${short}개`}`,
  longCode: (timeout, isBatched) => [
    { line: null, code: '턴마다', comment: '' },
    isBatched
      ? { line: 'write', code: '  {write}: 응답을 한 번에 쓰기', phase: 'write', comment: 'io_uring_enter: 소켓이 거절한 것은 남습니다' }
      : { line: 'write', code: '  {write}: 보류된 응답 쓰기', phase: 'write', comment: '소켓이 받지 않은 것은 WRITABLE을 기다립니다' },
    { line: 'timeout', code: '  timeout = 다음 타이머까지의 시간', comment: '타이머가 없으면 제한도 없습니다' },
    { line: 'poll', code: `  {poll.wait}(${timeout})`, phase: 'poll', comment: '스레드는 여기서 잠들고 CPU를 쓰지 않습니다' },
    { line: 'each', code: '  준비된 토큰마다', comment: '준비(readiness)는 힌트이지 약속이 아닙니다' },
    { line: 'accept', code: '    LISTENER: WouldBlock까지 {accept}', phase: 'accept', comment: '연결마다 새 토큰이 생깁니다' },
    { line: 'waker', code: '    WAKER:    메시지 받기', comment: '이 화면을 그리는 스레드가 보낸 것입니다' },
    { line: 'read', code: '    client:   {read}', phase: 'read', comment: '도착한 바이트이며 없을 수도 있습니다' },
    { line: 'decode', code: '              {decode}', phase: 'decode', comment: '바이트를 파싱해 완성된 요청만 만듭니다' },
    { line: 'execute', code: '              {execute}', phase: 'execute', comment: '모든 클라이언트를 통틀어 한 번에 명령 하나' },
    { line: 'reply', code: '              reply', comment: '출력 버퍼에 넣고 위의 write에서 보냅니다' },
    { line: 'timers', code: '  기한이 된 {timers} 실행', phase: 'timers', comment: '준비된 클라이언트가 기다리지 않도록 마지막에' },
    { line: null, code: '다시 처음으로', comment: '' },
  ],
  shortCode: {
    write: '{write}: 보류된 응답',
    writeAtOnce: '{write}: 보류된 응답을 한 번에',
    each: '준비된 토큰마다',
    accept: ' LISTENER: WouldBlock까지 {accept}',
    timers: '기한이 된 {timers}',
  },
};

export const LOOP_TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };
