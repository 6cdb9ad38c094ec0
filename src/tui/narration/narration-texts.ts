/**
 * Texts of the narration besides the sentences and panes that it shares with the screen.
 */
import { withParticle } from '../../shared/korean.js';
import type { InLanguages } from '../../shared/language.js';

const plural = (count: string, one: string, many = `${one}s`): string => `${count} ${count === '1' ? one : many}`;

const ENGLISH = {
  greeting: (version: string) => `redis-lab ${version}, in lines. A Redis server runs here, on one event loop.`,
  connect: (way: string, taken: number | null) => `Connect: redis-cli ${way}${taken === null ? '' : ` (${taken} is taken)`}`,
  orType: 'Or type here: SET greeting hello EX 60. help lists the other words, quit ends the lab.',
  warning: (text: string) => `warning: ${text}`,
  usage: (text: string) => `usage: ${text}`,
  lessonOver: 'the lesson is over: lines go to the lab again',
  held: 'the loop is held: the reply comes when it continues',
  narrate: { on: 'actions of other clients are reported from now on', off: 'actions of other clients are no longer reported' },
  inHistory: (time: string) => `${time}: the loop stays where it is; live returns to it`,
  loopRuns: (time: string) => `${time}: the loop runs`,
  eventsTold: (time: string) => `${time}: every event is reported`,
  said: {
    pause: 'pause',
    resume: 'resume',
    step: 'step',
    slow: (speed: number | null) => `slow ${speed ?? 'off'}`,
    break: (isOn: boolean) => `break ${isOn ? 'on' : 'off'}`,
  },
  noBreakpoint: 'no breakpoint',
  nothingThere: (time: string) => `${time}: there are no more events in that direction; live returns to now`,
  isNowBack: 'this is now: back moves into the history',
  isNow: 'this is now',
  nothingYet: 'nothing has happened yet',
  at: (time: string, turn: number, what: string) => `${time}, turn ${turn}: ${what}`,
  noLongerBusy: (time: string) => `no longer BUSY, after ${time}`,
  busy: (sentence: string) => `BUSY: ${sentence}`,
  loading: (percent: number) => `LOADING the dataset: ${percent} %; clients get LOADING until it is complete`,
  loaded: 'the dataset is loaded',
  atBreakpoint: (sentence: string) => `PAUSED by a breakpoint, ${sentence}`,
  paused: (sentence: string) => `PAUSED, ${sentence}`,
  before: (events: string) => `${events} events before these`,
  help: 'A line is a command of Redis, sent by a real client of this loop, unless it begins with one of these words.',
  helpEnd: [
    'help WouldBlock explains that word; the glossary has every word of the lab.',
    'help lab lists the words for more clients and for raw bytes. quit, Ctrl-D, or Ctrl-C twice end the lab.',
  ],
  leaving: 'Ctrl-C again leaves the lab',
  missing: (lines: number) => `${lines} lines are missing here: the output was not read`,
  wayBack: 'live returns to now',
  isBack: (address: string) => `the fork has ended: lines go to ${address} again`,
  /** Events that were only counted, and the sentence about them. */
  counted: {
    command: (count: string) => plural(count, 'command'),
    came: (count: string) => plural(count, 'connection opened', 'connections opened'),
    left: (count: string) => plural(count, 'connection closed', 'connections closed'),
    expired: (count: string) => plural(count, 'key expired', 'keys expired'),
    evicted: (count: string) => plural(count, 'key was evicted', 'keys were evicted'),
    parked: (count: string) => plural(count, 'client was parked', 'clients were parked'),
    unparked: (count: string) => plural(count, 'client waits no longer', 'clients wait no longer'),
    half: (count: string) => plural(count, 'partial request'),
  },
  /** `and 1,240 more commands, 3 keys expired` */
  more: (counted: readonly string[]) => `and ${counted.join(', ').replace(' ', ' more ')}`,
};

export type NarrationTexts = typeof ENGLISH;

const KOREAN: NarrationTexts = {
  greeting: (version) => `redis-lab ${version}, 줄 단위 모드입니다. 이벤트 루프 하나로 동작하는 Redis 서버가 실행 중입니다.`,
  connect: (way, taken) => `접속: redis-cli ${way}${taken === null ? '' : ` (${withParticle(taken, '은/는')} 사용 중)`}`,
  orType: '또는 여기에 입력: SET greeting hello EX 60. help로 나머지를 볼 수 있고 quit으로 종료합니다.',
  warning: (text) => `경고: ${text}`,
  usage: (text) => `사용법: ${text}`,
  lessonOver: '실험이 끝났습니다. 이제 입력은 다시 lab이 받습니다',
  held: '루프가 멈춰 있습니다. 다시 진행하면 응답이 옵니다',
  narrate: { on: '이제부터 다른 클라이언트가 하는 일을 알립니다', off: '이제부터 다른 클라이언트가 하는 일을 알리지 않습니다' },
  inHistory: (time) => `${time}: 루프는 그대로 있습니다. live로 돌아갑니다`,
  loopRuns: (time) => `${time}: 루프가 실행 중입니다`,
  eventsTold: (time) => `${time}: 모든 이벤트를 알립니다`,
  said: {
    pause: '멈춤',
    resume: '재개',
    step: '진행',
    slow: (speed) => `slow ${speed ?? 'off'}`,
    break: (isOn) => `break ${isOn ? 'on' : 'off'}`,
  },
  noBreakpoint: '중단점 없음',
  nothingThere: (time) => `${time}: 그쪽으로는 더 없습니다. live로 현재로 돌아갑니다`,
  isNowBack: '현재입니다. back으로 히스토리에 들어갑니다',
  isNow: '현재입니다',
  nothingYet: '아직 아무 일도 일어나지 않았습니다',
  at: (time, turn, what) => `${time}, 턴 ${turn}: ${what}`,
  noLongerBusy: (time) => `BUSY 끝, ${time} 걸렸습니다`,
  busy: (sentence) => `BUSY: ${sentence}`,
  loading: (percent) => `LOADING 데이터셋을 불러오는 중: ${percent} %. 끝날 때까지 클라이언트는 LOADING을 받습니다`,
  loaded: '데이터셋을 모두 불러왔습니다',
  atBreakpoint: (sentence) => `중단점에서 PAUSED, ${sentence}`,
  paused: (sentence) => `PAUSED, ${sentence}`,
  before: (events) => `이 앞에 이벤트 ${events}개`,
  help: '다음 단어로 시작하지 않는 줄은 Redis 명령이며, 이 루프의 실제 클라이언트가 보냅니다.',
  helpEnd: [
    'help WouldBlock처럼 입력하면 lab에 나오는 모든 단어의 설명을 용어집에서 볼 수 있습니다.',
    'help lab은 클라이언트를 더 여는 방법과 바이트를 직접 보내는 방법을 알려 줍니다. quit, Ctrl-D, Ctrl-C 두 번으로 종료합니다.',
  ],
  leaving: 'Ctrl-C를 한 번 더 누르면 lab을 종료합니다',
  missing: (lines) => `여기서 ${lines}줄이 빠졌습니다. 받는 쪽이 읽지 않았습니다`,
  wayBack: 'live로 현재로 돌아갑니다',
  isBack: (address) => `포크가 끝났습니다. 이제 다시 ${address}에 입력합니다`,
  counted: {
    command: (count) => `명령 ${count}개`,
    came: (count) => `연결 ${count}개 접속`,
    left: (count) => `연결 ${count}개 종료`,
    expired: (count) => `키 ${count}개 만료`,
    evicted: (count) => `키 ${count}개 축출`,
    parked: (count) => `클라이언트 ${count}개 대기 시작`,
    unparked: (count) => `클라이언트 ${count}개 대기 끝`,
    half: (count) => `요청의 일부 ${count}개`,
  },
  more: (counted) => `그 밖에 ${counted.join(', ')}`,
};

export const NARRATION_TEXTS: InLanguages<NarrationTexts> = { en: ENGLISH, ko: KOREAN };
