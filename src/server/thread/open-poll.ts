/**
 * Chooses the backend: epoll on Linux; the portable one elsewhere, where koffi cannot load, and on request. Chooses how replies are sent: in batches where
 * io_uring is allowed, else directly.
 */
import type { SendRing } from '../io/backends/send-ring.js';
import { SystemError, type Poll } from '../io/poll.js';
import type { LoopThreadOptions, PollerName } from './protocol.js';

export type PollOptions = Pick<LoopThreadOptions, 'poller' | 'sends' | 'edgeTriggered' | 'coalesceUs'>;

export interface OpenedPoll {
  readonly poll: Poll;
  /** Why epoll is not used although no other backend was asked for; null if it is used, or another one was asked for. */
  readonly fallback: string | null;
  /** Why sends are not batched although `auto` was asked for; null if they are, or were not to be. */
  readonly sendsFallback: string | null;
}

/** epoll or batched sends were requested by name and are not available. */
export class PollerError extends Error {
  override readonly name = 'PollerError';
}

/** Creates each backend. Only the one that is used is loaded. */
export interface PollerSource {
  readonly platform: string;
  readonly epoll: (edgeTriggered: boolean, ring: SendRing | null, coalesceUs: number) => Promise<Poll>;
  /** Returns a ring that works, or the reason why there is none. */
  readonly ring: () => Promise<SendRing | string>;
  readonly portable: (edgeTriggered: boolean) => Promise<Poll>;
}

const SOURCE: PollerSource = {
  platform: process.platform,
  epoll: async (edgeTriggered, ring, coalesceUs) => {
    const { EpollPoll } = await import('../io/backends/epoll.js');
    const ahead = ring === null ? null : (await import('../io/backends/probe-reads.js')).openReadAhead(ring.ring);
    const coalescing = coalesceUs === 0 ? null : new (await import('../io/backends/coalescing.js')).Coalescing(coalesceUs);
    return new EpollPoll(edgeTriggered, ring, ahead, coalescing);
  },
  ring: async () => (await import('../io/backends/probe-sends.js')).openSendRing(),
  portable: async (edgeTriggered) => new (await import('../io/backends/portable.js')).PortablePoll(edgeTriggered),
};

/** Loads the backend that is probably needed, while there is nothing else to do. {@link openPoll} reports errors. */
export function preloadPoll(): void {
  if (process.platform === 'linux') import('../io/backends/epoll.js').catch(() => {});
}

/** Opens a poll. Rejects with {@link PollerError}. @param source for tests: the backends of this platform */
export async function openPoll(options: PollOptions, source: PollerSource = SOURCE): Promise<OpenedPoll> {
  const { poller: wanted, sends, edgeTriggered, coalesceUs } = options;
  const ring = sends === 'direct' ? null : await tryRing(wanted, source);
  if (typeof ring === 'string' && sends === 'batched') throw new PollerError(`batched sends cannot be used: ${ring}`);
  const sendsFallback = typeof ring === 'string' ? ring : null;
  if (wanted === 'portable') return { poll: await source.portable(edgeTriggered), fallback: null, sendsFallback };
  const opened = await tryEpoll(() => source.epoll(edgeTriggered, typeof ring === 'string' ? null : ring, coalesceUs), source);
  if (typeof opened !== 'string') return { poll: opened, fallback: null, sendsFallback };
  if (ring !== null && typeof ring !== 'string') ring.close();
  if (wanted === 'epoll') throw new PollerError(`the epoll poller cannot be used: ${opened}`);
  return { poll: await source.portable(edgeTriggered), fallback: opened, sendsFallback: sendsFallback ?? opened };
}

/** Returns the poll, or the reason why there is none. */
async function tryEpoll(open: () => Promise<Poll>, source: PollerSource): Promise<Poll | string> {
  if (source.platform !== 'linux') return `${source.platform} has no epoll`;
  try {
    return await open();
  } catch (error) {
    return reasonOf(error);
  }
}

/** Returns the ring, or the reason why there is none. */
async function tryRing(wanted: PollerName | 'auto', source: PollerSource): Promise<SendRing | string> {
  if (source.platform !== 'linux') return `${source.platform} has no io_uring`;
  if (wanted === 'portable') return 'they need the epoll poller';
  try {
    return await source.ring();
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SystemError) return error.message;
  return `koffi does not load: ${error instanceof Error ? error.message : String(error)}`;
}
