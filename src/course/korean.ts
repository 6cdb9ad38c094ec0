/**
 * The comments of the course's programs in Korean: English lines are replaced one by one, in stubs and in solutions alike.
 *
 * The keys are lines without comment signs, and without types. A test finds keys that are in no program, and lines that are missing here.
 */
import { particleBehind } from '../shared/korean.js';

export const COMMENTS: { readonly [english: string]: string } = {
  // 01 to 03
  "The listener's name at the poll.": 'poll에서 쓰는 리스너의 이름입니다.',
  'Binds to an address, and registers the listener with the poll under LISTENER, for READABLE.':
    '주소에 bind하고, 리스너를 LISTENER라는 토큰과 READABLE로 poll에 등록합니다.',
  '@param address as 127.0.0.1:7000': '@param address 예: 127.0.0.1:7000',
  'Accepts one connection that waits.': '기다리는 연결 하나를 accept합니다.',
  "@returns null: no connection waits": "@returns null: 기다리는 연결이 없음",
  'Echoes what its client sends; one client at a time, the others wait in the backlog.':
    '클라이언트가 보낸 것을 그대로 돌려줍니다. 한 번에 한 클라이언트만 처리하고, 나머지는 backlog에서 기다립니다.',
  'The client that is served; null: none.': '처리 중인 클라이언트. null: 없음.',
  'One turn of the loop: waits once, and handles every event that came.': '루프의 한 턴: 한 번 기다리고, 온 이벤트를 모두 처리합니다.',
  '@param timeoutMs how long to wait at most; null: without limit': '@param timeoutMs 최대 대기 시간(ms). null: 제한 없음',
  'Reads until WouldBlock: what is left in the socket is not reported again.': 'WouldBlock까지 읽습니다. 소켓에 남은 것은 다시 알려 주지 않습니다.',
  'A connection may have waited meanwhile; that was reported once already.': '그동안 연결이 기다렸을 수 있습니다. 그 알림은 이미 한 번 왔습니다.',
  'Echoes what its clients send; any number of them at the same time, on one thread.':
    '클라이언트들이 보낸 것을 그대로 돌려줍니다. 스레드 하나로 몇 개든 동시에 처리합니다.',
  'Token → stream of every client that is connected.': '토큰 → 연결된 클라이언트의 스트림.',
  'Clients that are connected.': '연결된 클라이언트.',
  'Until WouldBlock: the poll tells only once that a connection waits.': 'WouldBlock까지: 연결이 기다린다는 것을 poll은 한 번만 알립니다.',
  'An event that came before it in this turn may have closed it.': '이번 턴의 앞선 이벤트가 이미 닫았을 수 있습니다.',
  'ECONNRESET, EPIPE: this client is gone, the others are not.': 'ECONNRESET, EPIPE: 이 클라이언트만 떠났습니다.',
  // 04 to 06
  'Bytes that are no request.': '요청이 아닌 바이트.',
  'Bytes in, requests out; keeps what is not whole. Each client has one of its own.':
    '바이트가 들어가고 요청이 나옵니다. 온전하지 않은 것은 간직합니다. 클라이언트마다 하나씩 있습니다.',
  '@param bytes what a read has brought; they are copied, because the read buffer is used again':
    '@param bytes read가 가져온 것. 읽기 버퍼를 다시 쓰므로 복사합니다',
  'Takes the next request out of what was fed.': '받은 바이트에서 다음 요청을 꺼냅니다.',
  '@returns its words; null: it is not whole yet, and nothing is taken':
    '@returns 요청의 단어들. null: 아직 온전하지 않아 아무것도 꺼내지 않음',
  'The word and its CR LF must be here: a length says how much to wait for.': '단어와 그 CR LF까지 와 있어야 합니다. 길이가 얼마나 기다릴지 알려 줍니다.',
  'Answers requests; any number of clients, on one thread.': '요청에 답합니다. 스레드 하나로 클라이언트 몇 개든 처리합니다.',
  'A bulk string; null is nil. Its length counts bytes.': '벌크 문자열. null은 nil입니다. 길이는 바이트로 셉니다.',
  'The keyspace, and the commands on it. Values are byte strings.': '키스페이스와 그 위의 명령들. 값은 바이트 문자열입니다.',
  'The keyspace. Knows nothing of clients.': '키스페이스. 클라이언트를 모릅니다.',
  'The keyspace.': '키스페이스.',
  'Executes a request: PING, ECHO text, SET key value, GET key, DEL key.': '요청을 실행합니다: PING, ECHO text, SET key value, GET key, DEL key.',
  'PING, ECHO text, SET key value [PX ms], GET key, DEL key.': 'PING, ECHO text, SET key value [PX ms], GET key, DEL key.',
  '@param argv its words; the first is the command, in any case of letters': '@param argv 요청의 단어들. 첫째가 명령이며 대소문자를 가리지 않음',
  '@returns the reply, in RESP, as latin1: one character is one byte': '@returns RESP 응답, latin1: 글자 하나가 바이트 하나',
  '@returns the reply, in RESP': '@returns RESP 응답',
  '@param words latin1': '@param words latin1 문자열',
  'How many words a request has, by its command.': '명령마다 요청이 가져야 하는 단어 수.',
  'Answers requests out of one keyspace for everyone.': '모두가 함께 쓰는 키스페이스 하나로 요청에 답합니다.',
  '@param now the time, in ms': '@param now 현재 시각(ms)',
  'Key → { value, dueMs }; dueMs is null, or the time at which the key is over.': '키 → { value, dueMs }. dueMs는 null이거나 키가 만료되는 시각입니다.',
  'Keys that take memory, also those that are over.': '메모리를 차지하는 키. 만료된 것도 셉니다.',
  'The value; null: there is none, or it is over. Who looks for a key that is over deletes it.':
    '값. null: 없거나 만료됨. 만료된 키를 찾으면 그때 지웁니다.',
  'Deletes every key that is over.': '만료된 키를 모두 지웁니다.',
  '@returns how many there were': '@returns 지운 키의 수',
  '@returns when the next key is over, in ms; null: none ever is': '@returns 다음 키가 만료되는 시각(ms). null: 만료될 키가 없음',
  'Answers requests; keys with a time to live are gone when it is over.': '요청에 답합니다. 만료 시각이 있는 키는 그 시각이 지나면 사라집니다.',
  '@param timeoutMs how long to wait at most; null: until something is to be done':
    '@param timeoutMs 최대 대기 시간(ms). null: 할 일이 생길 때까지',
  'Not longer than until the next key is over.': '다음 키가 만료되는 시각보다 오래 기다리지 않습니다.',
  // 07 to 09
  'Answers requests; who does not take its replies is not read from either.': '요청에 답합니다. 응답을 받아 가지 않는 클라이언트는 읽지도 않습니다.',
  'Bytes that may wait for one client. A client that leaves more is dropped: memory has an end.':
    '클라이언트 하나를 위해 기다릴 수 있는 바이트. 더 남기는 클라이언트는 끊습니다. 메모리에는 끝이 있습니다.',
  'Writes what waits, as far as the socket takes it; returns true if nothing waits any more.':
    '기다리는 것을 소켓이 받는 만큼 씁니다. 남은 것이 없으면 true를 돌려줍니다.',
  'Writes what waits, as far as the socket takes it; returns true if nothing waits any more. A client that leaves too much is ended.':
    '기다리는 것을 소켓이 받는 만큼 씁니다. 남은 것이 없으면 true를 돌려줍니다. 너무 많이 남기는 클라이언트는 끊습니다.',
  'Writes what waits, as far as the socket takes it. WRITABLE is asked for while something is left, and no longer: client.isArmed says':
    '기다리는 것을 소켓이 받는 만큼 씁니다. 남은 것이 있는 동안에만 WRITABLE을 요청하며, client.isArmed가',
  'whether it is.': '그 상태를 나타냅니다.',
  '@returns true if nothing waits any more': '@returns 남은 것이 없으면 true',
  'Reads, executes and answers, as long as the client takes its replies.': '클라이언트가 응답을 받아 가는 동안 읽고, 실행하고, 답합니다.',
  'Who does not take its replies has its turn when the socket is writable, and not before.':
    '응답을 받아 가지 않는 클라이언트의 차례는 소켓이 쓰기 가능해진 뒤에 옵니다.',
  'Lists, and clients that wait for what others push.': '리스트와, 다른 클라이언트의 push를 기다리는 클라이언트.',
  'Key → values, the oldest first. A list that has become empty is deleted.': '키 → 값들, 오래된 것부터. 비게 된 리스트는 지웁니다.',
  '{ client, key, dueMs } of each client that waits for a push, in order of arrival. dueMs is Infinity if it waits without a limit.':
    'push를 기다리는 클라이언트의 { client, key, dueMs }, 온 순서대로. 제한 없이 기다리면 dueMs는 Infinity입니다.',
  'Clients that wait for a push.': 'push를 기다리는 클라이언트.',
  'Appends; the reply is how long the list is now. Then those who have waited for it are served.':
    '뒤에 붙이고, 응답은 리스트의 길이입니다. 그다음 기다리던 클라이언트에게 줍니다.',
  'Takes the oldest value; null: there is none.': '가장 오래된 값을 꺼냅니다. null: 없음.',
  'BLPOP: the reply if the list has a value; otherwise the client is parked (client.isParked), and null.':
    'BLPOP: 리스트에 값이 있으면 응답, 없으면 클라이언트를 대기시키고(client.isParked) null.',
  '@param seconds how long it waits at most; 0: without limit': '@param seconds 최대 대기 시간(초). 0: 제한 없음',
  'After a push: each value goes to the client that has waited longest for this key.': 'push 뒤: 값마다 이 키를 가장 오래 기다린 클라이언트에게 갑니다.',
  'Those whose time is over get NOTHING_CAME.': '시간이 다 된 클라이언트는 NOTHING_CAME을 받습니다.',
  'It need not wait any more.': '더는 기다릴 필요가 없습니다.',
  'What BLPOP brings: the key and the value.': 'BLPOP이 가져오는 것: 키와 값.',
  'What BLPOP brings when its time is over.': 'BLPOP의 시간이 다 되었을 때 가져오는 것.',
  'A client that was parked has its reply, and goes on at the end of this turn.': '대기하던 클라이언트가 응답을 받았으며, 이 턴의 끝에 이어집니다.',
  'Tokens of clients that are parked no more: what they have asked meanwhile is still to be executed.':
    '더는 대기하지 않는 클라이언트의 토큰. 그동안 보낸 요청이 아직 남아 있습니다.',
  'Their requests lie in their decoders, read long ago: no event tells of them.': '그 요청은 이미 읽혀 디코더에 있으므로 어떤 이벤트도 알려 주지 않습니다.',
  'PING, RPUSH key value…, LPOP key, BLPOP key seconds. Returns the reply; null: there is none yet.':
    'PING, RPUSH key value…, LPOP key, BLPOP key seconds. 응답을 돌려줍니다. null: 아직 없음.',
  'Each whole request; those behind one that is parked wait for its reply.': '온전한 요청마다 실행합니다. 대기 중인 요청 뒤의 것은 그 응답을 기다립니다.',
  'Executes, answers and reads on, as long as the client takes its replies. A parked client is read from as well: it may leave.':
    '클라이언트가 응답을 받아 가는 동안 실행하고, 답하고, 계속 읽습니다. 대기 중인 클라이언트도 읽습니다. 떠날 수 있기 때문입니다.',
  'Not longer than until the time of the next parked client is over.': '다음 대기 클라이언트의 시간이 다 될 때보다 오래 기다리지 않습니다.',
  'Answers many requests by one write, and no client keeps the loop for itself.': '많은 요청에 한 번의 write로 답하며, 아무도 루프를 독차지하지 않습니다.',
  'Requests of one client that are executed in one turn, at most.': '한 클라이언트의 요청 가운데 한 턴에 실행하는 최대 개수.',
  'Tokens of clients whose budget was used up: there may be more of them, of which no event tells.':
    '몫을 다 쓴 클라이언트의 토큰. 요청이 더 있을 수 있으며, 어떤 이벤트도 알려 주지 않습니다.',
  'Each once, whether it is due by an event, by what was left, or by both.': '이벤트 때문이든, 남은 것 때문이든, 둘 다이든 한 번씩만.',
  'Executes at most BUDGET requests, out of the decoder and, when that has no whole one, out of the socket; answers them by one write. After the end of the':
    '최대 BUDGET개의 요청을 디코더에서, 거기에 온전한 것이 없으면 소켓에서 꺼내 실행하고, 한 번의 write로 답합니다. 스트림이 끝나고',
  'stream, and the last reply, the client is ended.': '마지막 응답까지 보낸 뒤에는 클라이언트를 끝냅니다.',
  'One read, into the decoder. Returns READ, EMPTY or ENDED.': '디코더로 한 번 읽습니다. READ, EMPTY, ENDED 가운데 하나를 돌려줍니다.',
  'What a read has come to: there are bytes, the socket is empty (WouldBlock), or the stream has ended.':
    'read의 결과: 바이트가 왔거나, 소켓이 비었거나(WouldBlock), 스트림이 끝났습니다.',
  'SET key value, or SET key value PX ms.': 'SET key value 또는 SET key value PX ms.',
  'Not yet: the poll continues to sleep when a key expires, and the key is not deleted.': '아직: 키가 만료되어도 poll이 계속 자고, 키가 삭제되지 않습니다.',
  'Bytes that are to be written.': '쓸 바이트.',
  'WRITABLE is asked for.': 'WRITABLE을 요청했는지.',
  'Not yet: the poll sleeps on when the time of a parked client is over.': '아직: 대기 중인 클라이언트의 시간이 다 되어도 poll이 계속 잡니다.',
  'Not yet: waiting clients continue to wait.': '아직: 기다리던 클라이언트가 계속 기다립니다.',
  'Not yet: the client may be among those who wait.': '아직: 이 클라이언트가 기다리는 목록에 있을 수 있습니다.',
  'Not yet: who has used up its budget must have its turn again, though no event tells of it.':
    '아직: 몫을 다 쓴 클라이언트는 알려 주는 이벤트가 없어도 다시 차례가 와야 합니다.',
  // 10
  'Tasks that wait until they can read from it, or write to it.': '읽거나 쓸 수 있을 때까지 기다리는 태스크.',
  'This program works, with one client or two: a task for each connection, and a lock around what they share. Make an event loop of it.':
    '이 프로그램은 클라이언트 한둘이면 동작합니다: 연결마다 태스크 하나, 공유하는 것에는 락. 이것을 이벤트 루프로 바꾸십시오.',
  'Something that runs until it has to wait, and then goes on where it was: what a thread, a goroutine or an async function is elsewhere.':
    '기다려야 할 때까지 실행되고 그 자리에서 이어지는 것. 다른 곳의 스레드, 고루틴, async 함수에 해당합니다.',
  '@param body a generator function': '@param body 제너레이터 함수',
  'Goes on, up to the next wait (yield).': '다음 대기(yield)까지 이어서 실행합니다.',
  'One task holds it; others wait for it, in order.': '한 태스크가 쥐고, 나머지는 순서대로 기다립니다.',
  '@param ready where tasks stand that can go on': '@param ready 이어서 실행할 수 있는 태스크들',
  'Tasks that wait for the lock.': '락을 기다리는 태스크.',
  'Tasks that can go on.': '이어서 실행할 수 있는 태스크.',
  'PING, GET key, SET key value, DEL key, INCR key.': 'PING, GET key, SET key value, DEL key, INCR key.',
  'Executes a request.': '요청을 실행합니다.',
  '@returns isChanged: the keyspace is another now, so the request is to be propagated':
    '@returns isChanged: 키스페이스가 바뀌었으므로 요청을 전파해야 함',
  'The requests that make an empty keyspace the same as this one.': '빈 키스페이스를 이것과 같게 만드는 요청들.',
  'A request as it is sent to a sink.': 'sink에 보내는 모양의 요청.',
  'A task for each connection. What they share is behind a lock.': '연결마다 태스크 하나. 공유하는 것은 락 뒤에 있습니다.',
  'Around the database and the sinks.': '데이터베이스와 sink들을 감쌉니다.',
  'Clients that have sent SYNC: every write is sent to them.': 'SYNC를 보낸 클라이언트. 모든 쓰기가 이들에게 갑니다.',
  'Clients that are connected, sinks as well.': '연결된 클라이언트. sink도 포함합니다.',
  'One turn: waits for sockets, wakes the tasks that wait for them, and lets each run up to its next wait.':
    '한 턴: 소켓을 기다리고, 그것을 기다리던 태스크를 깨우고, 각각 다음 대기까지 실행합니다.',
  'What a client does wrong ends this client; what is wrong in this program ends the loop.':
    '클라이언트의 잘못은 그 클라이언트를 끝내고, 프로그램의 잘못은 루프를 끝냅니다.',
  'The task of a connection.': '연결 하나의 태스크.',
  'Waits for the next request; null: the client has ended.': '다음 요청을 기다립니다. null: 클라이언트가 끝났음.',
  'With the lock. A write is propagated before the next one may start: so all sinks get the writes in one order.':
    '락을 쥔 채 실행합니다. 다른 쓰기보다 먼저 전파하므로 모든 sink가 같은 순서로 받습니다.',
  'Writes all of it, and waits while the socket takes nothing.': '전부 쓰며, 소켓이 받지 않는 동안 기다립니다.',
  'Owns all state. It gets one event after another, and knows clients by their number only: no socket, no lock, and no wait.':
    '모든 상태를 소유합니다. 이벤트를 하나씩 받고, 클라이언트는 번호로만 압니다. 소켓도, 락도, 대기도 없습니다.',
  "{ kind: 'ClientRequest', id, argv }       argv: Buffer[], as a decoder gives it": "{ kind: 'ClientRequest', id, argv }       argv: Buffer[], 디코더가 준 그대로",
  "{ kind: 'Replication', request }          a write, for every sink": "{ kind: 'Replication', request }          모든 sink로 갈 쓰기",
  '@param out send: bytes (latin1) for a client; publish: an event that comes next':
    '@param out send: 클라이언트로 갈 바이트(latin1), publish: 다음에 올 이벤트',
  'Number of a client → whether it is a sink.': '클라이언트의 번호 → sink인지 여부.',
  'The loop: makes events of what sockets bring, and bytes in sockets of what the handler sends.':
    '루프: 소켓이 가져온 것을 이벤트로, 핸들러가 보낸 것을 소켓의 바이트로 만듭니다.',
  'Events that are to be handled.': '처리할 이벤트.',
  'Clients to whom something was sent in this turn.': '이번 턴에 무언가를 보낸 클라이언트.',
  'Token → client. The token is the number by which the handler knows it.': '토큰 → 클라이언트. 핸들러가 아는 번호가 토큰입니다.',
  'Token → client.': '토큰 → 클라이언트.',
  'One turn of the loop.': '루프의 한 턴.',
  'An event, and what it publishes, before anything else happens.': '다른 일보다 먼저, 이벤트와 그것이 publish한 것을 처리합니다.',
  'From the handler. Nothing is written yet, so nothing can fail here, and no client waits.':
    '핸들러가 부릅니다. 아직 쓰지 않으므로 여기서는 실패할 것도, 기다릴 것도 없습니다.',
  'Does it for a client that is still connected. An error ends only this client.': '아직 있는 클라이언트에게만 합니다. 오류는 그 클라이언트만 끝냅니다.',
};

const FIRST_LINE = /^\/\/ (Lesson (\d\d): .*?)\. (docs\/lessons\/\S+) explains it; `(.+)` checks it\.$/;
const COMMENT = /^( *)(\/\/ |\/\*\* | \* +)(.*?)( \*\/)?$/;
/** A tag, its type in the JavaScript programs, and its text. */
const TAG = /^(@\w+ )(\{\{.*?\}\} |\{[^}]*\} )?(.*)$/;
const UNWRITTEN = /'(.+) is not written yet'/;

/** @param title of the lesson, in Korean */
export function inKorean(program: string, title: string): string {
  return program.split('\n').map((line) => lineInKorean(line, title)).join('\n');
}

function lineInKorean(line: string, title: string): string {
  const [, , number, lecture, command] = FIRST_LINE.exec(line) ?? [];
  if (number !== undefined) return `// ${number}과: ${title}. ${lecture}에 설명이 있고, \`${command}\`${particleBehind(command!, '으로/로')} 확인합니다.`;
  const [, indent = '', sign = '', text = '', end = ''] = COMMENT.exec(line) ?? [];
  const [, tag = '', type = '', rest = text] = TAG.exec(text) ?? [];
  const translated = COMMENTS[tag + rest];
  if (translated !== undefined) return `${indent}${sign}${tag}${type}${translated.slice(tag.length)}${end}`;
  return line.replace(UNWRITTEN, "'$1: 아직 작성하지 않았습니다'");
}
