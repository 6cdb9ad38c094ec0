/**
 * Words of the tokens pane: what is registered with the poll, and its state.
 */
import type { Chapter } from './entry.js';

export const TOKENS: Chapter = {
  about: {
    en:
      'Everything the loop has registered with the poll: the socket that accepts connections, the waker, and each client. The kernel identifies them by ' +
      'their token when they are ready. A connection has one colour in all panes. Enter shows its conversation.',
    ko:
      '루프가 폴러에 등록한 모든 것입니다. 연결을 수락하는 소켓, 웨이커, 그리고 각 클라이언트가 있습니다. 준비되면 커널이 토큰으로 알려 줍니다. ' +
      '한 연결은 모든 창에서 같은 색입니다. Enter를 누르면 주고받은 내용을 볼 수 있습니다.',
  },
  entries: [
    {
      term: 'tok',
      en: [
        'The token of the row: the number under which this source of readiness is registered.',
        'An arrow beside it marks the row that is selected.',
      ],
      ko: ['그 행의 토큰, 곧 준비 상태를 알리는 대상이 등록된 번호입니다.', '옆의 화살표는 선택된 행을 나타냅니다.'],
    },
    {
      term: 'fd',
      also: ['file descriptor', '파일 디스크립터'],
      en: [
        'File descriptor: the number by which the kernel identifies the socket.',
        'The descriptor of a closed connection is reused for the next one, so tokens are separate numbers.',
      ],
      ko: [
        '파일 디스크립터, 곧 커널이 소켓을 구별하는 번호입니다.',
        '연결이 끊어지면 같은 번호가 다음 연결에 다시 쓰이므로, 토큰은 별도의 번호를 씁니다.',
      ],
    },
    {
      term: 'peer',
      en: ['Address and port of the other end of the connection.', 'For a listener it is the address that it listens on.'],
      ko: ['연결 상대방의 주소와 포트입니다.', '리스너에서는 연결을 기다리는 주소입니다.'],
    },
    {
      term: 'name',
      en: ['The name that the client has set with CLIENT SETNAME.', 'A client of this REPL that was opened with @name has that name.'],
      ko: ['클라이언트가 CLIENT SETNAME으로 정한 이름입니다.', '이 REPL에서 @name으로 연 클라이언트는 그 이름을 갖습니다.'],
    },
    {
      term: 'state',
      en: [
        'What the connection is doing; words such as reading or executing belong to the turn that runs.',
        'Between turns a client is idle, or in one of the lasting states.',
      ],
      ko: [
        '연결이 지금 하는 일이며, reading이나 executing 같은 말은 실행 중인 턴에 속합니다.',
        '턴과 턴 사이에는 idle이거나 오래 지속되는 상태 가운데 하나입니다.',
      ],
    },
    {
      term: 'idle',
      en: ['The loop is not working for this client.', 'As a column: the time since the last byte was read from it or written to it.'],
      ko: ['이 클라이언트에서 진행 중인 일이 없습니다.', '열로서는 마지막으로 바이트를 읽거나 쓴 뒤 지난 시간입니다.'],
    },
    {
      term: 'ready',
      en: ['The poll has returned this token.', 'Its handler is about to run in this turn.'],
      ko: ['폴러가 이 토큰을 돌려주었습니다.', '이번 턴에서 곧 핸들러가 실행됩니다.'],
    },
    {
      term: 'ready, waits 2 s',
      also: ['waits', 'wait', 'waiting'],
      en: [
        'The loop is busy with another client, and the kernel has held bytes of this one for that time.',
        'For a listener it is the number of connections that wait to be accepted.',
      ],
      ko: [
        '루프가 다른 클라이언트 때문에 바쁜 동안 커널이 이 클라이언트의 바이트를 그만큼 오래 보관하고 있습니다.',
        '리스너에서는 수락을 기다리는 연결의 수입니다.',
      ],
    },
    {
      term: 'reading, decoding',
      en: ['Bytes of this client are taken from the kernel.', 'Then requests are parsed from them.'],
      ko: ['커널에서 이 클라이언트의 바이트를 읽는 중입니다.', '이어서 그 안에서 요청을 파싱합니다.'],
    },
    {
      term: 'executing, replying',
      en: ['A command of this client runs.', 'Its reply is put into the output buffer.'],
      ko: ['이 클라이언트의 명령이 실행되는 중입니다.', '응답은 출력 버퍼에 들어갑니다.'],
    },
    {
      term: 'writing',
      en: ['The output buffer of this client is handed to the kernel.', 'What the kernel does not take stays in the buffer.'],
      ko: ['이 클라이언트의 출력 버퍼를 커널에 넘기는 중입니다.', '커널이 받지 않은 부분은 버퍼에 남습니다.'],
    },
    {
      term: 'write-blocked',
      also: ['slow reader'],
      en: [
        'The kernel did not take all of the output, because the client does not read.',
        'The loop registers for WRITABLE and serves other clients.',
      ],
      ko: [
        '클라이언트가 읽지 않아 커널이 출력을 다 받지 못한 상태입니다.',
        '루프는 WRITABLE을 등록해 두고 다른 클라이언트를 계속 처리합니다.',
      ],
    },
    {
      term: 'disk-blocked',
      also: ['disk', 'await-disk', 'appendfsync always', '디스크 대기'],
      en: [
        'Output of the client is kept back until the helper thread has written the changes before it to the disk (appendfsync always).',
        'The loop continues meanwhile, and many changes share one fsync.',
      ],
      ko: [
        '헬퍼 스레드가 앞선 변경을 디스크에 기록할 때까지 이 클라이언트의 출력이 나가지 않는 상태입니다(appendfsync always).',
        '그동안 루프는 계속 돌고, 여러 변경이 fsync 한 번을 나누어 씁니다.',
      ],
    },
    {
      term: 'backpressure',
      also: ['back pressure', '배압', '백프레셔'],
      on: ['readiness'],
      en: [
        'A slow reader makes the sender wait: kernel buffers fill up, write returns WouldBlock, and the output buffer grows.',
        'client-output-buffer-limit limits that buffer, by default for subscribers only: a client above it is disconnected.',
      ],
      ko: [
        '받는 쪽이 느리게 읽으면 커널 버퍼가 차고 write가 WouldBlock을 돌려주며 출력 버퍼가 늘어나, 보내는 쪽이 기다리게 되는 현상(배압)입니다.',
        'client-output-buffer-limit이 출력 버퍼를 제한하며(기본값은 구독자만), 한도를 넘은 클라이언트는 연결이 끊어집니다.',
      ],
    },
    {
      term: 'parked',
      also: ['park', 'blocked client', '대기'],
      on: ['readiness', 'frames'],
      en: [
        'A blocking command such as BLPOP has found nothing: its client waits for one of these keys, or until the timeout shown has passed.',
        'The loop does not wait, so all other clients are served meanwhile.',
      ],
      ko: [
        'BLPOP 같은 블로킹 명령이 아무것도 찾지 못해, 클라이언트가 표시된 키나 줄어드는 제한 시간을 기다리는 상태입니다.',
        '루프는 기다리지 않으므로 그동안 다른 클라이언트는 모두 처리됩니다.',
      ],
    },
    {
      term: '[slice]',
      en: [
        'A fault that was set on purpose was injected into this connection within the last five seconds.',
        'In the REPL `faults` lists them, and `fault off` ends them.',
      ],
      ko: [
        '최근 5초 안에 일부러 설정한 장애가 이 연결에 주입되었습니다.',
        'REPL에서 `faults`로 목록을 보고 `fault off`로 끝낼 수 있습니다.',
      ],
    },
    {
      term: 'in MULTI',
      also: ['MULTI', 'transaction', 'TX', '트랜잭션'],
      en: ['The client is collecting commands of a transaction.', 'EXEC runs them together, with no other command in between.'],
      ko: ['클라이언트가 트랜잭션의 명령을 모으는 중입니다.', 'EXEC가 그 사이에 다른 것 없이 한꺼번에 실행합니다.'],
    },
    {
      term: 'subscribed',
      also: ['subscriptions', 'pub/sub', 'pubsub', '구독'],
      en: ['The number of channels and patterns to which the client is subscribed.', 'Messages are sent to it without a request, as pushes.'],
      ko: ['클라이언트가 표시된 수만큼의 채널과 패턴을 구독하고 있습니다.', '메시지는 요청 없이 푸시로 전달됩니다.'],
    },
    {
      term: 'monitor',
      en: ['The client has sent MONITOR.', 'It is sent a line for every command that the server executes.'],
      ko: ['클라이언트가 MONITOR를 보낸 상태입니다.', '서버가 실행하는 모든 명령이 한 줄씩 전달됩니다.'],
    },
    {
      term: 'int',
      also: ['interest', '관심'],
      on: ['readiness'],
      en: [
        'Interest: what the token is registered for; the kernel reports only that, besides errors and hang-ups.',
        'R is READABLE, and W, registered only after a short write, is WRITABLE; e is edge-triggered: each change is reported once.',
      ],
      ko: [
        '관심(interest), 곧 토큰이 등록된 조건이며 커널은 오류와 연결 끊김 외에는 이것만 알립니다.',
        'R은 READABLE일 때, W는 WRITABLE일 때 알려 달라는 뜻이며 W는 다 쓰지 못했을 때만 등록하고, e는 한 번만 알리는 에지 트리거입니다.',
      ],
    },
    {
      term: 'query',
      also: ['query buffer', 'input buffer', '쿼리 버퍼'],
      on: ['frames'],
      en: [
        'Query buffer: bytes that have been read but are not a complete request yet, or whose client is parked.',
        'A client whose buffer exceeds client-query-buffer-limit is disconnected.',
      ],
      ko: [
        '쿼리 버퍼, 곧 읽었지만 아직 완성된 요청이 아니거나 클라이언트가 대기 중이라 남아 있는 바이트입니다.',
        '버퍼가 client-query-buffer-limit을 넘으면 그 클라이언트의 연결을 닫습니다.',
      ],
    },
    {
      term: 'output',
      also: ['output buffer', '출력 버퍼'],
      on: ['frames'],
      en: [
        'Output buffer: bytes of replies that the kernel has not taken yet.',
        'It is written before the loop sleeps, and again when the socket is WRITABLE.',
      ],
      ko: ['출력 버퍼, 곧 커널이 아직 받지 않은 응답의 바이트입니다.', '루프가 잠들기 전에 쓰고, 남은 것은 소켓이 WRITABLE일 때 다시 씁니다.'],
    },
    {
      term: 'last',
      en: ['The command of this client that was executed last.', 'Enter on its row shows earlier ones.'],
      ko: ['이 클라이언트의 명령 가운데 마지막으로 실행된 것입니다.', '행에서 Enter를 누르면 그 이전 명령도 볼 수 있습니다.'],
    },
    {
      term: 'replica',
      also: ['replication', '레플리카', '복제'],
      en: [
        'Another server that repeats every change of this one: first it receives the dataset (RDB), then the stream of changes.',
        'Once a second it acknowledges its offset in the history; "behind" is the number of bytes not acknowledged yet.',
      ],
      ko: [
        '이 서버의 모든 변경을 그대로 반복하는 다른 서버로, 먼저 데이터 전체(RDB)를 받고 그다음 변경 스트림을 받습니다.',
        '1초에 한 번 이력의 어느 바이트까지 처리했는지 알리며, behind는 아직 확인되지 않은 양입니다.',
      ],
    },
    {
      term: 'master',
      also: ['link to the master', '마스터'],
      en: [
        'The server whose changes this one repeats; its connection is a token like any other, and its commands are executed without replies.',
        'The number is the offset in the history up to which they have been executed here.',
      ],
      ko: [
        '이 서버가 변경을 그대로 반복하는 원본 서버이며, 그 연결도 하나의 토큰이고 받은 명령은 응답 없이 실행됩니다.',
        '숫자는 이력의 어느 바이트까지 여기서 실행되었는지를 나타냅니다.',
      ],
    },
    {
      term: 'replication backlog',
      also: ['history', 'PSYNC', '복제 백로그'],
      en: [
        'The last part of the history of changes, kept for replicas whose link was lost: a replica that reconnects in time continues from its offset.',
        'One that reconnects too late receives the whole dataset again.',
      ],
      ko: [
        '연결이 끊어진 레플리카를 위해 보관하는 변경 이력의 마지막 부분이며, 제때 돌아오면 멈춘 곳부터 이어서 받습니다.',
        '너무 늦게 돌아오면 데이터 전체를 다시 받습니다.',
      ],
    },
    {
      term: 'conversation',
      en: [
        'In an open row: the requests of the client, newest first, and their replies.',
        'Requests, bytes and age are counted by the server; the slowest command is the slowest one in the trace.',
      ],
      ko: [
        '열린 행에서 클라이언트가 보낸 요청(최신 순)과 그 응답입니다.',
        '요청 수, 바이트 수, 연결 시간은 서버가 집계하며, 가장 느린 명령은 트레이스가 전한 것 가운데서 고릅니다.',
      ],
    },
    {
      term: '… 15 more',
      also: ['more', 'folded'],
      en: ['There are more connections than rows: the active ones are shown first.', 'The others are only counted by their state.'],
      ko: ['연결이 행보다 많으면 지금 중요한 것부터 보여 줍니다.', '나머지는 상태별 개수만 표시됩니다.'],
    },
    {
      term: 'filter',
      en: [
        'Words that occur in a row, such as parked or a name.',
        '#7 is that token, cmd:get the command that was executed last, jobs:* a key that it waits for.',
      ],
      ko: [
        'parked나 이름처럼 행에 있는 단어로 거릅니다.',
        '#7은 토큰, cmd:get은 마지막으로 실행된 명령, jobs:*는 기다리는 키를 뜻합니다.',
      ],
    },
  ],
};
