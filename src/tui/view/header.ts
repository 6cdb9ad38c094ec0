/**
 * The header: what runs where, the state of time, and figures.
 */
import type { Address } from '../../server/index.js';
import { clockText, dateText } from '../state/date-text.js';
import { withParticle } from '../../shared/korean.js';
import type { InLanguages, Language } from '../../shared/language.js';
import { commandsPerSecond, droppedOfLate, secondsUpTo } from '../state/model/rates.js';
import { busyOf, type Control, type ServerInfo, type State } from '../state/state.js';
import { bar } from './parts/bar.js';
import { secondsText } from './parts/busy.js';
import { goalText } from './parts/goal.js';
import { formatCount, row, truncate, width as widthOf } from './text.js';
import type { Style, Theme } from './theme.js';

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

const ENGLISH = {
  turn: (turn: string) => `turn ${turn}`,
  event: (turn: string, event: string) => `${turn}, event ${event}`,
  connections: (count: number): readonly string[] => [plural(count, 'connection'), `${formatCount(count)} conn`],
  perSecond: (count: string) => `${count} cmd/s`,
  breakpoints: (count: number) => plural(count, 'breakpoint'),
  heldAt: (kind: string) => `held at ${kind}`,
  dropped: (commands: number, turns: number): readonly string[] => [
    `dropped from the trace: ${plural(commands, 'command')}, ${plural(turns, 'turn')}`,
    `${formatCount(commands)} dropped`,
  ],
  step: (goal: string) => `STEP: waits for ${goal}`,
  run: (goal: string) => `RUN to ${goal}`,
  position: (at: string, of: string) => `${at} of ${of}`,
  goingBack: 'going back…',
  untimed: ['durations not measured', 'no durations'] as readonly string[],
  fork: (turn: string, event: number) => `FORK ${event === 0 ? `before turn ${turn}` : `of turn ${turn}, event ${event}`}`,
  ended: 'ENDED',
  noAddress: 'no address',
  taken: (port: number) => `${port} is taken`,
  edgeTriggered: 'edge-triggered',
  batchedSends: 'batched sends',
  emulated: 'portable, readiness emulated',
  emulatedShort: 'portable, emulated',
  virtualClock: 'virtual clock',
  virtual: 'virtual',
};

type Texts = typeof ENGLISH;

const KOREAN: Texts = {
  turn: (turn) => `턴 ${turn}`,
  event: (turn, event) => `${turn}, 이벤트 ${event}`,
  connections: (count) => [`연결 ${formatCount(count)}개`, `연결 ${formatCount(count)}`],
  perSecond: (count) => `${count} cmd/s`,
  breakpoints: (count) => `중단점 ${formatCount(count)}개`,
  heldAt: (kind) => `${kind}에서 멈춤`,
  dropped: (commands, turns) => [
    `트레이스에서 빠짐: 명령 ${formatCount(commands)}개, 턴 ${formatCount(turns)}개`,
    `${formatCount(commands)}개 빠짐`,
  ],
  step: (goal) => `STEP: ${goal} 기다림`,
  run: (goal) => `RUN: ${goal}까지`,
  position: (at, of) => `${at}/${of}`,
  goingBack: '되돌아가는 중…',
  untimed: ['시간은 재지 않음', '시간 없음'],
  fork: (turn, event) => `FORK 턴 ${turn}${event === 0 ? ' 이전' : `, 이벤트 ${event}`}`,
  ended: '끝남',
  noAddress: '주소 없음',
  taken: (port) => `${withParticle(port, '은/는')} 사용 중`,
  edgeTriggered: '에지 트리거',
  batchedSends: '전송 묶음',
  emulated: 'portable, 준비 상태 흉내',
  emulatedShort: 'portable, 흉내',
  virtualClock: '가상 시계',
  virtual: '가상',
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

/** A part of a row. Without room, each is first shortened, and then left out, from the highest rank on. */
interface Part {
  /** The longest form comes first. */
  readonly ways: readonly string[];
  readonly style: Style;
  readonly rank: number;
  /** The form that is kept as long as there are less important parts; left out: none. */
  readonly leastWay?: number;
  /** It stands out by its style: there is no dot before or after it. */
  readonly isBlock?: boolean;
}

export interface HeaderContext {
  readonly theme: Theme;
  readonly width: number;
  /** 1 or 2. */
  readonly height: number;
}

/** Exactly `height` rows of exactly `width` columns. */
export function header(state: State, { theme, width, height }: HeaderContext): string[] {
  const parts = partsOf(state, theme);
  const fit = (names: readonly PartName[]): readonly StyledText[] => fitted(names.map((name) => parts[name]), width, theme);
  if (height === 1) return [rowOf(width, fit(state.control.moment === null ? ONE_ROW : ONE_ROW_OF_THE_PAST))];
  const seconds = secondsUpTo(state.model.rates, nowUs(state));
  return [rowOf(width, withSparkline(fit(FIRST_ROW), seconds, theme, width)), rowOf(width, fit(SECOND_ROW))];
}

const ONE_ROW: readonly PartName[] = [
  'name', 'fork', 'time', 'rules', 'travel', 'turn', 'address', 'connections', 'perSecond', 'poller', 'clock', 'breakpoints', 'held', 'drops',
];
const ONE_ROW_OF_THE_PAST: readonly PartName[] = ['name', 'fork', 'time', 'rules', 'travel', 'scrubber', 'turn', 'when', 'untimed', 'clock', 'held', 'drops'];
const FIRST_ROW: readonly PartName[] = ['name', 'fork', 'time', 'rules', 'travel', 'scrubber', 'turn', 'when', 'connections', 'perSecond'];
const SECOND_ROW: readonly PartName[] = ['address', 'poller', 'clock', 'breakpoints', 'held', 'untimed', 'drops'];

/** The full header texts; empty: none. */
export function factsOf(state: State, theme: Theme): { readonly [name in PartName]: string } {
  const entries = Object.entries(partsOf(state, theme)).map(([name, { ways: [longest = ''] }]) => [name, longest.trim()]);
  return Object.fromEntries(entries) as { [name in PartName]: string };
}

const nowUs = ({ ui, model }: State): number => (ui.nowMs - model.originMs) * 1000;

type PartName =
  | 'name' | 'fork' | 'time' | 'rules' | 'travel' | 'scrubber' | 'turn' | 'when' | 'connections' | 'perSecond' | 'address' | 'poller' | 'clock' | 'breakpoints'
  | 'held' | 'untimed' | 'drops';

function partsOf(state: State, theme: Theme): { readonly [name in PartName]: Part } {
  const { server, control } = state;
  const { language } = state.ui;
  const texts = TEXTS[language];
  const busy = busyOf(state);
  const { rates } = state.model;
  const { turn, connections } = rates;
  const dropped = droppedOfLate(rates, nowUs(state));
  const stops = control.breakpoints.length;
  const hasEnded = control.mode !== 'history' && (state.program?.end ?? null) !== null;
  return {
    name: namePart(server, theme),
    fork: { ways: forkWays(server, texts), style: (text) => theme.warn(theme.highlight(text)), rank: 1, isBlock: true },
    time: {
      ways: [` ${hasEnded ? texts.ended : busy === null ? timeText(control, theme, language) : `BUSY ${secondsText(busy.activity.turnMs, language)}`} `],
      style: busy === null && !hasEnded ? timeStyle(control, theme) : (text) => theme.bad(theme.highlight(text)),
      rank: 0,
      isBlock: true,
    },
    rules: { ways: rulesWays(state.model.rules), style: (text) => theme.bad(theme.highlight(text)), rank: 1, leastWay: 1, isBlock: true },
    travel: { ways: control.travel === 'slow' ? [texts.goingBack, '…'] : [], style: theme.warn, rank: 1 },
    scrubber: { ways: scrubberWays(control, theme), style: theme.warn, rank: 3, isBlock: true },
    turn: { ways: turnWays(control, busy?.activity.turn ?? turn, texts), style: plain, rank: 1 },
    when: { ways: control.moment === null ? [] : [clockText(control.position?.wallMs ?? state.ui.nowMs)], style: plain, rank: 2 },
    connections: { ways: texts.connections(connections), style: plain, rank: 7 },
    perSecond: { ways: [texts.perSecond(formatCount(commandsPerSecond(rates, nowUs(state))))], style: plain, rank: 2 },
    address: { ways: placeWays(server, texts), style: theme.strong, rank: 4 },
    poller: { ways: pollerWays(server, texts), style: server.poller === 'epoll' ? plain : theme.warn, rank: 6 },
    clock: { ways: clockWays(state, texts), style: theme.warn, rank: 3 },
    breakpoints: { ways: stops === 0 ? [] : [texts.breakpoints(stops), `b ${stops}`], style: theme.warn, rank: 3 },
    held: { ways: control.heldAt === null ? [] : [texts.heldAt(control.heldAt.kind), ''], style: theme.warn, rank: 9 },
    untimed: { ways: control.position?.isUntimed === true ? texts.untimed : [], style: theme.warn, rank: 6 },
    drops: { ways: dropped === null ? [] : texts.dropped(dropped.commands, dropped.turns), style: theme.warn, rank: 5 },
  };
}

/** The file of the open recording; the last part to be left out. */
function namePart({ recording }: ServerInfo, theme: Theme): Part {
  if (recording === undefined) return { ways: ['redis-lab', ''], style: theme.title, rank: 8, isBlock: true };
  const name = theme.visible(recording.name);
  return { ways: [`redis-lab ${name}`, name, truncate(name, FILE_COLUMNS)], style: theme.title, rank: 1, leastWay: 1, isBlock: true };
}

/** Active rules and defects: in full, by name, or the first one with the number of the others. */
function rulesWays(rules: readonly string[]): readonly string[] {
  if (rules.length === 0) return [];
  const names = rules.map((text) => text.split(' ', text.startsWith('rule ') ? 2 : 1).join(' '));
  return [` ${rules.join(', ')} `, ` ${names.join(', ')} `, ...(names.length === 1 ? [] : [` ${names[0]!} +${names.length - 1} `])];
}

/** For a file name, if there is little room. */
const FILE_COLUMNS = 16;

const plain: Style = (text) => text;

function timeText({ mode, position, eventsPerSecond, heldAt, stepping }: Control, theme: Theme, language: Language): string {
  const texts = TEXTS[language];
  switch (mode) {
    case 'live':
      return 'LIVE';
    case 'slow':
      return `SLOW ${eventsPerSecond}/s`;
    case 'stepping':
      return typeof stepping === 'string' ? texts.step(goalText(stepping, theme, language)) : texts.run(goalText(stepping ?? {}, theme, language));
    case 'paused':
      return 'PAUSED';
    case 'history':
      return `HISTORY${position === null ? '' : ` ${texts.position(formatCount(position.at), formatCount(position.of))}`}${heldAt === null ? '' : ' PAUSED'}`;
  }
}

/** In the history with the event, counted within its turn. */
function turnWays({ moment }: Control, turn: number, texts: Texts): readonly string[] {
  const text = texts.turn(formatCount(turn));
  return moment === null ? [text] : [texts.event(text, formatCount(moment.event)), `${text}.${moment.event}`];
}

/** Widths of the scrubber, from the longest on. */
const SCRUBBER_COLUMNS = [40, 24, 12, 6] as const;

/** Position of the shown moment in the history: full in the newest turn. */
function scrubberWays({ position }: Control, { glyphs }: Theme): readonly string[] {
  return position === null ? [] : SCRUBBER_COLUMNS.map((columns) => bar(position.at / position.of, columns, glyphs));
}

function timeStyle({ mode }: Control, theme: Theme): Style {
  const inverse: Style = (text) => theme.highlight(text);
  if (mode === 'live') return (text) => theme.good(inverse(text));
  return (text) => theme.warn(inverse(text));
}

function placeWays({ addresses, wantedPort }: ServerInfo, texts: Texts): readonly string[] {
  const [first] = addresses;
  if (first === undefined) return [texts.noAddress];
  const taken = wantedPort === null ? '' : ` (${texts.taken(wantedPort)})`;
  const others = addresses.length === 1 ? '' : ` +${addresses.length - 1}`;
  const short = 'path' in first ? addressText(first) : `:${first.port}`;
  return [addresses.map(addressText).join(', ') + taken, addressText(first) + others + taken, short + others];
}

export function addressText(address: Address): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function pollerWays({ poller, edgeTriggered, pollerFallback, sends }: ServerInfo, texts: Texts): readonly string[] {
  const edge = edgeTriggered ? `, ${texts.edgeTriggered}` : '';
  const batched = sends === 'batched' ? `, ${texts.batchedSends}` : '';
  if (poller === 'epoll') return [`epoll${edge}${batched}`, `epoll${edgeTriggered ? ' ET' : ''}${sends === 'batched' ? '+io_uring' : ''}`];
  const { emulated } = texts;
  return [`${emulated}${pollerFallback === null ? '' : ` (${pollerFallback})`}${edge}`, emulated + edge, texts.emulatedShort];
}

function forkWays({ forkedAsOf }: ServerInfo, texts: Texts): readonly string[] {
  if (forkedAsOf === undefined) return [];
  if (forkedAsOf === 'now') return [' FORK '];
  const { turn, event } = forkedAsOf.asOf;
  return [` ${texts.fork(formatCount(turn), event)} `, ' FORK '];
}

/** The time of a virtual clock. */
function clockWays({ server, ui }: State, texts: Texts): readonly string[] {
  if (server.hasVirtualClock !== true) return [];
  if (Number.isNaN(ui.nowMs)) return [texts.virtualClock];
  const date = dateText(ui.nowMs);
  const time = date.slice(11, -4);
  return [`${texts.virtualClock} ${date}`, `${texts.virtual} ${time}`, time];
}

interface StyledText {
  readonly text: string;
  readonly style: Style;
}

/** Parts from this rank on are left out before a part with a `leastWay` is shortened further. */
const LEFT_OUT_FIRST = 5;

/** The parts that fit into the width, with their separators. */
function fitted(parts: readonly Part[], width: number, theme: Theme): readonly StyledText[] {
  const givingWay = parts.filter(({ rank }) => rank > 0).toSorted((a, b) => b.rank - a.rank);
  const way = new Map(parts.map((part) => [part, 0]));
  const laid = (): readonly StyledText[] => joined(parts.map((part) => ({ ...part, text: part.ways[way.get(part)!] ?? '' })), theme);
  const isTooWide = (): boolean => laid().reduce((total, { text }) => total + widthOf(text), 0) > width;
  const shorten = (part: Part, last: number): void => {
    while (isTooWide() && way.get(part)! < last) way.set(part, way.get(part)! + 1);
  };
  const leaveOut = (part: Part): void => void (isTooWide() && way.set(part, part.ways.length));
  for (const part of givingWay) shorten(part, Math.min(part.ways.length - 1, part.leastWay ?? Infinity));
  givingWay.filter(({ rank }) => rank >= LEFT_OUT_FIRST).forEach(leaveOut);
  for (const part of givingWay) shorten(part, part.ways.length - 1);
  givingWay.forEach(leaveOut);
  return laid();
}

function joined(parts: readonly (StyledText & { readonly isBlock?: boolean })[], theme: Theme): readonly StyledText[] {
  const shown = parts.filter(({ text }) => text !== '');
  return shown.flatMap((part, i) => {
    const before = shown[i - 1];
    const hasDot = before !== undefined && before.isBlock !== true && part.isBlock !== true;
    return [{ text: hasDot ? ` ${theme.glyphs.dot} ` : ' ', style: plain }, part];
  });
}

/** Shows the last seconds in the remaining room. */
function withSparkline(parts: readonly StyledText[], perSecond: readonly number[], theme: Theme, width: number): readonly StyledText[] {
  const room = width - parts.reduce((total, { text }) => total + widthOf(text), 0) - 2;
  if (room < 5) return parts;
  const seconds = perSecond.slice(-Math.min(room, 60));
  const highest = Math.max(1, ...seconds);
  const { spark } = theme.glyphs;
  const bars = seconds.map((count) => spark[Math.ceil((count / highest) * (spark.length - 1))] ?? ' ').join('');
  return [...parts, { text: ` ${bars}`, style: theme.dim }];
}

/** Cut only if even the time has no room. */
function rowOf(columns: number, parts: readonly StyledText[]): string {
  let left = columns;
  const styled = parts.map(({ text, style }) => {
    const shown = truncate(text, left);
    left -= widthOf(shown);
    return style(shown);
  });
  return row(columns, ...styled);
}
