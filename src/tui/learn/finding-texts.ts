/**
 * The result of a run compared with a goal, as sentences: `there were 2 reads of @ann; there must be none`.
 */
import { withParticle } from '../../shared/korean.js';
import type { InLanguages, Text } from '../../shared/language.js';
import type { Bounds, Goal } from '../state/learn/experiment.js';
import { formatCount } from '../view/text.js';
import { CLIENT_COUNTERS, COUNTERS } from './counters.js';

/** The counted noun, in English singular and plural, in Korean with its counter word. */
interface Noun {
  readonly en: readonly [one: string, many: string];
  readonly ko: readonly [noun: string, unit: string];
}

const noun = (one: string, many: string, korean: string, unit: string): Noun => ({ en: [one, many], ko: [korean, unit] });

/** By the kind of event; other events are named by their kind. */
const EVENTS: { readonly [kind: string]: Noun } = {
  read: noun('read', 'reads', 'read', '번'),
  write: noun('write', 'writes', 'write', '번'),
  execute: noun('executed command', 'executed commands', '명령 실행', '번'),
  ready: noun('readiness event', 'readiness events', '준비(readiness) 이벤트', '개'),
  disconnect: noun('closed connection', 'closed connections', '연결 종료', '번'),
  expire: noun('expired key', 'expired keys', '만료된 키', '개'),
};

/** By the name in counters.ts; a missing one is named by it. */
const COUNTED: { readonly [counter: string]: Noun } = {
  turns: noun('turn of the loop', 'turns of the loop', '루프의 턴', '번'),
  commands: noun('executed command', 'executed commands', '명령 실행', '번'),
  connections: noun('accepted connection', 'accepted connections', '수락한 연결', '개'),
  reads: noun('read', 'reads', 'read', '번'),
  writes: noun('write', 'writes', 'write', '번'),
  bytesRead: noun('byte read', 'bytes read', '읽은 바이트', '개'),
  bytesWritten: noun('byte written', 'bytes written', '쓴 바이트', '개'),
  hits: noun('lookup that found a key', 'lookups that found a key', '키를 찾은 조회', '번'),
  misses: noun('lookup that found no key', 'lookups that found no key', '키를 찾지 못한 조회', '번'),
  expired: noun('expired key', 'expired keys', '만료된 키', '개'),
  evicted: noun('evicted key', 'evicted keys', '축출된 키', '개'),
  clients: noun('client', 'clients', '클라이언트', '개'),
  keys: noun('key', 'keys', '키', '개'),
  parked: noun('parked client', 'parked clients', 'parked인 클라이언트', '개'),
  requests: noun('complete request', 'complete requests', '온전한 요청', '개'),
  queryBytes: noun('byte of a partial request', 'bytes of a partial request', '일부만 온 요청의 바이트', '개'),
  outputBytes: noun('unwritten byte', 'unwritten bytes', '쓰지 못한 바이트', '개'),
};

const REPLY = noun('reply', 'replies', '응답', '개');

const named = (name: string): Noun => noun(`"${name}" event`, `"${name}" events`, `"${name}" 이벤트`, '개');

type Counting = Goal & { readonly type: 'count' | 'counter' | 'reply' };

/** The number found, and the number required. @param value the number found */
export function countedText(goal: Counting, value: number): Text {
  return { en: TEXTS.en(wordsOf(goal), value, goal.bounds), ko: TEXTS.ko(wordsOf(goal), value, goal.bounds) };
}

/** The same for a number in a line. */
export function figureText(value: number, bounds: Bounds): Text {
  return {
    en: `the number was ${formatCount(value)}; it must be ${boundsText(bounds)}`,
    ko: `${withParticle(`수는 ${formatCount(value)}`, '이었습니다/였습니다')}. ${boundsInKorean(bounds, '')}`,
  };
}

interface Words {
  readonly noun: Noun;
  /** The event has more conditions than the noun says: which bytes, at what time. */
  readonly isSpecial: boolean;
  /** The line that was meant; null: another one, or none. */
  readonly line: string | null;
  /** Null: any. */
  readonly client: string | null;
  readonly isTo: boolean;
  /** The value at the end of the run counts. */
  readonly isAtEnd: boolean;
}

function wordsOf(goal: Counting): Words {
  switch (goal.type) {
    case 'count': {
      const { event: { kind, client, fields }, after, before } = goal;
      const isSpecial = fields.length > 0 || after !== null || before !== null;
      return { noun: EVENTS[kind] ?? named(kind), isSpecial, line: null, client, isTo: false, isAtEnd: false };
    }
    case 'counter': {
      const { counter, client } = goal;
      const { isTotal = true } = (client === null ? COUNTERS : CLIENT_COUNTERS)[counter] ?? {};
      return { noun: COUNTED[counter] ?? named(counter), isSpecial: false, line: null, client, isTo: false, isAtEnd: !isTotal };
    }
    case 'reply': {
      const isLine = typeof goal.is !== 'object';
      return { noun: REPLY, isSpecial: !isLine, line: isLine ? quoted(String(goal.is)) : null, client: goal.client, isTo: true, isAtEnd: false };
    }
  }
}

const quoted = (line: string): string => (line.startsWith('"') ? line : `"${line}"`);

const TEXTS: InLanguages<(words: Words, value: number, bounds: Bounds) => string> = {
  en({ noun: { en: [one, many] }, isSpecial, line, client, isTo, isAtEnd }, value, bounds) {
    const which = `${isSpecial ? 'such ' : ''}${value === 1 ? one : many}${line === null ? '' : ` ${line}`}`;
    const whose = client === null ? '' : ` ${isTo ? 'to' : 'of'} ${client === '' ? 'the REPL' : `@${client}`}`;
    const count = value === 0 ? 'no' : formatCount(value);
    const must = `there must be ${hasNone(bounds) ? 'none' : boundsText(bounds)}`;
    return `there ${value === 1 ? 'was' : 'were'} ${count} ${which}${whose}${isAtEnd ? ' at the end' : ''}; ${must}`;
  },
  ko({ noun: { ko: [thing, unit] }, isSpecial, line, client, isTo, isAtEnd }, value, bounds) {
    const who = client === '' ? '이 콘솔' : `@${client ?? ''}`;
    const whose = client === null ? '' : isTo ? `${withParticle(who, '이/가')} 받은 ` : `${who}의 `;
    const which = withParticle(`${isSpecial ? '그런 ' : ''}${thing}${line === null ? '' : ` ${line}`}`, '이/가');
    const there = value === 0 ? '없었습니다' : `${formatCount(value)}${unit} 있었습니다`;
    return `${isAtEnd ? '끝날 때 ' : ''}${whose}${which} ${there}. ${hasNone(bounds) ? '없어야 합니다' : boundsInKorean(bounds, unit)}`;
  },
};

const hasNone = ({ exactly, atMost }: Bounds): boolean => (exactly ?? atMost) === 0;

function boundsText({ atLeast, atMost, exactly }: Bounds): string {
  if (exactly !== undefined) return formatCount(exactly);
  const bounds = [...(atLeast === undefined ? [] : [`at least ${formatCount(atLeast)}`]), ...(atMost === undefined ? [] : [`at most ${formatCount(atMost)}`])];
  return bounds.join(' and ');
}

function boundsInKorean({ atLeast, atMost, exactly }: Bounds, unit: string): string {
  const must = (text: string): string => `${withParticle(text, '이어야/여야')} 합니다`;
  if (exactly !== undefined) return must(`${formatCount(exactly)}${unit}`);
  const least = atLeast === undefined ? [] : [`${formatCount(atLeast)}${unit} 이상`];
  const bounds = [...least, ...(atMost === undefined ? [] : [`${formatCount(atMost)}${unit} 이하`])];
  return must(bounds.join(' '));
}
