/**
 * The tokens pane's share of the model: what is registered with the poll, and the state of each entry.
 *
 * Events report changes, snapshots in between correct: they have names, subscriptions and changes whose events were dropped. An activity (ready, reading,
 * executing) belongs to one stretch of a turn, so a row stores the stretch instead of being reset.
 *
 *   ready ──▶ reading ──▶ executing ──▶ replying        within a stretch: from the beginning of a turn to its wait, or from there to its end
 *   parked · write-blocked · MULTI · subscribed · monitor   beyond it
 */
import type { ClientSnapshot, Snapshot, TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';
import { SLOW_US } from '../slow.js';
import { TokenMap } from './token-map.js';

export const LISTENER_TOKEN = 0;
export const WAKER_TOKEN = 1;

/** Maximum number of rows; further connections are only counted. */
export const MAX_TOKEN_ROWS = 1024;

const READABLE_ONLY = 1;

export type Activity = 'ready' | 'reading' | 'decoding' | 'executing' | 'replying' | 'writing';

export interface TokenRow {
  readonly token: number;
  readonly kind: 'listener' | 'waker' | 'client';
  /** -1: not known. */
  readonly fd: number;
  readonly peer: string;
  readonly name: string;
  readonly db: number;
  readonly resp: 2 | 3;
  readonly activity: Activity;
  /** The stretch to which {@link activity} belongs; -1: none yet. */
  readonly activityStretch: number;
  readonly parkedOn: ClientSnapshot['parkedOn'];
  readonly inTransaction: boolean;
  readonly subscriptions: number;
  readonly isMonitor: boolean;
  /** What it is in replication; null for an ordinary client. */
  readonly link: ClientSnapshot['link'];
  /** A client of the server from which this one was forked: it has no peer. */
  readonly isGhost: boolean;
  /** Bits: 1 READABLE, 2 WRITABLE. */
  readonly interest: number;
  readonly queryBytes: number;
  readonly outputBytes: number;
  /** Of these: what waits for the disk. */
  readonly outputHeld: number;
  readonly lastCommand: string;
  /** The loop's monotonic clock at the last read or write. */
  readonly lastActiveUs: number;
  /** The clock's time when it connected; NaN: unknown. */
  readonly connectedUs: number;
  /** Complete requests, and bytes read and written, since then. */
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** The clock's time at its last slow command. */
  readonly slowAtUs: number;
  /** The name of the fault injected last, and the clock's time; null: none. */
  readonly fault: { readonly name: string; readonly atUs: number } | null;
  /** Among the commands in the trace. */
  readonly slowest: { readonly command: string; readonly frame: number; readonly elapsedUs: number } | null;
}

export interface TokensModel {
  /** Incremented where a turn begins, where it waits, and where it ends. */
  readonly stretch: number;
  /** Connections on the server, which may be more than there are rows. */
  readonly clientCount: number;
  readonly rows: TokenMap<TokenRow>;
}

/** The row of a client of which only the token is known. */
export const clientRow = (token: number): TokenRow => ({ ...BLANK, token });

const BLANK: TokenRow = {
  token: 0, kind: 'client', fd: -1, peer: '', name: '', db: 0, resp: 2, activity: 'ready', activityStretch: -1, parkedOn: null, inTransaction: false,
  subscriptions: 0, isMonitor: false, link: null, isGhost: false, interest: READABLE_ONLY, queryBytes: 0, outputBytes: 0, outputHeld: 0, lastCommand: '',
  lastActiveUs: 0, connectedUs: Number.NaN, requests: 0, bytesRead: 0, bytesWritten: 0, slowAtUs: -Infinity, fault: null, slowest: null,
};

export const tokensSlice: Slice<TokensModel> = {
  initial: {
    stretch: 0,
    clientCount: 0,
    rows: TokenMap.empty<TokenRow>()
      .with(LISTENER_TOKEN, { ...BLANK, token: LISTENER_TOKEN, kind: 'listener' })
      .with(WAKER_TOKEN, { ...BLANK, token: WAKER_TOKEN, kind: 'waker' }),
  },
  reduce(model: TokensModel, entry: Entry): TokensModel {
    if (entry.type === 'event') return afterEvent(model, entry.event);
    return entry.type === 'snapshot' ? corrected(model, entry.snapshot) : model;
  },
};

function afterEvent(model: TokensModel, event: TraceEvent): TokensModel {
  switch (event.kind) {
    case 'turn-begin':
    case 'wait':
    case 'turn-end':
      return { ...model, stretch: model.stretch + 1 };
    case 'connect':
      return connected(model, event);
    case 'disconnect':
      return disconnected(model, event.token);
    case 'accept':
      return changed(model, event.token, (row) => ({ ...row, kind: 'listener', ...during(model, 'executing'), lastActiveUs: event.atUs }));
    case 'ready':
      return changed(model, event.token, (row) => ({ ...row, ...during(model, 'ready'), lastActiveUs: row.kind === 'client' ? row.lastActiveUs : event.atUs }));
    case 'read':
      return changed(model, event.token, (row) => afterRead(model, row, event.result, event.atUs));
    case 'frame-partial':
      return changed(model, event.token, (row) => ({ ...row, ...during(model, 'decoding'), queryBytes: event.have }));
    case 'frame':
      return changed(model, event.token, (row) => ({
        ...row,
        ...during(model, 'executing'),
        queryBytes: Math.max(0, row.queryBytes - event.bytes),
        lastCommand: commandName(event.argv),
        requests: event.frame,
      }));
    case 'execute':
      return changed(model, event.token, (row) => ({
        ...row,
        ...during(model, 'executing'),
        ...effectOf(row, event.command),
        ...timedBy(row, event),
        db: event.db,
        lastCommand: event.command,
      }));
    case 'reply':
      return changed(model, event.token, (row) => ({ ...row, ...during(model, 'replying'), outputBytes: row.outputBytes + event.bytes }));
    case 'write':
      return changed(model, event.token, (row) => afterWrite(model, row, event.result, event.atUs));
    case 'await-disk':
      return changed(model, event.token, (row) => ({ ...row, outputHeld: event.bytes }));
    case 'interest':
      return changed(model, event.token, (row) => ({ ...row, interest: event.after }));
    case 'park':
      return changed(model, event.token, (row) => ({ ...row, parkedOn: { keys: event.keys, deadlineMs: event.deadlineMs } }));
    case 'unpark':
      return changed(model, event.token, (row) => ({ ...row, parkedOn: null }));
    case 'fault':
      return changed(model, event.token, (row) => ({ ...row, fault: { name: event.fault.split(' ')[0]!, atUs: event.atUs } }));
    default:
      return model;
  }
}

function during(model: TokensModel, activity: Activity): Pick<TokenRow, 'activity' | 'activityStretch'> {
  return { activity, activityStretch: model.stretch };
}

function changed(model: TokensModel, token: number, change: (row: TokenRow) => TokenRow): TokensModel {
  const row = model.rows.get(token);
  return row === undefined ? model : { ...model, rows: model.rows.with(token, change(row)) };
}

function connected(model: TokensModel, { token, fd, peer, atUs }: Extract<TraceEvent, { kind: 'connect' }>): TokensModel {
  const row: TokenRow = { ...BLANK, token, fd, peer, lastActiveUs: atUs, connectedUs: atUs };
  return { ...model, clientCount: model.clientCount + 1, rows: roomFor(model.rows).with(token, row) };
}

function disconnected(model: TokensModel, token: number): TokensModel {
  return { ...model, clientCount: Math.max(0, model.clientCount - 1), rows: model.rows.without(token) };
}

/** Makes room for new connections, which are the interesting ones: the one idle for longest is removed. */
function roomFor(rows: TokenMap<TokenRow>): TokenMap<TokenRow> {
  if (rows.size < MAX_TOKEN_ROWS) return rows;
  const clients = rows.sorted().filter((row) => row.kind === 'client');
  const quietest = clients.reduce((least, row) => (row.lastActiveUs < least.lastActiveUs ? row : least));
  return rows.without(quietest.token);
}

function afterRead(model: TokensModel, row: TokenRow, result: number | string, atUs: number): TokenRow {
  const activity = during(model, 'reading');
  return typeof result === 'number'
    ? { ...row, ...activity, queryBytes: row.queryBytes + result, bytesRead: row.bytesRead + result, lastActiveUs: atUs }
    : { ...row, ...activity };
}

function afterWrite(model: TokensModel, row: TokenRow, result: number | string, atUs: number): TokenRow {
  const activity = during(model, 'writing');
  return typeof result === 'number'
    ? { ...row, ...activity, outputBytes: Math.max(0, row.outputBytes - result), bytesWritten: row.bytesWritten + result, lastActiveUs: atUs }
    : { ...row, ...activity };
}

const commandName = (argv: readonly string[]): string => (argv[0] ?? '').slice(0, 64).toLowerCase();

type Slowness = Pick<TokenRow, 'slowest' | 'slowAtUs'>;

function timedBy({ slowest, slowAtUs }: TokenRow, { command, frame, elapsedUs, atUs }: Extract<TraceEvent, { kind: 'execute' }>): Slowness {
  return {
    slowest: slowest === null || elapsedUs > slowest.elapsedUs ? { command, frame, elapsedUs } : slowest,
    slowAtUs: elapsedUs >= SLOW_US ? atUs : slowAtUs,
  };
}

/** What a command changes on its own connection, until the next snapshot has the exact state. */
function effectOf(row: TokenRow, command: string): Partial<TokenRow> {
  switch (command) {
    case 'multi':
      return { inTransaction: true };
    case 'exec':
    case 'discard':
      return { inTransaction: false };
    case 'subscribe':
    case 'psubscribe':
    case 'ssubscribe':
      return { subscriptions: Math.max(1, row.subscriptions) };
    case 'monitor':
      return { isMonitor: true };
    case 'reset':
      return { inTransaction: false, subscriptions: 0, isMonitor: false, name: '' };
    default:
      return {};
  }
}

function corrected(model: TokensModel, snapshot: Snapshot): TokensModel {
  const { clients, clientCount, nowUs } = snapshot;
  let rows = withFixed(model.rows, snapshot);
  if (clients.length >= clientCount) rows = withoutMissing(rows, new Set(clients.map((client) => client.token)));
  for (const client of clients) {
    const before = rows.get(client.token);
    if (before === undefined && rows.size >= MAX_TOKEN_ROWS) continue;
    rows = rows.with(client.token, correctedRow(before, client, nowUs));
  }
  return rows === model.rows && clientCount === model.clientCount ? model : { ...model, clientCount, rows };
}

/** Rows that no event reports until a client connects. */
function withFixed(rows: TokenMap<TokenRow>, { listeners, wakerFd, wakerToken = WAKER_TOKEN }: Snapshot): TokenMap<TokenRow> {
  let all = rows;
  if (!listeners.some(({ token }) => token === LISTENER_TOKEN)) all = withoutKind(all, LISTENER_TOKEN, 'listener');
  if (wakerToken !== WAKER_TOKEN) all = withoutKind(all, WAKER_TOKEN, 'waker');
  for (const { token, fd, address, interest } of listeners) all = withFacts(all, { ...BLANK, token, kind: 'listener', interest }, fd, address);
  return wakerToken === null ? all : withFacts(all, { ...BLANK, token: wakerToken, kind: 'waker' }, wakerFd, '');
}

/** Removes a row of that kind: the token belongs to something else. */
function withoutKind(rows: TokenMap<TokenRow>, token: number, kind: TokenRow['kind']): TokenMap<TokenRow> {
  return rows.get(token)?.kind === kind ? rows.without(token) : rows;
}

function withFacts(rows: TokenMap<TokenRow>, blank: TokenRow, fd: number, peer: string): TokenMap<TokenRow> {
  const known = rows.get(blank.token);
  const { interest } = blank;
  if (known !== undefined && known.fd === fd && known.peer === peer && known.interest === interest) return rows;
  return rows.with(blank.token, { ...(known ?? blank), fd, peer, interest });
}

function withoutMissing(rows: TokenMap<TokenRow>, present: ReadonlySet<number>): TokenMap<TokenRow> {
  let left = rows;
  for (const row of rows.sorted()) if (row.kind === 'client' && !present.has(row.token)) left = left.without(row.token);
  return left;
}

/** The same row if nothing has to be corrected: most of a thousand rows, with every batch. */
function correctedRow(before: TokenRow | undefined, client: ClientSnapshot, nowUs: number): TokenRow {
  const isKnown = before !== undefined && before.peer === client.peer;
  if (isKnown && isCurrent(before, client)) return before;
  const { token, fd, peer, name, db, resp, parkedOn, inTransaction, subscriptions, isMonitor, link, isGhost } = client;
  const { queryBytes, outputBytes, outputHeld, lastCommand, idleMs, interest } = client;
  const { requests, bytesRead, bytesWritten, ageMs } = client;
  const row = before ?? { ...BLANK, token, lastActiveUs: nowUs - idleMs * 1000, connectedUs: nowUs - ageMs * 1000 };
  return {
    ...row, fd, peer, name, db, resp, parkedOn, inTransaction, subscriptions, isMonitor, link, isGhost, queryBytes, outputBytes, outputHeld, lastCommand,
    interest, requests, bytesRead, bytesWritten,
  };
}

function isCurrent(row: TokenRow, client: ClientSnapshot): boolean {
  return (
    row.fd === client.fd && row.name === client.name && row.db === client.db && row.resp === client.resp && isSamePark(row.parkedOn, client.parkedOn) &&
    row.inTransaction === client.inTransaction && row.subscriptions === client.subscriptions && row.isMonitor === client.isMonitor &&
    isSameLink(row.link, client.link) && row.queryBytes === client.queryBytes && row.outputBytes === client.outputBytes &&
    row.outputHeld === client.outputHeld && row.lastCommand === client.lastCommand && row.interest === client.interest && row.requests === client.requests &&
    row.bytesRead === client.bytesRead && row.bytesWritten === client.bytesWritten
  );
}

/** Compares links without their figures, which change all the time. */
const isSameLink = (a: ClientSnapshot['link'], b: ClientSnapshot['link']): boolean => a === null && b === null;

function isSamePark(a: ClientSnapshot['parkedOn'], b: ClientSnapshot['parkedOn']): boolean {
  return a === null || b === null ? a === b : a.deadlineMs === b.deadlineMs && a.keys.length === b.keys.length && a.keys.every((key, i) => key === b.keys[i]);
}
