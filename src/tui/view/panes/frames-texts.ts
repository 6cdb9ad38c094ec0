/**
 * Texts of the frames pane and of an open frame.
 */
import type { InLanguages } from '../../../shared/language.js';
import { formatCount } from '../text.js';

function ordinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  return `${number}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10]) ?? 'th'}`;
}

const ENGLISH = {
  toCommands: 'v commands',
  none: 'no frame yet',
  noMatch: (filter: string) => `nothing matches /${filter}`,
  kinds: { request: 'request', reply: 'reply', push: 'push', partial: 'half a request' },
  gap: (commands: number) => `${formatCount(commands)} ${commands === 1 ? 'command' : 'commands'} not shown`,
  partial: (have: number, need: number) => `have ${formatCount(have)} of ${formatCount(need)}`,
  arguments: (count: number) => `${count} arguments`,
  waitsFor: (keys: string) => `waits for ${keys}`,
  executedIn: (time: string) => `executed in ${time}`,
  byte: (number: number, of: number, value: string, origin: string) => `byte ${number} of ${formatCount(of)}: ${value}, ${origin}`,
  encoded: 'encoded into the output buffer',
  noReads: 'the reads that returned it are not known',
  byRead: (number: number, of: number, read: string) => `by the ${ordinal(number)} of ${of} reads: ${read}`,
  byReads: (reads: readonly string[]) => `by ${reads.map((read) => `read of ${read}`).join(' | ')}`,
  brought: (origin: string) => `brought ${origin}`,
  read: (bytes: number, turn: number, here: number) => `${formatCount(bytes)} B in turn ${turn}${here < bytes ? `, ${formatCount(here)} of them here` : ''}`,
  cut: '(cut)',
  wholeFirst: 'its bytes are shown once it is complete',
  firstBytes: (shown: number, of: number) => `the first ${formatCount(shown)} of ${formatCount(of)} bytes`,
};

const KOREAN: typeof ENGLISH = {
  toCommands: 'v 명령 보기',
  none: '아직 프레임이 없습니다',
  noMatch: (filter) => `/${filter}에 맞는 것이 없습니다`,
  kinds: { request: '요청', reply: '응답', push: '푸시', partial: '요청의 일부' },
  gap: (commands) => `명령 ${formatCount(commands)}개 표시 안 함`,
  partial: ENGLISH.partial,
  arguments: (count) => `인자 ${count}개`,
  waitsFor: (keys) => `${keys} 대기`,
  executedIn: (time) => `실행 ${time}`,
  byte: (number, of, value, origin) => `바이트 ${number}/${formatCount(of)}: ${value}, ${origin}`,
  encoded: '출력 버퍼에 인코딩됨',
  noReads: '어느 read가 가져왔는지 알 수 없습니다',
  byRead: (number, of, read) => `read ${of}번 중 ${number}번째: ${read}`,
  byReads: (reads) => `read ${reads.join(' | ')}`,
  brought: (origin) => origin,
  read: (bytes, turn, here) => `턴 ${turn}에서 ${formatCount(bytes)} B${here < bytes ? ` 중 ${formatCount(here)} B` : ''}`,
  cut: '(잘림)',
  wholeFirst: '바이트는 완성된 뒤에 표시됩니다',
  firstBytes: (shown, of) => `전체 ${formatCount(of)}바이트 중 앞 ${formatCount(shown)}바이트`,
};

export const FRAMES_TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };
