/**
 * Translates English words of the trace into the language of the screen: why a connection was closed, the effect of a fault. Unknown words, such as the code of
 * an error, are kept.
 */
import type { DisconnectReason, FaultEffects } from '../../../server/index.js';
import type { Language } from '../../../shared/language.js';

const REASONS_IN_KOREAN: { readonly [why in DisconnectReason]: string } = {
  EOF: 'EOF',
  'closed by server': '서버가 닫음',
  'its user has lost a channel': '사용자의 채널 권한이 없어짐',
  'its user is gone': '사용자가 삭제됨',
  'killed by CLIENT KILL': 'CLIENT KILL',
  'looks like HTTP': 'HTTP로 보임',
  'maxmemory-clients': 'maxmemory-clients 한도',
  'output buffer limit': '출력 버퍼 한도',
  'query buffer limit': '쿼리 버퍼 한도',
  'rule after-read': '규칙 after-read',
  'full resynchronization': '전체 재동기화',
  'append-only file': 'AOF 쓰기 실패',
  'replication ended': '복제 종료',
  'migration ended': '키 이동 종료',
  'replication timeout': '복제 제한 시간',
  'server shut down': '서버 종료',
  timeout: '유휴 제한 시간',
};

export function reasonText(why: string, language: Language): string {
  return language === 'ko' && Object.hasOwn(REASONS_IN_KOREAN, why) ? REASONS_IN_KOREAN[why as DisconnectReason] : why;
}

/** With the groups of the pattern filled in. */
type Effect = readonly [pattern: RegExp, text: string];

export const EFFECTS_IN_KOREAN: { readonly [effect in keyof FaultEffects]: Effect } = {
  ended: [/^ended: (.*)$/, '규칙이 끝남: $1'],
  decision: [/^(\S+): (.*) instead of (.*)$/, '$1: $3 대신 $2'],
  accept: [/^accept: (\S+)$/, 'accept: $1'],
  bytes: [/^(read|write) of (\S+) B$/, '$1 $2 B'],
  call: [/^(read|write): (\S+)$/, '$1: $2'],
  error: [/^error reply to (.*)$/, '$1에 오류로 응답'],
  lateReadiness: [/^reported (\S+) ms later$/, '$1 ms 늦게 알림'],
  lateReply: [/^reply (\S+) ms late to (.*)$/, '$2에 $1 ms 늦게 응답'],
  noReply: [/^no reply to (.*)$/, '$1에 응답하지 않음'],
  slowDisk: [/^(write|fsync) takes (\S+) ms longer$/, '$1 $2 ms 지연'],
};

export function effectText(effect: string, language: Language): string {
  if (language === 'en') return effect;
  const [pattern, text] = Object.values(EFFECTS_IN_KOREAN).find(([each]) => each.test(effect)) ?? [/^$/, ''];
  return effect.replace(pattern, text);
}
