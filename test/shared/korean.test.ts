import { expect, test } from 'vitest';
import { particleBehind, rejoined, withParticle, type Particle } from '../../src/shared/korean.js';

test.each<[string, Particle, string]>([
  ['이벤트', '은/는', '는'], ['토큰', '이/가', '이'], ['서울', '으로/로', '로'], ['콘솔', '이/가', '이'], ['파일', '으로/로', '로'], ['값', '으로/로', '으로'],
  ['#12', '이/가', '가'], ['#3', '이/가', '이'], ['10', '을/를', '을'], ['턴 1', '으로/로', '로'], ['6', '으로/로', '으로'], ['1,234', '이/가', '가'],
  ['272,378', '이었습니다/였습니다', '이었습니다'], ['42 B', '을/를', '를'], ['1.5 KiB', '을/를', '를'], ['88.3 µs', '이/가', '가'], ['2.1 s', '을/를', '를'], ['50%', '이/가', '가'],
  ['EOF', '이/가', '가'], ['READABLE', '이/가', '이'], ['PONG', '이/가', '이'], ['"OK"', '이/가', '가'], ['@bob', '이/가', '이'], ['GET', '을/를', '을'], ['TTL', '을/를', '을'], ['WAKER', '이/가', '가'], ['FIN', '이/가', '이'], ['@ann', '이/가', '이'], ['@alice', '이/가', '가'], ['poll', '을/를', '을'], ['"key"', '은/는', '는'],
  ['(array)', '은/는', '는'],
])('%s with %s: %s', (word, particle, form) => {
  expect(withParticle(word, particle)).toBe(`${word}${form}`);
});

test('a word that does not tell how it is read has both forms', () => {
  expect(['reset', 'EDIT', '?!', 'time'].map((word) => withParticle(word, '이/가'))).toEqual(['reset이(가)', 'EDIT이(가)', '?!이(가)', 'time이(가)']);
  expect(particleBehind('reset', '으로/로')).toBe('(으)로');
});

test('a particle after a filled-in value takes its matching form, and other words stay', () => {
  expect([['#2', '이 요청을'], ['#3', '가 닫히고'], ['7', '은 다시'], ['2.9 s', '을 기다렸습니다']].map(([word, text]) => rejoined(word!, text!))).toEqual([
    '가 요청을', '이 닫히고', '은 다시', '를 기다렸습니다',
  ]);
  expect(['에서 read', '이벤트를', ' 은', '의 read', '가져왔고', '로그'].map((text) => rejoined('#2', text))).toEqual(['에서 read', '이벤트를', ' 은', '의 read', '가져왔고', '로그']);
});
