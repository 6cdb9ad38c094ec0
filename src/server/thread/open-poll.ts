/**
 * Chooses the backend: epoll on Linux; the portable one elsewhere, where koffi cannot load, and on request.
 */
import { SystemError, type Poll } from '../io/poll.js';
import type { PollerName } from './protocol.js';

export interface OpenedPoll {
  readonly poll: Poll;
  /** Why epoll is not used although no other backend was asked for; null if it is used, or another one was asked for. */
  readonly fallback: string | null;
}

/** epoll was requested by name and is not available. */
export class PollerError extends Error {
  override readonly name = 'PollerError';
}

/** Creates each backend. Only the one that is used is loaded. */
export interface PollerSource {
  readonly platform: string;
  readonly epoll: (edgeTriggered: boolean) => Promise<Poll>;
  readonly portable: (edgeTriggered: boolean) => Promise<Poll>;
}

const SOURCE: PollerSource = {
  platform: process.platform,
  epoll: async (edgeTriggered) => new (await import('../io/backends/epoll.js')).EpollPoll(edgeTriggered),
  portable: async (edgeTriggered) => new (await import('../io/backends/portable.js')).PortablePoll(edgeTriggered),
};

/** Loads the backend that is probably needed, while there is nothing else to do. {@link openPoll} reports errors. */
export function preloadPoll(): void {
  if (process.platform === 'linux') import('../io/backends/epoll.js').catch(() => {});
}

/** Opens a poll. Rejects with {@link PollerError}. @param source for tests: the backends of this platform */
export async function openPoll(wanted: PollerName | 'auto', edgeTriggered: boolean, source: PollerSource = SOURCE): Promise<OpenedPoll> {
  if (wanted === 'portable') return { poll: await source.portable(edgeTriggered), fallback: null };
  const opened = await tryEpoll(edgeTriggered, source);
  if (typeof opened !== 'string') return { poll: opened, fallback: null };
  if (wanted === 'epoll') throw new PollerError(`the epoll poller cannot be used: ${opened}`);
  return { poll: await source.portable(edgeTriggered), fallback: opened };
}

/** Returns the poll, or the reason why there is none. */
async function tryEpoll(edgeTriggered: boolean, source: PollerSource): Promise<Poll | string> {
  if (source.platform !== 'linux') return `${source.platform} has no epoll`;
  try {
    return await source.epoll(edgeTriggered);
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    return `koffi does not load: ${error instanceof Error ? error.message : String(error)}`;
  }
}
