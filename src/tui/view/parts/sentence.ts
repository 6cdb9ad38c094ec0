/**
 * Sentences: one for each kind of event, in plain words: what just happened. Shown in the loop pane; what clients have sent is made visible first.
 */
import type { TraceEvent, TraceKind } from '../../../server/index.js';
import { isErrorReply } from '../../state/model/loop.js';
import type { State } from '../../state/state.js';
import { formatBytes, formatCount, formatMs, formatUs, truncate } from '../text.js';
import type { Theme } from '../theme.js';
import { nameOf, readinessWords } from './names.js';

type EventOf<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;

export interface Wording {
  /** Readiness does not come from a kernel, so epoll is not to be named. */
  readonly isEmulated: boolean;
  /** There is a listener for each address; the first one is token 0. */
  isListener(token: number): boolean;
  readonly visible: Theme['visible'];
}

export function wordingOf(state: State, { visible }: Theme): Wording {
  const { server, model } = state;
  // Of the poller it is known from the start, before the first event could say so.
  return {
    isEmulated: server.poller === 'portable' || model.loop.isEmulated,
    isListener: (token) => model.tokens.rows.get(token)?.kind === 'listener',
    visible,
  };
}

export function sentence(event: TraceEvent, wording: Wording): string {
  return (WRITERS[event.kind] as (event: TraceEvent, wording: Wording) => string)(event, wording);
}

/** While the loop is held right after `event`. */
export function heldSentence(event: TraceEvent, wording: Wording): string {
  if (event.kind === 'frame') return `held before executing ${request(event.argv, wording)}`;
  if (event.kind === 'turn-begin') return `held at the beginning of turn ${formatCount(event.turn)}: pending replies are written first`;
  if (event.kind === 'wait') return `held before ${waitName(wording.isEmulated)}: ${timeoutSentences(event.timeoutMs, event.why)[0]}`;
  return `held: ${sentence(event, wording)}`;
}

/** The timeout of a wait, and why: the nearest timer decides. The longest way to say it comes first. */
export function timeoutSentences(timeoutMs: number, why: string): readonly string[] {
  if (why === 'virtual clock') return ['virtual clock: sleeps until something is ready or advance is called', 'virtual clock: sleeps without a limit'];
  if (why === 'advance') return ['the virtual clock moves on: looks, but does not sleep', 'the virtual clock moves on'];
  if (timeoutMs < 0) return ['no timer: sleeps until something is ready', 'no timer: no limit'];
  if (timeoutMs === 0) return [`timer ${why} is due: looks, but does not sleep`, `timer ${why} is due`];
  return [`next timer: ${why} in ${formatTimeout(timeoutMs)}`];
}

/** Fractions of so many milliseconds mean nothing to anybody, and would flicker. */
export function formatTimeout(timeoutMs: number): string {
  return formatMs(timeoutMs >= 10 ? Math.round(timeoutMs) : timeoutMs);
}

/** While the loop is in poll.wait; the longest way to say it comes first. */
export function asleepSentences(isEmulated: boolean): readonly string[] {
  const name = waitName(isEmulated);
  return [`nothing to do: the loop sleeps in ${name}`, `nothing to do: asleep in ${name}`, `asleep in ${name}`];
}

/** While the loop is faster than its trace. */
export function droppedSentence({ turns, commands }: { readonly turns: number; readonly commands: number }): string {
  return `too fast to follow: ${plural(turns, 'turn')} with ${plural(commands, 'command')} went by unseen`;
}

const WRITERS: { readonly [K in TraceKind]: (event: EventOf<K>, wording: Wording) => string } = {
  'turn-begin': ({ turn }) => `turn ${formatCount(turn)} begins: pending replies are written first`,
  wait: ({ timeoutMs, why }, { isEmulated }) => {
    if (timeoutMs !== 0) return asleepSentences(isEmulated)[0]!;
    return `${why === 'advance' ? 'the virtual clock moves on' : `timer ${why} is due`}: the loop looks without sleeping`;
  },
  poll: ({ ready, waitedUs, within }, { isEmulated }) => {
    if (within === true) return `the script that runs has let the loop look for others: ${plural(ready, 'ready token')}`;
    const after = `after ${formatUs(waitedUs)}`;
    return ready === 0
      ? `${waitName(isEmulated)} came back ${after} with nothing ready`
      : `${waitName(isEmulated)} woke with ${plural(ready, 'ready token')} ${after}`;
  },
  ready: ({ token, readiness }, { isListener }) => {
    const words = readinessWords(readiness, '|');
    return isListener(token) ? `${listenerName(token)} is ${words}: somebody wants to connect` : `${nameOf(token)} is ${words}: ${meaningOf(token, readiness)}`;
  },
  accept: ({ token, client }, { visible }) => {
    const name = listenerName(token);
    if (typeof client === 'number') return `${name} took in a connection: it is token ${client} from now on`;
    return client === 'WouldBlock' ? `${name} has nobody else waiting: WouldBlock` : `${name} could not take in a connection: ${visible(client)}`;
  },
  connect: ({ token, fd, peer }, { visible }) => `${nameOf(token)} is registered with the poll: ${visible(peer)} on fd ${fd}`,
  read: ({ token, result }, { visible }) => {
    if (typeof result === 'number') return `${formatBytes(result)} came from ${nameOf(token)}`;
    if (result === 'WouldBlock') return `${nameOf(token)} has nothing more to read for now: WouldBlock`;
    return result === 'EOF' ? `${nameOf(token)} will send nothing more: end of file` : `reading from ${nameOf(token)} failed: ${visible(result)}`;
  },
  'frame-partial': ({ token, have, need }) =>
    `${nameOf(token)} has sent half a request, ${formatCount(have)} of ${formatCount(need)} B or more: kept until the rest comes`,
  frame: ({ token, argv, bytes }, wording) => `${nameOf(token)} asks for ${request(argv, wording)} (${formatBytes(bytes)})`,
  execute: ({ token, command, keys, elapsedUs }, wording) =>
    `${nameOf(token)} sent ${request([commandName(command), ...keys], wording)}; it took ${formatUs(elapsedUs)}`,
  reply: ({ token, bytes, raw }, { visible }) =>
    isErrorReply(raw)
      ? `${nameOf(token)} gets an error: ${visible(errorText(raw))}`
      : `the reply for ${nameOf(token)} is ready: ${formatBytes(bytes)} wait in its output buffer`,
  write: ({ token, result, of }, { visible }) => {
    if (result === 'WouldBlock') return `${nameOf(token)} takes nothing now: WouldBlock, ${formatBytes(of)} wait`;
    if (typeof result === 'string') return `writing to ${nameOf(token)} failed: ${visible(result)}`;
    return result === of
      ? `${formatBytes(result)} went out to ${nameOf(token)}`
      : `${nameOf(token)} took only ${formatCount(result)} of ${formatCount(of)} B: the rest waits`;
  },
  interest: ({ token, before, after }) => {
    if (((before ^ after) & 4) !== 0) return `${nameOf(token)} is ${(after & 4) === 0 ? 'level' : 'edge'}-triggered from now on`;
    return (after & 2) !== 0
      ? `WRITABLE armed: the poll will tell when ${nameOf(token)} has room again`
      : `all is sent to ${nameOf(token)}: WRITABLE is no longer of interest`;
  },
  park: ({ token, keys, deadlineMs }, wording) => {
    const howLong = deadlineMs === 0 ? 'for as long as it takes' : 'until its time is over';
    return `${nameOf(token)} is parked on ${keyList(keys, wording)} ${howLong}; the loop goes on`;
  },
  unpark: ({ token, keys, why }, wording) => `${nameOf(token)} no longer waits for ${keyList(keys, wording)}: ${UNPARKED[why] ?? wording.visible(why)}`,
  timer: ({ name, lateUs, elapsedUs }) => `timer ${name} ran for ${formatUs(elapsedUs)}, ${formatUs(lateUs)} after it was due`,
  expire: ({ key, how }, wording) =>
    how === 'lazy'
      ? `${keyName(key, wording)} was past its time when a command touched it: gone`
      : `the expire cycle found ${keyName(key, wording)} past its time: gone`,
  evict: ({ key, policy }, wording) => `${keyName(key, wording)} had to go to stay below maxmemory (${wording.visible(policy)})`,
  'key-change': ({ key, event, type, size }, wording) => {
    const { visible } = wording;
    if (type === 'none') return `${keyName(key, wording)} is gone (${visible(event)})`;
    return `${keyName(key, wording)} has changed (${visible(event)}): a ${visible(type)}, ${formatBytes(size)} in memory`;
  },
  publish: ({ token, channel, bytes, receivers }, wording) =>
    `${nameOf(token)} published ${formatBytes(bytes)} on ${short(channel, wording)}: ${plural(receivers, 'receiver')}`,
  replicate: ({ argv, db }, wording) => `${request(argv, wording)} was handed to propagation (database ${db})`,
  fault: ({ token, id, fault, effect }, { visible }) => `fault ${id} was injected into ${nameOf(token)}, ${visible(fault)}: ${visible(effect)}`,
  disconnect: ({ token, why }, { visible }) => `${nameOf(token)} is gone: ${visible(why)}`,
  'turn-end': ({ turn, busyUs, commands }) => `turn ${formatCount(turn)} is over: ${plural(commands, 'command')} in ${formatUs(busyUs)}`,
};

/** `ERR unknown command …` of `-ERR unknown command …`, or of the bulk error `!21\r\nERR …`. */
const errorText = (raw: string): string => (raw.startsWith('!') ? (raw.split('\r\n')[1] ?? '') : raw.slice(1).split('\r\n')[0]!);

const UNPARKED: { readonly [why: string]: string | undefined } = {
  ready: 'one is there',
  timeout: 'its time is over',
  unblocked: 'another client has freed it',
  disconnect: 'its client has left',
};

/** What the loop waits in. */
export function waitName(isEmulated: boolean): string {
  return isEmulated ? 'poll.wait (emulated)' : 'epoll_wait';
}

/** All but the first have a number of their own. */
const listenerName = (token: number): string => (token === 0 ? nameOf(token) : `LISTENER (token ${token})`);

function meaningOf(token: number, readiness: number): string {
  if (token === 1) return 'another thread has a message';
  if ((readiness & 4) !== 0) return 'the next read will name the error';
  if ((readiness & 24) !== 0) return 'its peer has stopped sending';
  return (readiness & 1) !== 0 ? 'a read should bring something' : 'there is room to write';
}

const KEYS_NAMED = 3;
const ARGUMENTS_NAMED = 4;
const NAME_COLUMNS = 24;

/** `pubsub|channels` as it is typed. */
export function commandName(command: string): string {
  return upperCase(command).replace('|', ' ');
}

/** Of bytes only those that are letters of ASCII. */
const upperCase = (bytes: string): string => bytes.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

function request([command = '', ...rest]: readonly string[], wording: Wording): string {
  const named = rest.slice(0, ARGUMENTS_NAMED - 1).map((argument) => short(argument, wording));
  const parts = [short(upperCase(command), wording), ...named];
  return rest.length >= ARGUMENTS_NAMED ? `${parts.join(' ')} …` : parts.join(' ');
}

function keyList(keys: readonly string[], wording: Wording): string {
  const named = keys.slice(0, KEYS_NAMED).map((key) => short(key, wording)).join(', ');
  return keys.length > KEYS_NAMED ? `${named} and ${keys.length - KEYS_NAMED} more` : named;
}

const keyName = (key: string, wording: Wording): string => `key ${short(key, wording)}`;
const short = (bytes: string, { visible }: Wording): string => truncate(visible(bytes, 64), NAME_COLUMNS) || '""';
const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
