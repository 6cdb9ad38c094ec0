/**
 * The header: what runs where, what time does, and how much of it there is.
 */
import type { Address } from '../../server/index.js';
import { commandsPerSecond, secondsUpTo } from '../state/model/rates.js';
import type { Control, ServerInfo, State } from '../state/state.js';
import { formatCount, row, truncate, width as widthOf } from './text.js';
import type { Style, Theme } from './theme.js';

/** A part of a row: what counts most comes first and goes last when there is no room. */
interface Part {
  readonly text: string;
  readonly style: Style;
}

export interface HeaderContext {
  readonly theme: Theme;
  readonly width: number;
  /** 1 or 2. */
  readonly height: number;
}

/** Exactly `height` rows of exactly `width` columns. */
export function header(state: State, { theme, width, height }: HeaderContext): string[] {
  const { server, control, model, ui } = state;
  const plain: Style = (text) => text;
  const { rates } = model;
  const atUs = (ui.nowMs - model.originMs) * 1000;
  const dropped = rates.droppedTurns + rates.droppedCommands;
  const perSecond = `${formatCount(commandsPerSecond(rates, atUs))} cmd/s`;
  const time: Part[] = [
    { text: ' redis-lab ', style: theme.title },
    { text: ` ${timeText(control)} `, style: timeStyle(control, theme) },
    { text: ` turn ${formatCount(rates.turn)}`, style: plain },
    { text: ` ${theme.glyphs.dot} ${formatCount(rates.connections)} ${rates.connections === 1 ? 'connection' : 'connections'}`, style: plain },
    { text: ` ${theme.glyphs.dot} ${perSecond}`, style: plain },
  ];
  const where: Part[] = [
    { text: `${height === 1 ? ` ${theme.glyphs.dot}` : ''} ${placeText(server)}`, style: theme.strong },
    { text: ` ${theme.glyphs.dot} ${pollerText(server)}`, style: server.poller === 'epoll' ? plain : theme.warn },
    ...(control.breakpoints.length === 0 ? [] : [{ text: ` ${theme.glyphs.dot} ${control.breakpoints.length} ${control.breakpoints.length === 1 ? 'breakpoint' : 'breakpoints'}`, style: theme.warn }]),
  ];
  const drops: Part[] = dropped === 0 ? [] : [{ text: ` ${theme.glyphs.dot} not shown: ${formatCount(rates.droppedCommands)} commands, ${formatCount(rates.droppedTurns)} turns`, style: theme.warn }];
  if (height === 1) return [rowOf(width, [...time.slice(0, 2), ...time.slice(2, 3), ...where.slice(0, 1), ...time.slice(3), ...where.slice(1), ...drops])];
  const first = withSparkline(time, secondsUpTo(rates, atUs), theme, width);
  const held = control.heldAt === null ? [] : [{ text: ` ${theme.glyphs.dot} held at ${control.heldAt.kind}`, style: theme.warn }];
  return [rowOf(width, first), rowOf(width, [...where, ...held, ...drops])];
}

function timeText({ mode, behind, eventsPerSecond, heldAt, stepping }: Control): string {
  switch (mode) {
    case 'live':
      return 'LIVE';
    case 'slow':
      return `SLOW ${eventsPerSecond}/s`;
    case 'stepping':
      return `STEP: waits for ${stepping === 'event' ? 'an event' : `a ${stepping}`}`;
    case 'paused':
      return 'PAUSED';
    case 'history':
      return `HISTORY -${formatCount(behind)}${heldAt === null ? '' : ' PAUSED'}`;
  }
}

function timeStyle({ mode }: Control, theme: Theme): Style {
  const inverse: Style = (text) => theme.highlight(text);
  if (mode === 'live') return (text) => theme.good(inverse(text));
  return (text) => theme.warn(inverse(text));
}

function placeText({ addresses, wantedPort }: ServerInfo): string {
  const text = addresses.length === 0 ? 'no address' : addresses.map(addressText).join(', ');
  return wantedPort === null ? text : `${text} (${wantedPort} is taken)`;
}

export function addressText(address: Address): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function pollerText({ poller, edgeTriggered, pollerFallback }: ServerInfo): string {
  const name = poller === 'epoll' ? 'epoll' : `portable, readiness emulated${pollerFallback === null ? '' : ` (${pollerFallback})`}`;
  return edgeTriggered ? `${name}, edge-triggered` : name;
}

/** The room that is left shows the last seconds. */
function withSparkline(parts: readonly Part[], perSecond: readonly number[], theme: Theme, width: number): Part[] {
  const room = width - parts.reduce((total, { text }) => total + widthOf(text), 0) - 2;
  if (room < 5) return [...parts];
  const seconds = perSecond.slice(-Math.min(room, 60));
  const highest = Math.max(1, ...seconds);
  const { spark } = theme.glyphs;
  const bars = seconds.map((count) => spark[Math.ceil((count / highest) * (spark.length - 1))] ?? ' ').join('');
  return [...parts, { text: ` ${bars}`, style: theme.dim }];
}

function rowOf(width: number, parts: readonly Part[]): string {
  const styled: string[] = [];
  let left = width;
  for (const { text, style } of parts) {
    const wide = widthOf(text);
    if (wide > left) {
      styled.push(style(truncate(text, left)));
      break;
    }
    styled.push(style(text));
    left -= wide;
  }
  return row(width, ...styled);
}
