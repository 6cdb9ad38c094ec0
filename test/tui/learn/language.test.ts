import { expect, test } from 'vitest';
import { FIRST_MINUTE } from '../../../src/tui/state/learn/first-minute.js';
import { languageOf, LANGUAGES } from '../../../src/shared/language.js';

test.each([
  [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
  [{ LANG: 'ko' }, 'ko'],
  [{ LANG: 'kok_IN' }, 'en'],
  [{ LANG: 'ko_KR', LC_ALL: 'C' }, 'en'],
  [{ LANG: 'C', LC_MESSAGES: 'ko_KR.UTF-8' }, 'ko'],
  [{ LC_ALL: '', LANG: 'ko_KR' }, 'ko'],
  [{}, 'en'],
])('%o asks for %s', (environment, language) => {
  expect(languageOf(environment)).toBe(language);
});

test.each(LANGUAGES)('each text of the first minute is there in %s, and no other language has the same', (language) => {
  const evidence = { turn: 26, busyUs: 3_000_000, waitedMs: 2800 };
  const texts = (of: (typeof LANGUAGES)[number]): readonly string[] => {
    const { invitation, question, answers, explained, yourTurn, ...lines } = FIRST_MINUTE[of];
    const keys = { left: '<', right: '>' };
    return [...invitation('redis-cli'), ...question, ...Object.values(answers), ...explained('wait', evidence, keys), yourTurn('redis-cli'), ...Object.values(lines)].filter((text) => text !== '');
  };
  const others = LANGUAGES.filter((other) => other !== language).flatMap(texts);
  expect(texts(language).filter((text) => text.trim() === '' || others.includes(text))).toEqual([]);
  expect(texts(language)).toHaveLength(others.length / (LANGUAGES.length - 1));
});
