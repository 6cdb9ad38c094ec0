/**
 * What a learner's program has called, in words: for the tests that fail.
 */
import { Interest, type TraceEvent } from '../poll/index.js';
import type { Text } from '../shared/language.js';

/** A trace event, or a call that the trace does not have. */
export type Call =
  | TraceEvent
  | { readonly kind: 'bind'; readonly address: string }
  | { readonly kind: 'register'; readonly token: number; readonly interest: number }
  | { readonly kind: 'close' };

/** What of earlier calls is still true, for the calls that are missing. */
export interface Registered {
  /** Number of calls of register so far. */
  readonly calls: number;
  /** Number of open streams that accept has returned and that were never registered. */
  readonly missing: number;
}

/** In the order in which they are told. */
const KINDS = ['bind', 'register', 'poll', 'accept', 'read', 'write', 'interest', 'close'] as const;
type Kind = (typeof KINDS)[number];

const NAMES: { readonly [kind in Kind]: string } = {
  bind: 'TcpListener.bind', register: 'register', poll: 'poll.poll', accept: 'accept', read: 'read', write: 'write', interest: 'reregister', close: 'close',
};

/** At most this number of results, and of registrations, is told. */
const MOST_RESULTS = 4;
const MOST_REGISTRATIONS = 2;

/** In at most three sentences. */
export function describeCalls(calls: readonly Call[], registered: Registered): Text {
  const made = KINDS.map((kind) => calls.filter((call) => call.kind === kind)).filter((each) => each.length > 0);
  const lacking = missingCalls(calls, registered);
  if (made.length === 0 && lacking.length === 0) return { en: 'the loop has called nothing of the poll', ko: '루프가 poll의 어떤 것도 호출하지 않았습니다' };
  const en = [...made.map((each) => describeKind(each, 'en')), ...lacking.map((each) => each.en)];
  const ko = [...(made.length === 0 ? [] : [`호출: ${made.map((each) => describeKind(each, 'ko')).join('; ')}`]), ...lacking.map((each) => each.ko)];
  return { en: en.join('; '), ko: ko.join('; ') };
}

/** The calls that are often forgotten. */
function missingCalls(calls: readonly Call[], { calls: registrations, missing }: Registered): readonly Text[] {
  const texts: Text[] = [];
  if (registrations === 0) texts.push({ en: 'register was never called', ko: 'register는 호출하지 않았습니다' });
  else if (missing === 1) texts.push({ en: 'a stream that accept returned was not registered', ko: 'accept가 돌려준 스트림 하나를 register하지 않았습니다' });
  else if (missing > 1) texts.push({ en: `${missing} streams that accept returned were not registered`, ko: `accept가 돌려준 스트림 ${missing}개를 register하지 않았습니다` });
  const hasEnded = calls.some((call) => (call.kind === 'read' || call.kind === 'write') && isEnd(call.result));
  if (hasEnded && !calls.some(({ kind }) => kind === 'close')) texts.push({ en: 'close was not called', ko: 'close는 호출하지 않았습니다' });
  return texts;
}

/** EOF, or the code of an error. */
const isEnd = (result: unknown): boolean => typeof result === 'string' && /^E[A-Z]+$/.test(result);

/** Calls of one kind, as `read was called twice (5 B, WouldBlock)`. */
function describeKind(calls: readonly Call[], language: 'en' | 'ko'): string {
  const [first] = calls;
  const shown = calls.slice(0, MOST_REGISTRATIONS).map(describeArguments).filter((each) => each !== null);
  if (shown.length > 0) {
    const more = calls.length - shown.length;
    return `${shown.join(', ')}${more === 0 ? '' : { en: ` and ${more} more`, ko: ` 외 ${more}번` }[language]}`;
  }
  const name = NAMES[first!.kind as Kind];
  const counted = { en: `${name} was called ${times(calls.length)}`, ko: `${name} ${calls.length}번` }[language];
  const results = calls.slice(0, MOST_RESULTS).map((call) => resultOf(call)).filter((result) => result !== '');
  if (results.length === 0) return counted;
  return `${counted} (${results.map((result) => describeResult(result)[language]).join(', ')}${calls.length > results.length ? ', …' : ''})`;
}

/** As `register(token 1, READABLE)`; null: its arguments are not told. */
function describeArguments(call: Call): string | null {
  if (call.kind === 'bind') return `${NAMES.bind}(${call.address})`;
  if (call.kind !== 'register') return null;
  const interests = [(call.interest & Interest.READABLE) === 0 ? [] : ['READABLE'], (call.interest & Interest.WRITABLE) === 0 ? [] : ['WRITABLE']].flat();
  return `${NAMES.register}(token ${call.token}, ${interests.join(' | ')})`;
}

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);

/** `5`, `WouldBlock`, `EOF`, `a stream`, or the code of an error; empty: none. */
export function resultOf(call: Call): string {
  if (call.kind === 'accept') return typeof call.client === 'string' && !call.client.startsWith('fd') ? call.client : 'a stream';
  return 'result' in call ? String(call.result) : '';
}

function describeResult(result: string): Text {
  if (result === 'a stream') return { en: result, ko: '스트림' };
  if (result === 'EOF') return { en: '0: the end', ko: '0: 끝' };
  return /^\d+$/.test(result) ? { en: `${result} B`, ko: `${result} B` } : { en: result, ko: result };
}

/** What spins: calls of this kind, and what all of them have returned; null: not all the same. */
export interface Spin {
  readonly call: string;
  readonly returned: Text | null;
}

/** @param last the newest calls of a program that never comes back */
export function spinOf(last: readonly Call[]): Spin {
  // Whatever else it does, it waits, and goes on.
  if (last.some(({ kind }) => kind === 'wait')) return { call: NAMES.poll, returned: null };
  const byCount = KINDS.map((kind) => last.filter((call) => call.kind === kind)).toSorted((a, b) => b.length - a.length);
  const [most = []] = byCount;
  const results = new Set(most.map((call) => resultOf(call)));
  const [result = ''] = results;
  return { call: NAMES[(most[0]?.kind ?? 'poll') as Kind], returned: results.size === 1 && result !== '' ? describeReturned(result) : null };
}

function describeReturned(result: string): Text {
  if (result === 'EOF') return { en: '0 (the end)', ko: '0(끝)' };
  return describeResult(result);
}
