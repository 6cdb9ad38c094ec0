/**
 * The program pane, instead of the keyspace where a learner's program is shown: its process as seen by the kernel, and what is wrong with its loop.
 */
import type { ProgramView, RunAgain } from '../../../program/index.js';
import type { InLanguages, Language, Text } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane } from '../pane.js';
import { fill } from '../parts/fill.js';
import { wrap } from '../parts/wrap.js';
import { fit, formatBytes, formatCount, visible } from '../text.js';
import type { Style, Theme } from '../theme.js';

/** What a process does that is in no system call of its own. */
const WITHOUT_CALL: { readonly [state: string]: Text | undefined } = {
  running: { en: 'running', ko: '실행 중' },
  held: { en: 'held by the lab', ko: 'lab이 멈춰 둠' },
  stopped: { en: 'stopped', ko: '정지됨' },
};

const ENGLISH = {
  process: (pid: number, cpu: string, memory: string) => `pid ${pid}, CPU ${cpu}, ${memory} resident`,
  pid: (pid: number) => `pid ${pid}`,
  descriptors: (count: number, syscall: string | null) =>
    `${formatCount(count)} descriptors${syscall === null ? '' : `, ${WITHOUT_CALL[syscall]?.en ?? `in ${syscall}`}`}`,
  fine: 'no problem found',
  silent: 'the program does not listen yet',
  unrecorded: (names: string) => `input from these is not recorded: ${names}`,
  dropped: (count: number) => `events that have not come through its pipe: ${formatCount(count)}`,
};

const KOREAN: typeof ENGLISH = {
  process: (pid, cpu, memory) => `pid ${pid}, CPU ${cpu}, 상주 메모리 ${memory}`,
  pid: (pid) => `pid ${pid}`,
  descriptors: (count, syscall) => `디스크립터 ${formatCount(count)}개${syscall === null ? '' : `, ${WITHOUT_CALL[syscall]?.ko ?? `${syscall} 호출 중`}`}`,
  fine: '발견된 문제가 없습니다',
  silent: '프로그램이 아직 listen하지 않았습니다',
  unrecorded: (names) => `다음이 가져오는 것은 기록되지 않습니다: ${names}`,
  dropped: (count) => `이벤트 ${formatCount(count)}개가 파이프로 전달되지 못했습니다`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

interface Told {
  readonly text: string;
  readonly style: Style;
  /** A text that does not fit into a row is cut. */
  readonly isOneRow?: boolean;
}

export const programPane: Pane = {
  id: 'keyspace',
  title: 'Program',
  badge: ({ program }) => (program === null ? '' : visible(program.file.slice(program.file.lastIndexOf('/') + 1))),
  render(state, { theme, size: { width, height } }) {
    const told = toldIn(state, theme).flatMap(({ text, style, isOneRow }) =>
      (isOneRow === true ? [text] : wrap(text, width, height)).map((line) => style(fit(line, width))));
    return fill(told, width, height);
  },
  lines: (state, _limit, theme) => toldIn(state, theme).map(({ text }) => text),
  help: 'program',
};

function toldIn({ program, control, ui: { language } }: State, theme: Theme): readonly Told[] {
  if (program === null) return [];
  const { again, unrecorded } = program;
  const told = control.mode === 'history' && again !== null ? toldOfPast(again, language, theme) : toldOfNow(program, language, theme);
  return unrecorded.length === 0 ? told : [...told, { text: theme.visible(TEXTS[language].unrecorded(unrecorded.join(', '))), style: theme.warn }];
}

/** The run with recorded inputs, and the program's variables there. */
function toldOfPast({ text, isThere, variables }: RunAgain, language: Language, theme: Theme): readonly Told[] {
  return [
    { text: theme.visible(toBytes(text[language])), style: isThere ? theme.good : theme.warn },
    ...variables.map((each) => ({ text: theme.visible(`${each.name} = ${each.value}`), style: plain, isOneRow: true })),
  ];
}

const plain: Style = (text) => text;

/** The most important first. */
function toldOfNow({ pid, process, remark, end, addresses, isRecording, droppedEvents }: ProgramView, language: Language, theme: Theme): readonly Told[] {
  const texts = TEXTS[language];
  const problem = end ?? remark;
  const calm = addresses.length > 0 || isRecording ? { text: texts.fine, style: theme.good } : { text: texts.silent, style: theme.warn };
  return [
    problem === null ? calm : { text: theme.visible(toBytes(problem[language])), style: isRecording ? theme.warn : theme.bad },
    ...(process === null
      ? [{ text: texts.pid(pid), style: theme.dim }]
      : [
          { text: texts.process(pid, `${Math.round(process.cpuPercent)}%`, formatBytes(process.residentBytes)), style: plain },
          { text: texts.descriptors(process.descriptors, process.syscall), style: plain },
        ]),
    ...(droppedEvents === 0 ? [] : [{ text: texts.dropped(droppedEvents), style: theme.warn }]),
  ];
}
