/**
 * Events of the trace as words. They can be stepped to, and named in breakpoints as `event accept`.
 */
import type { TraceKind } from '../../../../server/index.js';
import type { InLanguages } from '../../../../shared/language.js';
import type { Entry, TwoSentences } from './entry.js';

const EVENTS: { readonly [kind in TraceKind]: InLanguages<TwoSentences> } = {
  'turn-begin': {
    en: ['A turn of the loop begins.', 'First the replies that are pending are written.'],
    ko: ['루프의 한 턴이 시작됩니다.', '먼저 보류된 응답을 씁니다.'],
  },
  flush: {
    en: [
      'The output of several clients was handed to the kernel in one system call, with batched sends.',
      'The result of each send follows as a write event, in the same order.',
    ],
    ko: [
      '전송 묶음을 쓸 때 여러 클라이언트의 출력을 시스템 콜 한 번으로 커널에 넘겼습니다.',
      '전송마다 결과가 같은 순서로 write 이벤트로 이어집니다.',
    ],
  },
  write: {
    en: ['Output was handed to the kernel.', 'It shows how many of the bytes the kernel took, or WouldBlock.'],
    ko: ['출력을 커널에 넘겼습니다.', '전체 가운데 커널이 받은 바이트 수, 또는 WouldBlock이 표시됩니다.'],
  },
  'await-disk': {
    en: [
      'The amount of output of a client that waits for the disk has changed.',
      'With appendfsync always, output that may reveal a change is sent after the change is on the disk; 0 bytes: nothing waits any more.',
    ],
    ko: [
      '디스크를 기다리는 클라이언트 출력의 양이 바뀌었습니다.',
      'appendfsync always에서는 변경을 알릴 수 있는 출력이 그 변경이 디스크에 기록된 뒤에 나가며, 0바이트는 더 기다리는 것이 없다는 뜻입니다.',
    ],
  },
  interest: {
    en: [
      'The readiness that a token is registered for has changed, or how it is reported.',
      'WRITABLE is added after a short write and removed once all is sent.',
    ],
    ko: ['토큰이 등록된 관심(interest)이나 보고 방식이 바뀌었습니다.', 'WRITABLE은 다 쓰지 못했을 때 추가되고 모두 보내면 제거됩니다.'],
  },
  wait: {
    en: ['The timeout is chosen, and poll.wait is about to be called.', 'It shows which timer is due next.'],
    ko: ['제한 시간이 정해졌고 곧 poll.wait를 호출합니다.', '다음에 기한이 되는 타이머가 표시됩니다.'],
  },
  poll: {
    en: ['poll.wait has returned.', 'It shows how long the loop slept, and how many tokens are ready.'],
    ko: ['poll.wait가 돌아왔습니다.', '루프가 잠든 시간과 준비된 토큰의 수가 표시됩니다.'],
  },
  ready: {
    en: ['A token is ready, and its handler is about to run.', 'It shows what the token is ready for.'],
    ko: ['토큰이 준비되어 곧 핸들러가 실행됩니다.', '무엇에 준비되었는지 표시됩니다.'],
  },
  accept: {
    en: ['accept was called on the listener.', 'It returned a connection, or WouldBlock if there are no more.'],
    ko: ['리스너에 새 연결을 요청했습니다.', '연결을 얻었거나, 더 없으면 WouldBlock입니다.'],
  },
  connect: {
    en: ['A connection is registered with the poll.', 'It has a token from now on.'],
    ko: ['연결이 폴러에 등록되었습니다.', '이때부터 토큰이 있습니다.'],
  },
  read: {
    en: ['A connection was read.', 'The result is bytes, WouldBlock, the end of the stream, or an error.'],
    ko: ['연결에서 읽었습니다.', '결과는 바이트, WouldBlock, 스트림의 끝, 오류 가운데 하나입니다.'],
  },
  'frame-partial': {
    en: ['The buffer ends in the middle of a frame.', 'Its beginning is kept until more bytes come.'],
    ko: ['버퍼가 프레임 중간에서 끝났습니다.', '앞부분은 바이트가 더 올 때까지 보관됩니다.'],
  },
  frame: {
    en: ['A complete request was decoded.', 'It is executed next.'],
    ko: ['완성된 요청 하나가 디코딩되었습니다.', '다음으로 실행됩니다.'],
  },
  execute: {
    en: ['A command was executed.', 'It shows how long that took.'],
    ko: ['명령이 실행되었습니다.', '걸린 시간이 표시됩니다.'],
  },
  reply: {
    en: ['A reply was encoded into the output buffer of a connection.', 'It has not been written yet.'],
    ko: ['응답이 연결의 출력 버퍼에 인코딩되었습니다.', '아직 소켓에 쓰지는 않았습니다.'],
  },
  park: {
    en: ['A blocking command found nothing.', 'Its client is parked until a key is ready or the timeout has passed.'],
    ko: ['블로킹 명령이 아무것도 찾지 못했습니다.', '클라이언트는 키가 생기거나 제한 시간이 지날 때까지 대기합니다.'],
  },
  unpark: {
    en: ['A parked client continues.', 'It shows why: a key is ready, the timeout has passed, or it was unblocked.'],
    ko: ['대기하던 클라이언트가 다시 진행합니다.', '키가 준비됨, 시간 초과, 해제 가운데 이유가 표시됩니다.'],
  },
  timer: {
    en: ['A timer was due and ran.', 'It shows how late it was and how long it took.'],
    ko: ['기한이 된 타이머가 실행되었습니다.', '얼마나 늦었고 얼마나 걸렸는지 표시됩니다.'],
  },
  expire: {
    en: ['An expired key was deleted.', 'A command that accessed it deleted it (lazy), or the expire cycle did (active).'],
    ko: ['만료된 키가 삭제되었습니다.', '키에 접근한 명령이 삭제했거나(lazy) 만료 주기가 삭제했습니다(active).'],
  },
  'save-slice': {
    en: [
      'A snapshot got a slice of the time between two turns, because this server does not fork to save.',
      'A key that is about to change and is not written yet is written first: its pre-image.',
    ],
    ko: [
      '스냅샷이 두 턴 사이의 시간 한 조각을 얻었습니다(이 서버는 저장할 때 fork하지 않습니다).',
      '아직 기록되지 않은 키가 바뀌기 직전이면 그 키를 먼저 기록합니다(pre-image).',
    ],
  },
  evict: {
    en: ['A key was evicted.', 'This keeps memory below maxmemory.'],
    ko: ['키가 축출되었습니다.', '메모리를 maxmemory 아래로 유지하기 위해서입니다.'],
  },
  'key-change': {
    en: ['A key was created, changed or deleted.', 'It shows the event under its name in keyspace notifications.'],
    ko: ['키가 생성, 변경 또는 삭제되었습니다.', '키스페이스 알림의 이름으로 어떤 이벤트인지 표시됩니다.'],
  },
  publish: {
    en: ['A message was published.', 'It shows how many receivers got it.'],
    ko: ['메시지가 발행되었습니다.', '받은 구독자의 수가 표시됩니다.'],
  },
  replicate: {
    en: ['A change was passed to the append-only file and the replicas, in the form in which they repeat it.', 'Without either, there is no such event.'],
    ko: ['변경 사항이 추가 전용 파일(AOF)과 레플리카에 그대로 반복할 수 있는 형태로 전달되었습니다.', '파일도 레플리카도 없으면 이 이벤트는 발생하지 않습니다.'],
  },
  fault: {
    en: ['A configured fault was injected.', 'It belongs to the phase that runs, and does not begin a new one.'],
    ko: ['설정된 장애가 주입되었습니다.', '실행 중인 단계에 속하며 새 단계를 시작하지 않습니다.'],
  },
  disconnect: {
    en: ['A connection was closed.', 'It shows why.'],
    ko: ['연결이 끊어졌습니다.', '이유가 표시됩니다.'],
  },
  'turn-end': {
    en: ['The turn is over.', 'It shows how long it was busy and how many commands it executed.'],
    ko: ['턴이 끝났습니다.', '작업한 시간과 실행한 명령의 수가 표시됩니다.'],
  },
};

export const EVENT_ENTRIES: readonly Entry[] = Object.entries(EVENTS).map(([kind, sentences]) => ({ term: `event ${kind}`, also: [kind], ...sentences }));
