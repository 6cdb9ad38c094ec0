/**
 * Sentences about a learner's program, in both languages: only what its calls show. It may have no output buffer, execute nothing, and keep nothing.
 */
import type { InLanguages } from '../../../shared/language.js';
import { isErrorReply } from '../../state/model/loop.js';
import { formatBytes, formatCount } from '../text.js';
import { nameOf, readinessWords } from './names.js';
import { errorText, type ProgramSentences, request } from './wording.js';

const english = (token: number): string => nameOf(token, 'en');
const korean = (token: number): string => nameOf(token, 'ko');

/** Without the bit for edge-triggered. */
const interestOf = (interest: number): string => readinessWords(interest & 3, '|');

const ENGLISH: ProgramSentences = {
  happened: {
    'turn-begin': ({ turn }) => `turn ${formatCount(turn)} begins`,
    'frame-partial': ({ token, have, need }) => `${english(token)} has sent half a request so far, ${formatCount(have)} of ${formatCount(need)} B or more`,
    frame: ({ token, argv, bytes }, wording) => `${english(token)} has sent ${request(argv, wording)} (${formatBytes(bytes)})`,
    reply: ({ token, bytes, raw }, { visible }) =>
      `the program answers ${english(token)}${isErrorReply(raw) ? ` with an error: ${visible(errorText(raw))}` : `: ${formatBytes(bytes)}`}`,
    write: ({ token, result, of }, { visible }) => {
      if (result === 'WouldBlock') return `${english(token)} takes nothing now: WouldBlock, ${formatBytes(of)} not written`;
      if (typeof result === 'string') return `writing to ${english(token)} failed: ${visible(result)}`;
      return result === of
        ? `${formatBytes(result)} went out to ${english(token)}`
        : `${english(token)} took only ${formatCount(result)} of ${formatCount(of)} B: the rest is not written`;
    },
    interest: ({ token, after }) => `${english(token)} is registered for ${interestOf(after) || 'nothing'} from now on`,
    disconnect: ({ token }) => `the program has closed ${english(token)}`,
  },
  held: {
    request: (shown) => `held: ${shown} has been read`,
    turn: (turn) => `held at the beginning of turn ${formatCount(turn)}`,
  },
};

const KOREAN: ProgramSentences = {
  happened: {
    'turn-begin': ({ turn }) => `턴 ${formatCount(turn)} 시작`,
    'frame-partial': ({ token, have, need }) => `${korean(token)}에서 지금까지 요청의 일부만 왔습니다(${formatCount(have)} / ${formatCount(need)} B 이상)`,
    frame: ({ token, argv, bytes }, wording) => `${korean(token)}에서 보낸 것: ${request(argv, wording)} (${formatBytes(bytes)})`,
    reply: ({ token, bytes, raw }, { visible }) =>
      `프로그램이 ${korean(token)}에 ${isErrorReply(raw) ? `오류로 응답합니다: ${visible(errorText(raw))}` : `응답합니다: ${formatBytes(bytes)}`}`,
    write: ({ token, result, of }, { visible }) => {
      if (result === 'WouldBlock') return `${korean(token)}의 소켓이 지금은 받지 않습니다: WouldBlock, ${formatBytes(of)} 쓰지 못함`;
      if (typeof result === 'string') return `${korean(token)} 쓰기에 실패했습니다: ${visible(result)}`;
      return result === of
        ? `${korean(token)}에 ${formatBytes(result)}를 보냈습니다`
        : `${korean(token)}의 소켓이 ${formatCount(of)} B 중 ${formatCount(result)} B만 받았습니다: 나머지는 쓰지 못했습니다`;
    },
    interest: ({ token, after }) => `이제부터 ${korean(token)}의 등록: ${interestOf(after) || '없음'}`,
    disconnect: ({ token }) => `프로그램이 ${korean(token)}의 연결을 닫았습니다`,
  },
  held: {
    request: (shown) => `멈춤: ${shown} 요청을 읽었습니다`,
    turn: (turn) => `턴 ${formatCount(turn)}의 시작에서 멈춤`,
  },
};

export const OF_PROGRAM: InLanguages<ProgramSentences> = { en: ENGLISH, ko: KOREAN };
