/**
 * A process that ends with the one that has started it, also where that is killed and can end nothing itself. Linux only.
 */
import { createRequire } from 'node:module';

/** <sys/prctl.h> */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

interface Koffi {
  load(library: null): { func(signature: string): (...args: readonly number[]) => number };
}

/** Throws where there is no native code to be had. */
export function endWithParent(): void {
  const koffi = createRequire(import.meta.url)(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
  koffi.load(null).func('int prctl(int option, unsigned long signal)')(PR_SET_PDEATHSIG, SIGKILL);
}
