/** Texts that are not on the screen all the time: each of them is there in Korean, too. */
import type { DisconnectReason, FaultEffects } from 'redis-lab';
import { expect, test } from 'vitest';
import { FILE_TEXTS } from '../../src/tui/learn/file-texts.js';
import { LESSON_TEXTS } from '../../src/tui/state/learn/lesson-texts.js';
import { NARRATION_TEXTS } from '../../src/tui/narration/narration-texts.js';
import { CONSOLE_TEXTS } from '../../src/tui/repl/console-texts.js';
import { helpText } from '../../src/tui/repl/help-text.js';
import { effectText, reasonText } from '../../src/tui/view/parts/trace-words.js';

const HANGUL = /\p{Script=Hangul}/u;

/** As values of which a text says something. */
const VALUES = ['7', '8', '9', ['a'], ['b']];

/** Every text of a table, with some values in it, by its name. */
function textsOf(value: unknown, name = ''): readonly (readonly [name: string, text: string])[] {
  if (typeof value === 'function') return textsOf(callWithSome(value as (...values: unknown[]) => unknown), name);
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, one]) => textsOf(one, `${name}.${key}`));
  return typeof value === 'string' ? [[name, value]] : [];
}

/** Lists stand where lists are wanted. */
function callWithSome(text: (...values: unknown[]) => unknown): unknown {
  for (const first of VALUES) {
    for (const second of VALUES) {
      try {
        return text(first, second, second, first);
      } catch {
        // It wants another kind of value.
      }
    }
  }
  return '';
}

test.each([
  ['the console', CONSOLE_TEXTS, ['.rawUsage', '.runUsage', '.meaningOf', '.resultsOf', '.triggered']],
  ['files of experiments', FILE_TEXTS, []],
  ['lessons', LESSON_TEXTS, ['.verdicts.green', '.verdicts.red', '.askNumber']],
  ['the lab in lines', NARRATION_TEXTS, ['.said.slow', '.said.break', '.busy', '.paused']],
])('what %s says', (_, { ko }, asTyped: readonly string[]) => {
  const english = textsOf(ko).filter(([name, text]) => text !== '' && !HANGUL.test(text) && !asTyped.includes(name));
  expect(english).toEqual([]);
});

test('help rule and help fault', () => {
  const rule = helpText([], ['rule'], 'ko');
  // The last line of each names places in the sources of others.
  const own = rule.filter((line, i) => !line.startsWith('rule ') && !(rule[i + 1] ?? 'rule ').startsWith('rule '));
  expect(own.length).toBeGreaterThan(60);
  expect(own.filter((line) => !HANGUL.test(line) && !/READABLE|^rule, seam$/.test(line))).toEqual([]);
  expect(helpText([], ['fault'], 'ko').filter((line) => !/^(?:event )?fault /.test(line) && !HANGUL.test(line))).toEqual([]);
});

const EFFECTS: { readonly [effect in keyof FaultEffects]: readonly [FaultEffects[effect], korean: string] } = {
  accept: ['accept: EMFILE', 'accept: EMFILE'],
  bytes: ['read of 3 B', 'read 3 B'],
  call: ['write: WouldBlock', 'write: WouldBlock'],
  decision: ["after-read: 'close' instead of 'wait'", "after-read: 'wait' 대신 'close'"],
  ended: ['ended: after-read must come to 1', '규칙이 끝남: after-read must come to 1'],
  error: ['error reply to get', 'get에 오류로 응답'],
  lateReadiness: ['reported 50 ms later', '50 ms 늦게 알림'],
  lateReply: ['reply 50 ms late to get', 'get에 50 ms 늦게 응답'],
  noReply: ['no reply to get', 'get에 응답하지 않음'],
  slowDisk: ['fsync takes 200 ms longer', 'fsync 200 ms 지연'],
};

test.each(Object.values(EFFECTS))('the effect of a fault: %s', (effect, korean) => {
  expect(effectText(effect, 'ko')).toBe(korean);
  expect(effectText(effect, 'en')).toBe(effect);
});

test('why a connection was closed', () => {
  const why: DisconnectReason = 'output buffer limit';
  expect(reasonText(why, 'ko')).toBe('출력 버퍼 한도');
  expect(reasonText(why, 'en')).toBe(why);
  expect(reasonText('ECONNRESET', 'ko')).toBe('ECONNRESET');
});
