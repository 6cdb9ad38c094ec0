/**
 * Sentences about events, in Korean.
 */
import { isAccepted, isErrorReply } from '../../state/model/loop.js';
import { durationText, formatBytes, formatCount } from '../text.js';
import { LISTENER, nameOf, readinessWords, tokenList, WAKER } from './names.js';
import { effectText, reasonText } from './trace-words.js';
import { commandName, errorText, keyList, request, type Sentences, short, waitName, type Wording } from './wording.js';

export const KOREAN: Sentences = {
  happened: {
    'turn-begin': ({ turn }) => `턴 ${formatCount(turn)} 시작: 보류된 응답부터 씁니다`,
    wait: ({ timeoutMs, why }, { isEmulated }) => {
      if (timeoutMs !== 0) return asleep(waitName(isEmulated))[0]!;
      return `${why === 'advance' ? '가상 시계가 움직이는 중' : `타이머 ${why}의 기한`}: 잠들지 않고 확인합니다`;
    },
    poll: ({ ready, waitedUs, within }, { isEmulated }) => {
      if (within === true) return `실행 중인 스크립트가 다른 클라이언트를 확인하게 했습니다: 준비된 토큰 ${formatCount(ready)}개`;
      const woke = `${waitName(isEmulated)}에서 ${durationText(waitedUs)} 만에`;
      return ready === 0 ? `${woke} 돌아왔습니다: 준비된 것 없음` : `${woke} 깨어났습니다: 준비된 토큰 ${formatCount(ready)}개`;
    },
    ready: ({ token, readiness }, { isListener, isWaker }) => {
      const words = readinessWords(readiness, '|');
      if (isListener(token)) return `${listenerName(token)} ${words}: 새 연결이 기다립니다`;
      return `${isWaker(token) ? WAKER : name(token)} ${words}: ${meaningOf(readiness, isWaker(token))}`;
    },
    accept: ({ token, client }, { visible }) => {
      const listener = listenerName(token);
      if (typeof client === 'number') return `${listener}에서 연결을 수락했습니다: 이제 토큰 ${client}입니다`;
      if (isAccepted(client)) return `${listener}에서 연결을 수락했습니다: ${visible(client)}`;
      return client === 'WouldBlock' ? `${listener}에 더 기다리는 연결이 없습니다: WouldBlock` : `${listener}에서 연결을 수락하지 못했습니다: ${visible(client)}`;
    },
    connect: ({ token, fd, peer }, { visible }) => `폴러에 ${name(token)} 등록을 마쳤습니다: ${visible(peer)}, fd ${fd}`,
    read: ({ token, result }, { visible }) => {
      if (typeof result === 'number') return `${name(token)}에서 ${formatBytes(result)}를 읽었습니다`;
      if (result === 'WouldBlock') return `${name(token)}에 지금은 더 읽을 것이 없습니다: WouldBlock`;
      return result === 'EOF' ? `${name(token)}의 상대가 더 보낼 것이 없습니다: EOF` : `${name(token)} 읽기에 실패했습니다: ${visible(result)}`;
    },
    'frame-partial': ({ token, have, need }) =>
      `${name(token)}에서 요청의 일부만 왔습니다(${formatCount(have)} / ${formatCount(need)} B 이상): 나머지가 올 때까지 보관합니다`,
    frame: ({ token, argv, bytes }, wording) => `${name(token)}의 요청: ${request(argv, wording)} (${formatBytes(bytes)})`,
    execute: ({ token, command, keys, elapsedUs }, wording) =>
      `${name(token)}의 ${request([commandName(command), ...keys], wording)} ${elapsedUs === 0 ? '명령을 실행했습니다' : `실행에 ${durationText(elapsedUs)} 걸렸습니다`}`,
    reply: ({ token, bytes, raw }, { visible }) =>
      isErrorReply(raw)
        ? `${name(token)}에 오류로 응답합니다: ${visible(errorText(raw))}`
        : `${name(token)}의 응답이 준비되었습니다: ${formatBytes(bytes)}, 출력 버퍼에서 대기`,
    flush: ({ tokens, bytes, short }, { isEmulated }) => {
      const call = isEmulated ? '호출 한 번' : 'io_uring_enter 한 번';
      return `${call}: ${tokenList(tokens, 3, 'ko')}에 ${formatBytes(bytes)}를 보냈습니다${short === 0 ? '' : `, 일부만 ${formatCount(short)}개`}`;
    },
    write: ({ token, result, of }, { visible }) => {
      if (result === 'WouldBlock') return `${name(token)}의 소켓이 지금은 받지 않습니다: WouldBlock, ${formatBytes(of)} 대기`;
      if (typeof result === 'string') return `${name(token)} 쓰기에 실패했습니다: ${visible(result)}`;
      return result === of
        ? `${name(token)}에 ${formatBytes(result)}를 보냈습니다`
        : `${name(token)}의 소켓이 ${formatCount(of)} B 중 ${formatCount(result)} B만 받았습니다: 나머지는 기다립니다`;
    },
    'await-disk': ({ token, bytes }) =>
      bytes === 0
        ? `${name(token)}의 출력이 더 기다리지 않습니다: 앞선 변경이 디스크에 있습니다`
        : `${name(token)}의 출력 ${formatBytes(bytes)}가 앞선 변경이 디스크에 기록되기를 기다립니다`,
    interest: ({ token, before, after }) => {
      if (((before ^ after) & 4) !== 0) return `${name(token)}: 이제부터 ${(after & 4) === 0 ? '레벨' : '에지'} 트리거입니다`;
      return (after & 2) !== 0
        ? `WRITABLE 등록: ${name(token)}에 공간이 생기면 폴러가 알립니다`
        : `${name(token)}에 모두 보냈습니다: WRITABLE 등록을 해제합니다`;
    },
    park: ({ token, keys, deadlineMs }, wording) => {
      const howLong = deadlineMs === 0 ? '기한 없이' : '제한 시간까지';
      return `${name(token)} 대기(parked): ${howLong} ${keysOf(keys, wording)} 기다림, 루프는 계속 진행합니다`;
    },
    unpark: ({ token, keys, why }, wording) =>
      `${name(token)}의 대기가 끝났습니다(${keysOf(keys, wording)}): ${UNPARKED_IN_KOREAN[why] ?? wording.visible(why)}`,
    timer: ({ name: timer, lateUs, elapsedUs }) =>
      `타이머 ${timer}: ${elapsedUs === 0 ? '' : `${durationText(elapsedUs)} 동안 `}실행, 기한보다 ${durationText(lateUs)} 늦음`,
    expire: ({ key, how }, wording) =>
      how === 'lazy'
        ? `${keyName(key, wording)}: 시간이 지난 것을 명령이 건드려 삭제되었습니다`
        : `${keyName(key, wording)}: 시간이 지난 것을 만료 주기가 찾아 삭제했습니다`,
    'save-slice': ({ keys, preImages, done, total }) => {
      const early = preImages === 0 ? '' : ` (바뀌기 전 ${formatCount(preImages)}개)`;
      return `스냅샷 조각: 키 ${formatCount(keys)}개${early}, 지금까지 ${formatCount(done)} / ${formatCount(total)}`;
    },
    evict: ({ key, policy }, wording) => `${keyName(key, wording)}: maxmemory를 넘지 않도록 축출되었습니다 (${wording.visible(policy)})`,
    'key-change': ({ key, event, type, size }, wording) => {
      const { visible } = wording;
      if (type === 'none') return `${keyName(key, wording)}: 사라졌습니다 (${visible(event)})`;
      return `${keyName(key, wording)}: 바뀌었습니다 (${visible(event)}), ${visible(type)}, 메모리 ${formatBytes(size)}`;
    },
    publish: ({ token, channel, bytes, receivers }, wording) =>
      `${name(token)}에서 채널 ${short(channel, wording)}에 ${formatBytes(bytes)}를 발행했습니다: 수신자 ${formatCount(receivers)}명`,
    replicate: ({ argv, db }, wording) => `전파 단계로 넘겼습니다: ${request(argv, wording)} (데이터베이스 ${db})`,
    fault: ({ token, id, fault, effect }, { isListener, visible }) =>
      `${isListener(token) ? listenerName(token) : name(token)}에 장애 ${id} 주입, ${visible(fault)}: ${visible(effectText(effect, 'ko'))}`,
    disconnect: ({ token, why }, { visible }) => `${name(token)}의 연결이 끊어졌습니다: ${visible(reasonText(why, 'ko'))}`,
    'turn-end': ({ turn, busyUs, commands }) => `턴 ${formatCount(turn)} 끝: ${busyUs === 0 ? '' : `${durationText(busyUs)} 동안 `}명령 ${formatCount(commands)}개`,
  },
  held: {
    request: (shown) => `실행 직전에 멈춤: ${shown}`,
    turn: (turn) => `턴 ${formatCount(turn)}의 시작에서 멈춤: 보류된 응답부터 씁니다`,
    wait: (waits, timeout) => `${waits} 직전에 멈춤: ${timeout}`,
    after: (sentence) => `멈춤: ${sentence}`,
  },
  timeout: (timeoutMs, timeout, why) => {
    if (why === 'virtual clock') return ['가상 시계: 준비된 것이 있거나 advance를 입력할 때까지 잠듭니다', '가상 시계: 제한 없이 잠듦'];
    if (why === 'advance') return ['가상 시계가 움직이는 중: 잠들지 않고 확인합니다', '가상 시계가 움직이는 중'];
    if (timeoutMs < 0) return ['타이머 없음: 준비된 것이 있을 때까지 잠듭니다', '타이머 없음: 제한 없음'];
    if (timeoutMs === 0) return [`타이머 ${why}의 기한: 잠들지 않고 확인합니다`, `타이머 ${why}의 기한`];
    return [`다음 타이머: ${timeout} 뒤 ${why}`];
  },
  asleep,
  dropped: (turns, commands) => `너무 빨라 따라갈 수 없음: 턴 ${formatCount(turns)}개, 명령 ${formatCount(commands)}개를 보이지 않고 지나쳤습니다`,
};

function asleep(waits: string): readonly string[] {
  return [`할 일이 없어 루프가 ${waits}에서 잠듭니다`, `할 일 없음: ${waits}에서 잠듦`, `${waits}에서 잠듦`];
}

export const UNPARKED_IN_KOREAN: { readonly [why: string]: string | undefined } = {
  ready: '키가 생김',
  timeout: '제한 시간이 지남',
  unblocked: '다른 클라이언트가 풀어 줌',
  disconnect: '클라이언트가 떠남',
};

/** All but the first have a number of their own. */
const listenerName = (token: number): string => (token === 0 ? LISTENER : `${LISTENER} (토큰 ${token})`);

const name = (token: number): string => nameOf(token, 'ko');

function meaningOf(readiness: number, isWoken: boolean): string {
  if (isWoken) return '다른 스레드가 보낸 메시지가 있습니다';
  if ((readiness & 4) !== 0) return '다음 read가 오류를 알려 줍니다';
  if ((readiness & 24) !== 0) return '상대가 보내기를 끝냈습니다';
  return (readiness & 1) !== 0 ? '읽으면 데이터가 있을 것입니다' : '쓸 공간이 있습니다';
}

const keysOf = (list: readonly string[], wording: Wording): string => keyList(list, wording, (named, others) => `${named} 외 ${others}개`);
const keyName = (key: string, wording: Wording): string => `키 ${short(key, wording)}`;
