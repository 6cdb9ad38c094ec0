/**
 * Makes a process end when its parent ends, also if the parent is killed and cannot end it. Linux only.
 */
import { createRequire } from 'node:module';

/** <sys/prctl.h> */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

interface Koffi {
  load(library: null): { func(signature: string): (...args: readonly number[]) => number };
}

/** Asks the kernel to end this process with its parent. Throws if there is no native code for this machine. */
export function endWithParent(): void {
  const koffi = createRequire(import.meta.url)(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
  koffi.load(null).func('int prctl(int option, unsigned long signal)')(PR_SET_PDEATHSIG, SIGKILL);
}
