/**
 * Two methods that every Node has and its type declarations omit. `toString('latin1')` and `write(…, 'latin1')` end in
 * them after parsing the name of the encoding, which costs as much again.
 */
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
  /** Defined by the build; see scripts/build.mjs. */
  const __VERSION__: string;
  /** Location of the Lua engine, relative to the importing file. */
  const __LUA_ENGINE__: string;
  /** Location of the experiments, relative to the importing file. */
  const __EXPERIMENTS__: string;
  /** Identifies this build; only in the command-line program. */
  const __BUILD__: string;
  /** Where a bundle finds the programs of a loop thread and of a history's threads. */
  const __LOOP_THREAD__: string;
  const __HISTORY_THREAD__: string;
}

export {};
