/** Below this many bytes a loop is faster than a call into the runtime. */
const COPIED_BY_LOOP = 48;

/** Copies `from[start, end)` to `to`, from `at` on. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > COPIED_BY_LOOP) from.copy(to, at, start, end);
  else for (let i = start; i < end; i++) to[at++] = from[i]!;
}
