/**
 * The report of a check: as text, in either language, and as one JSON object.
 */
import type { ProbeReport, Report, StageReport } from './check.js';
import type { Kind } from './kind.js';
import type { Language, Text } from '../shared/language.js';
import type { Result } from './probe.js';

const RESULTS: { readonly [each in Result]: Text } = {
  pass: { en: 'pass', ko: '통과' },
  fail: { en: 'FAIL', ko: '실패' },
  'cannot tell': { en: 'cannot tell', ko: '알 수 없음' },
};

const KINDS: { readonly [each in Kind]: Text } = {
  sequential: { en: 'sequential: one client after another', ko: '순차 처리: 한 번에 한 클라이언트' },
  threads: { en: 'a thread (or process) for each connection', ko: '연결마다 스레드(또는 프로세스)' },
  'event-loop': { en: 'an event loop', ko: '이벤트 루프' },
  unknown: { en: 'cannot tell', ko: '알 수 없음' },
};

const WORDS = {
  sent: { en: 'sent ', ko: '보냄' },
  came: { en: 'came ', ko: '받음' },
  means: { en: 'means', ko: '의미' },
  look: { en: 'look ', ko: '참고' },
  kind: { en: 'Kind of server', ko: '서버의 종류' },
  stages: { en: 'Stages of "build your own Redis" that it would pass', ko: '"build your own Redis"에서 통과할 단계' },
  yes: { en: 'yes', ko: '예' },
  no: { en: 'no', ko: '아니요' },
  next: { en: 'Next', ko: '다음' },
  notAsked: { en: 'Not asked, since', ko: '묻지 않은 것 —' },
} as const satisfies { readonly [word: string]: Text };

const COLUMNS = 12;
const INDENT = ' '.repeat(COLUMNS);

/** A syllable of Hangul takes two columns. */
const padded = (word: string): string => word + ' '.repeat(COLUMNS - word.replace(/[가-힣]/g, 'xx').length);

/** The lines of one probe that was run; meaning and references only if it did not pass. */
export function describeProbe({ probe, isAsked, result, came, means }: ProbeReport, language: Language): readonly string[] {
  if (!isAsked) return [];
  const head = `${padded(RESULTS[result][language])}${probe.name}: ${probe.asks[language]}`;
  if (result === 'pass') return [head, `${INDENT}${came[language]}`];
  const row = (word: 'sent' | 'came' | 'means' | 'look', text: string): string => `${INDENT}${WORDS[word][language]} ${text}`;
  if (result === 'cannot tell') return [head, row('came', came[language])];
  return [head, row('sent', probe.sent[language]), row('came', came[language]), row('means', (means ?? probe.fail)[language]), row('look', probe.look)];
}

export function describeEnd({ probes, judgement, stages }: Report, language: Language): readonly string[] {
  return [
    ...describeNotAsked(probes.filter(({ isAsked }) => !isAsked), language),
    '',
    `${WORDS.kind[language]}: ${KINDS[judgement.kind][language]}`,
    ...judgement.evidence.map((each) => `  ${each[language]}`),
    '',
    WORDS.stages[language],
    ...stages.map((stage) => `  ${padded(passes(stage, language))}${stage.stage.name[language]}`),
    ...describeNext(stages, language),
    '',
    summary(probes)[language],
  ];
}

function summary(probes: readonly ProbeReport[]): Text {
  const countOf = (wanted: Result): number => probes.filter(({ isAsked, result }) => isAsked && result === wanted).length;
  const [passed, failed, open] = [countOf('pass'), countOf('fail'), countOf('cannot tell')];
  const skipped = probes.length - passed - failed - open;
  return {
    en: `${passed} passed, ${failed} failed, ${open} cannot tell${skipped === 0 ? '' : `, ${skipped} not asked`}`,
    ko: `통과 ${passed}, 실패 ${failed}, 알 수 없음 ${open}${skipped === 0 ? '' : `, 묻지 않음 ${skipped}`}`,
  };
}

function describeNotAsked(probes: readonly ProbeReport[], language: Language): readonly string[] {
  const [first] = probes;
  if (first === undefined) return [];
  return [`${WORDS.notAsked[language]} ${first.came[language]}: ${probes.map(({ probe }) => probe.name).join(', ')}`];
}

const passes = ({ isPassed }: StageReport, language: Language): string =>
  isPassed === null ? RESULTS['cannot tell'][language] : WORDS[isPassed ? 'yes' : 'no'][language];

/** The first stage that would not pass, and what has to be implemented for it. */
function describeNext(stages: readonly StageReport[], language: Language): readonly string[] {
  const next = stages.find(({ isPassed }) => isPassed === false)?.stage;
  return next === undefined ? [] : ['', `${WORDS.next[language]}: ${next.name[language]}`, `  ${next.task[language]}`];
}

/** One object: `target`, `kind`, `evidence`, `probes`, `stages`; docs/check.md has its schema. */
export function toJson({ probes, judgement, stages }: Report, target: string, language: Language): string {
  return JSON.stringify({
    target,
    kind: judgement.kind,
    evidence: judgement.evidence.map((each) => each[language]),
    probes: probes.map(({ probe, result, came, means }) => ({
      name: probe.name,
      result,
      asks: probe.asks[language],
      sent: probe.sent[language],
      came: came[language],
      ...(result === 'cannot tell' ? {} : { means: (means ?? probe[result])[language] }),
      look: probe.look,
    })),
    stages: stages.map(({ stage, isPassed }) => ({ name: stage.name[language], passes: isPassed })),
  });
}
