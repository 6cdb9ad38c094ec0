/**
 * Checks, once at the start, whether ReadAhead works on this kernel: that it reports bytes, an empty socket and the end at once.
 */
import { READABLE } from '../interest.js';
import type { AheadStream } from './ahead.js';
import * as libc from './libc.js';
import { pair } from './probe-sends.js';
import { ReadAhead } from './read-ahead.js';
import type { Ring } from './ring.js';

/** Returns null where reading ahead is not possible. Where sends cannot be batched, it is not worth trying. @param ring that of the sends */
export function openReadAhead(ring: Ring): ReadAhead | null {
  try {
    const reads = new ReadAhead(ring);
    return probe(reads) ? reads : null;
  } catch {
    // As if the probe had failed: every read is then a call of its own.
    return null;
  }
}

function probe(reads: ReadAhead): boolean {
  const fds: number[] = [];
  try {
    const [writer, full] = pair(fds);
    const [, empty] = pair(fds);
    const [gone, ended] = pair(fds);
    libc.send(writer!, Buffer.from('x'), 1, 0);
    libc.close(fds.splice(fds.indexOf(gone!), 1)[0]!);
    const streams = [full!, empty!, ended!].map(streamOf);
    for (const [token, stream] of streams.entries()) {
      reads.register(stream, token, READABLE, false);
      reads.add(token);
    }
    reads.submit();
    for (const stream of streams) reads.deregister(stream);
    const results = streams.map(({ ahead }) => ahead?.result);
    return results[0] === 1 && results[1] === -libc.EAGAIN && results[2] === 0;
  } finally {
    for (const fd of fds) libc.close(fd);
  }
}

const streamOf = (fd: number): AheadStream => ({ fd, token: 0, interest: 0, ahead: null, largeReads: 0 });
