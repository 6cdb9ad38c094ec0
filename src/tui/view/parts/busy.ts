/**
 * Texts about a loop that is busy with one turn: which client keeps it busy, for how long, and which clients wait. Observed from outside, while the loop sends
 * no events.
 */
import type { LoopActivity } from '../../../server/index.js';
import type { InLanguages, Language } from '../../../shared/language.js';
import type { Busy } from '../../state/state.js';
import { formatCount } from '../text.js';
import { LISTENER, nameOf, WAKER } from './names.js';
import { commandName, type Wording } from './wording.js';

/** Commands that let others be served once they are past `busy-reply-threshold`. */
const SCRIPTS: ReadonlySet<string> = new Set(['eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'fcall', 'fcall_ro']);

/** Of several forms of a text, the longest comes first. */
const ENGLISH = {
  seconds: (ms: number) => `${(ms / 1000).toFixed(1)} s`,
  aRequest: 'a request',
  theLoop: 'the loop',
  doing: {
    wait: 'waits', write: 'writes replies', accept: 'accepts connections', messages: 'takes messages of this screen', read: 'reads',
    decode: 'decodes requests', timers: 'runs timers', collect: 'collects garbage', trace: 'sends its trace', held: 'is held',
  } satisfies { readonly [phase in Exclude<LoopActivity['phase'], 'execute'>]: string },
  executes: (command: string) => `executes ${command}`,
  for: (doing: string, name: string) => `${doing} for ${name}`,
  inOneTurn: (time: string, what: string): readonly string[] => [
    `the loop has been busy with one turn for ${time}, and ${what}`,
    `busy for ${time}: ${what}`,
    what,
  ],
  executing: (name: string, command: string, time: string, servesOthers: boolean): readonly string[] => {
    const others = servesOthers ? 'it is past busy-reply-threshold, so others are told BUSY' : 'no other client is served';
    const what = `has been executing ${command} for ${time}`;
    const shortest = `${name}: ${command} for ${time}`;
    // The clients that wait are named beside it.
    if (!servesOthers) return [`${name} ${what}: ${others}`, `${name} ${what}`, shortest];
    const told = ['others are told BUSY', 'others get BUSY'].flatMap((way) => [`${name} ${what}, ${way}`, `${shortest}, ${way}`]);
    return [`${name} ${what}: ${others}`, ...told.toSorted((a, b) => b.length - a.length), `${name}: ${command} ${time}, others get BUSY`, shortest];
  },
  waiting: (clients: number, connections: number): readonly string[] => {
    const [who, newcomers] = [plural(clients, 'client'), plural(connections, 'connection')];
    const parts = [
      ...(clients === 0 ? [] : [{ long: `${who} ${clients === 1 ? 'has sent something and waits' : 'have sent something and wait'}`, short: who }]),
      ...(connections === 0 ? [] : [{ long: `${newcomers} ${connections === 1 ? 'waits' : 'wait'} to be accepted`, short: newcomers }]),
    ];
    const total = clients + connections;
    return [
      parts.map(({ long }) => long).join(', '),
      `${parts.map(({ short }) => short).join(' and ')} ${total === 1 ? 'waits' : 'wait'}`,
      `${formatCount(total)} wait`,
    ];
  },
  pause: {
    atNextEvent: 'BUSY: will hold as soon as the loop gets to its next event',
    inside: (command: string) => `BUSY: will hold inside of ${command}`,
    atEndOrInside: (command: string) => `BUSY: will hold as soon as ${command} ends, or inside of it, once it is past busy-reply-threshold`,
    atEnd: (command: string) => `BUSY: will hold as soon as ${command} ends`,
  },
};

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

const KOREAN: typeof ENGLISH = {
  seconds: (ms) => `${(ms / 1000).toFixed(1)}초`,
  aRequest: '요청',
  theLoop: '루프',
  doing: {
    wait: '대기', write: '응답 쓰기', accept: '연결 수락', messages: '이 화면의 메시지 받기', read: '읽기', decode: '요청 디코딩', timers: '타이머 실행', collect: '가비지 수집',
    trace: '트레이스 보내기', held: '멈춤',
  },
  executes: (command) => `${command} 실행`,
  for: (doing, name) => `${name}: ${doing}`,
  inOneTurn: (time, what) => [`루프가 한 턴에 ${time} 동안 머물러 있습니다, ${what}`, `${time} 동안 바쁨: ${what}`, what],
  executing: (name, command, time, servesOthers) => {
    const others = servesOthers ? 'busy-reply-threshold를 넘어 다른 클라이언트는 BUSY를 받습니다' : '다른 클라이언트는 처리되지 않습니다';
    const ways = [`${name}의 ${command} 실행 ${time}째`, `${name}: ${command} ${time}째`];
    const told = servesOthers ? ways.map((way) => `${way}, 다른 쪽은 BUSY`) : [];
    return [`${name}의 ${command} 실행이 ${time} 동안 계속되고 있습니다: ${others}`, ...told, ...ways];
  },
  waiting: (clients, connections) => {
    const parts = [
      ...(clients === 0 ? [] : [{ long: `클라이언트 ${formatCount(clients)}개가 데이터를 보내고 기다립니다`, short: `클라이언트 ${formatCount(clients)}개` }]),
      ...(connections === 0 ? [] : [{ long: `연결 ${formatCount(connections)}개가 수락을 기다립니다`, short: `연결 ${formatCount(connections)}개` }]),
    ];
    return [parts.map(({ long }) => long).join(', '), `${parts.map(({ short }) => short).join(', ')} 대기`, `${formatCount(clients + connections)}개 대기`];
  },
  pause: {
    atNextEvent: 'BUSY: 루프가 다음 이벤트에 이르면 멈춥니다',
    inside: (command) => `BUSY: ${command} 안에서 멈춥니다`,
    atEndOrInside: (command) => `BUSY: ${command} 실행이 끝나거나 busy-reply-threshold를 넘으면 그 안에서 멈춥니다`,
    atEnd: (command) => `BUSY: ${command} 실행이 끝나면 멈춥니다`,
  },
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** `2.1 s`: the loop is checked ten times a second. */
export function secondsText(ms: number, language: Language): string {
  return TEXTS[language].seconds(ms);
}

/** `EVAL`, `CONFIG GET`; empty if unknown. */
function busyCommand({ command }: LoopActivity, { visible, language }: Wording): string {
  return command === null || command === '' ? TEXTS[language].aRequest : visible(commandName(command));
}

function sourceName(token: number, { isListener, isWaker, language }: Wording): string {
  if (isListener(token)) return LISTENER;
  return isWaker(token) ? WAKER : nameOf(token, language);
}

/** Which client keeps the loop busy, and for how long. The longest form comes first. */
export function busySentences({ activity }: Busy, wording: Wording): readonly string[] {
  const { language } = wording;
  const texts = TEXTS[language];
  const { phase, elapsedMs, turnMs, servesOthers, token } = activity;
  const name = token === null ? texts.theLoop : sourceName(token, wording);
  const command = busyCommand(activity, wording);
  if (phase === 'execute' && elapsedMs >= turnMs / 2) return texts.executing(name, command, texts.seconds(elapsedMs), servesOthers);
  const doing = phase === 'execute' ? texts.executes(command) : texts.doing[phase];
  return texts.inOneTurn(texts.seconds(turnMs), token === null ? doing : texts.for(doing, name));
}

/** Which clients wait meanwhile, the longest form first; empty if none is known to wait. */
export function waitingSentences({ waiting }: Busy, language: Language): readonly string[] {
  let clients = 0;
  let connections = 0;
  for (const { kind, count } of waiting.values()) {
    if (kind === 'bytes') clients++;
    else connections += count;
  }
  return clients + connections === 0 ? [] : TEXTS[language].waiting(clients, connections);
}

/** The effect of a pause that is requested now. */
export function pauseNotice({ activity }: Busy, wording: Wording): string {
  const { pause } = TEXTS[wording.language];
  const command = busyCommand(activity, wording);
  if (activity.phase !== 'execute') return pause.atNextEvent;
  if (activity.servesOthers) return pause.inside(command);
  return activity.command !== null && SCRIPTS.has(activity.command) ? pause.atEndOrInside(command) : pause.atEnd(command);
}
