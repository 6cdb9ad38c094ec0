/**
 * Korean particles after words that are filled in: which of two forms is right depends on how the preceding word is pronounced.
 */

/** The form after a consonant, and the one after a vowel. */
const PAIRS = ['은/는', '이/가', '을/를', '과/와', '으로/로', '이어야/여야', '이었습니다/였습니다'] as const;
export type Particle = (typeof PAIRS)[number];

/** The final sound of a filled-in word when it is read: `ㄹ` counts as a vowel for 으로/로. */
type Ending = 'vowel' | 'ㄹ' | 'consonant';

/** The word with the right form of the particle; with both forms, `은(는)`, if its pronunciation is unknown. */
export function withParticle(word: string | number, particle: Particle): string {
  return `${word}${particleBehind(String(word), particle)}`;
}

export function particleBehind(word: string, particle: Particle): string {
  const [behindConsonant = '', behindVowel = ''] = particle.split('/');
  const ending = endingOf(word);
  if (ending === null) return particle === '으로/로' ? '(으)로' : `${behindConsonant}(${behindVowel})`;
  return ending === 'consonant' || (ending === 'ㄹ' && particle !== '으로/로') ? behindConsonant : behindVowel;
}

const FORMS: ReadonlyMap<string, Particle> = new Map(PAIRS.slice(0, 5).flatMap((pair) => pair.split('/').map((form) => [form, pair] as const)));
const FIRST_FORM = /^(은|는|이|가|을|를|과|와|으로|로)(?![가-힣])/;

/** A text after a filled-in word; if the text begins with a particle, in the right form. */
export function rejoined(word: string, text: string): string {
  const [form = ''] = FIRST_FORM.exec(text) ?? [];
  const particle = FORMS.get(form);
  return particle === undefined ? text : `${particleBehind(word, particle)}${text.slice(form.length)}`;
}

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
/** Syllables that differ only in their final consonant are consecutive; the first one has none. */
const FINALS = 28;
const FINAL_L = 8;

/** 영 일 이 삼 사 오 육 칠 팔 구; of tens, hundreds and thousands the last syllable is 십, 백, 천, 만: consonants like 영. */
const DIGITS: readonly Ending[] = ['consonant', 'ㄹ', 'vowel', 'consonant', 'vowel', 'vowel', 'consonant', 'ㄹ', 'ㄹ', 'vowel'];
/** 엘 엠 엔 알: the other letters end in a vowel when they are spelled out. */
const LETTERS: { readonly [letter: string]: Ending } = { L: 'ㄹ', M: 'consonant', N: 'consonant', R: 'ㄹ' };

/** Null: unknown. Quotes and brackets around the word are not pronounced. */
function endingOf(word: string): Ending | null {
  // 12 MiB: 메비바이트, 3.5 ms: 밀리초, 50%: 퍼센트.
  if (/\d ?(?:[KMGT]?i?B|[mµ]?s|%)$/.test(word)) return 'vowel';
  const read = word.replace(/[^\p{L}\p{N}]+$/u, '');
  const last = read.at(-1);
  if (last === undefined) return null;
  const code = last.codePointAt(0)!;
  if (code >= FIRST_SYLLABLE && code <= LAST_SYLLABLE) {
    const final = (code - FIRST_SYLLABLE) % FINALS;
    return final === 0 ? 'vowel' : final === FINAL_L ? 'ㄹ' : 'consonant';
  }
  if (/[0-9]/.test(last)) return DIGITS[Number(last)]!;
  return /[a-z]/i.test(last) ? endingOfLatin(/[a-z]+$/i.exec(read)![0]) : null;
}

/** Words are read as they are usually written in Korean: 앤(ann), 풀(pool), 퐁(PONG); short capitals are spelled out: 이오에프(EOF), 티티엘(TTL). */
function endingOfLatin(word: string): Ending | null {
  const isShort = /^[^aeiou]?[aeiou][bckpt]$/i.test(word) && word.length === 3;
  // 밥(bob), 셋(SET), 맵(map).
  if (isShort) return 'consonant';
  const isSpelled = word === word.toUpperCase() && (word.length < 4 || !/[AEIOU]/.test(word));
  if (isSpelled) return LETTERS[word.at(-1)!] ?? 'vowel';
  // 리셋(reset), but 에디트(edit) and 타임(time): usage differs from word to word.
  if (/(?:[aeiou][bckpt]|[mn]e)$/i.test(word)) return null;
  if (/(?:l|le)$/i.test(word)) return 'ㄹ';
  if (/(?:[mn]|ng)$/i.test(word)) return 'consonant';
  return /[bckpt]$/i.test(word) ? null : 'vowel';
}
