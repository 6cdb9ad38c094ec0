/**
 * The program pane, in the place of the keyspace where a learner's own program is shown: its process as the kernel tells of it, and what is wrong with
 * its loop.
 */
import type { ProgramView } from '../../../program/index.js';
import type { InLanguages, Language } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane } from '../pane.js';
import { fill } from '../parts/fill.js';
import { wrap } from '../parts/wrap.js';
import { fit, formatBytes, formatCount } from '../text.js';
import type { Style, Theme } from '../theme.js';

const ENGLISH = {
  process: (pid: number, cpu: string, memory: string) => `pid ${pid}, CPU ${cpu}, ${memory} resident`,
  pid: (pid: number) => `pid ${pid}`,
  descriptors: (count: number, syscall: string | null) =>
    `${formatCount(count)} descriptors${syscall === null ? '' : syscall === 'running' ? ', running' : `, in ${syscall}`}`,
  fine: 'nothing wrong to be seen',
  dropped: (count: number) => `${formatCount(count)} events did not fit into its pipe`,
};

const KOREAN: typeof ENGLISH = {
  process: (pid, cpu, memory) => `pid ${pid}, CPU ${cpu}, 상주 메모리 ${memory}`,
  pid: (pid) => `pid ${pid}`,
  descriptors: (count, syscall) => `디스크립터 ${formatCount(count)}개${syscall === null ? '' : syscall === 'running' ? ', 실행 중' : `, ${syscall} 안`}`,
  fine: '보이는 문제가 없습니다',
  dropped: (count) => `이벤트 ${formatCount(count)}개가 파이프에 들어가지 못했습니다`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

interface Told {
  readonly text: string;
  readonly style: Style;
}

export const programPane: Pane = {
  id: 'keyspace',
  title: 'Program',
  badge: ({ program }) => (program === null ? '' : program.file.slice(program.file.lastIndexOf('/') + 1)),
  render({ program, ui }, { theme, size: { width, height } }) {
    const told = program === null ? [] : toldOf(program, ui.language, theme);
    return fill(told.flatMap(({ text, style }) => wrap(text, width, height).map((line) => style(fit(line, width)))), width, height);
  },
  lines: ({ program, ui }: State, _limit, theme) => (program === null ? [] : toldOf(program, ui.language, theme).map(({ text }) => text)),
  help: 'program',
};

/** What matters most first. */
function toldOf({ pid, process, remark, end, droppedEvents }: ProgramView, language: Language, theme: Theme): readonly Told[] {
  const texts = TEXTS[language];
  const plain: Style = (text) => text;
  const problem = end ?? remark;
  return [
    problem === null ? { text: texts.fine, style: theme.good } : { text: theme.visible(toBytes(problem[language])), style: theme.bad },
    ...(process === null
      ? [{ text: texts.pid(pid), style: theme.dim }]
      : [
          { text: texts.process(pid, `${Math.round(process.cpuPercent)}%`, formatBytes(process.residentBytes)), style: plain },
          { text: texts.descriptors(process.descriptors, process.syscall), style: plain },
        ]),
    ...(droppedEvents === 0 ? [] : [{ text: texts.dropped(droppedEvents), style: theme.warn }]),
  ];
}
