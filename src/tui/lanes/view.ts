/**
 * The screen of the engine of threads: a lane for each thread, and the cost of the lock.
 *
 *    redis-lab  threads · 127.0.0.1:6379 · 3 of 64 threads · 145 MiB
 *    lock: taken 12,345 times, slept for 345 times, 1.2 s in all
 *      #   fd now                   commands   waits   sleeps preempted samples
 *      0   23 blocked in recv            120       3      121         2 ·····r··L·····w·
 */
import { ENGINE_COMMANDS, type LaneState, type LockCounters, MOST_THREADS } from '../../server/index.js';
import type { InLanguages, Language } from '../../shared/language.js';
import type { Size } from '../view/pane.js';
import { bodyRow, type Column, headerRow, layoutColumns } from '../view/parts/table.js';
import { durationText, fit, formatBytes, formatCount, row, width as widthOf } from '../view/text.js';
import type { Style, Theme } from '../view/theme.js';
import { wrap } from '../view/parts/wrap.js';
import type { SampledLane } from './samples.js';

export interface LanesView {
  readonly address: string;
  readonly lanes: readonly SampledLane[];
  readonly lock: LockCounters;
  readonly residentBytes: number;
  /** A message, safe to print; empty: none. */
  readonly notice: string;
  /** The explanation of columns and marks replaces the lanes. */
  readonly isHelpOpen: boolean;
}

const ENGLISH = {
  threads: (count: number) => `${count} of ${MOST_THREADS} threads`,
  lock: (taken: string, waits: string, waited: string) => `One lock: taken ${taken} times; a thread slept for it ${waits} times, ${waited} in all`,
  nobody: 'No client is connected. + connects a silent one.',
  more: (count: number) => `… ${count} more`,
  keys: '+ a silent client  - one less  l load of 8 clients  ? help  q quit',
  keysOfHelp: '? back  q quit',
  noKey: (key: string) => `${key} has no function here: ? lists the keys`,
  /** Words with explanations; without a word, a sentence. */
  help: [
    ['', `Each client has a thread of its own, at most ${MOST_THREADS}; another client waits to be accepted.`],
    ['now', 'the state of the thread: one of those below'],
    ['commands', 'requests that it has answered'],
    ['waits', 'how often it slept because another thread had the lock'],
    ['sleeps', 'how often it gave up the processor to wait: for recv, or for the lock'],
    ['preempted', 'how often the kernel took the processor away from it'],
    ['samples', 'its states, sampled every 50 ms; the newest is on the right'],
    ['~', 'the thread starts'],
    ['·', 'blocked in recv: its client has sent nothing'],
    ['r', 'runs: decodes, encodes'],
    ['w', 'waits for the lock that another thread holds'],
    ['L', 'holds the lock: reads or changes keys'],
    ['s', 'blocked in send: its client does not read'],
    ['m', 'receives the commands of other clients (MONITOR)'],
    ['', `Commands: ${ENGINE_COMMANDS.join(' ')}`],
  ],
  legend: {
    starts: 'starts', receives: 'in recv', runs: 'runs', waits: 'waits', holds: 'holds the lock', sends: 'in send', listens: 'monitors',
  },
};

const KOREAN: typeof ENGLISH = {
  threads: (count) => `스레드 ${count}/${MOST_THREADS}개`,
  lock: (taken, waits, waited) => `락 하나: ${taken}번 잡음, 기다리며 잠든 횟수 ${waits}번, 모두 ${waited}`,
  nobody: '연결된 클라이언트가 없습니다. +를 누르면 조용한 클라이언트가 연결됩니다.',
  more: (count) => `… ${count}개 더`,
  keys: '+ 조용한 클라이언트  - 하나 줄이기  l 클라이언트 8개의 부하  ? 도움말  q 나가기',
  keysOfHelp: '? 돌아가기  q 나가기',
  noKey: (key) => `${key}: 여기서는 쓰지 않는 키입니다. ?를 누르면 쓸 수 있는 키가 나옵니다`,
  help: [
    ['', `클라이언트마다 스레드가 하나씩 있습니다(최대 ${MOST_THREADS}개). 그다음 클라이언트는 수락을 기다립니다.`],
    ['now', '스레드가 지금 하는 일: 아래 상태 중 하나'],
    ['commands', '응답한 요청 수'],
    ['waits', '다른 스레드가 락을 쥐고 있어 잠든 횟수'],
    ['sleeps', 'recv나 락을 기다리려고 프로세서를 스스로 내준 횟수'],
    ['preempted', '커널이 프로세서를 빼앗은 횟수'],
    ['samples', '50 ms마다 본 상태. 가장 새것이 오른쪽'],
    ['~', '스레드가 시작하는 중'],
    ['·', 'recv에서 대기: 클라이언트가 보낸 것이 없음'],
    ['r', '실행: 디코딩, 인코딩'],
    ['w', '다른 스레드가 쥔 락을 기다림'],
    ['L', '락 보유: 키를 읽거나 바꿈'],
    ['s', 'send에서 대기: 클라이언트가 읽지 않음'],
    ['m', '다른 클라이언트의 명령을 들음(MONITOR)'],
    ['', `명령: ${ENGINE_COMMANDS.join(' ')}`],
  ],
  legend: { starts: '시작', receives: 'recv 대기', runs: '실행', waits: '락 대기', holds: '락 보유', sends: 'send 대기', listens: 'MONITOR' },
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** The message for a key without a function. */
export const noKeyText = (key: string, language: Language): string => TEXTS[language].noKey(key);

/** Width of the explained words. */
const TERM_COLUMNS = 11;

function helpRows(language: Language, width: number, theme: Theme): readonly string[] {
  const rows = TEXTS[language].help.map(([term = '', text = '']) => {
    if (term === '') return wrap(text, width - 2, 4);
    return wrap(text, width - TERM_COLUMNS - 1, 3).map((line, i) => `${theme.strong(fit(i === 0 ? term : '', TERM_COLUMNS))}${line}`);
  });
  return rows.flat().map((text) => cut(` ${text}`, width));
}

const MARKS: { readonly [state in LaneState]: string } = {
  free: ' ', starting: '~', 'blocked in recv': '·', running: 'r', 'waiting for the lock': 'w', 'holding the lock': 'L', 'blocked in send': 's', listening: 'm',
};

/** Columns of the table beside its samples, including the gaps between them. */
const OTHER_COLUMNS = 67;
const LEAST_SAMPLES = 10;

/** Draws rows of exactly this size. */
export function drawLanes(view: LanesView, { width, height }: Size, theme: Theme, language: Language): readonly string[] {
  const texts = TEXTS[language];
  const { address, lanes, lock, residentBytes, notice } = view;
  const head = `${theme.strong(' redis-lab')}  threads · ${address} · ${texts.threads(lanes.length)} · ${formatBytes(residentBytes)}`;
  const lockText = ` ${texts.lock(formatCount(lock.acquisitions), formatCount(lock.waits), durationText(lock.waitedUs))}`;
  // Three rows above the lanes, and three below.
  const room = Math.max(0, height - 6);
  const shown = lanes.length > room ? lanes.slice(0, Math.max(0, room - 1)) : lanes;
  const placed = layoutColumns(columnsOf(theme, width), width);
  const rows = view.isHelpOpen ? helpRows(language, width, theme) : [
    ...shown.map((lane) => bodyRow(placed, lane, width)),
    ...(shown.length < lanes.length ? [theme.dim(fit(` ${texts.more(lanes.length - shown.length)}`, width))] : []),
    ...(lanes.length === 0 ? [theme.dim(fit(` ${texts.nobody}`, width))] : []),
  ];
  const body = Array.from({ length: room }, (_, i) => rows[i] ?? '');
  const above = [cut(head, width), fit(lockText, width), view.isHelpOpen ? '' : headerRow(placed, width, theme.dim)];
  const keys = view.isHelpOpen ? texts.keysOfHelp : texts.keys;
  const below = [theme.warn(fit(notice === '' ? '' : ` ${notice}`, width)), legend(theme, language, width), theme.dim(fit(` ${keys}`, width))];
  return [...above, ...body, ...below].slice(0, height).map((text) => theme.inCharset(row(width, text)));
}

/** Cuts a text; a styled text that is too long loses its styles. */
const cut = (text: string, width: number): string => (widthOf(text) <= width ? text : fit(text.replace(/\x1b\[[\d;]*m/g, ''), width));

function columnsOf(theme: Theme, width: number): readonly Column<SampledLane>[] {
  const strip = Math.max(LEAST_SAMPLES, width - OTHER_COLUMNS);
  return [
    { header: '#', width: 3, align: 'right', cell: ({ index }) => String(index) },
    { header: 'fd', width: 4, align: 'right', rank: 3, cell: ({ fd }) => String(fd) },
    { header: 'now', width: 20, rank: 0, cell: ({ state }) => state, style: ({ state }) => styleOf(state, theme) },
    { header: 'commands', width: 9, align: 'right', rank: 1, cell: ({ commands }) => formatCount(commands) },
    { header: 'waits', name: 'lock waits', width: 7, align: 'right', rank: 2, cell: ({ lockWaits }) => formatCount(lockWaits) },
    { header: 'sleeps', width: 8, align: 'right', rank: 4, cell: ({ switches }) => (switches === null ? '' : formatCount(switches.voluntary)) },
    { header: 'preempted', width: 9, align: 'right', rank: 5, cell: ({ switches }) => (switches === null ? '' : formatCount(switches.forced)) },
    {
      header: 'samples', width: { min: LEAST_SAMPLES, max: strip },
      cell: ({ states }) => states.slice(-strip).map((state) => MARKS[state]).join(''),
      style: () => (text) => colored(text, theme),
    },
  ];
}

/** Each mark in the colour of its state. */
function colored(text: string, theme: Theme): string {
  return text.replace(/·+|r+|w+|L+|s+/g, (run) => (STYLE_OF[run[0]!] ?? plain)(run, theme));
}

const plain = (text: string): string => text;

const STYLE_OF: { readonly [mark: string]: (text: string, theme: Theme) => string } = {
  '·': (text, theme) => theme.dim(text),
  r: (text, theme) => theme.good(text),
  w: (text, theme) => theme.bad(text),
  L: (text, theme) => theme.warn(text),
  s: (text, theme) => theme.strong(text),
};

const styleOf = (state: LaneState, theme: Theme): Style => (text) => (STYLE_OF[MARKS[state]] ?? plain)(text, theme);

function legend(theme: Theme, language: Language, width: number): string {
  const { starts, receives, runs, waits, holds, sends, listens } = TEXTS[language].legend;
  const entries: readonly [mark: string, text: string][] = [
    ['~', starts], ['·', receives], ['r', runs], ['w', waits], ['L', holds], ['s', sends], ['m', listens],
  ];
  const text = ` ${entries.map(([mark, meaning]) => `${mark} ${meaning}`).join('  ')}`;
  return widthOf(text) > width ? fit(text, width) : ` ${entries.map(([mark, meaning]) => `${colored(mark, theme)} ${theme.dim(meaning)}`).join('  ')}`;
}
