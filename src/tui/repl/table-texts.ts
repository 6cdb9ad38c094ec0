/**
 * The server's tables of faults and seams in Korean, for the help of the console. The tables themselves are in English.
 */
import { type FaultName, formatResults, isNumberResult, seamOf, type SeamName, type Seams } from '../../server/index.js';

export const FAULTS_IN_KOREAN: { readonly [name in FaultName]: string } = {
  slice: 'read와 write가 한 번에 이 바이트 수까지만 옮깁니다.',
  latency: '폴러가 연결의 준비 상태를 커널보다 그만큼 늦게 알립니다.',
  bandwidth: '연결의 각 방향에서 1초에 이 바이트 수까지만 옮기며, 너무 일찍 읽거나 쓰면 WouldBlock입니다.',
  'would-block': '바이트를 옮기는 read와 write 앞에서, 소켓이 준비되었는데도 이 횟수만큼 WouldBlock을 돌려줍니다.',
  reset: '설정한 뒤 이 바이트 수를 읽고 쓰면 연결이 끊어집니다. 서버는 ECONNRESET을, 클라이언트는 RST를 받습니다.',
  'half-close': '설정한 뒤 이 바이트 수를 읽으면, 클라이언트가 보내는 쪽을 닫은 것처럼 서버가 EOF를 읽습니다.',
  accept: 'accept가 이 오류로 실패합니다. ECONNABORTED이면 연결을 잃고, 나머지는 백로그에서 기다립니다.',
  'disk-full': '설정한 뒤 파일에 이 바이트 수를 쓰면 더 들어가지 않습니다(ENOSPC). 기록을 쓰는 서버를 위한 것입니다.',
  'slow-disk': '파일에 쓸 때와 fsync할 때마다 그만큼 더 걸립니다. 루프는 기다리지 않습니다.',
  error: '요청을 실행하지 않고 이 오류로 응답합니다. MULTI 안에서는 다른 오류와 마찬가지로 트랜잭션이 실패합니다.',
  'late-reply': '명령을 실행하고 그만큼 늦게 응답합니다. 그동안 그 클라이언트가 보낸 것은 기다립니다.',
  'no-reply': '명령을 실행하지만 응답하지 않습니다. 장애를 풀 때까지 그 클라이언트가 보낸 것은 기다립니다.',
  rule: '이음매의 값으로 계산하는 JavaScript 식이 루프의 결정을 대신합니다. 한 이음매에 여럿이면 가장 새로운 것이 적용됩니다.',
  'one-client-at-a-time': 'poll 없이 accept, read, write만 하는 서버처럼, 한 클라이언트가 떠날 때까지 그 클라이언트만 처리하고 나머지는 기다립니다.',
  'eagain-is-an-error': 'WouldBlock을 돌려준 read를 오류로 보아, 소켓이 비는 즉시 연결을 닫습니다.',
  'edge-without-draining': '이벤트마다 한 번만 읽습니다. 에지 트리거에서는 남은 바이트가 더 도착할 때까지 다시 보고되지 않습니다.',
  'drain-forever': '얼마나 오래 걸리든 소켓이 빌 때까지 한 연결을 읽고, 나머지는 기다립니다.',
  'ignore-eof': '0바이트를 읽은 것을 아무것도 없는 것으로 보아 연결이 남고, 레벨 트리거에서는 매 턴 다시 보고됩니다.',
  'half-frame-thrown-away': '일부만 도착한 요청을 버리며, 나머지는 다음 요청의 시작으로 여깁니다.',
  'one-read-one-command': 'read 한 번에 온 것 중 요청 하나만 실행하여, 함께 보낸 요청은 각각 read 한 번만큼 늦게 응답받습니다.',
  'write-takes-all': 'write가 건넨 것을 모두 보냈다고 여겨, 소켓이 받지 않은 것은 사라집니다.',
  'always-writable': '한 번 쓴 연결을 WRITABLE에 계속 등록해 두어, 레벨 트리거에서는 쓸 것이 없는데도 매 턴 루프를 깨웁니다.',
  'accept-one-of-many': '이벤트마다 연결을 하나만 수락합니다. 에지 트리거에서는 백로그의 나머지가 다음 연결이 올 때까지 기다립니다.',
  'timer-before-clients': '기한이 된 타이머를 준비된 클라이언트보다 먼저 실행하여, 타이머가 많으면 모두가 기다립니다.',
  'no-generation': '새 연결이 마지막으로 닫힌 연결의 번호를 받아, 같은 묶음 뒤쪽에 있던 옛 연결의 이벤트가 새 연결에 갑니다.',
  'blpop-sleeps-the-loop': '아무것도 찾지 못한 블로킹 명령이 루프 전체를 최대 1초 재우며, 그 대기를 끝낼 요청도 읽히지 않습니다.',
  'expiry-only-on-access': '만료 주기가 아무것도 삭제하지 않아, 아무도 찾지 않는 만료된 키가 메모리를 차지합니다.',
  'expire-all-at-once': '만료 주기에 시간 제한이 없어, TTL이 있는 모든 키를 한꺼번에 살피고 모두가 기다립니다.',
  'sleep-without-timers': 'poll.wait가 제한 시간 없이 잠들어, 다른 것이 루프를 깨웠을 때만 타이머가 실행됩니다.',
};

type ResultTexts<R> = R extends { readonly number: string } ? { readonly number: string } : { readonly [result in keyof R]: string };

/** The texts of a seam, in the shape of its entry in the table. */
interface SeamTexts<S extends SeamName> {
  readonly meaning: string;
  readonly parameters: { readonly [name in keyof Seams[S]['parameters']]: string };
  readonly results: ResultTexts<Seams[S]['results']>;
}

export const SEAMS_IN_KOREAN: { readonly [name in SeamName]: SeamTexts<name> } = {
  serve: {
    meaning: '연결이 READABLE입니다. 처리할까요?',
    parameters: { token: '연결의 번호', serving: '규칙을 넣은 뒤 처음 처리한 클라이언트, 연결되어 있는 동안만. 0: 없음' },
    results: { handle: '읽습니다', skip: '기다리게 합니다. READABLE 등록을 빼고, 매번 wait하기 전에 다시 묻습니다' },
  },
  'read-size': {
    meaning: '소켓을 읽으려 합니다. 최대 몇 바이트를 읽을까요?',
    parameters: { room: '버퍼에 남은 자리의 바이트 수' },
    results: { number: '바이트' },
  },
  'after-read': {
    meaning: 'read가 돌아왔고 읽은 것을 실행했습니다. 다음은 무엇일까요?',
    parameters: {
      result: "읽은 바이트 수, 또는 'WouldBlock'",
      size: 'read가 받을 수 있던 바이트 수',
      edge: '토큰이 에지 트리거이면 true',
      reads: '토큰이 보고된 뒤의 read 횟수, 이번 것 포함',
    },
    results: {
      'read again': '바로 다시 읽습니다',
      wait: '폴러가 토큰을 다시 보고할 때까지 기다립니다',
      yield: '다른 연결에 차례를 넘깁니다. 토큰을 다시 등록하므로 에지 트리거에서도 남은 것이 다시 보고됩니다',
      close: '오류가 난 것처럼 연결을 닫습니다',
    },
  },
  'on-eof': {
    meaning: 'read가 0바이트를 돌려주었습니다. 상대가 마지막 바이트를 보낸 것입니다.',
    parameters: { waiting: '아직 쓰지 못한 응답의 바이트 수' },
    results: { close: '연결을 닫습니다', ignore: '아무것도 읽지 않은 것처럼 넘어갑니다' },
  },
  'on-partial': {
    meaning: '읽은 것이 요청의 중간에서 끝났습니다.',
    parameters: { has: '요청 가운데 도착한 바이트 수', needs: '요청의 최소 바이트 수' },
    results: {
      keep: '나머지가 올 때까지 보관합니다',
      'throw away': '버립니다. 다음에 오는 것을 요청의 시작으로 봅니다',
      answer: '오류로 응답하고 버립니다',
    },
  },
  'after-frame': {
    meaning: '읽은 것 가운데 요청 하나를 실행했습니다.',
    parameters: { frames: '이번 read에서 실행한 요청 수' },
    results: { 'next frame': '읽은 것을 이어서 디코딩합니다', 'leave the rest': '다음 read까지 남겨 둡니다' },
  },
  'after-write': {
    meaning: 'write가 돌아왔습니다. 더 쓰지 않아도 되는 바이트는 몇일까요?',
    parameters: { taken: '소켓이 받은 바이트 수. WouldBlock이면 0', offered: '건넨 바이트 수' },
    results: { number: '출력 버퍼에서 지울 바이트' },
  },
  interest: {
    meaning: '쓸 수 있는 것을 썼습니다. 연결을 어떤 준비 상태에 등록할까요?',
    parameters: { waiting: '소켓이 받지 않은 출력의 바이트 수' },
    results: { read: 'READABLE', 'read and write': 'READABLE과 WRITABLE' },
  },
  'after-accept': {
    meaning: '연결을 하나 수락했습니다. 다음은 무엇일까요?',
    parameters: { accepted: '리스너가 보고된 뒤 수락한 연결 수, 이번 것 포함', edge: '리스너가 에지 트리거이면 true' },
    results: {
      'accept again': '바로 다시 수락합니다',
      wait: '폴러가 리스너를 다시 보고할 때까지 기다립니다',
      yield: '다른 연결에 차례를 넘깁니다. 리스너를 다시 등록하므로 에지 트리거에서도 남은 백로그가 다시 보고됩니다',
    },
  },
  'new-token': {
    meaning: '연결을 하나 수락했습니다. 어떤 번호로 등록할까요? 첫 연결이 닫히기 전에는 묻지 않습니다.',
    parameters: { freed: '마지막으로 닫힌 연결의 번호' },
    results: { new: '어느 연결도 쓴 적 없는 번호', 'used before': '마지막으로 닫힌 연결의 번호' },
  },
  'on-block': {
    meaning: 'BLPOP 같은 블로킹 명령이 아무것도 찾지 못했습니다. 무엇이 기다릴까요?',
    parameters: { timeout: '클라이언트가 기다릴 ms. 0: 제한 없음', keys: '명령이 든 키의 수' },
    results: {
      park: '클라이언트. 루프는 계속 돌고, 키가 생기거나 시간이 지날 때까지 이 클라이언트는 읽지 않습니다',
      sleep: '루프 전체. 그만큼, 최대 1초 동안 자고, 클라이언트는 제한 시간이 지났을 때의 응답을 받습니다',
    },
  },
  'expire-round': {
    meaning: '만료 주기가 TTL이 있는 키를 살피려 합니다. 몇 개를 볼까요? 0이면 끝내고 다음에 이어 갑니다.',
    parameters: {
      left: 'TTL이 있는 키 가운데 이번 주기가 아직 보지 않은 수',
      sampled: '바로 앞 라운드에서 본 키의 수. 첫 라운드에서는 0',
      expired: '그 가운데 만료되어 삭제한 수',
      used: '이번 주기가 쓴 µs. 16라운드마다 잽니다',
      limit: '써도 되는 µs: hz에 따라 시간의 25 %',
    },
    results: { number: '키의 수. 남은 것보다 많으면 남은 것 모두' },
  },
  timers: {
    meaning: 'poll이 돌아왔습니다. 기한이 된 타이머를 언제 실행할까요?',
    parameters: { ready: '준비된 토큰의 수' },
    results: { 'after the clients': '준비된 클라이언트 다음에', 'before the clients': '클라이언트보다 먼저. 모두 실행될 때까지 클라이언트가 기다립니다' },
  },
  timeout: {
    meaning: '할 일이 남지 않았습니다. poll.wait가 몇 ms까지 잠들까요? 트레이스의 wait마다 나타납니다.',
    parameters: { next: '가장 가까운 타이머까지의 ms, 올림. -1: 없음' },
    results: { number: 'ms. -1: 제한 없음' },
  },
};

/** `'close', 'ignore'`, or `1부터 room까지의 정수`, or `-1 이상의 정수`. */
export function formatResultsInKorean(name: SeamName): string {
  const { results } = seamOf(name);
  if (!isNumberResult(results)) return formatResults(name);
  return results.most === null ? `${results.least} 이상의 정수` : `${results.least}부터 ${results.most}까지의 정수`;
}
