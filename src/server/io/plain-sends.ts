/**
 * PlainSends: base class of polls that cannot hand several sends to the kernel at once: each is a `write` of its own.
 */
export abstract class PlainSends {
  readonly batchesSends: boolean = false;

  queue(): boolean {
    return false;
  }

  flush(): number {
    return 0;
  }
}
