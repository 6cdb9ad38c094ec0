/**
 * The header: what runs where, what time does, and how much of it there is.
 */
import type { Address } from '../../server/index.js';
import { clockText, dateText } from '../state/date-text.js';
import { commandsPerSecond, droppedOfLate, secondsUpTo } from '../state/model/rates.js';
import { busyOf, type Control, type ServerInfo, type State } from '../state/state.js';
import { bar } from './parts/bar.js';
import { secondsText } from './parts/busy.js';
import { goalText } from './parts/goal.js';
import { formatCount, row, truncate, width as widthOf } from './text.js';
import type { Style, Theme } from './theme.js';

/** A part of a row. Where there is no room, each is first said in fewer words, and then left out, from the highest rank on. */
interface Part {
  /** The longest way to say it comes first. */
  readonly ways: readonly string[];
  readonly style: Style;
  readonly rank: number;
  /** Stands apart by its style: there is no dot before or behind it. */
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
  const { name, time, rules, travel, scrubber, turn, when, connections, perSecond, address, poller, clock, breakpoints, held, drops } = parts;
  if (height === 1) {
    const past = [name, time, rules, travel, scrubber, turn, when, clock, held, drops];
    const now = [name, time, rules, travel, turn, address, connections, perSecond, poller, clock, breakpoints, held, drops];
    return [rowOf(width, fitted(state.control.moment === null ? now : past, width, theme))];
  }
  const first = fitted([name, time, rules, travel, scrubber, turn, when, connections, perSecond], width, theme);
  const seconds = secondsUpTo(state.model.rates, nowUs(state));
  return [rowOf(width, withSparkline(first, seconds, theme, width)), rowOf(width, fitted([address, poller, clock, breakpoints, held, drops], width, theme))];
}

/** What the header says, in full; empty: nothing. */
export function factsOf(state: State, theme: Theme): { readonly [name in PartName]: string } {
  const entries = Object.entries(partsOf(state, theme)).map(([name, { ways: [longest = ''] }]) => [name, longest.trim()]);
  return Object.fromEntries(entries) as { [name in PartName]: string };
}

const nowUs = ({ ui, model }: State): number => (ui.nowMs - model.originMs) * 1000;

type PartName =
  | 'name' | 'time' | 'rules' | 'travel' | 'scrubber' | 'turn' | 'when' | 'connections' | 'perSecond' | 'address' | 'poller' | 'clock' | 'breakpoints' | 'held'
  | 'drops';

function partsOf(state: State, theme: Theme): { readonly [name in PartName]: Part } {
  const { server, control } = state;
  const busy = busyOf(state);
  const { rates } = state.model;
  const { turn, connections } = rates;
  const dropped = droppedOfLate(rates, nowUs(state));
  const stops = control.breakpoints.length;
  return {
    name: { ways: ['redis-lab', ''], style: theme.title, rank: 8, isBlock: true },
    time: {
      ways: [` ${busy === null ? timeText(control, theme) : `BUSY ${secondsText(busy.activity.turnMs)}`} `],
      style: busy === null ? timeStyle(control, theme) : (text) => theme.bad(theme.highlight(text)),
      rank: 0,
      isBlock: true,
    },
    rules: { ways: rulesWays(state.model.rules), style: (text) => theme.bad(theme.highlight(text)), rank: 1, isBlock: true },
    travel: { ways: control.travel === 'slow' ? ['going back…', '…'] : [], style: theme.warn, rank: 1 },
    scrubber: { ways: scrubberWays(control, theme), style: theme.warn, rank: 3, isBlock: true },
    turn: { ways: turnWays(control, busy?.activity.turn ?? turn), style: plain, rank: 1 },
    when: { ways: control.moment === null ? [] : [clockText(state.ui.nowMs)], style: plain, rank: 2 },
    connections: { ways: [plural(connections, 'connection'), `${formatCount(connections)} conn`], style: plain, rank: 7 },
    perSecond: { ways: [`${formatCount(commandsPerSecond(rates, nowUs(state)))} cmd/s`], style: plain, rank: 2 },
    address: { ways: placeWays(server), style: theme.strong, rank: 4 },
    poller: { ways: pollerWays(server), style: server.poller === 'epoll' ? plain : theme.warn, rank: 6 },
    clock: { ways: clockWays(state), style: theme.warn, rank: 3 },
    breakpoints: { ways: stops === 0 ? [] : [plural(stops, 'breakpoint'), `b ${stops}`], style: theme.warn, rank: 3 },
    held: { ways: control.heldAt === null ? [] : [`held at ${control.heldAt.kind}`, ''], style: theme.warn, rank: 9 },
    drops: { ways: dropped === null ? [] : droppedWays(dropped), style: theme.warn, rank: 5 },
  };
}

const droppedWays = ({ commands, turns }: { readonly commands: number; readonly turns: number }): readonly string[] => [
  `dropped from the trace: ${plural(commands, 'command')}, ${plural(turns, 'turn')}`,
  `${formatCount(commands)} dropped`,
];

/** What is wrong with the loop on purpose: in full, by name, by number. */
function rulesWays(rules: readonly string[]): readonly string[] {
  if (rules.length === 0) return [];
  const names = rules.map((text) => text.split(' ', text.startsWith('rule ') ? 2 : 1).join(' '));
  return [` ${rules.join(', ')} `, ` ${names.join(', ')} `, ` ${rules.length} broken `];
}

const plain: Style = (text) => text;

const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

function timeText({ mode, position, eventsPerSecond, heldAt, stepping }: Control, theme: Theme): string {
  switch (mode) {
    case 'live':
      return 'LIVE';
    case 'slow':
      return `SLOW ${eventsPerSecond}/s`;
    case 'stepping':
      return typeof stepping === 'string' ? `STEP: waits for ${goalText(stepping, theme)}` : `RUN to ${goalText(stepping ?? {}, theme)}`;
    case 'paused':
      return 'PAUSED';
    case 'history':
      return `HISTORY${position === null ? '' : ` ${formatCount(position.at)} of ${formatCount(position.of)}`}${heldAt === null ? '' : ' PAUSED'}`;
  }
}

/** In the history the event as well, counted in its turn. */
function turnWays({ moment }: Control, turn: number): readonly string[] {
  const text = `turn ${formatCount(turn)}`;
  return moment === null ? [text] : [`${text}, event ${formatCount(moment.event)}`, `${text}.${moment.event}`];
}

/** Columns of the scrubber, from the longest on. */
const SCRUBBER_COLUMNS = [40, 24, 12, 6] as const;

/** Where in the history the moment lies that is shown: full in the newest turn. */
function scrubberWays({ position }: Control, { glyphs }: Theme): readonly string[] {
  return position === null ? [] : SCRUBBER_COLUMNS.map((columns) => bar(position.at / position.of, columns, glyphs));
}

function timeStyle({ mode }: Control, theme: Theme): Style {
  const inverse: Style = (text) => theme.highlight(text);
  if (mode === 'live') return (text) => theme.good(inverse(text));
  return (text) => theme.warn(inverse(text));
}

function placeWays({ addresses, wantedPort }: ServerInfo): readonly string[] {
  const [first] = addresses;
  if (first === undefined) return ['no address'];
  const taken = wantedPort === null ? '' : ` (${wantedPort} is taken)`;
  const others = addresses.length === 1 ? '' : ` +${addresses.length - 1}`;
  const short = 'path' in first ? addressText(first) : `:${first.port}`;
  return [addresses.map(addressText).join(', ') + taken, addressText(first) + others + taken, short + others];
}

export function addressText(address: Address): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function pollerWays({ poller, edgeTriggered, pollerFallback }: ServerInfo): readonly string[] {
  const edge = edgeTriggered ? ', edge-triggered' : '';
  if (poller === 'epoll') return [`epoll${edge}`, `epoll${edgeTriggered ? ' ET' : ''}`];
  const emulated = 'portable, readiness emulated';
  return [`${emulated}${pollerFallback === null ? '' : ` (${pollerFallback})`}${edge}`, emulated + edge, 'portable, emulated'];
}

/** Of a virtual clock: the time that it shows. */
function clockWays({ server, ui }: State): readonly string[] {
  if (server.hasVirtualClock !== true) return [];
  if (Number.isNaN(ui.nowMs)) return ['virtual clock'];
  const date = dateText(ui.nowMs);
  const time = date.slice(11, -4);
  return [`virtual clock ${date}`, `virtual ${time}`, time];
}

interface StyledText {
  readonly text: string;
  readonly style: Style;
}

/** The parts as they fit into the width, with what stands between them. */
function fitted(parts: readonly Part[], width: number, theme: Theme): readonly StyledText[] {
  const givingWay = parts.filter(({ rank }) => rank > 0).toSorted((a, b) => b.rank - a.rank);
  const way = new Map(parts.map((part) => [part, 0]));
  const laid = (): readonly StyledText[] => joined(parts.map((part) => ({ ...part, text: part.ways[way.get(part)!] ?? '' })), theme);
  const isTooWide = (): boolean => laid().reduce((total, { text }) => total + widthOf(text), 0) > width;
  for (const part of givingWay) while (isTooWide() && way.get(part)! < part.ways.length - 1) way.set(part, way.get(part)! + 1);
  for (const part of givingWay) if (isTooWide()) way.set(part, part.ways.length);
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

/** The room that is left shows the last seconds. */
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
