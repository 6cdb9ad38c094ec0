/**
 * The screen of the engine of threads: a lane for each thread, and what the lock has cost.
 *
 *    redis-lab  threads · 127.0.0.1:6379 · 3 of 64 threads · 145 MiB
 *    lock: taken 12,345 times, slept for 345 times, 1.2 s in all
 *      #   fd now                   commands   waits   sleeps preempted samples
 *      0   23 blocked in recv            120       3      121         2 ·····r··L·····w·
 */
import { type LaneState, type LockCounters, MOST_THREADS } from '../../server/index.js';
import type { InLanguages, Language } from '../../shared/language.js';
import type { Size } from '../view/pane.js';
import { bodyRow, type Column, headerRow, layoutColumns } from '../view/parts/table.js';
import { fit, formatBytes, formatCount, formatUs, row, width as widthOf } from '../view/text.js';
import type { Style, Theme } from '../view/theme.js';
import type { SampledLane } from './samples.js';

export interface LanesView {
  readonly address: string;
  readonly lanes: readonly SampledLane[];
  readonly lock: LockCounters;
  readonly residentBytes: number;
  /** Something to say, safe to print; empty: nothing. */
  readonly notice: string;
}

const ENGLISH = {
  threads: (count: number) => `${count} of ${MOST_THREADS} threads`,
  lock: (taken: string, waits: string, waited: string) => `One lock: taken ${taken} times; a thread slept for it ${waits} times, ${waited} in all`,
  nobody: 'No client is connected. + connects one that says nothing.',
  more: (count: number) => `… ${count} more`,
  keys: '+ a client that says nothing   - one less   l load of 8 clients   q quit',
  legend: {
    starts: 'starts', receives: 'in recv', runs: 'runs', waits: 'waits', holds: 'holds the lock', sends: 'in send', listens: 'monitors',
  },
};

const KOREAN: typeof ENGLISH = {
  threads: (count) => `스레드 ${count}/${MOST_THREADS}개`,
  lock: (taken, waits, waited) => `락 하나: ${taken}번 잡음, 기다리며 잠든 횟수 ${waits}번, 모두 ${waited}`,
  nobody: '연결된 클라이언트가 없습니다. +를 누르면 조용한 클라이언트가 연결됩니다.',
  more: (count) => `… ${count}개 더`,
  keys: '+ 조용한 클라이언트   - 하나 줄이기   l 클라이언트 8개의 부하   q 나가기',
  legend: { starts: '시작', receives: 'recv 대기', runs: '실행', waits: '락 대기', holds: '락 보유', sends: 'send 대기', listens: 'MONITOR' },
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

const MARKS: { readonly [state in LaneState]: string } = {
  free: ' ', starting: '~', 'blocked in recv': '·', running: 'r', 'waiting for the lock': 'w', 'holding the lock': 'L', 'blocked in send': 's', listening: 'm',
};

/** Columns of the table beside its samples, the gaps between them included. */
const OTHER_COLUMNS = 67;
const LEAST_SAMPLES = 10;

/** Rows of exactly the size. */
export function drawLanes(view: LanesView, { width, height }: Size, theme: Theme, language: Language): readonly string[] {
  const texts = TEXTS[language];
  const { address, lanes, lock, residentBytes, notice } = view;
  const head = `${theme.strong(' redis-lab')}  threads · ${address} · ${texts.threads(lanes.length)} · ${formatBytes(residentBytes)}`;
  const lockText = ` ${texts.lock(formatCount(lock.acquisitions), formatCount(lock.waits), formatUs(lock.waitedUs))}`;
  // Above the lanes three rows, below them three.
  const room = Math.max(0, height - 6);
  const shown = lanes.length > room ? lanes.slice(0, Math.max(0, room - 1)) : lanes;
  const placed = layoutColumns(columnsOf(theme, width), width);
  const rows = [
    ...shown.map((lane) => bodyRow(placed, lane, width)),
    ...(shown.length < lanes.length ? [theme.dim(fit(` ${texts.more(lanes.length - shown.length)}`, width))] : []),
    ...(lanes.length === 0 ? [theme.dim(fit(` ${texts.nobody}`, width))] : []),
  ];
  const body = Array.from({ length: room }, (_, i) => rows[i] ?? '');
  const above = [cut(head, width), fit(lockText, width), headerRow(placed, width, theme.dim)];
  const below = [theme.warn(fit(notice === '' ? '' : ` ${notice}`, width)), legend(theme, language, width), theme.dim(fit(` ${texts.keys}`, width))];
  return [...above, ...body, ...below].slice(0, height).map((text) => theme.inCharset(row(width, text)));
}

/** A styled text that is too long loses its styles with its end. */
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
