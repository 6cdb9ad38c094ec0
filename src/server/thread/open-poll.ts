/**
 * Which backend: epoll on Linux, the portable one elsewhere, where koffi can not load, and where it is asked for.
 */
import { SystemError, type Poll } from '../io/poll.js';
import type { PollerName } from './protocol.js';

export interface OpenedPoll {
  readonly poll: Poll;
  /** Why epoll was not used although nobody asked for another one; null if it is, or was not wanted. */
  readonly fallback: string | null;
}

/** epoll was asked for by name and can not be had. */
export class PollerError extends Error {
  override readonly name = 'PollerError';
}

/** How to make each backend. Only the one that is used is loaded. */
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

/** Loads what is most likely to be asked for, while there is nothing else to do. What is wrong with it is told by {@link openPoll}. */
export function preloadPoll(): void {
  if (process.platform === 'linux') import('../io/backends/epoll.js').catch(() => {});
}

/** Rejects with {@link PollerError}. @param source for tests: what this platform has. */
export async function openPoll(wanted: PollerName | 'auto', edgeTriggered: boolean, source: PollerSource = SOURCE): Promise<OpenedPoll> {
  if (wanted === 'portable') return { poll: await source.portable(edgeTriggered), fallback: null };
  const opened = await tryEpoll(edgeTriggered, source);
  if (typeof opened !== 'string') return { poll: opened, fallback: null };
  if (wanted === 'epoll') throw new PollerError(`the epoll poller can not be used: ${opened}`);
  return { poll: await source.portable(edgeTriggered), fallback: opened };
}

/** The poll, or in words why there is none. */
async function tryEpoll(edgeTriggered: boolean, source: PollerSource): Promise<Poll | string> {
  if (source.platform !== 'linux') return `${source.platform} has no epoll`;
  try {
    return await source.epoll(edgeTriggered);
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    return `koffi does not load: ${error instanceof Error ? error.message : String(error)}`;
  }
}
