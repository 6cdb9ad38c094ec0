/**
 * WhatIf: repeats what the clients of a recording did with a server that differs in one respect, and finds the first reply that differs.
 *
 *   recording ──▶ plain replay ──▶ what clients did ──┬──▶ scripted kernel, nothing changed ──▶ replies      a reply that differs here as well depends on
 *                      └─────────▶ recorded replies   └──▶ scripted kernel, one change ───────▶ replies      more than on what clients do, and is left out
 */
import { ConfigError, type SettingValues } from '../../config.js';
import { type Fault, FaultError } from '../../faults/fault.js';
import { SystemError } from '../../io/poll.js';
import { type Replay, type RecordingHead, startOf } from '../replay.js';
import { type Change, ChangeError } from './change.js';
import { type ClientScript, readClientScript, withoutRequest } from './client-script.js';
import type { Part, ReplyLog } from './reply-log.js';
import { runScript, type RunOptions } from './scripted-run.js';

/** A part that a client received, with its first bytes; null: nothing. */
export type ShownReply = Readonly<Part> | null;

export interface Difference {
  readonly token: number;
  /** The number of the request on its connection, in the recording. */
  readonly request: number;
  /** 0: the reply to it; else the number of the message after it. */
  readonly message: number;
  readonly argv: readonly string[];
  readonly recorded: ShownReply;
  readonly changed: ShownReply;
}

export interface WhatIfResult {
  /** In the order in which the recorded replies were sent; within a turn replies before messages. Null: no difference. */
  readonly first: Difference | null;
  readonly differing: number;
  /** Number of compared replies. */
  readonly compared: number;
  /** Number of replies that differ from the recorded ones even if nothing is changed. */
  readonly unstable: number;
}

/** Throws {@link ChangeError} for a change that is impossible in this recording, and RecordingError for a recording that cannot be changed. */
export function whatIf(replay: Replay, head: RecordingHead, changes: readonly Change[]): WhatIfResult {
  const script = readClientScript(replay);
  const { dropped, options } = planOf(script, head, changes);
  const plain = runScript(script, optionsOf(head));
  const changed = runChanged(dropped === null ? script : withoutRequest(script, dropped.client, dropped.frame), options);
  return new Comparison(script, plain, changed, dropped).result();
}

interface Dropped {
  readonly client: number;
  readonly frame: number;
}

function optionsOf(head: RecordingHead): RunOptions {
  const { settings, seed, poll, hasVirtualClock = false } = head;
  return { settings, seed, edgeTriggered: poll.edgeTriggered, hasVirtualClock, faults: [], delaysUs: new Map(), start: () => startOf(head) };
}

function planOf(script: ClientScript, head: RecordingHead, changes: readonly Change[]): { readonly dropped: Dropped | null; readonly options: RunOptions } {
  const { settings, start, ...plain } = optionsOf(head);
  const faults: Fault[] = [];
  const delaysUs = new Map<number, number>();
  let changed: Partial<SettingValues> = settings;
  let { seed, edgeTriggered } = plain;
  let dropped: Dropped | null = null;
  for (const change of changes) {
    if (change.kind === 'fault') faults.push(knownFault(script, change.fault));
    else if (change.kind === 'seed') ({ seed } = change);
    else if (change.kind === 'triggering') ({ edgeTriggered } = change);
    else if (change.kind === 'settings') changed = { ...changed, ...change.settings };
    else if (change.kind === 'delay') delaysUs.set(knownToken(script, change.token), change.us);
    else if (dropped !== null) throw new ChangeError('one request can be dropped, and not several');
    else dropped = findRequest(script, change.token, change.request);
  }
  return { dropped, options: { ...plain, settings: changed, seed, edgeTriggered, faults, delaysUs, start } };
}

function runChanged(script: ClientScript, options: RunOptions): readonly ReplyLog[] {
  try {
    return runScript(script, options);
  } catch (error) {
    if (error instanceof FaultError || error instanceof ConfigError || error instanceof SystemError) throw new ChangeError(error.message);
    throw error;
  }
}

function findRequest(script: ClientScript, token: number | null, number: number): Dropped {
  const owner = token === null ? null : knownToken(script, token);
  for (const [client, { log }] of script.clients.entries()) {
    const at = log.exchanges.findIndex((exchange, index) => (owner === null ? exchange.number === number : log.token === owner && index === number - 1));
    if (at !== -1) return { client, frame: at + 1 };
  }
  const owners = script.clients.filter(({ log }) => owner === null || log.token === owner);
  const count = owners.reduce((sum, { log }) => sum + log.exchanges.length, 0);
  throw new ChangeError(`there is no request ${number}${owner === null ? '' : ` of token ${owner}`}; there are ${count}`);
}

const MOST_NAMED = 10;

function knownToken({ clients }: ClientScript, token: number): number {
  const tokens = clients.map(({ log }) => log.token).filter((each) => each !== 0);
  if (tokens.includes(token)) return token;
  const named = tokens.slice(0, MOST_NAMED).join(', ') + (tokens.length > MOST_NAMED ? ' and more' : '');
  throw new ChangeError(`there is no token ${token} in the recording; ${tokens.length === 0 ? 'no client connects' : `there are ${named}`}`);
}

function knownFault(script: ClientScript, fault: Fault): Fault {
  if (fault.token !== undefined) knownToken(script, fault.token);
  return fault;
}

class Comparison {
  private first: Difference | null = null;
  private differing = 0;
  private compared = 0;
  private unstable = 0;

  constructor(
    private readonly script: ClientScript,
    private readonly plain: readonly ReplyLog[],
    private readonly changed: readonly ReplyLog[],
    private readonly dropped: Dropped | null,
  ) {}

  result(): WhatIfResult {
    for (const [client, frame, part] of this.script.replies) this.compare(client, frame, part);
    // Then what the recording does not have.
    for (const [client, { log }] of this.script.clients.entries()) {
      for (const [index, { parts }] of log.exchanges.entries()) {
        if (this.changedPart(client, index + 1, parts.length) !== undefined) this.compare(client, index + 1, parts.length);
      }
    }
    const { first, differing, compared, unstable } = this;
    return { first, differing, compared, unstable };
  }

  private compare(client: number, frame: number, part: number): void {
    if (this.isDropped(client, frame)) return;
    const { log } = this.script.clients[client]!;
    const exchange = log.exchanges[frame - 1]!;
    const recorded = exchange.parts[part];
    if (!isSame(recorded, this.plain[client]!.exchanges[frame - 1]?.parts[part])) {
      this.unstable++;
      return;
    }
    this.compared++;
    const changed = this.changedPart(client, frame, part);
    if (isSame(recorded, changed)) return;
    this.differing++;
    const found = { token: log.token, request: frame, message: part, argv: exchange.argv, recorded: recorded ?? null, changed: changed ?? null };
    if (this.first === null || isBetter(found, this.first)) this.first = found;
  }

  private isDropped(client: number, frame: number): boolean {
    return this.dropped !== null && this.dropped.client === client && this.dropped.frame === frame;
  }

  /** What follows a dropped request has moved up. */
  private changedPart(client: number, frame: number, part: number): Part | undefined {
    const { dropped } = this;
    const isBehind = dropped !== null && dropped.client === client && dropped.frame < frame;
    return this.changed[client]!.exchanges[isBehind ? frame - 2 : frame - 1]?.parts[part];
  }
}

/** A message is sent before the reply to the command that caused it; the reply says more. */
const isBetter = (found: Difference, first: Difference): boolean =>
  found.message === 0 && first.message > 0 && found.recorded !== null && found.recorded.turn === first.recorded?.turn;

function isSame(one: Part | undefined, other: Part | undefined): boolean {
  return one?.bytes === other?.bytes && one?.hash === other?.hash;
}
