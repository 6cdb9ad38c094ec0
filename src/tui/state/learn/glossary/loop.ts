/**
 * Words of the loop pane: the code of the loop, its phases and its times.
 */
import type { Chapter } from './entry.js';

export const LOOP: Chapter = {
  about: {
    en:
      'One thread serves every client. It asks the kernel which sockets are ready, sleeps until one is, does a little work for each, and asks again: ' +
      'that is one turn. The arrow marks the line that runs; while nothing happens, it stays at poll.wait, where the thread costs nothing.',
    ko:
      '스레드 하나가 모든 클라이언트를 처리합니다. 커널에 "누가 준비되었는가?"를 묻고, 준비된 소켓이 생길 때까지 잠들었다가, 각각을 조금씩 처리한 뒤 다시 묻습니다. ' +
      '이것이 한 턴입니다. 화살표는 지금 실행 중인 줄을 가리킵니다. 할 일이 없으면 CPU를 쓰지 않는 poll.wait에 머무릅니다.',
  },
  entries: [
    {
      term: 'event loop',
      also: ['loop', 'reactor', '이벤트 루프', '루프'],
      en: [
        'One thread that waits for readiness of many sockets at once and runs a short handler for each that is ready.',
        'Nothing else runs on it, so a command needs no lock, and a slow one delays all clients.',
      ],
      ko: [
        '스레드 하나가 여러 소켓의 준비(readiness)를 한꺼번에 기다렸다가 준비된 소켓마다 짧은 핸들러를 실행하는 구조입니다.',
        '이 스레드에서는 다른 코드가 실행되지 않으므로 명령에 잠금이 필요 없고, 오래 걸리는 작업은 모두를 기다리게 합니다.',
      ],
    },
    {
      term: 'turn',
      also: ['turns', 'iteration', '턴'],
      on: ['readiness'],
      en: [
        'One iteration of the loop: write pending replies, sleep in poll.wait, serve all ready tokens, run the timers that are due.',
        'Turns are numbered from 1, and no client can be served faster than the turn it waits for.',
      ],
      ko: [
        '루프 한 바퀴로, 보류된 응답을 쓰고, poll.wait에서 잠들고, 준비된 토큰을 처리하고, 기한이 된 타이머를 실행합니다.',
        '턴에는 1부터 번호가 붙으며, 어떤 클라이언트도 자신이 기다리는 턴보다 빨리 처리될 수 없습니다.',
      ],
    },
    {
      term: 'phase',
      also: ['phases', '단계'],
      en: [
        'A part of a turn: write, poll, accept, read, decode, execute or timers.',
        'The key h steps a held loop to the beginning of the next phase.',
      ],
      ko: [
        '턴을 이루는 구간으로 write, poll, accept, read, decode, execute, timers가 있습니다.',
        'h 키를 누르면 멈춘 루프가 다음 단계가 시작되는 곳까지 진행합니다.',
      ],
    },
    {
      term: 'poll.wait',
      also: ['poll', 'epoll_wait', 'select'],
      en: [
        'The one place where the loop may sleep: with the epoll poller it is the system call epoll_wait.',
        'It returns the tokens that are ready, or none when the timeout has passed.',
      ],
      ko: [
        '루프가 잠들 수 있는 유일한 곳으로, epoll 폴러에서는 시스템 콜 epoll_wait입니다.',
        '준비된 토큰을 돌려주며, 제한 시간이 지나면 하나도 없이 돌아옵니다.',
      ],
    },
    {
      term: 'token',
      also: ['tokens', 'tok', '#7', '토큰'],
      on: ['readiness', 'frames'],
      en: [
        'The number under which a socket is registered with the poll; the kernel gives it back when the socket is ready.',
        'A token is never used twice, and #7 has the same colour in every pane.',
      ],
      ko: [
        '소켓을 폴러에 등록할 때 쓰는 번호이며, 소켓이 준비되면 커널이 이 번호를 돌려줍니다.',
        '토큰은 재사용되지 않고, #7은 모든 창에서 같은 색으로 표시됩니다.',
      ],
    },
    {
      term: 'LISTENER',
      also: ['listening', '리스너'],
      on: ['tokens', 'readiness'],
      en: [
        'The socket that accepts new connections, token 0; each further address has a listener of its own.',
        'It is READABLE while connections wait in its backlog, and they are accepted until WouldBlock.',
      ],
      ko: [
        '새 연결이 도착하는 소켓으로 토큰은 0이며, 주소가 더 있으면 주소마다 리스너가 따로 있습니다.',
        '백로그에 연결이 기다리는 동안 READABLE이고, 루프는 WouldBlock이 나올 때까지 연결을 수락합니다.',
      ],
    },
    {
      term: 'WAKER',
      also: ['eventfd', 'woken', '웨이커'],
      on: ['tokens', 'readiness'],
      en: [
        'Token 1, an eventfd to which another thread writes to wake the loop.',
        'This screen does so when it pauses or steps the loop.',
      ],
      ko: [
        '토큰 1이며, 다른 스레드가 잠든 루프를 깨우기 위해 쓰는 eventfd입니다.',
        '이 화면도 루프를 멈추거나 한 단계씩 진행할 때 웨이커를 사용합니다.',
      ],
    },
    {
      term: 'WouldBlock',
      also: ['EAGAIN', 'EWOULDBLOCK', 'would-block'],
      on: ['readiness'],
      en: [
        "The result of a non-blocking call that cannot do anything now (EAGAIN), which is not an error.",
        'Instead of blocking the thread, the call returns at once, and the loop goes on to the next client.',
      ],
      ko: [
        '커널이 "지금은 없음"(EAGAIN)이라고 답한 것으로, 할 일이 없는 논블로킹 호출의 정상적인 결과입니다.',
        '호출이 모두를 기다리게 하지 않고 바로 돌아오므로, 루프는 다음 클라이언트로 넘어갑니다.',
      ],
    },
    {
      term: 'non-blocking',
      also: ['nonblocking', 'blocking', 'O_NONBLOCK', '논블로킹', '블로킹'],
      on: ['readiness'],
      en: [
        'Every socket here is in non-blocking mode: accept, read and write return at once, with WouldBlock if there is nothing to do.',
        'A blocking call would put the only thread to sleep for one client, and all others would wait.',
      ],
      ko: [
        '이 서버의 모든 소켓은 논블로킹 모드여서 accept, read, write가 곧바로 돌아오고, 할 일이 없으면 WouldBlock을 돌려줍니다.',
        '블로킹 호출을 쓰면 하나뿐인 스레드가 한 클라이언트 때문에 잠들고 나머지가 모두 기다리게 됩니다.',
      ],
    },
    {
      term: 'accept',
      also: ['accept4'],
      en: [
        'Takes a new connection from the backlog of the listener and gives it a token.',
        'It is repeated until WouldBlock, at most 1,000 times in a turn, so that a flood of connections does not keep clients waiting.',
      ],
      ko: [
        '리스너의 백로그에서 새 연결을 꺼내 토큰을 부여합니다.',
        '연결이 몰려도 기존 클라이언트가 기다리지 않도록 한 턴에 최대 1,000번, WouldBlock이 나올 때까지 반복합니다.',
      ],
    },
    {
      term: 'read',
      also: ['recv'],
      en: [
        'Takes the received bytes of a client from the kernel.',
        'They may be half a request, or twenty of them.',
      ],
      ko: [
        '클라이언트가 보낸 바이트를 커널에서 읽어 옵니다.',
        '요청의 절반일 수도 있고, 요청 스무 개가 한꺼번에 올 수도 있습니다.',
      ],
    },
    {
      term: 'decode',
      also: ['parse', 'parsing', '파싱', '디코딩'],
      en: [
        'Parses the bytes into requests, as many as are complete.',
        'An incomplete request stays in the query buffer until the rest arrives.',
      ],
      ko: [
        '바이트를 파싱해 완성된 요청을 있는 만큼 만들어 냅니다.',
        '아직 완성되지 않은 부분은 나머지가 올 때까지 쿼리 버퍼에 남습니다.',
      ],
    },
    {
      term: 'execute',
      also: ['executing', '실행'],
      en: [
        'Runs the command of a request from its beginning to its end.',
        'Nothing else runs meanwhile, so a command needs no lock, and a slow one keeps all clients waiting.',
      ],
      ko: [
        '요청된 명령을 처음부터 끝까지 실행합니다.',
        '그동안 다른 것은 실행되지 않으므로 잠금이 필요 없지만, 느린 명령은 모든 클라이언트를 기다리게 합니다.',
      ],
    },
    {
      term: 'reply',
      also: ['replies', 'replying', 'encode', '응답'],
      en: [
        'Encodes the answer into the output buffer of its client; its time counts as executing.',
        'It is written from there before the loop sleeps again.',
      ],
      ko: [
        '응답을 클라이언트의 출력 버퍼에 인코딩하며, 걸린 시간은 execute에 포함됩니다.',
        '버퍼의 내용은 루프가 다시 잠들기 전에 소켓에 쓰입니다.',
      ],
    },
    {
      term: 'write',
      also: ['send', 'pending replies', '쓰기'],
      en: [
        'Hands the pending output to the kernel, at the beginning of each turn.',
        'The loop registers for WRITABLE only if a socket does not take all of it.',
      ],
      ko: [
        '턴이 시작될 때 보류된 출력을 커널에 넘깁니다.',
        '소켓이 다 받아 주지 않을 때만 WRITABLE이 되면 알려 달라고 등록합니다.',
      ],
    },
    {
      term: 'timers',
      also: ['timer', '타이머'],
      en: [
        'Work for a certain time, such as the expire cycle or the timeout of a parked client.',
        'They run at the end of a turn, so that ready clients never wait behind them.',
      ],
      ko: [
        '만료 주기(expire cycle)나 대기 중인 클라이언트의 제한 시간처럼 정해진 시각에 할 일입니다.',
        '준비된 클라이언트가 타이머를 기다리지 않도록 턴의 마지막에 실행됩니다.',
      ],
    },
    {
      term: 'timeout',
      also: ['no limit', '제한 시간'],
      en: [
        'How long poll.wait may sleep: until the next timer is due, or without limit if there is none.',
        'This is how one thread waits for sockets and for time at once.',
      ],
      ko: [
        'poll.wait가 잠들 수 있는 시간으로, 다음 타이머까지의 시간이며 타이머가 없으면 제한이 없습니다.',
        '스레드 하나가 소켓과 시간을 동시에 기다릴 수 있는 것은 이 제한 시간 덕분입니다.',
      ],
    },
    {
      term: 'waited',
      also: ['asleep'],
      en: [
        'Time asleep in poll.wait in this turn.',
        'A long sleep means an idle server, not a slow one, so it is not part of the bar.',
      ],
      ko: [
        '이번 턴에 poll.wait에서 잠들어 있던 시간입니다.',
        '길다는 것은 서버가 느린 것이 아니라 한가하다는 뜻이므로 막대에는 들어가지 않습니다.',
      ],
    },
    {
      term: 'worked',
      also: ['busyUs'],
      en: [
        'What this turn did and how long writing its replies took: the bar shows the shares, a wider pane the time of each line.',
        'It is measured between events of the trace, so it includes the cost of tracing.',
      ],
      ko: [
        '이번 턴의 작업 시간과 그 응답을 쓰는 데 걸린 시간이며, 막대는 비율을, 넓은 창은 줄마다 걸린 시간을 보여 줍니다.',
        '트레이스 이벤트 사이의 간격으로 재므로 관찰에 드는 비용도 포함됩니다.',
      ],
    },
    {
      term: 'p50, p99, max',
      also: ['percentile', 'percentiles', 'turn times', '백분위수'],
      en: [
        'How long the last 500 turns were busy: half of them at most p50, 99 of 100 at most p99, the longest max.',
        'A turn includes the writing of replies at its beginning, but not its sleep.',
      ],
      ko: [
        '최근 500턴의 작업 시간으로, 절반은 p50 이하, 100개 중 99개는 p99 이하이며 가장 긴 것이 max입니다.',
        '바로 앞에서 응답을 쓴 시간은 포함하고 잠든 시간은 포함하지 않습니다.',
      ],
    },
    {
      term: 'small bars',
      also: ['bars', 'sparkline', '막대'],
      en: [
        'How long the last turns were busy, the newest on the right.',
        'Heights are logarithms, because one turn may take a thousand times as long as the next.',
      ],
      ko: [
        '최근 턴들의 작업 시간이며 가장 새로운 것이 오른쪽에 있습니다.',
        '한 턴이 다음 턴의 천 배까지 걸릴 수 있으므로 높이는 로그로 나타냅니다.',
      ],
    },
    {
      term: 'head-of-line',
      also: ['head-of-line blocking', 'HOL', 'HOL 블로킹'],
      en: [
        'Requests are served in order of arrival, so one slow command delays all that follow.',
        'On one thread this holds across clients: type busy 3 and look at the others in the tokens pane.',
      ],
      ko: [
        '먼저 온 것을 먼저 처리하므로 느린 명령 하나가 뒤에 있는 모든 요청을 지연시키는 현상(head-of-line blocking)입니다.',
        '스레드가 하나이면 클라이언트 사이에서도 일어나며, busy 3을 입력하고 Tokens 창의 다른 클라이언트를 보면 알 수 있습니다.',
      ],
    },
    {
      term: 'BUSY',
      also: ['busy'],
      on: ['tokens'],
      en: [
        'The loop has been in one turn for a tenth of a second or longer and cannot report: another thread observes this.',
        'Bytes that clients send meanwhile wait in the kernel.',
      ],
      ko: [
        '루프가 한 턴에 0.1초 이상 머물러 아무것도 알릴 수 없는 상태이며, 표시되는 내용은 다른 스레드에서 본 것입니다.',
        '그동안 클라이언트가 보낸 바이트는 커널에서 기다립니다.',
      ],
    },
    {
      term: 'too fast to follow',
      also: ['dropped', 'unseen'],
      on: ['lab'],
      en: [
        'More happens than the trace can record: the rest is counted and not shown.',
        'Pause the loop, or slow it down, to see every step.',
      ],
      ko: [
        '트레이스가 전할 수 있는 것보다 많은 일이 일어나, 나머지는 보이지 않고 개수만 집계됩니다.',
        '모든 단계를 보려면 루프를 멈추거나 느리게 하십시오.',
      ],
    },
    {
      term: 'emulated',
      also: ['portable', 'emulated readiness'],
      en: [
        'The portable poller cannot ask the kernel, because Node has already read the data when it reports a socket.',
        'So readiness is derived from the data that Node has read, and WouldBlock means that none of it is left.',
      ],
      ko: [
        'Node가 소켓의 이벤트를 알릴 때는 이미 바이트를 읽은 뒤이므로, portable 폴러는 커널에 준비 상태를 물어볼 수 없습니다.',
        '그래서 Node가 읽어 둔 것으로 준비 상태를 흉내 내며, WouldBlock은 읽어 둔 것이 남지 않았다는 뜻입니다.',
      ],
    },
    {
      term: 'ClientConnect, ClientRequest, ClientDisconnect, PubSub, Replication',
      also: ['events', 'ClientConnect …'],
      en: [
        'The number of events of five kinds that were seen: connections, requests, disconnections, publish and subscribe, replication.',
        'What the trace has dropped is not counted here.',
      ],
      ko: [
        '다섯 종류의 이벤트(연결, 요청, 연결 종료, 발행과 구독, 복제)를 몇 번 보았는지 나타냅니다.',
        '트레이스에서 빠진 이벤트는 집계되지 않습니다.',
      ],
    },
  ],
};
