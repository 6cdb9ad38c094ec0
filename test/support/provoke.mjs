/**
 * Loaded before the lab (node --import), it makes it break in the way that PROVOKE names: at SIGUSR2, at the start, or at a command of a client.
 * Real defects come from within, and the lab has no command that asks for one.
 */
/* oxlint-disable no-extend-native -- that is how it breaks things */
import { isMainThread } from 'node:worker_threads';

/** What a client has sent may be part of the message. */
const provoked = () => new Error('provoked \x1b]0;owned\x07');

function breakRendering() {
  const { toSorted } = Array.prototype;
  Array.prototype.toSorted = function (compare) {
    // The footer sorts the keys that it shows.
    if (this[0]?.intent !== undefined) throw provoked();
    return toSorted.call(this, compare);
  };
}

function breakLookup() {
  const { get } = Map.prototype;
  Map.prototype.get = function (key) {
    if (key === 'provoke') throw provoked();
    return get.call(this, key);
  };
}

const WAYS = {
  exception() {
    throw provoked();
  },
  rejection() {
    void Promise.reject(provoked());
  },
  'a value that is not an error'() {
    throw 'provoked';
  },
  rendering: breakRendering,
  /** What is not the lab's own, and would stand across its screen. */
  chatter() {
    process.emitWarning('provoked warning');
    console.error('provoked message');
  },
  /** Breaks the end of the screen, not that of the server, which watches what the loop does. */
  closing() {
    const { clearInterval } = globalThis;
    globalThis.clearInterval = (timer) => {
      if (!new Error('where').stack.includes('ActivityWatch')) throw provoked();
      clearInterval(timer);
    };
  },
};

const way = process.env.PROVOKE;
if (!isMainThread && way === 'loop') breakLookup();
if (isMainThread && way === 'the first frame') breakRendering();
if (isMainThread && Object.hasOwn(WAYS, way)) process.on('SIGUSR2', WAYS[way]);
