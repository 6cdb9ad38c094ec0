/**
* The texts of the course, in both languages.
 */
import type { Spin } from './calls.js';
import type { LessonReport, Outcome } from './report.js';
import { withParticle } from '../shared/korean.js';
import type { Language, Text } from '../shared/language.js';

export const WORDS = {
  next: { en: 'next:', ko: '다음:' },
  allGreen: { en: 'All lessons are GREEN.', ko: '모든 과가 GREEN입니다.' },
  expected: { en: 'expected', ko: '기대' },
  did: { en: 'what it did', ko: '실제' },
  noMoreHints: { en: 'There are no more hints; `course solve` shows the solution.', ko: '힌트가 더 없습니다. `course solve`가 풀이를 보여 줍니다.' },
  solved: { en: 'Your file equals the solution.', ko: '파일이 풀이와 똑같습니다.' },
  lookAtIt: { en: 'Look at your own loop as it runs:', ko: '직접 만든 루프가 도는 모습을 보십시오:' },
  testing: { en: 'testing…', ko: '테스트하는 중…' },
  watching: { en: 'Waiting for a file to be saved; Ctrl-C ends.', ko: '파일이 저장되기를 기다립니다. Ctrl-C로 끝냅니다.' },
} as const satisfies { readonly [word: string]: Text };

/** The lines shown below a RED test. */
export function describeOutcome(outcome: Outcome, language: Language, file: string): readonly string[] {
  switch (outcome.kind) {
    case 'green':
      return [];
    case 'unmet':
      return [`${WORDS.expected[language]}: ${outcome.expected[language]}`, `${WORDS.did[language]}: ${outcome.did[language]}`];
    case 'thrown':
      return [`${printable(outcome.message)}${outcome.at === null ? '' : `  (${file}:${outcome.at})`}`];
    case 'spins':
      return [describeSpin(outcome)[language]];
    case 'notRun':
      return [{ en: 'not run, because of the one above', ko: '위의 테스트 때문에 실행하지 못했습니다' }[language]];
    case 'hangs':
      return [{ en: 'it did not return: an endless loop, or a call that waits', ko: '돌아오지 않습니다. 끝없는 반복이거나 기다리는 호출입니다' }[language]];
  }
}

function describeSpin({ call, returned }: Spin): Text {
  if (call === 'poll.poll') {
    return {
      en: 'runOnce never returns: poll.poll is called again and again in it; it is one turn, so wait once',
      ko: 'runOnce가 돌아오지 않습니다. 그 안에서 poll.poll을 끝없이 호출합니다. runOnce는 한 턴이므로 한 번만 기다리십시오',
    };
  }
  return {
    en: `${call} ${returned === null ? 'was called' : `returned ${returned.en}`} again and again: the loop spins, and never returns to wait in the poll`,
    ko: `${returned === null ? `${withParticle(call, '을/를')} 끝없이 호출합니다` : `${call}의 결과가 계속 ${returned.ko}입니다`}. 루프가 헛돌며 poll로 돌아가 기다리지 않습니다`,
  };
}

/** Without control characters: what the learner's code throws may be anything. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');

export function describeFailure({ reason, detail: bytes }: NonNullable<LessonReport['failure']>, language: Language): string {
  const detail = printable(bytes);
  const texts: { readonly [each in typeof reason]: Text } = {
    missing: { en: `there is no file ${detail}`, ko: `${detail} 파일이 없습니다` },
    broken: { en: `it does not load: ${detail}`, ko: `불러올 수 없습니다: ${detail}` },
    export: { en: `it does not export ${detail}`, ko: `${withParticle(detail, '을/를')} export하지 않습니다` },
    hangs: { en: 'it does not finish loading: something in it runs or waits endlessly', ko: '불러오기가 끝나지 않습니다. 안에서 끝없이 실행하거나 기다립니다' },
  };
  return texts[reason][language];
}

/** @param code the ending of the learner's files */
export function describeMade(language: Language, code: string): string {
  return {
    en: `The course has been created. Read docs/lessons/01-listener.md, write 01-listener.${code}, and check it:`,
    ko: `과정을 만들었습니다. docs/lessons/01-listener.md를 읽고 01-listener.${code}를 완성한 뒤 확인하십시오:`,
  }[language];
}

export function readme(language: Language): string {
  return {
    en: `# Your own event loop

Each lesson is a file that you write. Its lecture is in docs/lessons, its tests are RED before and GREEN after.

    npx redis-lab course              the map: what is GREEN, and what comes next
    npx redis-lab course test         the tests of the next lesson; \`test 02\` of that one
    npx redis-lab course test --watch the same, at every save
    npx redis-lab course hint 02      a hint, and then another one
    npx redis-lab course solve 02     where the solution differs
`,
    ko: `# 직접 만드는 이벤트 루프

과마다 파일 하나를 완성합니다. 강의는 docs/lessons에 있고, 테스트는 처음에 RED, 완성하면 GREEN입니다.

    npx redis-lab course              전체 지도: 무엇이 GREEN이고 다음이 무엇인지
    npx redis-lab course test         다음 과의 테스트; \`test 02\`는 그 과의 테스트
    npx redis-lab course test --watch 저장할 때마다 같은 일
    npx redis-lab course hint 02      힌트를 하나씩
    npx redis-lab course solve 02     풀이와 다른 점
`,
  }[language];
}
