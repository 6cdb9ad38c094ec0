/**
 * Chooses the backend of a poll. On systems with epoll, it is loaded together with this module.
 */
import { BlockingPoll } from '../server/io/backends/blocking/poll.js';
import type { Poll as Backend } from '../server/io/poll.js';

type EpollModule = typeof import('../server/io/backends/epoll.js');

const epoll: EpollModule | Error = await loadEpoll();

async function loadEpoll(): Promise<EpollModule | Error> {
  if (process.platform !== 'linux') return new Error(`${process.platform} has no epoll`);
  try {
    return await import('../server/io/backends/epoll.js');
  } catch (error) {
    return error as Error;
  }
}

/** Opens the backend. Throws an Error if epoll is requested and not available. */
export function openBackend(poller: 'auto' | 'epoll' | 'portable', edgeTriggered: boolean): Backend {
  switch (poller) {
    case 'portable':
      return new BlockingPoll(edgeTriggered);
    case 'auto':
      return epoll instanceof Error ? new BlockingPoll(edgeTriggered) : new epoll.EpollPoll(edgeTriggered);
    case 'epoll':
      if (epoll instanceof Error) throw new Error(`the epoll poller cannot be used: ${epoll.message}`);
      return new epoll.EpollPoll(edgeTriggered);
    default:
      throw new TypeError(`poller: auto, epoll or portable, and not ${String(poller)}`);
  }
}

/** Wakes a poll: raises the counter of its eventfd. */
export function wakeDescriptor(fd: number): void {
  if (epoll instanceof Error) throw epoll;
  epoll.wakeEventFd(fd);
}
