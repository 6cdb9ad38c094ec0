/**
 * PlainSends: base class of polls that cannot hand several sends to the kernel at once: each is a `write` of its own.
 */
import { type Flushed, NOTHING_FLUSHED } from './poll.js';

export abstract class PlainSends {
  readonly batchesSends: boolean = false;

  queue(): boolean {
    return false;
  }

  flush(): Flushed {
    return NOTHING_FLUSHED;
  }
}
