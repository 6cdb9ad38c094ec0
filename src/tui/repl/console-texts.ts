/**
 * What the console says itself, beside the replies of the server: notes, and what is wrong with a line.
 */
import { formatResults, seamOf, type SeamName } from '../../server/index.js';
import { withParticle } from '../../shared/korean.js';
import type { InLanguages } from '../../shared/language.js';
import { formatResultsInKorean, SEAMS_IN_KOREAN } from './table-texts.js';

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const ENGLISH = {
  // Lines
  tooManyClients: (most: number) => `There are ${most} clients already.`,
  badName: 'The name of a client is made of printable ASCII characters.',
  badRepeat: 'A command can be repeated once or more.',
  endedWith: (left: number) => `ended with ${left} more to run`,
  notSent: (lines: string) => `not sent: ${lines}`,
  aPush: 'a push',
  listed: (named: string, others: number) => `${named} and ${others} more`,
  // Words
  noLearn: 'there are no lessons here',
  forkNeedsScreen: 'fork needs a lab to show it',
  forkUsage: 'fork, or fork off in a fork',
  noFork: 'this is no fork',
  noHistory: 'there is no history here',
  rawUsage: 'raw "bytes"',
  sliceUsage: 'slice bytes command, for example: slice 1 PING',
  busyUsage: (most: number) => `busy seconds, at most ${most}, for example: busy 3`,
  runUsage: 'run, run to #7, run to DEL user:*',
  escapesUsage: 'escapes on: \\xHH for bytes beside ASCII, as in redis-cli; escapes off: text',
  escapes: { escaped: 'bytes beside ASCII are shown as \\xHH, as in redis-cli', readable: 'text in UTF-8 is shown as it is' },
  byHand: {
    'pause-reading': 'reading is paused: what the server sends piles up',
    'resume-reading': 'reading goes on',
    halfclose: 'our direction is closed (FIN)',
    reset: 'sent RST',
  },
  closed: 'closed',
  floodUsage: 'flood clients commands command, at most 100 clients, 10000 commands each and 16 MiB: flood 50 100 SET k v',
  isReset: (clients: number, faults: number, settings: number) =>
    `reset: ${plural(clients, 'client')} and ${plural(faults, 'fault')} ended, ${plural(settings, 'setting')} put back, and the databases are empty`,
  flooded: (answered: number, commands: number, clients: number) => `flood: ${answered} of ${commands} commands of ${plural(clients, 'client')} answered`,
  herd: (connections: number, wakes: number, inVain: number) => `${connections} connections woke threads ${wakes} times, ${inVain} times in vain`,
  herdUsage: (waiters: number, connections: number) =>
    `herd [waiters] [connections] [exclusive], at most ${waiters} waiters and ${connections} connections, for example: herd 8 50 exclusive`,
  herdAccepted: (counts: string) => `accepted by each thread: ${counts}`,
  noThreads: 'threads need Linux, whose sockets can block a thread each: there is nothing to show here',
  threads: (threads: number, counted: number, acquisitions: number, waits: number) =>
    `${threads} threads counted to ${counted}: the lock was taken ${acquisitions} times, and a thread slept for it ${waits} times`,
  silentThread: (state: string, megabytes: number) => `a client that says nothing has a thread, too (${state}); memory of all: ${megabytes} MB`,
  // Faults, rules, triggering, time
  triggerUsage: 'trigger edge, trigger level, trigger default; of one token: trigger edge on #3, trigger edge on @name',
  waitUsage:
    'wait until [@name] parked or closed, idle, busy, held, 12 turns, 0 keys, 5 expired; and how long at most: wait until parked for 5s; or wait 300ms',
  notAwaited: (what: string) => `${what}: no longer waited for`,
  notWithin: (what: string, seconds: number) => `${what}: not within ${seconds} s`,
  later: (duration: string) => `${duration} later`,
  waitAtMost: (seconds: number) => `a wait takes at most ${seconds} s`,
  noClient: (name: string) => `there is no client @${name} of this console`,
  notConnectedYet: (name: string) => `@${name} is not connected`,
  notAccepted: (name: string) => `@${name} is not accepted yet`,
  noSeam: (names: string) => `there is no seam of this name; there are ${names}`,
  noFault: 'no fault is set',
  faultUsage: 'fault slice 1 on #3; help fault lists what can be spoiled',
  faultOffUsage: 'fault off, or fault off 2',
  faultIsOff: (number: string) => `fault ${number} is off`,
  noSuchFault: (number: string, set: string) => `there is no fault ${number}; ${set}`,
  injected: (times: number) => `injected ${plural(times, 'time')}`,
  triggered: (token: string | undefined, how: 'edge' | 'level' | 'default') =>
    `${token ?? 'all tokens, and those to come'}: ${how === 'default' ? 'triggered as at the start' : `${how}-triggered`}`,
  isTime: (date: string) => `it is ${date} now`,
  asTextbook: (seam: string) => `${seam}: as the textbook says`,
  noOwnRule: (seam: string) => `${seam}: no rule of your own is set`,
  meaningOf: (seam: SeamName): string => seamOf(seam).meaning,
  resultsOf: formatResults,
  knows: (parameters: string, results: string) => `it knows ${parameters}, and comes to ${results}`,
  textbook: (expression: string) => `textbook: ${expression}`,
  inForce: (rule: string) => `in force: ${rule}`,
  // The past
  onlyLive: (word: string, wayBack: string) => `${word} acts on the live server, and this is the history: ${wayBack}`,
  asOf: (turn: number, event: number, isEarlier: boolean) =>
    `as of turn ${turn}, event ${event}${isEarlier ? ': before the command, or the work of a timer, that is under way' : ''}`,
  noEffect: 'every command runs in a copy of its own: this one has no effect on the next',
  notKept: 'it ran in a copy that is thrown away: nothing is changed. fork opens a server from here',
  // Connections
  leftCommand: (command: string | null) => `left ${command ?? 'the command'} with a new connection`,
  leftEnding: 'left the connection that was ending',
  leftMonitor: 'left MONITOR with a new connection',
  unanswered: (requests: string) => `sent behind it and not answered: ${requests}`,
  noResp: (why: string) => `what came is no RESP: ${why}; closed`,
  broke: 'the connection broke',
  notConnected: (address: string) => `could not connect to ${address}`,
  isClosed: (opensNext: boolean) => `the connection is closed${opensNext ? '; the next command opens another one' : ''}`,
  noReply: (requests: string) => `no reply came to ${requests}`,
  // Replies
  wholeReply: 'Ctrl-O shows all of it',
  wholeElsewhere: (program: string) => `${program} shows all of it`,
  linesNotShown: (lines: number) => `... ${lines} more line${lines === 1 ? '' : 's'} not shown`,
  bytesNotShown: (bytes: number) => `... ${bytes} more bytes not shown`,
  tooFast: (replies: number) => `... ${replies} replies came too fast to be shown`,
};

export type ConsoleTexts = typeof ENGLISH;

const TRIGGERED = { edge: '에지 트리거', level: '레벨 트리거', default: '시작할 때의 방식' };

const KOREAN: ConsoleTexts = {
  tooManyClients: (most) => `클라이언트가 이미 ${most}개입니다.`,
  badName: '클라이언트 이름에는 출력할 수 있는 ASCII 문자만 쓸 수 있습니다.',
  badRepeat: '명령은 한 번 이상 반복해야 합니다.',
  endedWith: (left) => `중단했습니다. 실행하지 않은 횟수: ${left}`,
  notSent: (lines) => `보내지 않음: ${lines}`,
  aPush: '푸시',
  listed: (named, others) => `${named} 외 ${others}개`,
  noLearn: '여기에는 실험 안내가 없습니다',
  forkNeedsScreen: 'fork에는 그것을 보여 줄 lab이 필요합니다',
  forkUsage: 'fork, 또는 포크에서 fork off',
  noFork: '여기는 포크가 아닙니다',
  noHistory: '여기에는 히스토리가 없습니다',
  rawUsage: 'raw "bytes"',
  sliceUsage: 'slice 바이트 명령, 예: slice 1 PING',
  busyUsage: (most) => `busy 초, 최대 ${most}, 예: busy 3`,
  runUsage: 'run, run to #7, run to DEL user:*',
  escapesUsage: 'escapes on: ASCII가 아닌 바이트를 redis-cli처럼 \\xHH로, escapes off: 텍스트로 표시',
  escapes: { escaped: 'ASCII가 아닌 바이트를 redis-cli처럼 \\xHH로 표시합니다', readable: 'UTF-8 텍스트를 그대로 표시합니다' },
  byHand: {
    'pause-reading': '읽기를 멈췄습니다. 서버가 보내는 것이 쌓입니다',
    'resume-reading': '다시 읽습니다',
    halfclose: '이쪽 방향을 닫았습니다(FIN)',
    reset: 'RST를 보냈습니다',
  },
  closed: '닫았습니다',
  floodUsage: 'flood 클라이언트수 명령수 명령, 최대 클라이언트 100개, 각 명령 10000개, 모두 16 MiB: flood 50 100 SET k v',
  isReset: (clients, faults, settings) =>
    `초기화: 클라이언트 ${clients}개와 장애 ${faults}개를 끝내고, 설정 ${settings}개를 되돌리고, 데이터베이스를 비웠습니다`,
  flooded: (answered, commands, clients) => `flood: 클라이언트 ${clients}개의 명령 ${commands}개 중 ${answered}개 응답`,
  herd: (connections, wakes, inVain) => `연결 ${connections}개가 스레드를 ${wakes}번 깨웠고 그중 ${inVain}번은 헛일이었습니다`,
  herdUsage: (waiters, connections) => `herd [스레드수] [연결수] [exclusive], 최대 스레드 ${waiters}개, 연결 ${connections}개, 예: herd 8 50 exclusive`,
  herdAccepted: (counts) => `스레드별 수락 수: ${counts}`,
  noThreads: '스레드는 블로킹 소켓이 있는 Linux에서만 볼 수 있습니다. 여기서는 보여 줄 것이 없습니다',
  threads: (threads, counted, acquisitions, waits) =>
    `스레드 ${threads}개가 ${counted}까지 셌습니다. 락을 ${acquisitions}번 잡았고, 스레드가 락을 기다리며 ${waits}번 잠들었습니다`,
  silentThread: (state, megabytes) => `아무 말도 하지 않는 클라이언트에게도 스레드가 있습니다(${state}). 모두의 메모리: ${megabytes} MB`,
  triggerUsage: 'trigger edge, trigger level, trigger default. 토큰 하나에는 trigger edge on #3, trigger edge on @name',
  waitUsage: 'wait until [@name] parked 또는 closed, idle, busy, held, 12 turns, 0 keys, 5 expired. 제한 시간: wait until parked for 5s. 또는 wait 300ms',
  notAwaited: (what) => `${what}: 더 기다리지 않습니다`,
  notWithin: (what, seconds) => `${what}: ${seconds}초 안에 되지 않았습니다`,
  later: (duration) => `${duration} 지났습니다`,
  waitAtMost: (seconds) => `최대 ${seconds}초까지 기다릴 수 있습니다`,
  noClient: (name) => `이 콘솔에는 클라이언트 ${withParticle(`@${name}`, '이/가')} 없습니다`,
  notConnectedYet: (name) => `@${name}: 접속해 있지 않습니다`,
  notAccepted: (name) => `@${name}: 아직 수락되지 않았습니다`,
  noSeam: (names) => `그런 이음매가 없습니다. 있는 것: ${names}`,
  noFault: '설정된 장애가 없습니다',
  faultUsage: 'fault slice 1 on #3. help fault로 종류를 볼 수 있습니다',
  faultOffUsage: 'fault off 또는 fault off 2',
  faultIsOff: (number) => `장애 ${number} 해제`,
  noSuchFault: (number, set) => `장애 ${withParticle(number, '은/는')} 없습니다. ${set}`,
  injected: (times) => `${times}번 주입됨`,
  triggered: (token, how) => `${token ?? '현재와 앞으로의 모든 토큰'}: ${TRIGGERED[how]}`,
  isTime: (date) => `현재 시각: ${date}`,
  asTextbook: (seam) => `${seam}: 원래의 식`,
  noOwnRule: (seam) => `${seam}: 직접 넣은 규칙이 없습니다`,
  meaningOf: (seam) => SEAMS_IN_KOREAN[seam].meaning,
  resultsOf: formatResultsInKorean,
  knows: (parameters, results) => `쓸 수 있는 값: ${parameters}, 결과: ${results}`,
  textbook: (expression) => `원래의 식: ${expression}`,
  inForce: (rule) => `적용 중: ${rule}`,
  onlyLive: (word, wayBack) => `히스토리를 보는 중이라 실행 중인 서버를 바꾸는 ${withParticle(word, '은/는')} 쓸 수 없습니다. ${wayBack}`,
  asOf: (turn, event, isEarlier) => `턴 ${turn}, 이벤트 ${event} 시점${isEarlier ? ': 실행 중인 명령이나 타이머 작업의 직전' : ''}`,
  notKept: '버려지는 복사본에서 실행되어 바뀐 것이 없습니다. fork로 이 시점의 서버를 엽니다',
  noEffect: '명령마다 따로 복사본에서 실행되므로 다음 명령에는 영향이 없습니다',
  leftCommand: (command) => `새 연결로 ${command ?? '명령'}에서 빠져나왔습니다`,
  leftEnding: '끝나 가던 연결에서 빠져나왔습니다',
  leftMonitor: '새 연결로 MONITOR에서 빠져나왔습니다',
  unanswered: (requests) => `뒤에 보냈지만 응답받지 못함: ${requests}`,
  noResp: (why) => `RESP가 아닌 데이터가 왔습니다: ${why}. 연결을 닫았습니다`,
  broke: '연결이 끊어졌습니다',
  notConnected: (address) => `${address}에 접속하지 못했습니다`,
  isClosed: (opensNext) => `연결이 닫혔습니다${opensNext ? '. 다음 명령이 새 연결을 엽니다' : ''}`,
  noReply: (requests) => `응답이 오지 않음: ${requests}`,
  wholeReply: 'Ctrl-O로 전체 보기',
  wholeElsewhere: (program) => `전체 보기: ${program}`,
  linesNotShown: (lines) => `... ${lines}줄 더 있음`,
  bytesNotShown: (bytes) => `... ${bytes}바이트 더 있음`,
  tooFast: (replies) => `... 너무 빨라 표시하지 못한 응답 ${replies}개`,
};

export const CONSOLE_TEXTS: InLanguages<ConsoleTexts> = { en: ENGLISH, ko: KOREAN };
