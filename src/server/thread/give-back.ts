/**
 * GiveBack: after garbage was collected, what malloc holds free goes back to the system.
 *
 *   loop thread   collects ─▶ message `collected`          V8's threads free the buffers of what was collected
 *   main thread              └─ 2 s ─▶ malloc_trim(3), on a thread of libuv's pool
 *
 * V8 returns its own pages by itself. Tables and buffers come from malloc, whose arenas keep freed memory unless it is at their end: after FLUSHALL of ten
 * million keys 230 of 340 MB. The loop does not wait for it, and since it changes nothing that a server can see, a recording does not contain it.
 */

/** By then V8's threads have freed the buffers. */
const DELAY_MS = 2000;

interface Trim {
  async(pad: number, done: (error: unknown, result: number) => void): void;
}

let timer: NodeJS.Timeout | null = null;

/** Gives memory back a little later; once for several calls until then. */
export function giveBackSoon(): void {
  timer ??= setTimeout(() => {
    timer = null;
    void giveBack();
  }, DELAY_MS).unref();
}

/** Resolves when it is done: false where the C library is not glibc, or koffi does not load. */
export async function giveBack(): Promise<boolean> {
  try {
    const { foreign } = await import('../io/backends/libc.js');
    const trim = foreign<Trim>('int malloc_trim(size_t pad)');
    return await new Promise((resolve) => void trim.async(0, (error) => resolve(error === null)));
  } catch {
    return false;
  }
}
