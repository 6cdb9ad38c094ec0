/**
 * The first minute: the guided steps of a first start, with four keys, as data. The effects are in guide.ts.
 *
 *   invitation ──Enter──▶ watching ──(replied)──▶ question ──1 2 3──▶ running ──(served)──▶ explained
 *       │ anything else that is typed, or a client that connects, ends it
 *       ▼
 *      null
 */
import type { Language } from '../../../shared/language.js';

/** What might happen to the others while one client keeps the loop busy. */
export const ANSWERS = ['served', 'wait', 'fail'] as const;
export type Answer = (typeof ANSWERS)[number];

export type FirstMinute =
  /** The command is in the prompt; Enter runs it. */
  | { readonly step: 'invitation' }
  /** It runs in slow motion. */
  | { readonly step: 'watching' }
  | { readonly step: 'question' }
  /** One client computes, the others have sent something. */
  | { readonly step: 'running'; readonly answer: Answer }
  /** The explanation is shown, and the arrows lead back to the moment. */
  | { readonly step: 'explained'; readonly answer: Answer; readonly evidence: Evidence }
  | { readonly step: 'visiting' };

/** The results of the run, from its own events. */
export interface Evidence {
  readonly turn: number;
  /** How long `execute` kept the loop, in µs. */
  readonly busyUs: number;
  /** The longest time that a request was seen waiting in the kernel, in ms. */
  readonly waitedMs: number;
}

/** The command of the invitation. */
export const FIRST_COMMAND = 'SET greeting hello EX 60';

/** How long the client computes, in s. */
export const BUSY_SECONDS = 3;

/** Speed in events per second: fast enough for a minute, slow enough to follow. */
export const WATCH_SPEED = 4;

/** Key names as the screen shows them. */
interface KeyNames {
  readonly left: string;
  readonly right: string;
}

interface Texts {
  /** The welcome box, while the invitation is in the prompt. Here and below: paragraphs, to be broken at blanks. */
  invitation(connect: string): readonly string[];
  /** The welcome box with the question; the numbered answers follow. */
  readonly question: readonly string[];
  readonly answers: { readonly [answer in Answer]: string };
  /** After the answers: which keys choose one. */
  readonly press: string;
  explained(answer: Answer, evidence: Evidence, keys: KeyNames): readonly string[];
  /** Lines of the transcript. */
  readonly watching: string;
  readonly watched: string;
  readonly running: string;
  yourTurn(connect: string): string;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

const ENGLISH: Texts = {
  invitation: (connect) => ['One thread serves all clients.', '', 'Enter: watch one command', '', `Or connect: ${connect}`],
  question: [`Two more clients connect; one computes for ${BUSY_SECONDS} seconds. The others:`],
  answers: { served: 'are served', wait: 'wait', fail: 'fail' },
  press: 'Press 1, 2 or 3.',
  explained: (answer, { turn, busyUs, waitedMs }, { left, right }) => [
    `You said: they ${ENGLISH.answers[answer]}. They waited ${seconds(waitedMs)} s, ` +
      `because execute took ${seconds(busyUs / 1000)} s in turn ${turn}: meanwhile poll.wait was not called.`,
    '',
    `${left}: the moment they became ready`,
    `${right}: forward from there`,
  ],
  watching: 'in slow motion: follow the arrow',
  watched: 'one command, one turn of the loop',
  running: '@ann computes; @ben and you send small requests',
  yourTurn: (connect) => `your turn: ${connect}, or type here; Esc and L: experiments`,
};

const KOREAN: Texts = {
  invitation: (connect) => ['스레드 하나가 모두를 처리합니다.', '', 'Enter: 명령 하나를 지켜보기', '', `접속: ${connect}`],
  question: [`클라이언트 둘이 더 접속하고, 그중 하나가 ${BUSY_SECONDS}초 동안 계산합니다. 나머지는?`],
  answers: { served: '처리됩니다', wait: '기다립니다', fail: '실패합니다' },
  press: '1, 2, 3 중 하나를 누르세요.',
  explained: (answer, { turn, busyUs, waitedMs }, { left, right }) => [
    `예상: ${KOREAN.answers[answer]}. 결과: ${seconds(waitedMs)}초를 기다렸습니다. 턴 ${turn}의 execute가 ${seconds(busyUs / 1000)}초 걸리는 동안 poll.wait를 호출하지 못했기 때문입니다.`,
    '',
    `${left}: 준비(readiness)된 순간으로`,
    `${right}: 그다음으로`,
  ],
  watching: '느린 재생입니다. 화살표를 따라가 보세요',
  watched: '명령 하나를 이벤트 루프의 한 턴에서 처리했습니다',
  running: '@ann이 계산하는 동안 @ben과 이 콘솔이 간단한 요청을 보냅니다',
  yourTurn: (connect) => `이제 직접 해 보세요: ${connect}, 또는 여기에 입력; Esc 다음 L: 실험`,
};

export const FIRST_MINUTE: { readonly [language in Language]: Texts } = { en: ENGLISH, ko: KOREAN };
