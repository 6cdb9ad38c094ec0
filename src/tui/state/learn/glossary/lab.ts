/**
 * Words of the whole lab: the header, time and history, faults, and the system.
 */
import type { Chapter } from './entry.js';

export const LAB: Chapter = {
  about: {
    en: 'The words of the first rows: what runs where, the state of the time, and the load.',
    ko: '맨 위 줄의 단어입니다. 무엇이 어디서 실행되고, 시간이 어떻게 흐르며, 얼마나 많은 일이 일어나는지 보여 줍니다.',
  },
  entries: [
    {
      term: 'LIVE',
      also: ['live', 'full speed'],
      on: ['loop'],
      en: ['The loop runs at full speed, and the screen shows now.', 'From the history, End returns to it.'],
      ko: ['루프가 최고 속도로 실행되며 화면은 현재를 보여 줍니다.', '히스토리에서는 End로 돌아옵니다.'],
    },
    {
      term: 'PAUSED, held',
      also: ['PAUSED', 'held', 'hold', 'pause', '일시정지', '멈춤'],
      on: ['loop'],
      en: [
        'You have stopped the loop itself, not only the display.',
        'Clients wait, its clock stands still, and no key expires meanwhile.',
      ],
      ko: ['화면만이 아니라 루프 자체를 멈춘 상태입니다.', '그동안 클라이언트는 기다리고, 루프의 시계도 멈추며, 키도 만료되지 않습니다.'],
    },
    {
      term: 'SLOW',
      also: ['slow motion', 'slow', '느린 재생'],
      on: ['loop'],
      en: ['Slow motion: the loop runs a number of events per second.', 'Keys - and + change the speed.'],
      ko: ['느린 재생으로, 루프가 1초에 정해진 수의 이벤트만큼만 진행합니다.', '- 와 + 키로 속도를 바꿉니다.'],
    },
    {
      term: 'STEP, RUN',
      also: ['STEP', 'step', 'RUN', 'run', 'stepping', '스텝'],
      on: ['loop'],
      en: [
        'A held loop runs to the next event, phase, command or turn (STEP), or to the next request that matches (RUN).',
        'It may sleep in poll.wait until something is ready.',
      ],
      ko: [
        '멈춘 루프가 다음 이벤트, 단계, 명령, 턴까지(STEP), 또는 지정한 다음 요청까지(RUN) 진행하는 중입니다.',
        '무언가 준비될 때까지 poll.wait에서 잠들 수 있습니다.',
      ],
    },
    {
      term: 'HISTORY',
      also: ['history', 'time travel', 'twin', 'goto', '히스토리'],
      on: ['loop'],
      en: [
        'The screen shows a moment of the past, restored in a copy of the server; ← and → move through it, and `goto` jumps to a turn or a time.',
        'The loop stays as it is, held or running: looking at the past does not change it.',
      ],
      ko: [
        '화면이 과거의 한 순간을 서버의 쌍둥이에서 보여 주며, ←와 →로 이동하고 `goto`로 턴이나 시각을 찾아갑니다.',
        '루프는 멈춰 있든 실행 중이든 그대로이고, 들여다보아도 바뀌지 않습니다.',
      ],
    },
    {
      term: 'fork',
      also: ['checkpoint', 'capture', '포크'],
      en: [
        'A second server that starts with the complete state of this one, now or at a moment of its history, on a port of its own.',
        'The clients in that state have no sockets any more: they are ghosts, and output for them is discarded.',
      ],
      ko: [
        '이 서버의 전체 상태를 지금 또는 과거의 한 순간에서 이어받아 다른 포트에서 시작하는 두 번째 서버입니다.',
        '그 클라이언트들은 소켓이 없는 고스트이므로 보낸 것은 모두 사라집니다.',
      ],
    },
    {
      term: 'breakpoint',
      also: ['breakpoints', 'break', 'b', '중단점'],
      on: ['loop'],
      en: [
        'A condition at which the loop is held automatically: before a command that it names, or after one that was slow or returned an error.',
        'The key b sets and deletes them.',
      ],
      ko: [
        '루프를 저절로 멈추게 하는 조건으로, 지정한 명령의 실행 직전이나 느린 명령, 오류 응답 직후에 멈춥니다.',
        'b 키로 설정하고 지웁니다.',
      ],
    },
    {
      term: 'event',
      also: ['trace', 'trace event', '이벤트', '트레이스'],
      on: ['loop'],
      en: [
        'One step that the loop reports, such as read, execute or expire; together they are the trace from which this screen is drawn.',
        'The key e steps a held loop by one event.',
      ],
      ko: [
        'read, execute, expire처럼 루프가 스스로 알리는 일 하나이며, 이것이 모인 트레이스로 이 화면을 그립니다.',
        'e 키를 누르면 멈춘 루프가 이벤트 하나만큼 진행합니다.',
      ],
    },
    {
      term: 'cmd/s',
      also: ['commands per second', 'throughput'],
      en: ['Commands executed in the last second.', 'The bars after it are the seconds before, the newest on the right.'],
      ko: ['최근 1초 동안 실행된 명령의 수입니다.', '뒤의 막대는 그 이전의 각 1초이며 가장 새로운 것이 오른쪽에 있습니다.'],
    },
    {
      term: 'connections',
      also: ['conn', 'connection', '연결'],
      on: ['tokens'],
      en: ['The number of connected clients, including those of the REPL.', 'Each has a token, and a row in the tokens pane.'],
      ko: ['REPL의 연결을 포함해 접속 중인 클라이언트의 수입니다.', '각각 토큰이 있고 Tokens 창에 행이 있습니다.'],
    },
    {
      term: 'dropped from the trace',
      en: [
        'The number of commands and turns of the last seconds that were counted but not traced, because the trace has a budget.',
        'The server itself has lost nothing.',
      ],
      ko: ['트레이스의 예산을 넘어, 최근 몇 초 동안 그만큼의 명령과 턴이 전해지지 않고 개수만 집계되었습니다.', '서버 자체는 아무것도 잃지 않았습니다.'],
    },
    {
      term: 'epoll',
      also: ['poller', 'kqueue', '폴러'],
      on: ['loop'],
      en: [
        'The poller of Linux: the kernel keeps the list of interests, and epoll_wait returns only what is ready.',
        'Where it is not available, the portable poller is used instead.',
      ],
      ko: [
        'Linux의 폴러로, 관심 목록을 커널이 보관하고 epoll_wait는 준비된 것만 돌려줍니다.',
        '쓸 수 없는 곳에서는 portable 폴러가 대신합니다.',
      ],
    },
    {
      term: 'batched sends',
      also: ['io_uring', 'io_uring_enter', 'batched', 'sends', '전송 묶음'],
      on: ['loop'],
      en: [
        'Readiness for reading, as nobody knows which client sends next; submission for writing, as all replies are known when a turn ends.',
        'io_uring is a queue shared with the Linux kernel: with --sends batched all sends of a turn are in it, and one call, io_uring_enter, does them all.',
      ],
      ko: [
        '읽기는 누가 다음에 보낼지 알 수 없어 준비 상태(readiness)를 기다리고, 쓰기는 턴이 끝나면 응답이 모두 정해져 있어 바로 제출합니다.',
        'io_uring은 Linux 커널과 함께 쓰는 대기열로, --sends batched에서는 한 턴의 전송을 모두 여기에 적고 시스템 콜 io_uring_enter 한 번으로 실행합니다.',
      ],
    },
    {
      term: 'coalescing',
      also: ['coalesce', 'coalesce-us', '병합'],
      on: ['loop'],
      en: [
        'A sleep of 25 to 200 µs before poll.wait, so that one wait reports several clients instead of one each: less work for each request, a little later.',
        'Only with 8 active clients and more, and only while nothing traces the loop, so never in the loop on this screen; --coalesce-us sets the shortest.',
      ],
      ko: [
        'poll.wait 전에 25~200 µs 동안 잠들어 대기 한 번이 클라이언트를 여럿 알려 주게 하므로, 응답은 조금 늦지만 요청마다 드는 일이 줄어듭니다.',
        '요청을 보내는 클라이언트가 8개 이상이고 루프를 트레이스하지 않을 때만 하므로 이 화면의 루프에서는 일어나지 않으며, 가장 짧은 시간은 --coalesce-us로 정합니다.',
      ],
    },
    {
      term: 'virtual clock',
      also: ['advance', 'clock', '가상 시계'],
      on: ['loop'],
      en: [
        'With --clock virtual, time stands still until `advance 90s` is typed.',
        'Timers that become due then run in order, each at its own time.',
      ],
      ko: [
        '--clock virtual을 쓰면 `advance 90s`를 입력할 때까지 시간이 멈춰 있습니다.',
        '입력하면 그 사이에 기한이 된 일이 각자의 시각에 순서대로 일어납니다.',
      ],
    },
    {
      term: 'frozen',
      also: ['new', 'follow', 'End follows'],
      en: [
        'The view of this pane does not move, because a row is selected or it is scrolled back.',
        'New rows are counted, and End follows them again.',
      ],
      ko: ['행을 선택했거나 위로 스크롤해서 이 창의 화면이 고정된 상태입니다.', '그 뒤에 온 것은 개수로 표시되며 End를 누르면 다시 따라갑니다.'],
    },
    {
      term: 'zoom',
      also: ['확대'],
      en: ['The pane in focus fills the screen.', 'The key z turns it on and off.'],
      ko: ['포커스가 있는 창이 화면 전체를 채웁니다.', 'z로 켜고 끕니다.'],
    },
    {
      term: 'fault',
      also: ['faults', 'fault injection', '장애', '장애 주입'],
      on: ['repl'],
      en: [
        'A failure injected on purpose, such as slow bytes, a reset connection or an error reply: `fault slice 1 on #3` sets one.',
        '`help fault` lists the faults, and `fault off` removes all of them.',
      ],
      ko: [
        '느린 바이트, 끊긴 연결, 오류 응답처럼 일부러 일으키는 장애이며 `fault slice 1 on #3`처럼 설정합니다.',
        '`help fault`로 종류를 보고 `fault off`로 모두 끝냅니다.',
      ],
    },
    {
      term: 'defect',
      also: ['bug', '결함'],
      en: [
        'A common programming mistake in the event loop itself that can be switched on to see its effect: `fault ignore-eof`.',
        'The header shows it while it is on.',
      ],
      ko: [
        '사람들이 실제로 저지르는 이벤트 루프의 실수로, `fault ignore-eof`처럼 켜서 그 결과를 볼 수 있습니다.',
        '켜져 있는 동안 헤더에 표시됩니다.',
      ],
    },
    {
      term: 'rule, seam',
      also: ['rules', 'textbook', '규칙', '이음매'],
      on: ['repl'],
      en: [
        'A seam is a place where the loop makes a decision, such as what follows a read; a rule is an expression that makes it instead.',
        '`help rule` lists the seams with their textbook rules, and the header shows the rules in force.',
      ],
      ko: [
        '이음매(seam)는 read 다음에 할 일처럼 루프가 무언가를 결정하는 곳이고, 규칙(rule)은 그 결정을 대신하는 식입니다.',
        '`help rule`로 이음매와 원래의 식을 볼 수 있고, 적용 중인 규칙은 헤더에 표시됩니다.',
      ],
    },
    {
      term: 'thundering herd',
      also: ['herd', 'EPOLLEXCLUSIVE', '선더링 허드'],
      en: [
        'Several threads wait for one listener, a connection wakes them all, and all but one get WouldBlock.',
        '`herd 8 50` demonstrates it, and with exclusive the kernel wakes fewer of them.',
      ],
      ko: [
        '여러 스레드가 한 리스너를 기다릴 때 연결 하나가 모두를 깨우고 하나를 뺀 나머지는 WouldBlock을 받는 현상입니다.',
        '`herd 8 50`으로 커널에서 직접 볼 수 있으며, exclusive를 붙이면 더 적은 스레드를 깨웁니다.',
      ],
    },
    {
      term: 'waker thread',
      also: ['thread', 'loop thread', 'main thread', '스레드'],
      en: [
        'The loop has a thread of its own, and this screen is drawn by another one.',
        'They exchange messages, and the waker wakes the loop to receive them.',
      ],
      ko: ['루프는 자신만의 스레드에서 실행되고 이 화면은 다른 스레드가 그립니다.', '둘은 메시지를 주고받으며, 웨이커가 잠든 루프를 깨워 메시지를 받게 합니다.'],
    },
    {
      term: 'system call',
      also: ['syscall', 'kernel', '시스템 콜', '커널'],
      en: [
        'A call into the kernel; this loop uses epoll_wait, accept4, recv and send.',
        'Each costs a switch into the kernel and back, so fewer of them with more bytes are cheaper.',
      ],
      ko: ['커널을 호출하는 것으로, 이 루프는 epoll_wait, accept4, recv, send를 사용합니다.', '호출할 때마다 커널을 오가는 비용이 들어, 한 번에 많은 바이트를 다루는 편이 저렴합니다.'],
    },
  ],
};
