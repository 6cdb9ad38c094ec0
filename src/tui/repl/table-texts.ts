/**
 * What stands in the server's tables of faults and seams, in Korean: for the help of the console. The tables say it in English.
 */
import type { FaultName, SeamName } from '../../server/index.js';

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

/** The decision that is made at each seam. */
export const SEAMS_IN_KOREAN: { readonly [name in SeamName]: string } = {
  serve: '연결이 READABLE입니다. 처리할까요?',
  'read-size': '소켓을 읽으려 합니다. 최대 몇 바이트를 읽을까요?',
  'after-read': 'read가 돌아왔고 읽은 것을 실행했습니다. 다음은 무엇일까요?',
  'on-eof': 'read가 0바이트를 돌려주었습니다. 상대가 마지막 바이트를 보낸 것입니다.',
  'on-partial': '읽은 것이 요청의 중간에서 끝났습니다.',
  'after-frame': '읽은 것 가운데 요청 하나를 실행했습니다.',
  'after-write': 'write가 돌아왔습니다. 더 쓰지 않아도 되는 바이트는 몇일까요?',
  interest: '쓸 수 있는 것을 썼습니다. 연결을 어떤 준비 상태에 등록할까요?',
  'after-accept': '연결을 하나 수락했습니다. 다음은 무엇일까요?',
  'new-token': '연결을 하나 수락했습니다. 어떤 번호로 등록할까요? 첫 연결이 닫히기 전에는 묻지 않습니다.',
  'on-block': 'BLPOP 같은 블로킹 명령이 아무것도 찾지 못했습니다. 무엇이 기다릴까요?',
  'expire-round': '만료 주기가 TTL이 있는 키를 살피려 합니다. 몇 개를 볼까요? 0이면 끝내고 다음에 이어 갑니다.',
  timers: 'poll이 돌아왔습니다. 기한이 된 타이머를 언제 실행할까요?',
  timeout: '할 일이 남지 않았습니다. poll.wait가 몇 ms까지 잠들까요? 트레이스의 wait마다 나타납니다.',
};
