/**
 * Words of the readiness pane: which tokens were ready for what, and the results.
 */
import type { Chapter } from './entry.js';

export const READINESS: Chapter = {
  about: {
    en:
      'Each line is one token that the kernel named in a turn: what it was ready for, and the result. Readiness is a hint: ' +
      '"a read may return data now". Only trying shows whether it does, and WouldBlock is an ordinary answer.',
    ko:
      '각 줄은 한 턴에서 커널이 알린 토큰 하나입니다. 무엇에 준비되었고 그 결과가 무엇인지 보여 줍니다. 준비(readiness)는 ' +
      '"지금 읽으면 무언가 있을 수 있다"는 힌트입니다. 실제로 해 보아야 알 수 있으며, WouldBlock도 정상적인 답입니다.',
  },
  entries: [
    {
      term: 'readiness',
      also: ['ready token', '준비', '준비 상태'],
      on: ['loop'],
      en: [
        'A report of the kernel about a socket: a read or a write on it may succeed now.',
        'It is a hint and not a promise, so every call must be ready for WouldBlock.',
      ],
      ko: [
        '소켓에 대해 커널이 알려 주는 것으로, 지금 읽거나 쓰면 진행될 수 있다는 뜻입니다.',
        '약속이 아니라 힌트이므로 모든 호출은 WouldBlock에 대비해야 합니다.',
      ],
    },
    {
      term: '812',
      en: ['The number of the turn.', 'Tokens below one number were ready in the same wait, and were served one after the other.'],
      ko: ['턴의 번호입니다.', '한 번호 아래의 토큰들은 같은 wait에서 준비되어 차례로 처리되었습니다.'],
    },
    {
      term: 'READABLE (R)',
      also: ['READABLE', 'EPOLLIN', 'R'],
      en: [
        'There are bytes to read, or the end of the stream, or an error that a read will return.',
        'For a listener: connections wait in the backlog.',
      ],
      ko: ['읽을 바이트나 스트림의 끝, 또는 read가 알려 줄 오류가 있습니다.', '리스너에서는 백로그에 연결이 기다린다는 뜻입니다.'],
    },
    {
      term: 'WRITABLE (W)',
      also: ['WRITABLE', 'EPOLLOUT', 'W'],
      en: [
        'The send buffer of the socket has room again.',
        'Most sockets nearly always have room, so the loop registers for it only while unsent output waits.',
      ],
      ko: [
        '소켓의 송신 버퍼에 다시 빈 공간이 생겼습니다.',
        '대부분의 소켓에는 거의 항상 공간이 있으므로, 루프는 다 쓰지 못한 출력이 있을 때만 이를 등록합니다.',
      ],
    },
    {
      term: 'ERROR (E)',
      also: ['EPOLLERR', 'E'],
      en: ['The socket has an error.', 'The next read or write returns its code.'],
      ko: ['소켓에 문제가 있습니다.', '다음 read나 write가 오류 코드를 받습니다.'],
    },
    {
      term: 'READ_CLOSED (C)',
      also: ['READ_CLOSED', 'EPOLLRDHUP', 'half-close'],
      en: [
        'The peer has closed its sending half: what it sent before can still be read, then comes EOF.',
        'Replies may still be sent to it.',
      ],
      ko: [
        '상대가 보내는 쪽을 닫았으며(half-close), 그 전에 보낸 것은 읽을 수 있고 그다음은 EOF입니다.',
        '응답은 아직 보낼 수 있습니다.',
      ],
    },
    {
      term: 'HUP (H)',
      also: ['HUP', 'EPOLLHUP', 'hang-up'],
      en: ['Hang-up: both halves of the connection are closed.', 'It is always reported, whatever the interest.'],
      ko: ['연결의 양쪽이 모두 닫혔습니다(hang-up).', '관심으로 등록하지 않아도 보고됩니다.'],
    },
    {
      term: '-',
      en: ['This token was not ready itself.', 'It was written to all the same: a published message, or the reply that ends its wait.'],
      ko: ['이 토큰 자신은 준비되지 않았습니다.', '그래도 구독한 메시지나 대기의 끝처럼 이 토큰에 쓸 것이 있었습니다.'],
    },
    {
      term: 'level-triggered',
      also: ['level', 'level trigger', 'LT', '레벨 트리거', '레벨'],
      on: ['loop'],
      en: [
        'The kernel reports a socket in every wait as long as bytes are left in it, which is the default here.',
        'So one read is enough: unread bytes are reported again.',
      ],
      ko: [
        '소켓에 바이트가 남아 있는 한 wait할 때마다 커널이 알리는 방식이며, 이 서버의 기본값입니다.',
        '그래서 버퍼를 다 채우지 않은 read 한 번이면 충분하고, 읽지 않은 것은 다시 보고됩니다.',
      ],
    },
    {
      term: 'edge-triggered',
      also: ['edge', 'edge trigger', 'EPOLLET', 'ET', '에지 트리거', '에지'],
      on: ['loop'],
      en: [
        'With --edge-triggered, or `trigger edge`, the kernel reports only changes: bytes that have arrived since the last report.',
        'So the loop must drain the socket until WouldBlock, or the rest would wait for a report that may never come.',
      ],
      ko: [
        '--edge-triggered나 `trigger edge`를 쓰면 지난 보고 이후 바이트가 새로 왔다는 변화만 커널이 알립니다.',
        '그래서 루프는 WouldBlock이 나올 때까지 소켓을 비워야 하며, 그러지 않으면 나머지는 오지 않을 수도 있는 알림을 기다립니다.',
      ],
    },
    {
      term: 'draining',
      also: ['drain', 'drained'],
      en: [
        'Reading until WouldBlock, so that nothing is left in the kernel.',
        'It is required when edge-triggered; when level-triggered it costs one system call more than needed.',
      ],
      ko: [
        '커널에 아무것도 남지 않도록 WouldBlock이 나올 때까지 읽는 것입니다.',
        '에지 트리거에서는 반드시 필요하고, 레벨 트리거에서는 필요보다 시스템 콜을 한 번 더 하는 셈입니다.',
      ],
    },
    {
      term: 'read 42 B',
      en: ['One read(2) took 42 bytes.', '×2 means that it took two reads.'],
      ko: ['read(2) 한 번으로 42바이트를 읽었습니다.', '×2는 두 번 읽었다는 뜻입니다.'],
    },
    {
      term: '1 frame',
      en: ['The number of complete requests in those bytes.', 'A pipelining client sends several of them at once.'],
      ko: ['읽은 바이트 안에 완성된 요청이 그만큼 있었습니다.', '파이프라이닝을 쓰는 클라이언트는 여러 개를 한꺼번에 보냅니다.'],
    },
    {
      term: 'have 12 of 40',
      also: ['half', 'partial frame', 'partial', '부분 프레임'],
      on: ['frames'],
      en: [
        'A partial frame, half a request: 12 bytes are here, and at least 40 are needed.',
        'They wait in the query buffer; the loop does not wait.',
      ],
      ko: [
        '부분 프레임, 곧 아직 완성되지 않은 요청이며, 12바이트가 왔고 적어도 40바이트가 필요합니다.',
        '바이트는 쿼리 버퍼에서 기다리지만 루프는 기다리지 않습니다.',
      ],
    },
    {
      term: 'wrote 5 B',
      en: ['The kernel took all of the output at once.', 'This is the usual case, without registering for WRITABLE.'],
      ko: ['출력이 한 번에 모두 커널로 넘어갔습니다.', 'WRITABLE을 등록할 필요가 없는 보통의 경우입니다.'],
    },
    {
      term: 'write 16384 of 1048576 B',
      also: ['short write'],
      en: ['The socket took only a part: its peer reads too slowly, and the buffer in the kernel is full.', 'The rest stays in the output buffer.'],
      ko: ['상대가 느리게 읽어 커널 버퍼가 차서 소켓이 일부만 받았습니다.', '나머지는 출력 버퍼에 남습니다.'],
    },
    {
      term: 'WRITABLE armed',
      also: ['armed', 'disarmed', 'WRITABLE disarmed'],
      en: [
        'The rest waits in the output buffer, and the loop registers for WRITABLE.',
        'Disarmed: all is sent; if it stayed armed, the poll would wake the loop again and again without need.',
      ],
      ko: [
        '나머지가 출력 버퍼에서 기다리며, 루프는 공간이 생기면 알려 달라고 폴러에 등록했습니다.',
        'disarmed는 모두 보냈다는 뜻이며, 등록을 지우지 않으면 폴러가 루프를 쓸데없이 계속 깨웁니다.',
      ],
    },
    {
      term: 'unparked',
      also: ['unpark'],
      en: ['A parked client continues: a key is ready, the timeout has passed, or another client has unblocked it.', 'The word after it shows which.'],
      ko: ['키가 생겼거나, 제한 시간이 지났거나, 다른 클라이언트가 풀어 주어 대기하던 클라이언트가 다시 진행합니다.', '뒤에 오는 말이 그 이유입니다.'],
    },
    {
      term: 'EOF',
      also: ['end of file', 'FIN'],
      en: ['End of file: the peer will send nothing more.', 'The connection is closed.'],
      ko: ['상대가 더 보낼 것이 없다는 뜻(end of file)입니다.', '연결을 닫습니다.'],
    },
    {
      term: 'ECONNRESET',
      also: ['RST', 'connection reset'],
      en: ['The peer has cut the connection with a reset (RST) instead of closing it.', 'It is an ordinary event for a server.'],
      ko: ['상대가 정상적으로 닫지 않고 RST로 연결을 끊었습니다.', '서버에서는 예외가 아니라 흔한 일입니다.'],
    },
    {
      term: 'backlog',
      also: ['백로그'],
      on: ['loop'],
      en: [
        'Connections that the kernel has established and the loop has not accepted yet; the setting tcp-backlog limits their number.',
        'They wait there while the loop is busy, and their clients are already connected from their point of view.',
      ],
      ko: [
        '커널이 이미 맺었지만 아직 수락되지 않은 연결의 대기열이며, tcp-backlog 설정이 그 길이를 제한합니다.',
        '루프가 바쁜 동안 연결은 여기서 기다리지만 클라이언트는 이미 연결된 것으로 압니다.',
      ],
    },
    {
      term: '--- turns not shown',
      also: ['gap', '…'],
      en: [
        'The server was too fast for the trace: these turns were only counted.',
        'A row above that ends in … was traced only until before its reply was written.',
      ],
      ko: [
        '서버가 트레이스로 전할 수 있는 것보다 빨라서, 이 턴들은 추적하지 않고 개수만 세었습니다.',
        '그 위에서 …로 끝나는 행은 응답을 쓰기 전까지만 추적된 것입니다.',
      ],
    },
    {
      term: 'filter',
      en: ['Words that occur in a row, such as READABLE or EOF.', '#7 selects the rows of that token.'],
      ko: ['READABLE이나 EOF처럼 행에 있는 단어로 거릅니다.', '#7은 그 토큰의 행을 뜻합니다.'],
    },
  ],
};
