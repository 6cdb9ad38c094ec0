/**
 * Words of the frames pane: requests and replies, and their protocol.
 */
import type { Chapter } from './entry.js';

export const FRAMES: Chapter = {
  about: {
    en:
      'Requests (>) and replies (<) in the order in which they were decoded and encoded. Each client has its own numbers. Enter opens a frame: its ' +
      'values as a tree beside its bytes. There ↑ ↓ move through the tree and mark the bytes of a value; x moves into the bytes, where each marks ' +
      'the value that it belongs to.',
    ko:
      '디코딩된 요청(>)과 인코딩된 응답(<)을 순서대로 보여 줍니다. 번호는 클라이언트마다 따로 붙습니다. Enter를 누르면 프레임이 열려 값의 트리와 바이트가 나란히 보입니다. ' +
      '↑ ↓로 트리를 이동하면 그 값의 바이트가 표시되고, x를 누르면 바이트로 들어가 각 바이트가 속한 값을 볼 수 있습니다.',
  },
  entries: [
    {
      term: 'frame',
      also: ['frames', '프레임'],
      on: ['readiness'],
      en: [
        'One complete request or reply.',
        'A stream of bytes has no boundaries of its own: the decoder finds the end of a frame from the lengths in it.',
      ],
      ko: ['완성된 요청 하나 또는 응답 하나입니다.', '바이트 스트림 자체에는 경계가 없으므로, 디코더는 프레임에 적힌 길이로 끝나는 곳을 찾습니다.'],
    },
    {
      term: '>',
      also: ['request', '요청'],
      en: ['A request that a client has sent.', 'It is listed as soon as it is decoded, before it executes.'],
      ko: ['클라이언트가 보낸 요청입니다.', '실행되기 전, 디코딩되는 즉시 목록에 나타납니다.'],
    },
    {
      term: '<',
      en: ['A reply that the server has put into the output buffer of that client.', 'It is written before the loop sleeps again.'],
      ko: ['서버가 그 클라이언트의 출력 버퍼에 넣은 응답입니다.', '루프가 다시 잠들기 전에 전송됩니다.'],
    },
    {
      term: 'tok',
      en: ['The token of the connection, in its colour.', 'Requests and replies of one client have the same token.'],
      ko: ['연결의 토큰이며 그 연결의 색으로 표시됩니다.', '한 클라이언트의 요청과 응답은 토큰이 같습니다.'],
    },
    {
      term: 'nr',
      also: ['no', 'number'],
      en: ['The number of the request on its connection, from 1.', 'Its reply has the same number.'],
      ko: ['연결 안에서 1부터 붙는 요청의 번호입니다.', '응답의 번호도 같습니다.'],
    },
    {
      term: 'size',
      en: ['Bytes on the wire.', 'Types, lengths and line ends are included.'],
      ko: ['네트워크로 오간 바이트 수입니다.', '타입 표시, 길이, 줄 끝을 포함합니다.'],
    },
    {
      term: 'time',
      en: ['The execution time of the command.', 'Waiting, reading and writing are not included.'],
      ko: ['명령을 실행한 시간입니다.', '대기, 읽기, 쓰기 시간은 포함하지 않습니다.'],
    },
    {
      term: '~',
      en: ['A gap: at full speed the server does more than the trace can record.', 'The number is the number of commands that were only counted.'],
      ko: ['빈 구간이며, 최고 속도에서는 서버가 트레이스로 전할 수 있는 것보다 많은 일을 합니다.', '그만큼의 명령은 개수만 집계되었습니다.'],
    },
    {
      term: 'push',
      also: ['pushes', '푸시'],
      en: [
        'Data that this client did not request.',
        'It is a published message, an invalidation, or a line of MONITOR.',
      ],
      ko: ['이 클라이언트가 요청하지 않은 데이터입니다.', '발행된 메시지, 무효화 알림, MONITOR의 줄이 여기에 속합니다.'],
    },
    {
      term: 'RESP',
      also: ['RESP2', 'RESP3', 'protocol', '프로토콜'],
      on: ['repl'],
      en: [
        'The protocol of Redis: the first byte is the type (+ - : $ * and more), then a value or a length follows.',
        'Every line ends with CR LF (0d 0a); RESP3, chosen with HELLO 3, adds types such as maps and pushes.',
      ],
      ko: [
        'Redis의 프로토콜로, 첫 바이트(+ - : $ * 등)가 타입을 나타내고 이어서 값이나 길이가 옵니다.',
        '모든 줄은 CR LF(0d 0a)로 끝나며, HELLO 3으로 선택하는 RESP3에는 맵과 푸시 같은 타입이 더 있습니다.',
      ],
    },
    {
      term: 'bulk string',
      also: ['verbatim string', 'bulk error'],
      en: ['$ and a length, then exactly that number of bytes of any kind.', 'Requests are arrays of bulk strings.'],
      ko: ['$와 길이 다음에 정확히 그만큼의 바이트가 오며 내용에는 제한이 없습니다.', '요청은 bulk string의 배열입니다.'],
    },
    {
      term: 'simple string',
      also: ['status'],
      en: ['+ and a short text up to the end of the line, such as OK.', 'It cannot hold a line break.'],
      ko: ['+ 다음에 줄 끝까지 오는 짧은 문자열이며 OK가 그 예입니다.', '줄바꿈은 담을 수 없습니다.'],
    },
    {
      term: 'array',
      also: ['set', 'map', 'aggregate', '배열'],
      en: ['* and a count, then that number of values.', 'Sets (~), maps (%) and pushes (>) of RESP3 have the same form.'],
      ko: ['*와 개수 다음에 그만큼의 값이 옵니다.', 'RESP3의 집합(~), 맵(%), 푸시(>)도 구조가 같습니다.'],
    },
    {
      term: 'inline request',
      also: ['inline'],
      en: ['A line of plain words instead of RESP.', 'It allows a client such as telnet to send commands.'],
      ko: ['RESP 대신 단어를 그대로 적은 한 줄의 요청입니다.', '덕분에 telnet으로도 서버와 대화할 수 있습니다.'],
    },
    {
      term: 'pipelining',
      also: ['pipeline', '파이프라이닝'],
      en: [
        'A client sends further requests before the replies to earlier ones have arrived.',
        'One read may then return many frames, and their replies are sent in one write.',
      ],
      ko: ['앞선 요청의 응답이 오기 전에 클라이언트가 다음 요청을 보내는 것입니다.', '그러면 read 한 번에 여러 프레임이 오고 응답도 write 한 번에 나갑니다.'],
    },
    {
      term: 'read',
      en: [
        'One call of read(2) on the socket: a frame may need several of them, and one may return many frames.',
        '| in the bytes shows where another read begins.',
      ],
      ko: ['소켓에 대한 read(2) 한 번이며, 한 프레임에 여러 번이 필요할 수도 있고 한 번에 여러 프레임이 올 수도 있습니다.', '바이트 사이의 |는 다음 read가 시작되는 곳입니다.'],
    },
    {
      term: '[ ]',
      en: ['The bytes of the value at the cursor in the tree.', 'Lengths and line ends belong to the value.'],
      ko: ['트리에서 커서가 가리키는 값의 바이트입니다.', '길이와 줄 끝도 그 값에 속합니다.'],
    },
    {
      term: '> <',
      en: ['In an open frame: the byte at the cursor.', 'The line above shows which read returned it.'],
      ko: ['열린 프레임에서 커서가 가리키는 바이트입니다.', '위의 줄은 어느 read가 이 바이트를 가져왔는지 보여 줍니다.'],
    },
    {
      term: 'cut',
      en: ['The trace contains only the first 512 bytes of a frame.', 'The rest is counted and cannot be shown.'],
      ko: ['트레이스는 프레임의 앞 512바이트만 전합니다.', '그 뒤는 크기만 알 수 있고 내용은 볼 수 없습니다.'],
    },
    {
      term: 'filter',
      en: [
        'Words that occur in a request or its reply, which are shown together; in quotes a word is literal, even "err".',
        'cmd:sort is a command, user:* a glob of keys, #7 a token, us>1000 commands that took longer, err those answered with an error.',
      ],
      ko: [
        '요청이나 응답에 있는 단어로 거르며 둘은 함께 표시되고, 따옴표 안의 단어는 "err"처럼 무엇이든 됩니다.',
        'cmd:sort는 명령, user:*는 키의 글롭, #7은 토큰, us>1000은 더 오래 걸린 것, err은 오류 응답을 뜻합니다.',
      ],
    },
  ],
};
