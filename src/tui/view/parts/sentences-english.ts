/**
 * Sentences about events, in English.
 */
import { isAccepted, isErrorReply } from '../../state/model/loop.js';
import { durationText, formatBytes, formatCount } from '../text.js';
import { LISTENER, nameOf, readinessWords, tokenList, WAKER } from './names.js';
import { commandName, errorText, keyList, request, type Sentences, short, waitName, type Wording } from './wording.js';

export const ENGLISH: Sentences = {
  happened: {
    'turn-begin': ({ turn }) => `turn ${formatCount(turn)} begins: pending replies are written first`,
    wait: ({ timeoutMs, why }, { isEmulated }) => {
      if (timeoutMs !== 0) return asleep(waitName(isEmulated))[0]!;
      return `${why === 'advance' ? 'the virtual clock moves on' : `timer ${why} is due`}: the loop polls without sleeping`;
    },
    poll: ({ ready, waitedUs, within }, { isEmulated }) => {
      if (within === true) return `the running script has let the loop poll: ${plural(ready, 'ready token')}`;
      const after = `after ${durationText(waitedUs)}`;
      return ready === 0
        ? `${waitName(isEmulated)} returned ${after} with nothing ready`
        : `${waitName(isEmulated)} woke with ${plural(ready, 'ready token')} ${after}`;
    },
    ready: ({ token, readiness }, { isListener, isWaker }) => {
      const words = readinessWords(readiness, '|');
      if (isListener(token)) return `${listenerName(token)} is ${words}: a client wants to connect`;
      return `${isWaker(token) ? WAKER : name(token)} is ${words}: ${meaningOf(readiness, isWaker(token))}`;
    },
    accept: ({ token, client }, { visible }) => {
      const listener = listenerName(token);
      if (typeof client === 'number') return `${listener} accepted a connection: it is token ${client} from now on`;
      if (isAccepted(client)) return `${listener} accepted a connection: ${visible(client)}`;
      return client === 'WouldBlock' ? `${listener} has no more connections: WouldBlock` : `${listener} could not accept a connection: ${visible(client)}`;
    },
    connect: ({ token, fd, peer }, { visible }) => `${name(token)} is registered with the poll: ${visible(peer)} on fd ${fd}`,
    read: ({ token, result }, { visible }) => {
      if (typeof result === 'number') return `${formatBytes(result)} came from ${name(token)}`;
      if (result === 'WouldBlock') return `${name(token)} has nothing more to read for now: WouldBlock`;
      return result === 'EOF' ? `${name(token)} will send nothing more: end of file` : `reading from ${name(token)} failed: ${visible(result)}`;
    },
    'frame-partial': ({ token, have, need }) =>
      `${name(token)} has sent half a request, ${formatCount(have)} of ${formatCount(need)} B or more: kept until the rest comes`,
    frame: ({ token, argv, bytes }, wording) => `${name(token)} asks for ${request(argv, wording)} (${formatBytes(bytes)})`,
    execute: ({ token, command, keys, elapsedUs }, wording) =>
      `${name(token)} sent ${request([commandName(command), ...keys], wording)}${elapsedUs === 0 ? '' : `; it took ${durationText(elapsedUs)}`}`,
    reply: ({ token, bytes, raw }, { visible }) =>
      isErrorReply(raw)
        ? `${name(token)} gets an error: ${visible(errorText(raw))}`
        : `the reply for ${name(token)} is ready: ${formatBytes(bytes)} wait in its output buffer`,
    flush: ({ tokens, bytes, short }, { isEmulated }) => {
      const call = isEmulated ? 'one call' : 'one io_uring_enter';
      return `${call} took ${formatBytes(bytes)} for ${tokenList(tokens, 3, 'en')}${short === 0 ? '' : `; ${formatCount(short)} short`}`;
    },
    write: ({ token, result, of }, { visible }) => {
      if (result === 'WouldBlock') return `${name(token)} takes nothing now: WouldBlock, ${formatBytes(of)} wait`;
      if (typeof result === 'string') return `writing to ${name(token)} failed: ${visible(result)}`;
      return result === of
        ? `${formatBytes(result)} went out to ${name(token)}`
        : `${name(token)} took only ${formatCount(result)} of ${formatCount(of)} B: the rest waits`;
    },
    'await-disk': ({ token, bytes }) =>
      bytes === 0
        ? `output for ${name(token)} no longer waits: the changes before it are on the disk`
        : `${formatBytes(bytes)} for ${name(token)} wait until the changes before them are on the disk`,
    interest: ({ token, before, after }) => {
      if (((before ^ after) & 4) !== 0) return `${name(token)} is ${(after & 4) === 0 ? 'level' : 'edge'}-triggered from now on`;
      return (after & 2) !== 0
        ? `WRITABLE armed: the poll will report when ${name(token)} has room again`
        : `all is sent to ${name(token)}: WRITABLE is disarmed`;
    },
    park: ({ token, keys, deadlineMs }, wording) => {
      const howLong = deadlineMs === 0 ? 'without a timeout' : 'until its timeout';
      return `${name(token)} is parked on ${keysOf(keys, wording)} ${howLong}; the loop continues`;
    },
    unpark: ({ token, keys, why }, wording) => `${name(token)} no longer waits for ${keysOf(keys, wording)}: ${UNPARKED[why] ?? wording.visible(why)}`,
    timer: ({ name, lateUs, elapsedUs }) =>
      `timer ${name} ran${elapsedUs === 0 ? '' : ` for ${durationText(elapsedUs)}`}, ${durationText(lateUs)} after it was due`,
    expire: ({ key, how }, wording) =>
      how === 'lazy'
        ? `${keyName(key, wording)} had expired when a command accessed it: deleted`
        : `the expire cycle found ${keyName(key, wording)} expired: deleted`,
    'save-slice': ({ keys, preImages, done, total }) => {
      const early = preImages === 0 ? '' : `, ${formatCount(preImages)} before they changed`;
      return `a slice of the snapshot: ${plural(keys, 'key')}${early}; ${formatCount(done)} of ${formatCount(total)} so far`;
    },
    evict: ({ key, policy }, wording) => `${keyName(key, wording)} was evicted to stay below maxmemory (${wording.visible(policy)})`,
    'key-change': ({ key, event, type, size }, wording) => {
      const { visible } = wording;
      if (type === 'none') return `${keyName(key, wording)} no longer exists (${visible(event)})`;
      return `${keyName(key, wording)} has changed (${visible(event)}): a ${visible(type)}, ${formatBytes(size)} in memory`;
    },
    publish: ({ token, channel, bytes, receivers }, wording) =>
      `${name(token)} published ${formatBytes(bytes)} on ${short(channel, wording)}: ${plural(receivers, 'receiver')}`,
    replicate: ({ argv, db }, wording) => `${request(argv, wording)} was handed to propagation (database ${db})`,
    fault: ({ token, id, fault, effect }, { isListener, visible }) =>
      `fault ${id} was injected into ${isListener(token) ? listenerName(token) : name(token)}, ${visible(fault)}: ${visible(effect)}`,
    disconnect: ({ token, why }, { visible }) => `${name(token)} is disconnected: ${visible(why)}`,
    'turn-end': ({ turn, busyUs, commands }) =>
      `turn ${formatCount(turn)} is over: ${plural(commands, 'command')}${busyUs === 0 ? '' : ` in ${durationText(busyUs)}`}`,
  },
  held: {
    request: (shown) => `held before executing ${shown}`,
    turn: (turn) => `held at the beginning of turn ${formatCount(turn)}: pending replies are written first`,
    wait: (name, timeout) => `held before ${name}: ${timeout}`,
    after: (sentence) => `held: ${sentence}`,
  },
  timeout: (timeoutMs, timeout, why) => {
    if (why === 'virtual clock') return ['virtual clock: sleeps until something is ready or advance is called', 'virtual clock: sleeps without a limit'];
    if (why === 'advance') return ['the virtual clock moves on: polls without sleeping', 'the virtual clock moves on'];
    if (timeoutMs < 0) return ['no timer: sleeps until something is ready', 'no timer: no limit'];
    if (timeoutMs === 0) return [`timer ${why} is due: polls without sleeping`, `timer ${why} is due`];
    return [`next timer: ${why} in ${timeout}`];
  },
  asleep,
  dropped: (turns, commands) => `too fast to trace: ${plural(turns, 'turn')} with ${plural(commands, 'command')} not shown`,
};

function asleep(name: string): readonly string[] {
  return [`nothing to do: the loop sleeps in ${name}`, `nothing to do: asleep in ${name}`, `asleep in ${name}`];
}

const UNPARKED: { readonly [why: string]: string | undefined } = {
  ready: 'one is ready',
  timeout: 'its timeout has passed',
  unblocked: 'another client has unblocked it',
  disconnect: 'its client has disconnected',
};

/** All but the first have a number of their own. */
const listenerName = (token: number): string => (token === 0 ? LISTENER : `${LISTENER} (token ${token})`);

const name = (token: number): string => nameOf(token, 'en');

function meaningOf(readiness: number, isWoken: boolean): string {
  if (isWoken) return 'another thread has a message';
  if ((readiness & 4) !== 0) return 'the next read will return the error';
  if ((readiness & 24) !== 0) return 'its peer has stopped sending';
  return (readiness & 1) !== 0 ? 'a read should not block' : 'there is room to write';
}

const keysOf = (list: readonly string[], wording: Wording): string => keyList(list, wording, (named, others) => `${named} and ${others} more`);
const keyName = (key: string, wording: Wording): string => `key ${short(key, wording)}`;
const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
