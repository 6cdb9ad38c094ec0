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
} as const satisfies { readonly [word: string]: Text };

/** The lines of one probe; what it means and where to look only where it did not pass. */
export function describeProbe({ probe, result, sent, came }: ProbeReport, language: Language): readonly string[] {
  const head = `${RESULTS[result][language].padEnd(12)}${probe.name}: ${probe.asks[language]}`;
  if (result === 'pass') return [head, `            ${came}`];
  const row = (word: 'sent' | 'came' | 'means' | 'look', text: string): string => `            ${WORDS[word][language]} ${text}`;
  return [head, row('sent', sent), row('came', came), ...(result === 'fail' ? [row('means', probe.fail[language]), row('look', probe.look)] : [])];
}

export function describeEnd({ judgement, stages }: Report, language: Language): readonly string[] {
  return [
    '',
    `${WORDS.kind[language]}: ${KINDS[judgement.kind][language]}`,
    ...judgement.evidence.map((each) => `  ${each[language]}`),
    '',
    WORDS.stages[language],
    ...stages.map((stage) => `  ${passes(stage, language).padEnd(12)}${stage.name}`),
  ];
}

const passes = ({ isPassed }: StageReport, language: Language): string =>
  isPassed === null ? RESULTS['cannot tell'][language] : WORDS[isPassed ? 'yes' : 'no'][language];

/** One object: `kind`, `evidence`, `probes`, `stages`. */
export function toJson({ probes, judgement, stages }: Report, language: Language): string {
  return JSON.stringify({
    kind: judgement.kind,
    evidence: judgement.evidence.map((each) => each[language]),
    probes: probes.map(({ probe, result, sent, came }) => ({
      name: probe.name,
      result,
      asks: probe.asks[language],
      sent,
      came,
      ...(result === 'cannot tell' ? {} : { means: probe[result][language] }),
      look: probe.look,
    })),
    stages: stages.map(({ name, isPassed }) => ({ name, passes: isPassed })),
  });
}
