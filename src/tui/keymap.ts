/**
 * The table of keys: which key does what, when, and its label. Input, footer and help use only this table.
 *
 * The first entry that lists the key and applies at the moment wins. A key without such an entry does nothing, except where text is typed: in
 * the prompt and in the REPL.
 */
import type { Text } from '../shared/language.js';
import { takesNumbers, type LessonStep, type OpenLesson } from './state/learn/lesson.js';
import type { State } from './state/state.js';
import { spell, type Key } from './terminal/key.js';
import type { Pane } from './view/pane.js';

export type Intent =
  | 'yes'
  | 'no'
  | 'toggle-pause'
  | 'step-event'
  | 'step-phase'
  | 'step-command'
  | 'step-turn'
  | 'step-request'
  | 'slower'
  | 'faster'
  | 'back-event'
  | 'back-turn'
  | 'forward-event'
  | 'forward-phase'
  | 'forward-command'
  | 'forward-turn'
  | 'forward-request'
  | 'oldest'
  | 'last-change'
  | 'live'
  | 'take-back'
  | 'leave-fork'
  | 'breakpoint'
  | 'focus-next'
  | 'focus-previous'
  | 'focus-pane'
  | 'leave-console'
  | 'zoom'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'open'
  | 'enter'
  | 'turn'
  | 'close'
  | 'to-bytes'
  | 'to-rows'
  | 'byte-before'
  | 'byte-after'
  | 'follow'
  | 'filter'
  | 'clear-filter'
  | 'sort'
  | 'previous-database'
  | 'next-database'
  | 'accept'
  | 'cancel'
  | 'spell'
  | 'open-reply'
  | 'close-reply'
  | 'older-reply'
  | 'newer-reply'
  | 'first-row'
  | 'last-row'
  | 'search'
  | 'search-next'
  | 'search-previous'
  | 'help'
  | 'close-help'
  | 'search-help'
  | 'clear-help-search'
  | 'lesson-list'
  | 'lesson-choose'
  | 'lesson-on'
  | 'lesson-before'
  | 'lesson-after'
  | 'lesson-up'
  | 'lesson-down'
  | 'lesson-close'
  | 'suspend'
  | 'leave'
  | 'quit';

/** Where keys are handled. */
export type Context = 'panes' | 'console' | 'prompt' | 'help' | 'reply' | 'question' | 'lesson' | 'lesson-list';

export type Group = 'Time' | 'History' | 'Panes' | 'This pane' | 'Experiment' | 'Lab';

export interface Binding {
  readonly intent: Intent;
  readonly keys: readonly string[];
  /** The keys as footer and help show them. */
  readonly shown: string;
  /** The keys that the footer shows now; left out: all. */
  readonly shownNow?: (state: State) => string;
  readonly label: Text;
  /** The full label, for the help and docs/keys.md; left out: the label itself. */
  readonly meaning?: Text;
  readonly group: Group;
  readonly contexts: readonly Context[];
  /** The panes that have the binding; left out: all. */
  readonly of?: (pane: Pane) => boolean;
  /** Left out: always. */
  readonly when?: (state: State) => boolean;
}

/** Intents that only the lab's own server supports. */
const OF_SERVER: ReadonlySet<Intent> = new Set([
  'step-command', 'forward-command', 'last-change', 'previous-database', 'next-database', 'lesson-list',
]);

const isHistory = ({ control }: State): boolean => control.mode === 'history';
const isNow = (state: State): boolean => !isHistory(state);
const isRecording = ({ server }: State): boolean => server.recording !== undefined;
const isLineEmpty = ({ repl }: State): boolean => repl.input === '' && repl.search === null;
const isFrozen = ({ ui }: State): boolean => ui.panes[ui.focus].frozenAt !== null || ui.panes[ui.focus].frozenRows !== null;
const hasSearched = ({ repl }: State): boolean => repl.pager !== null && repl.pager.search !== '';
const isOpen = ({ ui }: State): boolean => ui.panes[ui.focus].isOpen;
const isInBytes = ({ ui }: State): boolean => ui.panes[ui.focus].byte !== null;

/** The step of an open experiment; null: none is open. */
const stepOf = ({ lesson }: State): LessonStep | null => (lesson?.type === 'open' ? lesson.step : null);
const isAt = (...steps: readonly LessonStep['at'][]) => (state: State): boolean => steps.some((at) => at === stepOf(state)?.at);
const hasMoments = (state: State): boolean => state.lesson?.type === 'open' && state.lesson.moments.length > 0;
const takesNumber = ({ lesson }: State): boolean => lesson?.type === 'open' && takesNumbers(lesson.experiment);
/** The digits that choose among a number of answers. */
const digits = (among: (lesson: OpenLesson) => readonly unknown[]) => ({ lesson }: State): string =>
  lesson?.type === 'open' ? `1-${among(lesson).length}` : '';
/** True if there is a moment after the one shown. */
const hasNextMoment = ({ lesson }: State): boolean =>
  lesson?.type === 'open' && lesson.step.at === 'step' && (lesson.step.shown ?? -1) < lesson.moments.length - 1;

/** True if the selected part of the explanation leads to an event that is not shown yet. */
const leads = (state: State): boolean => {
  const step = stepOf(state);
  return step?.at === 'explain' && step.selected !== null && !step.isShown;
};

/** True for panes with rows, or that scroll. */
const moves = (pane: Pane): boolean => pane.rows !== undefined || pane.length !== undefined;
const opens = (pane: Pane): boolean => pane.openRows !== undefined;
const hasBytes = (pane: Pane): boolean => pane.openBytes !== undefined;
const filters = (pane: Pane): boolean => pane.checkFilter !== undefined;
/** True for the pane with two faces: frames, and commands, from which Enter leads to frames. */
const enters = (pane: Pane): boolean => pane.entered !== undefined;
const isFrames = (pane: Pane): boolean => pane.id === 'frames' && !enters(pane);
const hasDatabases = (pane: Pane): boolean => pane.window !== undefined;

export const KEYMAP: readonly Binding[] = [
  // An experiment: keys of the REPL while its line is empty.
  {
    intent: 'lesson-choose', keys: ['1', '2', '3', '4'], shown: '1-4', shownNow: digits(({ experiment }) => experiment.answers),
    label: { en: 'your answer', ko: '답 고르기' },
    meaning: { en: 'predicts the result, and runs the experiment', ko: '결과를 예상하고 실행' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('predict'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'run it', ko: '실행' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => state.ui.isPresenting && isAt('predict')(state),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'next moment', ko: '다음 순간' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => state.ui.isPresenting && hasNextMoment(state),
  },
  {
    intent: 'lesson-choose', keys: ['1', '2', '3', '4'], shown: '1-4', shownNow: digits(({ experiment }) => experiment.mend.choices),
    label: { en: 'try a line', ko: '줄 고르기' },
    meaning: { en: 'chooses the line that should fix the loop, and runs it', ko: '루프를 고칠 줄을 골라 실행' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => isAt('mend', 'missed')(state) && !takesNumber(state),
  },
  {
    // Digits are typed into the line then, where more may follow.
    intent: 'lesson-choose', keys: [], shown: '1-4 Enter', shownNow: (state) => `${digits(({ experiment }) => experiment.mend.choices)(state)} Enter`,
    label: { en: 'try a line', ko: '줄 고르기' },
    meaning: { en: 'the same where a number may be typed', ko: '숫자를 입력할 수 있을 때' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => isAt('mend', 'missed')(state) && takesNumber(state),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'shows it', ko: '그 순간 보기' },
    meaning: { en: 'shows the moment to which the selected words refer', ko: '고른 낱말이 가리키는 순간을 표시' },
    group: 'Experiment', contexts: ['lesson'], when: leads,
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'why', ko: '이유' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => isAt('step')(state) && !(state.ui.isPresenting && hasNextMoment(state)),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'break it', ko: '망가뜨리기' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('explain'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'run it', ko: '실행' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('break'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'mend it', ko: '고치기' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('broken', 'missed'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'sources', ko: '출처' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('done'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'the list', ko: '목록' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('sources'),
  },
  {
    intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'again', ko: '다시' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('failed'),
  },
  {
    intent: 'lesson-before', keys: ['left'], shown: '←', label: { en: 'moment before', ko: '이전 순간' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => isAt('step')(state) && hasMoments(state),
  },
  {
    intent: 'lesson-after', keys: ['right'], shown: '→', label: { en: 'next moment', ko: '다음 순간' },
    group: 'Experiment', contexts: ['lesson'], when: (state) => isAt('step')(state) && hasMoments(state),
  },
  {
    intent: 'lesson-before', keys: ['left'], shown: '←', label: { en: 'words before', ko: '이전 낱말' },
    meaning: { en: 'selects words that refer to the run', ko: '실행에서 나온 낱말을 선택' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('explain'),
  },
  {
    intent: 'lesson-after', keys: ['right'], shown: '→', label: { en: 'next words', ko: '다음 낱말' },
    group: 'Experiment', contexts: ['lesson'], when: isAt('explain'),
  },
  {
    intent: 'lesson-close', keys: ['escape'], shown: 'Esc', label: { en: 'leave it', ko: '나가기' },
    meaning: { en: 'back to the list; undoes the settings of the experiment', ko: '목록으로 돌아가며, 실험이 바꾼 것은 되돌림' },
    group: 'Experiment', contexts: ['lesson'],
  },
  { intent: 'lesson-up', keys: ['up', 'k'], shown: '↑', label: { en: 'up', ko: '위로' }, group: 'Experiment', contexts: ['lesson-list'] },
  { intent: 'lesson-down', keys: ['down', 'j'], shown: '↓', label: { en: 'down', ko: '아래로' }, group: 'Experiment', contexts: ['lesson-list'] },
  { intent: 'lesson-on', keys: ['enter'], shown: 'Enter', label: { en: 'open', ko: '열기' }, group: 'Experiment', contexts: ['lesson-list'] },
  { intent: 'lesson-close', keys: ['escape', 'q', 'L'], shown: 'Esc', label: { en: 'close', ko: '닫기' }, group: 'Experiment', contexts: ['lesson-list'] },
  // Question; any other key means no.
  { intent: 'yes', keys: ['y', 'Y'], shown: 'y', label: { en: 'yes', ko: '예' }, group: 'Lab', contexts: ['question'] },
  { intent: 'no', keys: ['n', 'N', 'escape'], shown: 'n', label: { en: 'no', ko: '아니요' }, group: 'Lab', contexts: ['question'] },
  // Prompt
  { intent: 'accept', keys: ['enter'], shown: 'Enter', label: { en: 'take it', ko: '적용' }, group: 'This pane', contexts: ['prompt'] },
  { intent: 'cancel', keys: ['escape', 'ctrl+c'], shown: 'Esc', label: { en: 'leave it', ko: '취소' }, group: 'This pane', contexts: ['prompt'] },
  // Help
  { intent: 'search-help', keys: ['/'], shown: '/', label: { en: 'search a word', ko: '단어 검색' }, group: 'Lab', contexts: ['help'] },
  {
    intent: 'clear-help-search',
    keys: ['escape'],
    shown: 'Esc',
    label: { en: 'back to the pane', ko: '창 도움말로' },
    group: 'Lab',
    contexts: ['help'],
    when: ({ ui }) => ui.helpSearch !== '',
  },
  {
    intent: 'close-help', keys: ['escape', '?', 'f1', 'q', 'enter'], shown: 'Esc',
    label: { en: 'close help', ko: '도움말 닫기' },
    group: 'Lab', contexts: ['help'],
  },
  { intent: 'up', keys: ['up'], shown: '↑', label: { en: 'up', ko: '위로' }, group: 'This pane', contexts: ['help'] },
  { intent: 'down', keys: ['down'], shown: '↓', label: { en: 'down', ko: '아래로' }, group: 'This pane', contexts: ['help'] },
  { intent: 'page-up', keys: ['pageup'], shown: 'PgUp', label: { en: 'page up', ko: '이전 쪽' }, group: 'This pane', contexts: ['help'] },
  { intent: 'page-down', keys: ['pagedown', 'space'], shown: 'PgDn', label: { en: 'page down', ko: '다음 쪽' }, group: 'This pane', contexts: ['help'] },
  // A long reply, open
  {
    intent: 'close-reply', keys: ['escape', 'q', 'ctrl+o', 'ctrl+c'], shown: 'Esc',
    label: { en: 'close the reply', ko: '응답 닫기' },
    group: 'This pane', contexts: ['reply'],
  },
  { intent: 'search', keys: ['/', 'ctrl+s'], shown: '/', label: { en: 'search', ko: '검색' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'search-next', keys: ['n'], shown: 'n', label: { en: 'next', ko: '다음' }, group: 'This pane', contexts: ['reply'], when: hasSearched },
  {
    intent: 'search-previous', keys: ['N'], shown: 'N',
    label: { en: 'one before', ko: '이전' },
    group: 'This pane', contexts: ['reply'], when: hasSearched,
  },
  { intent: 'up', keys: ['up', 'k'], shown: '↑', label: { en: 'up', ko: '위로' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'down', keys: ['down', 'j', 'enter'], shown: '↓', label: { en: 'down', ko: '아래로' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'page-up', keys: ['pageup', 'b'], shown: 'PgUp', label: { en: 'page up', ko: '이전 쪽' }, group: 'This pane', contexts: ['reply'] },
  {
    intent: 'page-down', keys: ['pagedown', 'space'], shown: 'PgDn',
    label: { en: 'page down', ko: '다음 쪽' },
    group: 'This pane', contexts: ['reply'],
  },
  { intent: 'first-row', keys: ['home', 'g'], shown: 'Home', label: { en: 'beginning', ko: '처음' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'last-row', keys: ['end', 'G'], shown: 'End', label: { en: 'end', ko: '끝' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'older-reply', keys: ['['], shown: '[', label: { en: 'reply before', ko: '이전 응답' }, group: 'This pane', contexts: ['reply'] },
  { intent: 'newer-reply', keys: [']'], shown: ']', label: { en: 'next reply', ko: '다음 응답' }, group: 'This pane', contexts: ['reply'] },
  {
    intent: 'open-reply',
    keys: ['ctrl+o'],
    shown: 'Ctrl-O',
    label: { en: 'the whole reply', ko: '응답 전체' },
    group: 'This pane',
    contexts: ['console'],
    when: ({ repl }) => repl.long.length > 0,
  },
  // What is open is closed first.
  {
    intent: 'to-rows', keys: ['x', 'escape'], shown: 'x',
    label: { en: 'to the tree', ko: '트리로' },
    group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes,
  },
  {
    intent: 'byte-before', keys: ['left'], shown: '←',
    label: { en: 'byte before', ko: '이전 바이트' },
    group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes,
  },
  {
    intent: 'byte-after', keys: ['right'], shown: '→',
    label: { en: 'next byte', ko: '다음 바이트' },
    group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes,
  },
  {
    intent: 'to-bytes', keys: ['x'], shown: 'x',
    label: { en: 'to the bytes', ko: '바이트로' },
    group: 'This pane', contexts: ['panes'], of: hasBytes, when: isOpen,
  },
  {
    intent: 'close', keys: ['escape', 'enter'], shown: 'Esc',
    label: { en: 'close', ko: '닫기' },
    group: 'This pane', contexts: ['panes'], of: opens, when: isOpen,
  },
  {
    intent: 'follow', keys: ['end', 'escape'], shown: 'End',
    label: { en: 'follow again', ko: '다시 따라가기' },
    group: 'This pane', contexts: ['panes'], of: moves, when: isFrozen,
  },
  {
    intent: 'follow', keys: ['end'], shown: 'End',
    label: { en: 'follow again', ko: '다시 따라가기' },
    group: 'This pane', contexts: ['console'], of: moves, when: isFrozen,
  },
  {
    intent: 'clear-filter',
    keys: ['escape'],
    shown: 'Esc',
    label: { en: 'no filter', ko: '필터 해제' },
    group: 'This pane',
    contexts: ['panes'],
    of: filters,
    when: ({ ui }) => ui.panes[ui.focus].filter !== '',
  },
  {
    intent: 'live', keys: ['end', 'escape'], shown: 'End', label: { en: 'LIVE', ko: 'LIVE' },
    meaning: { en: 'back to the present state of the loop', ko: '루프가 어디에 있든 다시 현재로' },
    group: 'History', contexts: ['panes'], when: (state) => isHistory(state) && !isRecording(state),
  },
  {
    intent: 'live', keys: ['end', 'escape'], shown: 'End', label: { en: 'to its end', ko: '기록 끝으로' },
    meaning: { en: 'the end of the recording; from there, a server that continues from it', ko: '기록의 끝으로, 거기서는 이어지는 서버로' },
    group: 'History', contexts: ['panes'], when: (state) => isHistory(state) && isRecording(state),
  },
  {
    intent: 'live', keys: ['end'], shown: 'End', label: { en: 'LIVE', ko: 'LIVE' },
    meaning: { en: 'back to the present, if the line is empty', ko: '입력한 것이 없으면 다시 현재로' },
    group: 'History', contexts: ['console'], when: (state) => isHistory(state) && !isRecording(state) && isLineEmpty(state),
  },
  {
    intent: 'live', keys: ['end'], shown: 'End', label: { en: 'to its end', ko: '기록 끝으로' },
    meaning: {
      en: 'the end of the recording, if the line is empty; from there, a server that continues from it',
      ko: '입력한 것이 없으면 기록의 끝으로, 거기서는 이어지는 서버로',
    },
    group: 'History', contexts: ['console'], when: (state) => isHistory(state) && isRecording(state) && isLineEmpty(state),
  },
  // Time: none of these keys moves the loop while the history is shown.
  {
    intent: 'toggle-pause', keys: ['space'], shown: 'Space', label: { en: 'pause, resume', ko: '멈춤, 재개' },
    meaning: { en: 'holds the loop itself, and lets it run again', ko: '루프 자체를 멈추고, 다시 실행합니다' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'toggle-pause', keys: ['space'], shown: 'Space', label: { en: 'leave history', ko: '히스토리 나가기' },
    meaning: { en: 'asks whether to leave the history, and whether the loop should run or be held', ko: '히스토리를 나가 루프를 실행하거나 멈출지 묻습니다' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'step-event', keys: ['e'], shown: 'e', label: { en: 'step', ko: '이벤트' },
    meaning: { en: 'lets the held loop run for one event', ko: '멈춘 루프를 이벤트 하나만큼 진행합니다' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-phase', keys: ['h'], shown: 'h', label: { en: 'a phase', ko: '단계 한 개' },
    meaning: { en: '… to another phase of the turn', ko: '… 턴의 다음 단계까지' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-command', keys: ['c'], shown: 'c', label: { en: 'a command', ko: '명령 한 개' },
    meaning: { en: '… to the end of the next command', ko: '… 다음 명령의 끝까지' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-turn', keys: ['t'], shown: 't', label: { en: 'a turn', ko: '한 턴' },
    meaning: { en: '… to the beginning of the next turn', ko: '… 다음 턴의 시작까지' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-request', keys: ['r'], shown: 'r', label: { en: 'to the next request', ko: '다음 요청까지' },
    meaning: {
      en:
        '… to the next request of the connection that is selected, or else of the one at whose event ' +
        'the loop is held, or else of any. It is held before that executes. ' +
        'What redis-cli and client libraries send by themselves when they connect is passed',
      ko:
        '… 선택한 연결, 없으면 루프가 멈춘 이벤트의 연결, 그것도 없으면 아무 연결의 다음 요청까지 진행해 실행 직전에 멈춥니다. ' +
        'redis-cli와 클라이언트 라이브러리가 접속할 때 스스로 보내는 것은 건너뜁니다',
    },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'slower', keys: ['-'], shown: '-', label: { en: 'slower', ko: '느리게' },
    meaning: { en: 'slow motion: 20, 5, 2 events a second, or 1', ko: '느린 재생: 1초에 이벤트 20, 5, 2, 1개' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'faster', keys: ['+', '='], shown: '+', label: { en: 'faster', ko: '빠르게' },
    meaning: { en: 'faster again, up to full speed', ko: '반대로, 최고 속도까지' },
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'breakpoint', keys: ['b'], shown: 'b',
    label: { en: 'breakpoints', ko: '중단점' },
    meaning: { en: 'sets and deletes breakpoints', ko: '중단점을 설정하고 지웁니다' },
    group: 'Time', contexts: ['panes'],
  },
  {
    intent: 'back-event', keys: ['left'], shown: '←', label: { en: 'back', ko: '뒤로' },
    meaning: { en: 'shows the past, an event earlier; the loop stays as it is, held or running', ko: '이벤트 하나 전의 과거를 보여 주며, 루프는 멈춰 있든 실행 중이든 그대로입니다' },
    group: 'History', contexts: ['panes'],
  },
  {
    intent: 'forward-event', keys: ['right', 'e'], shown: '→ e', label: { en: 'forward', ko: '앞으로' },
    meaning: { en: 'an event later, at most to the newest', ko: '이벤트 하나 다음으로, 최신까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-phase', keys: ['h'], shown: 'h', label: { en: 'a phase', ko: '단계 한 개' },
    meaning: { en: '… to another phase of the turn', ko: '… 턴의 다음 단계까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-command', keys: ['c'], shown: 'c', label: { en: 'a command', ko: '명령 한 개' },
    meaning: { en: '… to the end of the next command', ko: '… 다음 명령의 끝까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-turn', keys: ['t'], shown: 't', label: { en: 'a turn', ko: '한 턴' },
    meaning: { en: '… to the beginning of the next turn', ko: '… 다음 턴의 시작까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-request', keys: ['r'], shown: 'r', label: { en: 'to the next request', ko: '다음 요청까지' },
    meaning: { en: '… to the next request of the connection that is selected or shown', ko: '… 선택했거나 표시 중인 연결의 다음 요청까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'back-turn', keys: ['shift+left', 'ctrl+left', 'alt+left'], shown: 'Shift-←', label: { en: 'back a turn', ko: '한 턴 뒤로' },
    meaning: { en: '… a turn earlier', ko: '… 한 턴 전으로' },
    group: 'History', contexts: ['panes'],
  },
  {
    intent: 'forward-turn', keys: ['shift+right', 'ctrl+right', 'alt+right'], shown: 'Shift-→', label: { en: 'forward a turn', ko: '한 턴 앞으로' },
    meaning: { en: '… to the beginning of the next turn', ko: '… 다음 턴의 시작까지' },
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'oldest', keys: ['home'], shown: 'Home', label: { en: 'as far back as it goes', ko: '가장 오래된 순간' },
    meaning: { en: '… as far back as it goes', ko: '… 갈 수 있는 가장 오래된 순간까지' },
    group: 'History', contexts: ['panes'],
  },
  // Panes
  { intent: 'focus-next', keys: ['tab'], shown: 'Tab', label: { en: 'next pane', ko: '다음 창' }, group: 'Panes', contexts: ['panes', 'console', 'lesson'] },
  {
    intent: 'focus-previous', keys: ['shift+tab'], shown: 'Shift-Tab',
    label: { en: 'pane before', ko: '이전 창' },
    group: 'Panes', contexts: ['panes', 'console', 'lesson'],
  },
  { intent: 'focus-pane', keys: ['1', '2', '3', '4', '5', '6'], shown: '1-6', label: { en: 'pane', ko: '창' }, group: 'Panes', contexts: ['panes'] },
  {
    intent: 'leave-console', keys: ['escape'], shown: 'Esc',
    label: { en: 'to the panes', ko: '창으로' },
    group: 'Panes', contexts: ['console'], when: isNow,
  },
  {
    intent: 'leave-console', keys: ['escape'], shown: 'Esc',
    label: { en: 'to the panes, again LIVE', ko: '창으로, 다시 LIVE' },
    group: 'History', contexts: ['console'], when: isHistory,
  },
  {
    intent: 'zoom', keys: ['z'], shown: 'z',
    label: { en: 'zoom', ko: '확대' },
    meaning: { en: 'the focused pane fills the screen, or the zoom ends', ko: '포커스가 있는 창으로 화면을 채우거나 되돌립니다' },
    group: 'Panes', contexts: ['panes'],
  },
  // This pane
  { intent: 'up', keys: ['up', 'k'], shown: '↑', label: { en: 'up', ko: '위로' }, group: 'This pane', contexts: ['panes'], of: moves },
  { intent: 'down', keys: ['down', 'j'], shown: '↓', label: { en: 'down', ko: '아래로' }, group: 'This pane', contexts: ['panes'], of: moves },
  {
    intent: 'page-up', keys: ['pageup'], shown: 'PgUp',
    label: { en: 'page up', ko: '이전 쪽' },
    group: 'This pane', contexts: ['panes', 'console'], of: moves,
  },
  {
    intent: 'page-down', keys: ['pagedown'], shown: 'PgDn',
    label: { en: 'page down', ko: '다음 쪽' },
    group: 'This pane', contexts: ['panes', 'console'], of: moves,
  },
  {
    intent: 'open', keys: ['enter'], shown: 'Enter',
    label: { en: 'open', ko: '열기' },
    group: 'This pane', contexts: ['panes'], of: opens, when: (state) => !isOpen(state),
  },
  {
    intent: 'enter', keys: ['enter'], shown: 'Enter',
    label: { en: 'its frames', ko: '프레임 보기' },
    group: 'This pane', contexts: ['panes'], of: enters,
  },
  { intent: 'turn', keys: ['v'], shown: 'v', label: { en: 'commands', ko: '명령 보기' }, group: 'This pane', contexts: ['panes'], of: isFrames },
  { intent: 'turn', keys: ['v'], shown: 'v', label: { en: 'frames', ko: '프레임 보기' }, group: 'This pane', contexts: ['panes'], of: enters },
  { intent: 'filter', keys: ['/'], shown: '/', label: { en: 'filter', ko: '필터' }, group: 'This pane', contexts: ['panes'], of: filters },
  {
    intent: 'sort', keys: ['s'], shown: 's',
    label: { en: 'sort', ko: '정렬' },
    group: 'This pane', contexts: ['panes'], of: (pane) => pane.sorts !== undefined,
  },
  {
    intent: 'last-change', keys: ['w'], shown: 'w', label: { en: 'last change', ko: '마지막 변경' },
    meaning: {
      en: 'shows the moment at which the selected key last changed, and by which client; again: the change before',
      ko: '선택한 키가 마지막으로 바뀐 순간을 보여 주고 누가 바꾸었는지 알려 줍니다. 다시 누르면 그 이전 변경입니다',
    },
    group: 'History', contexts: ['panes'], of: hasDatabases,
  },
  {
    intent: 'previous-database', keys: ['['], shown: '[',
    label: { en: 'database before', ko: '이전 데이터베이스' },
    group: 'This pane', contexts: ['panes'], of: hasDatabases,
  },
  {
    intent: 'next-database', keys: [']'], shown: ']',
    label: { en: 'next database', ko: '다음 데이터베이스' },
    group: 'This pane', contexts: ['panes'], of: hasDatabases,
  },
  // Lab
  { intent: 'spell', keys: ['\\'], shown: '\\', label: { en: 'text or \\xHH', ko: '텍스트 또는 \\xHH' }, group: 'Lab', contexts: ['panes'] },
  {
    intent: 'take-back', keys: ['u'], shown: 'u', label: { en: 'undo', ko: '되돌리기' },
    meaning: {
      en: 'undoes the last change made by a key: pause, resume, speed, breakpoints, zoom, sort order, database, filter. A step cannot be undone',
      ko: '키로 마지막에 바꾼 것을 되돌립니다: 멈춤, 재개, 속도, 중단점, 확대, 정렬, 데이터베이스, 필터. 진행한 것은 되돌릴 수 없습니다',
    },
    group: 'Lab', contexts: ['panes'],
  },
  {
    intent: 'leave-fork', keys: ['escape'], shown: 'Esc', label: { en: 'ends the fork', ko: '포크 끝내기' },
    meaning: { en: 'in a fork: ends it, and returns to the server from which it was forked', ko: '포크에서: 끝내고 원래 서버로 돌아갑니다' },
    group: 'Lab', contexts: ['panes'], when: (state) => state.server.forkedAsOf !== undefined && !isHistory(state),
  },
  { intent: 'help', keys: ['?', 'f1'], shown: '?', label: { en: 'help', ko: '도움말' }, group: 'Lab', contexts: ['panes'] },
  { intent: 'help', keys: ['f1'], shown: 'F1', label: { en: 'help', ko: '도움말' }, group: 'Lab', contexts: ['console', 'lesson'] },
  {
    intent: 'lesson-list', keys: ['L'], shown: 'L', label: { en: 'experiments', ko: '실험' },
    meaning: { en: 'lists the experiments', ko: '실험 목록' },
    group: 'Lab', contexts: ['panes'],
  },
  {
    intent: 'quit', keys: ['q'], shown: 'q', label: { en: 'quit', ko: '종료' },
    meaning: {
      en: "leaves the lab; asks first while its server has other clients than the REPL's, or keys that would be lost; a program of your own is ended at once",
      ko: 'lab을 종료합니다. lab의 서버에 REPL 외의 클라이언트나 사라질 키가 있으면 먼저 묻습니다. 직접 작성한 프로그램은 바로 끝냅니다',
    },
    group: 'Lab', contexts: ['panes'],
  },
  {
    intent: 'suspend',
    keys: ['ctrl+z'],
    shown: 'Ctrl-Z',
    label: { en: 'back to the shell, fg returns', ko: '셸로, fg로 복귀' },
    group: 'Lab',
    contexts: ['panes', 'console', 'prompt', 'help', 'lesson', 'lesson-list'],
  },
  {
    intent: 'leave', keys: ['ctrl+c'], shown: 'Ctrl-C',
    label: { en: 'twice quit', ko: '두 번: 종료' },
    meaning: { en: 'pressed twice: leaves the lab without asking', ko: '두 번 누르면 묻지 않고 lab을 종료합니다' },
    group: 'Lab', contexts: ['panes', 'console', 'help', 'lesson', 'lesson-list'],
  },
];

export function contextOf({ ui, repl, lesson }: State): Context {
  if (ui.question !== null) return 'question';
  if (ui.prompt !== null) return 'prompt';
  if (repl.pager !== null) return 'reply';
  if (ui.isHelpOpen) return 'help';
  if (lesson?.type === 'list') return 'lesson-list';
  if (lesson !== null && ui.focus === 'repl' && repl.input === '' && repl.search === null) return 'lesson';
  return ui.focus === 'repl' ? 'console' : 'panes';
}

/** All bindings of a pane in a context, in the order of the table. */
export function bindingsOf(pane: Pane, context: Context): Binding[] {
  return KEYMAP.filter(({ contexts, of }) => contexts.includes(context) && (of === undefined || of(pane)));
}

/** The bindings that apply now. */
export function bindingsNow(state: State, pane: Pane): Binding[] {
  const { program } = state;
  return bindingsOf(pane, contextOf(state)).filter(({ intent, when }) => (when === undefined || when(state)) && (program === null || !OF_SERVER.has(intent)));
}

/** True if the key would do something for the lab's own server, but not for a learner's program. */
export function isOfServer(key: Key, state: State): boolean {
  if (state.program === null) return false;
  const spelled = spell(key);
  return KEYMAP.some(({ intent, keys, contexts }) => OF_SERVER.has(intent) && keys.includes(spelled) && contexts.includes(contextOf(state)));
}

/** The intent of a key; null: none. */
export function intentOf(key: Key, state: State, pane: Pane): Intent | null {
  const spelled = spell(key);
  return bindingsNow(state, pane).find(({ keys }) => keys.includes(spelled))?.intent ?? null;
}
