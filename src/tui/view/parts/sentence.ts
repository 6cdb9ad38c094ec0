/**
 * Sentences: one for each kind of event, in plain words: what just happened. Shown in the loop pane; what clients have sent is made visible first.
 */
import type { TraceEvent, TraceKind } from '../../../server/index.js';
import { formatBytes, formatCount, formatMs, formatUs, truncate, visible } from '../text.js';
import { nameOf, readinessWords } from './names.js';

type EventOf<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;

/** @param isEmulated readiness does not come from a kernel, so epoll is not to be named */
export function sentence(event: TraceEvent, isEmulated: boolean): string {
  return (WRITERS[event.kind] as (event: TraceEvent, isEmulated: boolean) => string)(event, isEmulated);
}

/** While the loop is held right after `event`. */
export function heldSentence(event: TraceEvent, isEmulated: boolean): string {
  if (event.kind === 'frame') return `held before executing ${request(event.argv)}`;
  if (event.kind === 'turn-begin') return `held before ${waitName(isEmulated)}: ${timeoutSentences(event.timeoutMs, event.why)[0]}`;
  return `held: ${sentence(event, isEmulated)}`;
}

/** The timeout of a wait, and why: the nearest timer decides. The longest way to say it comes first. */
export function timeoutSentences(timeoutMs: number, why: string): readonly string[] {
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

const WRITERS: { readonly [K in TraceKind]: (event: EventOf<K>, isEmulated: boolean) => string } = {
  'turn-begin': ({ timeoutMs, why }, isEmulated) => (timeoutMs === 0 ? `timer ${why} is due: the loop looks without sleeping` : asleepSentences(isEmulated)[0]!),
  poll: ({ ready, waitedUs }, isEmulated) => {
    const after = `after ${formatUs(waitedUs)}`;
    return ready === 0 ? `${waitName(isEmulated)} came back ${after} with nothing ready` : `${waitName(isEmulated)} woke with ${plural(ready, 'ready token')} ${after}`;
  },
  ready: ({ token, readiness }) => `${nameOf(token)} is ${readinessWords(readiness, '|')}: ${meaningOf(token, readiness)}`,
  accept: ({ token, client }) => {
    const name = token === 0 ? nameOf(token) : `LISTENER (token ${token})`;
    if (typeof client === 'number') return `${name} took in a connection: it is token ${client} from now on`;
    return client === 'WouldBlock' ? `${name} has nobody else waiting: WouldBlock` : `${name} could not take in a connection: ${visible(client)}`;
  },
  connect: ({ token, fd, peer }) => `${nameOf(token)} is registered with the poll: ${visible(peer)} on fd ${fd}`,
  read: ({ token, result }) => {
    if (typeof result === 'number') return `${formatBytes(result)} came from ${nameOf(token)}`;
    if (result === 'WouldBlock') return `${nameOf(token)} has nothing more to read for now: WouldBlock`;
    return result === 'EOF' ? `${nameOf(token)} will send nothing more: end of file` : `reading from ${nameOf(token)} failed: ${visible(result)}`;
  },
  'frame-partial': ({ token, have, need }) => `${nameOf(token)} has sent half a request, ${formatCount(have)} of ${formatCount(need)} B or more: kept until the rest comes`,
  frame: ({ token, argv, bytes }) => `${nameOf(token)} asks for ${request(argv)} (${formatBytes(bytes)})`,
  execute: ({ token, command, keys, elapsedUs }) => `${nameOf(token)} sent ${request([commandName(command), ...keys])}; it took ${formatUs(elapsedUs)}`,
  reply: ({ token, bytes }) => `the reply for ${nameOf(token)} is ready: ${formatBytes(bytes)} wait in its output buffer`,
  write: ({ token, result, of }) => {
    if (result === 'WouldBlock') return `${nameOf(token)} takes nothing now: WouldBlock, ${formatBytes(of)} wait`;
    if (typeof result === 'string') return `writing to ${nameOf(token)} failed: ${visible(result)}`;
    return result === of ? `${formatBytes(result)} went out to ${nameOf(token)}` : `${nameOf(token)} took only ${formatCount(result)} of ${formatCount(of)} B: the rest waits`;
  },
  interest: ({ token, after }) => ((after & 2) !== 0 ? `WRITABLE armed: the poll will tell when ${nameOf(token)} has room again` : `all is sent to ${nameOf(token)}: WRITABLE is no longer of interest`),
  park: ({ token, keys, deadlineMs }) => `${nameOf(token)} is parked on ${keyList(keys)} ${deadlineMs === 0 ? 'for as long as it takes' : 'until its time is over'}; the loop goes on`,
  unpark: ({ token, keys, why }) => `${nameOf(token)} no longer waits for ${keyList(keys)}: ${UNPARKED[why] ?? visible(why)}`,
  timer: ({ name, lateUs, elapsedUs }) => `timer ${name} ran for ${formatUs(elapsedUs)}, ${formatUs(lateUs)} after it was due`,
  expire: ({ key, how }) => (how === 'lazy' ? `${keyName(key)} was past its time when a command touched it: gone` : `the expire cycle found ${keyName(key)} past its time: gone`),
  evict: ({ key, policy }) => `${keyName(key)} had to go to stay below maxmemory (${visible(policy)})`,
  'key-change': ({ key, event, type, size }) => (type === 'none' ? `${keyName(key)} is gone (${visible(event)})` : `${keyName(key)} has changed (${visible(event)}): a ${visible(type)}, ${formatBytes(size)} in memory`),
  publish: ({ token, channel, bytes, receivers }) => `${nameOf(token)} published ${formatBytes(bytes)} on ${short(channel)}: ${plural(receivers, 'receiver')}`,
  replicate: ({ argv, db }) => `${request(argv)} was handed to propagation (database ${db})`,
  disconnect: ({ token, why }) => `${nameOf(token)} is gone: ${visible(why)}`,
  'turn-end': ({ turn, busyUs, commands }) => `turn ${formatCount(turn)} is over: ${plural(commands, 'command')} in ${formatUs(busyUs)}`,
};

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

function meaningOf(token: number, readiness: number): string {
  if (token === 0) return 'somebody wants to connect';
  if (token === 1) return 'another thread has a message';
  if ((readiness & 4) !== 0) return 'the next read will name the error';
  if ((readiness & 24) !== 0) return 'its peer has stopped sending';
  return (readiness & 1) !== 0 ? 'a read should bring something' : 'there is room to write';
}

const KEYS_NAMED = 3;
const ARGUMENTS_NAMED = 4;
const NAME_COLUMNS = 24;

/** `pubsub|channels` as it is typed. */
function commandName(command: string): string {
  return command.toUpperCase().replace('|', ' ');
}

function request([command = '', ...rest]: readonly string[]): string {
  const named = rest.slice(0, ARGUMENTS_NAMED - 1).map(short);
  const parts = [short(command).toUpperCase(), ...named];
  return rest.length >= ARGUMENTS_NAMED ? `${parts.join(' ')} …` : parts.join(' ');
}

function keyList(keys: readonly string[]): string {
  const named = keys.slice(0, KEYS_NAMED).map(short).join(', ');
  return keys.length > KEYS_NAMED ? `${named} and ${keys.length - KEYS_NAMED} more` : named;
}

const keyName = (key: string): string => `key ${short(key)}`;
const short = (bytes: string): string => truncate(visible(bytes, 64), NAME_COLUMNS) || '""';
const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
