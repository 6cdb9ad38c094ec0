/**
 * The screen: `Screen = view(State, Size)`. Panes render themselves to rows; Ink places them and draws their boxes.
 *
 * Each pane is one node: a blank of its size, and a transformation that replaces it by the finished rows. This is the cheapest form for a frame of Ink
 * (docs/decisions.md).
 */
import { Box, Transform } from 'ink';
import type { JSX } from 'react';
import { ANSWERS, FIRST_MINUTE } from '../state/learn/first-minute.js';
import { LESSON_TEXTS } from '../state/learn/lesson-texts.js';
import type { LessonList } from '../state/learn/lesson.js';
import { formatBreakpoint } from '../state/breakpoints.js';
import { withParticle } from '../../shared/korean.js';
import type { InLanguages } from '../../shared/language.js';
import { PANE_IDS, type PaneId } from '../state/pane-id.js';
import { LOOP_OF_PROGRAM } from '../state/learn/glossary/index.js';
import type { State } from '../state/state.js';
import { toBytes } from '../state/typed-text.js';
import { footer, promptColumn } from './footer.js';
import { addressText, header } from './header.js';
import { help, helpLimit, type HelpView } from './help.js';
import { insideOf, layoutOf, MINIMUM, type Frame, type Layout, type Place } from './layout.js';
import type { Size } from './pane.js';
import { paneOf } from './panes/index.js';
import { pagerRows, pagerTitle } from './pager.js';
import { listRows } from './parts/lesson.js';
import { wrap } from './parts/wrap.js';
import { fit, row, splitAt, truncate, width as widthOf } from './text.js';
import { spelledIn, type Theme } from './theme.js';

type Address = State['server']['addresses'][number];
type KeyNames = Theme['glyphs']['keys'];

const ENGLISH = {
  help: 'Help',
  welcome: 'Welcome',
  invitation: (address: Address | undefined, keys: KeyNames): readonly string[] => [
    'A Redis server, on one event loop.',
    `Connect:      ${connectText(address)}`,
    'Or type here: SET greeting hello EX 60',
    '',
    'Esc, Space    stop the loop itself',
    'e  c  t       one event, command, turn',
    `${`${keys.left}  ${keys.right}`.padEnd(14)}back and forward in time`,
    '?             what a pane shows',
    '',
    ...(address === undefined || 'path' in address ? [] : [`Other clients: ${addressText(address)}`]),
  ],
  breakpoints: 'Breakpoints',
  noBreakpoint: 'No breakpoint yet. The loop stops before a command that one names.',
  conditions: [
    'DEL, cmd:del      a command',
    'user:*, key user  commands on these keys',
    '#7, token 7       all of one connection',
    'event expire      an event of the trace',
    'us>1000, ms>5     after a command slower than that',
    'err               at a reply that is an error',
    '-1                deletes number 1; -* all of them',
  ],
  yesOrNo: 'y: yes, any other key: no',
  tooSmall: (needed: string, size: string): readonly string[] => [
    `The lab needs ${needed};`,
    `this is ${size}.`,
    'Enlarge the window, or',
    'press q to quit.',
  ],
};

const KOREAN: typeof ENGLISH = {
  help: '도움말',
  welcome: '환영합니다',
  invitation: (address, keys) => [
    '이벤트 루프 하나로 동작하는 Redis 서버',
    `접속:         ${connectText(address)}`,
    '또는 여기에:  SET greeting hello EX 60',
    '',
    'Esc, Space    루프 자체를 멈춤',
    'e  c  t       이벤트, 명령, 턴 한 개씩',
    `${`${keys.left}  ${keys.right}`.padEnd(14)}과거로, 다시 앞으로`,
    '?             창이 보여 주는 것',
    '',
    ...(address === undefined || 'path' in address ? [] : [`다른 클라이언트: ${addressText(address)}`]),
  ],
  breakpoints: '중단점',
  noBreakpoint: '아직 중단점이 없습니다. 지정한 명령 앞에서 루프가 멈춥니다.',
  conditions: [
    'DEL, cmd:del      명령',
    'user:*, key user  이 키들에 대한 명령',
    '#7, token 7       한 연결의 모든 명령',
    'event expire      트레이스의 이벤트',
    'us>1000, ms>5     이보다 느린 명령 직후',
    'err               오류 응답에서',
    '-1                1번 삭제, -*는 모두 삭제',
  ],
  yesOrNo: 'y: 예, 다른 키: 아니요',
  tooSmall: (needed, size) => [`lab에는 ${withParticle(needed, '이/가')} 필요합니다.`, `지금은 ${size}입니다.`, '창을 키우거나', 'q로 종료하십시오.'],
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

export interface ScreenProps {
  readonly state: State;
  readonly size: Size;
  readonly theme: Theme;
}

export function Screen({ state, size, theme: plain }: ScreenProps): JSX.Element {
  const theme = spelledIn(plain, state.ui.spelling);
  const layout = layoutOf(size, state.ui);
  if (layout === null) {
    return (
      <Box width={size.width} height={size.height}>
        <Rows x={0} y={0} rows={tooSmall(state, size)} size={size} theme={theme} />
      </Box>
    );
  }
  const overlay = overlayOf(state, layout, size, theme);
  return (
    <Box width={size.width} height={size.height}>
      <Rows
        x={0}
        y={0}
        rows={header(state, { theme, width: size.width, height: layout.headerRows })}
        size={{ width: size.width, height: layout.headerRows }}
        theme={theme}
      />
      {layout.places.map((place) => (
        <PaneBox key={place.pane} state={state} place={place} frame={layout.frame} cover={overlay?.place ?? null} theme={theme} />
      ))}
      {overlay === null ? null : <Overlay {...overlay} theme={theme} />}
      <Rows
        x={0}
        y={size.height - 1}
        rows={[footer(state, paneOf(state, state.ui.focus), theme, size.width)]}
        size={{ width: size.width, height: 1 }}
        theme={theme}
      />
    </Box>
  );
}

/** The position of the terminal's cursor; null: none. */
export function cursorOf(state: State, size: Size, theme: Theme): { readonly row: number; readonly column: number } | null {
  const layout = layoutOf(size, state.ui);
  const { focus, isHelpOpen, prompt } = state.ui;
  if (layout === null || (isHelpOpen && prompt === null)) return null;
  if (prompt !== null) return { row: size.height - 1, column: Math.min(promptColumn(state, theme, size.width) ?? 0, size.width - 1) };
  if (state.repl.pager !== null) return null;
  const place = layout.places.find(({ pane }) => pane === focus);
  const cursor = place === undefined ? null : (paneOf(state, focus).cursor?.(state, { theme, size: insideOf(place, layout.frame) }) ?? null);
  if (place === undefined || cursor === null) return null;
  return { row: place.y + 1 + cursor.row, column: place.x + (layout.frame === 'box' ? 1 : 0) + cursor.column };
}

/** How far the help can be scrolled. */
export function helpScrollLimit(state: State, size: Size, theme: Theme): number {
  const layout = layoutOf(size, state.ui);
  return layout === null ? 0 : helpLimit(helpView(state), theme, boxInside(helpPlace(layout, size)));
}

const helpView = (state: State): HelpView => ({
  pane: paneOf(state, state.ui.focus), language: state.ui.language, search: state.ui.helpSearch,
  ...(state.program !== null && state.ui.focus === 'loop' && { chapter: LOOP_OF_PROGRAM }),
});

const helpTitle = (state: State, theme: Theme): string =>
  state.ui.helpSearch === '' ? paneOf(state, state.ui.focus).title : `/${theme.typed(toBytes(state.ui.helpSearch), 40)}`;

/** The inside of a pane now, for its requests to the server; null: it is not on the screen. */
export function paneSize(state: State, id: PaneId, size: Size): Size | null {
  const layout = layoutOf(size, state.ui);
  const place = layout?.places.find(({ pane }) => pane === id);
  return layout === null || place === undefined ? null : insideOf(place, layout.frame);
}

interface RowsProps {
  readonly x: number;
  readonly y: number;
  readonly rows: readonly string[];
  readonly size: Size;
  readonly theme: Theme;
}

/** Finished rows, as one node. */
function Rows({ x, y, rows, size, theme }: RowsProps): JSX.Element {
  return (
    <Box position="absolute" marginLeft={x} marginTop={y} width={size.width} height={size.height}>
      <Transform transform={(_, index) => theme.inCharset(rows[index] ?? '')}>{blank(size)}</Transform>
    </Box>
  );
}

type Area = Omit<Place, 'pane'>;

interface PaneBoxProps {
  readonly state: State;
  readonly place: Place;
  readonly frame: Frame;
  /** The area drawn over it; null: none. */
  readonly cover: Area | null;
  readonly theme: Theme;
}

function PaneBox({ state, place, frame, cover, theme }: PaneBoxProps): JSX.Element {
  const pane = paneOf(state, place.pane);
  const isFocused = state.ui.focus === place.pane;
  const size = insideOf(place, frame);
  const inset = frame === 'rule' ? 0 : 1;
  const rows = uncut(pane.render(state, { theme, size, isFocused }), { x: place.x + inset, y: place.y + 1 }, cover);
  const name = ` ${PANE_IDS.indexOf(place.pane) + 1} ${pane.title}`;
  const room = place.width - (frame === 'rule' ? 3 : 4);
  const badge = pane.badge(state, room - widthOf(name) - 4, size);
  const title = `${name}${badge === '' ? '' : ` ${theme.glyphs.dot} ${badge}`} `;
  if (frame === 'rule') {
    const width = place.width - 1;
    const ruled = uncut([rule(title, width, isFocused, theme)], place, cover);
    return <Rows x={place.x} y={place.y} rows={[...ruled, ...rows]} size={{ width, height: place.height }} theme={theme} />;
  }
  const [shown] = uncut([truncate(title, place.width - 4)], { x: place.x + 2, y: place.y }, cover);
  return <Boxed place={place} title={shown!} rows={rows} isFocused={isFocused} theme={theme} />;
}

/** Rows that begin at a place, without characters that the edges of an overlay would halve. */
function uncut(rows: readonly string[], { x, y }: Pick<Area, 'x' | 'y'>, cover: Area | null): readonly string[] {
  if (cover === null) return rows;
  return rows.map((text, i) => {
    if (y + i < cover.y || y + i >= cover.y + cover.height) return text;
    return splitAt(splitAt(text, cover.x - x), cover.x + cover.width - x);
  });
}

interface BoxedProps {
  readonly place: Area;
  readonly title: string;
  readonly rows: readonly string[];
  readonly isFocused: boolean;
  readonly theme: Theme;
}

/** A border with a title in it. */
function Boxed({ place: { x, y, width, height }, title, rows, isFocused, theme }: BoxedProps): JSX.Element {
  const [topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical] = theme.glyphs.box;
  const color = isFocused ? theme.focusedBoxColor : theme.boxColor;
  const shown = truncate(title, width - 4);
  return (
    <>
      <Box
        position="absolute"
        marginLeft={x}
        marginTop={y}
        width={width}
        height={height}
        borderStyle={{ topLeft, topRight, bottomLeft, bottomRight, top: horizontal, bottom: horizontal, left: vertical, right: vertical }}
        {...(color === undefined ? {} : { borderColor: color })}
      >
        <Transform transform={(_, index) => theme.inCharset(rows[index] ?? '')}>{blank({ width: width - 2, height: height - 2 })}</Transform>
      </Box>
      <Rows x={x + 2} y={y} rows={[(isFocused ? theme.focusedTitle : theme.title)(shown)]} size={{ width: widthOf(shown), height: 1 }} theme={theme} />
    </>
  );
}

function rule(title: string, width: number, isFocused: boolean, theme: Theme): string {
  const shown = truncate(title, width - 2);
  const horizontal = theme.glyphs.box[4];
  const border = isFocused ? theme.focusedBorder : theme.border;
  return `${border(horizontal)}${(isFocused ? theme.focusedTitle : theme.title)(shown)}${border(horizontal.repeat(Math.max(0, width - 1 - widthOf(shown))))}`;
}

interface OverlayProps {
  readonly place: Area;
  readonly title: string;
  readonly rows: readonly string[];
}

function Overlay({ place, title, rows, theme }: OverlayProps & { readonly theme: Theme }): JSX.Element {
  return <Boxed place={place} title={title} rows={rows} isFocused theme={theme} />;
}

/** What is drawn over the panes: help, the list of breakpoints, the invitation. */
function overlayOf(state: State, layout: Layout, size: Size, theme: Theme): OverlayProps | null {
  const { ui, repl } = state;
  if (repl.pager !== null) {
    const place = replyPlace(layout, size);
    const inside = boxInside(place);
    return { place, title: pagerTitle(repl.pager, inside, theme, ui.language), rows: pagerRows(repl.pager, inside, theme) };
  }
  if (ui.isHelpOpen) {
    const place = helpPlace(layout, size);
    return { place, title: ` ${TEXTS[ui.language].help}: ${helpTitle(state, theme)} `, rows: help(helpView(state), ui.helpScroll, theme, boxInside(place)) };
  }
  if (ui.prompt?.kind === 'breakpoint') return breakpointList(state, size, theme);
  if (state.lesson?.type === 'list') return lessonList(state.lesson, state, size, theme);
  if (ui.isZoomed || state.lesson !== null) return null;
  const paragraphs = leadingText(state, theme);
  const lines = paragraphs === null && ui.isFresh ? TEXTS[ui.language].invitation(state.server.addresses[0], theme.glyphs.keys) : null;
  if (paragraphs === null && lines === null) return null;
  const place = welcomePlace(layout);
  const { width, height } = boxInside(place);
  const columns = width - 2;
  const shown = lines === null ? paragraphs!.flatMap((each) => (each === '' ? [''] : wrap(each, columns, height))) : fittedLines(lines, columns, height);
  const rows = exactly(shown.slice(0, height).map((line) => ` ${truncate(line, columns)}`), { width, height });
  return { place, title: ` ${TEXTS[ui.language].welcome} `, rows };
}

/** The lines of the invitation, those that are too long broken at blanks. The first says what the lab is: without room for it, the others come first. */
function fittedLines(lines: readonly string[], columns: number, rows: number): readonly string[] {
  const needed = widthOf(lines[0]!) <= columns ? lines : lines.slice(1);
  return needed.flatMap((line) => (widthOf(line) <= columns ? [line] : wrap(line.replace(/ {2,}/g, ' '), columns, rows)));
}

/** The text of the welcome box during the first minute, in paragraphs; null: none. */
function leadingText({ firstMinute, server, ui }: State, theme: Theme): readonly string[] | null {
  const texts = FIRST_MINUTE[ui.language];
  switch (firstMinute?.step) {
    case 'invitation':
      return texts.invitation(connectText(server.addresses[0]));
    case 'question':
      return [...texts.question, '', ...ANSWERS.map((answer, i) => `${i + 1}  ${texts.answers[answer]}`), '', texts.press];
    case 'explained':
      return texts.explained(firstMinute.answer, firstMinute.evidence, theme.glyphs.keys);
    default:
      return null;
  }
}

const replyPlace = ({ headerRows, footerRows }: Layout, size: Size): Area => ({
  x: 0, y: headerRows, width: size.width, height: size.height - headerRows - footerRows,
});

/** The inside of an open reply; null: the screen is too small for one. */
export function replySize(state: State, size: Size): Size | null {
  const layout = layoutOf(size, state.ui);
  return layout === null ? null : boxInside(replyPlace(layout, size));
}

function helpPlace({ headerRows, footerRows }: Layout, size: Size): Area {
  const width = Math.min(size.width, 110);
  return { x: Math.floor((size.width - width) / 2), y: headerRows, width, height: size.height - headerRows - footerRows };
}

const boxInside = ({ width, height }: { readonly width: number; readonly height: number }): Size => ({ width: width - 2, height: height - 2 });

function lessonList(lesson: LessonList, { ui: { language } }: State, size: Size, theme: Theme): OverlayProps {
  const width = Math.min(size.width, 90);
  const height = Math.min(size.height - 2, lesson.entries.length + 2);
  const place = { x: Math.floor((size.width - width) / 2), y: Math.max(1, Math.floor((size.height - height) / 2)), width, height };
  const inside = boxInside(place);
  return { place, title: ` ${LESSON_TEXTS[language].list} `, rows: exactly(listRows(lesson, language, theme, inside), inside) };
}

function breakpointList({ control: { breakpoints }, ui: { language } }: State, size: Size, theme: Theme): OverlayProps {
  const width = Math.min(size.width, 72);
  const lines = [
    ...(breakpoints.length === 0
      ? [TEXTS[language].noBreakpoint]
      : breakpoints.map((breakpoint, i) => `${i + 1}  ${theme.visible(formatBreakpoint(breakpoint))}`)),
    '',
    ...TEXTS[language].conditions,
  ];
  const height = Math.min(size.height - 2, lines.length + 2);
  const inside = { width: width - 2, height: height - 2 };
  return {
    place: { x: 0, y: size.height - 1 - height, width, height },
    title: ` ${TEXTS[language].breakpoints} `,
    rows: exactly(lines.map((line) => ` ${truncate(line, inside.width - 2)}`), inside),
  };
}

/** Over the two panes that are empty as long as nothing happens. */
function welcomePlace({ places }: Layout): Area {
  const frames = places.find(({ pane }) => pane === 'frames')!;
  const readiness = places.find(({ pane }) => pane === 'readiness')!;
  return readiness.x === frames.x ? { ...frames, y: readiness.y, height: readiness.height + frames.height } : frames;
}

/** How to connect with redis-cli. */
export function connectText(address: State['server']['addresses'][number] | undefined): string {
  return address === undefined ? '' : 'path' in address ? `redis-cli -s ${address.path}` : `redis-cli -p ${address.port}`;
}

function tooSmall({ ui: { question, language } }: State, { width, height }: Size): string[] {
  const lines =
    question !== null
      ? [...wrap(`${question.text}?`, width, 3), TEXTS[language].yesOrNo]
      : TEXTS[language].tooSmall(`${MINIMUM.width}x${MINIMUM.height}`, `${width}x${height}`);
  return exactly(lines.map((line) => truncate(line, width)), { width, height });
}

function exactly(lines: readonly string[], { width, height }: Size): string[] {
  return Array.from({ length: height }, (_, i) => row(width, i < lines.length ? fit(lines[i]!, width) : ''));
}

const blanks = new Map<string, string>();

/** The same string for the same size, so that Ink measures it once. */
function blank({ width, height }: Size): string {
  const name = `${width}x${height}`;
  const known = blanks.get(name);
  if (known !== undefined) return known;
  if (blanks.size > 200) blanks.clear();
  const made = Array.from({ length: height }, () => ' '.repeat(width)).join('\n');
  blanks.set(name, made);
  return made;
}
